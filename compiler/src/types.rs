//! How types print, which fits where, and how sizes add. In: types of a program. Out: answers about them.
//!
//! Sizes are computed with checked integers: where a sum does not fit, there is no size, and the checker says so.

mod rendered;

use std::fmt::Write as _;

pub use rendered::rendered;

use crate::cost::Money;
use crate::program::{TextSize, Ty, Types};
use crate::tokens::Counter;

/// Tokens that a seam between two joined texts can add.
const SEAM: u64 = 2;

impl TextSize {
    /// Of no text.
    pub const EMPTY: TextSize = TextSize { tokens: 0, chars: 0, bytes: 0 };

    /// `N tok`: 8 bytes a token.
    #[must_use]
    pub fn of_tokens(tokens: u64) -> Option<TextSize> {
        let bytes = tokens.checked_mul(8)?;
        Some(TextSize { tokens, chars: bytes, bytes })
    }

    /// `N char`: at most 4 bytes a character.
    #[must_use]
    pub fn of_chars(chars: u64) -> Option<TextSize> {
        let bytes = chars.checked_mul(4)?;
        Some(TextSize { tokens: bytes, chars, bytes })
    }

    /// `N kb`: 1,024 bytes.
    #[must_use]
    pub fn of_kilobytes(kilobytes: u64) -> Option<TextSize> {
        let bytes = kilobytes.checked_mul(1024)?;
        Some(TextSize { tokens: bytes, chars: bytes, bytes })
    }

    /// Of plain ASCII such as digits and names: as many tokens as bytes at most.
    #[must_use]
    pub fn of_ascii(bytes: u64) -> TextSize {
        TextSize { tokens: bytes, chars: bytes, bytes }
    }

    /// Of this very text, under these readers.
    #[must_use]
    pub fn of_text(text: &str, readers: &[Counter]) -> TextSize {
        let bytes = text.len() as u64;
        let tokens = readers.iter().map(|counter| counter.count(text)).max().unwrap_or(bytes);
        TextSize { tokens, chars: text.chars().count() as u64, bytes }
    }

    /// Whether every text of this size is one of that size too.
    #[must_use]
    pub fn fits(self, other: TextSize) -> bool {
        self.tokens <= other.tokens && self.chars <= other.chars && self.bytes <= other.bytes
    }

    /// The size that has room for both.
    #[must_use]
    pub fn or(self, other: TextSize) -> TextSize {
        self.each(other, u64::max)
    }

    /// The size of what fits in both.
    #[must_use]
    pub fn and(self, other: TextSize) -> TextSize {
        self.each(other, u64::min)
    }

    /// One text after the other, with the seam between them.
    #[must_use]
    pub fn then(self, other: TextSize) -> Option<TextSize> {
        if self == TextSize::EMPTY || other == TextSize::EMPTY {
            return Some(self.or(other));
        }
        Some(TextSize {
            tokens: self.tokens.checked_add(other.tokens)?.checked_add(SEAM)?,
            chars: self.chars.checked_add(other.chars)?,
            bytes: self.bytes.checked_add(other.bytes)?,
        })
    }

    /// So many texts of this size after each other.
    #[must_use]
    pub fn times(self, count: u64) -> Option<TextSize> {
        let seams = count.saturating_sub(1).checked_mul(SEAM)?;
        Some(TextSize {
            tokens: self.tokens.checked_mul(count)?.checked_add(seams)?,
            chars: self.chars.checked_mul(count)?,
            bytes: self.bytes.checked_mul(count)?,
        })
    }

    fn each(self, other: TextSize, choose: fn(u64, u64) -> u64) -> TextSize {
        TextSize {
            tokens: choose(self.tokens, other.tokens),
            chars: choose(self.chars, other.chars),
            bytes: choose(self.bytes, other.bytes),
        }
    }

    /// As it is written behind `<=`: `64tok`, `200char`, `4kb`.
    #[must_use]
    pub fn show(self) -> String {
        if TextSize::of_chars(self.chars) == Some(self) && self.chars > 0 {
            return format!("{}char", self.chars);
        }
        let kilobytes = self.bytes / 1024;
        if TextSize::of_kilobytes(kilobytes) == Some(self) && kilobytes > 0 {
            return format!("{kilobytes}kb");
        }
        format!("{}tok", self.tokens)
    }
}

/// Whether every value of the one type is a value of the other. What is unknown fits everywhere: an error was reported.
#[must_use]
pub fn fits(from: &Ty, into: &Ty) -> bool {
    match (from, into) {
        (Ty::Unknown | Ty::Never, _) | (_, Ty::Unknown) => true,
        (Ty::Optional(from), Ty::Optional(into)) => fits(from, into),
        (Ty::Null, Ty::Optional(_)) => true,
        (from, Ty::Optional(into)) => fits(from, into),
        (Ty::Int { low, high }, Ty::Int { low: least, high: most }) => least <= low && high <= most,
        (Ty::Usd { most }, Ty::Usd { most: limit }) => most <= limit,
        (Ty::Text(size), Ty::Text(limit)) | (Ty::Json(size), Ty::Json(limit)) => size.fits(*limit),
        (Ty::List { element, low, high }, Ty::List { element: wanted, low: least, high: most }) => {
            (*high == 0 || fits(element, wanted)) && least <= low && high <= most
        }
        (from, into) => from == into,
    }
}

