//! Errors of programs, for people. In: any [`miette::Diagnostic`]. Out: text in the shape of what is said of a flow, without a
//! place.
//!
//! A host that embeds flow and reports through miette may install [`Reports`] as its handler, so that what it says looks like what
//! the compiler says.

use std::fmt;

use miette::ReportHandler;

use super::Severity;
use super::render::{Colour, advice, headline};

/// Draws errors as mistakes in a flow are drawn.
#[derive(Clone, Copy, Debug)]
pub struct Reports {
    colour: Colour,
}

impl Reports {
    /// A handler that colours or does not.
    #[must_use]
    pub fn new(colour: Colour) -> Reports {
        Reports { colour }
    }
}

impl ReportHandler for Reports {
    /// The sentence with its code, and each paragraph of the help on a line of its own.
    fn debug(&self, error: &dyn miette::Diagnostic, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match error.severity() {
            Some(miette::Severity::Advice | miette::Severity::Warning) => Severity::Warning,
            Some(miette::Severity::Error) | None => Severity::Error,
        };
        let code = error.code().map(|code| code.to_string());
        f.write_str(&headline(severity, code.as_deref(), &error.to_string(), self.colour))?;
        let help = error.help().map_or_else(String::new, |help| help.to_string());
        help.split("\n\n").filter(|part| !part.is_empty()).try_for_each(|part| f.write_str(&advice(part)))
    }
}
