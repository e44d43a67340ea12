//! Patterns, and the arms that begin with them.

use super::cursor::{Parsed, Parser, STATEMENT_WORDS};
use super::marks::Mark;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::syntax as code;
use crate::lex::Kind;
use crate::source::Span;
use crate::syntax::{Name, Pattern, PatternKind};

impl Parser<'_> {
    /// What a value may be: `Legal`, `Refund { amount }`, `3`, `null`, `empty`, `_`.
    pub(super) fn pattern(&mut self) -> Parsed<Pattern> {
        let start = self.span();
        if self.at_literal() {
            let literal = self.literal("a pattern")?;
            return Ok(Pattern { span: literal.span, kind: PatternKind::Literal(literal) });
        }
        let kind = match self.word() {
            "_" => {
                self.bump();
                PatternKind::Any
            }
            "empty" => PatternKind::Empty(self.bump()),
            word if word.is_empty() || self.new_line() && STATEMENT_WORDS.contains(&word) && self.at != self.begins => {
                return Err(self.expected("a pattern"));
            }
            _ => {
                let mut name = self.take_name();
                if self.is(Kind::Dot) && self.peek(1).kind == Kind::Word && !self.new_line() {
                    name = self.qualified_variant(&name);
                }
                let braces = self.records && self.is(Kind::LeftBrace) && !self.new_line();
                let of = format!("`{}`", name.text);
                let fields = if braces {
                    self.mark(Mark::Pattern);
                    self.list(Kind::LeftBrace, &of, |p| p.new_name("the name of a field"))
                } else {
                    Vec::new()
                };
                PatternKind::Variant { name, fields }
            }
        };
        Ok(Pattern { span: self.since(start), kind })
    }

    /// `Topic.Bug`, which is written `Bug`.
    fn qualified_variant(&mut self, owner: &Name) -> Name {
        self.bump();
        let variant = self.take_name();
        let message = format!("a variant stands without its enum: `{}`", variant.text);
        let problem = Diagnostic::error(code::E0107, owner.span, message).label("not needed");
        let front = Span { end: variant.span.start, ..owner.span };
        self.say_behind(problem.fix(format!("write `{}`", variant.text), front, ""));
        variant
    }

    /// The pattern of an arm with its `=>`.
    pub(super) fn arm_pattern(&mut self) -> Parsed<Pattern> {
        self.case_word();
        let records = std::mem::replace(&mut self.records, true);
        let pattern = if self.any_word() {
            Ok(Pattern { span: self.last_span(), kind: PatternKind::Any })
        } else {
            self.pattern()
        };
        self.records = records;
        let pattern = pattern?;
        match self.kind() {
            Kind::FatArrow => {}
            Kind::Pipe => {
                let problem = Diagnostic::error(code::E0101, self.span(), "an arm has one pattern");
                return Err(self.say(problem.label("a second pattern").help("give each pattern an arm of its own")));
            }
            Kind::Arrow | Kind::Colon | Kind::Equal => {
                let (written, span) = (self.text_of(self.token()).to_owned(), self.span());
                let problem =
                    Diagnostic::error(code::E0107, span, format!("an arm is written with `=>`, not `{written}`"));
                self.say(problem.label("not `=>`").fix("write `=>`", span, "=>"));
            }
            _ => return Err(self.expected("`=>`")),
        }
        self.bump();
        Ok(pattern)
    }
}
