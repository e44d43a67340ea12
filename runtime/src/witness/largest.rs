//! Values for a run that takes the most. In: a type. Out: the longest value of it, the shortest, and others that conditions can
//! tell apart.
//!
//! A text is made of quotation marks: one byte each in a prompt, and two as JSON, which is what a text is counted as there.

use std::collections::BTreeSet;

use flow_compiler::cost::Money;
use flow_compiler::program::{EnumId, Field, Literal, TextSize, Ty, Types};
use serde_json::Value as Json;

use crate::value::{Sizer, Value, to_json};

/// Deeper values are not varied.
const DEEPEST: u32 = 3;
/// The most values that are tried of one type.
const MOST: usize = 48;

/// Makes values of a program's types.
pub(super) struct Largest<'a> {
    pub(super) types: &'a Types,
    pub(super) sizer: &'a Sizer,
}

/// What conditions compare values with.
#[derive(Default)]
pub(super) struct Hints(BTreeSet<Hint>);

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Hint {
    Int(i64),
    Usd(Money),
    Score(u8),
    Text(String),
}

impl Hints {
    pub(super) fn note(&mut self, literal: &Literal) {
        self.0.extend(match literal {
            Literal::Int(number) => Some(Hint::Int(*number)),
            Literal::Usd(amount) => Some(Hint::Usd(*amount)),
            Literal::Score(score) => Some(Hint::Score(*score)),
            Literal::Text(text) => Some(Hint::Text(text.clone())),
            Literal::Null | Literal::Bool(_) => None,
        });
    }
}

