//! The largest a value can be. In: a type, and how a model counts. Out: its size in a prompt, and its size as JSON.
//!
//! Sizes are summed in the unit in which a model's counts add: bytes where tokens are a share of bytes, tokens otherwise. They
//! become tokens once, at the end. `None` means that no finite size fits, which callers report.

use crate::catalogue::{ModelFacts, TokenizerClass};
use crate::cost::Money;
use crate::mutant::{Mutant, rule};
use crate::program::{TextSize, Tool, Ty, Types};
use crate::tokens::Counter;

/// Deeper types are refused; the checker does not make them.
const DEEPEST: u32 = 64;

/// How one model counts what is put together from pieces.
#[derive(Clone, Copy, Debug)]
pub struct Measure<'p> {
    types: &'p Types,
    counter: Counter,
    /// Bytes a token, where tokens are counted as a share of bytes.
    bytes_per_token: Option<u64>,
}

/// A size in the unit of a [`Measure`]: bytes or tokens.
pub type Units = u64;

impl<'p> Measure<'p> {
    /// The measure of a model.
    #[must_use]
    pub fn of(model: &ModelFacts, types: &'p Types) -> Self {
        let bytes_per_token = match model.tokenizer {
            TokenizerClass::Ceiling { bytes_per_token } => Some(bytes_per_token.max(1)),
            TokenizerClass::Exact { .. } | TokenizerClass::Counted { .. } => None,
        };
        Measure { types, counter: Counter::of(&model.tokenizer), bytes_per_token }
    }

    /// The bytes of the longest value of a type as compact JSON, where one token is one byte; there are never more tokens.
    #[must_use]
    pub(crate) fn longest(types: &'p Types, ty: &Ty) -> Option<u64> {
        let counter = Counter::of(&TokenizerClass::Ceiling { bytes_per_token: 1 });
        Measure { types, counter, bytes_per_token: Some(1) }.json(ty)
    }

    /// A text that is known.
    #[must_use]
    pub fn fixed(&self, text: &str) -> Units {
        match self.bytes_per_token {
            Some(_) => text.len() as u64,
            None => self.counter.count(text),
        }
    }

    /// A text of which the size is known. Every size is checked under this model when a text is made.
    #[must_use]
    pub fn text(&self, size: &TextSize) -> Option<Units> {
        match self.bytes_per_token {
            Some(bytes) => Some(size.tokens.checked_mul(bytes).map_or(size.bytes, |most| most.min(size.bytes))),
            None => Some(size.tokens.min(size.bytes)),
        }
    }

    /// What a boundary between two pieces can add.
    #[must_use]
    pub fn seam(&self) -> Units {
        self.counter.seam()
    }

    /// A sum in tokens, rounded up once.
    #[must_use]
    pub fn tokens(&self, units: Units) -> u64 {
        self.bytes_per_token.map_or(units, |bytes| units.div_ceil(bytes))
    }

    /// A value in a prompt: texts as they are, numbers and plain variants as written, everything else as compact JSON.
    #[must_use]
    pub fn hole(&self, ty: &Ty) -> Option<Units> {
        match ty {
            Ty::Never | Ty::Unknown | Ty::Vector => Some(0),
            Ty::Text(size) | Ty::Json(size) => self.text(size),
            Ty::Id => Some(ID_BYTES),
            Ty::Optional(inner) => Some(self.hole(inner)?.max(self.fixed("null"))),
            Ty::Enum(id) => {
                let variants = &self.types.enums.get(id.index())?.variants;
                let plain = variants.iter().filter(|variant| variant.fields.is_empty());
                let named = plain.map(|variant| self.fixed(&variant.name)).max().unwrap_or(0);
                Some(named.max(self.variants(id.index(), DEEPEST, false)?))
            }
            Ty::Date => Some(DATE_BYTES),
            Ty::Null | Ty::Bool | Ty::Int { .. } | Ty::Usd { .. } | Ty::Score => self.json(ty),
            Ty::List { .. } | Ty::Record(_) => self.json(ty),
        }
    }

    /// A value as compact JSON, at its longest. Escapes at most double a text.
    #[must_use]
    pub fn json(&self, ty: &Ty) -> Option<Units> {
        self.encoded(ty, DEEPEST)
    }

    /// A call of a tool in tokens, at its longest: its name, and its arguments as compact JSON.
    #[must_use]
    pub fn call(&self, tool: &Tool) -> Option<u64> {
        let params = tool.params.iter().map(|param| (param.name.as_str(), &param.ty));
        let arguments = self.tokens(self.fields(params, DEEPEST)?);
        self.tokens(self.fixed(&tool.name)).checked_add(arguments)
    }

