//! Bodies: nodes that start when what they need has finished.

use std::collections::{HashMap, VecDeque};

use flow_compiler::program::{Arm, Body, Expr, Leave, Node, NodeKind, Slot};

use super::control::{AttemptJob, EachJob, FlowJob, LoopJob};
use super::core::Core;
use super::embedding::EmbeddingJob;
use super::frame::{At, Job, Left, Next, Outcome};
use super::person::PersonJob;
use super::step::StepJob;
use super::tool::{AskedBy, ToolJob};
use super::variables::VariablesId;
use crate::failure::Failure;
use crate::value::{Value, shown, to_json};

/// A body that runs.
pub(super) struct BodyJob<'p> {
    body: &'p Body,
    around: VariablesId,
    /// What a pattern or an element names: bound before the nodes start.
    given: Vec<(Slot, Value)>,
    variables: Option<VariablesId>,
    /// INVARIANT: `needs[i]` counts what node i needs that has not finished, so a node starts exactly once.
    needs: Vec<usize>,
    needed_by: Vec<Vec<usize>>,
    running: usize,
    /// Why it will be left when what is under way has ended.
    leaving: Option<Outcome>,
    /// Whether its named values are what the run has made.
    shows: bool,
}

/// What a node does when it is its turn.
enum Launch {
    Done(Outcome),
    Running,
}

impl<'p> BodyJob<'p> {
    /// A body that sees the variables around it.
    pub(super) fn new(body: &'p Body, around: VariablesId) -> BodyJob<'p> {
        BodyJob {
            body,
            around,
            given: Vec::new(),
            variables: None,
            needs: Vec::new(),
            needed_by: Vec::new(),
            running: 0,
            leaving: None,
            shows: false,
        }
    }

    /// The same, with values given to it.
    pub(super) fn given(mut self, values: impl IntoIterator<Item = (Slot, Value)>) -> BodyJob<'p> {
        self.given.extend(values);
        self
    }

    /// The same, whose named values are what the run has made.
    pub(super) fn shown(mut self) -> BodyJob<'p> {
        self.shows = true;
        self
    }

    pub(super) fn start(&mut self, at: &At, core: &mut Core<'p>) -> Next {
        self.variables = Some(core.variables.open(Some(self.around), self.given.drain(..)));
        let nodes = &self.body.nodes;
        let index: HashMap<Slot, usize> = nodes.iter().enumerate().map(|(at, node)| (node.slot, at)).collect();
        self.needs = vec![0; nodes.len()];
        self.needed_by = vec![Vec::new(); nodes.len()];
        for (at, node) in nodes.iter().enumerate() {
            let mut needs: Vec<usize> = node.needs.iter().filter_map(|slot| index.get(slot).copied()).collect();
            needs.sort_unstable();
            needs.dedup();
            self.needs[at] = needs.len();
            needs.into_iter().for_each(|need| self.needed_by[need].push(at));
        }
        let ready = (0..nodes.len()).filter(|at| self.needs[*at] == 0).collect();
        self.go_on(at, core, ready)
    }

    pub(super) fn child(&mut self, at: &At, core: &mut Core<'p>, key: u64, outcome: Outcome) -> Next {
        self.running -= 1;
        let mut ready = VecDeque::new();
        self.finished(core, usize::try_from(key).unwrap_or(usize::MAX), outcome, &mut ready);
        self.go_on(at, core, ready)
    }

    /// Starts what is ready. Where the body is being left nothing starts any more.
    fn go_on(&mut self, at: &At, core: &mut Core<'p>, mut ready: VecDeque<usize>) -> Next {
        while self.leaving.is_none()
            && let Some(next) = ready.pop_front()
        {
            match self.launch(at, core, next) {
                Launch::Done(outcome) => self.finished(core, next, outcome, &mut ready),
                Launch::Running => self.running += 1,
            }
        }
        if self.running > 0 { Next::Waiting } else { self.end(core) }
    }

    fn finished(&mut self, core: &mut Core<'p>, index: usize, outcome: Outcome, ready: &mut VecDeque<usize>) {
        let Outcome::Value(value) = outcome else {
            outcome.leaves(&mut self.leaving);
            return;
        };
        let (Some(node), Some(variables)) = (self.body.nodes.get(index), self.variables) else { return };
        core.variables.set(variables, node.slot, value);
        for next in std::mem::take(&mut self.needed_by[index]) {
            self.needs[next] -= 1;
            if self.needs[next] == 0 {
                ready.push_back(next);
            }
        }
    }

    fn end(&mut self, core: &mut Core<'p>) -> Next {
        let Some(variables) = self.variables else { return Next::broken("a body ended before it began") };
        if self.shows {
            let named = self.body.nodes.iter().filter_map(|node| Some((node.name.as_ref()?, node.slot)));
            let made = named.filter_map(|(name, slot)| {
                Some((name.clone(), to_json(core.variables.get(variables, slot)?, &core.types)))
            });
            core.made = made.collect();
        }
        let outcome = match self.leaving.take() {
            Some(outcome) => outcome,
            None => core.value(variables, &self.body.value).map_or_else(Outcome::Failed, Outcome::Value),
        };
        core.variables.close(variables);
        Next::Done(outcome)
    }

    fn launch(&self, at: &At, core: &mut Core<'p>, index: usize) -> Launch {
        let (Some(node), Some(variables)) = (self.body.nodes.get(index), self.variables) else {
            return Launch::Done(Outcome::Failed(Failure::broken("a node is not there")));
        };
        match prepare(node, variables, core) {
            Ok(Prepared::Value(value)) => Launch::Done(Outcome::Value(value)),
            Ok(Prepared::Left(left)) => Launch::Done(Outcome::Left(left)),
            Ok(Prepared::Job(name, job)) => {
                core.child(at, index as u64, &name, job);
                Launch::Running
            }
            Ok(Prepared::Scoped(name, job, limits)) => {
                let scope = core.open_scope(at.scope, limits);
                core.child(&At { scope, ..at.clone() }, index as u64, &name, job);
                Launch::Running
            }
            Err(failure) => Launch::Done(Outcome::Failed(failure)),
        }
    }
}

