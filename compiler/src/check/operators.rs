//! Operators: `and`, `==`, `+`, `in`, lists. Numbers are intervals, sizes add.

use super::lower::{Lower, Typed, Want};
use super::pattern::Narrowing;
use crate::cost::Money;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::check as code;
use crate::program::{Arm, Expr, Literal, NodeKind, Operator, Ty};
use crate::source::Span;
use crate::syntax::{self, BinaryOp, ExprKind, UnaryOp};
use crate::types;

impl Lower<'_, '_> {
    pub(super) fn unary(&mut self, op: UnaryOp, value: &syntax::Expr, want: Want<'_>) -> Typed {
        match op {
            UnaryOp::Not => {
                let value = self.condition(value);
                Typed::new(Expr::Not(Box::new(value)), Ty::Bool)
            }
            UnaryOp::Negate => {
                let typed = self.expr(value, want);
                match typed.ty {
                    Ty::Int { low, high } => match (high.checked_neg(), low.checked_neg()) {
                        (Some(low), Some(high)) => {
                            Typed::new(Expr::Negate(Box::new(typed.expr)), Ty::Int { low, high })
                        }
                        _ => self.overflow(value.span),
                    },
                    other => self.not_a(&other, value.span, "a whole number"),
                }
            }
        }
    }

    pub(super) fn binary(
        &mut self,
        op: BinaryOp,
        left: &syntax::Expr,
        right: &syntax::Expr,
        span: Span,
        want: Want<'_>,
    ) -> Typed {
        match op {
            BinaryOp::And => self.both(left, right, span, Operator::And),
            BinaryOp::Or => self.both(left, right, span, Operator::Or),
            BinaryOp::Equal => self.equal(left, right, span, Operator::Equal),
            BinaryOp::NotEqual => self.equal(left, right, span, Operator::NotEqual),
            BinaryOp::Less => self.compare(left, right, span, Operator::Less),
            BinaryOp::LessEqual => self.compare(left, right, span, Operator::LessEqual),
            BinaryOp::Greater => self.compare(left, right, span, Operator::Greater),
            BinaryOp::GreaterEqual => self.compare(left, right, span, Operator::GreaterEqual),
            BinaryOp::Add => self.arithmetic(left, right, span, Operator::Add, want),
            BinaryOp::Subtract => self.arithmetic(left, right, span, Operator::Subtract, want),
            BinaryOp::Multiply => self.arithmetic(left, right, span, Operator::Multiply, want),
        }
    }

    /// `and` and `or`: the right side happens only where the left one does not decide.
    fn both(&mut self, left: &syntax::Expr, right: &syntax::Expr, span: Span, op: Operator) -> Typed {
        let first = self.condition(left);
        let known = self.narrowings(&first, if op == Operator::And { Narrowing::Holds } else { Narrowing::Fails });
        let (body, _) = self.branch(|lower| {
            lower.known.extend(known);
            Typed::new(lower.condition(right), Ty::Bool)
        });
        if body.nodes.is_empty() {
            return Typed::new(Expr::Binary(op, Box::new(first), Box::new(body.value)), Ty::Bool);
        }
        let decided = super::control::value_body(Expr::Literal(Literal::Bool(op == Operator::Or)));
        let when = if op == Operator::And { first } else { Expr::Not(Box::new(first)) };
        let arms = vec![
            Arm { when: Some(when), binds: Vec::new(), body },
            Arm { when: None, binds: Vec::new(), body: decided },
        ];
        self.node(span, NodeKind::Choose(arms), Ty::Bool)
    }

    /// Both sides, each read as what the other is.
    fn sides(&mut self, left: &syntax::Expr, right: &syntax::Expr) -> (Typed, Typed) {
        if is_literal(left) && !is_literal(right) {
            let second = self.expr(right, Want::Any);
            let first = self.expr(left, Want::Like(&second.ty));
            return (first, second);
        }
        let first = self.expr(left, Want::Any);
        let second = self.expr(right, Want::Like(&first.ty));
        (first, second)
    }

    fn equal(&mut self, left: &syntax::Expr, right: &syntax::Expr, span: Span, op: Operator) -> Typed {
        let (first, second) = self.sides(left, right);
        let comparable = |ty: &Ty| !matches!(ty, Ty::Vector | Ty::Json(_));
        let joined = types::join(&first.ty, &second.ty);
        if joined.is_none() || !comparable(&first.ty) || !comparable(&second.ty) {
            return self.no_operator(op, left.span, &first.ty, right.span, &second.ty, span);
        }
        let holds = Expr::Binary(op, Box::new(first.expr.clone()), Box::new(second.expr.clone()));
        let known =
            if op == Operator::NotEqual { self.known_caller([&first.expr, &second.expr], holds) } else { holds };
        Typed::new(known, Ty::Bool)
    }

