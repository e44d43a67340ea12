//! `if`, `match` and `each`.

use super::cursor::{Commas, Parsed, Parser};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::syntax as code;
use crate::lex::Kind;
use crate::syntax::{Block, Expr, ExprKind, Pattern};

impl Parser<'_> {
    /// `if c { … } else { … }`
    pub(super) fn if_(&mut self) -> Parsed<ExprKind> {
        self.bump();
        let condition = Box::new(self.head_or_error());
        let then = self.block("`if`")?;
        if self.is_elif() {
            let start = self.span();
            let otherwise = self.nest(Self::if_)?;
            let otherwise = Expr { span: self.since(start), kind: otherwise };
            return Ok(ExprKind::If { condition, then, otherwise: Some(Box::new(otherwise)) });
        }
        if !self.is_word("else") {
            return Ok(ExprKind::If { condition, then, otherwise: None });
        }
        self.bump();
        let start = self.span();
        let otherwise = match self.kind() {
            Kind::LeftBrace => ExprKind::Block(self.block("`else`")?),
            Kind::Word if self.is_word("if") => self.nest(Self::if_)?,
            _ => return Err(self.expected("`{` or `if`")),
        };
        let otherwise = Expr { span: self.since(start), kind: otherwise };
        Ok(ExprKind::If { condition, then, otherwise: Some(Box::new(otherwise)) })
    }

    /// What stands between a word like `if` and its block; after a mistake the parser stands at the block.
    pub(super) fn head_or_error(&mut self) -> Expr {
        let (start, level) = (self.span(), self.level());
        self.head().unwrap_or_else(|_| {
            while !matches!(self.kind(), Kind::LeftBrace | Kind::RightBrace | Kind::End | Kind::Comma)
                && !self.new_line()
            {
                self.bump();
            }
            self.drop_to(level);
            Expr { span: self.since(start), kind: ExprKind::Error }
        })
    }

    /// `match topic { Billing => …, _ => … }`
    pub(super) fn match_(&mut self) -> Parsed<ExprKind> {
        self.bump();
        let value = Box::new(self.head_or_error());
        if !self.is(Kind::LeftBrace) {
            return Err(self.expected("`{` and the arms of `match`"));
        }
        let arms = self.list(Kind::LeftBrace, "`match`", Self::match_arm);
        Ok(ExprKind::Match { value, arms })
    }

    fn match_arm(&mut self) -> Parsed<(Pattern, Expr)> {
        let pattern = self.arm_pattern()?;
        let level = self.level();
        let start = self.span();
        let value = self.expr().unwrap_or_else(|_| {
            self.recover(level, Commas::Stop);
            Expr { span: self.since(start), kind: ExprKind::Error }
        });
        Ok((pattern, value))
    }

    /// `each q in questions, parallel <= 3 { … }`
    pub(super) fn each(&mut self) -> Parsed<ExprKind> {
        self.bump();
        let binder = self.value_name("a name for the element")?;
        if self.eat_word("in").is_none() {
            return Err(self.expected("`in` and a list"));
        }
        let list = Box::new(self.head_or_error());
        let mut parallel = None;
        if self.is_word("parallel") && !self.new_line() {
            let place = self.after();
            let problem = Diagnostic::error(code::E0104, self.span(), "a comma stands before `parallel`");
            self.say(problem.label("no comma before this").fix("write `,`", place, ","));
            self.bump();
            parallel = Some(self.cap("a number such as `3`")?);
        } else if self.eat(Kind::Comma).is_some() {
            self.expect_word("parallel")?;
            parallel = Some(self.cap("a number such as `3`")?);
        }
        if self.is(Kind::DotDot) {
            let problem = Diagnostic::error(code::E0107, self.span(), "a range is no list").label("not a list");
            return Err(self.say(problem.help("a number of rounds is written `loop <= 3 { … }`")));
        }
        let body: Block = self.block("`each`")?;
        Ok(ExprKind::Each { binder, list, parallel, body })
    }
}
