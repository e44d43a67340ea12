//! Values as JSON, and as they stand in a prompt.

use flow_compiler::cost::Money;
use flow_compiler::program::{Field, Types};
use serde_json::{Map, Number, Value as Json};

use super::Value;

/// A value as JSON, compact and with its fields in the order of their declaration.
#[must_use]
pub fn to_json(value: &Value, types: &Types) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(value) => Json::from(*value),
        Value::Usd(value) => decimal(&plain(*value)),
        Value::Score(value) => decimal(&hundredths(*value)),
        Value::Text(text) => Json::String(text.to_string()),
        Value::Json(json) => json.as_ref().clone(),
        Value::Vector(vector) => vector.iter().map(|x| Json::from(*x)).collect(),
        Value::List(values) => values.iter().map(|value| to_json(value, types)).collect(),
        Value::Record(id, values) => {
            let fields = types.records.get(id.index()).map_or(&[][..], |record| &record.fields);
            object(fields, values, types)
        }
        Value::Variant(id, variant, values) => {
            let variant = types.enums.get(id.index()).and_then(|declared| declared.variants.get(*variant as usize));
            match variant {
                Some(variant) if variant.fields.is_empty() => Json::String(variant.name.clone()),
                Some(variant) => {
                    let fields = object(&variant.fields, values, types);
                    Json::Object(Map::from_iter([(variant.name.clone(), fields)]))
                }
                None => Json::Null,
            }
        }
    }
}

fn object(fields: &[Field], values: &[Value], types: &Types) -> Json {
    let pairs = fields.iter().zip(values).map(|(field, value)| (field.name.clone(), to_json(value, types)));
    Json::Object(pairs.collect())
}

/// A value as a hole of a prompt shows it: texts as they are, numbers in digits, plain variants by name, else compact JSON.
#[must_use]
pub fn shown(value: &Value, types: &Types) -> String {
    match value {
        Value::Text(text) => text.to_string(),
        Value::Usd(value) => two_decimals(*value),
        Value::Score(value) => hundredths(*value),
        Value::Variant(id, index, _) => {
            let variant = types.enums.get(id.index()).and_then(|declared| declared.variants.get(*index as usize));
            match variant {
                Some(variant) if variant.fields.is_empty() => variant.name.clone(),
                Some(_) | None => to_json(value, types).to_string(),
            }
        }
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Json(_)
        | Value::Vector(_)
        | Value::List(_)
        | Value::Record(..) => to_json(value, types).to_string(),
    }
}

/// Dollars without needless zeros: `12.5`.
fn plain(amount: Money) -> String {
    let exact = amount.exact();
    exact.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Dollars with at least two decimals: `12.50`.
fn two_decimals(amount: Money) -> String {
    let plain = plain(amount);
    match plain.split_once('.') {
        Some((_, decimals)) if decimals.len() >= 2 => plain,
        Some(_) => format!("{plain}0"),
        None => format!("{plain}.00"),
    }
}

fn hundredths(score: u8) -> String {
    format!("{}.{:02}", score / 100, score % 100)
}

/// A JSON number from its decimal digits.
fn decimal(digits: &str) -> Json {
    serde_json::from_str::<Number>(digits).map_or(Json::Null, Json::Number)
}
