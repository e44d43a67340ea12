//! The most that a program can take, whatever models, tools, people and networks do. In: a checked program. Out: the ceilings
//! that the runtime enforces, and a [`Report`] that says where they come from.
//!
//! One rule for each construct, one file for each rule. Every number is a whole number, every sum is checked: what does not fit
//! is an error at its construct and never a number.

mod advice;
mod assume;
mod attempt;
mod body;
mod call;
mod cases;
mod choose;
mod each;
mod edit;
mod embedding;
mod evaluation;
mod exits;
mod full;
mod joined;
mod ladder;
mod like;
mod meeting;
mod order;
mod origins;
mod outline;
mod over;
mod passed;
mod prompt;
mod report;
mod rounds;
mod script;
mod share;
mod sized;
mod step;
mod summary;
mod table;
mod tool;
mod tree;
mod turns;
mod walk;
mod witness;

use std::collections::HashSet;
use std::rc::Rc;

use crate::cost::Resources;
use crate::diagnostic::{Checked, Diagnostic, code};
use crate::mutant::{Mutant, rule};
use crate::plan::{Ceilings, EmbeddingCeiling, StepCeiling};
use crate::program::{
    Body, EmbeddingId, FlowId, Leave, ModelId, Node, NodeKind, Place, Program, Slot, Step, StepId, ToolId,
};
use crate::source::Sources;
use crate::syntax::File;
use advice::{Change, Target};
use cases::{Surveys, Until, ValueId};
pub use evaluation::EvalReport;
use exits::{Exit, Exits};
use order::{Order, Unit};
pub use outline::{Outline, outline};
pub use over::written;
use prompt::Base;
pub use prompt::largest_part;
pub use report::{
    Advice, Assumption, Attempts, Cap, Choice, Ends, FlowReport, Happens, Report, Share, Verdict, Witness,
};
pub use script::{AttemptMove, Course, Does, Move, Script, StepMove, ToolMove, scripts};
pub use sized::{Form, Size, SizeError, for_input, forms, sized, sizes, with_sizes};
use step::StepBound;
pub use step::{MOST_REPAIRS, MOST_TURNS};
use tree::{Bounded, ToolBound, What};
pub(crate) use turns::longest_answer;
pub use turns::{DENIED, NOTE, REPAIR_NOTE_TOKENS};

/// What is proved of a program.
#[derive(Clone, Debug, Default)]
pub struct Bounds {
    /// What the runtime enforces; absent where something has no finite bound.
    pub ceilings: Option<Ceilings>,
    /// Where it comes from.
    pub report: Report,
}

/// Bounds a program. The texts that it was made from show where a cap is written, so that a fix can be applied.
#[must_use]
pub fn bound(program: &Program, files: &[File], sources: &Sources) -> Checked<Bounds> {
    let mut bounder = Bounder::new(program);
    bounder.run();
    let report = summary::report(&bounder);
    let texts = edit::Texts { files, sources };
    let bounded = report.flows.iter().zip(&bounder.flows);
    let over = bounded.filter_map(|(report, flow)| flow.as_ref().map(|flow| over::over(&bounder, texts, report, flow)));
    let over: Vec<Diagnostic> = over.flatten().collect();
    let ceilings = bounder.ceilings();
    let mut diagnostics = bounder.diagnostics;
    diagnostics.extend(over);
    Checked { value: Bounds { ceilings, report }, diagnostics }
}

/// What each flow of a program takes at most, and nothing else; `None` where it has no finite bound. For trying changes out.
#[must_use]
pub fn totals(program: &Program) -> Vec<Option<Resources>> {
    let mut bounder = Bounder::new(program);
    bounder.run();
    bounder.flows.iter().map(|flow| flow.as_ref().map(|flow| flow.any())).collect()
}

/// It has no finite bound. The reason was reported where it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Unbounded;

/// The first request of a step, for each of its models.
type Bases = Rc<[(ModelId, Base)]>;

/// What a body belongs to; slots are unique within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Scope {
    Flow(FlowId),
    Step(StepId),
    Tool(ToolId),
}

