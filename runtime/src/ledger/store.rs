//! The ledger in a database. Opening it settles what dead processes left held.

use futures_util::future::BoxFuture;

use super::database::Database;
use super::location::Location;
use super::owner::{self, Owner};
use super::writer::Writer;
use super::{Book, BookError, Entry, Written};
use super::{recover, schema};
use crate::error::RunError;
use crate::fault::{self, Point};

/// A ledger that this process writes to. Rows of one transaction become durable together.
#[derive(Debug)]
pub struct Ledger {
    at: Location,
    // Dropped before the owner: everything is written before this process counts as gone.
    writer: Writer,
    owner: Owner,
}

impl Ledger {
    /// The name of its file in the home of the data.
    pub const FILE: &'static str = "ledger.db";

    /// Opens the ledger of a home, or on a server, and settles at their reservation the attempts that no living process owns.
    ///
    /// # Errors
    /// Where the folder cannot be written, the server cannot be reached, or what is there is no ledger of a known version.
    pub fn open(at: impl Into<Location>) -> Result<Ledger, RunError> {
        let at = at.into();
        let owner = Owner::new(&at).map_err(|error| RunError::unusable(&at, &error.into()))?;
        fault::at(Point::OwnerLocked);
        let prepare = || {
            let mut database = Database::open(&at)?;
            owner::live(&mut database, owner.name())?;
            schema::prepare(&mut database)?;
            recover::settle_the_dead(&mut database, &at)?;
            fault::at(Point::LedgerOpened);
            Writer::start(database, at.clone(), owner.name().to_owned()).map_err(super::database::DatabaseError::from)
        };
        let writer = prepare().map_err(|error| RunError::unusable(&at, &error))?;
        Ok(Ledger { at, writer, owner })
    }

    /// The name under which this process owns runs.
    #[must_use]
    pub fn owner(&self) -> &str {
        self.owner.name()
    }

    /// Where it is.
    #[must_use]
    pub fn at(&self) -> &Location {
        &self.at
    }
}

impl Book for Ledger {
    fn write(&self, entry: Entry) {
        self.writer.write(entry);
    }

    fn write_durably(&self, entry: Entry) -> BoxFuture<'static, Result<Written, BookError>> {
        self.writer.write_durably(entry)
    }
}
