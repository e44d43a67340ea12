//! Ceilings over many runs. In: the ceilings that a flow is under, who calls, the clock. Out: what an attempt claims of each of their
//! windows, and what is said where it is refused.
//!
//! A window is computed from the time and begins nowhere by itself: no job resets it, and a limit that is edited changes nothing of what
//! was spent. Whether a claim fits is decided in the transaction that writes the hold, so no two processes decide at once.

use std::collections::BTreeMap;
use std::fmt;

use flow_compiler::cost::{Dimension, Resources, show_millis};
use flow_compiler::program::{Ceiling, CeilingId, CeilingLimit, Program, WORKSPACE};

use super::window::{self, Window};

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
    /// Whether nothing is refused, and only said.
    pub is_shadow: bool,
    /// How long a window is, in milliseconds.
    pub per_ms: u64,
    /// The fact about the caller for whose value it holds apart, and the value.
    pub by: Option<(String, String)>,
    /// The time zone whose days these are; absent: UTC.
    pub zone: Option<String>,
    /// When the window began. It is half-open: its end is the beginning of the next one.
    pub starts_at: u64,
    /// When it ends and the next one begins.
    pub ends_at: u64,
    /// How much is held.
    pub amount: u64,
}

/// A limit as a plan declares it. Which one is in force for everybody is in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// The name of its ceiling.
    pub name: String,
    /// What is limited.
    pub dimension: Dimension,
    /// Within which time, in milliseconds.
    pub per_ms: u64,
    /// The time zone whose days these are; absent: UTC.
    pub zone: Option<String>,
    /// The fact about the caller for each of whose values it holds apart.
    pub fact: Option<String>,
    /// To how much.
    pub limit: u64,
    /// Whether nothing is refused, and only said.
    pub is_shadow: bool,
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
        let zone = self.zone.as_ref().map_or(String::new(), |zone| format!("@{zone}"));
        format!("{}/{}/{}{zone}/{}{by}", self.name, self.dimension.name(), self.per_ms, self.starts_at)
    }

    /// The same claim under another limit: what is said early moves with it.
    #[must_use]
    pub fn under(&self, limit: u64, is_shadow: bool) -> Claim {
        let moved = |soft: u64| match self.limit {
            0 => 0,
            before => u64::try_from(u128::from(soft) * u128::from(limit) / u128::from(before)).unwrap_or(limit),
        };
        Claim { limit, is_shadow, soft: self.soft.map(moved), ..self.clone() }
    }

    /// What is said where a ceiling that refuses nothing would have refused something.
    #[must_use]
    pub fn would_refuse(&self, needed: u64) -> String {
        let over = Over { claim: self.clone(), needed };
        format!("{over}; it is a shadow, so nothing was refused")
    }

    fn of_whom(&self) -> String {
        self.by.as_ref().map_or(String::new(), |(fact, value)| format!(" for {fact} `{value}`"))
    }

    /// The limit with its time, as it is written: `$500 per 1d in "Europe/Berlin"`.
    #[must_use]
    pub fn shown(&self) -> String {
        format!("{} {}", self.dimension.show(self.limit), shown_time(self.per_ms, self.zone.as_deref()))
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
        let next = i64::try_from(claim.ends_at).ok().and_then(|at| jiff::Timestamp::from_millisecond(at).ok());
        write!(
            f,
            "the ceiling `{}`: {} would reach {}, at most {} is allowed{}",
            claim.name,
            claim.dimension.name(),
            claim.dimension.show(self.needed),
            claim.shown(),
            claim.of_whom(),
        )?;
        next.map_or(Ok(()), |next| write!(f, "; the next window begins at {next}"))?;
        match claim.name == WORKSPACE {
            true => f.write_str("; `flow ceilings --workspace '$…'` allows more"),
            false => Ok(()),
        }
    }
}

/// `per 1d in "Europe/Berlin"`, as it is written.
#[must_use]
pub fn shown_time(per_ms: u64, zone: Option<&str>) -> String {
    let zone = zone.map_or(String::new(), |zone| format!(" in \"{zone}\""));
    format!("per {}{zone}", show_millis(per_ms))
}

