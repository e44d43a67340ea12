//! `flow-usage.toml`: numbers that somebody wrote down. Every key is checked, shares add up to one, quantiles rise.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The whole file.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// By the names of flows.
    #[serde(default)]
    pub flows: BTreeMap<String, FlowUsage>,
    /// By the names of steps.
    #[serde(default)]
    pub steps: BTreeMap<String, StepUsage>,
}

/// How a flow is used.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowUsage {
    /// Runs a month.
    pub runs_per_month: Option<u64>,
    /// The share of runs that succeed.
    pub success: Option<f64>,
    /// By the line of an `if`, a `match` or an `else`: the share of each way, in their order.
    #[serde(default)]
    pub branches: BTreeMap<String, Vec<f64>>,
    /// By the line of an `each` or a `loop`: the share of each number of elements or rounds.
    #[serde(default)]
    pub counts: BTreeMap<String, BTreeMap<String, f64>>,
}

/// How a step is used.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepUsage {
    /// Input tokens of a request.
    pub input: Option<Quantiles>,
    /// Output tokens of an answer.
    pub output: Option<Quantiles>,
    /// Milliseconds of an attempt.
    pub time_ms: Option<Quantiles>,
    /// The share of each arm of `on`, in their order.
    pub route: Option<Vec<f64>>,
    /// For each rung, the share of its answers that are accepted.
    pub accepted: Option<Vec<f64>>,
    /// The share of conversations with one turn, with two, …
    pub turns: Option<Vec<f64>>,
    /// The share of requests that fail and are sent again.
    pub failed: Option<f64>,
    /// The share of answers that are repaired.
    pub repaired: Option<f64>,
    /// The share of uses that a cache answers.
    pub cache_hits: Option<f64>,
}

/// What so many of a hundred stay within. The rest is taken at the ceiling.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quantiles {
    /// Half.
    pub p50: Option<u64>,
    /// 75 of a hundred.
    pub p75: Option<u64>,
    /// 90 of a hundred.
    pub p90: Option<u64>,
    /// 95 of a hundred.
    pub p95: Option<u64>,
    /// 99 of a hundred.
    pub p99: Option<u64>,
    /// All.
    pub max: Option<u64>,
}

impl Quantiles {
    /// Values with their shares: each quantile stands for all up to it, what is above the last one is at the ceiling.
    #[must_use]
    pub fn points(&self, ceiling: u64) -> Vec<(f64, u64)> {
        let Quantiles { p50, p75, p90, p95, p99, max } = *self;
        let known = [(0.5, p50), (0.75, p75), (0.9, p90), (0.95, p95), (0.99, p99), (1.0, max)];
        let mut points = Vec::new();
        let mut until = 0.0;
        for (share, value) in known {
            if let Some(value) = value {
                points.push((share - until, value));
                until = share;
            }
        }
        if until < 1.0 {
            points.push((1.0 - until, ceiling));
        }
        points
    }

    fn values(&self) -> Vec<u64> {
        [self.p50, self.p75, self.p90, self.p95, self.p99, self.max].into_iter().flatten().collect()
    }
}

impl Usage {
    /// What is impossible in it, one sentence; nothing where all of it can be.
    #[must_use]
    pub fn impossible(&self) -> Option<String> {
        for (name, flow) in &self.flows {
            let at = |key: &str| format!("`flows.{name}.{key}`");
            if let Some(share) = flow.success.filter(|share| !is_share(*share)) {
                return Some(format!("{} is {share}, and a share is from 0 to 1", at("success")));
            }
            for (line, shares) in &flow.branches {
                if let Some(why) = not_whole(shares) {
                    return Some(format!("{} {why}", at(&format!("branches.{line}"))));
                }
            }
            for (line, counts) in &flow.counts {
                if let Some(count) = counts.keys().find(|count| count.parse::<u64>().is_err()) {
                    return Some(format!(
                        "{}: `{count}` is no number of elements or rounds",
                        at(&format!("counts.{line}"))
                    ));
                }
                if let Some(why) = not_whole(&counts.values().copied().collect::<Vec<_>>()) {
                    return Some(format!("{} {why}", at(&format!("counts.{line}"))));
                }
            }
        }
        self.steps.iter().find_map(|(name, step)| step.impossible().map(|why| format!("`steps.{name}`: {why}")))
    }
}

impl StepUsage {
    fn impossible(&self) -> Option<String> {
        let quantiles = [("input", self.input), ("output", self.output), ("time_ms", self.time_ms)];
        for (key, quantiles) in quantiles {
            let values = quantiles.map(|quantiles| quantiles.values()).unwrap_or_default();
            if values.windows(2).any(|pair| matches!(pair, [low, high] if low > high)) {
                return Some(format!("the quantiles of `{key}` do not rise"));
            }
        }
        for (key, shares) in [("route", &self.route), ("turns", &self.turns)] {
            if let Some(why) = shares.as_ref().and_then(|shares| not_whole(shares)) {
                return Some(format!("`{key}` {why}"));
            }
        }
        let accepted = self.accepted.iter().flatten().copied();
        let single = [self.failed, self.repaired, self.cache_hits].into_iter().flatten();
        accepted.chain(single).find(|share| !is_share(*share)).map(|share| format!("{share} is no share from 0 to 1"))
    }
}

fn is_share(share: f64) -> bool {
    (0.0..=1.0).contains(&share)
}

fn not_whole(shares: &[f64]) -> Option<String> {
    if shares.iter().any(|share| !is_share(*share)) {
        return Some("has a share that is not from 0 to 1".to_owned());
    }
    let sum: f64 = shares.iter().sum();
    ((sum - 1.0).abs() > 1e-6).then(|| format!("adds up to {sum}, and shares add up to 1"))
}
