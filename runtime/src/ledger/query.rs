//! Questions about a ledger. In: a file that others may be writing to. Out: runs, attempts, incidents, sums.

use std::cell::RefCell;

use flow_compiler::cost::{Money, Resources};
use serde_json::Value as Json;

use super::database::{Database, DatabaseError, Param, Row, params};
use super::location::Location;
use super::sum::{halves, sum};
use super::{recover, schema};
use crate::error::RunError;

/// A ledger that is only read.
#[derive(Debug)]
pub struct Reader {
    pub(super) database: RefCell<Database>,
    at: Location,
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
    /// When it ended; absent while it runs or rests.
    pub ended_at: Option<u64>,
    /// `running`, `waiting`, `interrupted`, `done`, `escalated`, `failed`, `refused`.
    pub status: String,
    /// Why, where it has a reason.
    pub reason: Option<String>,
    /// What it took; absent while it runs for the first time.
    pub spent: Option<Resources>,
    /// The report that was given, as `flow run --json` prints it.
    pub report: Option<Json>,
    /// Whether its answers were played, so that nobody was paid.
    pub scripted: bool,
    /// How often it was resumed.
    pub resumed: u64,
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
    /// What the gate said: `none`, `open`, `value`, `denied`, `approved`, `expired`, `repeated`.
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

/// A window of a ceiling over many runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowRow {
    /// Its ceiling.
    pub ceiling: String,
    /// What is limited: `cost`, `calls`, …
    pub dimension: String,
    /// The fact about the caller for whose value it holds apart, and the value.
    pub by: Option<(String, String)>,
    /// How long it is, in milliseconds.
    pub per_ms: u64,
    /// The time zone whose days these are; absent: UTC.
    pub zone: Option<String>,
    /// When it began, in milliseconds since 1970.
    pub starts_at: u64,
    /// When it ends.
    pub ends_at: u64,
    /// The limit that was asked for last.
    pub limit: u64,
    /// What was settled.
    pub settled: u64,
    /// What is held.
    pub held: u64,
    /// How many attempts were above its limit, as a shadow.
    pub beyond: u64,
    /// Whether nothing is refused, and only said.
    pub is_shadow: bool,
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
    /// Opens the ledger of a home, or on a server. What dead processes left held is settled first, as by everyone who opens it.
    ///
    /// # Errors
    /// Where there is none, or it cannot be read.
    pub fn open(at: impl Into<Location>) -> Result<Reader, RunError> {
        let at = at.into();
        if let Location::Folder(home) = &at
            && !at.file().exists()
        {
            return Err(RunError::no_ledger(home));
        }
        let open = || {
            let mut database = Database::read(&at)?;
            let version = database.version()?;
            match version {
                0 => return Ok(None),
                schema::VERSION => {}
                1.. if version < schema::VERSION => schema::prepare(&mut database)?,
                later => return Err(DatabaseError::Later(later)),
            }
            if !database.is_readonly() {
                recover::settle_the_dead(&mut database, &at)?;
            }
            Ok(Some(database))
        };
        let database = open().map_err(|error| RunError::unusable(&at, &error))?;
        let database = database.ok_or_else(|| RunError::no_ledger_at(&at))?;
        Ok(Reader { database: RefCell::new(database), at })
    }

    /// Opens a ledger as it is: what dead processes left held stays held.
    ///
    /// # Errors
    /// Where there is none, or it cannot be read.
    pub fn untouched(at: impl Into<Location>) -> Result<Reader, RunError> {
        let at = at.into();
        match &at {
            Location::Folder(home) if !at.file().exists() => return Err(RunError::no_ledger(home)),
            Location::Folder(_) | Location::Server(_) => {}
        }
        let mut database = Database::read(&at).map_err(|error| RunError::unusable(&at, &error))?;
        match database.version().map_err(|error| RunError::unusable(&at, &error))? {
            schema::VERSION => Ok(Reader { database: RefCell::new(database), at }),
            0 => Err(RunError::no_ledger_at(&at)),
            other => Err(RunError::unusable(&at, &DatabaseError::Later(other))),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn at(&self) -> &Location {
        &self.at
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
        self.runs_where("1 = 1 ORDER BY started_at DESC, id DESC LIMIT ?1", i64::from(most))
    }

    fn runs_where<'a>(&self, rest: &str, parameter: impl Into<Param<'a>>) -> Result<Vec<RunRow>, RunError> {
        let sql = format!(
            "SELECT id, flow, plan, input, bound, ceiling, started_at, ended_at, status, reason, spent, report, scripted, resumed
             FROM runs WHERE {rest}"
        );
        let read = |row: &Row| {
            Ok(RunRow {
                id: row.get(0)?,
                flow: row.get(1)?,
                plan: row.get(2)?,
                input: parsed(&row.get::<String>(3)?),
                bound: parsed(&row.get::<String>(4)?),
                ceiling: parsed(&row.get::<String>(5)?),
                started_at: row.get(6)?,
                ended_at: row.get(7)?,
                status: row.get(8)?,
                reason: row.get(9)?,
                spent: row.get::<Option<String>>(10)?.map(|text| parsed(&text)),
                report: row.get::<Option<String>>(11)?.map(|text| parsed(&text)),
                scripted: row.get(12)?,
                resumed: row.get(13)?,
            })
        };
        self.all(&sql, &[parameter.into()], read)
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
        self.all(sql, params![run], attempt)
    }

    /// The incidents of a run.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn incidents(&self, run: &str) -> Result<Vec<IncidentRow>, RunError> {
        let sql = "SELECT attempt, kind, detail, at FROM incidents WHERE run = ?1 ORDER BY at";
        self.all(sql, params![run], |row| {
            Ok(IncidentRow { attempt: row.get(0)?, kind: row.get(1)?, detail: row.get(2)?, at_ms: row.get(3)? })
        })
    }

