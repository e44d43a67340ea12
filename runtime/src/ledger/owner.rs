//! Who is alive. Every process that writes to a ledger holds a lock on a file of its own beside it, and the system lets go
//! of the lock when the process ends, however it ends.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// The folder of the locks, in the home of the data.
pub(super) const OWNERS: &str = "owners";

/// The lock of one opened ledger.
#[derive(Debug)]
pub(super) struct Owner {
    name: String,
    path: PathBuf,
    _lock: File,
}

impl Owner {
    /// Makes an owner in the folder of owners.
    pub(super) fn new(folder: &Path) -> io::Result<Owner> {
        fs::create_dir_all(folder)?;
        let name = uuid::Uuid::now_v7().to_string();
        let path = folder.join(format!("{name}.lock"));
        let lock = File::create_new(&path)?;
        lock.lock()?;
        Ok(Owner { name, path, _lock: lock })
    }

    /// Its name, which its rows carry.
    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        // A file that cannot be removed is of no harm: nobody holds its lock, so its owner counts as gone.
        let _ = fs::remove_file(&self.path);
    }
}

/// Whether the owner of that name is gone. Removes what it left behind.
pub(super) fn is_gone(folder: &Path, name: &str) -> io::Result<bool> {
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
