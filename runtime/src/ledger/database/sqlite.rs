//! A ledger in a file of SQLite: one writer, a write-ahead log, every commit on the disk.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, ToSql, params_from_iter};

use super::{Cell, DatabaseError, Param, Row};

/// How long a writer waits for its turn.
const PATIENCE: Duration = Duration::from_secs(20);

/// A connection to a file.
#[derive(Debug)]
pub(in super::super) struct Sqlite(Connection);

impl Sqlite {
    /// A connection that keeps what it commits. Where there is no file, it is made, for its owner alone; what SQLite makes beside it
    /// is as it is. Where it cannot be made, opening it says why.
    pub(super) fn make(path: &Path) -> Result<Sqlite, DatabaseError> {
        let mut file = std::fs::OpenOptions::new();
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
        let _ = file.create(true).append(true).open(path);
        let connection = Connection::open(path)?;
        connection.busy_timeout(PATIENCE)?;
        write_ahead(&connection)?;
        // INVARIANT I-1: a commit is on the disk when it returns.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        Ok(Sqlite(connection))
    }

    /// A connection to a file that is there. Reading a write-ahead log needs its index, which SQLite may have to make: so not only for
    /// reading, where that is possible.
    pub(super) fn read(path: &Path) -> Result<Sqlite, DatabaseError> {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
            .or_else(|_| Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY))?;
        connection.busy_timeout(PATIENCE)?;
        Ok(Sqlite(connection))
    }

    pub(super) fn is_readonly(&self) -> bool {
        self.0.is_readonly("main").unwrap_or(true)
    }

    pub(super) fn script(&self, sql: &str) -> Result<(), DatabaseError> {
        Ok(self.0.execute_batch(sql)?)
    }

    pub(super) fn execute(&self, sql: &str, params: &[Param<'_>]) -> Result<u64, DatabaseError> {
        fits(params)?;
        let changed = self.0.prepare_cached(sql)?.execute(params_from_iter(params))?;
        Ok(changed as u64)
    }

    pub(super) fn rows(&self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, DatabaseError> {
        fits(params)?;
        let mut statement = self.0.prepare_cached(sql)?;
        let columns = statement.column_count();
        let cell = |value: ValueRef<'_>, at: usize| match value {
            ValueRef::Null => Ok(Cell::Null),
            ValueRef::Integer(number) => Ok(Cell::Number(number)),
            ValueRef::Text(text) => Ok(Cell::Text(String::from_utf8_lossy(text).into_owned())),
            ValueRef::Real(_) | ValueRef::Blob(_) => Err(DatabaseError::Column(at, "a whole number or text")),
        };
        let mut found = statement.query(params_from_iter(params))?;
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            let cells = (0..columns).map(|at| cell(row.get_ref(at)?, at)).collect::<Result<_, DatabaseError>>()?;
            rows.push(Row(cells));
        }
        Ok(rows)
    }

    pub(super) fn version(&self) -> Result<i64, DatabaseError> {
        Ok(self.0.query_row("PRAGMA user_version", [], |row| row.get(0))?)
    }
}

/// Switches to the write-ahead log. Whoever makes the file at the same moment is in the way for an instant, and SQLite does not wait
/// for that by itself.
#[expect(clippy::disallowed_methods, reason = "the thread that opens a ledger has nothing else to do")]
fn write_ahead(connection: &Connection) -> rusqlite::Result<()> {
    let given_up = Instant::now() + PATIENCE;
    loop {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && Instant::now() < given_up => {
                std::thread::sleep(Duration::from_millis(5));
            }
            done => return done,
        }
    }
}

fn fits(params: &[Param<'_>]) -> Result<(), DatabaseError> {
    let large = params.iter().find_map(|param| match param {
        Param::Amount(amount) => i64::try_from(*amount).is_err().then_some(*amount),
        Param::Null | Param::Number(_) | Param::Text(_) => None,
    });
    large.map_or(Ok(()), |amount| Err(DatabaseError::TooLarge(amount)))
}

impl ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Param::Null => ToSqlOutput::Owned(Value::Null),
            Param::Number(number) => number.to_sql()?,
            Param::Amount(amount) => amount.to_sql()?,
            Param::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
        })
    }
}
