//! Diagnostics for programs. In: diagnostics and the texts they are about. Out: the objects of `diagnostics` in
//! `flow.check.v1`. Lines and columns are from 1, columns count characters, ends are not included.

use serde::Serialize;

use super::{Diagnostic, Severity};
use crate::source::{Sources, Span};

/// One diagnostic as an object.
#[derive(Debug, Serialize)]
pub struct Object {
    code: &'static str,
    severity: &'static str,
    message: String,
    /// This and the four after it are `null` where it is about no text, as a missing file.
    file: Option<String>,
    line: Option<usize>,
    column: Option<usize>,
    end_line: Option<usize>,
    end_column: Option<usize>,
    labels: Vec<Label>,
    help: Vec<String>,
    /// Its name in `[lints]`, where it is a lint.
    #[serde(skip_serializing_if = "Option::is_none")]
    lint: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<Fix>,
}

#[derive(Debug, Serialize)]
struct Place {
    file: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Debug, Serialize)]
struct Label {
    #[serde(flatten)]
    place: Place,
    text: String,
}

#[derive(Debug, Serialize)]
struct Fix {
    title: String,
    #[serde(flatten)]
    place: Place,
    replacement: String,
    /// `machine`: `--fix` makes it; `maybe`: it chooses something that is the author's to choose.
    applicability: &'static str,
}

/// The diagnostics as objects, in their order.
#[must_use]
pub fn objects(diagnostics: &[Diagnostic], sources: &Sources) -> Vec<Object> {
    diagnostics.iter().map(|diagnostic| object(diagnostic, sources)).collect()
}

fn object(diagnostic: &Diagnostic, sources: &Sources) -> Object {
    let labels = diagnostic.labels.iter().filter_map(|label| {
        let place = place(label.span, sources)?;
        Some(Label { place, text: label.text.clone() })
    });
    let labels: Vec<Label> = labels.collect();
    let fix = diagnostic.fix.as_ref().and_then(|fix| {
        let place = place(fix.span, sources)?;
        let applicability = if diagnostic.sure_fix().is_some() { "machine" } else { "maybe" };
        Some(Fix { title: fix.title.clone(), place, replacement: fix.replacement.clone(), applicability })
    });
    let place = diagnostic.span.and_then(|span| place(span, sources));
    Object {
        code: diagnostic.code.as_str(),
        severity: match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        message: diagnostic.message.clone(),
        line: place.as_ref().map(|place| place.line),
        column: place.as_ref().map(|place| place.column),
        end_line: place.as_ref().map(|place| place.end_line),
        end_column: place.as_ref().map(|place| place.end_column),
        file: place.map(|place| place.file),
        labels,
        help: diagnostic.help.clone(),
        lint: super::code::lint::of(diagnostic.code).map(|lint| lint.name),
        fix,
    }
}

fn place(span: Span, sources: &Sources) -> Option<Place> {
    let source = sources.get(span.source)?;
    let (line, column) = source.position(span.start);
    let (end_line, end_column) = source.position(span.end);
    Some(Place { file: source.name().to_owned(), line, column, end_line, end_column })
}
