//! Where things are written. In: the texts of a compilation. Out: for each declaration its clauses with their lines and words.

use std::collections::HashMap;

use crate::parse;
use crate::source::{Sources, Span};
use crate::syntax::ItemKind;

/// A clause as it is written.
#[derive(Clone, Debug)]
pub(super) struct Clause {
    pub(super) line: u32,
    /// Its words with single spaces between them.
    pub(super) words: String,
    /// Its text as it stands.
    pub(super) text: String,
}

/// The clauses of each declaration, by the word that they begin with; the prompt of a step is `prompt`.
#[derive(Debug, Default)]
pub(super) struct Places {
    items: HashMap<(String, String), Written>,
}

#[derive(Debug, Default)]
struct Written {
    is_public: bool,
    clauses: HashMap<String, Clause>,
}

impl Places {
    /// Of every text of a compilation.
    pub(super) fn of(sources: &Sources) -> Places {
        let mut places = Places::default();
        for (id, source) in sources.iter().filter(|(_, source)| source.name().ends_with(".flow")) {
            for item in &parse::parse(id, source.text()).value.items {
                let Some(name) = item.name() else { continue };
                let mut written = Written { is_public: item.public.is_some(), ..Written::default() };
                let mut note = |named: Option<&str>, span: Span| {
                    let clause = clause(sources, span);
                    let first = clause.words.split([' ', '"']).next().unwrap_or_default().to_owned();
                    written.clauses.entry(named.map_or(first, str::to_owned)).or_insert(clause);
                };
                if let ItemKind::Step(step) = &item.kind {
                    step.clauses.iter().for_each(|clause| note(None, clause.span));
                    step.prompt.iter().for_each(|prompt| note(Some("prompt"), prompt.span));
                }
                if let ItemKind::Tool(tool) = &item.kind {
                    tool.clauses.iter().for_each(|clause| note(None, clause.span));
                }
                places.items.insert((source.name().to_owned(), name.text.clone()), written);
            }
        }
        places
    }

    /// A clause of a declaration.
    pub(super) fn clause(&self, file: &str, item: &str, clause: &str) -> Option<&Clause> {
        self.items.get(&(file.to_owned(), item.to_owned()))?.clauses.get(clause)
    }

    /// Whether a declaration is `pub`.
    pub(super) fn is_public(&self, file: &str, item: &str) -> bool {
        self.items.get(&(file.to_owned(), item.to_owned())).is_some_and(|written| written.is_public)
    }
}

fn clause(sources: &Sources, span: Span) -> Clause {
    let text = sources.slice(span).to_owned();
    let line = sources.get(span.source).map_or(0, |source| source.line(span.start));
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    Clause { line: u32::try_from(line).unwrap_or(u32::MAX), words, text }
}
