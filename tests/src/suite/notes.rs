//! Expectations: written under the text they are about, and taken out again.

use flow_compiler::diagnostic::{Diagnostic, Severity};
use flow_compiler::source::{Source, SourceId};

/// The beginnings of lines that are expectations, behind the sign of a comment.
const MARKS: [&str; 4] = ["^", "<^", "!!", "= "];

/// A text without its expectations.
#[must_use]
pub fn strip(text: &str) -> String {
    text.split_inclusive('\n').filter(|line| !is_note(line)).collect()
}

fn is_note(line: &str) -> bool {
    let line = line.trim_start();
    let rest = line.strip_prefix("//").or_else(|| line.strip_prefix('#'));
    rest.is_some_and(|rest| MARKS.iter().any(|mark| rest.starts_with(mark)))
}

/// A text with what is said about it under its lines. What is about no place, or about what stands behind the text, stands in
/// front where `first` says that this is the first text.
#[must_use]
pub fn annotate(name: &str, text: &str, id: Option<SourceId>, said: &[Diagnostic], first: bool) -> String {
    let source = Source::new(name, text);
    let sign = if name.ends_with(".toml") { "#" } else { "//" };
    let lines = text.lines().count();
    let mut notes: Vec<(usize, usize, String)> = Vec::new();
    for problem in said {
        match problem.span {
            Some(span) if id == Some(span.source) => notes.push(note(&source, sign, lines, problem)),
            Some(_) => {}
            None if first => notes.push((0, 0, placeless(sign, problem))),
            None => {}
        }
    }
    notes.sort();
    let mut out: String = notes.iter().filter(|(line, ..)| *line == 0).map(|(.., text)| text.as_str()).collect();
    for (index, line) in text.split_inclusive('\n').enumerate() {
        out.push_str(line);
        let here: Vec<_> = notes.iter().filter(|(at, ..)| *at == index + 1).collect();
        if !here.is_empty() && !line.ends_with('\n') {
            out.push('\n');
        }
        out.extend(here.iter().map(|(.., text)| text.as_str()));
    }
    out
}

fn head(problem: &Diagnostic) -> String {
    let severity = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    format!("{severity}[{}]: {}", problem.code, problem.message)
}

fn placeless(sign: &str, problem: &Diagnostic) -> String {
    format!("{sign}!! {}\n{}", head(problem), details("", sign, problem))
}

fn note(source: &Source, sign: &str, lines: usize, problem: &Diagnostic) -> (usize, usize, String) {
    let span = problem.span.unwrap_or_default();
    let (line, column) = source.position(span.start);
    if line > lines.max(1) || span.start as usize > source.text().len() {
        return (0, 0, format!("{sign}!! behind the case: {}\n{}", head(problem), details("", sign, problem)));
    }
    let covered = source.text().get(span.range()).unwrap_or("").split('\n').next().unwrap_or("");
    let carets = "^".repeat(covered.chars().count().max(1));
    let indent = column.checked_sub(1 + sign.len()).map(|indent| " ".repeat(indent));
    let note = match &indent {
        None => format!("{sign}<{carets} {}\n{}", head(problem), details("", sign, problem)),
        Some(indent) => format!("{indent}{sign}{carets} {}\n{}", head(problem), details(indent, sign, problem)),
    };
    (line, column, note)
}

/// What to do now: the help and the edit.
fn details(indent: &str, sign: &str, problem: &Diagnostic) -> String {
    let mut out: String = problem.help.iter().map(|help| format!("{indent}{sign}= help: {help}\n")).collect();
    if let Some(fix) = &problem.fix {
        out.push_str(&format!("{indent}{sign}= fix: {}\n", fix.title));
    }
    out
}
