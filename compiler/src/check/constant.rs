//! Constants, and arithmetic over them. In: a literal as written. Out: a literal without names in it, or an error that was said.
//!
//! Constants are followed on first use, as aliases are.

use super::Checker;
use super::items::{Decl, Found};
use crate::diagnostic::code::syntax::E0014;
use crate::diagnostic::code::values as code;
use crate::diagnostic::{Diagnostic, nearest};
use crate::source::Span;
use crate::syntax::{BinaryOp, Computed, ConstDecl, Literal, LiteralKind, Name, Unit};

/// How many constants may lead to each other.
const DEEPEST: u32 = 64;

/// The longest text that constants are joined to, in bytes.
const LONGEST: usize = 1 << 20;

/// Amounts of dollars and shares are written with this many decimals at most.
const DECIMALS: usize = 12;

/// A constant and how far it has been followed.
pub(super) struct Constant<'a> {
    pub(super) decl: &'a ConstDecl,
    pub(super) state: ConstState,
}

/// How far a constant has been followed.
pub(super) enum ConstState {
    Waiting,
    Open,
    Known(LiteralKind),
}

/// What a constant is while it is computed: integers, of dollars and shares in their smallest part.
enum Value {
    Int(i128),
    Decimal(i128),
    Dollars(i128),
    Quantity(i128, Unit),
    Text(String),
}

