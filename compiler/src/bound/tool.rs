//! A tool: its gate is decided before every call, and every call counts, also one that fails or is denied.

use std::rc::Rc;

use super::exits::Exits;
use super::tree::ToolBound;
use super::{Bounder, Unbounded};
use crate::cost::{Money, Resources};
use crate::mutant::{Mutant, rule};
use crate::program::{GateElse, Tool, ToolId, ToolSource};

/// The bound of one call.
pub(super) fn bound<'p>(bounder: &mut Bounder<'p>, id: ToolId, tool: &'p Tool) -> Result<ToolBound<'p>, Unbounded> {
    let gate = match &tool.gate {
        Some(gate) => {
            let scope = super::Scope::Tool(id);
            let gate = bounder.body(scope, &gate.open)?;
            Some(bounder.known_to_callers(scope, gate))
        }
        None => None,
    };
    let waits = match tool.gate.as_ref().map(|gate| &gate.otherwise) {
        Some(GateElse::Approve { within_ms, .. }) => *within_ms,
        Some(GateElse::Value(_) | GateElse::Deny) | None => 0,
    };
    // What is looked for in an index is read by its model in every call.
    let query = match &tool.source {
        ToolSource::Index { query, .. } => bounder.embedding(*query)?.any(),
        ToolSource::Http { .. } | ToolSource::Exec { .. } | ToolSource::Mcp { .. } => Resources::ZERO,
    };
    let total = |decided: Resources| {
        let waits = rule(Mutant::ApprovalIsInstant, waits, || 0);
        let time_ms = rule(Mutant::ToolTimeForgotten, tool.time_ms, || 0).checked_add(waits)?;
        let cost = rule(Mutant::ToolPriceForgotten, tool.price, || Money::ZERO);
        let call = Resources { cost, tools: rule(Mutant::ToolNotCounted, 1, || 0), time_ms, ..Resources::ZERO };
        let decided = rule(Mutant::GateIsFree, decided, || Resources::ZERO);
        decided.then(&call)?.then(&rule(Mutant::IndexIsFree, query, || Resources::ZERO))
    };
    let table = gate.as_ref().and_then(|gate| gate.table.as_ref());
    let table =
        table.map(|table| table.map(|exits| total(exits.any()).map(Exits::falls))).map(Option::unwrap_or_default);
    match total(gate.as_ref().map_or(Resources::ZERO, |gate| gate.any())) {
        Some(total) => Ok(ToolBound { gate, total, table: table.map(Rc::new) }),
        None => Err(bounder.no_bound(&tool.place, &format!("`{}`", tool.name))),
    }
}
