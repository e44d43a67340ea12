//! A body: everything in it is paid, and time follows the longest path over what needs what.
//!
//! A node that can leave the body is a barrier: it needs all nodes before it, and all nodes after it need it. So where it
//! leaves, what comes after it is spared, and the body takes the most over all places at which it can end.

mod tabled;

use std::collections::HashMap;
use std::rc::Rc;

use super::exits::{Exit, Exits};
use super::tree::{Bounded, Left, Part, What};
use super::{Bounder, Scope, Unbounded};
use crate::cost::Resources;
use crate::mutant::{Mutant, rule};
use crate::program::{Body, Slot};

/// The bound of a body.
pub(super) fn bound<'p>(bounder: &mut Bounder<'p>, scope: Scope, body: &'p Body) -> Result<Bounded<'p>, Unbounded> {
    let mut parts = Vec::new();
    for node in &body.nodes {
        parts.push(Part { node, bounded: bounder.node(scope, node)? });
    }
    let barriers = barriers_hold(&parts);
    if parts.iter().any(|part| part.bounded.table.is_some()) {
        return by_case(bounder, scope, parts, barriers);
    }
    let mut walk = Walk::default();
    for (index, part) in parts.iter().enumerate() {
        if !walk.alive && barriers == Barriers::Hold {
            break;
        }
        if walk.pass(index, part, barriers).is_none() {
            return Err(bounder.no_bound(&part.node.place, "this body"));
        }
    }
    let mut exits = walk.exits;
    if walk.alive {
        exits.add(Exit::Falls, Resources { time_ms: walk.latest, ..walk.spent });
    }
    if barriers == Barriers::Leak {
        // What comes after may have started, so every way to end takes all.
        let all = Resources { time_ms: walk.latest, ..walk.spent };
        for exit in Exit::ALL {
            if exits.get(exit).is_some() {
                exits.add(exit, all);
            }
        }
    }
    let trivial = |part: &Part<'_>| part.bounded.any() == Resources::ZERO && !part.bounded.exits.leaves();
    if parts.iter().all(trivial) {
        return Ok(Bounded { exits, table: None, what: What::Nothing });
    }
    Ok(Bounded { exits, table: None, what: What::Body(parts, walk.left) })
}

/// A body with parts that take more or less by what values are.
fn by_case<'p>(
    bounder: &mut Bounder<'p>,
    scope: Scope,
    parts: Vec<Part<'p>>,
    barriers: Barriers,
) -> Result<Bounded<'p>, Unbounded> {
    let survey = Rc::clone(bounder.surveys.get(scope));
    let mut dropped = Vec::new();
    let table = tabled::walk(&survey, &parts, barriers, &mut |value| dropped.push(value));
    dropped.into_iter().for_each(|value| bounder.drop_value(scope, value));
    let Some(table) = table else {
        let place = parts.first().map(|part| part.node.place.clone()).unwrap_or_default();
        return Err(bounder.no_bound(&place, "this body"));
    };
    Ok(Bounded::of_table(table, What::Body(parts, None)))
}

/// Whether everything after a node that can leave waits for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Barriers {
    /// It does.
    Hold,
    /// Something may run beside it.
    Leak,
}

fn barriers_hold(parts: &[Part<'_>]) -> Barriers {
    // INVARIANT: behind[slot] is the latest barrier that the node of that slot comes after, itself included.
    let mut behind: HashMap<Slot, usize> = HashMap::new();
    let mut latest = 0;
    if parts.iter().all(|part| !part.bounded.exits.leaves()) {
        return Barriers::Hold;
    }
    for (index, part) in parts.iter().enumerate() {
        let mut after = part.node.needs.iter().filter_map(|slot| behind.get(slot)).copied().max().unwrap_or(0);
        if after < latest {
            return Barriers::Leak;
        }
        if part.bounded.exits.leaves() {
            after = index + 1;
            latest = after;
        }
        behind.insert(part.node.slot, after);
    }
    Barriers::Hold
}

struct Walk {
    /// What the nodes so far take together; time is not in it.
    spent: Resources,
    /// When each node has finished.
    finish: HashMap<Slot, u64>,
    /// When all of them have.
    latest: u64,
    alive: bool,
    exits: Exits,
    left: Option<Box<Left>>,
}

impl Default for Walk {
    fn default() -> Self {
        Walk { spent: Resources::ZERO, finish: HashMap::new(), latest: 0, alive: true, exits: Exits::NONE, left: None }
    }
}

impl Walk {
    fn pass(&mut self, index: usize, part: &Part<'_>, barriers: Barriers) -> Option<()> {
        let needs = part.node.needs.iter().filter_map(|slot| self.finish.get(slot));
        let start = rule(Mutant::OrderForgotten, needs.copied().max().unwrap_or(0), || 0);
        for exit in Exit::LEAVES {
            let Some(cost) = part.bounded.exits.get(exit) else { continue };
            let until = self.latest.max(start.checked_add(cost.time_ms)?);
            let total = Resources { time_ms: until, ..self.spent.beside(&cost)? };
            let known = self.exits.get(exit);
            self.left.get_or_insert_default().note(exit, index, &total, known.as_ref());
            self.exits.add(exit, total);
        }
        let cost = match barriers {
            Barriers::Hold => part.bounded.exits.get(Exit::Falls),
            Barriers::Leak => Some(part.bounded.any()),
        };
        let Some(cost) = cost else {
            self.alive = false;
            return Some(());
        };
        self.alive = self.alive && part.bounded.exits.get(Exit::Falls).is_some();
        let finish = start.checked_add(cost.time_ms)?;
        self.finish.insert(part.node.slot, finish);
        self.latest = self.latest.max(finish);
        self.spent = Resources { time_ms: 0, ..self.spent.beside(&cost)? };
        Some(())
    }
}
