//! The form of an answer. In: the type that a step returns, and how many tokens there are for it. Out: a grammar under which
//! every answer parses as that type.
//!
//! ```text
//! Ty ─form→ Form ─fit→ Form, no longer than the cap ─lark→ text for the grammar library
//! ```
//!
//! The JSON is compact and its keys stand in the order of the declaration, so most of it is forced: it costs tokens, but no
//! choices. Every text is bounded, so an answer ends by itself.

mod fit;
mod form;
mod lark;
mod number;
mod trim;
mod turn;

use std::sync::Arc;

use flow_compiler::program::{Param, TextSize, Ty, Types};
use flow_compiler::tokens::Counter;

use super::tokenizer::Tokenizer;
use super::{ChatResponse, Finish, LocalError};
use form::Form;

pub use turn::Turn;

/// The form of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grammar {
    /// Free text of a size; ending at it is an end, not a cut.
    Text(TextSize),
    /// JSON of a type.
    Json {
        /// The type.
        ty: Ty,
        /// The records and enums that it may name.
        types: Arc<Types>,
    },
    /// A call of a tool, `{"call":"name","args":{…}}`, or the answer, `{"answer":…}`; [`Turn::read`] tells which.
    Turn {
        /// The tools that may be called: their names and parameters.
        tools: Vec<(String, Vec<Param>)>,
        /// The answer's type.
        answer: Ty,
        /// The records and enums that they may name.
        types: Arc<Types>,
    },
    /// A grammar in the notation of Lark.
    Lark(String),
}

impl Grammar {
    /// The grammar in the notation of Lark, for answers of at most `cap` tokens; `None` for free text.
    ///
    /// Texts and lists are held shorter than their types allow where the longest answer would not fit. What cannot be made
    /// to fit stays longer, and may be cut.
    pub(super) fn lark(&self, tokenizer: &Tokenizer, cap: usize) -> Result<Option<String>, LocalError> {
        let form = match self {
            Grammar::Text(_) => return Ok(None),
            Grammar::Lark(lark) => return Ok(Some(lark.clone())),
            Grammar::Json { ty, types } => Form::of(ty, types)?,
            Grammar::Turn { tools, answer, types } => Form::of_turn(tools, answer, types)?,
        };
        Ok(Some(lark::write(&fit::fit(form, cap as u64, tokenizer))))
    }

    /// The answer as its type wants it: every text held to its size under all readers, and a free text that reached its size
    /// ended with its last whole sentence. What the model would have gone on to say is not missing then: it was never asked.
    pub(super) fn finish(&self, response: ChatResponse, readers: &[Counter]) -> ChatResponse {
        let Grammar::Text(size) = self else {
            return ChatResponse { text: self.trim(response.text, readers), ..response };
        };
        let fits = trim::trim_text(&response.text, size, readers);
        let is_full = response.finish == Finish::Length && response.output_tokens as u64 >= size.tokens;
        let is_cut = fits.len() < response.text.len();
        let text = if is_full || is_cut { sentences(fits) } else { fits }.to_owned();
        let finish = if is_full { Finish::Stop } else { response.finish };
        ChatResponse { text, finish, ..response }
    }

    fn trim(&self, answer: String, readers: &[Counter]) -> String {
        match self {
            Grammar::Text(size) => trim::trim_text(&answer, size, readers).to_owned(),
            Grammar::Json { ty, types } => trim::trim(answer, ty, types, readers),
            Grammar::Turn { tools, answer: ty, types } => trim::trim_turn(answer, tools, ty, types, readers),
            Grammar::Lark(_) => answer,
        }
    }
}

/// A text up to the end of its last whole sentence; all of it where that would leave less than half.
fn sentences(text: &str) -> &str {
    let mut ends = text.char_indices().filter(|(at, letter)| {
        let next = text[at + letter.len_utf8()..].chars().next();
        *letter == '\n' || matches!(letter, '.' | '!' | '?') && next.is_none_or(char::is_whitespace)
    });
    let end = ends.next_back().map_or(0, |(at, letter)| at + letter.len_utf8());
    if end * 2 >= text.len() { text[..end].trim_end() } else { text }
}

#[cfg(test)]
mod tests;
