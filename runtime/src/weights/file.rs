//! One file: is it what it should be, and if so, give it its name.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::{Error, File, Problem, Weights};

pub(super) enum Verdict {
    Right,
    Absent,
    /// It has this hash instead.
    Wrong(String),
}

/// Reads a file and compares its hash.
pub(super) async fn check(path: &Path, file: &'static File) -> io::Result<Verdict> {
    let path = path.to_owned();
    tokio::task::spawn_blocking(move || match std::fs::File::open(&path) {
        Ok(found) => judge(found, file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Verdict::Absent),
        Err(error) => Err(error),
    })
    .await
    .map_err(io::Error::other)?
}

fn judge(mut found: impl Read, file: &File) -> io::Result<Verdict> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = found.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hasher.update(&buffer[..read]);
    }
    let hash: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(if hash == file.sha256 { Verdict::Right } else { Verdict::Wrong(hash) })
}

/// Gives a complete partial file its name, in one step, if it is right; removes it if it is not.
pub(super) async fn accept(weights: &'static Weights, file: &'static File, folder: &Path) -> Result<(), Problem> {
    let partial = file.partial(folder);
    match check(&partial, file).await.map_err(cannot(&partial))? {
        Verdict::Right => std::fs::rename(&partial, file.path(folder)).map_err(cannot(&partial)),
        Verdict::Absent => Err(Problem::Reason(format!("`{}` did not arrive", file.name))),
        Verdict::Wrong(found) => {
            std::fs::remove_file(&partial).map_err(cannot(&partial))?;
            let wrong = Error::WrongHash { name: weights.name, file: file.name, expected: file.sha256, found };
            Err(Problem::Error(wrong))
        }
    }
}

pub(super) fn cannot(path: &Path) -> impl FnOnce(io::Error) -> Problem + use<> {
    let path: PathBuf = path.to_owned();
    move |source| Problem::Error(Error::Folder { path, source })
}
