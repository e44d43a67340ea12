//! What is written into a ledger.

use std::sync::Arc;

use flow_compiler::cost::{Resources, Usage};
use flow_compiler::program::{Reason, Ty};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::budget::ceiling::{Claim, Declared};
use crate::execution::{Address, Caller};

/// Something to write down.
#[derive(Clone, Debug)]
pub enum Entry {
    /// A run begins.
    Open(Box<Opened>),
    /// An attempt or a tool call is about to be sent.
    Hold(Box<Held>),
    /// It came to its end.
    Settle(Box<Settlement>),
    /// An event of the journal.
    Record(Box<Record>),
    /// Something that must not happen did.
    Incident(Box<Incident>),
    /// Nothing is written: a route looks at how much of windows is spent.
    Look(Vec<Claim>),
    /// A run waits for a person.
    Wait(Box<Awaited>),
    /// A person decided, or nobody did in time. The first decision counts.
    Decide(Box<Decided>),
    /// A run rests: it waits, or was interrupted.
    Rest(Box<Ended>),
    /// A run ended.
    End(Box<Ended>),
    /// All of them or none: no crash comes in between.
    Together(Vec<Entry>),
}

/// A run that begins.
#[derive(Clone, Debug)]
pub struct Opened {
    /// Its id.
    pub run: String,
    /// Its flow.
    pub flow: String,
    /// The digest of its plan.
    pub plan: String,
    /// The plan itself, where this ledger may not have it yet: what a run needs to be resumed.
    pub content: Option<Arc<str>>,
    /// What is known about its caller, by name.
    pub caller: Caller,
    /// The folder that its tools run in.
    pub root: Option<String>,
    /// Its input by parameter.
    pub input: Json,
    /// What was proved of its flow.
    pub bound: Resources,
    /// What it may take: the bound, or less where the caller says so.
    pub limit: Resources,
    /// Whether its answers are played, so that nobody is paid.
    pub scripted: bool,
    /// The limits of the ceilings that it can come under.
    pub limits: Vec<Declared>,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
}

/// What kind of work a row stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A request to a generating model.
    Model,
    /// A request to an embedding model.
    Embedding,
    /// A tool call.
    Tool,
}

/// Why an attempt is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// It is the first of its turn.
    First,
    /// The same request failed before.
    Retry,
    /// Another model failed before.
    Fallback,
    /// The answer before was not of its type.
    Repair,
    /// It judges another answer.
    Judge,
    /// The answer of the rung before was not accepted.
    Escalation,
    /// A ceiling over many runs is reached, and another tier answers.
    Ceiling,
}

/// A reservation.
#[derive(Clone, Debug)]
pub struct Held {
    /// The attempt's id, unique over all runs.
    pub attempt: String,
    /// The run it belongs to.
    pub run: String,
    /// Its number in the run, from 1.
    pub number: u64,
    /// What kind of work it is.
    pub kind: Kind,
    /// The step, embedding or tool.
    pub step: String,
    /// Where it stands: `desk/each/solve`.
    pub path: String,
    /// The same to the last element; not written down.
    pub address: Address,
    /// The model; absent for a tool.
    pub model: Option<String>,
    /// The tier; absent for a tool.
    pub tier: Option<String>,
    /// The rung of the ladder, from 1.
    pub rung: Option<u64>,
    /// The turn of the conversation, from 1.
    pub turn: Option<u64>,
    /// Why it is made.
    pub cause: Cause,
    /// How many elements of lists its prompt had no room for.
    pub left_out: u64,
    /// The worst case.
    pub reserved: Resources,
    /// The digest of the price it is reserved and settled with; absent for a tool.
    pub price: Option<String>,
    /// More about a tool call.
    pub tool: Option<ToolNote>,
    /// What it claims of ceilings over many runs.
    pub claims: Vec<Claim>,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
}

/// More about a tool call.
#[derive(Clone, Debug)]
pub struct ToolNote {
    /// Whether a model asked for it, rather than the flow.
    pub by_model: bool,
    /// What the gate said: `none`, `open`, `value`, `denied`, `approved`, `expired`, `repeated`.
    pub gate: &'static str,
    /// The arguments by parameter.
    pub args: Json,
    /// How often a model had the very same call made before, in this run.
    pub made: u64,
}

/// The state of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Sent, or about to be.
    Held,
    /// At what was reported.
    Settled,
    /// At its reservation, because nobody could say.
    Presumed,
    /// At nothing, because it provably was not charged.
    Released,
}

