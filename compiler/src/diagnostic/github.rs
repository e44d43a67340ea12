//! Diagnostics as annotations of GitHub Actions. In: diagnostics and the texts they are about. Out: one workflow command a
//! line, errors first, since a forge shows only the first ten of a step.

use std::cmp::Reverse;
use std::fmt::Write as _;

use super::{Diagnostic, Severity};
use crate::source::Sources;

/// The diagnostics as workflow commands.
#[must_use]
pub fn annotations(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let mut ordered: Vec<&Diagnostic> = diagnostics.iter().collect();
    ordered.sort_by_key(|diagnostic| Reverse(diagnostic.severity));
    let mut out = String::new();
    for diagnostic in ordered {
        annotate(&mut out, diagnostic, sources);
    }
    out
}

fn annotate(out: &mut String, diagnostic: &Diagnostic, sources: &Sources) {
    let command = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let _ = write!(out, "::{command} ");
    if let Some((span, source)) = diagnostic.span.and_then(|span| Some((span, sources.get(span.source)?))) {
        let (line, column) = source.position(span.start);
        let (end_line, end_column) = source.position(span.end);
        let _ = write!(out, "file={},line={line},col={column},endLine={end_line},", property(source.name()));
        if end_line == line {
            let _ = write!(out, "endColumn={end_column},");
        }
    }
    let help = diagnostic.help.iter().map(|help| format!("\nhelp: {help}"));
    let body: String = std::iter::once(diagnostic.message.clone()).chain(help).collect();
    let _ = writeln!(out, "title={}::{}", property(diagnostic.code.as_str()), data(&body));
}

/// Text after the second `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Text of a `key=value`.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
