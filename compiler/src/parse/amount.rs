//! Amounts: what stands behind `<=`, and wherever else a number must be known before a run. A literal, a constant, or
//! `+`, `-` and `*` over them.

use super::cursor::{Parsed, Parser};
use super::marks::Mark;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::syntax as code;
use crate::lex::Kind;
use crate::syntax::{BinaryOp, Computed, Expr, ExprKind, Literal, LiteralKind};

impl Parser<'_> {
    /// `64tok`, `note`, `2 * note + 40tok`
    pub(super) fn amount(&mut self, what: &str) -> Parsed<Literal> {
        let start = self.span();
        let computed = self.nest(|p| p.amount_sum(what))?;
        Ok(match computed {
            Computed::Literal(literal) => literal,
            computed => Literal { span: self.since(start), kind: LiteralKind::Computed(Box::new(computed)) },
        })
    }

    fn amount_sum(&mut self, what: &str) -> Parsed<Computed> {
        let mut left = self.amount_product(what)?;
        while matches!(self.kind(), Kind::Plus | Kind::Minus) && (!self.new_line() || self.continues_line()) {
            let op = if self.is(Kind::Plus) { BinaryOp::Add } else { BinaryOp::Subtract };
            self.bump();
            self.wrap()?;
            let right = self.amount_product(what)?;
            left = Computed::Operation(op, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn amount_product(&mut self, what: &str) -> Parsed<Computed> {
        let mut left = self.amount_part(what)?;
        while self.is(Kind::Star) {
            self.bump();
            self.wrap()?;
            let right = self.amount_part(what)?;
            left = Computed::Operation(BinaryOp::Multiply, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn amount_part(&mut self, what: &str) -> Parsed<Computed> {
        match self.kind() {
            Kind::LeftParen => {
                self.mark(Mark::Group);
                let (level, opening) = (self.level(), self.bump());
                let inner = self.nest(|p| p.amount_sum(what))?;
                if self.eat(Kind::RightParen).is_none() {
                    let reported = self.unclosed(opening, "the amount");
                    self.drop_to(level);
                    return Err(reported);
                }
                Ok(inner)
            }
            Kind::Word if !self.at_literal() && !self.new_line() => self.amount_name(what),
            _ => self.literal(what).map(Computed::Literal),
        }
    }

    /// The name of a constant; what cannot be one is said.
    fn amount_name(&mut self, what: &str) -> Parsed<Computed> {
        let next = self.peek(1);
        let is_part = matches!(next.kind, Kind::Dot | Kind::LeftParen) && !next.first_on_line;
        if !is_part && self.word().starts_with(|c: char| c.is_ascii_lowercase() || c == '_') {
            return Ok(Computed::Constant(self.take_name()));
        }
        let message = format!("expected {what}, found `{}`", self.word());
        let problem = Diagnostic::error(code::E0101, self.span(), message).label("not known before a run");
        Err(self.say(problem.help("a cap is a literal or a constant, so that it can be proved and enforced")))
    }
}

/// An expression as an amount, where it is made of literals, names, `+`, `-` and `*` only.
pub(super) fn amount_of(expr: Expr) -> Option<Literal> {
    let span = expr.span;
    Some(match computed_of(expr)? {
        Computed::Literal(literal) => literal,
        computed => Literal { span, kind: LiteralKind::Computed(Box::new(computed)) },
    })
}

fn computed_of(expr: Expr) -> Option<Computed> {
    match expr.kind {
        ExprKind::Literal(literal) => Some(Computed::Literal(literal)),
        ExprKind::Name(name) => Some(Computed::Constant(name)),
        ExprKind::Binary(op @ (BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply), left, right) => {
            Some(Computed::Operation(op, Box::new(computed_of(*left)?), Box::new(computed_of(*right)?)))
        }
        _ => None,
    }
}
