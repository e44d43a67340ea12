//! Where data lives: `$FLOW_HOME`, else `.flow` beside `flow.toml`, else the user's data folder.

use std::path::{Path, PathBuf};

use flow_compiler::diagnostic::code;
use flow_runtime::ledger::query::Reader;

use super::disk::Project;
use super::problem::Problem;

/// The home of a project's data. It need not exist yet.
pub(crate) fn of(project: &Project) -> Result<PathBuf, Problem> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let beside = || project.is_declared().then(|| project.root().join(".flow"));
    let users = || {
        let data = set("XDG_DATA_HOME").or_else(|| Some(set("HOME")?.join(".local/share")));
        data.map(|data| data.join("flow"))
    };
    set("FLOW_HOME").or_else(beside).or_else(users).ok_or_else(|| {
        Problem::usage(code::command::E0953, "there is no folder for the ledger: neither `FLOW_HOME` nor `HOME` is set")
            .help("set FLOW_HOME to a folder that you may write to")
    })
}

/// The ledger of the project around the current folder.
pub(crate) fn ledger() -> Result<Reader, Problem> {
    let home = of(&Project::around(Path::new(".")))?;
    Reader::open(&home).map_err(|error| super::rows::problem(&error))
}
