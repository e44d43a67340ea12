//! Runs that rest. In: a ledger. Out: what they need to go on, what they wait for, and which process goes on with one.

use serde_json::Value as Json;

use super::database::{Database, DatabaseError, Row, params};
use super::mutant::{Mutant, rule};
use super::query::{AttemptRow, Reader, RunRow};
use super::write;
use super::{Awaited, Decided, Decision, Lived, Past, Question, State, Waited};
use crate::error::RunError;
use crate::execution::Caller;
use crate::fault::{self, Point};

/// What a run was made of.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Its plan, where the ledger has it.
    pub plan: Option<String>,
    /// What is known about its caller.
    pub caller: Caller,
    /// The folder that its tools run in.
    pub root: Option<String>,
}

/// A run that somebody took to go on with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    run: String,
    /// How it rested before.
    before: String,
}

impl Reader {
    /// What a run was made of.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn origin(&self, run: &str) -> Result<Origin, RunError> {
        let sql =
            "SELECT p.content, r.caller, r.root FROM runs r LEFT JOIN plans p ON p.digest = r.plan WHERE r.id = ?1";
        let read = |row: &Row| {
            let caller = row.get::<String>(1)?;
            let caller = serde_json::from_str(&caller).map_err(|_| DatabaseError::Column(1, "facts about a caller"))?;
            Ok(Origin { plan: row.get(0)?, caller, root: row.get(2)? })
        };
        let found = self.all(sql, params![run], read)?.pop();
        found.ok_or_else(|| RunError::unreadable_ledger(&format!("it has no run `{run}`")))
    }

    /// Everything that a run needs to go on.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn past(&self, run: &RunRow) -> Result<Past, RunError> {
        let attempts = self.attempts(&run.id)?;
        Ok(Past {
            run: run.id.clone(),
            flow: run.flow.clone(),
            input: run.input.clone(),
            caller: self.origin(&run.id)?.caller,
            bound: run.bound,
            limit: run.ceiling,
            events: self.events(&run.id)?,
            attempts: attempts.iter().map(lived).collect::<Result<_, _>>()?,
            waits: self.waits(Some(&run.id))?,
        })
    }

    /// What a run waited or waits for; without a run, what every run still waits for that can go on.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn waits(&self, run: Option<&str>) -> Result<Vec<Waited>, RunError> {
        let sql = format!(
            "SELECT {WAITED} FROM waits w JOIN runs r ON r.id = w.run
             WHERE w.run = ?1 OR (?1 IS NULL AND w.decision IS NULL
                                  AND r.status IN ('running', 'waiting', 'interrupted'))
             ORDER BY w.since, w.run, w.number"
        );
        self.all(&sql, params![run], waited)
    }

    /// Writes a decision down where there is none yet. Says whether it was the first.
    ///
    /// # Errors
    /// Where the ledger cannot be written.
    pub fn decide(&self, decided: &Decided) -> Result<bool, RunError> {
        let mut database = self.database.borrow_mut();
        fault::at(Point::Deciding);
        let written = database.atomically(|database| write::decide(database, decided));
        fault::at(Point::Decided);
        written.map(|rows| rows > 0).map_err(|error| RunError::unreadable_ledger(&error))
    }

    /// Makes a run that rests this owner's. Of several that try, exactly one has it; the others get `None`.
    ///
    /// # Errors
    /// Where the ledger cannot be written.
    pub fn take(&self, run: &str, owner: &str) -> Result<Option<Taken>, RunError> {
        // INVARIANT I-19: whether the run rests is looked at by the statement that takes it, so two processes never both have it.
        let sql = "UPDATE runs SET status = 'running', owner = ?2, resumed = resumed + 1
                   WHERE id = ?1 AND status IN ('waiting', 'interrupted')";
        let sql = rule(Mutant::TakenTwice, sql, || "UPDATE runs SET owner = ?2 WHERE id = ?1");
        let mut database = self.database.borrow_mut();
        fault::at(Point::Taking);
        let taken = database.atomically(|database| {
            let row = database.row("SELECT status FROM runs WHERE id = ?1", params![run])?;
            let before = row.map_or(Ok(String::new()), |row| row.get(0))?;
            let rows = database.execute(sql, params![run, owner])?;
            Ok::<_, DatabaseError>((rows > 0).then(|| Taken { run: run.to_owned(), before }))
        });
        fault::at(Point::Taken);
        taken.map_err(|error| RunError::unreadable_ledger(&error))
    }
}

