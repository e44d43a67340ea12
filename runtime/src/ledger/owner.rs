//! Who is alive. Every process that writes to a ledger holds a lock of its own, and the system lets go of the lock when the process
//! ends, however it ends: a file beside the ledger, or a lock of the connection to a server.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::database::{Database, DatabaseError, params};
use super::location::Location;

/// The folder of the locks, in the home of the data.
const OWNERS: &str = "owners";

/// Who writes by one opened ledger.
#[derive(Debug)]
pub(super) struct Owner {
    name: String,
    _file: Option<Locked>,
}

/// A file that is there as long as its owner is.
#[derive(Debug)]
struct Locked {
    path: PathBuf,
    _lock: File,
}

impl Owner {
    /// A new owner of what is written to a ledger.
    pub(super) fn new(at: &Location) -> io::Result<Owner> {
        let name = uuid::Uuid::now_v7().to_string();
        let file = match at {
            Location::Folder(home) => Some(Locked::new(&home.join(OWNERS), &name)?),
            Location::Server(_) => None,
        };
        Ok(Owner { name, _file: file })
    }

    /// Its name, which its rows carry.
    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

/// Says on a connection that the owner of that name lives as long as the connection does. A file of SQLite has the lock beside it.
pub(super) fn live(database: &mut Database, name: &str) -> Result<(), DatabaseError> {
    match database {
        Database::Sqlite(_) => Ok(()),
        Database::Postgres(_) => {
            let taken = "SELECT CASE WHEN pg_try_advisory_lock(?1) THEN 1 ELSE 0 END";
            let is_ours = database.row(taken, params![key(name)])?.map_or(Ok(false), |row| row.get(0))?;
            let still = || {
                io::Error::new(
                    io::ErrorKind::AddrInUse,
                    "the server has not noticed yet that the last connection ended",
                )
            };
            if is_ours { Ok(()) } else { Err(still().into()) }
        }
    }
}

/// Whether the owner of that name is gone. Removes what it left behind.
pub(super) fn is_gone(database: &mut Database, at: &Location, name: &str) -> Result<bool, DatabaseError> {
    match at {
        Location::Folder(home) => Ok(is_unlocked(&home.join(OWNERS), name)?),
        Location::Server(_) => {
            let free = "SELECT CASE WHEN pg_try_advisory_xact_lock(?1) THEN 1 ELSE 0 END";
            database.row(free, params![key(name)])?.map_or(Ok(true), |row| row.get(0))
        }
    }
}

/// The lock of a name, among those of a server.
fn key(name: &str) -> i64 {
    let digest = blake3::hash(name.as_bytes());
    let (first, _) = digest.as_bytes().split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
    i64::from_le_bytes(*first)
}

impl Locked {
    fn new(folder: &Path, name: &str) -> io::Result<Locked> {
        fs::create_dir_all(folder)?;
        let path = folder.join(format!("{name}.lock"));
        let lock = File::create_new(&path)?;
        lock.lock()?;
        Ok(Locked { path, _lock: lock })
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        // A file that cannot be removed is of no harm: nobody holds its lock, so its owner counts as gone.
        let _ = fs::remove_file(&self.path);
    }
}

fn is_unlocked(folder: &Path, name: &str) -> io::Result<bool> {
    let path = folder.join(format!("{name}.lock"));
    let file = match OpenOptions::new().read(true).write(true).open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(error),
    };
    match file.try_lock() {
        Ok(()) => {
            let _ = fs::remove_file(&path);
            Ok(true)
        }
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}
