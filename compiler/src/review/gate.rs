//! Which of two conditions lets more through. In: two conditions over the same parameters. Out: whether one implies the other,
//! where that can be shown; what cannot be shown is not taken to be so.

use crate::program::{Expr, Literal, Operator};

/// How two conditions stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// They let the same through.
    Same,
    /// The second lets no more through.
    Narrower,
    /// The second lets no less through.
    Wider,
    /// Neither could be shown.
    Unknown,
}

/// How the second condition stands to the first.
pub(super) fn order(before: &Expr, after: &Expr) -> Order {
    match (implies(after, before), implies(before, after)) {
        (true, true) => Order::Same,
        (true, false) => Order::Narrower,
        (false, true) => Order::Wider,
        (false, false) => Order::Unknown,
    }
}

/// Whether `b` is shown to hold wherever `a` does.
fn implies(a: &Expr, b: &Expr) -> bool {
    if a == b || is(a, false) || is(b, true) {
        return true;
    }
    // What `b` asks for is taken apart first, so that every part of it finds its own reason in `a`.
    if let Expr::Binary(Operator::And, left, right) = b {
        return implies(a, left) && implies(a, right);
    }
    if let Expr::Binary(Operator::Or, left, right) = a {
        return implies(left, b) && implies(right, b);
    }
    if let Expr::Binary(Operator::Or, left, right) = b
        && (implies(a, left) || implies(a, right))
    {
        return true;
    }
    if let Expr::Binary(Operator::And, left, right) = a {
        return implies(left, b) || implies(right, b);
    }
    if let (Expr::Not(a), Expr::Not(b)) = (a, b) {
        return implies(b, a);
    }
    if let (Expr::In(left, within), Expr::In(same, around)) = (a, b)
        && let (Expr::List(within), Expr::List(around)) = (within.as_ref(), around.as_ref())
    {
        return left == same && within.iter().all(|one| around.contains(one));
    }
    compares(a, b)
}

fn is(expr: &Expr, value: bool) -> bool {
    *expr == Expr::Literal(Literal::Bool(value))
}

/// `x <= 20` implies `x <= 50`.
fn compares(a: &Expr, b: &Expr) -> bool {
    let (Some((left, first, from)), Some((same, second, to))) = (comparison(a), comparison(b)) else { return false };
    if left != same {
        return false;
    }
    let below = |operator| matches!(operator, Operator::Less | Operator::LessEqual);
    let above = |operator| matches!(operator, Operator::Greater | Operator::GreaterEqual);
    match (first, second) {
        (Operator::Equal, Operator::LessEqual) => from <= to,
        (Operator::Equal, Operator::GreaterEqual) => from >= to,
        (Operator::Equal, Operator::Less) => from < to,
        (Operator::Equal, Operator::Greater) => from > to,
        (Operator::LessEqual, Operator::Less) => from < to,
        (Operator::GreaterEqual, Operator::Greater) => from > to,
        (first, second) if below(first) && below(second) => from <= to,
        (first, second) if above(first) && above(second) => from >= to,
        _ => false,
    }
}

/// A comparison of something with a number.
fn comparison(expr: &Expr) -> Option<(&Expr, Operator, i128)> {
    let Expr::Binary(operator, left, right) = expr else { return None };
    if let Some(number) = number(right) {
        return Some((left, *operator, number));
    }
    let turned = match operator {
        Operator::Less => Operator::Greater,
        Operator::LessEqual => Operator::GreaterEqual,
        Operator::Greater => Operator::Less,
        Operator::GreaterEqual => Operator::LessEqual,
        Operator::Equal => Operator::Equal,
        Operator::Or | Operator::And | Operator::NotEqual | Operator::Add | Operator::Subtract | Operator::Multiply => {
            return None;
        }
    };
    number(left).map(|number| (right.as_ref(), turned, number))
}

fn number(expr: &Expr) -> Option<i128> {
    let Expr::Literal(literal) = expr else { return None };
    if let Literal::Int(number) = literal {
        return Some(i128::from(*number));
    }
    if let Literal::Usd(money) = literal {
        return Some(i128::from(money.nanos()));
    }
    if let Literal::Score(hundredths) = literal {
        return Some(i128::from(*hundredths));
    }
    None
}
