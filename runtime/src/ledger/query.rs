//! Questions about a ledger. In: a file that others may be writing to. Out: runs, attempts, incidents, sums.

use std::path::Path;

use flow_compiler::cost::{Money, Resources};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, params};
use serde_json::Value as Json;

use super::owner::OWNERS;
use super::sum::{halves, sum};
use crate::error::RunError;

/// A ledger that is only read.
#[derive(Debug)]
pub struct Reader {
    connection: Connection,
}

/// A run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRow {
    /// Its id.
    pub id: String,
    /// Its flow.
    pub flow: String,
    /// The digest of its plan.
    pub plan: String,
    /// Its input by parameter.
    pub input: Json,
    /// What was proved of its flow.
    pub bound: Resources,
    /// What it may take.
    pub ceiling: Resources,
    /// When it began, in milliseconds since 1970.
    pub started_at: u64,
    /// When it ended; absent while it runs.
    pub ended_at: Option<u64>,
    /// `running`, `done`, `escalated`, `failed`, `refused`.
    pub status: String,
    /// Why, where it has a reason.
    pub reason: Option<String>,
    /// What it took; absent while it runs and where its process died.
    pub spent: Option<Resources>,
    /// The report that was given, as `flow run --json` prints it.
    pub report: Option<Json>,
    /// Whether its answers were played, so that nobody was paid.
    pub scripted: bool,
}

/// An attempt or a tool call.
#[derive(Clone, Debug, PartialEq)]
pub struct AttemptRow {
    /// Its id.
    pub id: String,
    /// Its number in the run, from 1.
    pub number: u64,
    /// `held`, `settled`, `presumed`, `released`.
    pub state: String,
    /// `model`, `embedding`, `tool`.
    pub kind: String,
    /// The step, embedding or tool.
    pub step: String,
    /// Where it stands: `desk/each/solve`.
    pub path: String,
    /// The model; absent for a tool.
    pub model: Option<String>,
    /// The model that answered, as the provider names it.
    pub answered_by: Option<String>,
    /// The tier.
    pub tier: Option<String>,
    /// The rung, from 1.
    pub rung: Option<u64>,
    /// The turn, from 1.
    pub turn: Option<u64>,
    /// `first`, `retry`, `fallback`, `repair`, `judge`, `escalation`.
    pub cause: String,
    /// How many elements of lists its prompt had no room for.
    pub left_out: u64,
    /// The digest of the price it was settled with.
    pub price: Option<String>,
    /// What was held.
    pub reserved: Money,
    /// Input tokens that were held.
    pub reserved_input: u64,
    /// Output tokens that were held.
    pub reserved_output: u64,
    /// What it took, without time; absent while it is held.
    pub spent: Option<Resources>,
    /// What was reported; absent where nothing was.
    pub usage: Option<flow_compiler::cost::Usage>,
    /// `provider`, `assumed`.
    pub usage_source: Option<String>,
    /// `landed`, `did_not_happen`, `in_doubt`.
    pub disposition: Option<String>,
    /// Why it failed.
    pub reason: Option<String>,
    /// What happened, where it failed.
    pub detail: Option<String>,
    /// When it was held, in milliseconds since 1970.
    pub held_at: u64,
    /// When it came to its end.
    pub ended_at: Option<u64>,
    /// The gate and the arguments of a tool call.
    pub tool: Option<ToolRow>,
}

/// More about a tool call.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolRow {
    /// Whether a model asked for it.
    pub by_model: bool,
    /// What the gate said: `none`, `open`, `value`, `denied`, `approval`, `repeated`.
    pub gate: String,
    /// The arguments by parameter.
    pub args: Json,
}

/// Something that must not happen did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentRow {
    /// The attempt.
    pub attempt: String,
    /// What kind: `bound_breach`.
    pub kind: String,
    /// What happened.
    pub detail: String,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
}

/// What all attempts of some runs come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Attempts and tool calls.
    pub attempts: u64,
    /// What was settled, presumed amounts included.
    pub cost: Money,
    /// How much of it is presumed.
    pub presumed: Money,
    /// What is held.
    pub held: Money,
}