    /// The journal of a run: events with their times, in their order.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn events(&self, run: &str) -> Result<Vec<(u64, Json)>, RunError> {
        let sql = "SELECT at, event FROM journal WHERE run = ?1 ORDER BY number";
        self.all(sql, params![run], |row| Ok((row.get(0)?, parsed(&row.get::<String>(1)?))))
    }

    /// The windows of ceilings that are open at a time, the fullest first.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn windows(&self, at_ms: u64) -> Result<Vec<WindowRow>, RunError> {
        let sql =
            "SELECT ceiling, dimension, fact, value, per_ms, starts_at, ends_at, most, settled, held, zone, beyond,
                          coalesce((SELECT l.shadow FROM limits l
                            WHERE l.ceiling = p.ceiling AND l.dimension = p.dimension AND l.per_ms = p.per_ms
                              AND l.zone = coalesce(p.zone, '') AND l.fact = coalesce(p.fact, '')
                            ORDER BY l.number DESC LIMIT 1), 0)
                   FROM periods p WHERE starts_at <= ?1 AND ends_at > ?1 ORDER BY id";
        let mut windows = self.all(sql, params![at_ms], |row| {
            let (fact, value): (Option<String>, Option<String>) = (row.get(2)?, row.get(3)?);
            Ok(WindowRow {
                ceiling: row.get(0)?,
                dimension: row.get(1)?,
                by: fact.zip(value),
                per_ms: row.get(4)?,
                starts_at: row.get(5)?,
                ends_at: row.get(6)?,
                limit: row.get(7)?,
                settled: row.get(8)?,
                held: row.get(9)?,
                zone: row.get(10)?,
                beyond: row.get(11)?,
                is_shadow: row.get(12)?,
            })
        })?;
        // By shares of their limits, which are compared as fractions.
        let used = |row: &WindowRow| u128::from(row.settled) + u128::from(row.held);
        windows.sort_by(|a, b| (used(b) * u128::from(a.limit)).cmp(&(used(a) * u128::from(b.limit))));
        Ok(windows)
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
             WHERE run = ?1 OR (?1 IS NULL AND run NOT IN (SELECT id FROM runs WHERE scripted <> 0))",
            halves("cost", ""),
            halves("cost", presumed),
            halves("reserved_cost", held)
        );
        let read = |row: &Row| {
            let money = |at| sum(row, at).map(Money::from_nanos);
            Ok(Sums { attempts: row.get(0)?, cost: money(1)?, presumed: money(3)?, held: money(5)? })
        };
        Ok(self.all(&sql, params![run], read)?.pop().unwrap_or_default())
    }

    /// Asks the database more.
    pub(super) fn with<T>(&self, what: impl FnOnce(&mut Database) -> T) -> T {
        what(&mut self.database.borrow_mut())
    }

    pub(super) fn all<T>(
        &self,
        sql: &str,
        params: &[Param<'_>],
        read: impl FnMut(&Row) -> Result<T, DatabaseError>,
    ) -> Result<Vec<T>, RunError> {
        let rows = || self.database.borrow_mut().rows(sql, params)?.iter().map(read).collect::<Result<Vec<T>, _>>();
        rows().map_err(|error| RunError::unreadable_ledger(&error))
    }
}

fn attempt(row: &Row) -> Result<AttemptRow, DatabaseError> {
    let settled: Option<u64> = row.get(16)?;
    let spent = |_| {
        Ok::<_, DatabaseError>(Resources {
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
        Ok::<_, DatabaseError>(flow_compiler::cost::Usage {
            input_fresh,
            cache_read: row.get(24)?,
            cache_write: row.get(25)?,
            output_text: row.get(26)?,
            output_reasoning: row.get(27)?,
        })
    };
    let gate: Option<String> = row.get(35)?;
    let tool =
        |gate| Ok::<_, DatabaseError>(ToolRow { by_model: row.get(34)?, gate, args: parsed(&row.get::<String>(36)?) });
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

fn money(row: &Row, column: usize) -> Result<Money, DatabaseError> {
    row.get::<u64>(column).map(Money::from_nanos)
}

/// JSON that this program wrote; what it did not write reads as nothing.
fn parsed<T: serde::de::DeserializeOwned + Default>(text: &str) -> T {
    serde_json::from_str(text).unwrap_or_default()
}
