//! How long a value can become when it is shown as text. In: a type. Out: the size of its longest text.

use crate::program::{Field, TextSize, Ty, Types};

/// Types nest at most this deep here; the checker refuses types that contain themselves.
const DEEPEST: u32 = 64;

/// The size of a value of this type as a prompt shows it: texts as they are, names and numbers as written, the rest as
/// compact JSON. `None` where it does not fit a number, or where the type cannot be shown.
#[must_use]
pub fn rendered(ty: &Ty, types: &Types) -> Option<TextSize> {
    match ty {
        Ty::Text(size) | Ty::Json(size) => Some(*size),
        Ty::Optional(inner) => Some(rendered(inner, types)?.or(TextSize::of_ascii(4))),
        Ty::Enum(id) if types.enums.get(id.index())?.variants.iter().all(|variant| variant.fields.is_empty()) => {
            let names = types.enums.get(id.index())?.variants.iter().map(|variant| variant.name.len() as u64);
            Some(TextSize::of_ascii(names.max().unwrap_or(0)))
        }
        Ty::Id => Some(TextSize::of_ascii(64)),
        Ty::Date => Some(TextSize::of_ascii(10)),
        Ty::Never
        | Ty::Null
        | Ty::Bool
        | Ty::Int { .. }
        | Ty::Usd { .. }
        | Ty::Score
        | Ty::Vector
        | Ty::List { .. }
        | Ty::Record(_)
        | Ty::Enum(_)
        | Ty::Unknown => json(ty, types, 0),
    }
}

fn json(ty: &Ty, types: &Types, depth: u32) -> Option<TextSize> {
    if depth > DEEPEST {
        return None;
    }
    match ty {
        Ty::Never | Ty::Null | Ty::Unknown => Some(TextSize::of_ascii(4)),
        Ty::Bool => Some(TextSize::of_ascii(5)),
        Ty::Int { low, high } => Some(TextSize::of_ascii(low.to_string().len().max(high.to_string().len()) as u64)),
        Ty::Usd { most } => Some(TextSize::of_ascii(most.exact().len() as u64)),
        Ty::Score => Some(TextSize::of_ascii(4)),
        Ty::Date => Some(TextSize::of_ascii(12)),
        Ty::Id => quoted(TextSize::of_ascii(64)),
        Ty::Text(size) => quoted(*size),
        Ty::Json(size) => Some(*size),
        Ty::Vector => None,
        Ty::List { element, high, .. } => listed(json(element, types, depth + 1)?, *high),
        Ty::Optional(inner) => Some(json(inner, types, depth + 1)?.or(TextSize::of_ascii(4))),
        Ty::Record(id) => object(&types.records.get(id.index())?.fields, types, depth),
        Ty::Enum(id) => types.enums.get(id.index())?.variants.iter().try_fold(TextSize::EMPTY, |longest, variant| {
            let name = TextSize::of_ascii(variant.name.len() as u64 + 2);
            let text = match variant.fields.as_slice() {
                [] => name,
                fields => sum([name, TextSize::of_ascii(3), object(fields, types, depth)?])?,
            };
            Some(longest.or(text))
        }),
    }
}

/// A text between quotes: every token may need an escape, every byte may become six (`\u0001`).
fn quoted(size: TextSize) -> Option<TextSize> {
    Some(TextSize {
        tokens: size.tokens.checked_mul(2)?.checked_add(2)?,
        chars: size.chars.checked_mul(6)?.checked_add(2)?,
        bytes: size.bytes.checked_mul(6)?.checked_add(2)?,
    })
}

fn listed(element: TextSize, high: u64) -> Option<TextSize> {
    let with_comma = sum([element, TextSize::of_ascii(1)])?;
    let all = TextSize {
        tokens: with_comma.tokens.checked_mul(high)?,
        chars: with_comma.chars.checked_mul(high)?,
        bytes: with_comma.bytes.checked_mul(high)?,
    };
    sum([all, TextSize::of_ascii(2)])
}

fn object(fields: &[Field], types: &Types, depth: u32) -> Option<TextSize> {
    let mut all = TextSize::of_ascii(2);
    for field in fields {
        let key = TextSize::of_ascii(field.name.len() as u64 + 4);
        all = sum([all, key, json(&field.ty, types, depth + 1)?])?;
    }
    Some(all)
}

fn sum<const N: usize>(sizes: [TextSize; N]) -> Option<TextSize> {
    sizes.into_iter().try_fold(TextSize::EMPTY, |a, b| {
        Some(TextSize {
            tokens: a.tokens.checked_add(b.tokens)?,
            chars: a.chars.checked_add(b.chars)?,
            bytes: a.bytes.checked_add(b.bytes)?,
        })
    })
}
