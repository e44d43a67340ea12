//! Diagnostics as annotations of GitHub Actions. In: diagnostics and the texts they are about. Out: one workflow command a
//! line, what stands in changed lines first, then errors, since a forge shows only ten of a step; and a line that counts all.

use std::cmp::Reverse;
use std::fmt::Write as _;

use super::{Diagnostic, Severity};
use crate::source::Sources;

/// How many annotations a forge shows of a step.
pub const MOST: usize = 10;

/// The diagnostics of several files as workflow commands. `is_changed` tells whether a line of a file, from 1, is new.
#[must_use]
pub fn annotations(files: &[(&[Diagnostic], &Sources)], is_changed: &dyn Fn(&str, usize) -> bool) -> String {
    let mut ordered: Vec<(bool, &Diagnostic, &Sources)> = Vec::new();
    for (diagnostics, sources) in files {
        ordered.extend(diagnostics.iter().map(|one| (changed(one, sources, is_changed), one, *sources)));
    }
    ordered.sort_by_key(|(changed, diagnostic, _)| (Reverse(*changed), Reverse(diagnostic.severity)));
    let mut out = String::new();
    for (_, diagnostic, sources) in ordered.iter().take(MOST) {
        annotate(&mut out, diagnostic, sources);
    }
    let errors = ordered.iter().filter(|(_, diagnostic, _)| diagnostic.is_error()).count();
    let warnings = ordered.len() - errors;
    let _ = write!(out, "flowc: {}, {}", counted(errors, "error"), counted(warnings, "warning"));
    if ordered.len() > MOST {
        let _ = write!(out, "; {MOST} of them are annotations, `flowc check` prints all");
    }
    out.push('\n');
    out
}

fn changed(diagnostic: &Diagnostic, sources: &Sources, is_changed: &dyn Fn(&str, usize) -> bool) -> bool {
    let spans = diagnostic.span.into_iter().chain(diagnostic.labels.iter().map(|label| label.span));
    spans.filter_map(|span| Some((sources.get(span.source)?, span))).any(|(source, span)| {
        let (first, last) = (source.line(span.start), source.line(span.end));
        (first..=last).any(|line| is_changed(source.name(), line))
    })
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
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
    let help = diagnostic.advice().into_iter().map(|help| format!("\nhelp: {help}"));
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
