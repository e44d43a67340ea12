//! What runs take, beside what they can take. In: a plan, and a profile: numbers that somebody wrote down, or recorded runs. Out:
//! mean and quantiles of every dimension, dollars a month and a success, and whether the flow keeps what it promises.
//!
//! A ceiling is proved, what was *seen* was measured, what is *expected* follows from the numbers of a profile. Numbers here are
//! statistics: they have fractions, and nothing is billed by them.

mod expect;
mod model;
pub mod recorded;
mod spread;
pub mod target;
pub mod usage;

use std::collections::BTreeMap;

use crate::cost::{Dimension, Resources};
use crate::plan::Plan;
use crate::program::Flow;
use recorded::Run;
use target::{Standing, Target};
use usage::Usage;

/// What is known of how flows are used.
#[derive(Clone, Debug, PartialEq)]
pub enum Profile {
    /// Numbers of a `flow-usage.toml`.
    Written(Box<Usage>),
    /// Runs of a ledger.
    Recorded(Vec<Run>),
}

/// Where numbers come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Measured over so many runs.
    Seen(u64),
    /// Computed over every combination of a written profile.
    Exact,
    /// Drawn so often from a written profile, always with the same seed.
    Drawn(u64),
}

/// One dimension.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Numbers {
    /// The mean.
    pub mean: f64,
    /// What half of the runs stay within.
    pub p50: u64,
    /// What 95 of a hundred stay within.
    pub p95: u64,
    /// What 99 of a hundred stay within.
    pub p99: u64,
}

/// What runs of a flow take.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// Where it comes from.
    pub basis: Basis,
    /// Each dimension.
    pub numbers: BTreeMap<Dimension, Numbers>,
    /// How many runs a month has, where that is known.
    pub runs_per_month: Option<f64>,
    /// The share of runs that succeed, where that is known.
    pub success: Option<f64>,
    /// What the profile does not say, and is taken at its ceiling.
    pub at_ceiling: Vec<String>,
    /// What the flow promises, and whether it keeps it.
    pub targets: Vec<(Target, Standing)>,
}

impl Expectation {
    /// The mean cost of a run in dollars.
    #[must_use]
    pub fn mean_dollars(&self) -> f64 {
        self.numbers.get(&Dimension::Cost).map_or(0.0, |numbers| numbers.mean / 1e9)
    }

    /// Dollars a month, where the number of runs is known.
    #[must_use]
    pub fn dollars_per_month(&self) -> Option<f64> {
        Some(self.mean_dollars() * self.runs_per_month?)
    }

    /// Dollars for each run that succeeds: undefined where none does (I-37).
    #[must_use]
    pub fn dollars_per_success(&self) -> Option<f64> {
        self.success.filter(|share| *share > 0.0).map(|share| self.mean_dollars() / share)
    }
}

/// What runs of a flow take by a profile; nothing where it says nothing about the flow.
///
/// # Errors
/// Where the profile says what cannot be, as a quantile above the ceiling.
pub fn expect(plan: &Plan, index: usize, profile: &Profile) -> Result<Option<Expectation>, String> {
    let Some(flow) = plan.program.flows.get(index) else { return Ok(None) };
    match profile {
        Profile::Written(usage) => expect::written(plan, index, flow, usage),
        Profile::Recorded(runs) => Ok(seen(flow, runs)),
    }
}

fn seen(flow: &Flow, runs: &[Run]) -> Option<Expectation> {
    let runs: Vec<&Run> = runs.iter().filter(|run| run.flow == flow.name && !run.scripted).collect();
    let spent: Vec<Resources> = runs.iter().filter_map(|run| run.spent).collect();
    if spent.is_empty() {
        return None;
    }
    let weighted: Vec<(Resources, f64)> = spent.iter().map(|spent| (*spent, 1.0)).collect();
    let numbers = spread::numbers(&weighted);
    let done = runs.iter().filter(|run| run.status == "done").count();
    let success = spread::share(done, runs.len());
    let mut expectation = Expectation {
        basis: Basis::Seen(spent.len() as u64),
        numbers,
        runs_per_month: recorded::runs_per_month(&runs),
        success: Some(success),
        at_ceiling: Vec::new(),
        targets: Vec::new(),
    };
    let targets = target::of(flow);
    expectation.targets = targets
        .into_iter()
        .map(|one| {
            let standing = target::seen(&one, &spent, done as u64, &expectation);
            (one, standing)
        })
        .collect();
    Some(expectation)
}
