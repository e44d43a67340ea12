//! A tool: its gate is decided before every call, and every call counts, also one that fails or is denied.

use super::tree::ToolBound;
use super::{Bounder, Unbounded};
use crate::cost::Resources;
use crate::program::{GateElse, Tool, ToolId};

/// The bound of one call.
pub(super) fn bound<'p>(bounder: &mut Bounder<'p>, id: ToolId, tool: &'p Tool) -> Result<ToolBound<'p>, Unbounded> {
    let gate = match &tool.gate {
        Some(gate) => Some(bounder.body(super::Scope::Tool(id), &gate.open)?),
        None => None,
    };
    let waits = match tool.gate.as_ref().map(|gate| &gate.otherwise) {
        Some(GateElse::Approve { within_ms, .. }) => *within_ms,
        Some(GateElse::Value(_) | GateElse::Deny) | None => 0,
    };
    let total = || {
        let time_ms = tool.time_ms.checked_add(waits)?;
        let call = Resources { cost: tool.price, tools: 1, time_ms, ..Resources::ZERO };
        let decided = gate.as_ref().map_or(Resources::ZERO, |gate| gate.any());
        decided.then(&call)
    };
    match total() {
        Some(total) => Ok(ToolBound { gate, total }),
        None => Err(bounder.no_bound(&tool.place, &format!("`{}`", tool.name))),
    }
}
