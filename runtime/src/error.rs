//! What stops a run before it begins, or from outside: data with a code, a sentence and what to do now.

use std::fmt;
use std::path::Path;

use flow_compiler::diagnostic::Code;
use flow_compiler::diagnostic::code::run as code;

use crate::ledger::{DatabaseError, Location};

/// Something that is not a run's own failure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RunError {
    /// Its code, which has a page.
    pub code: Code,
    /// One sentence in lower case without a full stop, the user's text in backticks.
    pub message: String,
    /// What to do now.
    pub help: Option<String>,
    /// Whose fault it is.
    pub fault: Blame,
}

/// Whose fault something is, which decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The command, its input, or the files that it was pointed at: exit code 64.
    Usage,
    /// The machine, in the middle of a run: exit code 70.
    Machine,
}

impl RunError {
    /// An error of a code.
    #[must_use]
    pub fn new(code: Code, fault: Blame, message: impl Into<String>) -> RunError {
        RunError { code, message: message.into(), help: None, fault }
    }

    /// Says what to do now.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> RunError {
        self.help = Some(help.into());
        self
    }

    /// The exit code of a program that ends with it.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self.fault {
            Blame::Usage => 64,
            Blame::Machine => 70,
        }
    }

    pub(crate) fn input(message: impl Into<String>, help: Option<String>) -> RunError {
        RunError { help, ..RunError::new(code::E0901, Blame::Usage, message) }
    }

    pub(crate) fn no_flow(message: impl Into<String>, help: Option<String>) -> RunError {
        RunError { help, ..RunError::new(code::E0903, Blame::Usage, message) }
    }

    pub(crate) fn home(home: &Path, why: &dyn fmt::Display) -> RunError {
        let message = format!("the folder for data `{}` cannot be used: {why}", home.display());
        RunError::new(code::E0904, Blame::Usage, message).help("set `FLOW_HOME` to a folder that can be written")
    }

    pub(crate) fn unusable(at: &Location, why: &DatabaseError) -> RunError {
        let other = match at {
            Location::Folder(_) => "set `FLOW_HOME` to another folder",
            Location::Server(_) => "set `FLOW_DATABASE_URL` to another database",
        };
        if let DatabaseError::Later(_) = why {
            let message = format!("the ledger `{at}` was made by a later version of flow: {why}");
            return RunError::new(code::E0906, Blame::Usage, message).help(format!("use that version, or {other}"));
        }
        match at {
            Location::Folder(home) if matches!(why, DatabaseError::System(_)) => RunError::home(home, why),
            Location::Folder(_) => RunError::new(code::E0905, Blame::Usage, format!("the ledger `{at}` cannot be used: {why}"))
                .help(format!("move it away to begin a new one, or {other}")),
            Location::Server(_) => RunError::new(code::E0905, Blame::Usage, format!("the ledger `{at}` cannot be used: {why}"))
                .help("nothing was sent; see that the server runs, and that `FLOW_DATABASE_URL` names a database that may be written"),
        }
    }

    pub(crate) fn no_database(why: &str) -> RunError {
        let message = format!("`FLOW_DATABASE_URL` names no database: {why}");
        RunError::new(code::E0910, Blame::Usage, message)
            .help("write it as postgres://user:password@host:5432/database")
    }

    pub(crate) fn no_ledger_at(at: &Location) -> RunError {
        match at {
            Location::Folder(home) => RunError::no_ledger(home),
            Location::Server(_) => {
                RunError::new(code::E0907, Blame::Usage, format!("there is no ledger in `{at}` yet"))
                    .help("`flow run` begins one")
            }
        }
    }

    pub(crate) fn no_ledger(home: &Path) -> RunError {
        let message = format!("there is no ledger in `{}` yet", home.display());
        RunError::new(code::E0907, Blame::Usage, message).help("`flow run` begins one")
    }

    pub(crate) fn unreadable_ledger(why: &dyn fmt::Display) -> RunError {
        RunError::new(code::E0905, Blame::Usage, format!("the ledger cannot be read: {why}"))
    }

    pub(crate) fn answers(path: &str, why: impl fmt::Display) -> RunError {
        RunError::new(code::E0908, Blame::Usage, format!("the answers in `{path}` cannot be played: {why}"))
    }

    pub(crate) fn unlike_journal(run: &str, why: &dyn fmt::Display) -> RunError {
        RunError::new(code::E0973, Blame::Machine, format!("the journal of `{run}` cannot be followed: {why}"))
            .help("it was written by another version of flow; what the run spent stays in the ledger")
    }

    pub(crate) fn stopped_writing(why: &dyn fmt::Display) -> RunError {
        RunError::new(code::E0905, Blame::Machine, format!("the run was stopped: {why}"))
    }
}

/// For hosts that report through miette.
impl miette::Diagnostic for RunError {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(miette::Severity::Error)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_deref().map(|help| Box::new(help) as Box<dyn fmt::Display + 'a>)
    }
}
