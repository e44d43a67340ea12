//! `if` and `match`: the condition is a value made before, so a choice takes what its dearest arm takes, of those that can be
//! taken. Where the conditions look at what something else looks at too, that is told for each case by itself.

use std::rc::Rc;

use super::cases::{Assigned, Choices, Goes, Split, Survey, Until, ValueId, ways};
use super::exits::{Exit, Exits};
use super::table::{Layout, Mark, Read, Table, Trail};
use super::tree::{Bounded, Skippable, What};
use super::{Bounder, Scope, Unbounded};
use crate::cost::Resources;
use crate::mutant::{Mutant, rule};
use crate::program::{Arm, Node};

/// The bound of a choice.
pub(super) fn bound<'p>(
    bounder: &mut Bounder<'p>,
    scope: Scope,
    node: &Node,
    arms: &'p [Arm],
) -> Result<Bounded<'p>, Unbounded> {
    let bounded = arms.iter().map(|arm| bounder.body(scope, &arm.body)).collect::<Result<Vec<_>, _>>()?;
    let counted = rule(Mutant::FirstArmOnly, arms.len(), || 1);
    let bounded = bounded.into_iter().enumerate();
    let bounded = bounded.map(|(arm, body)| if arm < counted { body } else { Bounded::nothing() });
    let bounded: Vec<Bounded<'_>> = bounded.collect();
    let survey = Rc::clone(bounder.surveys.get(scope));
    let none = Choices::default();
    let choices = survey.choices.get(&node.slot).unwrap_or(&none);
    let layout = layout(bounder, scope, node, choices, &bounded);
    let has_none = arms.iter().all(|arm| arm.when.is_some());
    let skippable = if has_none { Skippable::Yes } else { Skippable::No };
    let all = arms.len() + usize::from(has_none);
    if layout.0.is_empty() && bounded.iter().all(|arm| arm.table.is_none()) {
        let found = taken(&survey, choices, arms.len(), &mut Assigned::default(), all);
        if found.is_none() {
            choices.values.iter().for_each(|value| bounder.drop_value(scope, *value));
        }
        if found.is_none_or(|found| found.len() == all) {
            let mut exits = bounded.iter().fold(Exits::NONE, |exits, arm| exits.either(&arm.exits));
            if skippable == Skippable::Yes {
                exits = exits.either(&Exits::falls(Resources::ZERO));
            }
            return Ok(Bounded { exits, table: None, what: What::Choose(bounded, skippable) });
        }
    }
    let read: Vec<Read> = bounded.iter().map(|arm| Read::of(&layout, arm)).collect();
    let mut table = Table::new(layout);
    for entry in 0..table.entries.len() {
        let mut assigned = Assigned::default();
        table.layout.cases(entry).for_each(|(value, case)| assigned.push(value, case));
        let found = taken(&survey, choices, arms.len(), &mut assigned, all);
        let ways = found.unwrap_or_else(|| {
            let arms = (0..arms.len()).map(Some).chain(has_none.then_some(None));
            arms.map(|arm| (arm, Vec::new())).collect()
        });
        for (arm, cases) in ways {
            let cases = cases.iter().map(|(value, case)| Mark::Value(*value, *case)).chain([Mark::Arm(arm)]);
            let trail = cases.fold(Trail::default(), |trail, mark| table.trails.push(trail, mark));
            let ends = arm.and_then(|arm| read.get(arm)).map_or(Exits::falls(Resources::ZERO), |arm| arm.exits(entry));
            for exit in Exit::ALL {
                if let Some(cost) = ends.get(exit) {
                    table.note(entry, exit, &cost, trail);
                }
            }
        }
    }
    Ok(Bounded::of_table(table, What::Choose(bounded, skippable)))
}

/// The values that the arms are told apart by, and those that something inside of them is.
fn layout(bounder: &mut Bounder<'_>, scope: Scope, node: &Node, choices: &Choices, arms: &[Bounded<'_>]) -> Layout {
    let survey = Rc::clone(bounder.surveys.get(scope));
    let inside = arms.iter().filter_map(|arm| arm.table.as_ref()).flat_map(|table| &table.layout.0);
    let mut wanted: Vec<(ValueId, usize)> = inside.copied().collect();
    let shared = choices
        .values
        .iter()
        .filter(|value| survey.value(**value).is_some_and(|value| value.until != Until::Node(node.slot)));
    wanted.extend(shared.map(|value| (*value, survey.cells(*value))));
    let mut layout = Layout::default();
    for (value, cells) in wanted {
        if !layout.add(value, cells) {
            bounder.drop_value(scope, value);
        }
    }
    layout
}

/// A way that a choice can go: the arm, and the cases that lead to it.
type Way = (Option<usize>, Vec<(ValueId, usize)>);

/// The arms that can be taken where these cases are known, each once; `None` where there are too many ways to try.
pub(super) fn taken(
    survey: &Survey,
    choices: &Choices,
    arms: usize,
    assigned: &mut Assigned,
    all: usize,
) -> Option<Vec<Way>> {
    let known = assigned.len();
    let mut found: Vec<Way> = Vec::new();
    let mut is_found = vec![false; arms + 1];
    let is_whole = ways(survey, assigned, choices.conditions.len(), &mut |assigned| {
        let mut taken = None;
        for (arm, condition) in choices.conditions.iter().enumerate() {
            match condition.as_ref().map_or(Ok(true), |condition| condition.holds(survey, assigned)) {
                Ok(true) => {
                    taken = Some(arm);
                    break;
                }
                Ok(false) => {}
                Err(value) => return Split::On(value),
            }
        }
        let at = taken.unwrap_or(arms);
        if !is_found[at] {
            is_found[at] = true;
            found.push((taken, assigned.since(known).to_vec()));
        }
        Split::Done(if found.len() == all { Goes::Ends } else { Goes::On })
    });
    is_whole.then_some(found)
}