/// Every bound that is known so far.
struct Bounder<'p> {
    program: &'p Program,
    order: Rc<Order>,
    surveys: Rc<Surveys>,
    steps: Vec<Option<Rc<StepBound<'p>>>>,
    embeddings: Vec<Option<EmbeddingCeiling>>,
    tools: Vec<Option<Rc<ToolBound<'p>>>>,
    flows: Vec<Option<Rc<Bounded<'p>>>>,
    bases: Vec<Option<Bases>>,
    /// The units, and embeddings, of which no run can succeed though it is bounded.
    invalid: HashSet<Unit>,
    invalid_embeddings: HashSet<EmbeddingId>,
    /// Values that are too many to be told apart: each of their choices counts at its dearest.
    dropped: HashSet<(Scope, ValueId)>,
    /// A step with a lower cap, and a loop with fewer rounds, while a change is tried.
    changed_step: Option<(StepId, Rc<Step>)>,
    changed_loop: Option<(FlowId, Slot, u64)>,
    diagnostics: Vec<Diagnostic>,
}

impl<'p> Bounder<'p> {
    fn new(program: &'p Program) -> Self {
        let order = Rc::new(order::callees_first(program));
        Bounder {
            program,
            surveys: Rc::new(Surveys::of(program, &order)),
            order,
            steps: vec![None; program.steps.len()],
            embeddings: vec![None; program.embeddings.len()],
            tools: vec![None; program.tools.len()],
            flows: vec![None; program.flows.len()],
            bases: vec![None; program.steps.len()],
            invalid: HashSet::new(),
            invalid_embeddings: HashSet::new(),
            dropped: HashSet::new(),
            changed_step: None,
            changed_loop: None,
            diagnostics: Vec::new(),
        }
    }

    /// What a flow takes with a change. Only what the change touches is bounded again; `None` where it then has no bound, or
    /// no run of it can succeed.
    fn with(&self, change: &Change, flow: FlowId) -> Option<Resources> {
        let mut trial = Bounder {
            program: self.program,
            order: Rc::clone(&self.order),
            surveys: Rc::clone(&self.surveys),
            steps: self.steps.clone(),
            embeddings: self.embeddings.clone(),
            tools: self.tools.clone(),
            flows: self.flows.clone(),
            bases: self.bases.clone(),
            invalid: HashSet::new(),
            invalid_embeddings: HashSet::new(),
            dropped: HashSet::new(),
            changed_step: None,
            changed_loop: None,
            diagnostics: Vec::new(),
        };
        match change.target {
            Target::Step(id) => {
                let step = change.apply(self.program.steps.get(id.index())?);
                trial.changed_step = Some((id, Rc::new(step)));
            }
            Target::Loop(id, slot) => trial.changed_loop = Some((id, slot, change.value)),
        }
        let mut touched = HashSet::from([change.unit()]);
        for (unit, calls) in self.order.units.iter().zip(&self.order.calls) {
            if touched.contains(unit) || calls.iter().any(|callee| touched.contains(callee)) {
                touched.insert(*unit);
                trial.unit(*unit);
            }
            if *unit == Unit::Flow(flow) {
                break;
            }
        }
        let bounded = trial.flows.get(flow.index())?.as_ref()?;
        trial.diagnostics.is_empty().then(|| bounded.any())
    }

