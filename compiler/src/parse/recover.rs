//! What the parser says, and how it finds its way after a mistake.

use super::cursor::{Commas, Parser, Reported, STATEMENT_WORDS, opening_of, slot};
use crate::diagnostic::code::syntax as code;
use crate::diagnostic::{Code, Diagnostic};
use crate::lex::{Kind, MOST_MESSAGES};
use crate::source::Span;

impl Parser<'_> {
    /// Keeps a message, unless the same token has already had one.
    pub(super) fn say(&mut self, problem: Diagnostic) -> Reported {
        let first = self.reported != Some(self.at);
        if first && !self.is(Kind::Error) && self.diagnostics.len() < MOST_MESSAGES {
            self.diagnostics.push(problem);
        }
        self.reported = Some(self.at);
        Reported
    }

    /// Keeps a message about tokens already read.
    pub(super) fn say_behind(&mut self, problem: Diagnostic) {
        if self.diagnostics.len() < MOST_MESSAGES {
            self.diagnostics.push(problem);
        }
    }

    /// Says that something else should stand here.
    pub(super) fn expected(&mut self, what: &str) -> Reported {
        self.expected_as(code::E0101, what)
    }

    pub(super) fn expected_as(&mut self, code: Code, what: &str) -> Reported {
        let problem = self.expectation(code, what);
        self.say(match self.word() {
            "else" => {
                problem.help("`else` belongs to an `if`, a `check`, a gate, or to what can fail, and stands behind it")
            }
            _ => problem,
        })
    }

    /// What to say where something else should stand.
    pub(super) fn expectation(&self, code: Code, what: &str) -> Diagnostic {
        let problem = if self.token().first_on_line && self.at > 0 && self.at != self.begins {
            // The place to look at is the end of the line before.
            let found = if self.is(Kind::End) { self.end } else { "the end of the line" };
            Diagnostic::error(code, self.after(), format!("expected {what}, found {found}"))
        } else {
            Diagnostic::error(code, self.span(), format!("expected {what}, found {}", self.found()))
        };
        problem.label(format!("{what} belongs here"))
    }

    /// How the next token is called in a message.
    pub(super) fn found(&self) -> String {
        match self.kind() {
            Kind::End => self.end.to_owned(),
            Kind::Block => "a block text".to_owned(),
            Kind::Text | Kind::OpenText | Kind::SingleQuoted => "a text".to_owned(),
            _ => format!("`{}`", self.text_of(self.token())),
        }
    }

    /// Says that a part of the language belongs to a later version.
    pub(super) fn later(&mut self, span: Span, what: &str, help: &str) -> Reported {
        let problem = Diagnostic::error(code::E0190, span, format!("{what} is not in this version of the language"));
        self.say(problem.label("not yet understood").help(help))
    }

    /// Says that a bracket is not closed.
    pub(super) fn unclosed(&mut self, opening: Span, of: &str) -> Reported {
        // Quotes that are not closed took the closing bracket with them.
        let first = self.tokens.partition_point(|token| token.start < opening.start);
        let inside = self.tokens.get(first..self.at).unwrap_or(&[]);
        if inside.iter().any(|token| token.kind == Kind::OpenText && self.text_of(*token).contains(['}', ')', ']'])) {
            self.reported = Some(self.at);
            return Reported;
        }
        let (opening, culprit) = self.left_open(opening);
        let bracket = self.text.get(opening.range()).unwrap_or("{");
        let closing = match bracket {
            "(" => ")",
            "[" => "]",
            _ => "}",
        };
        let of = culprit.unwrap_or_else(|| of.to_owned());
        let problem = Diagnostic::error(code::E0102, opening, format!("`{bracket}` of {of} is not closed"));
        let place = if self.is(Kind::End) { self.after() } else { self.span() };
        let problem = problem.label("opened here").label_at(place, format!("`{closing}` is missing before this"));
        self.say(problem.help(format!("close it with `{closing}`")))
    }

    /// The brace that was left open where `opening` seems to be: one between it and here whose closing brace stands further to
    /// the left than the line that opened it; with what opened it.
    fn left_open(&self, opening: Span) -> (Span, Option<String>) {
        if self.text.get(opening.range()) != Some("{") {
            return (opening, None);
        }
        let first = self.tokens.partition_point(|token| token.start <= opening.start);
        let mut open: Vec<usize> = Vec::new();
        for at in first..self.at.min(self.tokens.len()) {
            let Some(token) = self.tokens.get(at) else { break };
            match token.kind {
                Kind::LeftBrace => open.push(at),
                Kind::RightBrace => {
                    let Some(opened) = open.pop().and_then(|opened| self.tokens.get(opened)) else { continue };
                    if token.first_on_line && self.indentation(token.start) < self.indentation(opened.start) {
                        return (self.span_of(*opened), Some(self.opener(opened.start)));
                    }
                }
                _ => {}
            }
        }
        (opening, None)
    }

    /// The blanks before the line on which a byte stands.
    fn indentation(&self, at: u32) -> usize {
        let line = self.text.get(..at as usize).and_then(|before| before.rsplit('\n').next()).unwrap_or("");
        line.len() - line.trim_start().len()
    }

    /// What opens a block on the line before this byte: `` `if` ``.
    fn opener(&self, at: u32) -> String {
        let line = self.text.get(..at as usize).and_then(|before| before.rsplit('\n').next()).unwrap_or("");
        let word = |word: &&str| ["if", "else", "match", "each", "loop"].contains(word);
        match line.split(|c: char| !c.is_ascii_alphanumeric()).rfind(word) {
            Some(word) => format!("`{word}`"),
            None => "the block".to_owned(),
        }
    }

    /// Goes to where the next thing may start in a bracket opened at `level`: a new line there, its end, or a comma.
    pub(super) fn recover(&mut self, level: usize, commas: Commas) {
        loop {
            let inner = self.open.len() > level;
            match self.kind() {
                Kind::End => break,
                _ if self.at_margin_item() => break,
                Kind::Comma if !inner && commas == Commas::Stop => break,
                closing @ (Kind::RightBrace | Kind::RightParen | Kind::RightBracket)
                    if self.closes_below(closing, level) =>
                {
                    break;
                }
                _ if !inner && self.new_line() && !self.continues_line() => break,
                _ if inner && self.starts_statement_in_parens() => break,
                _ => {}
            }
            self.bump();
        }
        self.drop_to(level);
    }

    /// Whether a closing bracket stands here that nothing opened.
    pub(super) fn at_stray_closing(&self) -> bool {
        match self.kind() {
            closing @ (Kind::RightBrace | Kind::RightParen | Kind::RightBracket) => {
                self.counts[slot(opening_of(closing))] == 0
            }
            _ => false,
        }
    }

    fn closes_below(&self, closing: Kind, level: usize) -> bool {
        let opening = opening_of(closing);
        self.counts[slot(opening)] > 0 && !self.open.get(level..).unwrap_or(&[]).contains(&opening)
    }

    /// Whether the next line goes on with what the line before began.
    pub(super) fn continues_line(&self) -> bool {
        match self.kind() {
            Kind::Arrow | Kind::Pipe | Kind::Plus | Kind::Star | Kind::AndAnd | Kind::OrOr => true,
            Kind::EqualEqual | Kind::NotEqual | Kind::LessEqual | Kind::GreaterEqual | Kind::Less | Kind::Greater => {
                true
            }
            Kind::Dot => self.peek(1).kind == Kind::Word,
            Kind::Word => match self.word() {
                "else" | "and" | "or" | "is" | "in" => true,
                "when" | "within" => self.peek(1).kind == Kind::Word && !self.peek(1).first_on_line,
                _ => false,
            },
            _ => false,
        }
    }

    fn starts_statement_in_parens(&self) -> bool {
        let in_parens = matches!(self.open.last(), Some(Kind::LeftParen | Kind::LeftBracket));
        in_parens && self.token().first_on_line && STATEMENT_WORDS.contains(&self.word())
    }
}
