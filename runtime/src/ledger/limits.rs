//! Limits of ceilings, version by version. In: what plans declare, and whoever sets a limit. Out: the one that is in force, and who brought
//! which one when.
//!
//! INVARIANT I-24: a limit is a row that nobody changes. The latest one is in force for every run, those under way too, and what was spent
//! is not touched by it.

use super::{Held, Opened};
use flow_compiler::cost::{Dimension, Money};
use flow_compiler::program::WORKSPACE;

use super::database::{Database, DatabaseError, Row, params};
use super::query::Reader;
use crate::budget::ceiling::{Claim, Declared, WORKSPACE_LIMIT, WORKSPACE_PER_MS, shown_time};
use crate::clock::{Clock as _, SystemClock};
use crate::error::RunError;

/// A version of a limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitRow {
    /// The ceiling.
    pub ceiling: String,
    /// What is limited, by name.
    pub dimension: String,
    /// Within which time, in milliseconds.
    pub per_ms: u64,
    /// The time zone whose days these are; absent: UTC.
    pub zone: Option<String>,
    /// The fact about the caller for each of whose values it holds apart.
    pub fact: Option<String>,
    /// From 1.
    pub number: u64,
    /// To how much.
    pub limit: u64,
    /// Whether nothing is refused, and only said.
    pub is_shadow: bool,
    /// The run whose plan brought it, and its flow.
    pub run: Option<(String, String)>,
    /// Who set it, where no run did.
    pub by: Option<String>,
    /// Why.
    pub note: Option<String>,
    /// Since when, in milliseconds since 1970.
    pub since_ms: u64,
}

/// Something that a ceiling said, or that was noticed of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertRow {
    /// The run that did it.
    pub run: String,
    /// The attempt; absent where the run brought another limit.
    pub attempt: Option<String>,
    /// `near`, `shadow`, `changed`; `loop` where a model repeats itself.
    pub kind: String,
    /// The ceiling, where it is one that says it.
    pub ceiling: Option<String>,
    /// What it said.
    pub detail: String,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
}

/// Something to say of a ceiling.
pub(super) struct Alert<'a> {
    pub(super) run: &'a str,
    pub(super) attempt: Option<&'a str>,
    pub(super) kind: &'static str,
    pub(super) ceiling: &'a str,
    pub(super) detail: &'a str,
    pub(super) at_ms: u64,
}

impl Alert<'_> {
    /// Writes it down, in the transaction of what it is about: it is said once, whoever dies when.
    pub(super) fn write(&self, on: &mut Database) -> Result<(), DatabaseError> {
        let sql = "INSERT INTO alerts (run, attempt, kind, ceiling, detail, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let attempt = self.attempt.map(str::to_owned);
        on.execute(sql, params![self.run, &attempt, self.kind, self.ceiling, self.detail, self.at_ms]).map(drop)
    }
}

/// Names a limit, whatever its versions.
struct Key<'a> {
    ceiling: &'a str,
    dimension: &'static str,
    per_ms: u64,
    zone: &'a str,
    fact: &'a str,
}

/// A version of a limit.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Version {
    number: u64,
    limit: u64,
    is_shadow: bool,
    since_ms: u64,
}

impl Key<'_> {
    fn latest(&self, on: &mut Database) -> Result<Option<Version>, DatabaseError> {
        let sql = "SELECT number, most, shadow, since FROM limits
                   WHERE ceiling = ?1 AND dimension = ?2 AND per_ms = ?3 AND zone = ?4 AND fact = ?5
                   ORDER BY number DESC LIMIT 1";
        let row = on.row(sql, params![self.ceiling, self.dimension, self.per_ms, self.zone, self.fact])?;
        let read = |row: Row| {
            Ok(Version { number: row.get(0)?, limit: row.get(1)?, is_shadow: row.get(2)?, since_ms: row.get(3)? })
        };
        row.map(read).transpose()
    }
}

