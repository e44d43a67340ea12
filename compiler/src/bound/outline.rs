//! A flow at a glance. In: a program. Out: for each node of a flow's body what it takes, and the calls inside of it.

use super::Bounder;
use super::tree::{Bounded, What};
use crate::cost::Resources;
use crate::program::{FlowId, Node, NodeKind, Place, Program, Slot};

/// A node of the body of a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    /// Its slot.
    pub slot: Slot,
    /// The nodes that it needs.
    pub needs: Vec<Slot>,
    /// What it is: `solve`, `each ×3`, `if`, `return`; the name of its `let` before that where it has one.
    pub label: String,
    /// Where it stands.
    pub place: Place,
    /// The most that it takes.
    pub bound: Resources,
    /// Whether it only computes or assigns a value.
    pub is_pure: bool,
    /// The steps, tools, embeddings and flows that are called inside of it, on every way, each once with how often at most and
    /// what one call takes.
    pub calls: Vec<(String, u64, Resources)>,
}

/// The nodes of a flow in their order; `None` where it has no finite bound.
#[must_use]
pub fn outline(program: &Program, flow: FlowId) -> Option<Vec<Outline>> {
    let mut bounder = Bounder::new(program);
    bounder.run();
    let body = &program.flows.get(flow.index())?.body;
    let nodes = body.nodes.iter().map(|node| {
        let bounded = bounder.node(super::Scope::Flow(flow), node).ok()?;
        let mut calls = Vec::new();
        collect(program, &bounded, 1, &mut calls);
        let what = label(program, node);
        Some(Outline {
            slot: node.slot,
            needs: node.needs.clone(),
            label: node.name.as_ref().map_or_else(|| what.clone(), |name| format!("{name} = {what}")),
            place: node.place.clone(),
            bound: bounded.any(),
            is_pure: matches!(node.kind, NodeKind::Value(_) | NodeKind::Assign(..)),
            calls,
        })
    });
    nodes.collect()
}

fn label(program: &Program, node: &Node) -> String {
    match &node.kind {
        NodeKind::Value(_) => "value".to_owned(),
        NodeKind::Step(id, _) => program.steps.get(id.index()).map_or(String::new(), |step| step.name.clone()),
        NodeKind::Embedding(id, _) => program.embeddings.get(id.index()).map_or(String::new(), |e| e.name.clone()),
        NodeKind::Tool(id, _) => program.tools.get(id.index()).map_or(String::new(), |tool| tool.name.clone()),
        NodeKind::Flow { flow, .. } => program.flows.get(flow.index()).map_or(String::new(), |flow| flow.name.clone()),
        NodeKind::Choose(_) => "choice".to_owned(),
        NodeKind::Each { most, .. } => format!("each ×{most}"),
        NodeKind::Loop { most, .. } => format!("loop ×{most}"),
        NodeKind::Attempt { .. } => "else".to_owned(),
        NodeKind::Assign(..) => "assignment".to_owned(),
        NodeKind::Ask(ask) => format!("ask {}", ask.role),
        NodeKind::Signal(leave) => match leave {
            crate::program::Leave::Break => "break",
            crate::program::Leave::Skip => "skip",
            crate::program::Leave::Return(_) => "return",
            crate::program::Leave::Escalate { .. } => "escalate",
        }
        .to_owned(),
    }
}

fn collect(program: &Program, bounded: &Bounded<'_>, times: u64, calls: &mut Vec<(String, u64, Resources)>) {
    let mut call = |name: Option<&str>, once: Resources| {
        let name = name.unwrap_or_default();
        match calls.iter_mut().find(|(known, _, _)| known == name) {
            Some((_, count, _)) => *count = count.saturating_add(times),
            None => calls.push((name.to_owned(), times, once)),
        }
    };
    match &bounded.what {
        What::Nothing | What::Ask(_) => {}
        What::Step(id, step) => call(program.steps.get(id.index()).map(|step| step.name.as_str()), step.total),
        What::Tool(id, tool) => call(program.tools.get(id.index()).map(|tool| tool.name.as_str()), tool.total),
        What::Embedding(id) => {
            call(program.embeddings.get(id.index()).map(|embedding| embedding.name.as_str()), bounded.any());
        }
        What::Flow(id, _) => call(program.flows.get(id.index()).map(|flow| flow.name.as_str()), bounded.any()),
        What::Body(parts, _) => parts.iter().for_each(|part| collect(program, &part.bounded, times, calls)),
        What::Choose(arms, _) => arms.iter().for_each(|arm| collect(program, arm, times, calls)),
        What::Each { most, body, .. } | What::Loop { most, body } => {
            collect(program, body, times.saturating_mul(*most), calls);
        }
        What::Attempt(body, handler) => {
            collect(program, body, times, calls);
            collect(program, handler, times, calls);
        }
    }
}
