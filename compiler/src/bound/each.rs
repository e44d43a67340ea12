//! `each`: the body for every element, so many at once.
//!
//! Elements do not wait for each other, so with `p` at once and equal ceilings the last one starts in round ⌈n/p⌉. An element
//! that leaves starts nothing new; those beside it end in their own way.

use super::exits::{Exit, Exits};
use super::tree::{Bounded, What};
use super::{Bounder, Scope, Unbounded};
use crate::cost::Resources;
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
    let Some(exits) = exits(&body.exits, most, parallel) else {
        return Err(bounder.no_bound(&node.place, "this `each`"));
    };
    Ok(Bounded { exits, what: What::Each { most, parallel, body: Box::new(body) } })
}

fn exits(body: &Exits, most: u64, parallel: u64) -> Option<Exits> {
    let stays = body.most(&[Exit::Falls, Exit::Skips]).unwrap_or(Resources::ZERO);
    let mut exits = Exits::falls(stays.repeat(most, most.div_ceil(parallel))?);
    let beside = parallel.min(most);
    for exit in [Exit::Breaks, Exit::Returns, Exit::Escalates] {
        let Some(leaves) = body.get(exit).filter(|_| most > 0) else { continue };
        let total = if parallel == 1 {
            stays.repeat(most - 1, most - 1)?.then(&leaves)?
        } else {
            let any = body.any();
            let before = stays.repeat(most - beside, 0)?;
            let total = before.then(&any.repeat(beside, 0)?)?;
            Resources { time_ms: any.time_ms.checked_mul(most.div_ceil(parallel))?, ..total }
        };
        exits.add(exit, total);
    }
    Some(exits)
}
