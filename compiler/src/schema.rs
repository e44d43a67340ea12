//! Types as JSON Schema: what a model is told about the shape of an answer and of a tool's arguments. In: a type. Out: a schema
//! in the dialect that structured output takes: every field is required, no other field is allowed.

mod example;
mod instructions;

use serde_json::{Map, Value, json};

pub use example::{example, examples};
pub use instructions::instructions;

use crate::cost::Money;
use crate::program::{Field, Param, Ty, Types};

/// The schema of a type.
#[must_use]
pub fn json_schema(types: &Types, ty: &Ty) -> Value {
    match ty {
        Ty::Never | Ty::Null | Ty::Unknown | Ty::Vector => json!({"type": "null"}),
        Ty::Bool => json!({"type": "boolean"}),
        Ty::Int { low, high } => json!({"type": "integer", "minimum": low, "maximum": high}),
        Ty::Usd { most } => json!({"type": "number", "minimum": 0, "maximum": dollars(*most)}),
        Ty::Score => json!({"type": "number", "minimum": 0, "maximum": 1}),
        Ty::Date => json!({"type": "string", "format": "date"}),
        Ty::Id => json!({"type": "string", "maxLength": 64}),
        Ty::Text(size) => json!({"type": "string", "maxLength": size.chars}),
        Ty::Json(_) => json!({}),
        Ty::List { element, low, high } => {
            json!({"type": "array", "items": json_schema(types, element), "minItems": low, "maxItems": high})
        }
        Ty::Optional(inner) => json!({"anyOf": [json_schema(types, inner), {"type": "null"}]}),
        Ty::Record(id) => match types.records.get(id.index()) {
            Some(record) => described(object(types, &record.fields), &record.docs),
            None => json!({}),
        },
        Ty::Enum(id) => match types.enums.get(id.index()) {
            Some(choice) => described(variants(types, &choice.variants), &choice.docs),
            None => json!({}),
        },
    }
}

/// The schema of a tool's arguments: an object with one field for each parameter.
#[must_use]
pub fn parameters(types: &Types, params: &[Param]) -> Value {
    let fields =
        params.iter().map(|param| (param.name.as_str(), described(json_schema(types, &param.ty), &param.docs)));
    closed(fields)
}

fn object(types: &Types, fields: &[Field]) -> Value {
    closed(fields.iter().map(|field| (field.name.as_str(), described(json_schema(types, &field.ty), &field.docs))))
}

fn closed<'a>(fields: impl Iterator<Item = (&'a str, Value)>) -> Value {
    let properties: Map<String, Value> = fields.map(|(name, schema)| (name.to_owned(), schema)).collect();
    let required: Vec<&String> = properties.keys().collect();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

/// Plain variants are strings, variants with fields objects of one key.
fn variants(types: &Types, variants: &[crate::program::Variant]) -> Value {
    let plain: Vec<&str> = variants.iter().filter(|v| v.fields.is_empty()).map(|v| v.name.as_str()).collect();
    let mut ways = Vec::new();
    if !plain.is_empty() {
        ways.push(json!({"type": "string", "enum": plain}));
    }
    for variant in variants.iter().filter(|variant| !variant.fields.is_empty()) {
        let payload = described(object(types, &variant.fields), &variant.docs);
        ways.push(closed(std::iter::once((variant.name.as_str(), payload))));
    }
    match ways.len() {
        1 => ways.swap_remove(0),
        _ => json!({"anyOf": ways}),
    }
}

fn described(mut schema: Value, docs: &str) -> Value {
    if let (Value::Object(fields), false) = (&mut schema, docs.is_empty()) {
        fields.insert("description".to_owned(), json!(docs));
    }
    schema
}

/// An amount as a JSON number, exactly: its decimal digits are kept as they are.
fn dollars(amount: Money) -> Value {
    let exact = amount.exact();
    let digits = exact.trim_end_matches('0').trim_end_matches('.');
    serde_json::from_str(digits).unwrap_or(Value::Null)
}
