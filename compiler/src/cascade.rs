//! One mistake, one message. In: what the parser and the resolver said, and what the checker said behind them. Out: what the
//! checker said that is no echo of a mistake before it.
//!
//! An echo stands on the line of something that could not be read, or misses in a declaration what may be hidden in its unread
//! part, or is about a name that such a line mentions. A declaration with an error brings no warnings: what it leaves unused
//! may be used by what is wrong in it.

use std::collections::BTreeSet;

use crate::diagnostic::{Code, Diagnostic, code};
use crate::source::{SourceId, Sources, Span};
use crate::syntax::File;

/// What a declaration is said to lack, where all of it was read.
const ABSENCES: [Code; 5] =
    [code::check::E0709, code::check::E0605, code::check::E0602, code::check::E0416, code::check::E0706];

/// Leaves out the echoes of `first` in `then`, and the warnings about declarations with errors.
#[must_use]
pub fn without_echoes(
    first: &[Diagnostic],
    then: Vec<Diagnostic>,
    files: &[File],
    sources: &Sources,
) -> Vec<Diagnostic> {
    let unread = Unread::of(first, files, sources);
    let wrong: BTreeSet<Place> =
        then.iter().filter(|of| of.is_error()).filter_map(|of| place(of.span?, files)).collect();
    let dead: BTreeSet<_> =
        then.iter().filter(|of| of.code == code::check::W0715).filter_map(|of| Some(line(of.span?, sources))).collect();
    let is_echo = |problem: &Diagnostic| {
        let Some(span) = problem.span else { return false };
        let place = place(span, files);
        let is_broken = place.is_some_and(|place| unread.items.contains(&place));
        let is_wrong = place.is_some_and(|place| wrong.contains(&place));
        let is_unknown = problem.code == code::syntax::E0301;
        unread.lines.contains(&line(span, sources))
            || is_broken && (!problem.is_error() || ABSENCES.contains(&problem.code))
            || is_wrong && !problem.is_error()
            || problem.code == code::check::W0714 && dead.contains(&line(span, sources))
            || is_unknown && unread.words.contains(&(span.source, sources.slice(span)))
    };
    then.into_iter().filter(|problem| !is_echo(problem)).collect()
}

/// A file and one of its items.
type Place = (SourceId, usize);

/// What could not be read.
#[derive(Default)]
struct Unread<'s> {
    lines: BTreeSet<(SourceId, usize)>,
    items: BTreeSet<Place>,
    words: BTreeSet<(SourceId, &'s str)>,
}

impl<'s> Unread<'s> {
    fn of(said: &[Diagnostic], files: &[File], sources: &'s Sources) -> Unread<'s> {
        let mut unread = Unread::default();
        for problem in said.iter().filter(|problem| is_syntax(problem)) {
            let Some(span) = problem.span else { continue };
            let line = line(span, sources);
            unread.items.extend(place(span, files));
            if is_of_a_value(problem) {
                continue;
            }
            if unread.lines.insert(line) {
                let text =
                    sources.get(span.source).and_then(|source| source.text().lines().nth(line.1 - 1)).unwrap_or("");
                let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
                unread.words.extend(words.filter(|word| !word.is_empty()).map(|word| (span.source, word)));
            }
        }
        unread
    }
}

/// Whether something could not be read: an error of the lexer or the parser.
fn is_syntax(problem: &Diagnostic) -> bool {
    let code = problem.code.as_str();
    problem.is_error() && ("E0010".."E0200").contains(&code)
}

/// Whether only a value could not be read, and all that stands around it could.
fn is_of_a_value(problem: &Diagnostic) -> bool {
    [code::syntax::E0012, code::syntax::E0013].contains(&problem.code)
}

fn line(span: Span, sources: &Sources) -> (SourceId, usize) {
    (span.source, sources.get(span.source).map_or(0, |source| source.line(span.start)))
}

/// The item that holds the beginning of a span.
fn place(span: Span, files: &[File]) -> Option<Place> {
    let file = files.iter().find(|file| file.source == span.source)?;
    let item = file.items.iter().position(|item| (item.span.start..=item.span.end).contains(&span.start))?;
    Some((span.source, item))
}
