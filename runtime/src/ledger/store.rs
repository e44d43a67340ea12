//! The ledger in a file of SQLite. Opening it settles what dead processes left held.

use std::path::{Path, PathBuf};

use futures_util::future::BoxFuture;
use rusqlite::Connection;

use super::owner::{OWNERS, Owner};
use super::recover;
use super::schema::{self, SchemaError};
use super::writer::Writer;
use super::{Book, BookError, Entry};
use crate::error::RunError;

/// A ledger that this process writes to. Rows of one transaction become durable together.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    // Dropped before the owner: everything is written before this process counts as gone.
    writer: Writer,
    _owner: Owner,
}

impl Ledger {
    /// The name of its file in the home of the data.
    pub const FILE: &'static str = "ledger.db";

    /// Opens the ledger of a home, and settles at their reservation the attempts that no living process owns.
    ///
    /// # Errors
    /// Where the folder cannot be written, or the file is no ledger of a known version.
    pub fn open(home: &Path) -> Result<Ledger, RunError> {
        let unusable = |error: &dyn std::fmt::Display| RunError::home(home, error);
        let path = home.join(Self::FILE);
        let mut connection = connect(&path).map_err(|error| RunError::ledger(&path, &error))?;
        schema::prepare(&mut connection).map_err(|error| match error {
            SchemaError::Later(_) => RunError::later_ledger(&path, &error),
            SchemaError::Sqlite(error) => RunError::ledger(&path, &error),
        })?;
        let owners = home.join(OWNERS);
        let owner = Owner::new(&owners).map_err(|error| unusable(&error))?;
        recover::settle_the_dead(&mut connection, &owners).map_err(|error| RunError::ledger(&path, &error))?;
        let writer = Writer::start(connection, owner.name().to_owned()).map_err(|error| unusable(&error))?;
        Ok(Ledger { path, writer, _owner: owner })
    }

    /// Its file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Book for Ledger {
    fn write(&self, entry: Entry) {
        self.writer.write(entry);
    }

    fn write_durably(&self, entry: Entry) -> BoxFuture<'static, Result<(), BookError>> {
        self.writer.write_durably(entry)
    }
}

/// Makes the file, for its owner alone; what SQLite makes beside it is as it is. Where it cannot be made, opening it says why.
fn make(path: &Path) {
    let mut file = std::fs::OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
    let _ = file.create(true).append(true).open(path);
}

/// A connection that keeps what it commits.
fn connect(path: &Path) -> rusqlite::Result<Connection> {
    make(path);
    let connection = Connection::open(path)?;
    connection.busy_timeout(std::time::Duration::from_secs(20))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // INVARIANT I-1: a commit is on the disk when it returns.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(connection)
}
