//! `each`: the body for every element, so many at once.
//!
//! Elements do not wait for each other, so with `p` at once and equal ceilings the last one starts in round ⌈n/p⌉. An element
//! that leaves starts nothing new; those beside it end in their own way.

use super::exits::{Exit, Exits};
use super::tree::{Bounded, What};
use super::{Bounder, Scope, Unbounded};
use crate::cost::Resources;
use crate::mutant::{Mutant, rule};
use crate::program::{Body, Node};

/// The bound of an `each`.
pub(super) fn bound<'p>(
    bounder: &mut Bounder<'p>,
    scope: Scope,
    node: &'p Node,
    (most, parallel): (u64, u64),
    body: &'p Body,
) -> Result<Bounded<'p>, Unbounded> {
    let body = bounder.body(scope, body)?;
    let parallel = parallel.max(1);
    let least = bounder.surveys.get(scope).least.get(&node.slot).copied().unwrap_or(0);
    let Some((exits, table)) = body.each_way(|body| exits(body, (least, most), parallel)) else {
        return Err(bounder.no_bound(&node.place, "this `each`"));
    };
    Ok(Bounded { exits, table, what: What::Each { most, parallel, body: Box::new(body) } })
}

fn exits(body: &Exits, (least, most): (u64, u64), parallel: u64) -> Option<Exits> {
    let most = rule(Mutant::EachOneShort, most, || most.saturating_sub(1));
    let all_rounds = rule(Mutant::EachRoundsDown, most.div_ceil(parallel), || most / parallel);
    let mut exits = Exits::NONE;
    let stays = body.most(&[Exit::Falls, Exit::Skips]);
    // Where every element leaves, only an empty list goes on.
    let goes_on = stays.is_some();
    if goes_on || least == 0 {
        let stays = stays.unwrap_or(Resources::ZERO);
        exits.add(Exit::Falls, stays.repeat(most, all_rounds)?);
    }
    let stays = stays.unwrap_or(Resources::ZERO);
    let beside = parallel.min(most);
    for exit in [Exit::Breaks, Exit::Returns, Exit::Escalates] {
        let Some(leaves) = body.get(exit).filter(|_| most > 0) else { continue };
        let total = if parallel == 1 {
            stays.repeat(most - 1, most - 1)?.then(&leaves)?
        } else {
            let any = body.any();
            let before = stays.repeat(most - beside, 0)?;
            let total = before.then(&any.repeat(beside, 0)?)?;
            let rounds = if goes_on { all_rounds } else { 1 };
            Resources { time_ms: any.time_ms.checked_mul(rounds)?, ..total }
        };
        exits.add(exit, total);
    }
    Some(exits)
}