impl Checker<'_> {
    /// Looks at every constant, so that mistakes in unused ones are said too.
    pub(super) fn check_constants(&mut self) {
        for index in 0..self.items.constants.len() {
            self.constant(index);
        }
    }

    /// The value of a constant.
    pub(super) fn constant(&mut self, index: usize) -> LiteralKind {
        let Some(constant) = self.items.constants.get_mut(index) else { return LiteralKind::Error };
        let decl = constant.decl;
        match &constant.state {
            ConstState::Known(kind) => return kind.clone(),
            ConstState::Open => {
                let message = format!("`{}` stands for itself", decl.name.text);
                let diagnostic = Diagnostic::error(code::E0422, decl.name.span, message).label("comes back to itself");
                self.say(diagnostic.help("the value of a constant is made of others, in the end of literals"));
                return LiteralKind::Error;
            }
            ConstState::Waiting => constant.state = ConstState::Open,
        }
        let kind = if self.items.depth < DEEPEST {
            self.items.depth += 1;
            let kind = self.known(&decl.value).kind;
            self.items.depth -= 1;
            kind
        } else {
            let message = format!("`{}` is the last of more than {DEEPEST} constants of each other", decl.name.text);
            self.error(crate::diagnostic::code::check::E0505, decl.name.span, message, "too long a way to a value");
            LiteralKind::Error
        };
        let settled = self.items.constants.get_mut(index);
        if let Some(constant) = settled {
            constant.state = ConstState::Known(kind.clone());
        }
        kind
    }

    /// A literal without constants in it, at its own place; an error that was said where it has no value.
    pub(super) fn known(&mut self, literal: &Literal) -> Literal {
        let LiteralKind::Computed(computed) = &literal.kind else { return literal.clone() };
        Literal { span: literal.span, kind: self.computed(computed).unwrap_or(LiteralKind::Error) }
    }

    fn computed(&mut self, computed: &Computed) -> Option<LiteralKind> {
        match computed {
            Computed::Literal(literal) => Some(literal.kind.clone()),
            Computed::Constant(name) => self.constant_named(name),
            Computed::Operation(op, left, right) => {
                let span = left.span().to(right.span());
                let (left, right) = (self.computed(left), self.computed(right));
                self.operation(*op, &left?, &right?, span)
            }
        }
        .filter(|kind| *kind != LiteralKind::Error)
    }

    fn constant_named(&mut self, name: &Name) -> Option<LiteralKind> {
        let file = self.names.file_of(name.span.source)?;
        if let (Found::Nothing, Some(one)) = (self.find(&name.text, file), one_of(&name.text))
            && nearest(&name.text, self.names.visible(file)).is_none()
        {
            let problem = Diagnostic::error(E0014, name.span, format!("`{}` has no number", name.text));
            self.say(problem.label("not an amount").fix(format!("write `{one}`"), name.span, one));
            return None;
        }
        match self.decl(name, file, &[])? {
            Decl::Constant(index) => Some(self.constant(index)),
            other => {
                self.wrong_kind(name, other, "a constant");
                None
            }
        }
    }

    fn operation(&mut self, op: BinaryOp, left: &LiteralKind, right: &LiteralKind, span: Span) -> Option<LiteralKind> {
        let (Some(a), Some(b)) = (value(left), value(right)) else {
            let message = format!("`{}` has no value", self.text(span));
            let label = "texts are joined, numbers and amounts are added, subtracted and multiplied";
            self.error(code::E0420, span, message, label);
            return None;
        };
        let made = match (op, a, b) {
            (BinaryOp::Add, Value::Text(left), Value::Text(right)) => {
                let fits = left.len().saturating_add(right.len()) <= LONGEST;
                return if fits { Some(LiteralKind::Text(left + &right)) } else { self.too_large(span) };
            }
            (BinaryOp::Multiply, Value::Int(a), Value::Int(b)) => a.checked_mul(b).map(Value::Int),
            (BinaryOp::Multiply, Value::Int(a), other) | (BinaryOp::Multiply, other, Value::Int(a)) => {
                let Some(made) = scaled(&other, a) else { return self.no_product(span) };
                made
            }
            (BinaryOp::Add | BinaryOp::Subtract, a, b) => {
                let Some(made) = sum(op, &a, &b) else { return self.no_sum(&a, &b, span) };
                made
            }
            _ => return self.no_product(span),
        };
        match made.and_then(written) {
            Some(kind) => Some(kind),
            None => self.too_large(span),
        }
    }

    fn too_large<T>(&mut self, span: Span) -> Option<T> {
        let message = format!("`{}` does not fit", self.text(span));
        let diagnostic = Diagnostic::error(code::E0421, span, message).label("too large, or less than zero");
        self.say(diagnostic);
        None
    }

    fn no_sum<T>(&mut self, a: &Value, b: &Value, span: Span) -> Option<T> {
        let message = format!("{} and {} do not add up", unit_name(a), unit_name(b));
        let diagnostic = Diagnostic::error(code::E0420, span, message).label("two kinds of amounts");
        self.say(diagnostic.help("write both in one unit"));
        None
    }

    fn no_product<T>(&mut self, span: Span) -> Option<T> {
        let message = "a product has a plain number on one side";
        let diagnostic = Diagnostic::error(code::E0420, span, message).label("no plain number");
        self.say(diagnostic.help("write `2 * note`, or `note * 2`"));
        None
    }
}

/// What can be computed with.
fn value(kind: &LiteralKind) -> Option<Value> {
    Some(match kind {
        LiteralKind::Int(number) => Value::Int(i128::from(*number)),
        LiteralKind::Decimal(text) => Value::Decimal(fixed(text)?),
        LiteralKind::Dollars(text) => Value::Dollars(fixed(text)?),
        LiteralKind::Quantity(number, unit) => Value::Quantity(i128::from(*number), *unit),
        LiteralKind::Text(text) => Value::Text(text.clone()),
        LiteralKind::Bool(_) | LiteralKind::Null | LiteralKind::Computed(_) | LiteralKind::Error => return None,
    })
}

/// `-0.25` in its smallest parts.
fn fixed(text: &str) -> Option<i128> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let decimals = decimals.trim_end_matches('0');
    if decimals.len() > DECIMALS {
        return None;
    }
    let number: i128 = format!("{whole}{decimals:0<DECIMALS$}").parse().ok()?;
    Some(if negative { -number } else { number })
}

/// The smallest parts as they are written.
fn shown(parts: i128) -> String {
    let sign = if parts < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", parts.unsigned_abs(), width = DECIMALS + 1);
    let (whole, decimals) = digits.split_at(digits.len() - DECIMALS);
    format!("{sign}{whole}.{decimals:0<2}", decimals = decimals.trim_end_matches('0'))
}

