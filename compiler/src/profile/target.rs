//! What a flow promises of many runs, and whether it keeps it: `slo p95(time) <= 8s`.

use serde::Deserialize;

use super::spread::float;
use super::{Basis, Expectation};
use crate::cost::{Dimension, Money, Resources};
use crate::program::Flow;

/// A promise.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Target {
    /// What is measured.
    pub measure: Measure,
    /// Whether it is a floor; else a ceiling.
    pub at_least: bool,
    /// To what it is held: nano-dollars, counts, tokens, milliseconds; hundredths for a share.
    pub amount: u64,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// What so many of a hundred runs stay within.
    Percentile(u8, Dimension),
    /// The mean of the runs.
    Mean(Dimension),
    /// The share of runs that succeed.
    Success,
    /// Dollars for each run that succeeds.
    CostPerSuccess,
}

/// Whether a promise is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is.
    Pass,
    /// It is not.
    Fail,
    /// There is too little to tell.
    Inconclusive,
}

impl Standing {
    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Standing::Pass => "pass",
            Standing::Fail => "fail",
            Standing::Inconclusive => "inconclusive",
        }
    }
}

impl Target {
    /// As it is written: `p95(time) <= 8s`.
    #[must_use]
    pub fn written(&self) -> String {
        let sign = if self.at_least { ">=" } else { "<=" };
        match self.measure {
            Measure::Percentile(share, dimension) => {
                format!("p{share}({}) {sign} {}", dimension.name(), dimension.show_limit(self.amount))
            }
            Measure::Mean(dimension) => {
                format!("mean({}) {sign} {}", dimension.name(), dimension.show_limit(self.amount))
            }
            Measure::Success => format!("success {sign} {}%", self.amount),
            Measure::CostPerSuccess => format!("cost_per_success {sign} {}", Money::from_nanos(self.amount).written()),
        }
    }

    fn is_met(&self, value: f64) -> bool {
        if self.at_least { value >= float(self.amount) } else { value <= float(self.amount) }
    }
}

/// What a flow promises.
pub(super) fn of(flow: &Flow) -> Vec<Target> {
    let written = serde_json::to_value(flow).ok().and_then(|flow| flow.get("slo").cloned());
    written.and_then(|slo| serde_json::from_value(slo).ok()).unwrap_or_default()
}

/// By a written profile: its numbers are taken for true.
pub(super) fn expected(target: &Target, points: &[(Resources, f64)], expectation: &Expectation) -> Standing {
    let whole: f64 = points.iter().map(|(_, weight)| weight).sum();
    let standing = |is_met| if is_met { Standing::Pass } else { Standing::Fail };
    match target.measure {
        Measure::Percentile(share, dimension) => {
            let good = points.iter().filter(|(one, _)| target.is_met(float(one.get(dimension))));
            let good: f64 = good.map(|(_, weight)| weight).sum();
            let wanted = if target.at_least { 100 - u64::from(share.min(100)) } else { u64::from(share) };
            standing(good / whole >= float(wanted) / 100.0 - 1e-9)
        }
        Measure::Mean(dimension) => {
            expectation.numbers.get(&dimension).map_or(Standing::Inconclusive, |all| standing(target.is_met(all.mean)))
        }
        Measure::Success => {
            expectation.success.map_or(Standing::Inconclusive, |share| standing(target.is_met(share * 100.0 + 1e-9)))
        }
        Measure::CostPerSuccess => expectation
            .dollars_per_success()
            .map_or(Standing::Inconclusive, |dollars| standing(target.is_met(dollars * 1e9))),
    }
}

