//! Where data lives, and the ledger that is there.

use std::path::{Path, PathBuf};

use flow_runtime::error::RunError;
use flow_runtime::home;
use flow_runtime::ledger::query::Reader;

use super::disk::Project;
use super::problem::Problem;

/// The home of a project's data: `$FLOW_HOME`, else `.flow` beside `flow.toml`, else the user's data folder.
pub(crate) fn of(project: &Project) -> Result<PathBuf, Problem> {
    let declared = project.is_declared().then(|| project.root());
    home::find(declared, |name| std::env::var(name).ok()).map_err(problem)
}

/// The ledger of the project around the current folder.
pub(crate) fn ledger() -> Result<Reader, Problem> {
    Reader::open(&of(&Project::around(Path::new(".")))?).map_err(problem)
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
