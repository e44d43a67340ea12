//! The tables of a ledger. In: a connection. Out: the same connection, its tables as this version knows them.

use super::database::{Database, DatabaseError};
use super::limits;
use crate::fault::{self, Point};

/// The version of the tables. A ledger of a later version is refused.
pub(super) const VERSION: i64 = 7;

/// Amounts are nano-dollars, times milliseconds since 1970.
const TABLES: &str = "
CREATE TABLE runs (
    id          TEXT PRIMARY KEY,
    owner       TEXT NOT NULL,
    flow        TEXT NOT NULL,
    plan        TEXT NOT NULL,
    input       TEXT NOT NULL,
    bound       TEXT NOT NULL,
    ceiling     TEXT NOT NULL,
    started_at  INTEGER NOT NULL,
    ended_at    INTEGER,
    status      TEXT NOT NULL,
    reason      TEXT,
    spent       TEXT,
    report      TEXT,
    scripted    INTEGER NOT NULL DEFAULT 0,
    caller      TEXT NOT NULL DEFAULT '{}',
    root        TEXT,
    resumed     INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE plans (
    digest  TEXT PRIMARY KEY,
    content TEXT NOT NULL
) STRICT;

CREATE TABLE waits (
    run        TEXT NOT NULL REFERENCES runs(id),
    number     INTEGER NOT NULL,
    path       TEXT NOT NULL,
    role       TEXT NOT NULL,
    question   TEXT NOT NULL,
    since      INTEGER NOT NULL,
    expires    INTEGER NOT NULL,
    decision   TEXT CHECK (decision IN ('approved', 'denied', 'answered', 'expired')),
    value      TEXT,
    decided_by TEXT,
    note       TEXT,
    decided_at INTEGER,
    PRIMARY KEY (run, number),
    CHECK ((decision IS NULL) = (decided_at IS NULL))
) STRICT;

CREATE TABLE attempts (
    id               TEXT PRIMARY KEY,
    run              TEXT NOT NULL REFERENCES runs(id),
    number           INTEGER NOT NULL,
    state            TEXT NOT NULL CHECK (state IN ('held', 'settled', 'presumed', 'released')),
    kind             TEXT NOT NULL,
    step             TEXT NOT NULL,
    path             TEXT NOT NULL,
    model            TEXT,
    answered_by      TEXT,
    tier             TEXT,
    rung             INTEGER,
    turn             INTEGER,
    cause            TEXT NOT NULL,
    left_out         INTEGER NOT NULL DEFAULT 0,
    price            TEXT,
    reserved_cost    INTEGER NOT NULL CHECK (reserved_cost >= 0),
    reserved_input   INTEGER NOT NULL,
    reserved_output  INTEGER NOT NULL,
    cost             INTEGER CHECK (cost >= 0),
    calls            INTEGER,
    turns            INTEGER,
    tools            INTEGER,
    input            INTEGER,
    output           INTEGER,
    tokens           INTEGER,
    input_fresh      INTEGER,
    cache_read       INTEGER,
    cache_write      INTEGER,
    output_text      INTEGER,
    output_reasoning INTEGER,
    usage_source     TEXT,
    disposition      TEXT,
    reason           TEXT,
    detail           TEXT,
    held_at          INTEGER NOT NULL,
    ended_at         INTEGER,
    CHECK ((state = 'held') = (ended_at IS NULL))
) STRICT;
CREATE UNIQUE INDEX attempts_of_run ON attempts (run, number);
CREATE INDEX attempts_held ON attempts (state) WHERE state = 'held';

CREATE TABLE tool_calls (
    attempt  TEXT PRIMARY KEY REFERENCES attempts(id),
    tool     TEXT NOT NULL,
    by_model INTEGER NOT NULL,
    gate     TEXT NOT NULL,
    args     TEXT NOT NULL
) STRICT;

CREATE TABLE journal (
    run    TEXT NOT NULL REFERENCES runs(id),
    number INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    event  TEXT NOT NULL,
    PRIMARY KEY (run, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE incidents (
    run     TEXT NOT NULL REFERENCES runs(id),
    attempt TEXT NOT NULL,
    kind    TEXT NOT NULL,
    detail  TEXT NOT NULL,
    at      INTEGER NOT NULL
) STRICT;
";

/// Windows of ceilings, and what attempts hold of them.
const CEILINGS: &str = "
CREATE TABLE periods (
    id        TEXT PRIMARY KEY,
    ceiling   TEXT NOT NULL,
    dimension TEXT NOT NULL,
    fact      TEXT,
    value     TEXT,
    per_ms    INTEGER NOT NULL,
    starts_at INTEGER NOT NULL,
    ends_at   INTEGER NOT NULL,
    most      INTEGER NOT NULL,
    settled   INTEGER NOT NULL DEFAULT 0 CHECK (settled >= 0),
    held      INTEGER NOT NULL DEFAULT 0 CHECK (held >= 0),
    said      INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE claims (
    attempt TEXT NOT NULL REFERENCES attempts(id),
    period  TEXT NOT NULL REFERENCES periods(id),
    amount  INTEGER NOT NULL,
    PRIMARY KEY (attempt, period)
) STRICT, WITHOUT ROWID;
CREATE INDEX claims_of_period ON claims (period);
";

/// From version 1 to 2: whether answers were played, so that nobody was paid.
const SCRIPTED: &str = "ALTER TABLE runs ADD COLUMN scripted INTEGER NOT NULL DEFAULT 0;";

/// From version 2 to 3: how many elements of lists a prompt had no room for.
const LEFT_OUT: &str = "ALTER TABLE attempts ADD COLUMN left_out INTEGER NOT NULL DEFAULT 0;";

/// From version 4 to 5: what a run needs to be resumed, and what runs wait for.
const RESUMED: &str = "
ALTER TABLE runs ADD COLUMN caller TEXT NOT NULL DEFAULT '{}';
ALTER TABLE runs ADD COLUMN root TEXT;
ALTER TABLE runs ADD COLUMN resumed INTEGER NOT NULL DEFAULT 0;

CREATE TABLE plans (
    digest  TEXT PRIMARY KEY,
    content TEXT NOT NULL
) STRICT;

CREATE TABLE waits (
    run        TEXT NOT NULL REFERENCES runs(id),
    number     INTEGER NOT NULL,
    path       TEXT NOT NULL,
    role       TEXT NOT NULL,
    question   TEXT NOT NULL,
    since      INTEGER NOT NULL,
    expires    INTEGER NOT NULL,
    decision   TEXT CHECK (decision IN ('approved', 'denied', 'answered', 'expired')),
    value      TEXT,
    decided_by TEXT,
    note       TEXT,
    decided_at INTEGER,
    PRIMARY KEY (run, number),
    CHECK ((decision IS NULL) = (decided_at IS NULL))
) STRICT;
";

/// From version 5 to 6: whose days the windows of a ceiling are.
const ZONES: &str = "ALTER TABLE periods ADD COLUMN zone TEXT;";

/// From version 6 to 7: which limits were in force when, and what ceilings said.
const LIMITS: &str = "
CREATE TABLE limits (
    ceiling   TEXT NOT NULL,
    dimension TEXT NOT NULL,
    per_ms    INTEGER NOT NULL,
    zone      TEXT NOT NULL,
    fact      TEXT NOT NULL,
    number    INTEGER NOT NULL,
    most      INTEGER NOT NULL,
    shadow    INTEGER NOT NULL,
    run       TEXT REFERENCES runs(id),
    who       TEXT,
    note      TEXT,
    since     INTEGER NOT NULL,
    PRIMARY KEY (ceiling, dimension, per_ms, zone, fact, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE alerts (
    run     TEXT NOT NULL REFERENCES runs(id),
    attempt TEXT,
    kind    TEXT NOT NULL,
    ceiling TEXT NOT NULL,
    detail  TEXT NOT NULL,
    at      INTEGER NOT NULL
) STRICT;

ALTER TABLE periods ADD COLUMN beyond INTEGER NOT NULL DEFAULT 0;
";

/// What makes a version of the tables from the one before it, from version 1 on.
const MIGRATIONS: [&str; 6] = [SCRIPTED, LEFT_OUT, CEILINGS, RESUMED, ZONES, LIMITS];

/// Makes the tables where there are none, and brings those of an earlier version up to this one.
///
/// # Errors
/// Where the database is no ledger, or one of a later version.
pub(super) fn prepare(database: &mut Database) -> Result<(), DatabaseError> {
    database.atomically(|database| {
        let version = database.version()?;
        if version == VERSION {
            return Ok(());
        }
        if version == 0 {
            for tables in [TABLES, CEILINGS, ZONES, LIMITS] {
                let tables = database.dialect(tables);
                database.script(&tables)?;
            }
            limits::begin(database)?;
        } else {
            let done = usize::try_from(version - 1).ok().filter(|done| *done < MIGRATIONS.len());
            let left = MIGRATIONS.get(done.ok_or(DatabaseError::Later(version))?..).unwrap_or_default();
            for migration in left {
                let migration = database.dialect(migration);
                database.script(&migration)?;
            }
        }
        database.set_version(VERSION)?;
        fault::at(Point::TablesMade);
        Ok(())
    })
}