    fn compare(&mut self, left: &syntax::Expr, right: &syntax::Expr, span: Span, op: Operator) -> Typed {
        let before = self.times;
        let times = self.compares_times(left, right);
        self.times = times;
        let (first, second) = self.sides(left, right);
        self.times = before;
        let fine = matches!(
            (&first.ty, &second.ty),
            (Ty::Unknown | Ty::Never, _)
                | (_, Ty::Unknown | Ty::Never)
                | (Ty::Int { .. }, Ty::Int { .. })
                | (Ty::Usd { .. }, Ty::Usd { .. })
                | (Ty::Score, Ty::Score)
                | (Ty::Date, Ty::Date)
        );
        if !fine {
            if times {
                // What it is compared with has been said.
                return Typed::unknown();
            }
            return self.no_operator(op, left.span, &first.ty, right.span, &second.ty, span);
        }
        Typed::new(Expr::Binary(op, Box::new(first.expr), Box::new(second.expr)), Ty::Bool)
    }

    fn arithmetic(
        &mut self,
        left: &syntax::Expr,
        right: &syntax::Expr,
        span: Span,
        op: Operator,
        want: Want<'_>,
    ) -> Typed {
        let first = self.expr(left, if op == Operator::Add { want } else { Want::Any });
        let second = self.expr(right, Want::Any);
        let ty = match result(op, &first.ty, &second.ty) {
            Outcome::Is(ty) => ty,
            Outcome::Overflow => return self.overflow(span),
            Outcome::No => return self.no_operator(op, left.span, &first.ty, right.span, &second.ty, span),
        };
        Typed::new(Expr::Binary(op, Box::new(first.expr), Box::new(second.expr)), ty)
    }

    /// Says that a number or size does not fit.
    pub(super) fn overflow(&mut self, span: Span) -> Typed {
        self.checker.error(code::E0505, span, "the size of this does not fit", "it can become too large to be counted");
        Typed::unknown()
    }

    fn no_operator(&mut self, op: Operator, left: Span, a: &Ty, right: Span, b: &Ty, span: Span) -> Typed {
        let unknown = |ty: &Ty| matches!(ty, Ty::Unknown | Ty::Never);
        if unknown(a) || unknown(b) {
            return Typed::unknown();
        }
        let (first, second) = (self.checker.show(a), self.checker.show(b));
        let message = format!("`{}` does not go with `{first}` and `{second}`", symbol(op));
        let diagnostic = Diagnostic::error(code::E0410, span, message)
            .label_at(left, format!("this is `{first}`"))
            .label_at(right, format!("this is `{second}`"));
        let joins_text = op == Operator::Add && (matches!(a, Ty::Text(_)) || matches!(b, Ty::Text(_)));
        let optional = matches!(a, Ty::Optional(_)) || matches!(b, Ty::Optional(_));
        self.checker.say(match (joins_text, optional) {
            (true, _) => diagnostic.help("`text(x)` makes a text of any value"),
            (false, true) => diagnostic.help("one side may be `null`: ask `is null` first"),
            (false, false) if matches!(a, Ty::Enum(_)) || matches!(b, Ty::Enum(_)) => {
                diagnostic.help("an enum is asked for a variant, without quotes: `topic is Bug`")
            }
            (false, false) if matches!(a, Ty::Bool) || matches!(b, Ty::Bool) => {
                diagnostic.help("conditions are joined with `and` and `or`, and turned around with `not`")
            }
            (false, false) if matches!((a, b), (Ty::List { .. }, Ty::List { .. })) => {
                diagnostic.help("lists are not joined: `join(xs, \", \")` joins texts, `each` makes a list of a list")
            }
            (false, false) => diagnostic,
        });
        Typed::unknown()
    }

    pub(super) fn is_in(&mut self, value: &syntax::Expr, negated: bool, list: &syntax::Expr) -> Typed {
        let value_typed = self.expr(value, Want::Any);
        let wanted = Ty::List { element: Box::new(value_typed.ty.clone()), low: 0, high: u64::MAX };
        let list_typed = self.expr(list, Want::Like(&wanted));
        match &list_typed.ty {
            Ty::Unknown | Ty::Never => {}
            Ty::List { element, .. } => {
                if types::join(element, &value_typed.ty).is_none() {
                    let (shown, of) = (self.checker.show(&value_typed.ty), self.checker.show(element));
                    let diagnostic = Diagnostic::error(
                        code::E0410,
                        value.span.to(list.span),
                        format!("`{shown}` is never in a list of `{of}`"),
                    )
                    .label_at(value.span, format!("this is `{shown}`"))
                    .label_at(list.span, format!("this holds `{of}`"));
                    self.checker.say(diagnostic);
                }
            }
            other => {
                self.not_a(&other.clone(), list.span, "a list");
            }
        }
        let found = Expr::In(Box::new(value_typed.expr.clone()), Box::new(list_typed.expr.clone()));
        if !negated {
            return Typed::new(found, Ty::Bool);
        }
        let missing = Expr::Not(Box::new(found));
        Typed::new(self.known_caller([&value_typed.expr, &list_typed.expr], missing), Ty::Bool)
    }

