//! Whether a text has its size: under every reader of the program, in bytes and in characters.

use flow_compiler::cost::show_count;
use flow_compiler::program::{Program, TextSize, Ty, Types};
use flow_compiler::tokens::request::pieces_fit;
use flow_compiler::tokens::{Counter, cut_to};

use super::Value;

/// Measures texts under the tokenizers of every model that may read them.
#[derive(Clone, Debug, Default)]
pub struct Sizer {
    counters: Vec<Counter>,
}

impl Sizer {
    /// The sizer of a program's readers.
    #[must_use]
    pub fn of(program: &Program) -> Sizer {
        let mut counters: Vec<Counter> = Vec::new();
        for model in program.readers.iter().filter_map(|reader| program.models.get(reader.index())) {
            let counter = Counter::of(&model.tokenizer);
            if !counters.contains(&counter) {
                counters.push(counter);
            }
        }
        Sizer { counters }
    }

    /// The tokens of a text: the largest count of any reader.
    #[must_use]
    pub fn tokens(&self, text: &str) -> u64 {
        self.counters.iter().map(|counter| counter.count(text)).max().unwrap_or(0)
    }

    /// What is too large about a text, or nothing: `is 1,310 tokens, at most 1,200 are allowed`.
    #[must_use]
    pub fn excess(&self, text: &str, size: &TextSize) -> Option<String> {
        let over = |count: u64, unit: &str, most: u64| {
            Some(format!("is {} {unit}, at most {} are allowed", show_count(count), show_count(most)))
        };
        let bytes = text.len() as u64;
        let tokens = self.tokens(text);
        if tokens > size.tokens {
            return over(tokens, "tokens", size.tokens);
        }
        if bytes > size.bytes {
            return over(bytes, "bytes", size.bytes);
        }
        let chars = text.chars().count() as u64;
        if chars > size.chars {
            return over(chars, "characters", size.chars);
        }
        None
    }

    /// Whether pieces of a prompt have a size together under every reader, counted as in a request.
    #[must_use]
    pub fn pieces_fit(&self, pieces: &[&str], size: &TextSize) -> bool {
        self.counters.iter().all(|counter| pieces_fit(counter, pieces, size))
    }

    /// The head of a text that has a size under every reader.
    #[must_use]
    pub fn cut<'t>(&self, text: &'t str, size: &TextSize) -> &'t str {
        let chars = usize::try_from(size.chars).unwrap_or(usize::MAX);
        let end = text.char_indices().nth(chars).map_or(text.len(), |(at, _)| at);
        let bytes = usize::try_from(size.bytes).unwrap_or(usize::MAX);
        let head = &text[..text.floor_char_boundary(end.min(bytes))];
        cut_to(head, size.tokens, &self.counters)
    }
}

/// What is too large about a value made by the program itself, or nothing. Texts may have grown where they were joined;
/// everything else has the size of its type by construction.
#[must_use]
pub fn fits(value: &Value, ty: &Ty, types: &Types, sizer: &Sizer) -> Option<String> {
    match (value, ty) {
        (Value::Null, _) => None,
        (_, Ty::Optional(inner)) => fits(value, inner, types, sizer),
        (Value::Text(text), Ty::Text(size)) => sizer.excess(text, size),
        (Value::List(items), Ty::List { element, high, .. }) => {
            let long = items.len() as u64 > *high;
            let all = || items.iter().find_map(|item| fits(item, element, types, sizer));
            if long { Some(format!("has {} elements, at most {high} are allowed", items.len())) } else { all() }
        }
        (Value::Record(id, values), Ty::Record(_)) => {
            let fields = types.records.get(id.index()).map_or(&[][..], |record| &record.fields);
            fields.iter().zip(values.iter()).find_map(|(field, value)| fits(value, &field.ty, types, sizer))
        }
        (Value::Variant(id, variant, values), Ty::Enum(_)) => {
            let variant = types.enums.get(id.index()).and_then(|declared| declared.variants.get(*variant as usize));
            let fields = variant.map_or(&[][..], |variant| &variant.fields);
            fields.iter().zip(values.iter()).find_map(|(field, value)| fits(value, &field.ty, types, sizer))
        }
        (
            Value::Bool(_)
            | Value::Int(_)
            | Value::Usd(_)
            | Value::Score(_)
            | Value::Text(_)
            | Value::Json(_)
            | Value::Vector(_)
            | Value::List(_)
            | Value::Record(..)
            | Value::Variant(..),
            _,
        ) => None,
    }
}
