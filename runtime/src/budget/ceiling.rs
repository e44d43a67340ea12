//! Ceilings over many runs. In: the ceilings that a flow is under, who calls, the clock. Out: what an attempt claims of each of their
//! windows, and what is said where it is refused.
//!
//! A window is computed from the time and begins nowhere by itself: no job resets it, and a limit that is edited changes nothing of what
//! was spent. Whether a claim fits is decided in the transaction that writes the hold, so no two processes decide at once.

use std::collections::BTreeMap;
use std::fmt;

use flow_compiler::cost::{Dimension, Resources, show_millis};
use flow_compiler::program::{Ceiling, CeilingId, CeilingLimit, Program};

/// A day in milliseconds.
const DAY: u64 = 86_400_000;

/// What an attempt wants of one window of a ceiling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The ceiling in its plan.
    pub ceiling: CeilingId,
    /// Its name: one name is one ceiling in a ledger, whoever runs under it.
    pub name: String,
    /// What is limited.
    pub dimension: Dimension,
    /// To how much.
    pub limit: u64,
    /// From how much on it is said.
    pub soft: Option<u64>,
    /// How long a window is, in milliseconds.
    pub per_ms: u64,
    /// The fact about the caller for whose value it holds apart, and the value.
    pub by: Option<(String, String)>,
    /// When the window began. It is half-open: its end is the beginning of the next one.
    pub starts_at: u64,
    /// How much is held.
    pub amount: u64,
}

/// A claim that did not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Over {
    /// What was claimed.
    pub claim: Claim,
    /// How much there would have been with it.
    pub needed: u64,
}

impl Claim {
    /// Names its window.
    #[must_use]
    pub fn window(&self) -> String {
        let by = self.by.as_ref().map_or(String::new(), |(fact, value)| format!("/{fact}={value}"));
        format!("{}/{}/{}/{}{by}", self.name, self.dimension.name(), self.per_ms, self.starts_at)
    }

    /// When its window ends and the next one begins.
    #[must_use]
    pub fn ends_at(&self) -> u64 {
        self.starts_at.saturating_add(self.per_ms)
    }

    fn of_whom(&self) -> String {
        self.by.as_ref().map_or(String::new(), |(fact, value)| format!(" for {fact} `{value}`"))
    }

    /// The limit with its time, as it is written: `$500 per 1d`.
    #[must_use]
    pub fn shown(&self) -> String {
        format!("{} per {}", self.dimension.show(self.limit), show_millis(self.per_ms))
    }

    /// What is said when the soft share of the limit is passed.
    #[must_use]
    pub fn passed_soft(&self, now: u64) -> String {
        let (name, dimension, of_whom) = (&self.name, self.dimension.name(), self.of_whom());
        format!(
            "the ceiling `{name}` is near: {} of {dimension} is spent or held of {}{of_whom}",
            self.dimension.show(now),
            self.shown()
        )
    }
}

impl fmt::Display for Over {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let claim = &self.claim;
        let next = i64::try_from(claim.ends_at()).ok().and_then(|at| jiff::Timestamp::from_millisecond(at).ok());
        write!(
            f,
            "the ceiling `{}`: {} would reach {}, at most {} is allowed{}",
            claim.name,
            claim.dimension.name(),
            claim.dimension.show(self.needed),
            claim.shown(),
            claim.of_whom(),
        )?;
        next.map_or(Ok(()), |next| write!(f, "; the next window begins at {next}"))
    }
}

/// What an attempt claims of the ceilings that it is under. What it does not take is not claimed.
///
/// # Errors
/// Names a fact about the caller that a ceiling needs and that nobody gave.
pub fn claims(
    program: &Program,
    under: &[CeilingId],
    caller: &BTreeMap<String, String>,
    reserved: &Resources,
    now_ms: u64,
) -> Result<Vec<Claim>, Missing> {
    let mut claims = Vec::new();
    for id in under {
        let Some(ceiling) = program.ceilings.get(id.index()) else { continue };
        for limit in &ceiling.limits {
            let amount = reserved.get(limit.limit.dimension);
            if amount > 0 {
                claims.push(claim(*id, ceiling, limit, caller, amount, now_ms)?);
            }
        }
    }
    Ok(claims)
}

/// A fact about the caller that a ceiling needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The ceiling.
    pub ceiling: String,
    /// The fact.
    pub fact: String,
}

fn claim(
    id: CeilingId,
    ceiling: &Ceiling,
    limit: &CeilingLimit,
    caller: &BTreeMap<String, String>,
    amount: u64,
    now_ms: u64,
) -> Result<Claim, Missing> {
    let missing = |fact: &String| Missing { ceiling: ceiling.name.clone(), fact: fact.clone() };
    let value = |fact: &String| Ok((fact.clone(), caller.get(fact).ok_or_else(|| missing(fact))?.clone()));
    let most = limit.limit.amount;
    Ok(Claim {
        ceiling: id,
        name: ceiling.name.clone(),
        dimension: limit.limit.dimension,
        limit: most,
        soft: ceiling
            .soft
            .map(|hundredths| u64::try_from(u128::from(most) * u128::from(hundredths) / 100).unwrap_or(most)),
        per_ms: limit.per_ms,
        by: limit.by.as_ref().map(value).transpose()?,
        starts_at: start(now_ms, limit.per_ms),
        amount,
    })
}

/// INVARIANT I-24: when the window began that a time is in. Windows follow each other without a gap since 1970, in UTC; those of whole
/// weeks begin on Mondays.
fn start(now_ms: u64, per_ms: u64) -> u64 {
    let per = per_ms.max(1);
    // 1970 began on a Thursday, so the first Monday was its fifth day.
    let offset = if per.is_multiple_of(7 * DAY) { 4 * DAY % per } else { 0 };
    match now_ms.checked_sub(offset) {
        Some(since) => offset + since / per * per,
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_follow_each_other_without_a_gap() {
        let at = |text: &str| u64::try_from(text.parse::<jiff::Timestamp>().unwrap().as_millisecond()).unwrap();
        let now = at("2026-11-23T22:41:07.250Z");
        assert_eq!(start(now, 3_600_000), at("2026-11-23T22:00:00Z"));
        assert_eq!(start(now, DAY), at("2026-11-23T00:00:00Z"));
        assert_eq!(start(now, 7 * DAY), at("2026-11-23T00:00:00Z"), "a Monday");
        assert_eq!(start(at("2026-11-22T23:59:59.999Z"), 7 * DAY), at("2026-11-16T00:00:00Z"));
        for per in [1_000, 60_000, 5 * 3_600_000, DAY, 7 * DAY, 30 * DAY] {
            let begin = start(now, per);
            assert!(begin <= now && now < begin + per);
            assert_eq!(start(begin, per), begin, "the beginning is inside");
            assert_eq!(start(begin + per - 1, per), begin);
            assert_eq!(start(begin + per, per), begin + per, "the end is not");
        }
    }
}