impl Largest<'_> {
    /// The longest value of a type.
    pub(super) fn value(&self, ty: &Ty) -> Value {
        match ty {
            Ty::Never | Ty::Null | Ty::Unknown => Value::Null,
            Ty::Bool => Value::Bool(false),
            Ty::Int { low, high } => {
                Value::Int(if low.to_string().len() > high.to_string().len() { *low } else { *high })
            }
            Ty::Usd { most } => Value::Usd(longest(*most)),
            Ty::Score => Value::Score(85),
            Ty::Date => Value::text("2026-11-23"),
            Ty::Id => Value::text("\"".repeat(64)),
            Ty::Text(size) => Value::text(self.text(size)),
            Ty::Json(size) => {
                let room = size.tokens.min(size.bytes).min(size.chars);
                let text = self.filled(&TextSize { tokens: room.saturating_sub(2), ..*size }, "j");
                Value::Json(std::sync::Arc::new(if room < 2 { Json::from(1) } else { Json::String(text) }))
            }
            Ty::Vector => Value::Vector([1.0, 0.0].into()),
            Ty::List { element, high, .. } => {
                let element = self.value(element);
                Value::list((0..*high).map(|_| element.clone()).collect())
            }
            Ty::Optional(inner) => {
                let inner = self.value(inner);
                if self.length(&inner) >= "null".len() { inner } else { Value::Null }
            }
            Ty::Record(id) => Value::Record(*id, self.fields(self.record(ty), Self::value)),
            Ty::Enum(id) => {
                let all = (0..self.variants(*id)).map(|index| self.variant(*id, index, Self::value));
                // The first of equals.
                all.reduce(|most, next| if self.length(&next) > self.length(&most) { next } else { most })
                    .unwrap_or(Value::Null)
            }
        }
    }

    /// The shortest value of a type.
    pub(super) fn least(&self, ty: &Ty) -> Value {
        match ty {
            Ty::Text(_) | Ty::Id => Value::text(""),
            Ty::Optional(_) => Value::Null,
            Ty::List { element, low, .. } => {
                let element = self.least(element);
                Value::list((0..*low).map(|_| element.clone()).collect())
            }
            Ty::Record(id) => Value::Record(*id, self.fields(self.record(ty), Self::least)),
            Ty::Enum(id) => {
                let all = (0..self.variants(*id)).map(|index| self.variant(*id, index, Self::least));
                all.reduce(|least, next| if self.length(&next) < self.length(&least) { next } else { least })
                    .unwrap_or(Value::Null)
            }
            Ty::Json(_) => Value::Json(std::sync::Arc::new(Json::from(1))),
            Ty::Never
            | Ty::Null
            | Ty::Unknown
            | Ty::Bool
            | Ty::Int { .. }
            | Ty::Usd { .. }
            | Ty::Score
            | Ty::Date
            | Ty::Vector => self.value(ty),
        }
    }

    /// Values of a type that conditions can tell apart, the longest first.
    pub(super) fn all(&self, ty: &Ty, hints: &Hints) -> Vec<Value> {
        let mut found = vec![self.value(ty)];
        self.others(ty, hints, DEEPEST, &mut found);
        found.truncate(MOST);
        found
    }

    fn others(&self, ty: &Ty, hints: &Hints, depth: u32, found: &mut Vec<Value>) {
        let Some(depth) = depth.checked_sub(1) else { return };
        let mut add = |value: Value| {
            if !found.contains(&value) {
                found.push(value);
            }
        };
        let inner = |ty: &Ty| {
            let mut inner = vec![self.value(ty)];
            self.others(ty, hints, depth, &mut inner);
            inner
        };
        match ty {
            Ty::Bool => add(Value::Bool(true)),
            Ty::Int { low, high } => {
                let near =
                    |number: i64| [number, number.saturating_sub(1), number.saturating_add(1), number.saturating_neg()];
                let asked =
                    hints.0.iter().filter_map(|hint| if let Hint::Int(number) = hint { Some(*number) } else { None });
                let all = [*low, *high]
                    .into_iter()
                    .chain(asked.flat_map(near))
                    .filter(|number| (low..=high).contains(&number));
                all.map(Value::Int).for_each(&mut add);
            }
            Ty::Usd { most } => {
                let nano = Money::from_nanos(1);
                let near = |amount: Money| [Some(amount), Some(amount.saturating_sub(nano)), amount.checked_add(nano)];
                let asked =
                    hints.0.iter().filter_map(|hint| if let Hint::Usd(amount) = hint { Some(*amount) } else { None });
                let all = [Some(Money::ZERO), Some(*most)].into_iter().chain(asked.flat_map(near)).flatten();
                all.filter(|amount| amount <= most).map(Value::Usd).for_each(&mut add);
            }
            Ty::Score => {
                let asked =
                    hints.0.iter().filter_map(|hint| if let Hint::Score(score) = hint { Some(*score) } else { None });
                let near = |score: u8| [score, score.saturating_sub(1), score.saturating_add(1)];
                [0, 100]
                    .into_iter()
                    .chain(asked.flat_map(near))
                    .filter(|score| *score <= 100)
                    .map(Value::Score)
                    .for_each(&mut add);
            }
            Ty::Text(size) => self.texts(size, hints).into_iter().map(Value::text).for_each(&mut add),
            Ty::Id => {
                let size = TextSize { tokens: 64, chars: 64, bytes: 64 };
                self.texts(&size, hints).into_iter().map(Value::text).for_each(&mut add);
            }
            Ty::Vector => [[0.0, 1.0], [0.8, 0.6]].into_iter().map(|of| Value::Vector(of.into())).for_each(&mut add),
            Ty::List { element, low, high } => {
                let asked = hints
                    .0
                    .iter()
                    .filter_map(|hint| if let Hint::Int(number) = hint { u64::try_from(*number).ok() } else { None });
                let lengths =
                    [*low].into_iter().chain(asked.flat_map(|length| [length, length.saturating_sub(1), length + 1]));
                let lengths: BTreeSet<u64> =
                    lengths.chain([*high]).filter(|length| (low..=high).contains(&length)).collect();
                let elements = inner(element);
                for length in lengths.into_iter().rev() {
                    for element in &elements {
                        add(Value::list((0..length).map(|_| element.clone()).collect()));
                    }
                }
                // One element unlike the others.
                if let ([first, others @ ..], true) = (elements.as_slice(), *high > 1) {
                    for other in others {
                        let rest = (1..*high).map(|_| first.clone());
                        add(Value::list(std::iter::once(other.clone()).chain(rest).collect()));
                    }
                }
            }
            Ty::Optional(of) => {
                inner(of).into_iter().for_each(&mut add);
                add(Value::Null);
            }
            Ty::Record(id) => {
                let fields = self.record(ty);
                for (index, field) in fields.iter().enumerate() {
                    for value in inner(&field.ty) {
                        let mut values: Vec<Value> = fields.iter().map(|field| self.value(&field.ty)).collect();
                        values[index] = value;
                        add(Value::Record(*id, values.into()));
                    }
                }
            }
            Ty::Enum(id) => (0..self.variants(*id)).map(|index| self.variant(*id, index, Self::value)).for_each(add),
            Ty::Never | Ty::Null | Ty::Unknown | Ty::Date | Ty::Json(_) => {}
        }
    }

    fn texts(&self, size: &TextSize, hints: &Hints) -> Vec<String> {
        let most = self.text(size);
        let mut texts = vec![String::new(), "x".to_owned()];
        for hint in &hints.0 {
            match hint {
                Hint::Text(text) => {
                    let room = most.len().saturating_sub(text.len());
                    texts.push(format!("{text}{}", "\"".repeat(room)));
                    texts.push(text.clone());
                }
                Hint::Int(length) => {
                    let length = usize::try_from(*length).unwrap_or(0).min(most.len());
                    texts.extend([length, length.saturating_sub(1), length + 1].map(|length| "x".repeat(length)));
                }
                Hint::Usd(_) | Hint::Score(_) => {}
            }
        }
        texts.retain(|text| self.sizer.excess(text, size).is_none());
        texts
    }

    fn text(&self, size: &TextSize) -> String {
        self.filled(size, "\"")
    }

    fn filled(&self, size: &TextSize, unit: &str) -> String {
        let most = size.chars.min(size.bytes).min(size.tokens.saturating_mul(64));
        let text = unit.repeat(usize::try_from(most).unwrap_or(0));
        self.sizer.cut(&text, size).to_owned()
    }

    fn length(&self, value: &Value) -> usize {
        to_json(value, self.types).to_string().len()
    }

    fn record(&self, ty: &Ty) -> &[Field] {
        let Ty::Record(id) = ty else { return &[] };
        self.types.records.get(id.index()).map_or(&[], |record| &record.fields)
    }

    fn variants(&self, id: EnumId) -> u32 {
        self.types.enums.get(id.index()).map_or(0, |of| u32::try_from(of.variants.len()).unwrap_or(0))
    }

    fn variant(&self, id: EnumId, index: u32, make: impl Fn(&Self, &Ty) -> Value) -> Value {
        let variant = self.types.enums.get(id.index()).and_then(|of| of.variants.get(index as usize));
        Value::Variant(id, index, self.fields(variant.map_or(&[], |variant| &variant.fields), make))
    }

    fn fields(&self, fields: &[Field], make: impl Fn(&Self, &Ty) -> Value) -> std::sync::Arc<[Value]> {
        fields.iter().map(|field| make(self, &field.ty)).collect()
    }
}

/// The amount with the most digits that is no more than this.
fn longest(most: Money) -> Money {
    if most.nanos().is_multiple_of(10) { most.saturating_sub(Money::from_nanos(1)) } else { most }
}
