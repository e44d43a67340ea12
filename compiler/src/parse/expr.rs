//! Expressions with operators. From loosest to tightest: `else`; `or`; `and`; `not`; comparisons, `is`, `in`; `cut`, `fit`;
//! `+` and `-`; `*`; `-x`; then what hangs on a value: `.field`, `[…]`, `within …`, `when … else …`.

use super::cursor::{Commas, Parsed, Parser};
use super::marks::Mark;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::syntax as code;
use crate::lex::Kind;
use crate::source::Span;
use crate::syntax::{BinaryOp, Expr, ExprKind, Fit, UnaryOp};

/// How tightly an operator binds; a larger number binds tighter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Power {
    Or,
    And,
    Not,
    Compare,
    Cut,
    Add,
    Multiply,
    Negate,
}

/// What stands between two operands, or behind one.
#[derive(Clone, Copy)]
enum Infix {
    Binary(BinaryOp),
    Is,
    In,
    NotIn,
    Cut,
    Fit,
}

impl Parser<'_> {
    /// An expression; where it cannot be read, an error node, and the parser stands before the next comma, line or end.
    pub(super) fn expr_or_error(&mut self) -> Expr {
        let (start, level) = (self.span(), self.level());
        self.expr().unwrap_or_else(|_| {
            self.recover(level, Commas::Stop);
            Expr { span: self.since(start), kind: ExprKind::Error }
        })
    }

    /// An expression with its `else`.
    pub(super) fn expr(&mut self) -> Parsed<Expr> {
        self.nest(|p| {
            let outer = std::mem::replace(&mut p.deepest, p.depth);
            let start = p.span();
            let attempt = p.operand()?;
            if !p.is_word("else") {
                p.deepest = p.deepest.max(outer);
                return Ok(attempt);
            }
            p.bump();
            p.wrap()?;
            if p.is(Kind::Colon) {
                return Err(p.else_colon());
            }
            let handler = p.expr()?;
            p.deepest = p.deepest.max(outer);
            Ok(Expr {
                span: p.since(start),
                kind: ExprKind::Else { attempt: Box::new(attempt), handler: Box::new(handler) },
            })
        })
    }

    /// An expression without `else`: a condition, where `else` belongs to what stands around it.
    pub(super) fn operand(&mut self) -> Parsed<Expr> {
        self.nest(|p| p.binary(Power::Or))
    }

    /// A condition or a subject in front of a block: there `Name {` begins no record.
    pub(super) fn head(&mut self) -> Parsed<Expr> {
        let records = std::mem::replace(&mut self.records, false);
        let head = self.operand().and_then(|left| self.maybe_assigned(left));
        self.records = records;
        head
    }

    /// `a = b` in a condition means `a == b`.
    pub(super) fn maybe_assigned(&mut self, left: Expr) -> Parsed<Expr> {
        if !self.is(Kind::Equal) {
            return Ok(left);
        }
        let span = self.span();
        let problem = Diagnostic::error(code::E0107, span, "values are compared with `==`, not `=`");
        self.say(problem.label("not a comparison").fix("write `==`", span, "=="));
        self.bump();
        let right = self.operand()?;
        let span = left.span.to(right.span);
        Ok(Expr { span, kind: ExprKind::Binary(BinaryOp::Equal, Box::new(left), Box::new(right)) })
    }

    fn binary(&mut self, least: Power) -> Parsed<Expr> {
        let outer = std::mem::replace(&mut self.deepest, self.depth);
        let start = self.span();
        let mut left = self.prefixed()?;
        let mut compared: Option<Span> = None;
        let mut is_chained = false;
        let mut loosest = Power::Negate;
        while let Some((infix, power)) = self.infix() {
            // What binds tighter than the operator before belongs to its right side: behind a pattern or a size there is none.
            if power < least || power > loosest {
                break;
            }
            loosest = power;
            if power == Power::Compare
                && let Some(first) = compared.replace(self.span())
            {
                self.chained(first);
                is_chained = true;
            }
            self.wrap()?;
            left = self.infix_rest(left, start, infix, power)?;
        }
        self.deepest = self.deepest.max(outer);
        if is_chained {
            left.kind = ExprKind::Error;
        }
        Ok(left)
    }

    fn chained(&mut self, first: Span) {
        let problem = Diagnostic::error(code::E0115, self.span(), "comparisons do not chain");
        let problem = problem.label("a second comparison").label_at(first, "the first");
        self.say(problem.help("join two comparisons with `and`"));
    }

    fn infix(&self) -> Option<(Infix, Power)> {
        if self.new_line() && !self.continues_line() {
            return None;
        }
        let binary = |op, power| Some((Infix::Binary(op), power));
        match self.kind() {
            Kind::OrOr => binary(BinaryOp::Or, Power::Or),
            Kind::AndAnd => binary(BinaryOp::And, Power::And),
            Kind::EqualEqual => binary(BinaryOp::Equal, Power::Compare),
            Kind::NotEqual => binary(BinaryOp::NotEqual, Power::Compare),
            Kind::Less => binary(BinaryOp::Less, Power::Compare),
            Kind::LessEqual => binary(BinaryOp::LessEqual, Power::Compare),
            Kind::Greater => binary(BinaryOp::Greater, Power::Compare),
            Kind::GreaterEqual => binary(BinaryOp::GreaterEqual, Power::Compare),
            Kind::Plus => binary(BinaryOp::Add, Power::Add),
            Kind::Minus => binary(BinaryOp::Subtract, Power::Add),
            Kind::Star => binary(BinaryOp::Multiply, Power::Multiply),
            Kind::Word => self.infix_word(),
            _ => None,
        }
    }

    fn infix_word(&self) -> Option<(Infix, Power)> {
        match self.word() {
            "or" => Some((Infix::Binary(BinaryOp::Or), Power::Or)),
            "and" => Some((Infix::Binary(BinaryOp::And), Power::And)),
            "is" => Some((Infix::Is, Power::Compare)),
            "in" => Some((Infix::In, Power::Compare)),
            "not" if self.word_ahead(1) == "in" => Some((Infix::NotIn, Power::Compare)),
            "not" if self.word_ahead(1) == "is" => Some((Infix::Is, Power::Compare)),
            "cut" => Some((Infix::Cut, Power::Cut)),
            "fit" if self.fit_is_next() => Some((Infix::Fit, Power::Cut)),
            _ => None,
        }
    }

    fn infix_rest(&mut self, left: Expr, start: Span, infix: Infix, power: Power) -> Parsed<Expr> {
        self.foreign_logic();
        let sign = self.bump();
        let value = Box::new(left);
        let kind = match infix {
            Infix::Binary(op) => {
                self.third_sign(sign);
                let right = self.nest(|p| p.binary(tighter(power)))?;
                ExprKind::Binary(op, value, Box::new(right))
            }
            Infix::Is => {
                let negated = self.turned_is(sign) || self.eat_word("not").is_some();
                if self.field_is_next() {
                    // `.topic is case.topic`: the same as the value over there.
                    let right = Box::new(self.nest(|p| p.binary(Power::Cut))?);
                    let op = if negated { BinaryOp::NotEqual } else { BinaryOp::Equal };
                    return Ok(Expr { span: self.since(start), kind: ExprKind::Binary(op, value, right) });
                }
                ExprKind::Is { value, negated, pattern: self.pattern()? }
            }
            Infix::In => ExprKind::In { value, negated: false, list: Box::new(self.nest(|p| p.binary(Power::Cut))?) },
            Infix::NotIn => {
                self.bump();
                ExprKind::In { value, negated: true, list: Box::new(self.nest(|p| p.binary(Power::Cut))?) }
            }
            Infix::Cut => {
                self.eat(Kind::LessEqual);
                self.cut_to();
                ExprKind::Cut { value, cap: self.amount("a size such as `60tok`")? }
            }
            Infix::Fit => ExprKind::Fit { value, fit: self.fit(sign)? },
        };
        Ok(Expr { span: self.since(start), kind })
    }

    /// Whether `case.topic` stands here: a field of a value, not a variant.
    fn field_is_next(&self) -> bool {
        let small = |word: &str| word.starts_with(|c: char| c.is_ascii_lowercase());
        let dot = self.peek(1).kind == Kind::Dot && !self.peek(1).first_on_line;
        dot && small(self.word()) && small(self.word_ahead(2))
    }

    /// Whether a size follows the word `fit`, so that it is no name.
    fn fit_is_next(&self) -> bool {
        let next = self.peek(1);
        let size = matches!(next.kind, Kind::Number | Kind::Word | Kind::LessEqual | Kind::LeftParen);
        size && !next.first_on_line
    }

    /// `2000tok by priority` behind `fit`.
    fn fit(&mut self, word: Span) -> Parsed<Fit> {
        self.eat(Kind::LessEqual);
        let cap = self.amount("a size such as `2000tok`")?;
        if self.eat_word("by").is_none() {
            let problem = Diagnostic::error(code::E0104, word, "`fit` does not say what is left out first");
            let problem = problem.label("no `by` follows its size");
            return Err(self.say(
                problem.help("write `fit 2000tok by priority`: elements with the least `priority` are left out first"),
            ));
        }
        if self.is(Kind::Dot) {
            let help = "write the field alone: `by weight`";
            return Err(self.expected_with(code::E0101, "a field of the elements", help));
        }
        Ok(Fit { cap, by: self.name("a field of the elements")? })
    }

    /// Says how `&&` and `||` are written here.
    fn foreign_logic(&mut self) {
        let word = match self.kind() {
            Kind::AndAnd => "and",
            Kind::OrOr => "or",
            _ => return,
        };
        let (written, span) = (self.text_of(self.token()).to_owned(), self.span());
        let problem = Diagnostic::error(code::E0107, span, format!("`{written}` is written `{word}`"));
        self.say(problem.label("a sign of other languages").fix(format!("write `{word}`"), span, word));
    }

    fn prefixed(&mut self) -> Parsed<Expr> {
        let start = self.span();
        let (op, power) = match self.kind() {
            Kind::Word if self.is_word("not") => (UnaryOp::Not, Power::Not),
            Kind::Bang => {
                let problem = Diagnostic::error(code::E0107, start, "`!` is written `not`");
                self.say(problem.label("a sign of other languages").fix("write `not`", start, "not "));
                (UnaryOp::Not, Power::Negate)
            }
            Kind::Minus if !self.at_literal() => {
                self.mark(Mark::Prefix);
                (UnaryOp::Negate, Power::Negate)
            }
            _ => return self.with_tail(),
        };
        self.bump();
        let value = self.nest(|p| p.binary(power))?;
        Ok(Expr { span: self.since(start), kind: ExprKind::Unary(op, Box::new(value)) })
    }
}

/// The power that the right side of an operator needs: the operators are left-associative.
fn tighter(power: Power) -> Power {
    match power {
        Power::Or => Power::And,
        Power::And => Power::Not,
        Power::Not => Power::Compare,
        Power::Compare => Power::Cut,
        Power::Cut => Power::Add,
        Power::Add => Power::Multiply,
        Power::Multiply | Power::Negate => Power::Negate,
    }
}
