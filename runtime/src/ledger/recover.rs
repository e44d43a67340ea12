//! What dead processes left behind. In: a ledger and who is alive. Out: their attempts charged at their reservation, their runs
//! ended as failed.

use std::error::Error;
use std::path::Path;

use flow_compiler::cost::{Money, Resources};
use flow_compiler::program::Reason;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::owner;
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
        // INVARIANT I-19: an attempt in flight when its process died is charged at its reservation.
        transaction.execute(
            "UPDATE attempts SET state = 'presumed', cost = reserved_cost, input = reserved_input,
                    output = reserved_output, tokens = reserved_input + reserved_output,
                    calls = (kind <> 'tool'), turns = (kind = 'model'), tools = (kind = 'tool'),
                    usage_source = 'assumed', disposition = 'in_doubt',
                    detail = 'the process ended before it was settled', ended_at = ?2
             WHERE state = 'held' AND run IN (SELECT id FROM runs WHERE owner = ?1 AND status = 'running')",
            params![name, now],
        )?;
        end_runs(&transaction, &name, now)?;
        transaction.commit()?;
    }
    Ok(())
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
    let sql =
        "SELECT coalesce(sum(cost), 0), coalesce(sum(calls), 0), coalesce(sum(turns), 0), coalesce(sum(tools), 0),
                      coalesce(sum(input), 0), coalesce(sum(output), 0), coalesce(sum(tokens), 0),
                      coalesce(sum(cost) FILTER (WHERE state = 'presumed'), 0)
               FROM attempts WHERE run = ?1";
    on.query_row(sql, [run], |row| {
        let spent = Resources {
            cost: Money::from_nanos(row.get(0)?),
            calls: row.get(1)?,
            turns: row.get(2)?,
            tools: row.get(3)?,
            input: row.get(4)?,
            output: row.get(5)?,
            tokens: row.get(6)?,
            time_ms: 0,
        };
        Ok((spent, Money::from_nanos(row.get(7)?)))
    })
}
