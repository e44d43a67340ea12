//! The real `flow` and `flowc`, run in a project made for one test.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::SystemTime;

use serde_json::Value;

/// The root of the repository.
#[must_use]
pub fn repository() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        let member = Path::new(env!("CARGO_MANIFEST_DIR"));
        member.parent().unwrap_or(member).to_path_buf()
    })
}

/// The program of that name, built from this tree. `cargo test --workspace` builds it before any test runs; a test of this
/// member alone builds it here, where it is older than its sources.
///
/// # Panics
/// Where it cannot be built.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        // target/debug/deps/all-… → target/debug
        let test = std::env::current_exe().expect("a test has a path");
        let folder = test.ancestors().nth(2).expect("tests are in deps").to_path_buf();
        let built = ["flow", "flowc"].iter().filter_map(|name| changed(&folder.join(name))).min();
        let sources =
            ["compiler/src", "runtime/src", "stdlib"].iter().filter_map(|path| newest(&repository().join(path)));
        if built < sources.max() {
            build();
        }
        folder
    });
    folder.join(name)
}

/// A `flow` with fault points, built beside the program that asks for it. It is the `flow` of this build from then on.
///
/// # Panics
/// Where it cannot be built.
#[must_use]
pub fn faulty() -> PathBuf {
    let own = std::env::current_exe().expect("its own path");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--locked", "--package", "flow-runtime", "--bin", "flow", "--no-default-features"]);
    cargo.args(["--features", "faults"]);
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    let done = cargo.current_dir(repository()).status().expect("cargo runs");
    assert!(done.success(), "flow does not build");
    own.with_file_name("flow")
}

fn build() {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--locked", "--package", "flow-compiler", "--package", "flow-runtime", "--bins"]);
    if !cfg!(feature = "local") {
        cargo.arg("--no-default-features");
    }
    if cfg!(feature = "faults") {
        cargo.args(["--features", "flow-runtime/faults"]);
    }
    let done = cargo.current_dir(repository()).status().expect("cargo runs");
    assert!(done.success(), "flow and flowc do not build");
}

fn changed(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|metadata| metadata.modified()).ok()
}

/// When something below a folder was changed last.
fn newest(folder: &Path) -> Option<SystemTime> {
    let entries = std::fs::read_dir(folder).ok()?.filter_map(Result::ok);
    entries.filter_map(|entry| if entry.path().is_dir() { newest(&entry.path()) } else { changed(&entry.path()) }).max()
}

/// A folder with files, gone when the test ends.
pub struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    /// A project of these files: path and content.
    ///
    /// # Panics
    /// Where the disk does not take them.
    #[must_use]
    pub fn new(files: &[(&str, &str)]) -> Project {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let project = Project { folder };
        for (path, content) in files {
            project.write(path, content);
        }
        project
    }

    /// Its folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file.
    ///
    /// # Panics
    /// Where the disk does not take it.
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, content).expect("a file");
    }

    /// A command in this project: no colours, its own homes of data and state, none of the keys of whoever runs the tests.
    #[must_use]
    pub fn command(&self, name: &str) -> Command {
        let mut command = Command::new(program(name));
        command.current_dir(self.path()).env("NO_COLOR", "1").env("FLOW_HOME", self.path().join(".flow"));
        command.env("XDG_STATE_HOME", self.path().join(".state"));
        for (variable, _) in std::env::vars() {
            if variable.ends_with("_API_KEY") {
                command.env_remove(variable);
            }
        }
        command.stdin(Stdio::null());
        command
    }

    /// Runs `flowc` with these arguments.
    #[must_use]
    pub fn flowc(&self, args: &[&str]) -> Said {
        Said::of(self.command("flowc").args(args))
    }

    /// Runs `flow` with these arguments.
    #[must_use]
    pub fn flow(&self, args: &[&str]) -> Said {
        Said::of(self.command("flow").args(args))
    }
}

/// What a command said and how it ended.
#[derive(Debug)]
pub struct Said {
    /// Its exit code; -1 where a signal ended it.
    pub code: i32,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
}

impl Said {
    /// Runs a command to its end.
    ///
    /// # Panics
    /// Where it does not start.
    pub fn of(command: &mut Command) -> Said {
        let Output { status, stdout, stderr } = command.output().expect("the command starts");
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Said { code: status.code().unwrap_or(-1), stdout: text(stdout), stderr: text(stderr) }
    }

    /// Its standard output as JSON.
    ///
    /// # Panics
    /// Where it is none; shows everything that was said.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error} in {self:#?}"))
    }
}
