//! Types in words: what a prompt says about the shape of its answer. In: a type. Out: the instructions, a short text.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::cost::Money;
use crate::program::{Field, TextSize, Ty, Types};
use crate::types;

/// The instructions for the output format: the shape, and the documentation of its fields.
#[must_use]
pub fn instructions(types: &Types, ty: &Ty) -> String {
    let mut notes: BTreeMap<String, String> = BTreeMap::new();
    let mut order: Vec<String> = Vec::new();
    let shape = shape(types, ty, &mut |name, docs| {
        if !docs.is_empty() && !notes.contains_key(name) {
            order.push(name.to_owned());
            notes.insert(name.to_owned(), docs.split_whitespace().collect::<Vec<_>>().join(" "));
        }
    });
    let mut text = format!("Answer with JSON only, in this shape: {shape}");
    for name in order {
        if let Some(docs) = notes.get(&name) {
            // Writing to a `String` cannot fail.
            let _ = write!(text, "\n{name}: {docs}");
        }
    }
    text
}

/// The shape of a value in words.
fn shape(types: &Types, ty: &Ty, note: &mut dyn FnMut(&str, &str)) -> String {
    match ty {
        Ty::Never | Ty::Null | Ty::Unknown | Ty::Vector => "null".to_owned(),
        Ty::Bool => "true or false".to_owned(),
        Ty::Int { low, high } => format!("whole number from {low} to {high}"),
        Ty::Usd { most } => format!("dollars from 0 to {}", plain(*most)),
        Ty::Score => "number from 0.00 to 1.00".to_owned(),
        Ty::Date => "day as \"2026-11-23\"".to_owned(),
        Ty::Id => "key of at most 64 letters".to_owned(),
        Ty::Text(size) => format!("text of at most {}", size_in_words(*size)),
        Ty::Json(size) => format!("any JSON of at most {}", size_in_words(*size)),
        Ty::List { element, low, high } => {
            let element = shape(types, element, note);
            match (low, high) {
                (0, high) => format!("[{element}, …] with at most {high}"),
                (low, high) if low == high => format!("[{element}, …] with {low}"),
                (low, high) => format!("[{element}, …] with {low} to {high}"),
            }
        }
        Ty::Optional(inner) => format!("{} or null", shape(types, inner, note)),
        Ty::Record(id) => {
            types.records.get(id.index()).map_or_else(String::new, |record| object(types, &record.fields, note))
        }
        Ty::Enum(id) => {
            let variants = types.enums.get(id.index()).map_or(&[][..], |of| of.variants.as_slice());
            let shown = variants.iter().map(|variant| {
                note(&variant.name, &variant.docs);
                match variant.fields.as_slice() {
                    [] => format!("\"{}\"", variant.name),
                    fields => format!("{{\"{}\": {}}}", variant.name, object(types, fields, note)),
                }
            });
            shown.collect::<Vec<_>>().join(" | ")
        }
    }
}

fn object(types: &Types, fields: &[Field], note: &mut dyn FnMut(&str, &str)) -> String {
    let shown = fields.iter().map(|field| {
        note(&field.name, &field.docs);
        format!("\"{}\": {}", field.name, shape(types, &field.ty, note))
    });
    format!("{{{}}}", shown.collect::<Vec<_>>().join(", "))
}

/// `64 tokens`, `200 characters`, `4 kilobytes`
fn size_in_words(size: TextSize) -> String {
    let shown = size.show();
    let digits = shown.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    match &shown[digits.len()..] {
        "char" => format!("{digits} characters"),
        "kb" => format!("{digits} kilobytes"),
        _ => format!("{digits} tokens"),
    }
}

fn plain(amount: Money) -> String {
    types::dollars(amount).trim_start_matches('$').to_owned()
}