/// By recorded runs: it passes or fails where the chance to be wrong about that is below five of a hundred.
pub(super) fn seen(target: &Target, spent: &[Resources], done: u64, expectation: &Expectation) -> Standing {
    let runs = spent.len() as u64;
    match target.measure {
        Measure::Percentile(share, dimension) => {
            let bad = spent.iter().filter(|one| !target.is_met(float(one.get(dimension)))).count() as u64;
            let most = if target.at_least { f64::from(share) / 100.0 } else { 1.0 - f64::from(share) / 100.0 };
            by_share(bad, runs, most)
        }
        Measure::Success => {
            let Basis::Seen(_) = expectation.basis else { return Standing::Inconclusive };
            let bad = runs.saturating_sub(done.min(runs));
            by_share(bad, runs, 1.0 - float(target.amount) / 100.0)
        }
        Measure::Mean(dimension) => {
            let values: Vec<f64> = spent.iter().map(|one| float(one.get(dimension))).collect();
            by_mean(target, &values)
        }
        // A ratio of two things that vary: its mean is compared where there are runs enough, and nothing is said of less.
        Measure::CostPerSuccess => match expectation.dollars_per_success() {
            Some(dollars) if runs >= LEAST_FOR_A_MEAN => {
                if target.is_met(dollars * 1e9) {
                    Standing::Pass
                } else {
                    Standing::Fail
                }
            }
            Some(_) | None => Standing::Inconclusive,
        },
    }
}

/// Fewer runs than this say nothing about a mean.
const LEAST_FOR_A_MEAN: u64 = 30;

/// Whether the share of bad runs is shown to be at most, or to be more than, what is allowed.
fn by_share(bad: u64, runs: u64, most: f64) -> Standing {
    // If the true share were exactly what is allowed: the chance to see so few bad runs, and the chance to see so many.
    if at_most(bad, runs, most) <= 0.05 {
        return Standing::Pass;
    }
    let so_many = if bad == 0 { 1.0 } else { 1.0 - at_most(bad - 1, runs, most) };
    if so_many <= 0.05 { Standing::Fail } else { Standing::Inconclusive }
}

/// The chance of at most `bad` of `runs` where each is bad with the chance `share`.
fn at_most(bad: u64, runs: u64, share: f64) -> f64 {
    if share <= 0.0 {
        return 1.0;
    }
    if share >= 1.0 {
        return if bad >= runs { 1.0 } else { 0.0 };
    }
    let (yes, no) = (share.ln(), (1.0 - share).ln());
    let mut chosen = 0.0;
    let mut sum = 0.0;
    for count in 0..=bad.min(runs) {
        if count > 0 {
            chosen += (float(runs - count + 1) / float(count)).ln();
        }
        sum += (chosen + float(count) * yes + float(runs - count) * no).exp();
    }
    sum.min(1.0)
}

fn by_mean(target: &Target, values: &[f64]) -> Standing {
    let count = float(values.len() as u64);
    if (values.len() as u64) < LEAST_FOR_A_MEAN {
        return Standing::Inconclusive;
    }
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
    let margin = 1.645 * (variance / count).sqrt();
    match (target.is_met(mean - margin), target.is_met(mean + margin)) {
        (true, true) => Standing::Pass,
        (false, false) => Standing::Fail,
        (true, false) | (false, true) => Standing::Inconclusive,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p95_needs_59_runs() {
        assert_eq!(by_share(0, 58, 0.05), Standing::Inconclusive);
        assert_eq!(by_share(0, 59, 0.05), Standing::Pass);
        assert_eq!(by_share(1, 92, 0.05), Standing::Inconclusive);
        assert_eq!(by_share(1, 93, 0.05), Standing::Pass);
        assert_eq!(by_share(20, 100, 0.05), Standing::Fail);
        assert_eq!(by_share(3, 3, 0.05), Standing::Fail);
    }

    #[test]
    fn promises_are_read_as_a_plan_holds_them() {
        let plan = serde_json::json!([
            { "measure": { "percentile": [95, "time"] }, "at_least": false, "amount": 8000, "place": { "line": 3 } },
            { "measure": "success", "at_least": true, "amount": 90 },
            { "measure": "cost_per_success", "at_least": false, "amount": 20_000_000 },
            { "measure": { "mean": "cost" }, "at_least": false, "amount": 1_000_000 },
        ]);
        let targets: Vec<Target> = serde_json::from_value(plan).expect("targets");
        let written: Vec<String> = targets.iter().map(Target::written).collect();
        assert_eq!(written, ["p95(time) <= 8s", "success >= 90%", "cost_per_success <= $0.02", "mean(cost) <= $0.001"]);
    }

    #[test]
    fn chances_add_up() {
        assert!((at_most(2, 4, 0.5) - 11.0 / 16.0).abs() < 1e-12);
        assert!((at_most(1000, 1000, 0.3) - 1.0).abs() < 1e-9);
    }
}
