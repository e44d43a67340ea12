//! How long a value is needed. In: a surveyed unit, and what its callers know about its parameters. Out: for each value where it
//! is folded, and for each callee which of its parameters the unit knows something about.
//!
//! A value is folded at the smallest construct that holds everything that looks at it. In a loop that can be left early, a value
//! made outside of it that decides whether it is left stays until after the loop: it is the same in every round.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use super::{Passed, Survey, Surveys, Until, ValueId};
use crate::bound::Scope;
use crate::bound::order::{self, Unit};
use crate::program::{Body, Leave, Node, NodeKind, Program, Slot};

/// Parameters about which some caller knows something.
pub(super) type Demanded = HashMap<Scope, HashSet<ValueId>>;

/// Settles a unit whose callers are settled.
pub(super) fn settle(program: &Program, surveys: &mut Surveys, unit: Unit, demanded: &mut Demanded) {
    let mut survey = (**surveys.get(unit.scope())).clone();
    if survey.values.is_empty() && survey.calls.is_empty() {
        return;
    }
    for id in demanded.remove(&unit.scope()).unwrap_or_default() {
        if let Some(value) = survey.values.get_mut(id.index()) {
            value.until = Until::Caller;
        }
    }
    let mut settler = Settler { survey: &mut survey, leaving: HashSet::new(), rounds: Vec::new() };
    if let Some(body) = body_of(program, unit) {
        settler.leaves(body);
        settler.body(body);
        demands(settler.survey, body, demanded);
    }
    surveys.set(unit.scope(), survey);
}

fn body_of(program: &Program, unit: Unit) -> Option<&Body> {
    match unit {
        Unit::Flow(id) => program.flows.get(id.index()).map(|flow| &flow.body),
        Unit::Step(id) => program.steps.get(id.index())?.accept.as_ref(),
        Unit::Tool(id) => program.tools.get(id.index())?.gate.as_ref().map(|gate| &gate.open),
    }
}

/// How many of the places that look at a value were seen, and whether one of them can leave.
#[derive(Clone, Copy, Default)]
struct Seen {
    sites: u32,
    leaves: bool,
}

type All = HashMap<ValueId, Seen>;

struct Settler<'a> {
    survey: &'a mut Survey,
    /// The nodes that can leave what they stand in, other than by a `skip`.
    leaving: HashSet<Slot>,
    /// The loops and lists around the place at hand: whether they can be left.
    rounds: Vec<bool>,
}

impl Settler<'_> {
    fn leaves(&mut self, body: &Body) -> bool {
        let mut any = false;
        for node in &body.nodes {
            let mut leaves = match &node.kind {
                NodeKind::Signal(leave) => !matches!(leave, Leave::Skip),
                NodeKind::Flow { .. } => true,
                NodeKind::Value(_)
                | NodeKind::Step(..)
                | NodeKind::Embedding(..)
                | NodeKind::Tool(..)
                | NodeKind::Choose(_)
                | NodeKind::Each { .. }
                | NodeKind::Loop { .. }
                | NodeKind::Attempt { .. }
                | NodeKind::Ask(_)
                | NodeKind::Assign(..) => false,
            };
            for body in node.bodies() {
                leaves |= self.leaves(body);
            }
            if leaves {
                self.leaving.insert(node.slot);
            }
            any |= leaves;
        }
        any
    }

    fn body(&mut self, body: &Body) -> All {
        let mut all = All::new();
        for node in &body.nodes {
            all = merged(all, self.node(node));
        }
        if let Some(first) = body.nodes.first() {
            self.close(&mut all, Until::Body(first.slot));
        }
        all
    }

    fn node(&mut self, node: &Node) -> All {
        let leaves = self.leaving.contains(&node.slot);
        let choices = self.survey.choices.get(&node.slot).map(|choices| &choices.values);
        let calls = self.survey.calls.get(&node.slot).map(|passed| &passed.values);
        let own = choices.into_iter().chain(calls).flatten();
        let mut all: All = own.map(|value| (*value, Seen { sites: 1, leaves })).collect();
        let repeats = matches!(node.kind, NodeKind::Each { .. } | NodeKind::Loop { .. });
        if repeats {
            self.rounds.push(leaves);
        }
        for body in node.bodies() {
            all = merged(all, self.body(body));
        }
        if repeats {
            self.rounds.pop();
        }
        self.close(&mut all, Until::Node(node.slot));
        all
    }

    fn close(&mut self, all: &mut All, until: Until) {
        let rounds = &self.rounds;
        let values = &mut self.survey.values;
        all.retain(|id, seen| {
            let Some(value) = values.get_mut(id.index()) else { return false };
            let is_complete = seen.sites >= value.sites && value.until != Until::Caller;
            let matters = seen.leaves || seen.sites > 1;
            let is_kept = matters && rounds.iter().skip(value.home).any(|leaves| *leaves);
            if is_complete && !is_kept {
                value.until = until;
                return false;
            }
            true
        });
    }
}

/// The smaller one into the larger.
fn merged(one: All, other: All) -> All {
    let (mut large, small) = if one.len() < other.len() { (other, one) } else { (one, other) };
    for (id, seen) in small {
        match large.entry(id) {
            Entry::Occupied(mut known) => {
                known.get_mut().sites += seen.sites;
                known.get_mut().leaves |= seen.leaves;
            }
            Entry::Vacant(new) => {
                new.insert(seen);
            }
        }
    }
    large
}

/// What the calls of a body know about the parameters of what they call.
fn demands(survey: &Survey, body: &Body, demanded: &mut Demanded) {
    for node in &body.nodes {
        if let (Some(callee), Some(passed)) = (order::callee(node), survey.calls.get(&node.slot)) {
            let known = demanded.entry(callee).or_default();
            known.extend(known_of(survey, passed, node.slot));
        }
        for body in node.bodies() {
            demands(survey, body, demanded);
        }
    }
}

/// The values of a callee of which a call knows something: an answer, or that something else looks at the same.
fn known_of(survey: &Survey, passed: &Passed, node: Slot) -> Vec<ValueId> {
    let mut users: HashMap<ValueId, u32> = HashMap::new();
    let looked_at: Vec<Vec<ValueId>> = passed
        .asks
        .iter()
        .map(|(_, asks)| {
            let mut values = Vec::new();
            asks.iter().for_each(|ask| ask.values(&mut values));
            values.iter().for_each(|value| *users.entry(*value).or_default() += 1);
            values
        })
        .collect();
    let is_shared = |id: &ValueId| {
        users.get(id).is_some_and(|users| *users > 1)
            || survey.value(*id).is_some_and(|value| value.until != Until::Node(node))
    };
    let known = passed.asks.iter().zip(&looked_at).filter(|((_, asks), values)| {
        values.iter().any(is_shared) || asks.iter().any(|ask| matches!(**ask, super::Condition::Always(_)))
    });
    known.map(|((id, _), _)| *id).collect()
}
