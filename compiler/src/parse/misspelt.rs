//! Words of the language that are written wrong: said once, and read as the word that was meant.

use super::cursor::{ITEM_WORDS, Parser};
use crate::diagnostic::code::syntax as code;
use crate::diagnostic::{Diagnostic, nearest};
use crate::lex::Kind;

impl Parser<'_> {
    /// The word that the statement at hand begins with: as it stands there, or, where no statement can begin so, the word
    /// that was meant.
    pub(super) fn statement_word(&mut self) -> &'static str {
        const WORDS: &[&str] = &["let", "var", "loop", "check", "return", "budget"];
        let word = self.word();
        if let Some(known) = WORDS.iter().find(|known| **known == word) {
            return known;
        }
        let Some(meant) = nearest(word, WORDS.iter().copied()).filter(|_| !word.is_empty()) else { return "" };
        let (second, third) = (self.peek(1), self.peek(2));
        let begins_so = match meant {
            "let" | "var" => {
                self.operand_is_next() && second.kind == Kind::Word && matches!(third.kind, Kind::Equal | Kind::Colon)
            }
            "loop" => {
                let capped = second.kind == Kind::LessEqual
                    && third.kind == Kind::Number
                    && self.peek(3).kind == Kind::LeftBrace;
                capped || matches!(second.kind, Kind::LeftBrace | Kind::Number) && !second.first_on_line
            }
            "budget" => second.kind == Kind::Word && third.kind == Kind::LessEqual,
            _ => self.operand_is_next(),
        };
        if begins_so { self.say_misspelt(meant) } else { "" }
    }

    /// The word that the value at hand begins with, where it is misspelt.
    pub(super) fn misspelt_value_word(&mut self) -> Option<&'static str> {
        let word = self.word();
        let words: &[&'static str] = if self.word_ahead(2) == "in" { &["each"] } else { &["if", "match"] };
        // Two letters are soon mistaken for each other: `if` is only meant by what begins like it.
        let meant = nearest(word, words.iter().copied()).filter(|meant| *meant != "if" || word.starts_with("if"))?;
        (self.records && self.operand_is_next() && self.peek(1).kind == Kind::Word && self.brace_on_line())
            .then(|| self.say_misspelt(meant))
    }

    /// The word that the declaration at hand begins with, where it is misspelt.
    pub(super) fn misspelt_item_word(&mut self) -> Option<&'static str> {
        let word = self.word();
        let next = self.peek(1);
        if word.is_empty() || next.kind != Kind::Word || next.first_on_line || ITEM_WORDS.contains(&word) {
            return None;
        }
        let words = ["use", "const", "type", "enum", "alias", "tier", "route", "step", "tool", "flow"];
        nearest(word, words).map(|meant| self.say_misspelt(meant))
    }

    /// The clause that a word in front of an operand stands for.
    pub(super) fn say_misspelt(&mut self, meant: &'static str) -> &'static str {
        let (word, span) = (self.word().to_owned(), self.span());
        let problem = Diagnostic::error(code::E0116, span, format!("unknown word `{word}`"));
        let problem = problem.label("nothing begins with this word").help(format!("did you mean `{meant}`?"));
        self.say(problem.fix(format!("write `{meant}`"), span, meant));
        meant
    }

    /// Whether, on the same line, an operand stands behind the next word; behind a name that is never so.
    pub(super) fn operand_is_next(&self) -> bool {
        const BETWEEN: &[&str] =
            &["is", "in", "and", "or", "not", "else", "cut", "fit", "within", "when", "by", "as", "catch", "with"];
        let next = self.peek(1);
        let operand = match next.kind {
            Kind::Word => !BETWEEN.contains(&self.word_ahead(1)),
            Kind::Text | Kind::OpenText | Kind::Block | Kind::Number | Kind::Dollars => true,
            _ => false,
        };
        operand && !next.first_on_line
    }

    /// Whether a block opens further on in this line.
    pub(super) fn brace_on_line(&self) -> bool {
        let rest = self.tokens.get(self.at + 1..).unwrap_or(&[]);
        rest.iter().take_while(|token| !token.first_on_line).any(|token| token.kind == Kind::LeftBrace)
    }
}
