//! Tokens to a tree. In: one source text. Out: [`syntax::File`](crate::syntax::File). Never fails: what is not understood
//! becomes an error node, is said once, and parsing goes on at the next argument, field, clause, statement or item.
//!
//! A function `x` reads an x and says what is wrong; it returns `Err(Reported)` where there is nothing to return, and
//! whoever knows where the next thing starts goes on from there.

#![expect(clippy::wildcard_enum_match_arm, reason = "a place in the grammar knows a few of the many kinds of tokens")]

mod call;
mod control;
mod cursor;
mod expr;
mod flow;
mod item;
mod list;
mod literal;
mod misspelt;
mod name;
mod operand;
mod pattern;
mod prompt;
mod recover;
mod statement;
mod step;
mod tool;
mod ty;

use crate::diagnostic::Checked;
use crate::lex;
use crate::source::SourceId;
use crate::syntax::File;

/// Reads one file.
#[must_use]
pub fn parse(source: SourceId, text: &str) -> Checked<File> {
    let lexed = lex::lex(source, text, 0..text.len());
    let mut parser = cursor::Parser::new(source, text, &lexed.value);
    let value = parser.file();
    let mut diagnostics = lexed.diagnostics;
    diagnostics.append(&mut parser.diagnostics);
    diagnostics.sort_by_key(|problem| problem.span);
    Checked { value, diagnostics }
}

#[cfg(test)]
mod tests;
