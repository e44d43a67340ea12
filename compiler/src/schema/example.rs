//! A small value of a type as JSON. In: a type. Out: a value that it takes, to be changed by hand.

use serde_json::{Map, Number, Value, json};

use crate::cost::Money;
use crate::program::{Field, Param, TextSize, Ty, Types};

/// An object with a value for each parameter.
#[must_use]
pub fn examples(types: &Types, params: &[Param]) -> Value {
    Value::Object(params.iter().map(|param| (param.name.clone(), example(types, &param.ty))).collect())
}

/// A value of a type.
#[must_use]
pub fn example(types: &Types, ty: &Ty) -> Value {
    match ty {
        Ty::Never | Ty::Null | Ty::Unknown | Ty::Vector => Value::Null,
        Ty::Bool => json!(true),
        Ty::Int { low, high } => json!(1.clamp(*low, *high)),
        Ty::Usd { most } => dollars((*most).min(Money::from_nanos(1_000_000_000))),
        Ty::Score => json!(0.5),
        Ty::Date => json!("2026-11-23"),
        Ty::Id => json!("A-1"),
        Ty::Text(size) => json!(text(*size)),
        Ty::Json(size) => {
            if size.tokens.min(size.bytes) >= 2 {
                json!({})
            } else {
                json!(0)
            }
        }
        Ty::List { element, low, high } => {
            let count = usize::try_from((*low).max(1).min(*high)).unwrap_or(1);
            Value::Array(vec![example(types, element); count])
        }
        Ty::Optional(inner) => example(types, inner),
        Ty::Record(id) => types.records.get(id.index()).map_or(Value::Null, |record| object(types, &record.fields)),
        Ty::Enum(id) => {
            let variants = types.enums.get(id.index()).map_or(&[][..], |of| of.variants.as_slice());
            let plain = variants.iter().find(|variant| variant.fields.is_empty());
            match plain.or_else(|| variants.first()) {
                Some(variant) if variant.fields.is_empty() => json!(variant.name),
                Some(variant) => {
                    Value::Object(Map::from_iter([(variant.name.clone(), object(types, &variant.fields))]))
                }
                None => Value::Null,
            }
        }
    }
}

fn object(types: &Types, fields: &[Field]) -> Value {
    Value::Object(fields.iter().map(|field| (field.name.clone(), example(types, &field.ty))).collect())
}

/// A text that has its size under every tokenizer: none makes more tokens than there are bytes.
fn text(size: TextSize) -> &'static str {
    const TEXT: &str = "a short text";
    let most = size.tokens.min(size.bytes).min(size.chars);
    TEXT.get(..usize::try_from(most).unwrap_or(usize::MAX).min(TEXT.len())).unwrap_or("")
}

fn dollars(amount: Money) -> Value {
    let exact = amount.exact();
    let digits = exact.trim_end_matches('0').trim_end_matches('.');
    serde_json::from_str::<Number>(digits).map_or(Value::Null, Value::Number)
}
