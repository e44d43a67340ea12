//! Whether a value that a choice looks at can be anything that its type allows, whatever was taken to make it. In: the value.
//! Out: a reason where it may not be: what a flow returned, what a handler gave, what is left of a list.

use std::collections::HashMap;

use super::{Finder, is_beyond, lines, returned};
use crate::bound::Scope;
use crate::bound::cases::Value;
use crate::bound::full::steps::goes_by_its_answer;
use crate::cost::Resources;
use crate::program::{Body, Expr, Node, NodeKind, Slot};

impl<'p> Finder<'_, 'p> {
    /// Says where a value that is looked at may not be anything.
    pub(super) fn is_reached(&mut self, value: &Value) {
        if !value.is_free {
            self.say(format!(
                "`{}` in {} may not have every value that is asked for",
                value.label,
                lines(&value.lines)
            ));
        }
        let mut roots = Vec::new();
        value.asks.iter().for_each(|ask| slots(ask, &mut roots));
        for slot in roots {
            let Some(node) = self.node(slot) else { continue };
            let reason = match &node.kind {
                NodeKind::Flow { flow, .. } if !self.returns_anything(*flow) => {
                    let name = self.bounder.program.flows.get(flow.index()).map_or("", |flow| flow.name.as_str());
                    Some(format!(
                        "`{}` in {} is what `{name}` returns, which may not be everything",
                        value.label,
                        lines(&value.lines)
                    ))
                }
                NodeKind::Attempt { handler, .. } if has_call(handler) => Some(format!(
                    "`{}` in {} is told apart from whether its `else` was needed",
                    value.label,
                    lines(&value.lines)
                )),
                NodeKind::Each { .. } => self.left_of_list(value, node.slot),
                NodeKind::Value(_)
                | NodeKind::Step(..)
                | NodeKind::Embedding(..)
                | NodeKind::Tool(..)
                | NodeKind::Flow { .. }
                | NodeKind::Choose(_)
                | NodeKind::Loop { .. }
                | NodeKind::Attempt { .. }
                | NodeKind::Assign(..)
                | NodeKind::Ask(_)
                | NodeKind::Signal(_) => None,
            };
            reason.into_iter().for_each(|reason| self.say(reason));
        }
    }

    /// A list has nothing left only where every element was left out, which may not be the dearest way of an element.
    fn left_of_list(&self, value: &Value, slot: Slot) -> Option<String> {
        let (stays, left_out) = self.lists.get(&slot)?;
        let stays = stays.unwrap_or(Resources::ZERO);
        let is_dearest = left_out.is_some_and(|left_out| !is_beyond(&stays, &left_out));
        (!is_dearest).then(|| {
            format!(
                "`{}` in {} is empty only where every element was left out, which takes less",
                value.label,
                lines(&value.lines)
            )
        })
    }

    /// The node of a slot of this unit. They are listed when the first one is asked for.
    fn node(&mut self, slot: Slot) -> Option<&'p Node> {
        let program = self.bounder.program;
        let body = match self.scope {
            Scope::Flow(id) => program.flows.get(id.index()).map(|flow| &flow.body),
            Scope::Step(id) => program.steps.get(id.index())?.accept.as_ref(),
            Scope::Tool(id) => program.tools.get(id.index())?.gate.as_ref().map(|gate| &gate.open),
        }?;
        let nodes = self.nodes.get_or_insert_with(|| nodes_of(body));
        nodes.get(&slot).copied()
    }

    /// Whether everything that a flow returns is made by a step, a tool or a reader, so that it can be anything.
    fn returns_anything(&self, flow: crate::program::FlowId) -> bool {
        let Some(flow) = self.bounder.program.flows.get(flow.index()) else { return false };
        let nodes = nodes_of(&flow.body);
        let mut found = Vec::new();
        returned(&flow.body, &mut found);
        found.iter().all(|expr| {
            let mut expr = *expr;
            loop {
                let Expr::Slot(slot) = expr else { return false };
                match nodes.get(slot).map(|node| &node.kind) {
                    Some(NodeKind::Step(id, _)) => {
                        let step = self.bounder.program.steps.get(id.index());
                        return step.is_some_and(|step| !goes_by_its_answer(step));
                    }
                    Some(NodeKind::Tool(..) | NodeKind::Embedding(..)) => return true,
                    Some(NodeKind::Value(of)) => expr = of,
                    _ => return false,
                }
            }
        })
    }
}

fn slots(expr: &Expr, found: &mut Vec<Slot>) {
    if let Expr::Slot(slot) = expr
        && !found.contains(slot)
    {
        found.push(*slot);
    }
    expr.parts(&mut |part| slots(part, found));
}

/// The nodes of a body by their slots, at any depth.
fn nodes_of(body: &Body) -> HashMap<Slot, &Node> {
    let mut nodes = HashMap::new();
    let mut open = vec![body];
    while let Some(body) = open.pop() {
        for node in &body.nodes {
            nodes.insert(node.slot, node);
            open.extend(node.bodies());
        }
    }
    nodes
}

fn has_call(body: &Body) -> bool {
    body.nodes.iter().any(|node| {
        let is_call = matches!(
            node.kind,
            NodeKind::Step(..) | NodeKind::Tool(..) | NodeKind::Flow { .. } | NodeKind::Embedding(..)
        );
        is_call || node.bodies().any(has_call)
    })
}
