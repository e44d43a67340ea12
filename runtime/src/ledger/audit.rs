//! Whether a ledger agrees with itself. In: its rows. Out: every counter that is not the sum of its rows, every row that went a way
//! that there is not.

use flow_compiler::cost::{Dimension, Resources};

use super::claims;
use super::database::{Database, DatabaseError, Row, params};
use super::query::Reader;
use super::recover;
use crate::error::RunError;

/// What was looked at, and what is not as it should be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// Runs.
    pub runs: u64,
    /// Attempts and tool calls.
    pub attempts: u64,
    /// Windows of ceilings.
    pub windows: u64,
    /// What differs.
    pub differences: Vec<Difference>,
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What kind: `run`, `attempt`, `window`, `journal`.
    pub kind: &'static str,
    /// The id of the row.
    pub at: String,
    /// What it says, and what its rows say.
    pub what: String,
}

/// A way that a row must not have gone: what it is called, and a query for the ids of such rows.
const WRONG: [(&str, &str, &str); 5] = [
    (
        "attempt",
        "it is held, and its run has ended",
        "SELECT a.id FROM attempts a JOIN runs r ON r.id = a.run WHERE a.state = 'held' AND r.ended_at IS NOT NULL",
    ),
    (
        "attempt",
        "it has an end, and no cost or no disposition",
        "SELECT id FROM attempts WHERE state <> 'held' AND (cost IS NULL OR disposition IS NULL OR ended_at IS NULL)",
    ),
    (
        "attempt",
        "it is presumed at another amount than was held",
        "SELECT id FROM attempts WHERE state = 'presumed' AND cost <> reserved_cost",
    ),
    ("attempt", "it is released, and has a cost", "SELECT id FROM attempts WHERE state = 'released' AND cost <> 0"),
    (
        "attempt",
        "it cost more than was held, and no incident says so",
        "SELECT id FROM attempts a WHERE cost > reserved_cost AND NOT EXISTS (SELECT 1 FROM incidents i WHERE i.attempt = a.id)",
    ),
];

impl Reader {
    /// Recomputes every counter from its rows.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn audit(&self) -> Result<Audit, RunError> {
        // INVARIANT I-28: one view of all rows, so that what others write meanwhile is no difference.
        let audit = self.with(|database| database.as_it_is(look));
        audit.map_err(|error| RunError::unreadable_ledger(&error))
    }
}

fn look(on: &mut Database) -> Result<Audit, DatabaseError> {
    let count = |on: &mut Database, table: &str| {
        let row = on.row(&format!("SELECT count(*) FROM {table}"), &[])?;
        row.map_or(Ok(0), |row| row.get(0))
    };
    let (runs, attempts, windows) = (count(on, "runs")?, count(on, "attempts")?, count(on, "periods")?);
    let mut differences = Vec::new();
    for (kind, what, sql) in WRONG {
        for row in on.rows(sql, &[])? {
            differences.push(Difference { kind, at: row.get(0)?, what: what.to_owned() });
        }
    }
    differences.extend(ended_runs(on)?);
    differences.extend(counted_windows(on)?);
    differences.extend(journals(on)?);
    Ok(Audit { runs, attempts, windows, differences })
}

/// What ended runs say that they took, beside what their attempts come to. Time has no rows.
fn ended_runs(on: &mut Database) -> Result<Vec<Difference>, DatabaseError> {
    let mut differences = Vec::new();
    for row in on.rows("SELECT id, spent FROM runs WHERE spent IS NOT NULL AND status <> 'running'", &[])? {
        let (run, said): (String, String) = (row.get(0)?, row.get(1)?);
        let (summed, _) = recover::spent(on, &run)?;
        let Ok(said) = serde_json::from_str::<Resources>(&said) else {
            differences.push(Difference { kind: "run", at: run, what: "what it took cannot be read".to_owned() });
            continue;
        };
        let counted = Dimension::ALL.into_iter().filter(|dimension| *dimension != Dimension::Time);
        for dimension in counted.filter(|one| said.get(*one) != summed.get(*one)) {
            let (is, should) = (dimension.show(said.get(dimension)), dimension.show(summed.get(dimension)));
            let what = format!("it says {is} of {}, its attempts come to {should}", dimension.name());
            differences.push(Difference { kind: "run", at: run.clone(), what });
        }
    }
    Ok(differences)
}

fn counted_windows(on: &mut Database) -> Result<Vec<Difference>, DatabaseError> {
    let mut differences = Vec::new();
    for row in on.rows("SELECT id, dimension, settled, held FROM periods", &[])? {
        let (window, dimension): (String, String) = (row.get(0)?, row.get(1)?);
        let is: (u64, u64) = (row.get(2)?, row.get(3)?);
        let should = claims::by_rows(on, &window, &dimension)?;
        if is != should {
            let what = format!(
                "it counts {} settled and {} held, its attempts come to {} and {}",
                is.0, is.1, should.0, should.1
            );
            differences.push(Difference { kind: "window", at: window, what });
        }
    }
    Ok(differences)
}

/// The events of a run are numbered from 0 without a gap.
fn journals(on: &mut Database) -> Result<Vec<Difference>, DatabaseError> {
    let sql = "SELECT run, count(*), max(number) FROM journal GROUP BY run HAVING max(number) + 1 <> count(*)";
    let read = |row: &Row| {
        let (run, events, last): (String, u64, u64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let what = format!("its journal has {events} events, the last of them is number {last}");
        Ok(Difference { kind: "journal", at: run, what })
    };
    on.rows(sql, params![])?.iter().map(read).collect()
}