/// A node whose expressions are evaluated.
enum Prepared<'p> {
    Value(Value),
    Left(Left),
    Job(String, Job<'p>),
    /// A job with limits of its own.
    Scoped(String, Job<'p>, &'p [flow_compiler::program::Limit]),
}

fn prepare<'p>(node: &'p Node, variables: VariablesId, core: &mut Core<'p>) -> Result<Prepared<'p>, Failure> {
    let program = core.program();
    let missing = || Failure::broken("the plan names something that it does not have");
    match &node.kind {
        NodeKind::Value(expr) => core.value(variables, expr).map(Prepared::Value),
        NodeKind::Assign(slot, expr) => {
            let value = core.value(variables, expr)?;
            let known = core.variables.assign(variables, *slot, value);
            if known { Ok(Prepared::Value(Value::Null)) } else { Err(missing()) }
        }
        NodeKind::Signal(leave) => leaving(leave, variables, core).map(Prepared::Left),
        NodeKind::Step(id, args) => {
            let step = program.steps.get(id.index()).ok_or_else(missing)?;
            let args = core.arguments(variables, &step.params, args)?;
            let job = StepJob::new(core, *id, args).ok_or_else(missing)?;
            Ok(Prepared::Job(step.name.clone(), Job::Step(Box::new(job))))
        }
        NodeKind::Embedding(id, text) => {
            let embedding = program.embeddings.get(id.index()).ok_or_else(missing)?;
            let text = shown(&core.value(variables, text)?, &core.types);
            let job = EmbeddingJob::new(core, *id, text).ok_or_else(missing)?;
            Ok(Prepared::Job(embedding.name.clone(), Job::Embedding(job)))
        }
        NodeKind::Tool(id, args) => {
            let tool = program.tools.get(id.index()).ok_or_else(missing)?;
            let args = core.arguments(variables, &tool.params, args)?;
            let job = ToolJob::new(*id, tool, args, AskedBy::Flow);
            Ok(Prepared::Job(tool.name.clone(), Job::Tool(Box::new(job))))
        }
        NodeKind::Flow { flow, args, within } => {
            let flow = program.flows.get(flow.index()).ok_or_else(missing)?;
            let args = core.arguments(variables, &flow.params, args)?;
            let job = Job::Flow(FlowJob::new(flow, args));
            let name = flow.name.clone();
            Ok(if within.is_empty() { Prepared::Job(name, job) } else { Prepared::Scoped(name, job, within) })
        }
        NodeKind::Ask(ask) => Ok(Prepared::Job(ask.role.clone(), Job::Person(PersonJob::new(ask, variables)))),
        NodeKind::Choose(arms) => choose(arms, variables, core),
        NodeKind::Each { list, element, most, parallel, body } => {
            let items = items(list, *most, variables, core)?;
            let job = EachJob::new(body, variables, *element, items, *parallel);
            Ok(Prepared::Job("each".into(), Job::Each(job)))
        }
        NodeKind::Loop { most, body } => {
            Ok(Prepared::Job("loop".into(), Job::Loop(LoopJob::new(body, variables, *most))))
        }
        NodeKind::Attempt { body, handler } => {
            Ok(Prepared::Job(String::new(), Job::Attempt(AttemptJob::new(body, handler, variables))))
        }
    }
}

/// The first arm whose condition holds; without one, `null`.
fn choose<'p>(arms: &'p [Arm], variables: VariablesId, core: &mut Core<'p>) -> Result<Prepared<'p>, Failure> {
    for arm in arms {
        let holds = arm.when.as_ref().map_or(Ok(true), |when| core.truth(variables, when))?;
        if holds {
            let body = binds(arm, variables, core)?;
            return Ok(Prepared::Job(String::new(), Job::Body(body)));
        }
    }
    Ok(Prepared::Value(Value::Null))
}

/// The body of an arm with what its pattern names. A name may be of a value named before it.
fn binds<'p>(arm: &'p Arm, variables: VariablesId, core: &mut Core<'p>) -> Result<BodyJob<'p>, Failure> {
    let level = core.variables.open(Some(variables), []);
    let mut values = Vec::with_capacity(arm.binds.len());
    for (slot, expr) in &arm.binds {
        let value = core.value(level, expr)?;
        core.variables.set(level, *slot, value.clone());
        values.push((*slot, value));
    }
    core.variables.close(level);
    Ok(BodyJob::new(&arm.body, variables).given(values))
}

fn items(list: &Expr, most: u64, variables: VariablesId, core: &Core<'_>) -> Result<Vec<Value>, Failure> {
    let items = core.list(variables, list)?.to_vec();
    if items.len() as u64 > most {
        return Err(Failure::broken(format!("a list of at most {most} has {} elements", items.len())));
    }
    Ok(items)
}

fn leaving(leave: &Leave, variables: VariablesId, core: &Core<'_>) -> Result<Left, Failure> {
    Ok(match leave {
        Leave::Break => Left::Break,
        Leave::Skip => Left::Skip,
        Leave::Return(expr) => Left::Return(core.value(variables, expr)?),
        Leave::Escalate { reason, to } => {
            let reason = shown(&core.value(variables, reason)?, &core.types);
            Left::Escalate { reason, detail: None, to: to.clone() }
        }
    })
}
