//! Tests as flows. In: a flow with expectations standing under the text they are about. Out: a failed assertion where what is
//! said differs from what is expected.
//!
//! ```text
//! let s = writer(docc)
//!              //^^^^ error[E0301]: unknown name `docc`
//! ```
//!
//! An expectation is about the line above it; several about one line stand below each other. The carets behind `//` mark the
//! columns under which they stand. For text too far left for that, the slashes of `//<^^^` stand under its first column. The
//! message may be left out: `//^^^ error[E0301]`.

use std::collections::BTreeMap;

use crate::catalogue::Catalogue;
use crate::check;
use crate::diagnostic::{Checked, Diagnostic, Severity};
use crate::program::Program;
use crate::resolve;
use crate::source::{ReadError, Sources, World};

/// Files in memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    files: BTreeMap<String, String>,
}

impl Memory {
    /// A world of one file, `main.flow`.
    pub(crate) fn of(text: &str) -> Memory {
        Memory::default().with("main.flow", text)
    }

    /// This world with a file more.
    pub(crate) fn with(mut self, path: &str, text: &str) -> Memory {
        self.files.insert(path.to_owned(), text.to_owned());
        self
    }
}

impl World for Memory {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        self.files.get(path).map(|text| text.clone().into_bytes()).ok_or(ReadError::Missing)
    }
}

/// What the front of the compiler makes of `main.flow` of a world.
pub(crate) fn check(world: &Memory) -> (Checked<Program>, Sources) {
    let mut sources = Sources::default();
    let resolved = resolve::resolve(world, "main.flow", &mut sources);
    let checked = resolved.and_then(|resolved| check::check(&resolved, Catalogue::standard(), &sources));
    (checked, sources)
}

/// The program of a flow that has no errors.
pub(crate) fn program(text: &str) -> Program {
    let (checked, sources) = check(&Memory::of(text));
    let errors: Vec<String> =
        checked.diagnostics.iter().filter(|of| of.is_error()).map(|of| shown(of, &sources)).collect();
    assert!(errors.is_empty(), "this should compile:\n{text}\n{}", errors.join("\n"));
    checked.value
}

/// Holds what is said about a flow to the expectations that stand in it.
pub(crate) fn expect(text: &str) {
    let expectations = expectations(text);
    let (checked, sources) = check(&Memory::of(text));
    let mut left = expectations;
    let mut wrong = Vec::new();
    for diagnostic in &checked.diagnostics {
        let found = left.iter().position(|expected| expected.is_met_by(diagnostic, &sources));
        match found {
            Some(index) => drop(left.remove(index)),
            None => wrong.push(format!("said, not expected: {}", shown(diagnostic, &sources))),
        }
    }
    wrong.extend(left.iter().map(|expected| format!("expected, not said: {expected:?}")));
    assert!(wrong.is_empty(), "{}\n\n{text}", wrong.join("\n"));
}

/// One expectation.
#[derive(Debug)]
struct Expectation {
    line: usize,
    columns: std::ops::Range<usize>,
    severity: Severity,
    code: String,
    message: String,
}

impl Expectation {
    fn is_met_by(&self, diagnostic: &Diagnostic, sources: &Sources) -> bool {
        let Some((line, columns)) = position(diagnostic, sources) else { return false };
        (line, &columns) == (self.line, &self.columns)
            && diagnostic.severity == self.severity
            && diagnostic.code.as_str() == self.code
            && (self.message.is_empty() || diagnostic.message == self.message)
    }
}

/// The line of a diagnostic, and its columns on that line; both from 1.
fn position(diagnostic: &Diagnostic, sources: &Sources) -> Option<(usize, std::ops::Range<usize>)> {
    let span = diagnostic.span?;
    let source = sources.get(span.source)?;
    let (line, start) = source.position(span.start);
    let (last, end) = source.position(span.end);
    // What goes over several lines is marked to the end of its first one.
    let width = source.text().lines().nth(line - 1).map_or(0, |line| line.chars().count());
    Some((line, start..if last == line { end } else { width + 1 }))
}

fn shown(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let place = position(diagnostic, sources).map_or(String::new(), |(line, columns)| format!("{line}:{columns:?}"));
    let labels: Vec<&str> = diagnostic.labels.iter().map(|label| label.text.as_str()).collect();
    format!("{} {:?} {} [{}]", diagnostic.code, place, diagnostic.message, labels.join("; "))
}

fn expectations(text: &str) -> Vec<Expectation> {
    let mut expectations = Vec::new();
    let mut about = 0;
    for (index, line) in text.lines().enumerate() {
        let Some(mark) = line.find("//").filter(|at| line[..*at].trim().is_empty()) else {
            about = index + 1;
            continue;
        };
        let rest = &line[mark + 2..];
        let (start, carets) = match rest.strip_prefix('<') {
            Some(carets) => (mark, carets),
            None => (mark + 2, rest),
        };
        let width = carets.chars().take_while(|letter| *letter == '^').count();
        if width == 0 {
            about = index + 1;
            continue;
        }
        let said = carets[width..].trim();
        let (head, message) = said.split_once(']').unwrap_or((said, ""));
        let (severity, code) = head.split_once('[').expect("an expectation is `error[CODE]: message`");
        expectations.push(Expectation {
            line: about,
            columns: start + 1..start + 1 + width,
            severity: if severity == "error" { Severity::Error } else { Severity::Warning },
            code: code.to_owned(),
            message: message.trim_start_matches(':').trim().to_owned(),
        });
    }
    expectations
}
