//! The most that a program can take, whatever models, tools, people and networks do. In: a checked program. Out: the ceilings
//! that the runtime enforces, and a [`Report`] that says where they come from.
//!
//! One rule for each construct, one file for each rule. Every number is a whole number, every sum is checked: what does not fit
//! is an error at its construct and never a number.

mod attempt;
mod body;
mod call;
mod choose;
mod each;
mod embedding;
mod exits;
mod ladder;
mod order;
mod prompt;
mod rounds;
mod step;
mod tool;
mod tree;
mod turns;

use std::rc::Rc;

use crate::cost::Resources;
use crate::diagnostic::{Checked, Diagnostic, code};
use crate::plan::{Ceilings, EmbeddingCeiling, StepCeiling};
use crate::program::{
    Body, EmbeddingId, FlowId, Leave, ModelId, Node, NodeKind, Place, Program, Slot, Step, StepId, ToolId,
};
pub use exits::{Exit, Exits};
use order::{Order, Unit};
use step::StepBound;
pub use step::{MOST_REPAIRS, MOST_TURNS};
use tree::{Bounded, ToolBound, What};
pub use turns::{DENIED, NOTE, REPAIR_NOTE_TOKENS};

/// Bounds a program.
#[must_use]
pub fn bound(program: &Program) -> Checked<Option<Ceilings>> {
    let mut bounder = Bounder::new(program);
    bounder.run();
    let ceilings = bounder.ceilings();
    Checked { value: ceilings, diagnostics: bounder.diagnostics }
}

/// It has no finite bound. The reason was reported where it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Unbounded;

/// What a body belongs to; slots are unique within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    Flow(FlowId),
    Step(StepId),
    Tool(ToolId),
}

/// Every bound that is known so far.
struct Bounder<'p> {
    program: &'p Program,
    order: Rc<Order>,
    steps: Vec<Option<Rc<StepBound<'p>>>>,
    embeddings: Vec<Option<EmbeddingCeiling>>,
    tools: Vec<Option<Rc<ToolBound<'p>>>>,
    flows: Vec<Option<Rc<Bounded<'p>>>>,
    requests: Vec<Option<Rc<[(ModelId, u64)]>>>,
    diagnostics: Vec<Diagnostic>,
}

impl<'p> Bounder<'p> {
    fn new(program: &'p Program) -> Self {
        Bounder {
            program,
            order: Rc::new(order::callees_first(program)),
            steps: vec![None; program.steps.len()],
            embeddings: vec![None; program.embeddings.len()],
            tools: vec![None; program.tools.len()],
            flows: vec![None; program.flows.len()],
            requests: vec![None; program.steps.len()],
            diagnostics: Vec::new(),
        }
    }

    fn run(&mut self) {
        let program = self.program;
        for (index, embedding) in program.embeddings.iter().enumerate() {
            self.embeddings[index] = embedding::bound(self, embedding);
            if self.embeddings[index].is_none() {
                self.no_bound(&embedding.place, &format!("`{}`", embedding.name));
            }
        }
        let order = Rc::clone(&self.order);
        for unit in &order.recursive {
            if let Some((name, place)) = order::place(program, *unit) {
                let told = Diagnostic::error(code::bound::E0202, place.span, format!("`{name}` calls itself"));
                self.report(told.label("so it has no finite bound"));
            }
        }
        for unit in order.units.iter().filter(|unit| !order.recursive.contains(unit)) {
            self.unit(*unit);
        }
    }

    fn unit(&mut self, unit: Unit) {
        let program = self.program;
        match unit {
            Unit::Step(id) => {
                let Some(step) = program.steps.get(id.index()) else { return };
                self.steps[id.index()] = step::bound(self, id, step).ok().map(Rc::new);
            }
            Unit::Tool(id) => {
                let Some(tool) = program.tools.get(id.index()) else { return };
                self.tools[id.index()] = tool::bound(self, id, tool).ok().map(Rc::new);
            }
            Unit::Flow(id) => {
                let Some(flow) = program.flows.get(id.index()) else { return };
                self.flows[id.index()] = self.body(Scope::Flow(id), &flow.body).ok().map(Rc::new);
            }
        }
    }

    fn ceilings(&self) -> Option<Ceilings> {
        let flows = self.flows.iter().map(|flow| flow.as_ref().map(|flow| flow.any()));
        let steps = self.steps.iter().map(|step| step.as_ref().map(|step| step.ceiling()));
        Some(Ceilings {
            flows: flows.collect::<Option<Vec<Resources>>>()?,
            steps: steps.collect::<Option<Vec<StepCeiling>>>()?,
            embeddings: self.embeddings.iter().cloned().collect::<Option<Vec<_>>>()?,
        })
    }

