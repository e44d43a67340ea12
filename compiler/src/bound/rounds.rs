//! `loop`: so many rounds, or fewer and one that is left early.

use super::exits::{Exit, Exits};
use super::tree::{Bounded, What};
use super::{Bounder, Scope, Unbounded};
use crate::cost::Resources;
use crate::mutant::{Mutant, rule};
use crate::program::{Body, Node};

/// The bound of a loop.
pub(super) fn bound<'p>(
    bounder: &mut Bounder<'p>,
    scope: Scope,
    node: &'p Node,
    most: u64,
    body: &'p Body,
) -> Result<Bounded<'p>, Unbounded> {
    let most = bounder.rounds(scope, node.slot).unwrap_or(most);
    let body = bounder.body(scope, body)?;
    let Some((exits, table)) = body.each_way(|body| exits(body, most)) else {
        return Err(bounder.no_bound(&node.place, "this `loop`"));
    };
    Ok(Bounded { exits, table, what: What::Loop { most, body: Box::new(body) } })
}

fn exits(body: &Exits, most: u64) -> Option<Exits> {
    let most = rule(Mutant::LoopOneShort, most, || most.saturating_sub(1));
    let mut exits = Exits::NONE;
    let Some(before) = most.checked_sub(1) else { return Some(Exits::falls(Resources::ZERO)) };
    // A round that cannot go on is the first and the last.
    let rounds = match body.get(Exit::Falls) {
        Some(round) => {
            exits.add(Exit::Falls, round.repeat(most, most)?);
            round.repeat(before, before)?
        }
        None => Resources::ZERO,
    };
    for exit in Exit::LEAVES {
        if let Some(last) = body.get(exit) {
            let out = if exit == Exit::Breaks { Exit::Falls } else { exit };
            exits.add(out, rounds.then(&last)?);
        }
    }
    Some(exits)
}
