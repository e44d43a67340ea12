//! The way of text through bodies: of flows, of `accept`, of gates.

use super::{Known, acts, carries_text, decides, shows, takes};
use crate::program::{Body, Expr, Leave, Node, NodeKind, Program, Slot, StepId, ToolId, Ty};
use crate::source::Span;

/// A tool that acts, the parameter that text from outside reaches, where, and whether a model chooses it.
pub(super) type Reached = (usize, usize, Span, bool);

/// A step that nothing calls may be called with anything.
pub(super) fn uncalled(program: &Program, known: &mut Known) {
    let mut called = vec![false; program.steps.len()];
    for body in bodies(program) {
        calls(body, &mut |id| {
            if let Some(called) = called.get_mut(id.index()) {
                *called = true;
            }
        });
    }
    for ((step, params), _) in program.steps.iter().zip(&mut known.steps).zip(called).filter(|(_, called)| !called) {
        for (param, untrusted) in step.params.iter().zip(params) {
            *untrusted = carries_text(&param.ty, &program.types, super::DEEPEST);
        }
    }
}

fn bodies(program: &Program) -> impl Iterator<Item = &Body> {
    let flows = program.flows.iter().map(|flow| &flow.body);
    let accepts = program.steps.iter().filter_map(|step| step.accept.as_ref());
    let asks = program.steps.iter().filter_map(|step| step.asks.as_ref().map(|asks| &asks.body));
    flows
        .chain(accepts)
        .chain(asks)
        .chain(program.tools.iter().filter_map(|tool| tool.gate.as_ref().map(|gate| &gate.open)))
}

fn calls(body: &Body, found: &mut dyn FnMut(StepId)) {
    for node in &body.nodes {
        if let NodeKind::Step(id, _) = &node.kind {
            found(*id);
        }
        node.bodies().for_each(|body| calls(body, found));
    }
}

/// Every slot that a body reads.
pub(super) fn read_by(body: &Body, found: &mut dyn FnMut(Slot)) {
    super::super::needs::read_by_body(body, found);
}

/// Follows text once through everything.
pub(super) fn round(program: &Program, known: &mut Known) {
    walk(program, known, &mut |_| ());
}

/// Every place where text from outside reaches a tool that acts, past a gate that does not look at it.
pub(super) fn reached(program: &Program, known: &Known) -> Vec<Reached> {
    let mut found = Vec::new();
    let mut settled = Known {
        steps: known.steps.clone(),
        answers: known.answers.clone(),
        results: known.results.clone(),
        slots: known.slots.clone(),
        changed: false,
    };
    walk(program, &mut settled, &mut |reached| found.push(reached));
    for (step, params) in program.steps.iter().zip(&known.steps) {
        let read = |slot: Slot| super::is_untrusted(super::step_slots(&step.params, params, slot));
        let told = shows(step, &program.types, &read);
        let results = step.tools.iter().filter_map(|(id, _)| program.tools.get(id.index()));
        let mut answered = results.clone().map(|tool| carries_text(&tool.result, &program.types, super::DEEPEST));
        if !told && !answered.any(|answered| answered) {
            continue;
        }
        for (id, _) in &step.tools {
            for param in open_params(program, *id) {
                found.push((id.index(), param, step.place.span, true));
            }
        }
    }
    found
}

/// The parameters of a tool that acts which can carry text and about which its gate does not decide.
fn open_params(program: &Program, id: ToolId) -> Vec<usize> {
    let Some(tool) = program.tools.get(id.index()).filter(|tool| acts(tool)) else { return Vec::new() };
    let open = tool
        .params
        .iter()
        .enumerate()
        .filter(|(_, param)| carries_text(&param.ty, &program.types, super::DEEPEST) && !decides(tool, param.slot));
    open.map(|(index, _)| index).collect()
}

fn walk(program: &Program, known: &mut Known, reached: &mut dyn FnMut(Reached)) {
    for index in 0..program.flows.len() {
        let Some(flow) = program.flows.get(index) else { continue };
        let slots = known.slots.get_mut(index).map(std::mem::take).unwrap_or_default();
        let mut walk = Walk { program, known, slots, flow: Some(index), reached };
        for param in &flow.params {
            let untrusted = walk.carries(&param.ty);
            walk.set(param.slot, untrusted);
        }
        if walk.body(&flow.body) {
            walk.returns();
        }
        let slots = walk.slots;
        if let Some(place) = known.slots.get_mut(index) {
            *place = slots;
        }
    }
    for (step, index) in program.steps.iter().zip(0..) {
        walk_step(program, known, step, index, reached);
    }
    for gate in program.tools.iter().filter_map(|tool| Some((tool, tool.gate.as_ref()?))) {
        let mut walk = Walk { program, known, slots: Vec::new(), flow: None, reached };
        for param in &gate.0.params {
            let untrusted = walk.carries(&param.ty);
            walk.set_silently(param.slot, untrusted);
        }
        walk.body(&gate.1.open);
    }
}

/// Whether the answer of a step is text from outside, by what is known of its parameters; noted where that is new.
pub(super) fn answered(program: &Program, known: &mut Known, index: usize) -> bool {
    let (Some(step), Some(params)) = (program.steps.get(index), known.steps.get(index)) else { return true };
    let read = |slot: Slot| super::is_untrusted(super::step_slots(&step.params, params, slot));
    let told = !step.tools.is_empty() || shows(step, &program.types, &read);
    let answer = told && carries_text(&step.result, &program.types, super::DEEPEST);
    if let Some(before) = known.answers.get_mut(index).filter(|before| **before != answer) {
        *before = answer;
        known.changed = true;
    }
    answer
}

