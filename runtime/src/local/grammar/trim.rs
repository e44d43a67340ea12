//! Texts made to fit what reads them next. In: an answer, its type and the counters of its readers. Out: the answer, where
//! every text has at most its size under all of them.
//!
//! The grammar holds a text to its size in the model's own tokens, as they were said. Counted anew, or by another model's
//! vocabulary, it can be more: the rest is cut, which costs nothing and asks nobody.

use flow_compiler::program::{Field, Param, TextSize, Ty, Types};
use flow_compiler::tokens::{Counter, cut_to};
use serde_json::Value;

/// The answer itself where every text fits or where it is not JSON of that type, else the answer with texts cut.
pub(super) fn trim(answer: String, ty: &Ty, types: &Types, readers: &[Counter]) -> String {
    let Ok(mut value) = serde_json::from_str::<Value>(&answer) else { return answer };
    if trim_value(&mut value, ty, types, readers) { value.to_string() } else { answer }
}

/// The same for a turn: the answer, or the arguments of a call.
pub(super) fn trim_turn(
    said: String,
    tools: &[(String, Vec<Param>)],
    answer: &Ty,
    types: &Types,
    readers: &[Counter],
) -> String {
    let Ok(mut value) = serde_json::from_str::<Value>(&said) else { return said };
    let called = tools.iter().find(|(name, _)| value["call"] == name.as_str());
    let params = called.map(|(_, params)| params.as_slice()).unwrap_or_default();
    let in_args = params.iter().fold(false, |cut, param| match value["args"].get_mut(&param.name) {
        Some(argument) => trim_value(argument, &param.ty, types, readers) | cut,
        None => cut,
    });
    let in_answer = value.get_mut("answer").is_some_and(|value| trim_value(value, answer, types, readers));
    if in_args || in_answer { value.to_string() } else { said }
}

/// The head of a text that fits its size.
pub(super) fn trim_text<'t>(text: &'t str, size: &TextSize, readers: &[Counter]) -> &'t str {
    let count = |most: u64| usize::try_from(most).unwrap_or(usize::MAX);
    let chars = text.char_indices().nth(count(size.chars)).map_or(text.len(), |(end, _)| end);
    let bytes = text.floor_char_boundary(count(size.bytes));
    cut_to(&text[..chars.min(bytes)], size.tokens, readers)
}

/// Whether something was cut.
fn trim_value(value: &mut Value, ty: &Ty, types: &Types, readers: &[Counter]) -> bool {
    match ty {
        Ty::Text(size) => {
            let Value::String(text) = value else { return false };
            let fits = trim_text(text, size, readers).len();
            let cut = fits < text.len();
            text.truncate(fits);
            cut
        }
        Ty::List { element, .. } => {
            let items = value.as_array_mut().into_iter().flatten();
            items.fold(false, |cut, item| trim_value(item, element, types, readers) | cut)
        }
        Ty::Optional(inner) => trim_value(value, inner, types, readers),
        Ty::Record(id) => match types.records.get(id.index()) {
            Some(record) => trim_fields(value, &record.fields, types, readers),
            None => false,
        },
        Ty::Enum(id) => {
            let variants = types.enums.get(id.index()).map(|named| named.variants.iter()).into_iter().flatten();
            variants.fold(false, |cut, variant| match value.get_mut(&variant.name) {
                Some(inside) => trim_fields(inside, &variant.fields, types, readers) | cut,
                None => cut,
            })
        }
        // A number, a name or a key cannot be cut; of free JSON the size is known, its texts have none of their own.
        Ty::Never | Ty::Null | Ty::Bool | Ty::Int { .. } | Ty::Usd { .. } | Ty::Score | Ty::Date | Ty::Id => false,
        Ty::Json(_) | Ty::Vector | Ty::Unknown => false,
    }
}

fn trim_fields(value: &mut Value, fields: &[Field], types: &Types, readers: &[Counter]) -> bool {
    fields.iter().fold(false, |cut, field| match value.get_mut(&field.name) {
        Some(inside) => trim_value(inside, &field.ty, types, readers) | cut,
        None => cut,
    })
}
