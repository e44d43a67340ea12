//! The databases that a ledger can be in. In: statements, their numbers and texts. Out: rows.
//!
//! One set of statements serves SQLite and Postgres, so that there is one ledger and not two: parameters are `?1`, columns hold whole
//! numbers or text, and a truth is 0 or 1. What differs stands in the modules below: how a connection is made, how writers take
//! turns, and how it is known who is alive.

mod cell;
mod postgres;
mod sqlite;

pub(super) use cell::{Cell, FromCell, Param, params};

use self::postgres::Postgres;
use self::sqlite::Sqlite;
use super::location::Location;
use super::schema;

/// A connection to a ledger.
pub(super) enum Database {
    /// A file.
    Sqlite(Sqlite),
    /// A server.
    Postgres(Box<Postgres>),
}

/// A row, column by column.
pub(super) struct Row(Vec<Cell>);

/// What a database says instead of an answer. It never holds a password, for it never holds an address.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DatabaseError {
    /// SQLite says it.
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
    /// Postgres says it.
    #[error("{}", postgres::said(.0))]
    Postgres(#[from] ::postgres::Error),
    /// The system does not let it be asked.
    #[error("{0}")]
    System(#[from] std::io::Error),
    /// An amount that no column holds.
    #[error("{0} is larger than any number of a ledger")]
    TooLarge(u64),
    /// A column that does not hold what this program wrote there.
    #[error("column {0} does not hold {1}")]
    Column(usize, &'static str),
    /// The secure connection cannot be prepared.
    #[error("no secure connection: {0}")]
    Tls(String),
    /// A later version of flow made the tables.
    #[error("it has version {0}, this program knows version {known}", known = schema::VERSION)]
    Later(i64),
    /// It is asked after its end.
    #[error("its connection is closed")]
    Closed,
    /// Something that was held is not there any more.
    #[error("attempt `{0}` is to be settled, and the ledger does not have it")]
    Unheld(String),
    /// While the connection was lost, another process took the run for dead.
    #[error("the connection was lost for so long that another process took the run over")]
    TakenOver,
}

impl DatabaseError {
    /// Whether it is the connection that is gone, so that another one may do.
    pub(super) fn is_disconnected(&self) -> bool {
        match self {
            DatabaseError::Postgres(error) => postgres::is_disconnected(error),
            // The server has not noticed yet that the last connection is gone.
            DatabaseError::System(error) => error.kind() == std::io::ErrorKind::AddrInUse,
            DatabaseError::Sqlite(_)
            | DatabaseError::TooLarge(_)
            | DatabaseError::Column(..)
            | DatabaseError::Tls(_)
            | DatabaseError::Later(_)
            | DatabaseError::Closed
            | DatabaseError::Unheld(_)
            | DatabaseError::TakenOver => false,
        }
    }
}

impl Database {
    /// A connection that keeps what it commits, to a database that is made where that is possible.
    pub(super) fn open(at: &Location) -> Result<Database, DatabaseError> {
        match at {
            Location::Folder(_) => Ok(Database::Sqlite(Sqlite::make(&at.file())?)),
            Location::Server(server) => Ok(Database::Postgres(Box::new(Postgres::connect(server)?))),
        }
    }

    /// A connection to a database that is there. Whether it can be written is another question.
    pub(super) fn read(at: &Location) -> Result<Database, DatabaseError> {
        match at {
            Location::Folder(_) => Ok(Database::Sqlite(Sqlite::read(&at.file())?)),
            Location::Server(_) => Database::open(at),
        }
    }

    /// Whether it can be read only.
    pub(super) fn is_readonly(&self) -> bool {
        match self {
            Database::Sqlite(database) => database.is_readonly(),
            Database::Postgres(_) => false,
        }
    }

    /// Does something as one transaction: all of it becomes durable or nothing does. Writers of other processes wait meanwhile.
    pub(super) fn atomically<T, E: From<DatabaseError>>(
        &mut self,
        body: impl FnOnce(&mut Database) -> Result<T, E>,
    ) -> Result<T, E> {
        let begin = match self {
            Database::Sqlite(_) => "BEGIN IMMEDIATE",
            // INVARIANT I-25: writers take turns, as those of SQLite do, so what one of them has checked still holds when it commits.
            Database::Postgres(_) => postgres::TURN,
        };
        self.between(begin, body)
    }

    /// Looks at everything as it is at one moment. Nobody waits for it.
    pub(super) fn as_it_is<T, E: From<DatabaseError>>(
        &mut self,
        body: impl FnOnce(&mut Database) -> Result<T, E>,
    ) -> Result<T, E> {
        let begin = match self {
            Database::Sqlite(_) => "BEGIN",
            Database::Postgres(_) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        self.between(begin, body)
    }

    fn between<T, E: From<DatabaseError>>(
        &mut self,
        begin: &str,
        body: impl FnOnce(&mut Database) -> Result<T, E>,
    ) -> Result<T, E> {
        if let Err(error) = self.script(begin) {
            // It may have begun, and then have waited for its turn for too long.
            let _ = self.script("ROLLBACK");
            return Err(error.into());
        }
        let done = body(self);
        match done {
            Ok(value) => match self.script("COMMIT") {
                Ok(()) => Ok(value),
                Err(error) => {
                    let _ = self.script("ROLLBACK");
                    Err(error.into())
                }
            },
            Err(error) => {
                // Where even this fails the connection is gone, and the transaction with it.
                let _ = self.script("ROLLBACK");
                Err(error)
            }
        }
    }

    /// Runs statements without parameters.
    pub(super) fn script(&mut self, sql: &str) -> Result<(), DatabaseError> {
        match self {
            Database::Sqlite(database) => database.script(sql),
            Database::Postgres(database) => database.script(sql),
        }
    }

    /// Runs a statement. Gives how many rows it changed.
    pub(super) fn execute(&mut self, sql: &str, params: &[Param<'_>]) -> Result<u64, DatabaseError> {
        match self {
            Database::Sqlite(database) => database.execute(sql, params),
            Database::Postgres(database) => database.execute(sql, params),
        }
    }

    /// The rows of a query.
    pub(super) fn rows(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, DatabaseError> {
        match self {
            Database::Sqlite(database) => database.rows(sql, params),
            Database::Postgres(database) => database.rows(sql, params),
        }
    }

    /// The first row of a query, if it has one.
    pub(super) fn row(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Option<Row>, DatabaseError> {
        Ok(self.rows(sql, params)?.into_iter().next())
    }

    /// The version of its tables; 0 where there are none.
    pub(super) fn version(&mut self) -> Result<i64, DatabaseError> {
        match self {
            Database::Sqlite(database) => database.version(),
            Database::Postgres(database) => database.version(),
        }
    }

    /// Notes the version of its tables.
    pub(super) fn set_version(&mut self, version: i64) -> Result<(), DatabaseError> {
        match self {
            Database::Sqlite(_) => self.script(&format!("PRAGMA user_version = {version}")),
            Database::Postgres(_) => {
                self.script("DELETE FROM version")?;
                self.execute("INSERT INTO version (number) VALUES (?1)", params![version]).map(drop)
            }
        }
    }

    /// The statements that make tables, as this database wants them. They are written for SQLite.
    pub(super) fn dialect(&self, tables: &str) -> String {
        match self {
            Database::Sqlite(_) => tables.to_owned(),
            Database::Postgres(_) => postgres::dialect(tables),
        }
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Database::Sqlite(_) => "Sqlite",
            Database::Postgres(_) => "Postgres",
        })
    }
}

impl Row {
    /// What a column holds.
    pub(super) fn get<T: FromCell>(&self, at: usize) -> Result<T, DatabaseError> {
        let cell = self.0.get(at).unwrap_or(&Cell::Null);
        T::from_cell(cell).ok_or(DatabaseError::Column(at, T::NAME))
    }
}
