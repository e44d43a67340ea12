//! The worst case as a story. In: a bound and a dimension. Out: which way every construct goes where it takes the most.

use std::rc::Rc;

use super::cases::Assigned;
use super::exits::{Exit, Exits};
use super::table::{Mark, Table};
use super::tree::{Bounded, Part, Skippable, What};
use crate::cost::Dimension;

/// How a construct goes in the worst case: how it ends, and what is known of the values that its conditions look at.
#[derive(Clone, Debug)]
pub(super) struct Way {
    /// How it ends.
    pub exit: Exit,
    /// The cases of values.
    pub assigned: Rc<Assigned>,
}

impl Way {
    /// It ends so, and nothing is known.
    pub(super) fn new(exit: Exit) -> Way {
        Way { exit, assigned: Rc::default() }
    }

    fn ending(&self, exit: Exit) -> Way {
        Way { exit, assigned: Rc::clone(&self.assigned) }
    }
}

/// A construct on its way.
struct Entered {
    /// What it takes there.
    exits: Exits,
    /// What was settled on the way.
    marks: Vec<Mark>,
    /// The way, with all that is known inside.
    way: Way,
}

impl Entered {
    fn arm(&self) -> Option<Option<usize>> {
        self.marks.iter().find_map(|mark| if let Mark::Arm(arm) = mark { Some(*arm) } else { None })
    }

    fn entry(&self) -> Option<usize> {
        self.marks.iter().find_map(|mark| if let Mark::Entry(entry) = mark { Some(*entry) } else { None })
    }

    fn left(&self) -> Option<usize> {
        self.marks.iter().find_map(|mark| if let Mark::Left(part) = mark { Some(*part) } else { None })
    }
}

fn entered(bounded: &Bounded<'_>, way: &Way, dimension: Dimension) -> Entered {
    let Some(table) = &bounded.table else {
        return Entered { exits: bounded.exits, marks: Vec::new(), way: way.clone() };
    };
    let mut assigned = (*way.assigned).clone();
    let at = table.at(&mut assigned, way.exit, dimension);
    read(table, at, way.exit, assigned, dimension)
}

fn read(table: &Table, at: usize, exit: Exit, mut assigned: Assigned, dimension: Dimension) -> Entered {
    let marks = table.marks(at, exit, dimension);
    for mark in &marks {
        if let Mark::Value(value, case) = mark
            && assigned.get(*value).is_none()
        {
            assigned.push(*value, *case);
        }
    }
    let exits = table.entries.get(at).map(|entry| entry.exits).unwrap_or_default();
    Entered { exits, marks, way: Way { exit, assigned: Rc::new(assigned) } }
}

/// What is called on the way of a call, by the table of what is called.
fn called(bounded: &Bounded<'_>, callee: &Table, way: &Way, exit: Exit, dimension: Dimension) -> Entered {
    let mut assigned = Assigned::default();
    let entry = entered(bounded, way, dimension).entry();
    let at = entry.unwrap_or_else(|| callee.at(&mut Assigned::default(), exit, dimension));
    callee.layout.cases(at).for_each(|(value, case)| assigned.push(value, case));
    read(callee, at, exit, assigned, dimension)
}

/// What a construct takes on its way.
pub(super) fn ends(bounded: &Bounded<'_>, way: &Way, dimension: Dimension) -> Exits {
    entered(bounded, way, dimension).exits
}

/// The arm of the ladder of a step that is called, where its call settles it, and what is known inside of the step.
pub(super) fn step(
    bounded: &Bounded<'_>,
    table: Option<&Table>,
    way: &Way,
    dimension: Dimension,
) -> (Option<usize>, Way) {
    match table {
        Some(table) => {
            let entered = called(bounded, table, way, Exit::Falls, dimension);
            (entered.arm().flatten(), entered.way)
        }
        None => (None, Way::new(Exit::Falls)),
    }
}

/// The parts of a body that happen where it ends so, with how each of them goes.
pub(super) fn body<'t, 'p>(
    bounded: &'t Bounded<'p>,
    way: &Way,
    dimension: Dimension,
) -> impl Iterator<Item = (&'t Part<'p>, Way)> + use<'t, 'p> {
    let entered = entered(bounded, way, dimension);
    let (parts, left) = match &bounded.what {
        What::Body(parts, left) => (&parts[..], left.as_deref()),
        What::Nothing
        | What::Step(..)
        | What::Embedding(_)
        | What::Tool(..)
        | What::Ask(_)
        | What::Flow(..)
        | What::Choose(..)
        | What::Each { .. }
        | What::Loop { .. }
        | What::Attempt(..) => (&[][..], None),
    };
    let last = match (way.exit, left) {
        (Exit::Falls, _) => None,
        (exit, Some(left)) => Some(left.at(exit, dimension)),
        (_, None) => entered.left(),
    };
    let way = entered.way;
    parts.iter().enumerate().filter_map(move |(index, part)| match last {
        Some(last) if index > last => None,
        Some(last) if index == last => Some((part, way.clone())),
        Some(_) | None => Some((part, way.ending(Exit::Falls))),
    })
}