    fn body(&mut self, scope: Scope, body: &'p Body) -> Result<Bounded<'p>, Unbounded> {
        body::bound(self, scope, body)
    }

    fn node(&mut self, scope: Scope, node: &'p Node) -> Result<Bounded<'p>, Unbounded> {
        match &node.kind {
            NodeKind::Value(_) | NodeKind::Assign(..) => Ok(Bounded::nothing()),
            NodeKind::Step(id, _) => self.step(*id).map(|step| Bounded::falls(step.total, What::Step(*id, step))),
            NodeKind::Embedding(id, _) => self.embedding(*id),
            NodeKind::Tool(id, _) => self.tool(*id).map(|tool| Bounded::falls(tool.total, What::Tool(*id, tool))),
            NodeKind::Flow { flow, within, .. } => self.flow(*flow).map(|callee| call::bound(*flow, callee, within)),
            NodeKind::Choose(arms) => choose::bound(self, scope, arms),
            NodeKind::Each { most, parallel, body, .. } => each::bound(self, scope, node, (*most, *parallel), body),
            NodeKind::Loop { most, body } => rounds::bound(self, scope, node, *most, body),
            NodeKind::Attempt { body, handler } => attempt::bound(self, scope, node, body, handler),
            NodeKind::Signal(leave) => Ok(signal(leave)),
        }
    }

    fn step(&self, id: StepId) -> Result<Rc<StepBound<'p>>, Unbounded> {
        self.steps.get(id.index()).and_then(Clone::clone).ok_or(Unbounded)
    }

    fn tool(&self, id: ToolId) -> Result<Rc<ToolBound<'p>>, Unbounded> {
        self.tools.get(id.index()).and_then(Clone::clone).ok_or(Unbounded)
    }

    fn flow(&self, id: FlowId) -> Result<Rc<Bounded<'p>>, Unbounded> {
        self.flows.get(id.index()).and_then(Clone::clone).ok_or(Unbounded)
    }

    fn embedding(&self, id: EmbeddingId) -> Result<Bounded<'p>, Unbounded> {
        let ceiling = self.embeddings.get(id.index()).and_then(Option::as_ref).ok_or(Unbounded)?;
        Ok(Bounded::falls(ceiling.total, What::Embedding(id)))
    }

    /// The judgement of one answer.
    fn accept(&mut self, id: StepId) -> Result<Option<Rc<Bounded<'p>>>, Unbounded> {
        let accept = self.program.steps.get(id.index()).and_then(|step| step.accept.as_ref());
        accept.map(|accept| self.body(Scope::Step(id), accept).map(Rc::new)).transpose()
    }

    /// The largest first request of a step to each of its models; counted once.
    fn first_requests(&mut self, id: StepId, step: &Step) -> Result<Rc<[(ModelId, u64)]>, Unbounded> {
        if let Some(known) = self.requests.get(id.index()).and_then(Clone::clone) {
            return Ok(known);
        }
        let sized = prompt::models(self.program, step).into_iter().map(|model| {
            let facts = self.program.models.get(model.index())?;
            Some((model, prompt::first_request(self.program, step, facts)?))
        });
        let Some(sized) = sized.collect::<Option<Rc<[_]>>>() else {
            return Err(self.no_bound(&step.place, &format!("a request of `{}`", step.name)));
        };
        if let Some(slot) = self.requests.get_mut(id.index()) {
            *slot = Some(Rc::clone(&sized));
        }
        Ok(sized)
    }

    /// The rounds of a loop, where a change under trial sets them.
    fn rounds(&self, _scope: Scope, _slot: Slot) -> Option<u64> {
        None
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Reports something without which no run can succeed, though it is bounded.
    fn invalid(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Reports that a number does not fit.
    fn no_bound(&mut self, place: &Place, what: &str) -> Unbounded {
        let message = format!("{what} has no finite bound: what it can take is more than can be counted");
        let told = Diagnostic::error(code::bound::E0202, place.span, message).label("more than can be counted");
        self.report(told.help("lower the caps on it: turns, tools, list lengths, sizes"));
        Unbounded
    }
}

/// A signal takes nothing and leaves.
fn signal<'p>(leave: &Leave) -> Bounded<'p> {
    let mut exits = Exits::NONE;
    let exit = match leave {
        Leave::Break => Exit::Breaks,
        Leave::Skip => Exit::Skips,
        Leave::Return(_) => Exit::Returns,
        Leave::Escalate { .. } => Exit::Escalates,
    };
    exits.add(exit, Resources::ZERO);
    Bounded { exits, what: What::Nothing }
}
