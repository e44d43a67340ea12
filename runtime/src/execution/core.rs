//! What all frames share: the program, the variables, what tools were called with, and the numbers that are given out.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use flow_compiler::catalogue::ModelFacts;
use flow_compiler::plan::Plan;
use flow_compiler::program::{CeilingId, Expr, Param, Program, Reason, Signal, Slot, Ty, Types};
use serde_json::Map;

use super::Caller;
use super::action::{Action, Asked, End, Sending, Status, Waiting};
use super::address::Address;
use super::event::{Attempt, Timer};
use super::frame::{At, Frame, FrameId, Job, Left, Outcome, Parent};
use super::tool::Memory;
use super::variables::{Variables, VariablesId};
use crate::budget::guard::ScopeId;
use crate::eval::{Evaluator, Surroundings};
use crate::failure::{Ending, Failure};
use crate::value::{Sizer, Value, fits, to_json};

/// What is to be worked on inside the execution, before anything is done outside.
pub(super) enum Work {
    Start(FrameId),
    /// The event at hand is for this frame.
    Event(FrameId),
    Child {
        frame: FrameId,
        key: u64,
        outcome: Outcome,
    },
}

pub(super) struct Core<'p> {
    pub(super) plan: &'p Plan,
    pub(super) models: Vec<Arc<ModelFacts>>,
    pub(super) types: Arc<Types>,
    pub(super) sizer: Sizer,
    pub(super) variables: Variables,
    pub(super) memory: Memory,
    /// Who waits for which attempt.
    pub(super) waiting: BTreeMap<Attempt, FrameId>,
    /// Who waits for which timer.
    pub(super) timers: BTreeMap<Timer, FrameId>,
    pub(super) work: VecDeque<Work>,
    pub(super) born: Vec<(FrameId, Frame<'p>)>,
    pub(super) actions: Vec<Action>,
    /// What is known about the caller of the run, by name.
    pub(super) caller: Caller,
    /// What the flow of the run has made, by name.
    pub(super) made: Map<String, serde_json::Value>,
    frames: FrameId,
    attempts: Attempt,
    timers_made: Timer,
    scopes: ScopeId,
}

impl<'p> Core<'p> {
    pub(super) fn new(plan: &'p Plan) -> Core<'p> {
        Core {
            plan,
            models: plan.program.models.iter().cloned().map(Arc::new).collect(),
            types: Arc::new(plan.program.types.clone()),
            sizer: Sizer::of(&plan.program),
            variables: Variables::default(),
            memory: Memory::default(),
            waiting: BTreeMap::new(),
            timers: BTreeMap::new(),
            work: VecDeque::new(),
            born: Vec::new(),
            actions: Vec::new(),
            caller: Caller::new(),
            made: Map::new(),
            frames: 0,
            attempts: 0,
            timers_made: 0,
            scopes: 0,
        }
    }

    pub(super) fn program(&self) -> &'p Program {
        &self.plan.program
    }

    /// Makes a frame. It starts when the work at hand is done, except for the first one of the run.
    pub(super) fn spawn(
        &mut self,
        parent: Parent,
        path: Arc<str>,
        scope: ScopeId,
        judging: bool,
        job: Job<'p>,
    ) -> FrameId {
        self.frame(
            parent,
            At { id: self.frames, scope, path, address: Address::default(), under: Arc::from([]), judging },
            job,
        )
    }

    fn frame(&mut self, parent: Parent, at: At, job: Job<'p>) -> FrameId {
        let id = at.id;
        self.frames += 1;
        self.born.push((id, Frame { parent, at, job }));
        if matches!(parent, Parent::Frame { .. }) {
            self.work.push_back(Work::Start(id));
        }
        id
    }

    /// Makes a child of a frame. `name` is its part of the path; empty for a construct that has none.
    pub(super) fn child(&mut self, at: &At, key: u64, name: &str, job: Job<'p>) {
        let path = if name.is_empty() { Arc::clone(&at.path) } else { Arc::from(format!("{}/{name}", at.path)) };
        let inside = At { id: self.frames, path, address: at.address.inside(key), ..at.clone() };
        self.frame(Parent::Frame { id: at.id, key }, inside, job);
    }

