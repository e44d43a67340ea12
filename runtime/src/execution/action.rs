//! What is to be done: the only output of an execution. The executor does it and decides nothing.

use std::sync::Arc;
use std::time::Duration;

use flow_compiler::cost::Resources;
use flow_compiler::program::{CeilingId, Limit, ModelId, Slot, ToolId, Ty};
use serde_json::{Map, Value as Json};

use super::address::Address;
use super::event::{Attempt, Timer};
use crate::budget::guard::ScopeId;
use crate::ledger::{Cause, Kind};
use crate::provider::{EmbedRequest, Request};
use crate::value::Value;

/// Something to do.
#[derive(Clone, Debug)]
pub enum Action {
    /// Open a scope with limits of its own.
    Open {
        /// Its id.
        scope: ScopeId,
        /// The scope around it.
        parent: ScopeId,
        /// What it may take.
        limits: Vec<Limit>,
    },
    /// Ask a generating model.
    Ask(Box<Sending>, Box<Request>),
    /// Have texts embedded.
    Embed(Box<Sending>, Box<EmbedRequest>),
    /// Call a tool.
    Call(Box<Sending>, Box<Calling>),
    /// Count a tool call that is not sent.
    Count(Box<Sending>, Box<Calling>),
    /// Wait for a person.
    Await(Box<Waiting>),
    /// Look at how much of ceilings over many runs is spent. It costs nothing.
    Look {
        /// Its number.
        attempt: Attempt,
        /// The ceilings in the plan.
        ceilings: Vec<CeilingId>,
    },
    /// Wait before a request is sent again.
    Wait {
        /// The timer.
        timer: Timer,
        /// The scope whose time it takes.
        scope: ScopeId,
        /// Which retry comes after it, from 1: the longest wait depends on it.
        retry: u64,
        /// The least to wait, as the provider asked for.
        least: Duration,
    },
    /// The run is over.
    End(Box<End>),
}

/// What is known of every attempt and tool call.
#[derive(Clone, Debug)]
pub struct Sending {
    /// Its number.
    pub attempt: Attempt,
    /// The scope that pays.
    pub scope: ScopeId,
    /// What kind of work it is.
    pub kind: Kind,
    /// The step, embedding or tool.
    pub step: String,
    /// Where it stands: `desk/each/solve`.
    pub path: Arc<str>,
    /// The same to the last element.
    pub address: Address,
    /// The model; absent for a tool.
    pub model: Option<ModelId>,
    /// The tier; absent for a tool.
    pub tier: Option<String>,
    /// The rung, from 1.
    pub rung: Option<u64>,
    /// The turn, from 1.
    pub turn: Option<u64>,
    /// Why it is made.
    pub cause: Cause,
    /// How many elements of lists its prompt had no room for.
    pub left_out: u64,
    /// The worst case.
    pub reserve: Resources,
    /// The ceilings over many runs that it counts against.
    pub under: Arc<[CeilingId]>,
}

/// A tool call.
#[derive(Clone, Debug)]
pub struct Calling {
    /// The tool.
    pub tool: ToolId,
    /// Its arguments by parameter.
    pub args: Map<String, Json>,
    /// The same by slot, for the expressions of its source.
    pub slots: Vec<(Slot, Value)>,
    /// Whether a model asked for it.
    pub by_model: bool,
    /// What the gate said: `none`, `open`, `value`, `denied`, `approval`, `repeated`.
    pub gate: &'static str,
    /// How often a model had the very same call made before, in this run.
    pub made: u64,
}

/// Something that a person has to decide or to say.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// Its number, given out like those of attempts.
    pub attempt: Attempt,
    /// The scope whose time it takes.
    pub scope: ScopeId,
    /// Where it stands: `desk/solve/refund`.
    pub path: Arc<str>,
    /// The same to the last element.
    pub address: Address,
    /// Who is asked.
    pub role: String,
    /// How long the run waits.
    pub within_ms: u64,
    /// What is asked.
    pub asked: Asked,
}

/// What a person is asked.
#[derive(Clone, Debug)]
pub enum Asked {
    /// Whether a tool may be called.
    Approval {
        /// The tool.
        tool: String,
        /// Its arguments by parameter, exactly as they are sent.
        args: Map<String, Json>,
    },
    /// A question.
    Question {
        /// In these words.
        text: String,
        /// The type of its answer.
        ty: Ty,
    },
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct End {
    /// In which state.
    pub status: Status,
    /// The result of a run that is done.
    pub result: Option<Json>,
    /// A reason code, or the author's text of `escalate`.
    pub reason: Option<String>,
    /// What happened, where that says more than the reason.
    pub detail: Option<String>,
    /// To whom it is escalated.
    pub to: Option<String>,
    /// What was made before, by name.
    pub partial: Option<Map<String, Json>>,
}

/// The states that a run ends in, or rests in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It has a result.
    Done,
    /// A person is needed.
    Escalated,
    /// It failed.
    Failed,
    /// It waits for a person, and can be resumed.
    Waiting,
    /// It was stopped, or its process ended; it can be resumed.
    Interrupted,
    /// A limit was reached; nothing was sent.
    Refused,
}

impl Status {
    /// Whether the run has not come to its end: it can be resumed.
    #[must_use]
    pub fn rests(self) -> bool {
        match self {
            Status::Waiting | Status::Interrupted => true,
            Status::Done | Status::Escalated | Status::Failed | Status::Refused => false,
        }
    }

    /// The word for it in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Status::Done => "done",
            Status::Escalated => "escalated",
            Status::Failed => "failed",
            Status::Waiting => "waiting",
            Status::Interrupted => "interrupted",
            Status::Refused => "refused",
        }
    }
}
