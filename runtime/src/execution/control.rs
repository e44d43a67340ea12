//! Control: `each`, `loop`, `else` and calls of flows.

use flow_compiler::program::{Body, Flow, Slot};

use super::body::BodyJob;
use super::core::Core;
use super::frame::{At, Job, Left, Next, Outcome};
use super::variables::VariablesId;
use crate::value::Value;

/// An `each` that runs.
pub(super) struct EachJob<'p> {
    body: &'p Body,
    around: VariablesId,
    element: Slot,
    items: std::vec::IntoIter<Value>,
    parallel: u64,
    started: u64,
    running: u64,
    /// By element; what was skipped stays empty.
    made: Vec<Option<Value>>,
    leaving: Option<Outcome>,
}

impl<'p> EachJob<'p> {
    pub(super) fn new(
        body: &'p Body,
        around: VariablesId,
        element: Slot,
        items: Vec<Value>,
        parallel: u64,
    ) -> EachJob<'p> {
        EachJob {
            body,
            around,
            element,
            made: vec![None; items.len()],
            items: items.into_iter(),
            parallel: parallel.max(1),
            started: 0,
            running: 0,
            leaving: None,
        }
    }

    pub(super) fn start(&mut self, at: &At, core: &mut Core<'p>) -> Next {
        while self.running < self.parallel
            && self.leaving.is_none()
            && let Some(item) = self.items.next()
        {
            let body = BodyJob::new(self.body, self.around).given([(self.element, item)]);
            core.child(at, self.started, "", Job::Body(body));
            self.started += 1;
            self.running += 1;
        }
        if self.running > 0 {
            return Next::Waiting;
        }
        Next::Done(match self.leaving.take() {
            Some(leaving) => leaving,
            None => Outcome::Value(Value::list(self.made.iter_mut().filter_map(Option::take).collect())),
        })
    }

    pub(super) fn child(&mut self, at: &At, core: &mut Core<'p>, key: u64, outcome: Outcome) -> Next {
        self.running -= 1;
        match outcome {
            Outcome::Value(value) => {
                if let Some(made) = usize::try_from(key).ok().and_then(|key| self.made.get_mut(key)) {
                    *made = Some(value);
                }
            }
            Outcome::Left(Left::Skip) => {}
            Outcome::Failed(_) | Outcome::Left(Left::Break | Left::Return(_) | Left::Escalate { .. }) => {
                outcome.leaves(&mut self.leaving);
            }
        }
        self.start(at, core)
    }
}

/// A `loop` that runs.
pub(super) struct LoopJob<'p> {
    body: &'p Body,
    around: VariablesId,
    left: u64,
}

impl<'p> LoopJob<'p> {
    pub(super) fn new(body: &'p Body, around: VariablesId, most: u64) -> LoopJob<'p> {
        LoopJob { body, around, left: most }
    }

    pub(super) fn start(&mut self, at: &At, core: &mut Core<'p>) -> Next {
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                core.child(at, left, "", Job::Body(BodyJob::new(self.body, self.around)));
                Next::Waiting
            }
            None => Next::Done(Outcome::Value(Value::Null)),
        }
    }

    pub(super) fn child(&mut self, at: &At, core: &mut Core<'p>, outcome: Outcome) -> Next {
        match outcome {
            Outcome::Value(_) => self.start(at, core),
            Outcome::Left(Left::Break) => Next::Done(Outcome::Value(Value::Null)),
            Outcome::Failed(_) | Outcome::Left(Left::Skip | Left::Return(_) | Left::Escalate { .. }) => {
                Next::Done(outcome)
            }
        }
    }
}

/// `x else y` that runs.
pub(super) struct AttemptJob<'p> {
    body: &'p Body,
    handler: Option<&'p Body>,
    around: VariablesId,
}

impl<'p> AttemptJob<'p> {
    pub(super) fn new(body: &'p Body, handler: &'p Body, around: VariablesId) -> AttemptJob<'p> {
        AttemptJob { body, handler: Some(handler), around }
    }

    pub(super) fn start(&mut self, at: &At, core: &mut Core<'p>) -> Next {
        core.child(at, 0, "", Job::Body(BodyJob::new(self.body, self.around)));
        Next::Waiting
    }

    pub(super) fn child(&mut self, at: &At, core: &mut Core<'p>, outcome: Outcome) -> Next {
        match (&outcome, self.handler.take()) {
            (Outcome::Failed(failure), Some(handler)) if !failure.ends_the_run() => {
                core.child(at, 1, "", Job::Body(BodyJob::new(handler, self.around)));
                Next::Waiting
            }
            (Outcome::Failed(_) | Outcome::Value(_) | Outcome::Left(_), _) => Next::Done(outcome),
        }
    }
}

/// A flow that was called, or that the run is of.
pub(super) struct FlowJob<'p> {
    flow: &'p Flow,
    args: Vec<(Slot, Value)>,
    variables: Option<VariablesId>,
}

impl<'p> FlowJob<'p> {
    pub(super) fn new(flow: &'p Flow, args: Vec<(Slot, Value)>) -> FlowJob<'p> {
        FlowJob { flow, args, variables: None }
    }

    /// Where its body is: under its own ceilings too.
    fn inside(&self, at: &At) -> At {
        let own = self.flow.under.iter().filter(|own| !at.under.contains(own));
        let under = at.under.iter().chain(own).copied().collect();
        At { under, ..at.clone() }
    }

    pub(super) fn start(&mut self, at: &At, core: &mut Core<'p>) -> Next {
        let variables = core.variables.open(None, self.args.drain(..));
        self.variables = Some(variables);
        let body = BodyJob::new(&self.flow.body, variables);
        let at = &self.inside(at);
        core.child(at, 0, "", Job::Body(if at.id == 0 { body.shown() } else { body }));
        Next::Waiting
    }

    pub(super) fn child(&mut self, core: &mut Core<'p>, outcome: Outcome) -> Next {
        if let Some(variables) = self.variables.take() {
            core.variables.close(variables);
        }
        match outcome {
            Outcome::Value(value) | Outcome::Left(Left::Return(value)) => {
                let fit = core.fit(value, &self.flow.result, &self.flow.name);
                Next::Done(fit.map_or_else(Outcome::Failed, Outcome::Value))
            }
            Outcome::Failed(_) | Outcome::Left(Left::Escalate { .. }) => Next::Done(outcome),
            Outcome::Left(Left::Break | Left::Skip) => Next::broken("a flow was left like a loop"),
        }
    }
}