    /// Makes a scope with limits of its own.
    pub(super) fn open_scope(&mut self, parent: ScopeId, limits: &[flow_compiler::program::Limit]) -> ScopeId {
        self.scopes += 1;
        self.actions.push(Action::Open { scope: self.scopes, parent, limits: limits.to_vec() });
        self.scopes
    }

    /// The number of the next attempt, which a frame waits for.
    pub(super) fn attempt(&mut self, at: &At) -> Attempt {
        self.attempts += 1;
        self.waiting.insert(self.attempts, at.id);
        self.attempts
    }

    /// Looks at ceilings, before a ladder is chosen by them.
    pub(super) fn look(&mut self, at: &At, ceilings: Vec<CeilingId>) {
        let attempt = self.attempt(at);
        self.actions.push(Action::Look { attempt, ceilings });
    }

    /// Waits before a request is sent again.
    pub(super) fn wait(&mut self, at: &At, retry: u64, least: Duration) {
        self.timers_made += 1;
        self.timers.insert(self.timers_made, at.id);
        self.actions.push(Action::Wait { timer: self.timers_made, scope: at.scope, retry, least });
    }

    pub(super) fn act(&mut self, action: impl FnOnce(Box<Sending>) -> Action, sending: Sending) {
        self.actions.push(action(Box::new(sending)));
    }

    pub(super) fn value(&self, variables: VariablesId, expr: &Expr) -> Result<Value, Failure> {
        self.evaluating(&Seeing { core: self, variables, request: None }, |on| on.value(expr))
    }

    pub(super) fn list(&self, variables: VariablesId, expr: &Expr) -> Result<Arc<[Value]>, Failure> {
        self.evaluating(&Seeing { core: self, variables, request: None }, |on| on.list(expr))
    }

    pub(super) fn truth(&self, variables: VariablesId, expr: &Expr) -> Result<bool, Failure> {
        self.evaluating(&Seeing { core: self, variables, request: None }, |on| on.truth(expr))
    }