/// What an attempt claims of the ceilings that it is under. What it does not take is not claimed.
///
/// # Errors
/// Names a fact about the caller that a ceiling needs and that nobody gave, or a time zone that this program does not know.
pub fn claims(
    program: &Program,
    under: &[CeilingId],
    caller: &BTreeMap<String, String>,
    reserved: &Resources,
    now_ms: u64,
) -> Result<Vec<Claim>, Unclaimed> {
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

/// The length of a window of the ceiling over everything that a ledger pays: a day of UTC.
pub(crate) const WORKSPACE_PER_MS: u64 = 86_400_000;

/// What a new ledger allows a day, in nano-dollars: $5. More is a decision of somebody.
pub(crate) const WORKSPACE_LIMIT: u64 = 5_000_000_000;

/// What an attempt claims of the ceiling over everything that a ledger pays, whichever flow it is of. A ledger that has none leaves it out.
#[must_use]
pub fn of_workspace(reserved: &Resources, now_ms: u64) -> Option<Claim> {
    let amount = reserved.get(Dimension::Cost);
    let Window { starts_at, ends_at } = window::of(now_ms, WORKSPACE_PER_MS, None)?;
    (amount > 0).then(|| Claim {
        // No program declares it, so it has no tiers and hands over to nobody.
        ceiling: CeilingId(u32::MAX),
        name: WORKSPACE.to_owned(),
        dimension: Dimension::Cost,
        limit: WORKSPACE_LIMIT,
        soft: Some(WORKSPACE_LIMIT / 5 * 4),
        is_shadow: false,
        per_ms: WORKSPACE_PER_MS,
        by: None,
        zone: None,
        starts_at,
        ends_at,
        amount,
    })
}

/// The windows of ceilings that are open, whoever claims something of them: claims of nothing.
///
/// # Errors
/// As [`claims`].
pub fn looks(
    program: &Program,
    ceilings: &[CeilingId],
    caller: &BTreeMap<String, String>,
    now_ms: u64,
) -> Result<Vec<Claim>, Unclaimed> {
    let found = ceilings.iter().filter_map(|id| Some((*id, program.ceilings.get(id.index())?)));
    let limits = found.flat_map(|(id, ceiling)| ceiling.limits.iter().map(move |limit| (id, ceiling, limit)));
    limits.map(|(id, ceiling, limit)| claim(id, ceiling, limit, caller, 0, now_ms)).collect()
}

/// The limits of ceilings, as their program declares them.
#[must_use]
pub fn declared(program: &Program, under: &[CeilingId]) -> Vec<Declared> {
    let ceilings = under.iter().filter_map(|id| program.ceilings.get(id.index()));
    let limits = ceilings.flat_map(|ceiling| ceiling.limits.iter().map(move |limit| (ceiling, limit)));
    let declared = limits.map(|(ceiling, limit)| Declared {
        name: ceiling.name.clone(),
        dimension: limit.limit.dimension,
        per_ms: limit.per_ms,
        zone: limit.zone.clone(),
        fact: limit.by.clone(),
        limit: limit.limit.amount,
        is_shadow: ceiling.shadow,
    });
    declared.collect()
}

/// Why nobody knows which window an attempt falls into.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unclaimed {
    /// A fact about the caller is missing.
    #[error("the ceiling `{ceiling}` needs `caller.{fact}`")]
    Fact {
        /// The ceiling.
        ceiling: String,
        /// The fact.
        fact: String,
    },
    /// This program does not know the time zone, or no such time.
    #[error("the ceiling `{ceiling}` is counted in `{zone}`, which this program does not know")]
    Zone {
        /// The ceiling.
        ceiling: String,
        /// The time zone.
        zone: String,
    },
}

fn claim(
    id: CeilingId,
    ceiling: &Ceiling,
    limit: &CeilingLimit,
    caller: &BTreeMap<String, String>,
    amount: u64,
    now_ms: u64,
) -> Result<Claim, Unclaimed> {
    let missing = |fact: &String| Unclaimed::Fact { ceiling: ceiling.name.clone(), fact: fact.clone() };
    let value = |fact: &String| Ok((fact.clone(), caller.get(fact).ok_or_else(|| missing(fact))?.clone()));
    let most = limit.limit.amount;
    let zone = limit.zone.as_deref();
    let unknown = || Unclaimed::Zone { ceiling: ceiling.name.clone(), zone: limit.zone.clone().unwrap_or_default() };
    let Window { starts_at, ends_at } = window::of(now_ms, limit.per_ms, zone).ok_or_else(unknown)?;
    Ok(Claim {
        ceiling: id,
        name: ceiling.name.clone(),
        dimension: limit.limit.dimension,
        limit: most,
        is_shadow: ceiling.shadow,
        soft: ceiling
            .soft
            .map(|hundredths| u64::try_from(u128::from(most) * u128::from(hundredths) / 100).unwrap_or(most)),
        per_ms: limit.per_ms,
        by: limit.by.as_ref().map(value).transpose()?,
        zone: limit.zone.clone(),
        starts_at,
        ends_at,
        amount,
    })
}
