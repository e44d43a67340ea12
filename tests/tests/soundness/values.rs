//! Values of a type, as large as they may be or as bad as they can be.

use flow_compiler::plan::Plan;
use flow_compiler::program::{Field, TextSize, Ty, Types};
use flow_compiler::tokens::{Counter, cut_to};
use flow_tests::flows::Chance;
use serde_json::{Map, Value as Json, json};

/// Makes values that a program may be given.
pub(super) struct Values<'a> {
    types: &'a Types,
    readers: Vec<Counter>,
}

/// How large a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fill {
    /// As large as it may be.
    Full,
    /// Anything that fits.
    Any,
    /// Anything, also what does not fit.
    Bad,
}

impl<'a> Values<'a> {
    pub(super) fn new(plan: &'a Plan) -> Values<'a> {
        let models = plan.program.readers.iter().filter_map(|id| plan.program.models.get(id.index()));
        let readers = models.map(|model| Counter::of(&model.tokenizer)).collect();
        Values { types: &plan.program.types, readers }
    }

    /// The input of the last flow.
    pub(super) fn input(&self, plan: &Plan, chance: &mut Chance, fill: Fill) -> Json {
        let flow = plan.program.flows.iter().find(|flow| flow.name == "main").expect("there is a `main`");
        let value = |(name, ty): (&String, &Ty)| (name.clone(), self.value(chance, ty, fill));
        Json::Object(flow.params.iter().map(|param| (&param.name, &param.ty)).map(value).collect())
    }

    pub(super) fn value(&self, chance: &mut Chance, ty: &Ty, fill: Fill) -> Json {
        if fill == Fill::Bad && chance.once_in(3) {
            return self.bad(chance);
        }
        match ty {
            Ty::Never | Ty::Null | Ty::Unknown | Ty::Vector => Json::Null,
            Ty::Bool => json!(chance.once_in(2)),
            Ty::Int { low, high } => json!(if chance.once_in(2) { low } else { high }),
            Ty::Usd { .. } => json!(if chance.once_in(2) { 0.000_000_001 } else { 12.5 }),
            Ty::Score => json!([0.0, 0.85, 0.5, 1.0][usize::try_from(chance.below(4)).unwrap_or(0)]),
            Ty::Date => json!("2026-11-23"),
            Ty::Id => json!(if chance.once_in(2) { "A-17".to_owned() } else { "i".repeat(64) }),
            Ty::Text(size) => Json::String(self.text(chance, size, fill)),
            Ty::Json(size) => {
                let room =
                    TextSize { tokens: size.tokens.saturating_sub(2), chars: size.chars - 2, bytes: size.bytes - 2 };
                Json::String("j".repeat(usize::try_from(room.tokens.min(room.bytes)).unwrap_or(0)))
            }
            Ty::List { element, low, high } => {
                let count = if fill == Fill::Any && chance.once_in(3) { chance.between(*low, *high) } else { *high };
                (0..count).map(|_| self.value(chance, element, fill)).collect()
            }
            Ty::Optional(inner) if chance.once_in(3) => {
                let _ = inner;
                Json::Null
            }
            Ty::Optional(inner) => self.value(chance, inner, fill),
            Ty::Record(id) => Json::Object(self.fields(chance, &self.types.records[id.index()].fields, fill)),
            Ty::Enum(id) => {
                let variant = chance.one(&self.types.enums[id.index()].variants).clone();
                if variant.fields.is_empty() {
                    return Json::String(variant.name);
                }
                let fields = self.fields(chance, &variant.fields, fill);
                Json::Object(Map::from_iter([(variant.name, Json::Object(fields))]))
            }
        }
    }

    fn fields(&self, chance: &mut Chance, fields: &[Field], fill: Fill) -> Map<String, Json> {
        fields.iter().map(|field| (field.name.clone(), self.value(chance, &field.ty, fill))).collect()
    }

    /// The longest text of a size under every reader, of letters that one of them finds dear.
    pub(super) fn text(&self, chance: &mut Chance, size: &TextSize, fill: Fill) -> String {
        const UNITS: [&str; 8] = ["x", "x", "\"", "é", "😀", "q7", " a", "\\"];
        if fill == Fill::Any && chance.once_in(4) {
            let text = *chance.one(&["", "x", "ab x"]);
            let fits = text.len() as u64 <= size.chars.min(size.bytes);
            return if fits { cut_to(text, size.tokens, &self.readers).trim().to_owned() } else { String::new() };
        }
        let unit = *chance.one(&UNITS);
        let (chars, bytes) = (unit.chars().count() as u64, unit.len() as u64);
        let times = (size.chars / chars).min(size.bytes / bytes);
        let mut text = unit.repeat(usize::try_from(times).unwrap_or(0));
        if fill == Fill::Bad && chance.once_in(2) {
            text.push_str("and more than fits");
            return text;
        }
        let cut = cut_to(&text, size.tokens, &self.readers).trim();
        if cut.len() < text.len() { cut.to_owned() } else { text.trim().to_owned() }
    }

    fn bad(&self, chance: &mut Chance) -> Json {
        match chance.below(6) {
            0 => Json::Null,
            1 => json!({"unknown": 1}),
            2 => json!(-1),
            3 => json!("x".repeat(3000)),
            4 => json!([[], []]),
            _ => json!(1e300),
        }
    }
}
