//! Why something failed: a reason of the language, what happened in a user's words, and what it means for the run.

use std::fmt;

use flow_compiler::program::Reason;
use serde::{Deserialize, Serialize};

/// A failure on its way to the nearest `else`, or to the end of the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Its reason code.
    pub reason: Reason,
    /// What happened.
    pub detail: String,
    /// What it means where nothing handles it.
    pub ending: Ending,
}

/// How a run ends that dies of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// It failed.
    Failed,
    /// A limit was reached and something was not sent.
    Refused,
    /// A person can help: a key is missing.
    Escalated,
}

impl Failure {
    /// A failure that ends a run as failed.
    #[must_use]
    pub fn new(reason: Reason, detail: impl Into<String>) -> Failure {
        Failure { reason, detail: detail.into(), ending: Ending::Failed }
    }

    /// A program that does not hold what its checker promised. It cannot come from a plan that this compiler made.
    #[must_use]
    pub fn broken(detail: impl Into<String>) -> Failure {
        Failure::new(Reason::Unknown, detail)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason.name(), self.detail)
    }
}
