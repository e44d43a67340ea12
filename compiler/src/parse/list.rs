//! Bracketed lists of anything.

use super::cursor::{Commas, Parsed, Parser, STATEMENT_WORDS};
use super::marks::Mark;
use crate::diagnostic::code::syntax as code;
use crate::diagnostic::{Diagnostic, Label};
use crate::lex::Kind;

/// So many places of one list are shown where commas are missing.
const MOST_COMMAS: usize = 8;

impl Parser<'_> {
    /// A bracketed list; the parser stands at its opening bracket. Elements stand between commas, in braces also on lines
    /// of their own. An element that cannot be read is left out.
    pub(super) fn list<T>(
        &mut self,
        opening: Kind,
        of: &str,
        mut element: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Vec<T> {
        let closing = match opening {
            Kind::LeftParen => Kind::RightParen,
            Kind::LeftBracket => Kind::RightBracket,
            _ => Kind::RightBrace,
        };
        let outer = self.level();
        self.mark(Mark::List);
        let opened = self.bump();
        let level = self.level();
        let records = std::mem::replace(&mut self.records, true);
        let mut all = Vec::new();
        let mut said_comma = None;
        while self.eat(closing).is_none() {
            if self.at_stray_closing() {
                self.expected(&format!("the end of {of}"));
                self.bump();
                continue;
            }
            if self.list_is_left_open() {
                self.unclosed(opened, of);
                break;
            }
            let before = self.at;
            self.begin(Mark::Element);
            match element(self) {
                Ok(element) => all.push(element),
                Err(_) => self.recover_past(before, level),
            }
            let line = closing == Kind::RightBrace && self.new_line();
            if self.is(closing) || self.eat(Kind::Comma).is_some() || line {
                continue;
            }
            if closing != Kind::RightBrace && self.says_no_function() {
                self.recover(level, Commas::Stop);
                continue;
            }
            if closing != Kind::RightBrace && matches!(self.kind(), Kind::Arrow | Kind::FatArrow | Kind::LeftBrace) {
                self.unclosed(opened, of);
                break;
            }
            if self.element_follows(closing) {
                self.comma_missing(closing, &mut said_comma);
                continue;
            }
            if !self.list_is_left_open() && !self.is(Kind::RightBrace) {
                self.separator_missing(closing);
                self.recover(level, Commas::Stop);
                self.eat(Kind::Comma);
                if self.at == before {
                    self.bump();
                }
            }
        }
        self.records = records;
        self.drop_to(outer);
        all
    }

    /// Whether a field, a parameter, a variant or the last name of a list follows, so that only the comma is missing.
    fn element_follows(&self, closing: Kind) -> bool {
        let behind = self.peek(1);
        let variant = || closing == Kind::RightBrace && self.word().starts_with(char::is_uppercase);
        self.is(Kind::Word)
            && (matches!(behind.kind, Kind::Colon | Kind::Comma)
                || behind.kind == closing
                || behind.kind == Kind::Word && variant())
    }

    /// Says that a comma is missing before what stands here; for a whole list once.
    fn comma_missing(&mut self, closing: Kind, said: &mut Option<usize>) {
        let (here, place) = (self.span(), self.after());
        if let Some(first) = said.and_then(|index| self.diagnostics.get_mut(index)) {
            if first.labels.len() < MOST_COMMAS {
                first.labels.push(Label { span: here, text: "and before this".to_owned() });
            }
            if let Some(fix) = &mut first.fix {
                let between = self.text.get(fix.span.end as usize..place.start as usize).unwrap_or("");
                fix.replacement.extend([between, ","]);
                fix.span.end = place.start;
                "write the commas".clone_into(&mut fix.title);
            }
            return;
        }
        let message = format!("expected {}, found {}", separator(closing), self.found());
        let problem = Diagnostic::error(code::E0101, here, message).label("a comma is missing before this");
        let before = self.diagnostics.len();
        self.say(problem.fix("write `,`", place, ","));
        *said = (self.diagnostics.len() > before).then_some(before);
        self.reported = None;
    }

    fn separator_missing(&mut self, closing: Kind) {
        match (self.kind(), closing) {
            (Kind::Semicolon, _) => self.semicolon(),
            (Kind::Word, Kind::RightBracket) if self.is_word("for") => {
                let problem = Diagnostic::error(code::E0106, self.span(), "`for` is a word of other languages");
                self.say(problem.label("not in a list").help("a list is made from a list with `each x in xs { … }`"));
            }
            _ => drop(self.expected(separator(closing))),
        }
    }

    /// Says that `;` ends nothing here.
    pub(super) fn semicolon(&mut self) {
        let span = self.span();
        let problem = Diagnostic::error(code::E0107, span, "there are no semicolons: a line ends a statement");
        self.say(problem.label("not needed").fix("leave it out", span, ""));
    }

    /// Goes on after a mistake that began at token `before`; moves on at least by one.
    pub(super) fn recover_past(&mut self, before: usize, level: usize) {
        self.recover(level, Commas::Stop);
        if self.at == before && !matches!(self.kind(), Kind::RightBrace | Kind::RightParen | Kind::RightBracket) {
            self.bump();
            self.recover(level, Commas::Stop);
        }
    }

    /// Whether what stands here cannot be in the list at hand, so that its end must be missing.
    fn list_is_left_open(&self) -> bool {
        match self.kind() {
            Kind::End | Kind::RightBrace | Kind::RightParen | Kind::RightBracket => true,
            Kind::Word if self.at_margin_item() => true,
            Kind::Word => {
                let statement = self.token().first_on_line && STATEMENT_WORDS.contains(&self.word());
                statement
                    && !matches!(self.peek(1).kind, Kind::Colon | Kind::Comma | Kind::RightBrace | Kind::RightParen)
            }
            _ => false,
        }
    }
}

/// What stands behind an element of a list.
fn separator(closing: Kind) -> &'static str {
    match closing {
        Kind::RightParen => "`,` or `)`",
        Kind::RightBracket => "`,` or `]`",
        _ => "`,` or a new line",
    }
}
