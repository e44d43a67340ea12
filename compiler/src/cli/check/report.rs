//! What there is to say of one flow: its ceiling beside its budget, and why.

use flow_compiler::cost::{Dimension, Money, Resources};
use serde_json::Value;

/// How a flow, or all of them, came out; the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// It holds.
    Ok,
    /// A budget fails.
    Over,
    /// It has no finite bound.
    Unbounded,
    /// It does not compile.
    Invalid,
}

impl Verdict {
    /// The word of `flow.check.v1` for it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Verdict::Ok => "ok",
            Verdict::Over => "over",
            Verdict::Unbounded => "unbounded",
            Verdict::Invalid => "invalid",
        }
    }
}

/// One flow.
pub(super) struct FlowReport {
    pub(super) name: String,
    pub(super) file: String,
    pub(super) line: u32,
    pub(super) verdict: Verdict,
    /// Absent where there is none.
    pub(super) bound: Option<Resources>,
    /// What its budget allows, in the order of writing; absent where it has none.
    pub(super) budget: Option<Vec<(Dimension, u64)>>,
    pub(super) exact: bool,
    /// Where it goes, the largest first.
    pub(super) shares: Vec<Share>,
    /// For each dimension by name: the choices that lead to the worst case.
    pub(super) witness: Value,
    /// The cheapest changes, the largest saving first.
    pub(super) advice: Vec<Advice>,
    pub(super) assumes: Vec<Assumption>,
}

/// A part of a flow with its part of the ceiling.
pub(super) struct Share {
    pub(super) path: String,
    pub(super) count: u64,
    pub(super) bound: Resources,
}

/// A change and what it saves.
pub(super) struct Advice {
    pub(super) change: String,
    pub(super) on: String,
    pub(super) saves: Money,
    pub(super) line: u32,
}

/// What is taken to be true.
pub(super) struct Assumption {
    pub(super) text: String,
    pub(super) file: Option<String>,
    pub(super) line: Option<u32>,
}