/// The arm that a choice takes, with how it goes; `None` where no arm is taken.
pub(super) fn arm(bounded: &Bounded<'_>, way: &Way, dimension: Dimension) -> (Option<usize>, Way) {
    let entered = entered(bounded, way, dimension);
    let What::Choose(arms, skippable) = &bounded.what else { return (None, entered.way) };
    if let Some(arm) = entered.arm() {
        return (arm, entered.way);
    }
    let amount = |arm: &Bounded<'_>| arm.exits.get(way.exit).map(|cost| cost.get(dimension));
    let most = arms.iter().filter_map(amount).max();
    let is_none = most == Some(0) && *skippable == Skippable::Yes && way.exit == Exit::Falls;
    let found = arms.iter().position(|arm| most.is_some() && amount(arm) == most).filter(|_| !is_none);
    (found, entered.way)
}

/// The rounds of a loop: how many go on, and how the last one ends where it leaves.
fn rounds(body: &Exits, most: u64, exit: Exit, dimension: Dimension) -> (u64, Option<Exit>) {
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
fn elements(body: &Exits, (most, parallel): (u64, u64), exit: Exit, dimension: Dimension) -> [Option<(u64, Exit)>; 2] {
    let stays = body.dearest(&[Exit::Falls, Exit::Skips], dimension);
    if exit == Exit::Falls {
        return [stays.map(|exit| (most, exit)), None];
    }
    let beside = if parallel == 1 { 1 } else { parallel.min(most) };
    let leaves = if parallel == 1 { Some(exit) } else { body.dearest(&Exit::ALL, dimension) };
    [stays.map(|exit| (most.saturating_sub(beside), exit)), leaves.map(|exit| (beside, exit))]
}

/// What happens inside of a construct, in order: what, how often, and how it goes.
pub(super) fn inside<'t, 'p>(
    bounded: &'t Bounded<'p>,
    way: &Way,
    dimension: Dimension,
) -> Vec<(&'t Bounded<'p>, u64, Way)> {
    let exit = way.exit;
    match &bounded.what {
        What::Nothing | What::Body(..) | What::Step(..) | What::Embedding(_) | What::Tool(..) | What::Ask(_) => {
            Vec::new()
        }
        What::Flow(_, callee) => flow(bounded, callee, way, dimension).into_iter().collect(),
        What::Choose(arms, _) => {
            let (arm, way) = arm(bounded, way, dimension);
            arm.and_then(|index| arms.get(index)).map(|arm| (arm, 1, way)).into_iter().collect()
        }
        What::Each { most, parallel, body } => {
            let way = entered(bounded, way, dimension).way;
            let ways = elements(&ends(body, &way, dimension), (*most, *parallel), exit, dimension);
            let some = ways.into_iter().flatten().filter(|(count, _)| *count > 0);
            some.map(|(count, exit)| (&**body, count, way.ending(exit))).collect()
        }
        What::Loop { most, body } => {
            let way = entered(bounded, way, dimension).way;
            let (on, last) = rounds(&ends(body, &way, dimension), *most, exit, dimension);
            let on = (on > 0).then(|| (&**body, on, way.ending(Exit::Falls)));
            on.into_iter().chain(last.map(|exit| (&**body, 1, way.ending(exit)))).collect()
        }
        What::Attempt(body, handler) => {
            let way = entered(bounded, way, dimension).way;
            let (first, second) = (ends(body, &way, dimension), ends(handler, &way, dimension));
            let alone = first.get(exit).map(|cost| cost.get(dimension));
            let failed = second.get(exit).map(|cost| first.any().get(dimension).saturating_add(cost.get(dimension)));
            if failed > alone {
                let failing = first.dearest(&Exit::ALL, dimension).map(|exit| (&**body, 1, way.ending(exit)));
                failing.into_iter().chain([(&**handler, 1, way.ending(exit))]).collect()
            } else {
                vec![(&**body, 1, way.ending(exit))]
            }
        }
    }
}

/// The rounds of a loop on its way.
pub(super) fn rounds_of(bounded: &Bounded<'_>, way: &Way, dimension: Dimension) -> (u64, Option<Exit>) {
    let What::Loop { most, body } = &bounded.what else { return (0, None) };
    let inside = entered(bounded, way, dimension).way;
    rounds(&ends(body, &inside, dimension), *most, way.exit, dimension)
}

fn flow<'t, 'p>(
    bounded: &'t Bounded<'p>,
    callee: &'t Bounded<'p>,
    way: &Way,
    dimension: Dimension,
) -> Option<(&'t Bounded<'p>, u64, Way)> {
    let all = if way.exit == Exit::Falls { &[Exit::Falls, Exit::Returns][..] } else { &[Exit::Escalates][..] };
    let Some(table) = &callee.table else {
        return callee.exits.dearest(all, dimension).map(|exit| (callee, 1, Way::new(exit)));
    };
    let entry = entered(bounded, way, dimension).entry();
    let exits = entry.and_then(|at| table.entries.get(at)).map_or(callee.exits, |entry| entry.exits);
    let exit = exits.dearest(all, dimension)?;
    let inside = called(bounded, table, way, exit, dimension).way;
    // Only what was passed is known: the rest is found again inside.
    Some((callee, 1, inside))
}