impl Reader {
    /// Opens the ledger of a home. What dead processes left held is settled first, as by everyone who opens it.
    ///
    /// # Errors
    /// Where there is none, or it cannot be read.
    pub fn open(home: &Path) -> Result<Reader, RunError> {
        let path = home.join(super::Ledger::FILE);
        if !path.exists() {
            return Err(RunError::no_ledger(home));
        }
        // Reading a write-ahead log needs its index, which SQLite may have to make: so not read-only.
        let connection = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)
            .or_else(|_| Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY))
            .map_err(|error| RunError::ledger(&path, &error))?;
        let _ = connection.busy_timeout(std::time::Duration::from_secs(20));
        let mut reader = Reader { connection };
        let version: i64 = reader
            .connection
            .query_row("PRAGMA user_version", [], |row| row.get(0))
            .map_err(|error| RunError::ledger(&path, &error))?;
        let version = match version {
            1.. if version < super::schema::VERSION => {
                super::schema::prepare(&mut reader.connection).map_err(|error| RunError::ledger(&path, &error))?;
                super::schema::VERSION
            }
            _ => version,
        };
        match version {
            super::schema::VERSION => {
                if !reader.connection.is_readonly("main").unwrap_or(true) {
                    let owners = home.join(OWNERS);
                    super::recover::settle_the_dead(&mut reader.connection, &owners)
                        .map_err(|error| RunError::ledger(&path, &error))?;
                }
                Ok(reader)
            }
            0 => Err(RunError::no_ledger(home)),
            later => Err(RunError::later_ledger(&path, &super::schema::SchemaError::Later(later))),
        }
    }

    /// The run of that id, or the only one whose id begins so.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn run(&self, id: &str) -> Result<Option<RunRow>, RunError> {
        let mut found = self.runs_where("substr(id, 1, length(?1)) = ?1 ORDER BY id LIMIT 2", id)?;
        if found.len() > 1 {
            found.retain(|run| run.id == id);
        }
        Ok(found.into_iter().next())
    }

    /// The run that began last.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn latest(&self) -> Result<Option<RunRow>, RunError> {
        Ok(self.runs(1)?.into_iter().next())
    }

    /// The runs that began last, the latest first.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn runs(&self, most: u32) -> Result<Vec<RunRow>, RunError> {
        self.runs_where("1 ORDER BY started_at DESC, id DESC LIMIT ?1", most)
    }

    fn runs_where(&self, rest: &str, parameter: impl rusqlite::ToSql) -> Result<Vec<RunRow>, RunError> {
        let sql = format!(
            "SELECT id, flow, plan, input, bound, ceiling, started_at, ended_at, status, reason, spent, report, scripted
             FROM runs WHERE {rest}"
        );
        let read = |row: &Row<'_>| {
            Ok(RunRow {
                id: row.get(0)?,
                flow: row.get(1)?,
                plan: row.get(2)?,
                input: parsed(&row.get::<_, String>(3)?),
                bound: parsed(&row.get::<_, String>(4)?),
                ceiling: parsed(&row.get::<_, String>(5)?),
                started_at: row.get(6)?,
                ended_at: row.get(7)?,
                status: row.get(8)?,
                reason: row.get(9)?,
                spent: row.get::<_, Option<String>>(10)?.map(|text| parsed(&text)),
                report: row.get::<_, Option<String>>(11)?.map(|text| parsed(&text)),
                scripted: row.get(12)?,
            })
        };
        self.all(&sql, [parameter], read)
    }

    /// The attempts of a run, in the order in which they were held.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn attempts(&self, run: &str) -> Result<Vec<AttemptRow>, RunError> {
        let sql = "SELECT a.id, number, state, kind, step, path, model, answered_by, tier, rung, turn, cause, price,
                          reserved_cost, reserved_input, reserved_output,
                          cost, calls, turns, tools, input, output, tokens,
                          input_fresh, cache_read, cache_write, output_text, output_reasoning,
                          usage_source, disposition, reason, detail, held_at, ended_at, by_model, gate, args, left_out
                   FROM attempts a LEFT JOIN tool_calls t ON t.attempt = a.id WHERE run = ?1 ORDER BY number";
        self.all(sql, [run], attempt)
    }

    /// The incidents of a run.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn incidents(&self, run: &str) -> Result<Vec<IncidentRow>, RunError> {
        let sql = "SELECT attempt, kind, detail, at FROM incidents WHERE run = ?1 ORDER BY at";
        self.all(sql, [run], |row| {
            Ok(IncidentRow { attempt: row.get(0)?, kind: row.get(1)?, detail: row.get(2)?, at_ms: row.get(3)? })
        })
    }

    /// The journal of a run: events with their times, in their order.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn events(&self, run: &str) -> Result<Vec<(u64, Json)>, RunError> {
        let sql = "SELECT at, event FROM journal WHERE run = ?1 ORDER BY number";
        self.all(sql, [run], |row| Ok((row.get(0)?, parsed(&row.get::<_, String>(1)?))))
    }

    /// What the attempts of one run come to, or those of all runs that were not played.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn sums(&self, run: Option<&str>) -> Result<Sums, RunError> {
        let presumed = "FILTER (WHERE state = 'presumed')";
        let held = "FILTER (WHERE state = 'held')";
        let sql = format!(
            "SELECT count(*), {}, {}, {} FROM attempts
             WHERE run = ?1 OR (?1 IS NULL AND run NOT IN (SELECT id FROM runs WHERE scripted))",
            halves("cost", ""),
            halves("cost", presumed),
            halves("reserved_cost", held)
        );
        let read = |row: &Row<'_>| {
            let money = |at| sum(row, at).map(Money::from_nanos);
            Ok(Sums { attempts: row.get(0)?, cost: money(1)?, presumed: money(3)?, held: money(5)? })
        };
        let sums = self.connection.query_row(&sql, params![run], read).optional();
        Ok(sums.map_err(|error| RunError::unreadable_ledger(&error))?.unwrap_or_default())
    }

    fn all<T>(
        &self,
        sql: &str,
        parameters: impl rusqlite::Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, RunError> {
        let rows = || self.connection.prepare(sql)?.query_map(parameters, read)?.collect::<rusqlite::Result<Vec<T>>>();
        rows().map_err(|error| RunError::unreadable_ledger(&error))
    }
}

