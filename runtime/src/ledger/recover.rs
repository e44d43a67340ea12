//! What dead processes left behind. In: a ledger and who is alive. Out: their attempts charged at their reservation, their runs
//! ended as failed.

use std::error::Error;
use std::path::Path;

use flow_compiler::cost::{Money, Resources};
use flow_compiler::program::Reason;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::owner;
use super::sum::{halves, sum};
use crate::execution::Status;
use crate::run::RunReport;

/// Settles the attempts and ends the runs whose owners are gone. What a living process owns is left alone.
pub(super) fn settle_the_dead(connection: &mut Connection, owners: &Path) -> Result<(), Box<dyn Error>> {
    let open: Vec<String> = {
        let mut statement = connection.prepare("SELECT DISTINCT owner FROM runs WHERE status = 'running'")?;
        statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?
    };
    for name in open {
        if !owner::is_gone(owners, &name)? {
            continue;
        }
        let now = jiff::Timestamp::now().as_millisecond();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        settle_held(&transaction, "owner = ?2 AND status = 'running'", &name, now)?;
        end_runs(&transaction, &name, now)?;
        transaction.commit()?;
    }
    settle_the_forgotten(connection)
}

/// Settles what a run that has ended left held: its settlement could not be written, and no living process will write it.
fn settle_the_forgotten(connection: &mut Connection) -> Result<(), Box<dyn Error>> {
    let sql = "SELECT EXISTS (SELECT 1 FROM attempts a JOIN runs r ON r.id = a.run WHERE a.state = 'held' AND r.status <> ?1)";
    if connection.query_row(sql, ["running"], |row| row.get(0))? {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        settle_held(&transaction, "status <> ?2", "running", jiff::Timestamp::now().as_millisecond())?;
        transaction.commit()?;
    }
    Ok(())
}

/// Settles what is held of some runs. INVARIANT I-19: an attempt in flight when its process died is charged at its reservation.
fn settle_held(on: &Transaction<'_>, runs: &str, parameter: &str, now: i64) -> rusqlite::Result<usize> {
    let sql = format!(
        "UPDATE attempts SET state = 'presumed', cost = reserved_cost, input = reserved_input, output = reserved_output,
                tokens = reserved_input + min(reserved_output, {most} - reserved_input),
                calls = (kind <> 'tool'), turns = (kind = 'model'), tools = (kind = 'tool'),
                usage_source = 'assumed', disposition = 'in_doubt',
                detail = 'the process ended before it was settled', ended_at = ?1
         WHERE state = 'held' AND run IN (SELECT id FROM runs WHERE {runs})",
        most = i64::MAX
    );
    on.execute(&sql, params![now, parameter])
}

/// Ends the runs of an owner with what their attempts come to. How long they were busy nobody knows.
fn end_runs(on: &Transaction<'_>, owner: &str, now: i64) -> Result<(), Box<dyn Error>> {
    let runs: Vec<(String, String, String)> = {
        let sql = "SELECT id, flow, bound FROM runs WHERE owner = ?1 AND status = 'running'";
        let mut statement = on.prepare(sql)?;
        let rows = statement.query_map([owner], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        rows.collect::<Result<_, _>>()?
    };
    for (run, flow, bound) in runs {
        let (spent, presumed) = spent(on, &run)?;
        let report = RunReport {
            run,
            flow,
            status: Status::Failed,
            result: None,
            reason: Some(Reason::Unknown.name().to_owned()),
            detail: Some("its process ended before the run did".to_owned()),
            to: None,
            partial: None,
            spent,
            bound: serde_json::from_str(&bound)?,
            presumed,
        };
        on.execute(
            "UPDATE runs SET status = ?2, reason = ?3, spent = ?4, report = ?5, ended_at = ?6 WHERE id = ?1",
            params![
                report.run,
                report.status.name(),
                report.reason,
                serde_json::to_string(&spent)?,
                report.to_json().to_string(),
                now
            ],
        )?;
    }
    Ok(())
}

/// What the attempts of a run come to, and how much of it is presumed.
fn spent(on: &Transaction<'_>, run: &str) -> rusqlite::Result<(Resources, Money)> {
    let columns = ["cost", "calls", "turns", "tools", "input", "output", "tokens"].map(|column| halves(column, ""));
    let presumed = halves("cost", "FILTER (WHERE state = 'presumed')");
    let sql = format!("SELECT {}, {presumed} FROM attempts WHERE run = ?1", columns.join(", "));
    on.query_row(&sql, [run], |row| {
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
    })
}