impl State {
    /// Its name in the ledger.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            State::Held => "held",
            State::Settled => "settled",
            State::Presumed => "presumed",
            State::Released => "released",
        }
    }
}

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disposition {
    /// It was answered.
    Landed,
    /// It provably never got to work.
    DidNotHappen,
    /// Nobody can say.
    InDoubt,
}

impl Disposition {
    /// Its name in the ledger.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Disposition::Landed => "landed",
            Disposition::DidNotHappen => "did_not_happen",
            Disposition::InDoubt => "in_doubt",
        }
    }
}

/// Who says what was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsageSource {
    /// The provider.
    Provider,
    /// Nobody; the reservation was taken for it.
    Assumed,
}

impl UsageSource {
    /// Its name in the ledger.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            UsageSource::Provider => "provider",
            UsageSource::Assumed => "assumed",
        }
    }
}

/// The one transition of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// The attempt.
    pub attempt: String,
    /// The state it ends in.
    pub state: State,
    /// What it took.
    pub spent: Resources,
    /// What the provider reported.
    pub usage: Option<Usage>,
    /// Who says so.
    pub source: Option<UsageSource>,
    /// What became of it.
    pub disposition: Disposition,
    /// Why it failed, where it did.
    pub reason: Option<Reason>,
    /// What happened, where it failed.
    pub detail: Option<String>,
    /// The model that answered, as the provider names it.
    pub answered_by: Option<String>,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// Whether its hold is known to be in the ledger. It is not where whoever waited for the hold went away before it was written or
    /// refused.
    pub is_held: bool,
}

impl Settlement {
    /// The whole reservation, because nobody can say what became of the attempt.
    #[must_use]
    pub fn presumed(attempt: &str, reserved: &Resources, at_ms: u64, detail: &str) -> Settlement {
        Settlement {
            attempt: attempt.to_owned(),
            state: State::Presumed,
            spent: Resources { time_ms: 0, ..*reserved },
            usage: None,
            source: Some(UsageSource::Assumed),
            disposition: Disposition::InDoubt,
            reason: None,
            detail: Some(detail.to_owned()),
            answered_by: None,
            at_ms,
            is_held: true,
        }
    }
}

/// An event of the journal.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The run.
    pub run: String,
    /// Its place in the run, from 0.
    pub number: u64,
    /// The event with the version of its schema.
    pub event: Json,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
}

/// Something that must not happen did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// The run.
    pub run: String,
    /// The attempt.
    pub attempt: String,
    /// What kind: `bound_breach`.
    pub kind: &'static str,
    /// What happened.
    pub detail: String,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
}

/// Something that a run waits for.
#[derive(Clone, Debug, PartialEq)]
pub struct Awaited {
    /// The run.
    pub run: String,
    /// Its number in the run, given out like those of attempts.
    pub number: u64,
    /// Where it stands.
    pub path: String,
    /// Who is asked.
    pub role: String,
    /// What is asked.
    pub question: Question,
    /// Since when, in milliseconds since 1970.
    pub since_ms: u64,
    /// Until when.
    pub expires_ms: u64,
}

/// What a person is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Question {
    /// Whether a tool may be called.
    Approve {
        /// The tool.
        tool: String,
        /// Its arguments by parameter, exactly as they are sent.
        args: Json,
    },
    /// Something that is answered.
    Answer {
        /// In these words.
        question: String,
        /// The type of its answer, as it is written in a flow.
        #[serde(rename = "type")]
        ty: String,
        /// The same as a JSON schema.
        schema: Json,
        /// The same as the plan has it.
        of: Ty,
    },
}

/// What a person decided or said.
#[derive(Clone, Debug, PartialEq)]
pub struct Decided {
    /// The run.
    pub run: String,
    /// What was waited for.
    pub number: u64,
    /// What it is.
    pub decision: Decision,
    /// Who.
    pub by: String,
    /// What they noted.
    pub note: Option<String>,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
}

/// A decision.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// The call may go ahead.
    Approved,
    /// It may not.
    Denied,
    /// An answer.
    Answered(Json),
    /// Nobody answered in time.
    Expired,
}

impl Decision {
    /// Its name in the ledger.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Decision::Approved => "approved",
            Decision::Denied => "denied",
            Decision::Answered(_) => "answered",
            Decision::Expired => "expired",
        }
    }
}

/// The end of a run, or its rest.
#[derive(Clone, Debug)]
pub struct Ended {
    /// The run.
    pub run: String,
    /// `done`, `escalated`, `failed`, `refused`; `waiting`, `interrupted` of one that rests.
    pub status: &'static str,
    /// Its reason, where it has one.
    pub reason: Option<String>,
    /// The report that was given.
    pub report: Json,
    /// What it took.
    pub spent: Resources,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
}
