//! Whether something can fail at its very end. In: what a construct is made of. Out: whether a run can go its dearest way and
//! then fail; a construct of which that is not known counts as one that cannot.

use std::collections::HashSet;

use super::super::tree::{Bounded, Part, What};
use crate::cost::Resources;
use crate::program::Slot;

/// Whether a run can take all that it may take, and fail then.
pub(super) fn fails_last(bounded: &Bounded<'_>) -> bool {
    match &bounded.what {
        What::Nothing => false,
        What::Step(..) | What::Embedding(_) | What::Tool(..) | What::Ask(_) => true,
        What::Flow(_, callee) => fails_last(callee),
        What::Body(parts, _) => of_body(parts),
        What::Choose(arms, _) => arms.iter().filter(|arm| takes(arm)).all(fails_last),
        What::Each { body, .. } | What::Loop { body, .. } => fails_last(body),
        What::Attempt(body, handler) => fails_last(body) && fails_last(handler),
    }
}

/// The last part that takes something can fail so, and everything that began before it has begun by then: it waits for all
/// that waits for something itself.
fn of_body(parts: &[Part<'_>]) -> bool {
    let Some(last) = parts.iter().rposition(|part| takes(&part.bounded)) else { return false };
    let mut before: HashSet<Slot> = parts[last].node.needs.iter().copied().collect();
    for part in parts[..last].iter().rev() {
        if before.contains(&part.node.slot) {
            before.extend(&part.node.needs);
        }
    }
    // What waits for something that takes something, itself or through others.
    let mut late: HashSet<Slot> = HashSet::new();
    let mut taking: HashSet<Slot> = HashSet::new();
    for part in parts {
        if part.node.needs.iter().any(|slot| late.contains(slot) || taking.contains(slot)) {
            late.insert(part.node.slot);
        }
        if takes(&part.bounded) {
            taking.insert(part.node.slot);
        }
    }
    let mut all = parts[..last].iter().map(|part| part.node.slot).filter(|slot| taking.contains(slot));
    fails_last(&parts[last].bounded) && all.all(|slot| before.contains(&slot) || !late.contains(&slot))
}

fn takes(bounded: &Bounded<'_>) -> bool {
    bounded.any() != Resources::ZERO
}
