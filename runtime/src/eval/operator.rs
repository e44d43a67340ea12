//! Operators between two values.

use std::cmp::Ordering;

use flow_compiler::cost::Money;
use flow_compiler::program::{Expr, Operator, Reason};

use super::Evaluator;
use crate::failure::Failure;
use crate::value::Value;

/// `left op right`; the right side is evaluated only where it decides.
pub(super) fn binary(on: &Evaluator<'_>, op: Operator, left: &Expr, right: &Expr) -> Result<Value, Failure> {
    match op {
        Operator::Or => return Ok(Value::Bool(on.truth(left)? || on.truth(right)?)),
        Operator::And => return Ok(Value::Bool(on.truth(left)? && on.truth(right)?)),
        Operator::Equal
        | Operator::NotEqual
        | Operator::Less
        | Operator::LessEqual
        | Operator::Greater
        | Operator::GreaterEqual
        | Operator::Add
        | Operator::Subtract
        | Operator::Multiply => {}
    }
    let (left, right) = (on.value(left)?, on.value(right)?);
    let truth = match op {
        Operator::Equal => equal(&left, &right),
        Operator::NotEqual => !equal(&left, &right),
        Operator::Less => order(&left, &right)?.is_lt(),
        Operator::LessEqual => order(&left, &right)?.is_le(),
        Operator::Greater => order(&left, &right)?.is_gt(),
        Operator::GreaterEqual => order(&left, &right)?.is_ge(),
        Operator::Add => return add(&left, &right),
        Operator::Subtract => return subtract(&left, &right),
        Operator::Multiply => return multiply(&left, &right),
        Operator::Or | Operator::And => return Err(Failure::broken("a condition was evaluated twice")),
    };
    Ok(Value::Bool(truth))
}

/// Whether two values are equal. Numbers of different kinds are equal where they stand for the same amount.
pub(super) fn equal(left: &Value, right: &Value) -> bool {
    match (amount(left), amount(right)) {
        (Some(left), Some(right)) => left == right,
        _ => left == right,
    }
}

/// How two numbers, texts or days compare.
pub(super) fn order(left: &Value, right: &Value) -> Result<Ordering, Failure> {
    if let (Value::Text(left), Value::Text(right)) = (left, right) {
        return Ok(left.cmp(right));
    }
    match (amount(left), amount(right)) {
        (Some(left), Some(right)) => Ok(left.cmp(&right)),
        _ => Err(Failure::broken(format!("{} and {} cannot be compared", left.kind(), right.kind()))),
    }
}

/// A number in billionths, which holds whole numbers, dollars and scores exactly.
fn amount(value: &Value) -> Option<i128> {
    match value {
        Value::Int(value) => Some(i128::from(*value) * 1_000_000_000),
        Value::Usd(value) => Some(i128::from(value.nanos())),
        Value::Score(value) => Some(i128::from(*value) * 10_000_000),
        Value::Null
        | Value::Bool(_)
        | Value::Text(_)
        | Value::Json(_)
        | Value::Vector(_)
        | Value::List(_)
        | Value::Record(..)
        | Value::Variant(..) => None,
    }
}

pub(super) fn negate(value: &Value) -> Result<Value, Failure> {
    let Value::Int(number) = value else {
        return Err(Failure::broken(format!("{} has no negative", value.kind())));
    };
    number.checked_neg().map(Value::Int).ok_or_else(too_large)
}

/// The sum of two numbers, or two texts joined.
pub(super) fn add(left: &Value, right: &Value) -> Result<Value, Failure> {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => Ok(Value::text(format!("{left}{right}"))),
        (Value::Int(0), other) | (other, Value::Int(0)) => Ok(other.clone()),
        _ => arithmetic(left, right, i128::checked_add),
    }
}

fn subtract(left: &Value, right: &Value) -> Result<Value, Failure> {
    arithmetic(left, right, i128::checked_sub)
}

fn multiply(left: &Value, right: &Value) -> Result<Value, Failure> {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => left.checked_mul(*right).map(Value::Int).ok_or_else(too_large),
        (Value::Usd(amount), Value::Int(times)) | (Value::Int(times), Value::Usd(amount)) => {
            let times = u64::try_from(*times).map_err(|_| below_zero())?;
            amount.checked_mul(times).map(Value::Usd).ok_or_else(too_large)
        }
        _ => Err(Failure::broken(format!("{} and {} have no product", left.kind(), right.kind()))),
    }
}

/// A sum or difference of two numbers of one kind.
fn arithmetic(left: &Value, right: &Value, by: fn(i128, i128) -> Option<i128>) -> Result<Value, Failure> {
    let wide = |a: i128, b: i128| by(a, b).ok_or_else(too_large);
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => {
            i64::try_from(wide((*a).into(), (*b).into())?).map(Value::Int).map_err(|_| too_large())
        }
        (Value::Usd(a), Value::Usd(b)) => {
            let nanos = wide(a.nanos().into(), b.nanos().into())?;
            let nanos = u64::try_from(nanos).map_err(|_| if nanos < 0 { below_zero() } else { too_large() })?;
            Ok(Value::Usd(Money::from_nanos(nanos)))
        }
        (Value::Score(a), Value::Score(b)) => {
            let sum = u8::try_from(wide((*a).into(), (*b).into())?).ok().filter(|sum| *sum <= 100);
            sum.map(Value::Score).ok_or_else(|| Failure::new(Reason::Unknown, "a score left 0.00 to 1.00"))
        }
        _ => Err(Failure::broken(format!("{} and {} have no sum", left.kind(), right.kind()))),
    }
}

fn too_large() -> Failure {
    Failure::new(Reason::Unknown, "a number became too large")
}

fn below_zero() -> Failure {
    Failure::new(Reason::Unknown, "dollars fell below zero")
}
