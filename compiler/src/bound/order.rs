//! Callees before callers. In: a program. Out: its steps, tools and flows in an order in which each stands after all it calls.
//!
//! The walk keeps its own stack, so a long chain of calls is no danger. What calls itself is found here and has no bound.

use super::Scope;
use crate::program::{Body, FlowId, Node, NodeKind, Place, Program, StepId, ToolId};

/// Something with a bound of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Unit {
    /// A step.
    Step(StepId),
    /// A tool.
    Tool(ToolId),
    /// A flow.
    Flow(FlowId),
}

impl Unit {
    /// What its body belongs to.
    pub(super) fn scope(self) -> Scope {
        match self {
            Unit::Step(id) => Scope::Step(id),
            Unit::Tool(id) => Scope::Tool(id),
            Unit::Flow(id) => Scope::Flow(id),
        }
    }
}

/// The order, and what calls itself.
#[derive(Debug, Default)]
pub(super) struct Order {
    /// Every unit, after all it calls.
    pub units: Vec<Unit>,
    /// Beside `units`: what each of them calls directly.
    pub calls: Vec<Vec<Unit>>,
    /// Units that call themselves, through others or not.
    pub recursive: Vec<Unit>,
    /// Nodes of all bodies, nested ones not counted.
    pub nodes: usize,
}

/// Callees before callers.
#[must_use]
pub(super) fn callees_first(program: &Program) -> Order {
    let mut walk =
        Walk { program, marks: vec![Mark::New; program.steps.len() + program.tools.len() + program.flows.len()] };
    let nodes = program.flows.iter().map(|flow| flow.body.nodes.len()).sum();
    let mut order = Order { nodes, ..Order::default() };
    for unit in all_units(program) {
        walk.visit(unit, &mut order);
    }
    order
}

fn all_units(program: &Program) -> impl Iterator<Item = Unit> + use<> {
    let count = |length: usize| 0..u32::try_from(length).unwrap_or(u32::MAX);
    let steps = count(program.steps.len()).map(|index| Unit::Step(StepId(index)));
    let tools = count(program.tools.len()).map(|index| Unit::Tool(ToolId(index)));
    let flows = count(program.flows.len()).map(|index| Unit::Flow(FlowId(index)));
    steps.chain(tools).chain(flows)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    New,
    Open,
    Done,
}

struct Walk<'p> {
    program: &'p Program,
    marks: Vec<Mark>,
}

impl Walk<'_> {
    fn visit(&mut self, unit: Unit, order: &mut Order) {
        let mut stack = vec![(unit, false)];
        while let Some((unit, finished)) = stack.pop() {
            let Some(at) = self.index(unit) else { continue };
            if finished {
                self.marks[at] = Mark::Done;
                order.units.push(unit);
                order.calls.push(callees(self.program, unit));
                continue;
            }
            match self.marks[at] {
                Mark::New => {
                    self.marks[at] = Mark::Open;
                    stack.push((unit, true));
                    stack.extend(callees(self.program, unit).into_iter().map(|callee| (callee, false)));
                }
                // INVARIANT: a unit is open from its visit until its end, so an open one is an ancestor of what calls it.
                Mark::Open => order.recursive.push(unit),
                Mark::Done => {}
            }
        }
    }

    fn index(&self, unit: Unit) -> Option<usize> {
        let (steps, tools) = (self.program.steps.len(), self.program.tools.len());
        let (index, length, before) = match unit {
            Unit::Step(id) => (id.index(), steps, 0),
            Unit::Tool(id) => (id.index(), tools, steps),
            Unit::Flow(id) => (id.index(), self.program.flows.len(), steps + tools),
        };
        (index < length).then_some(before + index)
    }
}

/// What a node calls, where that has a body of its own.
pub(super) fn callee(node: &Node) -> Option<Scope> {
    match &node.kind {
        NodeKind::Step(id, _) => Some(Scope::Step(*id)),
        NodeKind::Tool(id, _) => Some(Scope::Tool(*id)),
        NodeKind::Flow { flow, .. } => Some(Scope::Flow(*flow)),
        NodeKind::Value(_)
        | NodeKind::Embedding(..)
        | NodeKind::Choose(_)
        | NodeKind::Each { .. }
        | NodeKind::Loop { .. }
        | NodeKind::Attempt { .. }
        | NodeKind::Assign(..)
        | NodeKind::Ask(_)
        | NodeKind::Signal(_) => None,
    }
}

/// What a unit calls directly.
fn callees(program: &Program, unit: Unit) -> Vec<Unit> {
    let mut found = Vec::new();
    match unit {
        Unit::Step(id) => {
            let Some(step) = program.steps.get(id.index()) else { return found };
            found.extend(step.tools.iter().map(|(tool, _)| Unit::Tool(*tool)));
            if let Some(accept) = &step.accept {
                calls_of(accept, &mut found);
            }
            if let Some(asks) = &step.asks {
                calls_of(&asks.body, &mut found);
            }
        }
        Unit::Tool(id) => {
            if let Some(gate) = program.tools.get(id.index()).and_then(|tool| tool.gate.as_ref()) {
                calls_of(&gate.open, &mut found);
            }
        }
        Unit::Flow(id) => {
            if let Some(flow) = program.flows.get(id.index()) {
                calls_of(&flow.body, &mut found);
            }
        }
    }
    found.dedup();
    found
}

fn calls_of(body: &Body, found: &mut Vec<Unit>) {
    for node in &body.nodes {
        match &node.kind {
            NodeKind::Step(id, _) => found.push(Unit::Step(*id)),
            NodeKind::Tool(id, _) => found.push(Unit::Tool(*id)),
            NodeKind::Flow { flow, .. } => found.push(Unit::Flow(*flow)),
            NodeKind::Choose(_)
            | NodeKind::Each { .. }
            | NodeKind::Loop { .. }
            | NodeKind::Attempt { .. }
            | NodeKind::Value(_)
            | NodeKind::Embedding(..)
            | NodeKind::Assign(..)
            | NodeKind::Ask(_)
            | NodeKind::Signal(_) => {}
        }
        node.bodies().for_each(|body| calls_of(body, found));
    }
}

/// Where a unit is declared.
#[must_use]
pub(super) fn place(program: &Program, unit: Unit) -> Option<(&str, &Place)> {
    match unit {
        Unit::Step(id) => program.steps.get(id.index()).map(|step| (step.name.as_str(), &step.place)),
        Unit::Tool(id) => program.tools.get(id.index()).map(|tool| (tool.name.as_str(), &tool.place)),
        Unit::Flow(id) => program.flows.get(id.index()).map(|flow| (flow.name.as_str(), &flow.place)),
    }
}
