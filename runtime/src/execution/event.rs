//! What happened: the only input of an execution, and what the journal keeps.

use flow_compiler::program::CeilingId;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::budget::guard::{Refusal, ScopeId};
use crate::provider::{Answer, Fault};
use crate::tool::ToolFault;

/// Numbers an attempt or a tool call of a run, from 1. It is decided by the execution, so a replay gives the same one.
pub type Attempt = u64;

/// Numbers a timer of a run, from 1.
pub type Timer = u64;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    /// The run began.
    Started,
    /// A generating model answered.
    Answered {
        /// Which attempt.
        attempt: Attempt,
        /// Its answer.
        answer: Answer,
    },
    /// An embedding model answered.
    Embedded {
        /// Which attempt.
        attempt: Attempt,
        /// One vector for each text.
        vectors: Vec<Vec<f32>>,
    },
    /// An attempt gave no answer.
    Faulted {
        /// Which attempt.
        attempt: Attempt,
        /// Why.
        fault: Fault,
    },
    /// A tool returned.
    Returned {
        /// Which call.
        attempt: Attempt,
        /// Its result.
        result: Json,
    },
    /// A tool did not return.
    Broken {
        /// Which call.
        attempt: Attempt,
        /// Why.
        fault: ToolFault,
    },
    /// A tool call that was not sent (its gate was closed, or it repeats another one) was counted.
    Counted {
        /// Which call.
        attempt: Attempt,
    },
    /// A limit was in the way of an attempt or a tool call; nothing was sent.
    Refused {
        /// Which attempt.
        attempt: Attempt,
        /// The scope that has the limit; 0 is the run.
        #[serde(default)]
        scope: ScopeId,
        /// The limit.
        detail: String,
    },
    /// A ceiling over many runs was in the way; nothing was sent.
    Over {
        /// Which attempt.
        attempt: Attempt,
        /// The ceiling in the plan.
        ceiling: CeilingId,
        /// The limit.
        detail: String,
    },
    /// A route looked at ceilings over many runs.
    Looked {
        /// Which look.
        attempt: Attempt,
        /// How much of each was spent or held at that moment, in hundredths.
        spent: Vec<(CeilingId, u8)>,
    },
    /// A person let a tool call go ahead.
    Approved {
        /// What was waited for.
        attempt: Attempt,
        /// Who.
        by: String,
        /// What they noted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// A person did not let a tool call go ahead.
    Denied {
        /// What was waited for.
        attempt: Attempt,
        /// Who.
        by: String,
        /// What they noted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// A person answered a question.
    Told {
        /// What was waited for.
        attempt: Attempt,
        /// The answer, of the type that was asked for.
        value: Json,
        /// Who.
        by: String,
        /// What they noted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Nobody answered in time.
    Expired {
        /// What was waited for.
        attempt: Attempt,
    },
    /// The process ended while an attempt or a tool call was under way: it may have happened, and its answer is not known.
    Lost {
        /// Which one.
        attempt: Attempt,
    },
    /// A process was told to stop when it had written an attempt or a tool call down and not sent it. It provably did not happen.
    Unsent {
        /// Which one.
        attempt: Attempt,
    },
    /// Another process took the run up where it had stopped.
    Resumed,
    /// A timer ran out.
    Elapsed {
        /// Which one.
        timer: Timer,
    },
    /// The run must not go on: what was reported is above what was held, the ledger cannot be written, somebody stopped it.
    Halted {
        /// Why.
        detail: String,
    },
}

impl Event {
    /// A limit was in the way of an attempt or a tool call.
    pub(crate) fn refused(attempt: Attempt, refusal: &Refusal) -> Event {
        Event::Refused { attempt, scope: refusal.scope, detail: refusal.to_string() }
    }
}
