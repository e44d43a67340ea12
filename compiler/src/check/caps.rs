//! Numbers behind `<=`. In: literals as written. Out: counts, sizes and times within what is sensible, so that no bound explodes.

use std::ops::RangeInclusive;

use super::Checker;
use crate::cost::{LONGEST_MS, Money};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::check as code;
use crate::program::TextSize;
use crate::source::Span;
use crate::syntax::{Literal, LiteralKind, Unit};

/// The longest list, the largest text in tokens, the most rounds of a loop.
pub(super) const MOST: u64 = 1_000_000;

/// The most retries, repairs, turns and calls of a tool within a step.
pub(super) const MOST_ATTEMPTS: u64 = 1_000;

impl Checker<'_> {
    /// A plain number: `4`.
    pub(super) fn count(&mut self, cap: &Literal, range: RangeInclusive<u64>) -> Option<u64> {
        let cap = &self.known(cap);
        match &cap.kind {
            LiteralKind::Int(number) => self.within(u64::try_from(*number).ok(), range, "", cap.span),
            LiteralKind::Error => None,
            _ => self.wrong_unit(cap, "a plain number", None),
        }
    }

    /// A number of tokens: `600tok`.
    pub(super) fn tokens(&mut self, cap: &Literal, least: u64) -> Option<u64> {
        let cap = &self.known(cap);
        match &cap.kind {
            LiteralKind::Quantity(number, Unit::Tokens) => self.within(Some(*number), least..=MOST, "tok", cap.span),
            LiteralKind::Error => None,
            LiteralKind::Int(number) => self.wrong_unit(cap, "a number of tokens", Some(format!("{number}tok"))),
            _ => self.wrong_unit(cap, "a number of tokens", None),
        }
    }

    /// A time in milliseconds: `20s`.
    pub(super) fn millis(&mut self, cap: &Literal) -> Option<u64> {
        let cap = &self.known(cap);
        let LiteralKind::Quantity(number, unit) = cap.kind else {
            return match &cap.kind {
                LiteralKind::Error => None,
                LiteralKind::Int(number) => self.wrong_unit(cap, "a time", Some(format!("{number}s"))),
                _ => self.wrong_unit(cap, "a time", None),
            };
        };
        let scale = match unit {
            Unit::Millis => 1,
            Unit::Seconds => 1_000,
            Unit::Minutes => 60_000,
            Unit::Hours => 3_600_000,
            Unit::Days => 86_400_000,
            Unit::Tokens | Unit::Chars | Unit::Kilobytes | Unit::Percent => {
                return self.wrong_unit(cap, "a time", None);
            }
        };
        match number.checked_mul(scale).filter(|millis| (1..=LONGEST_MS).contains(millis)) {
            Some(millis) => Some(millis),
            None => self.out_of_range(cap.span, "from 1ms to 30d"),
        }
    }

    /// An amount of money: `$0.02`.
    pub(super) fn money(&mut self, cap: &Literal) -> Option<Money> {
        let cap = &self.known(cap);
        match &cap.kind {
            LiteralKind::Dollars(text) => match text.parse() {
                Ok(money) => Some(money),
                Err(_) => self.out_of_range(cap.span, "with at most nine decimals and below $18 billion"),
            },
            LiteralKind::Error => None,
            LiteralKind::Int(number) => self.wrong_unit(cap, "an amount of money", Some(format!("${number}"))),
            LiteralKind::Decimal(number) => self.wrong_unit(cap, "an amount of money", Some(format!("${number}"))),
            _ => self.wrong_unit(cap, "an amount of money", None),
        }
    }

    /// The size of a text: `64tok`, `200char`, `4kb`.
    pub(super) fn text_size(&mut self, cap: &Literal) -> Option<TextSize> {
        let cap = &self.known(cap);
        let (number, make): (u64, fn(u64) -> Option<TextSize>) = match &cap.kind {
            LiteralKind::Quantity(number, Unit::Tokens) => (*number, TextSize::of_tokens),
            LiteralKind::Quantity(number, Unit::Chars) => (*number, TextSize::of_chars),
            LiteralKind::Quantity(number, Unit::Kilobytes) => (*number, TextSize::of_kilobytes),
            LiteralKind::Error => return None,
            LiteralKind::Int(number) => return self.wrong_unit(cap, "a size of text", Some(format!("{number}tok"))),
            _ => return self.wrong_unit(cap, "a size of text", None),
        };
        let number = self.within(Some(number), 1..=MOST, "", cap.span)?;
        make(number)
    }

    fn within(&mut self, number: Option<u64>, range: RangeInclusive<u64>, unit: &str, span: Span) -> Option<u64> {
        match number.filter(|number| range.contains(number)) {
            Some(number) => Some(number),
            None => {
                let (least, most) = (grouped(*range.start()), grouped(*range.end()));
                self.out_of_range(span, &format!("from {least}{unit} to {most}{unit}"))
            }
        }
    }

    /// Says that a number is outside of what is sensible.
    pub(super) fn out_of_range<T>(&mut self, span: Span, allowed: &str) -> Option<T> {
        let message = format!("`{}` is out of range", self.text(span));
        let problem = Diagnostic::error(code::E0504, span, message).label(format!("{allowed} here"));
        self.say(problem.help(format!("write a number {allowed}")));
        None
    }

    fn wrong_unit<T>(&mut self, cap: &Literal, wanted: &str, fix: Option<String>) -> Option<T> {
        let message = format!("`{}` is not {wanted}", self.text(cap.span));
        let diagnostic = Diagnostic::error(code::E0503, cap.span, message).label(format!("{wanted} stands here"));
        self.say(match fix {
            Some(text) => diagnostic.help(format!("write `{text}`")).fix("write the unit", cap.span, text),
            None if wanted == "a size of text" => {
                diagnostic.help("write it with its unit: `64tok`, `200char` or `4kb`")
            }
            None if wanted == "a time" => diagnostic.help("write it with its unit: `250ms`, `20s`, `3m`, `4h` or `7d`"),
            None => diagnostic,
        });
        None
    }
}

/// `1_000_000`, as it may be written.
fn grouped(number: u64) -> String {
    if number < 1_000 { number.to_string() } else { format!("{}_{:03}", grouped(number / 1_000), number % 1_000) }
}
