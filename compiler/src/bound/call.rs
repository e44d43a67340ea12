//! A call of a flow: what the flow takes, or what the caller allows it with `within`, whichever is less. The flow's own budget
//! is a check and no cap: a flow that can take more does not compile.

use std::rc::Rc;

use super::exits::{Exit, Exits};
use super::tree::{Bounded, What};
use super::{Bounder, Scope, passed};
use crate::cost::{Dimension, Money, Resources};
use crate::mutant::{Mutant, rule};
use crate::program::{FlowId, Limit, Node};

/// The bound of a call of a flow with this bound.
pub(super) fn bound<'p>(
    bounder: &mut Bounder<'p>,
    scope: Scope,
    node: &Node,
    flow: FlowId,
    callee: Rc<Bounded<'p>>,
    within: &[Limit],
) -> Bounded<'p> {
    let ends = |callee: &Exits| ends(callee, within);
    let found = callee.table.as_ref().and_then(|table| passed::by_case(bounder, scope, node, table, &ends));
    match found {
        Some(table) => Bounded::of_table(table, What::Flow(flow, callee)),
        None => Bounded { exits: ends(&callee.exits), table: None, what: What::Flow(flow, callee) },
    }
}

/// How a call ends where the callee ends so.
fn ends(callee: &Exits, within: &[Limit]) -> Exits {
    let mut exits = Exits::NONE;
    let ends = [(Exit::Falls, Exit::Falls), (Exit::Returns, Exit::Falls), (Exit::Escalates, Exit::Escalates)];
    for (inside, outside) in ends {
        if let Some(cost) = callee.get(inside) {
            exits.add(outside, rule(Mutant::FlowIsFree, capped(cost, within), || Resources::ZERO));
        }
    }
    exits
}

/// Whether a limit is below what the flow could take, so that it can be stopped short of it.
pub(super) fn cuts(callee: &Bounded<'_>, within: &[Limit]) -> bool {
    let most = callee.any();
    within.iter().any(|limit| most.get(limit.dimension) > limit.amount)
}

fn capped(mut cost: Resources, within: &[Limit]) -> Resources {
    for limit in within {
        match limit.dimension {
            Dimension::Cost => cost.cost = cost.cost.min(Money::from_nanos(limit.amount)),
            Dimension::Calls => cost.calls = cost.calls.min(limit.amount),
            Dimension::Turns => cost.turns = cost.turns.min(limit.amount),
            Dimension::Tools => cost.tools = cost.tools.min(limit.amount),
            Dimension::Input => cost.input = cost.input.min(limit.amount),
            Dimension::Output => cost.output = cost.output.min(limit.amount),
            Dimension::Tokens => cost.tokens = cost.tokens.min(limit.amount),
            Dimension::Time => cost.time_ms = cost.time_ms.min(limit.amount),
        }
    }
    // A turn is a call, and a token is one of input or output.
    cost.turns = cost.turns.min(cost.calls);
    cost.tokens = cost.tokens.min(cost.input.saturating_add(cost.output));
    let given = |dimension| within.is_empty() || within.iter().any(|limit| limit.dimension == dimension);
    let only = || Resources {
        calls: if given(Dimension::Calls) { cost.calls } else { 0 },
        cost: if given(Dimension::Cost) { cost.cost } else { Money::ZERO },
        time_ms: if given(Dimension::Time) { cost.time_ms } else { 0 },
        ..cost
    };
    rule(Mutant::WithinIsAll, cost, only)
}