/// A claim under the limit that is in force. `None` of the workspace where the ledger has no ceiling over it: one that is older.
pub(super) fn in_force(on: &mut Database, claim: &Claim) -> Result<Option<Claim>, DatabaseError> {
    let key = Key {
        ceiling: &claim.name,
        dimension: claim.dimension.name(),
        per_ms: claim.per_ms,
        zone: claim.zone.as_deref().unwrap_or_default(),
        fact: claim.by.as_ref().map_or("", |(fact, _)| fact),
    };
    let latest = key.latest(on)?;
    Ok(match latest {
        Some(version) => Some(claim.under(version.limit, version.is_shadow)),
        None => Some(claim.clone()).filter(|claim| claim.name != WORKSPACE),
    })
}

/// Makes the limits of a run that begins those that are in force. Gives what is to be said where they were others.
pub(super) fn declare(on: &mut Database, opened: &Opened) -> Result<Vec<String>, DatabaseError> {
    let mut said = Vec::new();
    for declared in &opened.limits {
        let key = Key {
            ceiling: &declared.name,
            dimension: declared.dimension.name(),
            per_ms: declared.per_ms,
            zone: declared.zone.as_deref().unwrap_or_default(),
            fact: declared.fact.as_deref().unwrap_or_default(),
        };
        let limit = declared.limit.min(i64::MAX.unsigned_abs());
        let before = key.latest(on)?;
        if before.is_some_and(|before| (before.limit, before.is_shadow) == (limit, declared.is_shadow)) {
            continue;
        }
        let number = before.map_or(0, |before| before.number) + 1;
        let sql = "INSERT INTO limits (ceiling, dimension, per_ms, zone, fact, number, most, shadow, run, since)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        let row = params![
            key.ceiling,
            key.dimension,
            key.per_ms,
            key.zone,
            key.fact,
            number,
            limit,
            declared.is_shadow,
            &opened.run,
            opened.at_ms
        ];
        on.execute(sql, row)?;
        let sql = "UPDATE periods SET most = ?6 WHERE ceiling = ?1 AND dimension = ?2 AND per_ms = ?3
                   AND coalesce(zone, '') = ?4 AND coalesce(fact, '') = ?5 AND ends_at > ?7";
        on.execute(sql, params![key.ceiling, key.dimension, key.per_ms, key.zone, key.fact, limit, opened.at_ms])?;
        if let Some(before) = before {
            let detail = changed(declared, before);
            let (run, ceiling, at_ms) = (&opened.run, &declared.name, opened.at_ms);
            Alert { run, attempt: None, kind: "changed", ceiling, detail: &detail, at_ms }.write(on)?;
            said.push(detail);
        }
    }
    Ok(said)
}

/// INVARIANT I-35: a model that has the same call made for the third time is said to go round in circles, once for each call.
pub(super) fn repeated(on: &mut Database, held: &Held) -> Result<Option<String>, DatabaseError> {
    const TWICE: u64 = 2;
    if held.tool.as_ref().is_none_or(|tool| tool.made != TWICE) {
        return Ok(None);
    }
    let detail = format!(
        "a model has `{}` called with the same arguments for the third time: `once per …` gives the first result again for nothing, \
         `gate not seen(…)` refuses",
        held.step
    );
    let (run, attempt, at_ms) = (&held.run, Some(held.attempt.as_str()), held.at_ms);
    Alert { run, attempt, kind: "loop", ceiling: "", detail: &detail, at_ms }.write(on)?;
    Ok(Some(detail))
}

/// What a new ledger begins with: little may be spent until somebody decides otherwise.
pub(super) fn begin(on: &mut Database) -> Result<(), DatabaseError> {
    let (note, now) = (Some("what a new ledger begins with"), SystemClock.now_ms());
    set_workspace(on, WORKSPACE_LIMIT, "flow", note, now).map(drop)
}

