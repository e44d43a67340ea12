//! How a step or a flow can fail. In: a program. Out: for each the reasons that may reach its caller, never one too few.
//!
//! A failure that an `else` handles does not reach the caller; what the handler can fail with does.

use std::collections::BTreeSet;

use crate::catalogue::{ModelFacts, Wire};
use crate::program::{
    Body, FlowId, GateElse, Ladder, Node, NodeKind, Program, Reason, Step, StepId, TierId, Tool, ToolId, Ty,
};

/// Reasons, in the order of the language.
pub(super) type Reasons = BTreeSet<Reason>;

/// What has been looked at: it has said its reasons, wherever else it is called.
#[derive(Default)]
struct Seen {
    flows: BTreeSet<FlowId>,
    steps: BTreeSet<StepId>,
}

/// How one execution of a step can fail.
pub(super) fn of_step(program: &Program, id: StepId) -> Reasons {
    step(program, id, &mut Seen::default())
}

fn step(program: &Program, id: StepId, seen: &mut Seen) -> Reasons {
    if !seen.steps.insert(id) {
        return Reasons::new();
    }
    let Some(step) = program.steps.get(id.index()) else { return Reasons::new() };
    let mut reasons = Reasons::from([Reason::Timeout, Reason::Unavailable, Reason::TooLong, Reason::Unknown]);
    let is_text = matches!(step.result, Ty::Text(_));
    let over = step.over.iter().flat_map(|rungs| of_rungs(program, rungs));
    let models: Vec<&ModelFacts> = models(program, &step.ladder).into_iter().chain(over).collect();
    // A model in this process is decoded under the grammar of the result, and refuses nothing.
    if is_text || models.iter().any(|model| model.wire != Wire::Local) {
        reasons.insert(Reason::Invalid);
    }
    if is_text {
        reasons.insert(Reason::Truncated);
    }
    if models.iter().any(|model| model.wire != Wire::Local) {
        reasons.insert(Reason::Refused);
    }
    if let Some(accept) = &step.accept {
        reasons.insert(Reason::NotAccepted);
        reasons.extend(of_body(program, accept, seen));
    }
    if let Some(asks) = &step.asks {
        reasons.extend(of_body(program, &asks.body, seen));
    }
    reasons.extend(of_gates(program, step, seen));
    reasons
}

/// How a run of a flow can fail.
pub(super) fn of_flow(program: &Program, id: FlowId) -> Reasons {
    flow(program, id, &mut Seen::default())
}

fn flow(program: &Program, id: FlowId, seen: &mut Seen) -> Reasons {
    if !seen.flows.insert(id) {
        return Reasons::new();
    }
    program.flows.get(id.index()).map_or_else(Reasons::new, |flow| of_body(program, &flow.body, seen))
}

/// Calls of the program form no cycle, so this ends.
fn of_body(program: &Program, body: &Body, seen: &mut Seen) -> Reasons {
    body.nodes.iter().flat_map(|node| of_node(program, node, seen)).collect()
}

fn of_node(program: &Program, node: &Node, seen: &mut Seen) -> Reasons {
    let mut body = |body: &Body| of_body(program, body, seen);
    match &node.kind {
        // A text that was put together can be longer than its type allows.
        NodeKind::Value(_) | NodeKind::Assign(..) => Reasons::from([Reason::TooLong]),
        NodeKind::Signal(_) => Reasons::new(),
        // Nobody answers, or the question is longer than it may be.
        NodeKind::Ask(_) => Reasons::from([Reason::Timeout, Reason::TooLong]),
        NodeKind::Step(id, _) => step(program, *id, seen),
        NodeKind::Embedding(..) => {
            Reasons::from([Reason::Timeout, Reason::Unavailable, Reason::TooLong, Reason::Unknown])
        }
        NodeKind::Tool(id, _) => of_tool(program, *id, seen),
        NodeKind::Flow { flow, within, .. } => {
            let mut reasons = self::flow(program, *flow, seen);
            if !within.is_empty() {
                reasons.insert(Reason::Exhausted);
            }
            reasons
        }
        NodeKind::Choose(arms) => arms.iter().flat_map(|arm| body(&arm.body)).collect(),
        NodeKind::Each { body: inner, .. } | NodeKind::Loop { body: inner, .. } => body(inner),
        NodeKind::Attempt { handler, .. } => body(handler),
    }
}

fn of_tool(program: &Program, id: ToolId, seen: &mut Seen) -> Reasons {
    let Some(Tool { gate, .. }) = program.tools.get(id.index()) else { return Reasons::new() };
    let mut reasons = Reasons::from([Reason::ToolFailed, Reason::Timeout]);
    if let Some(gate) = gate {
        reasons.extend(of_body(program, &gate.open, seen));
        if matches!(gate.otherwise, GateElse::Deny | GateElse::Approve { .. }) {
            reasons.insert(Reason::Denied);
        }
    }
    reasons
}

/// What a gate calls can fail; what its tool does wrong is told to the model and fails nothing.
fn of_gates(program: &Program, step: &Step, seen: &mut Seen) -> Reasons {
    let tools = step.tools.iter().filter_map(|(id, _)| program.tools.get(id.index()));
    tools.filter_map(|tool| tool.gate.as_ref()).flat_map(|gate| of_body(program, &gate.open, seen)).collect()
}

fn models<'p>(program: &'p Program, ladder: &Ladder) -> Vec<&'p ModelFacts> {
    match ladder {
        Ladder::Rungs(tiers) => of_rungs(program, tiers),
        Ladder::Choose(arms) => arms.iter().flat_map(|(_, ladder)| models(program, ladder)).collect(),
    }
}

fn of_rungs<'p>(program: &'p Program, tiers: &[TierId]) -> Vec<&'p ModelFacts> {
    let tiers = tiers.iter().filter_map(|id| program.tiers.get(id.index()));
    tiers.flat_map(|tier| &tier.models).filter_map(|id| program.models.get(id.index())).collect()
}

/// The reasons in words of the language, for a page.
pub(super) fn shown(reasons: &Reasons) -> String {
    if reasons.is_empty() {
        return "nothing".to_owned();
    }
    reasons.iter().map(|reason| format!("<code>{}</code>", reason.name())).collect::<Vec<_>>().join(", ")
}
