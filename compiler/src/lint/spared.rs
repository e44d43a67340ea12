//! Suppressions: `// lint: allow(name): reason` on the line before a declaration, a clause or a statement. In: the texts. Out: what
//! they spare, and what is wrong with them.

use crate::diagnostic::code::lint::{self as lint, LINTS};
use crate::diagnostic::code::syntax::{E0181, E0182};
use crate::diagnostic::{Diagnostic, nearest};
use crate::lex::{self, TriviaKind};
use crate::source::{Sources, Span};
use crate::syntax::File;

/// The suppressions of a program.
#[derive(Default)]
pub(super) struct Spared {
    places: Vec<Place>,
    /// What is wrong with them.
    pub(super) problems: Vec<Diagnostic>,
}

/// One suppressed name.
struct Place {
    name: &'static str,
    /// The name in its comment.
    written: Span,
    /// The whole comment.
    comment: Span,
    /// What it is about.
    about: Span,
    used: bool,
}

/// Reads the suppressions of all files.
pub(super) fn read(files: &[File], sources: &Sources) -> Spared {
    let mut spared = Spared::default();
    for file in files {
        let Some(text) = sources.get(file.source).map(crate::source::Source::text) else { continue };
        if !text.contains("lint:") {
            continue;
        }
        let lexed = lex::lex(file.source, text, 0..text.len()).value;
        for trivia in lexed.trivia.iter().filter(|trivia| trivia.kind == TriviaKind::Comment) {
            let span = Span { source: file.source, start: trivia.start, end: trivia.end };
            let comment = text.get(span.range()).unwrap_or("");
            let Some(said) = comment.trim_start_matches('/').trim_start().strip_prefix("lint:") else { continue };
            let about = lexed.tokens.get(trivia.before as usize).map_or(span.end, |token| token.start);
            spared.comment(said, span, about_of(file, text, about, span), sources);
        }
    }
    spared
}

/// The declaration that begins there, or else the line.
fn about_of(file: &File, text: &str, at: u32, comment: Span) -> Span {
    if let Some(item) = file.items.iter().find(|item| item.span.start == at) {
        return item.span;
    }
    let rest = text.get(at as usize..).unwrap_or("");
    let length = rest.find('\n').unwrap_or(rest.len());
    Span { start: at, end: at + u32::try_from(length).unwrap_or(0), ..comment }
}

impl Spared {
    fn comment(&mut self, said: &str, comment: Span, about: Span, sources: &Sources) {
        let said = said.trim();
        let names = said.strip_prefix("allow(").and_then(|rest| rest.split_once(')'));
        let Some((names, reason)) = names else {
            let problem = Diagnostic::error(E0182, comment, "a suppression cannot be read").label("not of its form");
            self.problems.push(problem.help("write `// lint: allow(name): reason`"));
            return;
        };
        if reason.trim().trim_start_matches(':').trim().is_empty() {
            let problem = Diagnostic::error(E0182, comment, "a suppression has no reason").label("why is it spared?");
            self.problems.push(problem.help(format!("write `// lint: allow({names}): reason`")));
        }
        for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            let text = sources.slice(comment);
            let start = comment.start + text.find(name).and_then(|at| u32::try_from(at).ok()).unwrap_or(0);
            let written = Span { start, end: start + u32::try_from(name.len()).unwrap_or(0), ..comment };
            match lint::named(name) {
                Some(lint) => self.places.push(Place { name: lint.name, written, comment, about, used: false }),
                None => self.problems.push(unknown(name, written)),
            }
        }
    }

    /// Whether a comment spares this.
    pub(super) fn spares(&mut self, problem: &Diagnostic, sources: &Sources) -> bool {
        let (Some(lint), Some(span), false) = (lint::of(problem.code), problem.span, problem.is_error()) else {
            return false;
        };
        let line = |span: Span| sources.get(span.source).map(|source| source.line(span.start));
        let mut spared = false;
        for place in self.places.iter_mut().filter(|place| place.name == lint.name) {
            let inside =
                place.about.source == span.source && (place.about.start..=place.about.end).contains(&span.start);
            if inside || place.about.source == span.source && line(place.about) == line(span) {
                place.used = true;
                spared = true;
            }
        }
        spared
    }

    /// What spares nothing.
    pub(super) fn useless(&self) -> Vec<Diagnostic> {
        let idle = self.places.iter().filter(|place| !place.used && place.name != "useless_allow");
        let said = idle.map(|place| {
            let message = format!("`{}` would not be said here", place.name);
            let problem = Diagnostic::warning(lint::W1030, place.written, message).label("spares nothing");
            problem.help("leave the comment out").fix("leave the comment out", place.comment, "")
        });
        said.collect()
    }
}

fn unknown(name: &str, span: Span) -> Diagnostic {
    let problem = Diagnostic::error(E0181, span, format!("there is no lint `{name}`")).label("not the name of a lint");
    match nearest(name, LINTS.iter().map(|lint| lint.name)) {
        Some(near) => problem.help(format!("did you mean `{near}`?")).fix(format!("write `{near}`"), span, near),
        None => problem.help("`flowc lint --list` names them all"),
    }
}
