//! Runs of a ledger, as `flow report --export` writes them: the schema `flow.ledger.v1`.

use serde::{Deserialize, Serialize};

use crate::cost::{Dimension, Resources};

/// The version of the format; a reader refuses any other.
pub const SCHEMA: &str = "flow.ledger.v1";

/// How many milliseconds a month has: 30 days.
const MONTH_MS: f64 = 30.0 * 86_400_000.0;

/// The whole file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Export {
    /// [`SCHEMA`].
    pub schema: String,
    /// The runs that have ended, the oldest first.
    pub runs: Vec<Run>,
}

/// A run that has ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Its id.
    pub run: String,
    /// Its flow.
    pub flow: String,
    /// The digest of its plan.
    pub plan: String,
    /// When it began, in milliseconds since 1970.
    pub started_at_ms: u64,
    /// `done`, `escalated`, `failed`, `refused`.
    pub status: String,
    /// Whether its answers were played, so that nobody was paid.
    pub scripted: bool,
    /// What it took; absent where its process died.
    pub spent: Option<Resources>,
    /// What was proved of its flow when it ran.
    pub bound: Resources,
}

impl Run {
    /// The dimensions in which it took more than was proved. There are none, or something is broken.
    #[must_use]
    pub fn breaches(&self) -> Vec<Dimension> {
        self.spent.iter().flat_map(|spent| spent.beyond(&self.bound).collect::<Vec<_>>()).collect()
    }
}

/// How many runs a month has, by those that are recorded; nothing where they span less than a day.
pub(super) fn runs_per_month(runs: &[&Run]) -> Option<f64> {
    let first = runs.iter().map(|run| run.started_at_ms).min()?;
    let last = runs.iter().map(|run| run.started_at_ms).max()?;
    let span = last.saturating_sub(first);
    (span >= 86_400_000).then(|| super::spread::float(runs.len() as u64) / super::spread::float(span) * MONTH_MS)
}