/// Another limit for everything that a ledger pays. Says whether it is another one.
fn set_workspace(
    on: &mut Database,
    limit: u64,
    who: &str,
    note: Option<&str>,
    at_ms: u64,
) -> Result<bool, DatabaseError> {
    let (dimension, per_ms) = (Dimension::Cost.name(), WORKSPACE_PER_MS);
    let key = Key { ceiling: WORKSPACE, dimension, per_ms, zone: "", fact: "" };
    let before = key.latest(on)?;
    if before.is_some_and(|before| before.limit == limit) {
        return Ok(false);
    }
    let number = before.map_or(0, |before| before.number) + 1;
    let sql = "INSERT INTO limits (ceiling, dimension, per_ms, zone, fact, number, most, shadow, who, note, since)
               VALUES (?1, ?2, ?3, '', '', ?4, ?5, 0, ?6, ?7, ?8)";
    let note = note.map(str::to_owned);
    on.execute(sql, params![WORKSPACE, dimension, per_ms, number, limit, who, &note, at_ms])?;
    let sql = "UPDATE periods SET most = ?2 WHERE ceiling = ?1 AND ends_at > ?3";
    on.execute(sql, params![WORKSPACE, limit, at_ms])?;
    Ok(true)
}

fn changed(now: &Declared, before: Version) -> String {
    let shown = |limit: u64, is_shadow: bool| {
        let shadow = if is_shadow { ", as a shadow" } else { "" };
        format!("{}{shadow}", now.dimension.show(limit))
    };
    let since = i64::try_from(before.since_ms).ok().and_then(|at| jiff::Timestamp::from_millisecond(at).ok());
    let since = since.map_or(String::new(), |at| format!(" since {}", at.strftime("%Y-%m-%dT%H:%M:%SZ")));
    format!(
        "the ceiling `{}` has another limit for all runs from now on: {} of {} {}; it was {}{since}",
        now.name,
        shown(now.limit, now.is_shadow),
        now.dimension.name(),
        shown_time(now.per_ms, now.zone.as_deref()),
        shown(before.limit, before.is_shadow)
    )
}

impl Reader {
    /// Sets what may be spent a day of everything that this ledger pays, from now on. Says whether it is another limit than before.
    ///
    /// # Errors
    /// Where the ledger cannot be written.
    pub fn set_workspace(&self, limit: Money, by: &str, note: Option<&str>, at_ms: u64) -> Result<bool, RunError> {
        let set = self.with(|on| on.atomically(|on| set_workspace(on, limit.nanos(), by, note, at_ms)));
        set.map_err(|error: DatabaseError| RunError::unreadable_ledger(&error))
    }

    /// The limits of all ceilings, version by version.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn limits(&self) -> Result<Vec<LimitRow>, RunError> {
        let sql =
            "SELECT l.ceiling, dimension, per_ms, zone, fact, number, most, shadow, l.run, r.flow, who, note, since
                   FROM limits l LEFT JOIN runs r ON r.id = l.run
                   ORDER BY l.ceiling, dimension, per_ms, zone, fact, number";
        self.all(sql, params![], |row| {
            let some = |text: String| Some(text).filter(|text| !text.is_empty());
            let (run, flow): (Option<String>, Option<String>) = (row.get(8)?, row.get(9)?);
            Ok(LimitRow {
                ceiling: row.get(0)?,
                dimension: row.get(1)?,
                per_ms: row.get(2)?,
                zone: some(row.get(3)?),
                fact: some(row.get(4)?),
                number: row.get(5)?,
                limit: row.get(6)?,
                is_shadow: row.get(7)?,
                run: run.zip(flow),
                by: row.get(10)?,
                note: row.get(11)?,
                since_ms: row.get(12)?,
            })
        })
    }

    /// What ceilings said of a run, or of all runs: the latest last.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn alerts(&self, run: Option<&str>) -> Result<Vec<AlertRow>, RunError> {
        let sql = "SELECT run, attempt, kind, ceiling, detail, at FROM alerts
                   WHERE run = ?1 OR ?1 IS NULL ORDER BY at, run, attempt";
        self.all(sql, params![run], |row| {
            Ok(AlertRow {
                run: row.get(0)?,
                attempt: row.get(1)?,
                kind: row.get(2)?,
                ceiling: Some(row.get::<String>(3)?).filter(|name| !name.is_empty()),
                detail: row.get(4)?,
                at_ms: row.get(5)?,
            })
        })
    }
}
