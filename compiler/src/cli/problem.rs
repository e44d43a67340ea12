//! What keeps a command from doing its work: a code, a sentence, what to do now, and the exit code that goes with it. `flowc`
//! and `flow` both print it as they print a mistake in a flow, without a place.

use std::fmt;

use flow_compiler::diagnostic::Code;
use flow_compiler::diagnostic::report::Reports;
use miette::ReportHandler as _;

use super::exit;
use super::terminal::{self, Colours};

/// Why a command ends early.
#[derive(Debug)]
pub(crate) struct Problem {
    code: Code,
    message: String,
    help: Vec<String>,
    exit: u8,
}

impl Problem {
    /// The command was not used as it can be.
    pub(crate) fn usage(code: Code, message: impl Into<String>) -> Problem {
        Problem { code, message: message.into(), help: Vec::new(), exit: exit::USAGE }
    }

    /// Something that ends the command with an exit code of its own.
    #[allow(dead_code, reason = "of `flow`, whose problems may be the machine's")]
    pub(crate) fn ending_with(exit: u8, code: Code, message: impl Into<String>) -> Problem {
        Problem { exit, ..Problem::usage(code, message) }
    }

    /// Says what to do now.
    pub(crate) fn help(mut self, text: impl Into<String>) -> Problem {
        self.help.push(text.into());
        self
    }

    /// Says it, and gives the exit code that goes with it.
    pub(crate) fn end(&self, colours: Colours) -> u8 {
        terminal::say(&self.render(colours));
        terminal::print_error(Some(self.code), &self.message, &self.help);
        self.exit
    }

    /// The sentence with its code and its help, for the standard error: as a mistake in a flow is said, without a place.
    fn render(&self, colours: Colours) -> String {
        let reports = Reports::new(colours.for_stderr());
        fmt::from_fn(|f| reports.debug(self, f)).to_string()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

impl miette::Diagnostic for Problem {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(miette::Severity::Error)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        (!self.help.is_empty()).then(|| Box::new(self.help.join("\n\n")) as Box<dyn fmt::Display + 'a>)
    }
}
