//! What is spent and held of the windows of ceilings. In: claims of holds, settlements. Out: counters, a refusal, or what is near.
//!
//! A counter is never more than its rows: `recount` makes it anew from them, and `flow audit` compares.

use flow_compiler::cost::{Dimension, Resources};

use super::database::{Database, DatabaseError, Row, params};
use super::limits::{self, Alert};
use super::mutant::{Mutant, rule};
use super::sum::{halves, sum};
use super::{Held, Written};
use crate::budget::ceiling::{Claim, Over};

/// A claim that fits, and how much of its window is spent and held with it.
pub(super) struct Fitting {
    claim: Claim,
    now: u64,
}

impl Fitting {
    /// Its window holds what it claims.
    fn claim_it(&self, on: &mut Database) -> Result<(), DatabaseError> {
        let window = self.claim.window();
        let sql = "UPDATE periods SET held = held + ?2 WHERE id = ?1";
        on.execute(sql, params![&window, self.claim.amount]).map(drop)
    }
}

/// Whether claims fit, all of them: else the first one that does not.
///
/// INVARIANT I-2: every window is asked before any of them is changed, inside of the transaction that writes the hold.
pub(super) fn fit(on: &mut Database, claims: &[Claim]) -> Result<Result<Vec<Fitting>, Box<Over>>, DatabaseError> {
    let mut fitting: Vec<Fitting> = Vec::new();
    for claim in claims {
        let Some(claim) = &limits::in_force(on, claim)? else { continue };
        let (settled, held) = used(on, claim)?;
        let held = rule(Mutant::HeldNotCounted, held, || 0);
        // INVARIANT I-26: what cannot be added up is refused.
        let needed = settled.checked_add(held).and_then(|used| used.checked_add(claim.amount));
        match needed {
            Some(now) if now <= claim.limit || claim.is_shadow => fitting.push(Fitting { claim: claim.clone(), now }),
            _ if rule(Mutant::FirstCeilingOnly, false, || !fitting.is_empty()) => {
                fitting.push(Fitting { claim: claim.clone(), now: claim.limit });
            }
            _ => {
                let kept = rule(Mutant::PartlyClaimed, &[][..], || &fitting[..]);
                kept.iter().try_for_each(|fitting| fitting.claim_it(on))?;
                return Ok(Err(Box::new(Over { claim: claim.clone(), needed: needed.unwrap_or(u64::MAX) })));
            }
        }
    }
    Ok(Ok(fitting))
}

/// Claims for an attempt whose row is there. What is to be said of it is written down with it.
pub(super) fn take(on: &mut Database, held: &Held, fitting: &[Fitting]) -> Result<Written, DatabaseError> {
    let (mut written, attempt) = (Written::default(), &held.attempt);
    let mut say = |on: &mut Database, kind: &'static str, ceiling: &str, detail: String| {
        let alert = Alert { run: &held.run, attempt: Some(attempt), kind, ceiling, detail: &detail, at_ms: held.at_ms };
        written.alerts.push(detail.clone());
        alert.write(on)
    };
    for fitting @ Fitting { claim, now } in fitting {
        let window = claim.window();
        let row = params![attempt, &window, claim.amount];
        on.execute("INSERT INTO claims (attempt, period, amount) VALUES (?1, ?2, ?3)", row)?;
        fitting.claim_it(on)?;
        if claim.soft.is_some_and(|soft| *now >= soft) {
            let first = "UPDATE periods SET said = 1 WHERE id = ?1 AND said = 0";
            if on.execute(first, params![&window])? == 1 {
                say(on, "near", &claim.name, claim.passed_soft(*now))?;
            }
        }
        if *now > claim.limit {
            on.execute("UPDATE periods SET beyond = beyond + 1 WHERE id = ?1", params![&window])?;
            let row = on.row("SELECT beyond FROM periods WHERE id = ?1", params![&window])?;
            if row.map_or(Ok(0), |row| row.get::<u64>(0))? == 1 {
                say(on, "shadow", &claim.name, claim.would_refuse(*now))?;
            }
        }
    }
    Ok(written)
}