    pub(super) fn evaluating<T>(&self, surroundings: &Seeing<'_, 'p>, with: impl FnOnce(&Evaluator<'_>) -> T) -> T {
        with(&Evaluator { types: &self.types, sizer: &self.sizer, surroundings })
    }

    /// Arguments by slot, each checked against the type of its parameter.
    pub(super) fn arguments(
        &self,
        variables: VariablesId,
        params: &[Param],
        args: &[Expr],
    ) -> Result<Vec<(Slot, Value)>, Failure> {
        let bind = |(param, arg): (&Param, &Expr)| {
            let value = self.value(variables, arg)?;
            Ok((param.slot, self.fit(value, &param.ty, &param.name)?))
        };
        params.iter().zip(args).map(bind).collect()
    }

    /// A value that has the size of its type, or the failure `TooLong`.
    pub(super) fn fit(&self, value: Value, ty: &Ty, name: &str) -> Result<Value, Failure> {
        match fits(&value, ty, &self.types, &self.sizer) {
            None => Ok(value),
            Some(problem) => Err(Failure::new(Reason::TooLong, format!("`{name}` {problem}"))),
        }
    }

    /// What follows where a ceiling over many runs is in the way and nobody answers instead.
    pub(super) fn over(&self, ceiling: CeilingId, detail: &str) -> Outcome {
        let escalates = self.program().ceilings.get(ceiling.index()).and_then(|ceiling| ceiling.escalate.clone());
        match escalates {
            // INVARIANT I-30: handing over to a person costs nothing, so it can be afforded where nothing else can.
            Some((reason, to)) => Outcome::Left(Left::Escalate { reason, detail: Some(detail.to_owned()), to }),
            // INVARIANT I-8: a limit is no fault of a provider: nothing is tried again, and no `else` hides it.
            None => Outcome::Failed(Failure::refused(true, detail)),
        }
    }

    /// The end of a run that must not go on.
    pub(super) fn halted(&self, detail: &str) -> End {
        End {
            status: Status::Failed,
            result: None,
            reason: Some(Reason::Unknown.name().to_owned()),
            detail: Some(detail.to_owned()),
            to: None,
            partial: self.partial(),
        }
    }

    /// What is shown of a run that rests before its end.
    pub(super) fn resting(&self, status: Status, detail: Option<String>) -> End {
        End { status, result: None, reason: None, detail, to: None, partial: self.partial() }
    }

    /// Waits for a person.
    pub(super) fn ask_person(&mut self, at: &At, role: &str, within_ms: u64, asked: Asked) {
        let waiting = Waiting {
            attempt: self.attempt(at),
            scope: at.scope,
            path: Arc::clone(&at.path),
            address: at.address.clone(),
            role: role.to_owned(),
            within_ms,
            asked,
        };
        self.actions.push(Action::Await(Box::new(waiting)));
    }

    /// The end of a run whose flow has ended.
    pub(super) fn end(&self, outcome: Outcome) -> End {
        let end = |status, reason: String, detail: Option<String>| End {
            status,
            result: None,
            reason: Some(reason),
            detail,
            to: None,
            partial: self.partial(),
        };
        match outcome {
            Outcome::Value(value) => End {
                status: Status::Done,
                result: Some(to_json(&value, &self.types)),
                reason: None,
                detail: None,
                to: None,
                partial: None,
            },
            Outcome::Failed(failure) => match failure.ending {
                Ending::Failed => end(Status::Failed, failure.reason.name().to_owned(), Some(failure.detail)),
                Ending::Exceeded | Ending::Refused => {
                    end(Status::Refused, failure.reason.name().to_owned(), Some(failure.detail))
                }
                Ending::Escalated => end(Status::Escalated, failure.detail, None),
            },
            Outcome::Left(Left::Escalate { reason, detail, to }) => {
                End { to, ..end(Status::Escalated, reason, detail) }
            }
            Outcome::Left(Left::Break | Left::Skip | Left::Return(_)) => {
                end(Status::Failed, Reason::Unknown.name().to_owned(), Some("a body was left that is none".into()))
            }
        }
    }

    fn partial(&self) -> Option<Map<String, serde_json::Value>> {
        (!self.made.is_empty()).then(|| self.made.clone())
    }
}

/// What an expression of a frame can see.
pub(super) struct Seeing<'a, 'p> {
    pub(super) core: &'a Core<'p>,
    pub(super) variables: VariablesId,
    /// In a ladder.
    pub(super) request: Option<Signals<'a>>,
}

/// What is known where a ladder is chosen.
#[derive(Clone, Copy)]
pub(super) struct Signals<'a> {
    /// The size of the request.
    pub(super) context: u64,
    /// The cap on its output.
    pub(super) output: u64,
    /// How much of ceilings is spent, in hundredths.
    pub(super) spent: &'a [(CeilingId, u8)],
}

impl Surroundings for Seeing<'_, '_> {
    fn slot(&self, slot: Slot) -> Option<Value> {
        self.core.variables.get(self.variables, slot).cloned()
    }

    fn seen(&self, value: &Value, parameter: Option<Slot>) -> bool {
        self.core.variables.tool(self.variables).is_some_and(|tool| self.core.memory.has_seen(tool, parameter, value))
    }

    fn caller(&self, fact: &str) -> Option<String> {
        self.core.caller.get(fact).cloned()
    }

    fn signal(&self, signal: Signal) -> Option<u64> {
        let known = self.request?;
        let spent = |of: CeilingId| known.spent.iter().find(|(id, _)| *id == of).map(|(_, spent)| u64::from(*spent));
        match signal {
            Signal::Context => Some(known.context),
            Signal::Output => Some(known.output),
            Signal::Spent(of) => spent(of),
            Signal::Left(of) => spent(of).map(|spent| 100_u64.saturating_sub(spent)),
            Signal::Failing(_) | Signal::Latency(_) => None,
        }
    }
}