    fn run(&mut self) {
        let program = self.program;
        for (index, embedding) in program.embeddings.iter().enumerate() {
            let id = EmbeddingId(u32::try_from(index).unwrap_or(u32::MAX));
            self.embeddings[index] = embedding::bound(self, id, embedding);
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
                let changed = self.changed_step.clone().filter(|(changed, _)| *changed == id);
                let step = changed.as_ref().map_or(step, |(_, step)| step);
                let bound = step::bound(self, id, step).ok().map(Rc::new);
                self.steps[id.index()] = bound;
            }
            Unit::Tool(id) => {
                let Some(tool) = program.tools.get(id.index()) else { return };
                self.tools[id.index()] = tool::bound(self, id, tool).ok().map(Rc::new);
            }
            Unit::Flow(id) => {
                let Some(flow) = program.flows.get(id.index()) else { return };
                let bounded = self.body(Scope::Flow(id), &flow.body).ok();
                self.flows[id.index()] = bounded.map(|of| Rc::new(self.known_to_callers(Scope::Flow(id), of)));
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
        let bounded = self.construct(scope, node)?;
        let survey = Rc::clone(self.surveys.get(scope));
        Ok(bounded.folded(|id| survey.value(id).is_none_or(|value| value.until == Until::Node(node.slot))))
    }

    fn construct(&mut self, scope: Scope, node: &'p Node) -> Result<Bounded<'p>, Unbounded> {
        match &node.kind {
            NodeKind::Value(_) | NodeKind::Assign(..) => Ok(Bounded::nothing()),
            NodeKind::Step(id, _) => {
                let step = self.step(*id)?;
                let table =
                    step.table.as_ref().and_then(|table| passed::by_case(self, scope, node, table, &|ends| *ends));
                Ok(Bounded::falls(step.total, What::Step(*id, step)).with(table))
            }
            NodeKind::Embedding(id, _) => self.embedding(*id),
            NodeKind::Tool(id, _) => {
                let tool = self.tool(*id)?;
                let table =
                    tool.table.as_ref().and_then(|table| passed::by_case(self, scope, node, table, &|ends| *ends));
                Ok(Bounded::falls(tool.total, What::Tool(*id, tool)).with(table))
            }
            NodeKind::Flow { flow, within, .. } => {
                let callee = self.flow(*flow)?;
                Ok(call::bound(self, scope, node, *flow, callee, within))
            }
            NodeKind::Choose(arms) => choose::bound(self, scope, node, arms),
            NodeKind::Each { most, parallel, body, .. } => each::bound(self, scope, node, (*most, *parallel), body),
            NodeKind::Loop { most, body } => rounds::bound(self, scope, node, *most, body),
            NodeKind::Attempt { body, handler } => attempt::bound(self, scope, node, body, handler),
            NodeKind::Ask(ask) => {
                let time_ms = rule(Mutant::PersonIsInstant, ask.within_ms, || 0);
                Ok(Bounded::falls(Resources { time_ms, ..Resources::ZERO }, What::Ask(&ask.role)))
            }
            NodeKind::Signal(leave) => Ok(signal(leave)),
        }
    }

    /// What a unit takes, by the cases of its parameters that some caller knows about.
    fn known_to_callers(&self, scope: Scope, bounded: Bounded<'p>) -> Bounded<'p> {
        let survey = self.surveys.get(scope);
        bounded.folded(|id| survey.value(id).is_none_or(|value| value.until != Until::Caller))
    }

    /// Notes that a value is not told apart everywhere.
    fn drop_value(&mut self, scope: Scope, value: ValueId) {
        self.dropped.insert((scope, value));
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
    fn bases(&mut self, id: StepId, step: &Step) -> Result<Bases, Unbounded> {
        if let Some(known) = self.bases.get(id.index()).and_then(Clone::clone) {
            return Ok(known);
        }
        let sized = prompt::models(self.program, step).into_iter().map(|model| {
            let facts = self.program.models.get(model.index())?;
            Some((model, prompt::base(self.program, step, facts)?))
        });
        let Some(sized) = sized.collect::<Option<Rc<[_]>>>() else {
            return Err(self.no_bound(&step.place, &format!("a request of `{}`", step.name)));
        };
        if let Some(slot) = self.bases.get_mut(id.index()) {
            *slot = Some(Rc::clone(&sized));
        }
        Ok(sized)
    }

    /// The rounds of a loop, where a change under trial sets them.
    fn rounds(&self, scope: Scope, slot: Slot) -> Option<u64> {
        self.changed_loop
            .filter(|(flow, changed, _)| (Scope::Flow(*flow), *changed) == (scope, slot))
            .map(|found| found.2)
    }

    fn report(&mut self, diagnostic: Diagnostic) {
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
    Bounded { exits, table: None, what: What::Nothing }
}

#[cfg(test)]
mod tests;