fn attempt(row: &Row<'_>) -> rusqlite::Result<AttemptRow> {
    let settled: Option<u64> = row.get(16)?;
    let spent = |_| {
        Ok::<_, rusqlite::Error>(Resources {
            cost: money(row, 16)?,
            calls: row.get(17)?,
            turns: row.get(18)?,
            tools: row.get(19)?,
            input: row.get(20)?,
            output: row.get(21)?,
            tokens: row.get(22)?,
            time_ms: 0,
        })
    };
    let reported: Option<u64> = row.get(23)?;
    let usage = |input_fresh| {
        Ok::<_, rusqlite::Error>(flow_compiler::cost::Usage {
            input_fresh,
            cache_read: row.get(24)?,
            cache_write: row.get(25)?,
            output_text: row.get(26)?,
            output_reasoning: row.get(27)?,
        })
    };
    let gate: Option<String> = row.get(35)?;
    let tool = |gate| {
        Ok::<_, rusqlite::Error>(ToolRow { by_model: row.get(34)?, gate, args: parsed(&row.get::<_, String>(36)?) })
    };
    Ok(AttemptRow {
        id: row.get(0)?,
        number: row.get(1)?,
        state: row.get(2)?,
        kind: row.get(3)?,
        step: row.get(4)?,
        path: row.get(5)?,
        model: row.get(6)?,
        answered_by: row.get(7)?,
        tier: row.get(8)?,
        rung: row.get(9)?,
        turn: row.get(10)?,
        cause: row.get(11)?,
        left_out: row.get(37)?,
        price: row.get(12)?,
        reserved: money(row, 13)?,
        reserved_input: row.get(14)?,
        reserved_output: row.get(15)?,
        spent: settled.map(spent).transpose()?,
        usage: reported.map(usage).transpose()?,
        usage_source: row.get(28)?,
        disposition: row.get(29)?,
        reason: row.get(30)?,
        detail: row.get(31)?,
        held_at: row.get(32)?,
        ended_at: row.get(33)?,
        tool: gate.map(tool).transpose()?,
    })
}

fn money(row: &Row<'_>, column: usize) -> rusqlite::Result<Money> {
    row.get::<_, u64>(column).map(Money::from_nanos)
}

/// JSON that this program wrote; what it did not write reads as nothing.
fn parsed<T: serde::de::DeserializeOwned + Default>(text: &str) -> T {
    serde_json::from_str(text).unwrap_or_default()
}
