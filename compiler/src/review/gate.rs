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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::Slot;

    /// Whether a condition over one number holds.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the conditions of this test are few")]
    fn holds(expr: &Expr, x: i64) -> bool {
        let value = |expr: &Expr| match expr {
            Expr::Slot(_) => x,
            Expr::Literal(Literal::Int(number)) => *number,
            other => panic!("{other:?} is no number"),
        };
        match expr {
            Expr::Literal(Literal::Bool(is)) => *is,
            Expr::Not(inner) => !holds(inner, x),
            Expr::Binary(Operator::And, left, right) => holds(left, x) && holds(right, x),
            Expr::Binary(Operator::Or, left, right) => holds(left, x) || holds(right, x),
            Expr::Binary(Operator::Less, left, right) => value(left) < value(right),
            Expr::Binary(Operator::LessEqual, left, right) => value(left) <= value(right),
            Expr::Binary(Operator::Greater, left, right) => value(left) > value(right),
            Expr::Binary(Operator::GreaterEqual, left, right) => value(left) >= value(right),
            Expr::Binary(Operator::Equal, left, right) => value(left) == value(right),
            Expr::In(left, list) => match list.as_ref() {
                Expr::List(all) => all.iter().any(|one| value(one) == value(left)),
                other => panic!("{other:?} is no list"),
            },
            other => panic!("{other:?} is no condition"),
        }
    }

    fn number(number: i64) -> Expr {
        Expr::Literal(Literal::Int(number))
    }

    /// Conditions over one number: comparisons from both sides, sets, and what is joined of them.
    fn conditions() -> Vec<Expr> {
        let x = || Box::new(Expr::Slot(Slot(0)));
        let operators =
            [Operator::Less, Operator::LessEqual, Operator::Greater, Operator::GreaterEqual, Operator::Equal];
        let mut simple = vec![Expr::Literal(Literal::Bool(true)), Expr::Literal(Literal::Bool(false))];
        for operator in operators {
            for limit in [1, 2, 3] {
                simple.push(Expr::Binary(operator, x(), Box::new(number(limit))));
            }
            simple.push(Expr::Binary(operator, Box::new(number(2)), x()));
        }
        for set in [&[1][..], &[1, 2], &[2, 3]] {
            simple.push(Expr::In(x(), Box::new(Expr::List(set.iter().copied().map(number).collect()))));
        }
        let mut all = simple.clone();
        for (index, left) in simple.iter().enumerate() {
            all.push(Expr::Not(Box::new(left.clone())));
            for right in simple.iter().skip(index % 3).step_by(3) {
                for operator in [Operator::And, Operator::Or] {
                    all.push(Expr::Binary(operator, Box::new(left.clone()), Box::new(right.clone())));
                }
            }
        }
        all
    }

    #[test]
    fn what_is_shown_to_be_narrower_lets_nothing_more_through() {
        let all = conditions();
        let mut shown = 0;
        for a in &all {
            for b in &all {
                if implies(a, b) {
                    shown += 1;
                    let witness = (0..=4).find(|x| holds(a, *x) && !holds(b, *x));
                    assert_eq!(witness, None, "{a:?} does not imply {b:?}");
                }
            }
        }
        assert!(all.len() > 300 && shown > 10_000, "{} conditions, {shown} shown", all.len());
    }
}
