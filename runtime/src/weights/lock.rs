//! One process at a time. The lock is the system's: it is free again when its holder dies.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::Duration;

use super::{Progress, Stage};

/// Waits for the lock; it is given back when the file is dropped. Waiting can be given up at any time.
pub(super) async fn hold(path: &Path, progress: &dyn Progress) -> io::Result<File> {
    let file = File::options().create(true).append(true).open(path)?;
    let mut told = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(std::fs::TryLockError::Error(error)) => return Err(error),
            Err(std::fs::TryLockError::WouldBlock) => {
                if !std::mem::replace(&mut told, true) {
                    progress.stage(Stage::Waiting);
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}