/// What is settled and held of the window of a claim. The window is made where it is the first.
fn used(on: &mut Database, claim: &Claim) -> Result<(u64, u64), DatabaseError> {
    let window = claim.window();
    // The limit that is in force is kept for reports; what was spent is not touched by it.
    let known = "UPDATE periods SET most = ?2 WHERE id = ?1";
    if on.execute(known, params![&window, claim.limit])? == 0 {
        let (fact, value) = claim.by.as_ref().map_or((None, None), |(fact, value)| (Some(fact), Some(value)));
        let dimension = claim.dimension.name();
        let row = params![
            &window,
            &claim.name,
            dimension,
            fact,
            value,
            claim.per_ms,
            &claim.zone,
            claim.starts_at,
            claim.ends_at,
            claim.limit,
        ];
        let sql = "INSERT INTO periods (id, ceiling, dimension, fact, value, per_ms, zone, starts_at, ends_at, most)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        on.execute(sql, row)?;
    }
    let row = on.row("SELECT settled, held FROM periods WHERE id = ?1", params![&window])?;
    row.map_or(Ok((0, 0)), |row| Ok((row.get(0)?, row.get(1)?)))
}

/// How much of the window of a claim is spent or held, in hundredths, rounded up: what is said to be left is there.
pub(super) fn share(on: &mut Database, look: &Claim) -> Result<u8, DatabaseError> {
    let Some(look) = limits::in_force(on, look)? else { return Ok(0) };
    let row = on.row("SELECT settled, held FROM periods WHERE id = ?1", params![&look.window()])?;
    let read = |row: Row| Ok::<_, DatabaseError>((row.get::<u64>(0)?, row.get::<u64>(1)?));
    let (settled, held) = row.map_or(Ok((0, 0)), read)?;
    let used = u128::from(settled) + u128::from(held);
    let share = (used * 100)
        .checked_add(u128::from(look.limit.saturating_sub(1)))
        .and_then(|up| up.checked_div(u128::from(look.limit)));
    Ok(share.and_then(|share| u8::try_from(share.min(100)).ok()).unwrap_or(100))
}

/// An attempt was settled: what it held of windows becomes what it took, in the windows that it was admitted in.
pub(super) fn settle(on: &mut Database, attempt: &str, spent: &Resources) -> Result<(), DatabaseError> {
    let sql = "SELECT period, dimension, amount, settled, held FROM claims c JOIN periods p ON p.id = c.period WHERE attempt = ?1";
    for row in on.rows(sql, params![attempt])? {
        let (window, dimension): (String, String) = (row.get(0)?, row.get(1)?);
        let (amount, settled, held): (u64, u64, u64) = (row.get(2)?, row.get(3)?, row.get(4)?);
        let taken = Dimension::ALL.into_iter().find(|one| one.name() == dimension).map_or(0, |one| spent.get(one));
        let settled = settled.saturating_add(taken).min(i64::MAX.unsigned_abs());
        let free = rule(Mutant::ClaimKept, amount, || 0);
        let row = params![&window, settled, held.saturating_sub(free)];
        on.execute("UPDATE periods SET settled = ?2, held = ?3 WHERE id = ?1", row)?;
    }
    Ok(())
}

/// What a window should say, by its rows.
pub(super) fn by_rows(on: &mut Database, window: &str, dimension: &str) -> Result<(u64, u64), DatabaseError> {
    let known = Dimension::ALL.into_iter().filter(|one| *one != Dimension::Time).find(|one| one.name() == dimension);
    let column = known.ok_or(DatabaseError::Column(1, "a dimension"))?.name();
    let (settled, held) =
        (halves(column, "FILTER (WHERE state <> 'held')"), halves("amount", "FILTER (WHERE state = 'held')"));
    let sql = format!("SELECT {settled}, {held} FROM claims c JOIN attempts a ON a.id = c.attempt WHERE c.period = ?1");
    let read = |row: Row| Ok((sum(&row, 0)?.min(i64::MAX.unsigned_abs()), sum(&row, 2)?));
    on.row(&sql, params![window])?.map_or(Ok((0, 0)), read)
}

/// Counts the windows anew in which something was held: the attempts of dead processes were settled in one stroke.
pub(super) fn recount(on: &mut Database) -> Result<(), DatabaseError> {
    if rule(Mutant::DeadNotCounted, false, || true) {
        return Ok(());
    }
    for row in on.rows("SELECT id, dimension FROM periods WHERE held > 0", &[])? {
        let (window, dimension): (String, String) = (row.get(0)?, row.get(1)?);
        let (settled, held) = by_rows(on, &window, &dimension)?;
        on.execute("UPDATE periods SET settled = ?2, held = ?3 WHERE id = ?1", params![&window, settled, held])?;
    }
    Ok(())
}
