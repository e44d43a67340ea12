//! A run as a pure state machine. In: events. Out: actions. It starts nothing, knows no clock and decides everything, so a
//! replay is a fold over the journal.
//!
//! A run is a tree of frames: a body with its nodes, an `each` with its elements, a step with its conversation. A frame that
//! comes to its end hands its outcome to the frame around it.

mod action;
mod address;
mod body;
mod control;
mod core;
mod embedding;
mod event;
mod frame;
mod person;
mod step;
mod tool;
mod variables;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use flow_compiler::plan::Plan;
use flow_compiler::program::{FlowId, Slot};

pub use action::{Action, Asked, Calling, End, Sending, Status, Waiting};
pub use address::Address;
pub use event::{Attempt, Event, Timer};
pub(crate) use step::{ASKS, JUDGE};

use self::core::{Core, Work};
use self::frame::{Frame, FrameId, Job, Next, Outcome, Parent};
use crate::value::Value;

/// What is known about the caller of a run, by name.
pub type Caller = BTreeMap<String, String>;

/// One run of a flow.
pub struct Execution<'p> {
    core: Core<'p>,
    frames: BTreeMap<FrameId, Frame<'p>>,
    root: Option<FrameId>,
    over: bool,
}

impl<'p> Execution<'p> {
    /// A run of a flow on values of its parameters, in their order. It begins with [`Event::Started`].
    #[must_use]
    pub fn new(plan: &'p Plan, flow: FlowId, input: Vec<Value>) -> Execution<'p> {
        let mut core = Core::new(plan);
        let root = plan.program.flows.get(flow.index()).map(|flow| {
            let slots: Vec<(Slot, Value)> = flow.params.iter().map(|param| param.slot).zip(input).collect();
            let job = Job::Flow(control::FlowJob::new(flow, slots));
            core.spawn(Parent::Nobody, Arc::from(flow.name.as_str()), 0, false, job)
        });
        Execution { core, frames: BTreeMap::new(), root, over: false }
    }

    /// The same, for a caller of whom this is known.
    #[must_use]
    pub fn called_by(mut self, caller: Caller) -> Execution<'p> {
        self.core.caller = caller;
        self
    }

    /// Takes in what happened and says what to do. Events of a run that is over, and of attempts that nobody waits for,
    /// change nothing.
    pub fn on(&mut self, event: &Event) -> Vec<Action> {
        if self.over {
            return Vec::new();
        }
        let at = match event {
            Event::Started => self.root.take().map(Work::Start),
            Event::Resumed => None,
            Event::Halted { detail } => {
                self.over = true;
                return vec![Action::End(Box::new(self.core.halted(detail)))];
            }
            Event::Answered { attempt, .. }
            | Event::Embedded { attempt, .. }
            | Event::Faulted { attempt, .. }
            | Event::Returned { attempt, .. }
            | Event::Broken { attempt, .. }
            | Event::Counted { attempt }
            | Event::Over { attempt, .. }
            | Event::Looked { attempt, .. }
            | Event::Refused { attempt, .. }
            | Event::Approved { attempt, .. }
            | Event::Denied { attempt, .. }
            | Event::Told { attempt, .. }
            | Event::Expired { attempt }
            | Event::Lost { attempt }
            | Event::Unsent { attempt } => self.core.waiting.remove(attempt).map(Work::Event),
            Event::Elapsed { timer } => self.core.timers.remove(timer).map(Work::Event),
        };
        let mut work: VecDeque<Work> = at.into_iter().collect();
        while let Some(next) = work.pop_front() {
            self.work(next, event);
            work.extend(self.core.work.drain(..));
        }
        std::mem::take(&mut self.core.actions)
    }

    /// What is shown of a run that rests before its end.
    #[must_use]
    pub fn resting(&self, status: Status, detail: Option<String>) -> End {
        self.core.resting(status, detail)
    }

    /// Whether the run has come to its end.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.over
    }

    fn work(&mut self, work: Work, event: &Event) {
        let (Work::Start(id) | Work::Event(id) | Work::Child { frame: id, .. }) = work;
        self.frames.extend(self.core.born.drain(..));
        let Some(mut frame) = self.frames.remove(&id) else { return };
        let next = match work {
            Work::Start(_) => frame.job.start(&frame.at, &mut self.core),
            Work::Event(_) => frame.job.event(&frame.at, &mut self.core, event),
            Work::Child { key, outcome, .. } => frame.job.child(&frame.at, &mut self.core, key, outcome),
        };
        match next {
            Next::Waiting => {
                self.frames.insert(id, frame);
            }
            Next::Done(outcome) => match frame.parent {
                Parent::Frame { id, key } => self.core.work.push_back(Work::Child { frame: id, key, outcome }),
                Parent::Nobody => self.end(outcome),
            },
        }
    }

    fn end(&mut self, outcome: Outcome) {
        self.over = true;
        let end = self.core.end(outcome);
        self.core.actions.push(Action::End(Box::new(end)));
    }
}

#[cfg(test)]
mod tests;
