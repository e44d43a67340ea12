//! Tokens to a tree. In: one source text. Out: [`syntax::File`](crate::syntax::File). Never fails: what is not understood
//! becomes an error node, is said once, and parsing goes on at the next argument, field, clause, statement or item.
//!
//! A function `x` reads an x and says what is wrong; it returns `Err(Reported)` where there is nothing to return, and
//! whoever knows where the next thing starts goes on from there.

#![expect(clippy::wildcard_enum_match_arm, reason = "a place in the grammar knows a few of the many kinds of tokens")]

mod amount;
mod call;
mod constant;
mod control;
mod cursor;
mod exam;
mod expr;
mod flow;
mod foreign;
mod item;
mod list;
mod literal;
mod marks;
mod misspelt;
mod name;
mod operand;
mod pattern;
mod prompt;
mod recover;
mod standing;
mod statement;
mod step;
mod tool;
mod ty;

use crate::diagnostic::Checked;
use crate::lex::{self, Lexed};
use crate::source::SourceId;
use crate::syntax::File;
pub(crate) use cursor::STATEMENT_WORDS;
pub use marks::{Mark, Marks};

/// Reads one file.
#[must_use]
pub fn parse(source: SourceId, text: &str) -> Checked<File> {
    let Checked { value, diagnostics } = read(source, text);
    Checked { value: value.file, diagnostics }
}

/// What a file was read as: its tree, its tokens, and what the tokens are to the layout.
#[derive(Clone, Debug)]
pub struct Read {
    /// The tree.
    pub file: File,
    /// The tokens, and what lies between them.
    pub lexed: Lexed,
    /// Where the parts of the tree begin.
    pub marks: Marks,
}

/// Reads one file and keeps what the tree does not hold, for whoever lays the text out anew.
#[must_use]
pub fn read(source: SourceId, text: &str) -> Checked<Read> {
    let lexed = lex::lex(source, text, 0..text.len());
    let mut parser = cursor::Parser::new(source, text, &lexed.value);
    let file = parser.file();
    let (mut said, marks) = (std::mem::take(&mut parser.diagnostics), std::mem::take(&mut parser.marks));
    let mut diagnostics = lexed.diagnostics;
    diagnostics.append(&mut said);
    diagnostics.sort_by_key(|problem| problem.span);
    Checked { value: Read { file, lexed: lexed.value, marks }, diagnostics }
}

#[cfg(test)]
mod tests;
