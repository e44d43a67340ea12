//! Where data lives, and the ledger that is there.

use std::path::{Path, PathBuf};

use flow_compiler::diagnostic::code;
use flow_runtime::error::RunError;
use flow_runtime::home;
use flow_runtime::ledger::Location;
use flow_runtime::ledger::query::Reader;

use super::disk::Project;
use super::problem::Problem;
use super::terminal;

/// Which ledger is read.
#[derive(Debug, clap::Args)]
pub(crate) struct Which {
    /// A folder or a file of the project whose runs are meant; without it, the project of the current folder, and outside
    /// of every project the one that ran last
    #[arg(long, value_name = "DIR|FILE")]
    project: Option<PathBuf>,
}

/// The home of a project's data: `$FLOW_HOME`, else `.flow` beside `flow.toml`, else the user's data folder.
pub(crate) fn of(project: &Project) -> Result<PathBuf, Problem> {
    let declared = project.is_declared().then(|| project.root());
    home::find(declared, variable).map_err(problem)
}

/// Where the ledger of a home is: in it, or in the database that the environment names for it.
pub(crate) fn location(home: &Path) -> Result<Location, Problem> {
    match server()? {
        Some(server) => Ok(server),
        None => Ok(Location::from(home)),
    }
}

fn server() -> Result<Option<Location>, Problem> {
    let address = variable(Location::VARIABLE).filter(|value| !value.is_empty());
    address.map(|address| Location::server(&address)).transpose().map_err(problem)
}

/// The ledger that is meant.
pub(crate) fn ledger(which: &Which) -> Result<Reader, Problem> {
    if let Some(server) = server()? {
        return Reader::open(server).map_err(problem);
    }
    let home = match &which.project {
        Some(path) => of(&named(path)?)?,
        None => {
            let here = Project::around(Path::new("."));
            match (!here.is_declared() && !is_set()).then(|| home::last(variable)).flatten() {
                Some(last) => {
                    terminal::say(&format!("the ledger of {}\n", shown(&last)));
                    last
                }
                None => of(&here)?,
            }
        }
    };
    Reader::open(&home).map_err(problem)
}

/// Notes where a run of a project was written, and gives the command that reads it from the current folder.
pub(crate) fn remember(project: &Project, home: &Path) -> String {
    if is_set() || variable(Location::VARIABLE).is_some_and(|value| !value.is_empty()) {
        return "flow bom".to_owned();
    }
    let is_noted = home::remember(home, variable);
    let here = Project::around(Path::new("."));
    let is_found = if here.is_declared() { here.root() == project.root() } else { is_noted };
    if is_found {
        return "flow bom".to_owned();
    }
    let folder = project.shown_root().display().to_string();
    let is_plain = folder.chars().all(|c| c.is_alphanumeric() || "/._-+@:".contains(c));
    let folder = if is_plain { folder } else { format!("'{}'", folder.replace('\'', "'\\''")) };
    format!("flow bom --project {folder}")
}

/// The project that a path names.
fn named(path: &Path) -> Result<Project, Problem> {
    if path.is_dir() {
        return Ok(Project::around(path));
    }
    if path.exists() {
        return Ok(Project::of_file(path)?.0);
    }
    Err(Problem::usage(code::command::E0954, format!("there is no project `{}`", path.display()))
        .help("name a folder or a file of a project; the path is taken from the current folder"))
}

/// A home as the user would write the project that it belongs to.
fn shown(home: &Path) -> String {
    let beside = home.parent().filter(|_| home.ends_with(".flow")).map(Project::around);
    beside.filter(Project::is_declared).map_or(home.display().to_string(), |p| p.shown_root().display().to_string())
}

fn is_set() -> bool {
    variable("FLOW_HOME").is_some_and(|value| !value.is_empty())
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// What stops a run before it begins, as a problem of the command.
pub(crate) fn problem(error: RunError) -> Problem {
    let exit = error.exit_code();
    let problem = Problem::ending_with(exit, error.code, error.message);
    match error.help {
        Some(help) => problem.help(help),
        None => problem,
    }
}
