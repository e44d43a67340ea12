//! How what a flow takes is spread: exactly, over every combination, where there are few; else drawn, always with the same seed.

use std::collections::BTreeMap;

use super::Numbers;
use super::model::{Model, beside, then};
use crate::cost::{Dimension, Money, Resources};

/// More combinations than this are drawn from and not gone through.
const MOST_POINTS: usize = 5_000;
/// How often is drawn.
pub(super) const DRAWS: u64 = 20_000;
/// The seed of the draws.
const SEED: u64 = 0x666c_6f77;

type Key = [u64; 8];
type Spread = BTreeMap<Key, f64>;

/// Every combination with its share; nothing where there are too many, or where they are not independent.
pub(super) fn exact(model: &Model) -> Option<Vec<(Resources, f64)>> {
    let spread = spread(model)?;
    Some(spread.into_iter().map(|(key, share)| (resources(&key), share)).collect())
}

fn spread(model: &Model) -> Option<Spread> {
    match model {
        Model::Point(point) => Some(Spread::from([(key(point), 1.0)])),
        Model::Then(all) => all.iter().try_fold(nothing(), |sum, one| joined(&sum, &spread(one)?, then)),
        Model::Beside(all) => all.iter().try_fold(nothing(), |sum, one| joined(&sum, &spread(one)?, beside)),
        Model::Dag(_) => None,
        Model::Mix(all) => mixed(all.iter().map(|(share, one)| Some((*share, spread(one)?)))),
        Model::Rounds { counts, parallel, body } => {
            let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
            if *parallel > 1 && most > 1 {
                return None;
            }
            let body = spread(body)?;
            let mut after = vec![nothing()];
            for _ in 0..most {
                let next = joined(after.last()?, &body, then)?;
                after.push(next);
            }
            let of = |count: u64| usize::try_from(count).ok().and_then(|count| after.get(count).cloned());
            mixed(counts.iter().map(|(share, count)| Some((*share, of(*count)?))))
        }
    }
}

fn nothing() -> Spread {
    Spread::from([([0; 8], 1.0)])
}

fn joined(a: &Spread, b: &Spread, join: fn(&Resources, &Resources) -> Resources) -> Option<Spread> {
    if a.len().checked_mul(b.len())? > 40 * MOST_POINTS {
        return None;
    }
    let mut out = Spread::new();
    for (left, share) in a {
        for (right, other) in b {
            *out.entry(key(&join(&resources(left), &resources(right)))).or_default() += share * other;
        }
    }
    (out.len() <= MOST_POINTS).then_some(out)
}

fn mixed(all: impl Iterator<Item = Option<(f64, Spread)>>) -> Option<Spread> {
    let mut out = Spread::new();
    for one in all {
        let (share, spread) = one?;
        for (key, inner) in spread {
            *out.entry(key).or_default() += share * inner;
        }
    }
    (out.len() <= MOST_POINTS).then_some(out)
}

/// Draws, the same each time.
pub(super) fn drawn(model: &Model) -> Vec<(Resources, f64)> {
    let mut chance = Chance(SEED);
    (0..DRAWS).map(|_| (draw(model, &mut chance), 1.0)).collect()
}

fn draw(model: &Model, chance: &mut Chance) -> Resources {
    match model {
        Model::Point(point) => *point,
        Model::Then(all) => all.iter().fold(Resources::ZERO, |sum, one| then(&sum, &draw(one, chance))),
        Model::Beside(all) => all.iter().fold(Resources::ZERO, |sum, one| beside(&sum, &draw(one, chance))),
        Model::Mix(all) => match chance.pick(all) {
            Some(one) => draw(one, chance),
            None => Resources::ZERO,
        },
        Model::Dag(all) => {
            let mut ends: Vec<u64> = Vec::new();
            let mut sum = Resources::ZERO;
            for (needs, one) in all {
                let drawn = draw(one, chance);
                let start = needs.iter().filter_map(|need| ends.get(*need)).max().copied().unwrap_or(0);
                ends.push(start.saturating_add(drawn.time_ms));
                sum = then(&sum, &drawn);
            }
            Resources { time_ms: ends.into_iter().max().unwrap_or(0), ..sum }
        }
        Model::Rounds { counts, parallel, body } => {
            let count = chance.pick(counts).copied().unwrap_or(0);
            let mut slots = vec![0u64; usize::try_from((*parallel).clamp(1, count.max(1))).unwrap_or(1)];
            let mut sum = Resources::ZERO;
            for _ in 0..count {
                let drawn = draw(body, chance);
                // The next element takes the place that is free first.
                if let Some(first) = slots.iter_mut().min() {
                    *first = first.saturating_add(drawn.time_ms);
                }
                sum = then(&sum, &drawn);
            }
            Resources { time_ms: slots.into_iter().max().unwrap_or(0), ..sum }
        }
    }
}

/// A sequence of numbers that looks like chance and is the same each time (SplitMix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        // 53 bits are what such a number holds.
        float(mixed >> 11) / float(1 << 53)
    }

    fn pick<'a, T>(&mut self, all: &'a [(f64, T)]) -> Option<&'a T> {
        let mut left = self.next();
        for (share, one) in all {
            if left < *share {
                return Some(one);
            }
            left -= share;
        }
        all.iter().rfind(|(share, _)| *share > 0.0).map(|(_, one)| one)
    }
}

/// Mean and quantiles of every dimension.
pub(super) fn numbers(weighted: &[(Resources, f64)]) -> BTreeMap<Dimension, Numbers> {
    Dimension::ALL.into_iter().map(|dimension| (dimension, of(dimension, weighted))).collect()
}

fn of(dimension: Dimension, weighted: &[(Resources, f64)]) -> Numbers {
    let mut values: Vec<(u64, f64)> = weighted.iter().map(|(one, weight)| (one.get(dimension), *weight)).collect();
    values.sort_unstable_by_key(|(value, _)| *value);
    let whole: f64 = values.iter().map(|(_, weight)| weight).sum();
    let mean = values.iter().map(|(value, weight)| float(*value) * weight).sum::<f64>() / whole;
    let quantile = |share: f64| {
        let mut seen = 0.0;
        let reached = values.iter().find(|(_, weight)| {
            seen += weight;
            seen >= share * whole - 1e-9 * whole
        });
        reached.or(values.last()).map_or(0, |(value, _)| *value)
    };
    Numbers { mean, p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99) }
}

/// A share of a whole that is not nothing.
pub(super) fn share(part: usize, whole: usize) -> f64 {
    float(part as u64) / float(whole.max(1) as u64)
}

/// A number for statistics.
#[expect(clippy::cast_precision_loss, reason = "a statistic may lose its last digits; nothing is billed by it")]
pub(super) fn float(number: u64) -> f64 {
    number as f64
}

fn key(resources: &Resources) -> Key {
    Dimension::ALL.map(|dimension| resources.get(dimension))
}

fn resources(key: &Key) -> Resources {
    let [cost, calls, turns, tools, input, output, tokens, time_ms] = *key;
    Resources { cost: Money::from_nanos(cost), calls, turns, tools, input, output, tokens, time_ms }
}