/// A multiple; `None` where there is no such thing, and within it where it does not fit.
fn scaled(value: &Value, by: i128) -> Option<Option<Value>> {
    Some(match value {
        Value::Int(number) => number.checked_mul(by).map(Value::Int),
        Value::Decimal(number) => number.checked_mul(by).map(Value::Decimal),
        Value::Dollars(number) => number.checked_mul(by).map(Value::Dollars),
        Value::Quantity(number, unit) => number.checked_mul(by).map(|number| Value::Quantity(number, *unit)),
        Value::Text(_) => return None,
    })
}

/// A sum or a difference; `None` where the two are of different kinds, and within it where it does not fit.
fn sum(op: BinaryOp, a: &Value, b: &Value) -> Option<Option<Value>> {
    let compute = |a: i128, b: i128| if op == BinaryOp::Add { a.checked_add(b) } else { a.checked_sub(b) };
    Some(match (a, b) {
        (Value::Int(a), Value::Int(b)) => compute(*a, *b).map(Value::Int),
        (Value::Decimal(a), Value::Decimal(b)) => compute(*a, *b).map(Value::Decimal),
        (Value::Dollars(a), Value::Dollars(b)) => compute(*a, *b).map(Value::Dollars),
        (Value::Quantity(a, unit), Value::Quantity(b, other)) if unit == other => {
            compute(*a, *b).map(|number| Value::Quantity(number, *unit))
        }
        (Value::Quantity(a, unit), Value::Quantity(b, other)) => {
            let (first, second) = (a.checked_mul(millis(*unit)?), b.checked_mul(millis(*other)?));
            let number = first.zip(second).and_then(|(a, b)| compute(a, b));
            number.map(|number| Value::Quantity(number, Unit::Millis))
        }
        _ => return None,
    })
}

/// The milliseconds of a unit of time.
fn millis(unit: Unit) -> Option<i128> {
    match unit {
        Unit::Millis => Some(1),
        Unit::Seconds => Some(1_000),
        Unit::Minutes => Some(60_000),
        Unit::Hours => Some(3_600_000),
        Unit::Days => Some(86_400_000),
        Unit::Tokens | Unit::Chars | Unit::Kilobytes | Unit::Percent => None,
    }
}

/// As a literal; `None` where no literal can be so large or so small.
fn written(value: Value) -> Option<LiteralKind> {
    Some(match value {
        Value::Int(number) => LiteralKind::Int(i64::try_from(number).ok()?),
        Value::Decimal(number) => LiteralKind::Decimal(shown(number)),
        Value::Dollars(number) => LiteralKind::Dollars(shown(payable(number)?)),
        Value::Quantity(number, unit) => LiteralKind::Quantity(u64::try_from(number).ok()?, unit),
        Value::Text(text) => LiteralKind::Text(text),
    })
}

/// Dollars that a literal can have: from zero to a billion.
fn payable(parts: i128) -> Option<i128> {
    (0..1_000_000_000_000_000_000_000).contains(&parts).then_some(parts)
}

/// What an amount counts, in words.
fn unit_name(value: &Value) -> &'static str {
    match value {
        Value::Int(_) => "plain numbers",
        Value::Decimal(_) => "shares",
        Value::Dollars(_) => "dollars",
        Value::Text(_) => "texts",
        Value::Quantity(_, Unit::Tokens) => "tokens",
        Value::Quantity(_, Unit::Chars) => "characters",
        Value::Quantity(_, Unit::Kilobytes) => "kilobytes",
        Value::Quantity(_, Unit::Percent) => "percents",
        Value::Quantity(..) => "times",
    }
}

/// What a time without its number means: `per hour`.
fn one_of(word: &str) -> Option<&'static str> {
    Some(match word {
        "second" | "sec" => "1s",
        "minute" | "min" => "1m",
        "hour" => "1h",
        "day" => "1d",
        "week" => "7d",
        "month" => "30d",
        _ => return None,
    })
}