    fn encoded(&self, ty: &Ty, depth: u32) -> Option<Units> {
        let depth = depth.checked_sub(1)?;
        match ty {
            Ty::Never | Ty::Unknown | Ty::Vector => Some(0),
            Ty::Null => Some(self.fixed("null")),
            Ty::Bool => Some(self.fixed("false").max(self.fixed("true"))),
            Ty::Int { low, high } => Some(digits(*low).max(digits(*high))),
            Ty::Usd { most } => Some(dollars(*most)),
            Ty::Score => Some("0.85".len() as u64),
            Ty::Date => DATE_BYTES.checked_add(2),
            Ty::Id => quoted(ID_BYTES),
            Ty::Text(size) => quoted(self.text(size)?),
            Ty::Json(size) => self.text(size),
            Ty::List { element, high, .. } => {
                let high = &rule(Mutant::ListOneShort, *high, || high.saturating_sub(1));
                let commas = self.fixed(",").checked_mul(high.saturating_sub(1))?;
                let elements = self.encoded(element, depth)?.checked_mul(*high)?;
                elements.checked_add(commas)?.checked_add(self.fixed("["))?.checked_add(self.fixed("]"))
            }
            Ty::Optional(inner) => Some(self.encoded(inner, depth)?.max(self.fixed("null"))),
            Ty::Record(id) => {
                let fields = &self.types.records.get(id.index())?.fields;
                self.fields(fields.iter().map(|field| (field.name.as_str(), &field.ty)), depth)
            }
            Ty::Enum(id) => self.variants(id.index(), depth, true),
        }
    }

    /// `{"a":…,"b":…}`
    fn fields<'t>(&self, fields: impl Iterator<Item = (&'t str, &'t Ty)>, depth: u32) -> Option<Units> {
        let mut sum = self.fixed("{}");
        for (index, (name, ty)) in fields.enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let key = self.fixed(&format!("{comma}\"{name}\":"));
            let key = rule(Mutant::KeysForgotten, key, || 0);
            sum = sum.checked_add(key)?.checked_add(self.encoded(ty, depth)?)?;
        }
        Some(sum)
    }

    /// The longest variant: `"Billing"` where plain ones count, `{"Refund":{"amount":3}}`.
    fn variants(&self, index: usize, depth: u32, plain: bool) -> Option<Units> {
        let mut most = 0;
        for variant in &self.types.enums.get(index)?.variants {
            let size = if !variant.fields.is_empty() {
                let name = self.fixed(&format!("{{\"{}\":", variant.name)).checked_add(self.fixed("}"))?;
                let fields = variant.fields.iter().map(|field| (field.name.as_str(), &field.ty));
                name.checked_add(self.fields(fields, depth)?)?
            } else if plain {
                self.fixed(&format!("\"{}\"", variant.name))
            } else {
                0
            };
            most = rule(Mutant::ShortestVariant, most.max(size), || if most > 0 { most.min(size) } else { size });
        }
        Some(most)
    }
}

/// The bytes of a value of a type as compact JSON that is about as short as one can be; numbers count at their longest.
#[must_use]
pub(crate) fn least(types: &Types, ty: &Ty) -> u64 {
    let fields = |fields: &[crate::program::Field]| {
        fields.iter().map(|field| field.name.len() as u64 + 4 + least(types, &field.ty)).fold(2, u64::saturating_add)
    };
    match ty {
        Ty::Text(_) | Ty::Id => 2,
        Ty::Json(_) => 1,
        Ty::Optional(_) => 4,
        Ty::List { element, low, .. } => {
            if *low == 0 {
                2
            } else {
                least(types, element).saturating_add(1).saturating_mul(*low).saturating_add(2)
            }
        }
        Ty::Record(id) => types.records.get(id.index()).map_or(2, |record| fields(&record.fields)),
        Ty::Enum(id) => {
            let variants = types.enums.get(id.index()).into_iter().flat_map(|of| &of.variants);
            let size = |variant: &crate::program::Variant| {
                let name = variant.name.len() as u64 + 2;
                if variant.fields.is_empty() { name } else { name + 3 + fields(&variant.fields) }
            };
            variants.map(size).min().unwrap_or(0)
        }
        Ty::Null | Ty::Bool | Ty::Int { .. } | Ty::Usd { .. } | Ty::Score | Ty::Date => {
            Measure::longest(types, ty).unwrap_or(0)
        }
        Ty::Never | Ty::Vector | Ty::Unknown => 0,
    }
}

/// The longest key; one token a byte at most.
const ID_BYTES: u64 = 64;

/// A calendar day as `2026-11-23`.
const DATE_BYTES: u64 = 10;

/// A JSON string around a text: its quotes, and every token escaped.
fn quoted(text: Units) -> Option<Units> {
    rule(Mutant::EscapesForgotten, text.checked_mul(2)?, || text).checked_add(2)
}

/// The bytes of a whole number; it has at most as many tokens.
fn digits(number: i64) -> u64 {
    let sign = u64::from(number < 0);
    rule(
        Mutant::DigitsForgotten,
        sign + number.unsigned_abs().checked_ilog10().map_or(1, |log| u64::from(log) + 1),
        || 1,
    )
}

/// The bytes of an amount of dollars with the most decimals it can have.
fn dollars(most: Money) -> u64 {
    let whole = most.nanos() / 1_000_000_000;
    whole.checked_ilog10().map_or(1, |log| u64::from(log) + 1) + ".000000001".len() as u64
}
