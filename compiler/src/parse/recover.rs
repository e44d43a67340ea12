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
        let problem = if self.token().first_on_line && self.at > 0 && self.at != self.begins {
            // The place to look at is the end of the line before.
            let found = if self.is(Kind::End) { self.end } else { "the end of the line" };
            Diagnostic::error(code, self.after(), format!("expected {what}, found {found}"))
        } else {
            Diagnostic::error(code, self.span(), format!("expected {what}, found {}", self.found()))
        };
        self.say(problem.label(format!("{what} belongs here")))
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
    pub(super) fn later(&mut self, span: Span, what: &str) -> Reported {
        let problem = Diagnostic::error(code::E0190, span, format!("`{what}` is not in this version of the language"));
        self.say(problem.label("not yet understood"))
    }

    /// Says that a bracket is not closed.
    pub(super) fn unclosed(&mut self, opening: Span, of: &str) -> Reported {
        let bracket = self.text.get(opening.range()).unwrap_or("{");
        let closing = match bracket {
            "(" => ")",
            "[" => "]",
            _ => "}",
        };
        let problem = Diagnostic::error(code::E0102, opening, format!("`{bracket}` of {of} is not closed"));
        let place = if self.is(Kind::End) { self.after() } else { self.span() };
        let problem = problem.label("opened here").label_at(place, format!("`{closing}` is missing before this"));
        self.say(problem)
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
