//! Names: used and made, and how they are written.

use super::cursor::{Parsed, Parser, STATEMENT_WORDS};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::syntax as code;
use crate::lex::{Kind, MOST_MESSAGES, Token};
use crate::syntax::Name;

impl Parser<'_> {
    /// Reads a name that is used, not made.
    pub(super) fn name(&mut self, what: &str) -> Parsed<Name> {
        let next_statement = self.new_line() && self.at != self.begins && STATEMENT_WORDS.contains(&self.word());
        if !self.is(Kind::Word) || next_statement {
            return Err(self.expected(what));
        }
        Ok(self.take_name())
    }

    /// Reads the next token as a name; it is a word.
    pub(super) fn take_name(&mut self) -> Name {
        let text = self.word().to_owned();
        Name { text, span: self.bump() }
    }

    /// Reads a name that is made here; a word of the language is none.
    pub(super) fn new_name(&mut self, what: &str) -> Parsed<Name> {
        const TAKEN: &[&str] = &[
            "let", "var", "if", "else", "match", "each", "loop", "return", "break", "skip", "check", "and", "or",
            "not", "is", "in", "true", "false", "null", "it",
        ];
        let word = self.word();
        if !TAKEN.contains(&word) {
            return self.name(what);
        }
        let problem = Diagnostic::error(code::E0304, self.span(), format!("`{word}` is a word of the language"));
        let reported = self.say(problem.label("not free for a name").help(format!("try `{word}_`")));
        // `let = 3` lacks a name; `let match = 3` has one.
        if matches!(self.peek(1).kind, Kind::Equal | Kind::Colon | Kind::LeftParen | Kind::LeftBrace | Kind::Comma) {
            return Ok(self.take_name());
        }
        Err(reported)
    }

    /// Reads a name that is made here for a value, a step or another thing that is written in lower case.
    pub(super) fn value_name(&mut self, what: &str) -> Parsed<Name> {
        let mut name = self.new_name(what)?;
        if name.text.contains(|c: char| c.is_ascii_uppercase()) {
            let rule = "all names but those of types and variants are written like";
            let right = snake(&name.text);
            self.wrong_case(&name, rule, &right);
            self.rename(&mut name, right);
        }
        Ok(name)
    }

    /// Reads a name that is made here for a type or a variant.
    pub(super) fn type_name(&mut self, what: &str) -> Parsed<Name> {
        let mut name = self.new_name(what)?;
        if !name.text.starts_with(|c: char| c.is_ascii_uppercase()) || name.text.contains('_') {
            let right = upper_camel(&name.text);
            self.wrong_case(&name, "types and variants are written in capitals like", &right);
            self.rename(&mut name, right);
        }
        Ok(name)
    }

    /// Says that a name is not written as names of values are.
    pub(super) fn is_snake_case(&mut self, name: &Name) {
        if name.text.contains(|c: char| c.is_ascii_uppercase()) {
            self.wrong_case(name, "all names but those of types and variants are written like", &snake(&name.text));
        }
    }

    /// Takes a name as it should be written, where other places write it so: one mistake, one message.
    fn rename(&self, name: &mut Name, right: String) {
        let is_right = |token: &Token| token.kind == Kind::Word && self.text_of(*token) == right;
        if self.diagnostics.len() < MOST_MESSAGES && self.tokens.iter().any(is_right) {
            name.text = right;
        }
    }

    fn wrong_case(&mut self, name: &Name, rule: &str, right: &str) {
        // Each message looks through the text: those that are not kept are not made.
        if self.diagnostics.len() >= MOST_MESSAGES {
            return;
        }
        let problem = Diagnostic::error(code::E0303, name.span, format!("`{}` is written `{right}`", name.text));
        let problem = problem.label("in the wrong case").help(format!("{rule} `{right}`"));
        // An edit of the declaration alone would leave the other places with a name that nothing has.
        let is_part = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        let bytes = self.text.as_bytes();
        let whole = self.text.match_indices(name.text.as_str()).filter(|(at, found)| {
            let before = at.checked_sub(1).and_then(|before| bytes.get(before));
            !is_part(before) && !is_part(bytes.get(at + found.len()))
        });
        let stands_alone = whole.count() < 2;
        self.say_behind(if stands_alone {
            problem.fix(format!("write `{right}`"), name.span, right)
        } else {
            problem.help("rename it wherever it stands")
        });
    }
}

/// `my_type` as `MyType`
fn upper_camel(name: &str) -> String {
    let parts = name.split('_').filter(|part| !part.is_empty());
    let joined: String = parts.map(|part| part[..1].to_ascii_uppercase() + &part[1..]).collect();
    if joined.starts_with(|c: char| c.is_ascii_uppercase()) { joined } else { format!("T{joined}") }
}

/// `myValue` as `my_value`, `JSONText` as `json_text`
fn snake(name: &str) -> String {
    let mut made = String::new();
    let letters: Vec<char> = name.chars().collect();
    for (at, c) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| letters.get(before));
        let after_small = before.is_some_and(|before| before.is_ascii_lowercase() || before.is_ascii_digit());
        let before_small =
            letters.get(at + 1).is_some_and(char::is_ascii_lowercase) && before.is_some_and(char::is_ascii_uppercase);
        if c.is_ascii_uppercase() && (after_small || before_small) {
            made.push('_');
        }
        made.push(c.to_ascii_lowercase());
    }
    made
}
