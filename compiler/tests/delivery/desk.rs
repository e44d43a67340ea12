//! A small project with a model that costs something, for tests of what is said about ceilings.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// Its `flow.toml`.
pub(crate) const FLOW_TOML: &str = r#"[project]
name = "desk"

[lints]
unused_item = "allow"

[models.unit]
provider     = "scripted"
tokenizer    = { class = "ceiling", bytes_per_token = 1 }
context      = 100_000
max_output   = 10_000
output_field = "max_tokens"
price        = { input = "1.00", output = "10.00" }
timeout      = "30s"
as_of        = "2026-11-01"
source       = "the contract"

[models.large]
provider     = "scripted"
tokenizer    = { class = "ceiling", bytes_per_token = 1 }
context      = 100_000
max_output   = 10_000
output_field = "max_tokens"
price        = { input = "5.00", output = "50.00" }
timeout      = "30s"
as_of        = "2026-11-01"
source       = "the contract"
"#;

/// Its `desk.flow`.
pub(crate) const DESK: &str = r#"tier unit = model("unit")
tier large = model("large")

type Ticket {
  subject: Text<=10tok
  body: Text<=90tok
}

/// Gives money back.
tool refund(amount: Usd<=$50) -> Text<=20tok {
  from   exec("refund")
  effect money
  price  $0.001
  time   <= 5s
  gate   amount <= $20 else deny
}

pub step solve(t: Ticket) -> Text<=50tok {
  on    unit
  retry <= 1

  system """
  You answer for the help desk.
  """

  """
  {raw t.body}
  """
}

pub flow desk(t: Ticket) -> Text<=50tok {
  budget cost <= $0.01, calls <= 4, time <= 5m
  owner  "support"
  return solve(t)
}
"#;

/// The project.
pub(crate) fn desk() -> Project {
    Project::new(&[("flow.toml", FLOW_TOML), ("desk.flow", DESK)])
}

/// Runs git in a project, as nobody in particular.
///
/// # Panics
/// Where git refuses.
pub(crate) fn git(project: &Project, args: &[&str]) -> String {
    let mut command = Command::new("git");
    command.current_dir(project.path()).args(["-c", "user.name=Flow", "-c", "user.email=flow@example.com"]).args(args);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    let done = command.output().expect("git is installed");
    assert!(done.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).into_owned()
}

/// Makes everything in a project a commit.
pub(crate) fn commit(project: &Project, message: &str) {
    git(project, &["add", "--all"]);
    git(project, &["commit", "--quiet", "--allow-empty", "--message", message]);
}

/// A repository with the project as its first commit, on the branch `main`.
pub(crate) fn repository_of(project: Project) -> Project {
    git(&project, &["init", "--quiet", "--initial-branch=main"]);
    commit(&project, "Begin");
    project
}

/// The root of the repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the compiler is a member").to_path_buf()
}

/// A folder with files, gone when the test ends.
pub(crate) struct Project(tempfile::TempDir);

/// What a command did.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Project {
    /// A project of these files: path and content.
    pub(crate) fn new(files: &[(&str, &str)]) -> Project {
        let project = Project(tempfile::tempdir().expect("a temporary folder"));
        files.iter().for_each(|(path, content)| project.write(path, content));
        project
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file.
    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, content).expect("a file");
    }

    /// Replaces text in a file, which has to be there.
    pub(crate) fn edit(&self, path: &str, old: &str, new: &str) {
        let text = self.read(path);
        assert!(text.contains(old), "`{old}` is in {path}: {text}");
        self.write(path, text.replace(old, new));
    }

    /// A file as text.
    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// The real `flowc` in this project.
    pub(crate) fn flowc(&self, arguments: &[&str]) -> Said {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flowc"));
        command.current_dir(self.path()).env("NO_COLOR", "1").stdin(Stdio::null());
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
        Said::of(command.args(arguments).output().expect("flowc runs"))
    }
}

impl Said {
    pub(crate) fn of(Output { status, stdout, stderr }: Output) -> Said {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Said { code: status.code().unwrap_or(-1), stdout: text(stdout), stderr: text(stderr) }
    }

    /// Its standard output as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error} in {self:#?}"))
    }
}
