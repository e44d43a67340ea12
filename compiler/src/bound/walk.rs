//! The worst case as a story. In: a bound and a dimension. Out: which way every construct goes where it takes the most.

use super::exits::{Exit, Exits};
use super::tree::{Bounded, Part, Skippable, What};
use crate::cost::Dimension;

/// The parts of a body that happen where it ends so, with how each of them ends.
pub(super) fn body<'t, 'p>(
    parts: &'t [Part<'p>],
    left: Option<&super::tree::Left>,
    exit: Exit,
    dimension: Dimension,
) -> impl Iterator<Item = (&'t Part<'p>, Exit)> {
    let last = match (exit, left) {
        (Exit::Falls, _) | (_, None) => None,
        (_, Some(left)) => Some(left.at(exit, dimension)),
    };
    parts.iter().enumerate().filter_map(move |(index, part)| match last {
        Some(last) if index > last => None,
        Some(last) if index == last => Some((part, exit)),
        Some(_) | None => Some((part, Exit::Falls)),
    })
}

/// The arm that takes the most among those that end so; `None` where no arm is taken.
pub(super) fn arm(arms: &[Bounded<'_>], skippable: Skippable, exit: Exit, dimension: Dimension) -> Option<usize> {
    let amount = |arm: &Bounded<'_>| arm.exits.get(exit).map(|cost| cost.get(dimension));
    let most = arms.iter().filter_map(amount).max()?;
    if most == 0 && skippable == Skippable::Yes && exit == Exit::Falls {
        return None;
    }
    arms.iter().position(|arm| amount(arm) == Some(most))
}

/// The rounds of a loop: how many go on, and how the last one ends where it leaves.
pub(super) fn rounds(body: &Exits, most: u64, exit: Exit, dimension: Dimension) -> (u64, Option<Exit>) {
    let goes_on = body.get(Exit::Falls).map(|cost| cost.get(dimension));
    let leaves = |exit| body.get(exit).map(|cost| cost.get(dimension));
    let before = if goes_on.is_some() { most.saturating_sub(1) } else { 0 };
    match exit {
        Exit::Falls => match (goes_on, leaves(Exit::Breaks)) {
            (Some(goes_on), Some(breaks)) if breaks > goes_on => (before, Some(Exit::Breaks)),
            (Some(_), _) => (most, None),
            (None, Some(_)) if most > 0 => (0, Some(Exit::Breaks)),
            (None, _) => (0, None),
        },
        Exit::Breaks | Exit::Skips | Exit::Returns | Exit::Escalates => (before, Some(exit)),
    }
}

/// The elements of an `each`: how many stay and how, and how many leave and how.
pub(super) fn elements(
    body: &Exits,
    (most, parallel): (u64, u64),
    exit: Exit,
    dimension: Dimension,
) -> [Option<(u64, Exit)>; 2] {
    let stays = body.dearest(&[Exit::Falls, Exit::Skips], dimension);
    if exit == Exit::Falls {
        return [stays.map(|exit| (most, exit)), None];
    }
    let beside = if parallel == 1 { 1 } else { parallel.min(most) };
    let leaves = if parallel == 1 { Some(exit) } else { body.dearest(&Exit::ALL, dimension) };
    [stays.map(|exit| (most.saturating_sub(beside), exit)), leaves.map(|exit| (beside, exit))]
}

/// What happens inside of a construct, in order: what, how often, and how it ends.
pub(super) fn inside<'t, 'p>(
    bounded: &'t Bounded<'p>,
    exit: Exit,
    dimension: Dimension,
) -> Vec<(&'t Bounded<'p>, u64, Exit)> {
    let mut steps = Vec::new();
    match &bounded.what {
        What::Nothing | What::Body(..) | What::Step(..) | What::Embedding(_) | What::Tool(..) => {}
        What::Flow(_, callee) => {
            let ends = if exit == Exit::Falls { &[Exit::Falls, Exit::Returns][..] } else { &[Exit::Escalates][..] };
            steps.extend(callee.exits.dearest(ends, dimension).map(|exit| (&**callee, 1, exit)));
        }
        What::Choose(arms, skippable) => {
            steps.extend(arm(arms, *skippable, exit, dimension).map(|index| (&arms[index], 1, exit)));
        }
        What::Each { most, parallel, body } => {
            let ways = elements(&body.exits, (*most, *parallel), exit, dimension);
            steps
                .extend(ways.into_iter().flatten().filter(|way| way.0 > 0).map(|(count, exit)| (&**body, count, exit)));
        }
        What::Loop { most, body } => {
            let (on, last) = rounds(&body.exits, *most, exit, dimension);
            steps.extend((on > 0).then_some((&**body, on, Exit::Falls)));
            steps.extend(last.map(|exit| (&**body, 1, exit)));
        }
        What::Attempt(body, handler) => {
            let alone = body.exits.get(exit).map(|cost| cost.get(dimension));
            let failed =
                handler.exits.get(exit).map(|cost| body.any().get(dimension).saturating_add(cost.get(dimension)));
            if failed > alone {
                steps.extend(body.exits.dearest(&Exit::ALL, dimension).map(|exit| (&**body, 1, exit)));
                steps.push((&**handler, 1, exit));
            } else {
                steps.push((&**body, 1, exit));
            }
        }
    }
    steps
}