/// Whether the two differ in sizes only, so that a word like `cut` makes the one fit.
#[must_use]
pub fn same_shape(from: &Ty, into: &Ty) -> bool {
    match (from, into) {
        (Ty::Optional(from), Ty::Optional(into)) => same_shape(from, into),
        (from, Ty::Optional(into)) if *from != Ty::Null => same_shape(from, into),
        (Ty::Int { .. }, Ty::Int { .. }) | (Ty::Usd { .. }, Ty::Usd { .. }) => true,
        (Ty::Text(_), Ty::Text(_)) | (Ty::Json(_), Ty::Json(_)) => true,
        (Ty::List { element, high, .. }, Ty::List { element: wanted, .. }) => *high == 0 || same_shape(element, wanted),
        (from, into) => fits(from, into),
    }
}

/// The smallest type that has room for both, where there is one.
#[must_use]
pub fn join(a: &Ty, b: &Ty) -> Option<Ty> {
    Some(match (a, b) {
        (Ty::Unknown, _) | (_, Ty::Unknown) => Ty::Unknown,
        (Ty::Never, other) | (other, Ty::Never) => other.clone(),
        (Ty::Null, Ty::Null) => Ty::Null,
        (Ty::Null, other) | (other, Ty::Null) => optional(other.clone()),
        (Ty::Optional(a), Ty::Optional(b)) => optional(join(a, b)?),
        (Ty::Optional(inner), other) | (other, Ty::Optional(inner)) => optional(join(inner, other)?),
        (Ty::Int { low, high }, Ty::Int { low: least, high: most }) => {
            Ty::Int { low: *low.min(least), high: *high.max(most) }
        }
        (Ty::Usd { most }, Ty::Usd { most: other }) => Ty::Usd { most: *most.max(other) },
        (Ty::Text(size), Ty::Text(other)) => Ty::Text(size.or(*other)),
        (Ty::Json(size), Ty::Json(other)) => Ty::Json(size.or(*other)),
        (Ty::List { element, low, high }, Ty::List { element: other, low: least, high: most }) => {
            Ty::List { element: Box::new(join(element, other)?), low: *low.min(least), high: *high.max(most) }
        }
        (a, b) if a == b => a.clone(),
        _ => return None,
    })
}

/// A value of this type or `null`.
#[must_use]
pub fn optional(ty: Ty) -> Ty {
    if matches!(ty, Ty::Optional(_) | Ty::Null | Ty::Unknown) { ty } else { Ty::Optional(Box::new(ty)) }
}

/// A type as a user writes it.
#[must_use]
pub fn show(ty: &Ty, types: &Types) -> String {
    match ty {
        Ty::Never => "nothing".to_owned(),
        Ty::Null => "null".to_owned(),
        Ty::Bool => "Bool".to_owned(),
        Ty::Int { low, high } => format!("Int in {low}..{high}"),
        Ty::Usd { most } => format!("Usd<={}", dollars(*most)),
        Ty::Score => "Score".to_owned(),
        Ty::Date => "Date".to_owned(),
        Ty::Id => "Id".to_owned(),
        Ty::Text(size) => format!("Text<={}", size.show()),
        Ty::Json(size) => format!("Json<={}", size.show()),
        Ty::Vector => "vector".to_owned(),
        Ty::List { high: 0, .. } => "empty list".to_owned(),
        Ty::List { element, low, high } => show_list(&show(element, types), *low, *high),
        Ty::Optional(inner) => format!("{}?", show(inner, types)),
        Ty::Record(id) => types.records.get(id.index()).map_or_else(String::new, |record| record.name.clone()),
        Ty::Enum(id) => types.enums.get(id.index()).map_or_else(String::new, |of| of.name.clone()),
        Ty::Unknown => "unknown".to_owned(),
    }
}

fn show_list(element: &str, low: u64, high: u64) -> String {
    let mut text = element.to_owned();
    // Writing to a `String` cannot fail.
    let _ = if low == 0 { write!(text, "[<={high}]") } else { write!(text, "[{low}..{high}]") };
    text
}

/// Money as it is written in a flow: exact, without needless zeros, with two decimals at least.
#[must_use]
pub fn dollars(amount: Money) -> String {
    let exact = amount.exact();
    let (whole, decimals) = exact.split_once('.').unwrap_or((&exact, ""));
    let kept = decimals.trim_end_matches('0');
    match (kept, kept.len()) {
        ("", _) => format!("${whole}"),
        (kept, 1) => format!("${whole}.{kept}0"),
        (kept, _) => format!("${whole}.{kept}"),
    }
}

/// Whether a text is a day of the calendar: `2026-11-23`.
#[must_use]
pub fn is_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return false };
    let all_digits = parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    if (year.len(), month.len(), day.len()) != (4, 2, 2) || !all_digits {
        return false;
    }
    let number = |part: &str| part.parse::<u32>().unwrap_or(0);
    let (year, month, day) = (number(year), number(month), number(day));
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    (1..=days).contains(&day)
}
