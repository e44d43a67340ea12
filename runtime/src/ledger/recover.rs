//! What dead processes left behind. In: a ledger and who is alive. Out: their attempts charged at their reservation, their runs
//! interrupted, so that they can be resumed.

use flow_compiler::cost::{Money, Resources};

use super::database::{Database, DatabaseError, Row, params};
use super::location::Location;
use super::mutant::{Mutant, rule};
use super::sum::{halves, sum};
use super::{claims, owner};
use crate::clock::{Clock as _, SystemClock};
use crate::execution::Status;
use crate::fault::{self, Point};
use crate::run::RunReport;

/// Settles the attempts and ends the runs whose owners are gone. What a living process owns is left alone.
pub(super) fn settle_the_dead(database: &mut Database, at: &Location) -> Result<(), DatabaseError> {
    let open = database.rows("SELECT DISTINCT owner FROM runs WHERE status = 'running'", &[])?;
    for row in open {
        let name: String = row.get(0)?;
        database.atomically(|database| {
            if !rule(Mutant::LivingSettled, owner::is_gone(database, at, &name)?, || true) {
                return Ok(());
            }
            fault::at(Point::DeadFound);
            let now = SystemClock.now_ms();
            settle_held(database, "owner = ?2 AND status = 'running'", &name, now)?;
            fault::at(Point::DeadSettled);
            claims::recount(database)?;
            fault::at(Point::DeadRecounted);
            interrupt_runs(database, &name)?;
            fault::at(Point::DeadInterrupted);
            Ok::<_, DatabaseError>(())
        })?;
        fault::at(Point::DeadCommitted);
    }
    settle_the_forgotten(database)
}

/// Settles what a run that has ended left held: its settlement could not be written, and no living process will write it.
fn settle_the_forgotten(database: &mut Database) -> Result<(), DatabaseError> {
    let sql =
        "SELECT 1 FROM attempts a JOIN runs r ON r.id = a.run WHERE a.state = 'held' AND r.status <> 'running' LIMIT 1";
    if database.row(sql, &[])?.is_some() {
        let now = SystemClock.now_ms();
        database.atomically(|database| {
            settle_held(database, "status <> ?2", "running", now)?;
            claims::recount(database)
        })?;
    }
    Ok(())
}

/// Settles what is held of some runs. INVARIANT I-19: an attempt in flight when its process died is charged at its reservation.
fn settle_held(on: &mut Database, runs: &str, parameter: &str, now: u64) -> Result<(), DatabaseError> {
    let one_if = |what: &str| format!("CASE WHEN {what} THEN 1 ELSE 0 END");
    let sql = format!(
        "UPDATE attempts SET state = 'presumed', cost = reserved_cost, input = reserved_input, output = reserved_output,
                tokens = reserved_input + CASE WHEN reserved_output < {most} - reserved_input THEN reserved_output
                                               ELSE {most} - reserved_input END,
                calls = {call}, turns = {turn}, tools = {tool},
                usage_source = 'assumed', disposition = 'in_doubt',
                detail = 'the process ended before it was settled', ended_at = ?1
         WHERE state = 'held' AND run IN (SELECT id FROM runs WHERE {runs})",
        most = i64::MAX,
        call = one_if("kind <> 'tool'"),
        turn = one_if("kind = 'model'"),
        tool = one_if("kind = 'tool'"),
    );
    let released = || sql.replace("'presumed', cost = reserved_cost", "'released', cost = 0");
    let sql = rule(Mutant::DeadReleased, sql.clone(), released);
    on.execute(&sql, params![now, parameter]).map(drop)
}

/// Notes that the runs of an owner were interrupted, and what their attempts come to. How long they were busy nobody knows.
fn interrupt_runs(on: &mut Database, owner: &str) -> Result<(), DatabaseError> {
    let runs = on.rows("SELECT id, flow, bound FROM runs WHERE owner = ?1 AND status = 'running'", params![owner])?;
    for row in runs {
        let (run, flow, bound): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let (spent, presumed) = spent(on, &run)?;
        let report = RunReport {
            run,
            flow,
            status: Status::Interrupted,
            result: None,
            reason: None,
            detail: Some("its process ended before the run did".to_owned()),
            to: None,
            partial: None,
            spent,
            bound: serde_json::from_str(&bound).map_err(|_| DatabaseError::Column(2, "what was proved"))?,
            presumed,
            waiting: Vec::new(),
        };
        let (spent, json) = (serde_json::to_string(&spent).unwrap_or_default(), report.to_json().to_string());
        let sql = "UPDATE runs SET status = ?2, reason = ?3, spent = ?4, report = ?5 WHERE id = ?1";
        on.execute(sql, params![&report.run, report.status.name(), &report.reason, &spent, &json])?;
    }
    Ok(())
}

/// What the attempts of a run come to, and how much of it is presumed.
pub(super) fn spent(on: &mut Database, run: &str) -> Result<(Resources, Money), DatabaseError> {
    let columns = ["cost", "calls", "turns", "tools", "input", "output", "tokens"].map(|column| halves(column, ""));
    let presumed = halves("cost", "FILTER (WHERE state = 'presumed')");
    let sql = format!("SELECT {}, {presumed} FROM attempts WHERE run = ?1", columns.join(", "));
    let read = |row: &Row| {
        let spent = Resources {
            cost: Money::from_nanos(sum(row, 0)?),
            calls: sum(row, 2)?,
            turns: sum(row, 4)?,
            tools: sum(row, 6)?,
            input: sum(row, 8)?,
            output: sum(row, 10)?,
            tokens: sum(row, 12)?,
            time_ms: 0,
        };
        Ok((spent, Money::from_nanos(sum(row, 14)?)))
    };
    on.row(&sql, params![run])?.as_ref().map_or(Ok((Resources::ZERO, Money::ZERO)), read)
}
