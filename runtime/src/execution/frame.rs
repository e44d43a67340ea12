//! Frames: what runs, and what it hands on when it ends.

use std::sync::Arc;

use flow_compiler::program::CeilingId;

use super::address::Address;
use super::body::BodyJob;
use super::control::{AttemptJob, EachJob, FlowJob, LoopJob};
use super::core::Core;
use super::embedding::EmbeddingJob;
use super::event::Event;
use super::person::PersonJob;
use super::step::StepJob;
use super::tool::ToolJob;
use crate::budget::guard::ScopeId;
use crate::failure::Failure;
use crate::value::Value;

/// Names a frame, in the order of their making.
pub(super) type FrameId = u64;

/// Something that runs.
pub(super) struct Frame<'p> {
    pub(super) parent: Parent,
    pub(super) at: At,
    pub(super) job: Job<'p>,
}

/// Who waits for a frame.
#[derive(Clone, Copy, Debug)]
pub(super) enum Parent {
    /// The run itself.
    Nobody,
    /// Another frame, which knows this one by a key.
    Frame { id: FrameId, key: u64 },
}

/// Where a frame is.
#[derive(Clone, Debug)]
pub(super) struct At {
    pub(super) id: FrameId,
    /// The scope that pays.
    pub(super) scope: ScopeId,
    /// `desk/each/solve`
    pub(super) path: Arc<str>,
    /// The same to the last element.
    pub(super) address: Address,
    /// The ceilings over many runs of the flows around it.
    pub(super) under: Arc<[CeilingId]>,
    /// Whether it judges an answer.
    pub(super) judging: bool,
}

/// What a frame does.
pub(super) enum Job<'p> {
    Body(BodyJob<'p>),
    Each(EachJob<'p>),
    Loop(LoopJob<'p>),
    Attempt(AttemptJob<'p>),
    Flow(FlowJob<'p>),
    Step(Box<StepJob<'p>>),
    Embedding(EmbeddingJob<'p>),
    Tool(Box<ToolJob<'p>>),
    Person(PersonJob<'p>),
}

/// Whether a frame goes on.
pub(super) enum Next {
    /// It waits for a child, an attempt or a timer.
    Waiting,
    /// It has come to its end.
    Done(Outcome),
}

/// What a frame hands on.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Outcome {
    /// A value.
    Value(Value),
    /// A failure, on its way to the nearest `else`.
    Failed(Failure),
    /// The body is left before its end.
    Left(Left),
}

/// How a body was left.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Left {
    Break,
    Skip,
    Return(Value),
    Escalate { reason: String, detail: Option<String>, to: Option<String> },
}

impl Outcome {
    /// Whether nothing in the flow handles it.
    pub(super) fn ends_the_run(&self) -> bool {
        match self {
            Outcome::Failed(failure) => failure.ends_the_run(),
            Outcome::Left(Left::Escalate { .. }) => true,
            Outcome::Value(_) | Outcome::Left(Left::Break | Left::Skip | Left::Return(_)) => false,
        }
    }

    /// Becomes the reason to leave. The first reason stands, but one that `else` may handle does not hide one that ends the run.
    pub(super) fn leaves(self, leaving: &mut Option<Outcome>) {
        let hidden = matches!(leaving, Some(Outcome::Failed(first)) if !first.ends_the_run());
        if leaving.is_none() || (hidden && self.ends_the_run()) {
            *leaving = Some(self);
        }
    }
}

impl Next {
    pub(super) fn failed(failure: Failure) -> Next {
        Next::Done(Outcome::Failed(failure))
    }

    pub(super) fn broken(detail: &str) -> Next {
        Next::failed(Failure::broken(detail))
    }
}

impl<'p> Job<'p> {
    pub(super) fn start(&mut self, at: &At, core: &mut Core<'p>) -> Next {
        match self {
            Job::Body(job) => job.start(at, core),
            Job::Each(job) => job.start(at, core),
            Job::Loop(job) => job.start(at, core),
            Job::Attempt(job) => job.start(at, core),
            Job::Flow(job) => job.start(at, core),
            Job::Step(job) => job.start(at, core),
            Job::Embedding(job) => job.start(at, core),
            Job::Tool(job) => job.start(at, core),
            Job::Person(job) => job.start(at, core),
        }
    }

    /// A child of this frame has ended.
    pub(super) fn child(&mut self, at: &At, core: &mut Core<'p>, key: u64, outcome: Outcome) -> Next {
        match self {
            Job::Body(job) => job.child(at, core, key, outcome),
            Job::Each(job) => job.child(at, core, key, outcome),
            Job::Loop(job) => job.child(at, core, outcome),
            Job::Attempt(job) => job.child(at, core, outcome),
            Job::Flow(job) => job.child(core, outcome),
            Job::Step(job) => job.child(at, core, key, outcome),
            Job::Tool(job) => job.child(at, core, outcome),
            Job::Embedding(_) | Job::Person(_) => Next::broken("this has no parts"),
        }
    }

    /// An attempt or a timer of this frame has ended.
    pub(super) fn event(&mut self, at: &At, core: &mut Core<'p>, event: &Event) -> Next {
        match self {
            Job::Step(job) => job.event(at, core, event),
            Job::Embedding(job) => job.event(at, core, event),
            Job::Tool(job) => job.event(at, core, event),
            Job::Person(job) => job.event(core, event),
            Job::Body(_) | Job::Each(_) | Job::Loop(_) | Job::Attempt(_) | Job::Flow(_) => Next::Waiting,
        }
    }
}
