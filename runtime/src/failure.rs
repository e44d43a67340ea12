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
    /// The limit of a called flow was reached and something was not sent.
    Exceeded,
    /// A limit of the run itself was reached and something was not sent: nothing else of it would be sent either.
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

    /// A limit was in the way, of the run itself or of a flow that was called.
    #[must_use]
    pub fn refused(of_run: bool, detail: impl Into<String>) -> Failure {
        let ending = if of_run { Ending::Refused } else { Ending::Exceeded };
        Failure { ending, ..Failure::new(Reason::Exhausted, detail) }
    }

    /// Whether it ends the run whatever `else` and `skip` say: what is missing is not in the flow but around it, and an answer that
    /// was made without it would hide that.
    #[must_use]
    pub fn ends_the_run(&self) -> bool {
        match self.ending {
            Ending::Failed | Ending::Exceeded => false,
            Ending::Refused | Ending::Escalated => true,
        }
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
