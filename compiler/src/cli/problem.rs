//! What keeps a command from doing its work: a code, a sentence, what to do now, and the exit code that goes with it. `flowc`
//! and `flow` both print it this way; mistakes in a flow are diagnostics and not problems.

use std::fmt;

use flow_compiler::diagnostic::Code;
use miette::{GraphicalReportHandler, GraphicalTheme};

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

    /// The sentence with its code and its help, for the standard error.
    fn render(&self, colours: Colours) -> String {
        let theme = if colours.on_stderr() { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let mut out = String::new();
        let drawn = GraphicalReportHandler::new_themed(theme).with_width(100).render_report(&mut out, self);
        match drawn {
            Ok(()) => format!("{}\n", out.trim_end()),
            Err(_) => format!("error[{}]: {self}\n", self.code),
        }
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

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        (!self.help.is_empty()).then(|| Box::new(self.help.join("\n")) as Box<dyn fmt::Display + 'a>)
    }
}