impl Reader {
    /// Gives a run back that this owner took and did not begin: it rests as it did before. Says whether it was this owner's.
    ///
    /// # Errors
    /// Where the ledger cannot be written.
    pub fn give_back(&self, taken: &Taken, owner: &str) -> Result<bool, RunError> {
        let sql = "UPDATE runs SET status = ?3, resumed = resumed - 1
                   WHERE id = ?1 AND owner = ?2 AND status = 'running'";
        let row = params![&taken.run, owner, &taken.before];
        let mut database = self.database.borrow_mut();
        let given = database.atomically(|database| database.execute(sql, row));
        given.map(|rows| rows > 0).map_err(|error| RunError::unreadable_ledger(&error))
    }
}

fn lived(row: &AttemptRow) -> Result<Lived, RunError> {
    let state = match row.state.as_str() {
        "settled" => State::Settled,
        "presumed" => State::Presumed,
        "released" => State::Released,
        other => return Err(RunError::unreadable_ledger(&format!("attempt `{}` is {other}", row.id))),
    };
    Ok(Lived {
        number: row.number,
        step: row.step.clone(),
        state,
        reserved: row.reserved,
        spent: row.spent.unwrap_or_default(),
        held_at: row.held_at,
        ended_at: row.ended_at.unwrap_or(row.held_at),
    })
}

/// The columns that [`waited`] reads.
const WAITED: &str = "w.run, w.number, w.path, w.role, w.question, w.since, w.expires,
                      w.decision, w.value, w.decided_by, w.note, w.decided_at";

/// What was decided before `decided`, of the same question.
pub(super) fn decided(on: &mut Database, decided: &Decided) -> Result<Option<Decided>, DatabaseError> {
    let sql = format!("SELECT {WAITED} FROM waits w WHERE w.run = ?1 AND w.number = ?2");
    let row = on.row(&sql, params![&decided.run, decided.number])?;
    Ok(row.as_ref().map(waited).transpose()?.and_then(|waited| waited.decided))
}

fn waited(row: &Row) -> Result<Waited, DatabaseError> {
    let question: String = row.get(4)?;
    let question: Question = serde_json::from_str(&question).map_err(|_| DatabaseError::Column(4, "a question"))?;
    let asked = Awaited {
        run: row.get(0)?,
        number: row.get(1)?,
        path: row.get(2)?,
        role: row.get(3)?,
        question,
        since_ms: row.get(5)?,
        expires_ms: row.get(6)?,
    };
    let value = || -> Result<Json, DatabaseError> {
        let value: Option<String> = row.get(8)?;
        value.and_then(|value| serde_json::from_str(&value).ok()).ok_or(DatabaseError::Column(8, "an answer"))
    };
    let decision = match row.get::<Option<String>>(7)?.as_deref() {
        None => return Ok(Waited { asked, decided: None }),
        Some("approved") => Decision::Approved,
        Some("denied") => Decision::Denied,
        Some("expired") => Decision::Expired,
        Some("answered") => Decision::Answered(value()?),
        Some(_) => return Err(DatabaseError::Column(7, "a decision")),
    };
    let decided = Decided {
        run: asked.run.clone(),
        number: asked.number,
        decision,
        by: row.get::<Option<String>>(9)?.unwrap_or_default(),
        note: row.get(10)?,
        at_ms: row.get(11)?,
    };
    Ok(Waited { asked, decided: Some(decided) })
}
