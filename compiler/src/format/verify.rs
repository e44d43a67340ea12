//! Whether two texts are the same program with the same comments.

use crate::diagnostic::Checked;
use crate::lex::{Lexed, TriviaKind};
use crate::parse::Read;
use crate::syntax::shape::shape;

/// What is not the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Difference {
    /// What the text means.
    Tree,
    /// Its comments.
    Comments,
}

/// What differs between a text and the one that was made of it.
pub(super) fn differs((text, read): (&str, &Read), (made, again): (&str, &Checked<Read>)) -> Option<Difference> {
    if again.has_errors() || shape(&read.file) != shape(&again.value.file) {
        return Some(Difference::Tree);
    }
    let same = comments(text, &read.lexed).eq(comments(made, &again.value.lexed));
    (!same).then_some(Difference::Comments)
}

fn comments<'a>(text: &'a str, lexed: &'a Lexed) -> impl Iterator<Item = (TriviaKind, &'a str)> {
    let kept = lexed.trivia.iter().filter(|trivia| trivia.kind != TriviaKind::BlankLine);
    kept.map(|trivia| (trivia.kind, text.get(trivia.start as usize..trivia.end as usize).unwrap_or("").trim_end()))
}
