//! What a call takes by what it passes: the callee's table over its parameters becomes one over the values of the caller.

use std::rc::Rc;

use super::cases::{Assigned, Condition, Goes, Passed, Split, Survey, Until, ValueId, ways};
use super::exits::{Exit, Exits};
use super::table::{Layout, Mark, Table, Trail};
use super::{Bounder, Scope, order};
use crate::program::Node;

/// The table of a call. `None` where nothing is known of what is passed, so that the callee's largest counts.
pub(super) fn by_case(
    bounder: &mut Bounder<'_>,
    scope: Scope,
    node: &Node,
    callee: &Table,
    ends: &dyn Fn(&Exits) -> Exits,
) -> Option<Table> {
    let survey = Rc::clone(bounder.surveys.get(scope));
    let inner = Rc::clone(bounder.surveys.get(order::callee(node)?));
    let passed = survey.calls.get(&node.slot)?;
    let mut layout = Layout::default();
    for value in &passed.values {
        let is_private = survey.value(*value).is_none_or(|value| value.until == Until::Node(node.slot));
        if !is_private && is_used(passed, callee, *value) && !layout.add(*value, survey.cells(*value)) {
            bounder.drop_value(scope, *value);
        }
    }
    let mut table = Table::new(layout);
    for entry in 0..table.entries.len() {
        let mut assigned = Assigned::default();
        table.layout.cases(entry).for_each(|(value, case)| assigned.push(value, case));
        let known = assigned.len();
        let mut found: Vec<(usize, Vec<(ValueId, usize)>)> = Vec::new();
        let questions = passed.asks.len();
        let is_whole = ways(&survey, &mut assigned, questions, &mut |assigned| match entries(
            &survey, &inner, passed, callee, assigned,
        ) {
            Ok(read) => {
                for at in read {
                    if found.iter().all(|(other, _)| *other != at) {
                        found.push((at, assigned.since(known).to_vec()));
                    }
                }
                Split::Done(if found.len() == callee.entries.len() { Goes::Ends } else { Goes::On })
            }
            Err(value) => Split::On(value),
        });
        if !is_whole {
            found = (0..callee.entries.len()).map(|at| (at, Vec::new())).collect();
        }
        for (at, cases) in found {
            let marks = cases.iter().map(|(value, case)| Mark::Value(*value, *case)).chain([Mark::Entry(at)]);
            let trail = marks.fold(Trail::default(), |trail, mark| table.trails.push(trail, mark));
            let exits = ends(&callee.entries[at].exits);
            for exit in Exit::ALL {
                if let Some(cost) = exits.get(exit) {
                    table.note(entry, exit, &cost, trail);
                }
            }
        }
    }
    Some(table)
}

/// Whether something that the callee is told apart by looks at this value.
fn is_used(passed: &Passed, callee: &Table, value: ValueId) -> bool {
    let asks = passed.asks.iter().filter(|(inner, _)| callee.layout.has(*inner)).flat_map(|(_, asks)| asks);
    let mut found = Vec::new();
    asks.for_each(|ask: &Rc<Condition>| ask.values(&mut found));
    found.contains(&value)
}

/// The entries of the callee's table that can be read where these cases are known; otherwise what has to be known first.
fn entries(
    survey: &Survey,
    inner: &Survey,
    passed: &Passed,
    callee: &Table,
    assigned: &Assigned,
) -> Result<Vec<usize>, ValueId> {
    let mut open = vec![0];
    let mut stride = 1;
    for (value, cells) in &callee.layout.0 {
        let asks = passed.asks.iter().find(|(known, _)| known == value).map(|(_, asks)| asks);
        let answers =
            asks.map(|asks| asks.iter().map(|ask| ask.holds(survey, assigned)).collect::<Result<Vec<_>, _>>());
        let answers = answers.transpose()?;
        let case = answers.and_then(|answers| inner.value(*value)?.cell_of(&answers));
        open = match case {
            Some(case) => open.into_iter().map(|at| at + case * stride).collect(),
            // Nothing is known of it.
            None => (0..*cells).flat_map(|case| open.iter().map(move |at| at + case * stride)).collect(),
        };
        stride *= cells;
    }
    Ok(open)
}