    pub(super) fn list(&mut self, elements: &[syntax::Expr], want: Want<'_>) -> Typed {
        let wanted = match want {
            Want::Like(Ty::List { element, .. }) => Some(&**element),
            Want::Like(Ty::Optional(inner)) => match &**inner {
                Ty::List { element, .. } => Some(&**element),
                _ => None,
            },
            Want::Like(_) | Want::Any | Want::Nothing => None,
        };
        let length = elements.len() as u64;
        let mut element = Ty::Never;
        let mut parts = Vec::with_capacity(elements.len());
        let first = elements.first().map(|first| first.span);
        for part in elements {
            let hint = element.clone();
            let typed = self.expr(part, wanted.map_or(Want::Like(&hint), Want::Like));
            match types::join(&element, &typed.ty) {
                Some(joined) => element = joined,
                None => {
                    let (shown, before) = (self.checker.show(&typed.ty), self.checker.show(&element));
                    let message = format!("a list of `{before}` cannot hold `{shown}`");
                    let mut diagnostic =
                        Diagnostic::error(code::E0401, part.span, message).label(format!("this is `{shown}`"));
                    if let Some(first) = first {
                        diagnostic = diagnostic.label_at(first, format!("this is `{before}`"));
                    }
                    self.checker.say(diagnostic);
                    element = Ty::Unknown;
                }
            }
            parts.push(typed.expr);
        }
        Typed::new(Expr::List(parts), Ty::List { element: Box::new(element), low: length, high: length })
    }
}

/// What an operator makes of two types.
enum Outcome {
    Is(Ty),
    Overflow,
    No,
}

fn result(op: Operator, a: &Ty, b: &Ty) -> Outcome {
    let is = |ty: Option<Ty>| ty.map_or(Outcome::Overflow, Outcome::Is);
    match (op, a, b) {
        (_, Ty::Unknown | Ty::Never, _) | (_, _, Ty::Unknown | Ty::Never) => Outcome::Is(Ty::Unknown),
        (_, Ty::Int { low, high }, Ty::Int { low: least, high: most }) => {
            is(interval(op, (*low, *high), (*least, *most)))
        }
        (Operator::Add, Ty::Usd { most }, Ty::Usd { most: other }) => {
            is(most.checked_add(*other).map(|most| Ty::Usd { most }))
        }
        (Operator::Subtract, Ty::Usd { most }, Ty::Usd { .. }) => Outcome::Is(Ty::Usd { most: *most }),
        (Operator::Multiply, Ty::Usd { most }, Ty::Int { low, high })
        | (Operator::Multiply, Ty::Int { low, high }, Ty::Usd { most }) => match (low, u64::try_from(*high)) {
            (0.., Ok(times)) => is(most.checked_mul(times).map(|most: Money| Ty::Usd { most })),
            _ => Outcome::No,
        },
        (Operator::Add, Ty::Text(size), Ty::Text(other)) => is(size.then(*other).map(Ty::Text)),
        _ => Outcome::No,
    }
}

fn interval(op: Operator, (low, high): (i64, i64), (least, most): (i64, i64)) -> Option<Ty> {
    let (low, high) = match op {
        Operator::Add => (low.checked_add(least)?, high.checked_add(most)?),
        Operator::Subtract => (low.checked_sub(most)?, high.checked_sub(least)?),
        Operator::Multiply => {
            let corners =
                [low.checked_mul(least)?, low.checked_mul(most)?, high.checked_mul(least)?, high.checked_mul(most)?];
            (corners.into_iter().min()?, corners.into_iter().max()?)
        }
        Operator::Or
        | Operator::And
        | Operator::Equal
        | Operator::NotEqual
        | Operator::Less
        | Operator::LessEqual
        | Operator::Greater
        | Operator::GreaterEqual => return None,
    };
    Some(Ty::Int { low, high })
}

fn symbol(op: Operator) -> &'static str {
    match op {
        Operator::Or => "or",
        Operator::And => "and",
        Operator::Equal => "==",
        Operator::NotEqual => "!=",
        Operator::Less => "<",
        Operator::LessEqual => "<=",
        Operator::Greater => ">",
        Operator::GreaterEqual => ">=",
        Operator::Add => "+",
        Operator::Subtract => "-",
        Operator::Multiply => "*",
    }
}

fn is_literal(expr: &syntax::Expr) -> bool {
    matches!(expr.kind, ExprKind::Literal(_))
        || matches!(&expr.kind, ExprKind::Name(name) if name.text.starts_with(|c: char| c.is_uppercase()))
}