fn walk_step(
    program: &Program,
    known: &mut Known,
    step: &crate::program::Step,
    index: usize,
    reached: &mut dyn FnMut(Reached),
) {
    let answer = answered(program, known, index);
    let params = known.steps.get(index).cloned().unwrap_or_default();
    if step.accept.is_none() && step.asks.is_none() {
        return;
    }
    let mut walk = Walk { program, known, slots: Vec::new(), flow: None, reached };
    for (param, untrusted) in step.params.iter().zip(&params) {
        walk.set_silently(param.slot, *untrusted);
    }
    walk.set_silently(step.it, answer);
    for body in step.asks.iter().map(|asks| &asks.body).chain(&step.accept) {
        walk.body(body);
    }
}

/// One body with all inside of it.
struct Walk<'w> {
    program: &'w Program,
    known: &'w mut Known,
    /// What is in each slot.
    slots: Vec<bool>,
    /// The flow whose result `return` gives.
    flow: Option<usize>,
    reached: &'w mut dyn FnMut(Reached),
}

impl Walk<'_> {
    fn carries(&self, ty: &Ty) -> bool {
        carries_text(ty, &self.program.types, super::DEEPEST)
    }

    fn takes(&self, expr: &Expr) -> bool {
        takes(expr, &|slot| self.slots.get(slot.index()).copied().unwrap_or(false))
    }

    /// Whether this is new.
    fn set_silently(&mut self, slot: Slot, untrusted: bool) -> bool {
        if self.slots.len() <= slot.index() {
            self.slots.resize(slot.index() + 1, false);
        }
        match self.slots.get_mut(slot.index()).filter(|before| untrusted && !**before) {
            Some(before) => {
                *before = true;
                true
            }
            None => false,
        }
    }

    fn set(&mut self, slot: Slot, untrusted: bool) {
        // Only the slots of a flow are kept from one round to the next.
        let new = self.set_silently(slot, untrusted);
        self.known.changed |= new && self.flow.is_some();
    }

    fn returns(&mut self) {
        if let Some(before) = self.flow.and_then(|flow| self.known.results.get_mut(flow)).filter(|before| !**before) {
            *before = true;
            self.known.changed = true;
        }
    }

    /// Whether its value may be text from outside.
    fn body(&mut self, body: &Body) -> bool {
        for node in &body.nodes {
            self.node(node);
        }
        self.takes(&body.value)
    }

    fn node(&mut self, node: &Node) {
        let untrusted = match &node.kind {
            NodeKind::Value(expr) => self.takes(expr),
            NodeKind::Step(id, args) => self.step(*id, args),
            // What a person answers is a person's, and trusted.
            NodeKind::Embedding(..) | NodeKind::Ask(_) => false,
            NodeKind::Tool(id, args) => self.tool(*id, args, node.place.span),
            NodeKind::Flow { flow, .. } => self.known.results.get(flow.index()).copied().unwrap_or(true),
            NodeKind::Choose(arms) => {
                let mut any = false;
                for arm in arms {
                    for (slot, expr) in &arm.binds {
                        let untrusted = self.takes(expr);
                        self.set(*slot, untrusted);
                    }
                    any |= self.body(&arm.body);
                }
                any
            }
            NodeKind::Each { list, element, body, .. } => {
                let untrusted = self.takes(list);
                self.set(*element, untrusted);
                self.body(body)
            }
            NodeKind::Loop { body, .. } => self.body(body),
            NodeKind::Attempt { body, handler } => self.body(body) | self.body(handler),
            NodeKind::Assign(slot, expr) => {
                let untrusted = self.takes(expr);
                self.set(*slot, untrusted);
                false
            }
            NodeKind::Signal(Leave::Return(expr)) => {
                if self.takes(expr) {
                    self.returns();
                }
                false
            }
            NodeKind::Signal(Leave::Break | Leave::Skip | Leave::Escalate { .. }) => false,
        };
        self.set(node.slot, untrusted);
    }

    fn step(&mut self, id: StepId, args: &[Expr]) -> bool {
        let Some(step) = self.program.steps.get(id.index()) else { return true };
        let mut is_new = false;
        for (index, (param, arg)) in step.params.iter().zip(args).enumerate() {
            let untrusted = self.carries(&param.ty) && self.takes(arg);
            let before = self.known.steps.get_mut(id.index()).and_then(|params| params.get_mut(index));
            if let Some(before) = before.filter(|before| untrusted && !**before) {
                *before = true;
                is_new = true;
            }
        }
        if is_new {
            // At once, so that a chain of steps is followed in one round however long it is.
            self.known.changed = true;
            answered(self.program, self.known, id.index());
        }
        self.known.answers.get(id.index()).copied().unwrap_or(true)
    }

    fn tool(&mut self, id: ToolId, args: &[Expr], span: Span) -> bool {
        for param in open_params(self.program, id) {
            if args.get(param).is_some_and(|arg| self.takes(arg)) {
                (self.reached)((id.index(), param, span, false));
            }
        }
        self.program.tools.get(id.index()).is_none_or(|tool| self.carries(&tool.result))
    }
}
