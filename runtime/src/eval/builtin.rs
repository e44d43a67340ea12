//! Functions of the language.

use flow_compiler::program::{Builtin, Types};

use super::operator;
use crate::failure::Failure;
use crate::value::{Value, shown};

pub(super) fn call(builtin: Builtin, args: &[Value], types: &Types) -> Result<Value, Failure> {
    match (builtin, args) {
        (Builtin::Len, [value]) => len(value),
        (Builtin::Empty, [value]) => Ok(Value::Bool(is_empty(value))),
        (Builtin::Join, [list, between]) => join(items(list)?, text(between)?),
        (Builtin::Join, [list]) => join(items(list)?, ""),
        (Builtin::Contains, [whole, part]) => Ok(Value::Bool(text(whole)?.contains(text(part)?))),
        (Builtin::Lower, [value]) => Ok(Value::text(text(value)?.to_lowercase())),
        (Builtin::Upper, [value]) => Ok(Value::text(text(value)?.to_uppercase())),
        (Builtin::Trim, [value]) => Ok(Value::text(text(value)?.trim())),
        (Builtin::First, [list]) => Ok(items(list)?.first().cloned().unwrap_or(Value::Null)),
        (Builtin::Last, [list]) => Ok(items(list)?.last().cloned().unwrap_or(Value::Null)),
        (Builtin::Sum, [list]) => items(list)?.iter().try_fold(Value::Int(0), |sum, item| operator::add(&sum, item)),
        (Builtin::Min, [a, b]) => Ok(if operator::order(a, b)?.is_le() { a } else { b }.clone()),
        (Builtin::Max, [a, b]) => Ok(if operator::order(a, b)?.is_ge() { a } else { b }.clone()),
        (Builtin::Similarity, [Value::Vector(a), Value::Vector(b)]) => similarity(a, b),
        (Builtin::Text, [value]) => Ok(Value::text(shown(value, types))),
        (
            Builtin::Len
            | Builtin::Empty
            | Builtin::Join
            | Builtin::Contains
            | Builtin::Lower
            | Builtin::Upper
            | Builtin::Trim
            | Builtin::First
            | Builtin::Last
            | Builtin::Sum
            | Builtin::Min
            | Builtin::Max
            | Builtin::Similarity
            | Builtin::Text,
            _,
        ) => Err(Failure::broken("a function was called with values that it does not take")),
    }
}

/// Whether a value has no content: no element, nothing but white space, `null`.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Text(text) => text.trim().is_empty(),
        Value::List(items) => items.is_empty(),
        Value::Bool(_)
        | Value::Int(_)
        | Value::Usd(_)
        | Value::Score(_)
        | Value::Json(_)
        | Value::Vector(_)
        | Value::Record(..)
        | Value::Variant(..) => false,
    }
}

fn len(value: &Value) -> Result<Value, Failure> {
    let count = if let Value::Text(text) = value { text.chars().count() } else { items(value)?.len() };
    i64::try_from(count).map(Value::Int).map_err(|_| Failure::broken("a length is too large"))
}

fn join(list: &[Value], between: &str) -> Result<Value, Failure> {
    let texts = list.iter().map(text).collect::<Result<Vec<_>, _>>()?;
    Ok(Value::text(texts.join(between)))
}

fn items(value: &Value) -> Result<&[Value], Failure> {
    match (value, value == &Value::Null) {
        (Value::List(items), _) => Ok(items),
        (_, true) => Ok(&[]),
        (_, false) => Err(Failure::broken(format!("a list was expected and {} was there", value.kind()))),
    }
}

fn text(value: &Value) -> Result<&str, Failure> {
    match (value, value == &Value::Null) {
        (Value::Text(text), _) => Ok(text),
        (_, true) => Ok(""),
        (_, false) => Err(Failure::broken(format!("a text was expected and {} was there", value.kind()))),
    }
}

/// The cosine of two vectors of unit length as a score; what points away from each other has 0.
fn similarity(a: &[f32], b: &[f32]) -> Result<Value, Failure> {
    if a.len() != b.len() {
        return Err(Failure::broken("two embedding models were compared"));
    }
    let cosine: f64 = a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
    let hundredths = (cosine * 100.0).round().clamp(0.0, 100.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0 to 100; NaN becomes 0")]
    let score = hundredths as u8;
    Ok(Value::Score(score))
}
