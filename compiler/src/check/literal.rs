//! Literals as values. In: a literal and what its place wants. Out: its value and its exact type.

use super::lower::{Lower, Typed, Want};
use crate::diagnostic::code::check as code;
use crate::program::{Expr, Literal, TextSize, Ty};
use crate::syntax::{self, LiteralKind, Unit};
use crate::types;

impl Lower<'_, '_> {
    pub(super) fn literal(&mut self, literal: &syntax::Literal, want: Want<'_>) -> Typed {
        match &literal.kind {
            LiteralKind::Int(number @ (0 | 1)) if wants(want, &Ty::Score) => score(if *number == 0 { 0 } else { 100 }),
            LiteralKind::Int(number) => int(*number),
            LiteralKind::Decimal(text) => self.decimal(literal, text),
            LiteralKind::Dollars(_) => match self.checker.money(literal) {
                Some(money) => Typed::new(Expr::Literal(Literal::Usd(money)), Ty::Usd { most: money }),
                None => Typed::unknown(),
            },
            LiteralKind::Quantity(number, Unit::Tokens | Unit::Chars) => self.amount(literal, *number, 1),
            LiteralKind::Quantity(number, Unit::Kilobytes) => self.amount(literal, *number, 1024),
            LiteralKind::Quantity(number, Unit::Percent) => match u8::try_from(*number) {
                Ok(hundredths @ 0..=100) => score(hundredths),
                _ => self.no_value(literal, "a share is from 0% to 100%"),
            },
            LiteralKind::Quantity(..) if self.times => match self.checker.millis(literal).map(i64::try_from) {
                Some(Ok(millis)) => int(millis),
                Some(Err(_)) | None => Typed::unknown(),
            },
            LiteralKind::Quantity(_, Unit::Millis | Unit::Seconds | Unit::Minutes | Unit::Hours | Unit::Days) => {
                self.no_value(literal, "a time bounds something and is no value")
            }
            LiteralKind::Text(text) => self.text_literal(text, want),
            LiteralKind::Bool(value) => Typed::new(Expr::Literal(Literal::Bool(*value)), Ty::Bool),
            LiteralKind::Null => Typed::null(Ty::Null),
            LiteralKind::Computed(_) => {
                let known = self.checker.known(literal);
                self.literal(&known, want)
            }
            LiteralKind::Error => Typed::unknown(),
        }
    }

    fn decimal(&mut self, literal: &syntax::Literal, text: &str) -> Typed {
        match hundredths(text) {
            Some(hundredths) => score(hundredths),
            None => self.no_value(literal, "a `Score` is from 0.00 to 1.00 with at most two decimals"),
        }
    }

    fn amount(&mut self, literal: &syntax::Literal, number: u64, scale: u64) -> Typed {
        match number.checked_mul(scale).and_then(|number| i64::try_from(number).ok()) {
            Some(number) => int(number),
            None => self.no_value(literal, "too large"),
        }
    }

    fn text_literal(&mut self, text: &str, want: Want<'_>) -> Typed {
        let expr = Expr::Literal(Literal::Text(text.to_owned()));
        if wants(want, &Ty::Id) && text.len() <= 64 {
            return Typed::new(expr, Ty::Id);
        }
        if wants(want, &Ty::Date) && types::is_day(text) {
            return Typed::new(expr, Ty::Date);
        }
        let size = TextSize::of_text(text, self.checker.counters());
        Typed::new(expr, Ty::Text(size))
    }

    fn no_value(&mut self, literal: &syntax::Literal, why: &str) -> Typed {
        let message = format!("`{}` is not a value", self.checker.text(literal.span));
        self.checker.error(code::E0419, literal.span, message, why);
        Typed::unknown()
    }
}

/// Whether the place wants this type, or it or `null`.
fn wants(want: Want<'_>, ty: &Ty) -> bool {
    match want {
        Want::Like(Ty::Optional(inner)) => **inner == *ty,
        Want::Like(wanted) => wanted == ty,
        Want::Nothing | Want::Any => false,
    }
}

fn int(number: i64) -> Typed {
    Typed::new(Expr::Literal(Literal::Int(number)), Ty::Int { low: number, high: number })
}

fn score(hundredths: u8) -> Typed {
    Typed::new(Expr::Literal(Literal::Score(hundredths)), Ty::Score)
}

/// `0.85` as 85; `None` outside of 0.00 to 1.00 and with more than two decimals that are not zero.
pub(super) fn hundredths(text: &str) -> Option<u8> {
    let (whole, decimals) = text.split_once('.')?;
    let decimals = decimals.trim_end_matches('0');
    if decimals.len() > 2 {
        return None;
    }
    let number: u8 = format!("{decimals:0<2}").parse().ok()?;
    match whole.trim_start_matches('0') {
        "" => Some(number),
        "1" if number == 0 => Some(100),
        _ => None,
    }
}

/// Whether it is a time: `2s`.
pub(super) fn is_time(literal: &syntax::Literal) -> bool {
    use Unit::{Days, Hours, Millis, Minutes, Seconds};
    matches!(literal.kind, LiteralKind::Quantity(_, Millis | Seconds | Minutes | Hours | Days))
}
