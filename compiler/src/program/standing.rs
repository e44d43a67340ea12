//! What stands for longer than a run: caches, classes, indexes, servers of tools, ceilings over many runs, promises of a flow,
//! questions to people.

use serde::{Deserialize, Serialize};

use super::{Body, Limit, Place, Slot, Template, TierId, Ty};
use crate::cost::Dimension;

/// The longest fact about a caller, in bytes.
pub const LONGEST_FACT: u64 = 256;

/// The ceiling that every new ledger begins with, over everything that it pays. No flow declares it.
pub const WORKSPACE: &str = "workspace";

/// `cache for 7d like 0.95 by reader`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cache {
    /// How long an answer may be given again.
    pub for_ms: u64,
    /// Also for requests that are nearly the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub like: Option<Like>,
}

/// How requests are compared that are nearly the same. What the embedding model reads is the rendered request, as much of it as
/// its context holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Like {
    /// How alike two requests must be, in hundredths.
    pub score: u8,
    /// Who compares them.
    pub tier: TierId,
    /// Where it is written.
    pub place: Place,
}

/// How soon an answer is needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// At once.
    #[default]
    Interactive,
    /// A request may wait so long to be sent together with others.
    Background {
        /// The longest wait before an attempt.
        window_ms: u64,
    },
}

impl Class {
    /// The longest that an attempt may wait.
    #[must_use]
    pub fn window_ms(self) -> u64 {
        match self {
            Class::Interactive => 0,
            Class::Background { window_ms } => window_ms,
        }
    }

    /// Whether it says nothing.
    #[must_use]
    pub fn is_interactive(&self) -> bool {
        *self == Class::Interactive
    }
}

/// What a ladder asks before it is chosen: classifiers, each once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asks {
    /// The calls. Its value is the list of their answers.
    pub body: Body,
    /// Where the ladder finds each answer, in the order of the list.
    pub into: Vec<Slot>,
}

/// Pieces of files, found by what they mean.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// Its documentation.
    pub docs: String,
    /// Where it is declared.
    pub place: Place,
    /// Which files.
    pub glob: String,
    /// The largest piece in tokens.
    pub chunk: u64,
    /// How many tokens of a piece are also in the next one.
    pub overlap: u64,
    /// Who reads them.
    pub tier: TierId,
}

/// Limits over all runs of the flows that name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ceiling {
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub place: Place,
    /// Its limits.
    pub limits: Vec<CeilingLimit>,
    /// The share of a limit, in hundredths, from which it is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub soft: Option<u8>,
    /// The tiers that answer every step once a limit is reached; empty where nobody does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on: Vec<TierId>,
    /// Whether it refuses nothing and only says what it would have refused.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shadow: bool,
    /// Where no tier can go on: with this reason, and to whom. Absent: the run is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalate: Option<(String, Option<String>)>,
}

/// `cost <= $2 per 1h by caller.tenant`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CeilingLimit {
    /// What is limited, and to how much.
    pub limit: Limit,
    /// Within which time.
    pub per_ms: u64,
    /// The time zone whose days these are; absent: UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// The fact about the caller for each of whose values it holds apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// `p95(time) <= 8s`: what a flow promises of many runs. Nothing enforces it; recorded runs are held against it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Promise {
    /// What is measured.
    pub measure: Measured,
    /// Whether it is a floor; else a ceiling.
    pub at_least: bool,
    /// To what it is held: nano-dollars, counts, tokens, milliseconds; hundredths for a share.
    pub amount: u64,
    /// Where it is written.
    pub place: Place,
}

/// What a promise is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measured {
    /// What so many of a hundred runs stay within: `p95(time)`.
    Percentile(u8, Dimension),
    /// `mean(cost)`
    Mean(Dimension),
    /// The share of runs that succeed.
    Success,
    /// Dollars for each run that succeeds.
    CostPerSuccess,
}

/// `outcome resolved within 7d`: the fact that makes a run a success.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// What it is called.
    pub name: String,
    /// How long after the run it may be recorded.
    pub within_ms: u64,
}

/// `ask person("support-lead", within 4h) -> Bool "Is it urgent?"`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// Who is asked.
    pub role: String,
    /// How long the run waits; then it is a `Timeout`.
    pub within_ms: u64,
    /// What is asked.
    pub question: Template,
    /// What is answered.
    pub result: Ty,
}
