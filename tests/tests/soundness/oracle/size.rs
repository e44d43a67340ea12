//! How long a value is where it is shown: in bytes, which are tokens here.

use flow_compiler::program::{Field, Tool, Ty, Types};

use super::Script;
use super::value::{Shared, Value, elements, truth, variant};

/// A value in a prompt.
pub(super) fn shown(value: &Shared, ty: &Ty, types: &Types, script: &mut Script) -> u64 {
    match ty {
        Ty::Enum(id) => {
            let index = variant(value, types, script) as usize;
            types.enums[id.index()].variants[index].name.len() as u64
        }
        Ty::Text(size) => match &*value.borrow() {
            Value::Known(bytes) => *bytes,
            _ => size.tokens.min(size.bytes),
        },
        Ty::Id => 64,
        Ty::Date => 10,
        _ => json(value, ty, types, script),
    }
}

/// A value as compact JSON; every letter of a text may need an escape.
fn json(value: &Shared, ty: &Ty, types: &Types, script: &mut Script) -> u64 {
    match ty {
        Ty::Bool => {
            if truth(value, script) {
                4
            } else {
                5
            }
        }
        Ty::Enum(id) => {
            let index = variant(value, types, script) as usize;
            types.enums[id.index()].variants[index].name.len() as u64 + 2
        }
        Ty::Text(_) => match &*value.borrow() {
            Value::Known(bytes) => bytes + 2,
            _ => longest(ty, types),
        },
        Ty::List { element, .. } => {
            let all = elements(value);
            let inside: u64 = all.iter().map(|one| json(one, element, types, script)).sum();
            2 + inside + (all.len() as u64).saturating_sub(1)
        }
        Ty::Record(id) => {
            let fields = &types.records[id.index()].fields;
            let mut sum = 2 + (fields.len() as u64).saturating_sub(1);
            for field in fields {
                let inside = super::value::field(value, &field.name, types);
                sum += field.name.len() as u64 + 3 + json(&inside, &field.ty, types, script);
            }
            sum
        }
        _ => longest(ty, types),
    }
}

/// The longest JSON of a type.
pub(super) fn longest(ty: &Ty, types: &Types) -> u64 {
    let digits = |number: &i64| number.to_string().len() as u64;
    match ty {
        Ty::Bool => 5,
        Ty::Int { low, high } => digits(low).max(digits(high)),
        Ty::Usd { most } => (most.nanos() / 1_000_000_000).to_string().len() as u64 + 10,
        Ty::Score => 4,
        Ty::Date => 12,
        Ty::Id => 130,
        Ty::Text(size) => 2 * size.tokens.min(size.bytes) + 2,
        Ty::List { element, high, .. } => 2 + high * longest(element, types) + high.saturating_sub(1),
        Ty::Record(id) => object(&types.records[id.index()].fields, types),
        Ty::Enum(id) => {
            let names = types.enums[id.index()].variants.iter().map(|variant| variant.name.len() as u64 + 2);
            names.max().unwrap_or(0)
        }
        Ty::Optional(inner) => longest(inner, types).max(4),
        Ty::Json(size) => size.tokens.min(size.bytes),
        Ty::Null => 4,
        Ty::Never | Ty::Vector | Ty::Unknown => 0,
    }
}

fn object(fields: &[Field], types: &Types) -> u64 {
    let fields = fields.iter().map(|field| field.name.len() as u64 + 3 + longest(&field.ty, types) + 1);
    1 + fields.sum::<u64>().max(1)
}

/// A call of a tool: its name and an object of its arguments.
pub(super) fn call(tool: &Tool, types: &Types) -> u64 {
    let params = tool.params.iter().map(|param| param.name.len() as u64 + 3 + longest(&param.ty, types) + 1);
    tool.name.len() as u64 + 1 + params.sum::<u64>().max(1)
}

/// What a model may have to write for an answer of a type.
pub(super) fn answer(ty: &Ty, types: &Types) -> u64 {
    if let Ty::Text(size) = ty { size.tokens.min(size.bytes) } else { longest(ty, types) }
}

/// A result of a tool in a conversation, at its longest.
pub(super) fn result(ty: &Ty, types: &Types) -> u64 {
    match ty {
        Ty::Enum(id) => {
            types.enums[id.index()].variants.iter().map(|variant| variant.name.len() as u64).max().unwrap_or(0)
        }
        Ty::Text(size) => size.tokens.min(size.bytes),
        Ty::Id => 64,
        Ty::Date => 10,
        _ => longest(ty, types),
    }
}
