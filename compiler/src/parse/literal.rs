//! Literals: numbers with their units, texts with their escapes, block texts without their indentation.

use super::cursor::{Parsed, Parser};
use super::marks::Mark;
use crate::diagnostic::code::syntax as code;
use crate::diagnostic::{Diagnostic, nearest};
use crate::lex::{Kind, Token};
use crate::source::Span;
use crate::syntax::{Literal, LiteralKind, Unit};

impl Parser<'_> {
    /// Whether a literal stands here.
    pub(super) fn at_literal(&self) -> bool {
        match self.kind() {
            Kind::Number | Kind::Dollars | Kind::Text | Kind::Block | Kind::OpenText | Kind::SingleQuoted => true,
            Kind::Minus => matches!(self.peek(1).kind, Kind::Number | Kind::Dollars),
            Kind::Word => matches!(self.word(), "true" | "false" | "null"),
            _ => false,
        }
    }

    /// A literal, with its sign.
    pub(super) fn literal(&mut self, what: &str) -> Parsed<Literal> {
        if !self.at_literal() {
            return Err(self.expected(what));
        }
        let start = self.span();
        if self.is(Kind::Minus) {
            self.mark(Mark::Prefix);
        }
        let negative = self.eat(Kind::Minus).is_some();
        let token = self.token();
        let kind = match token.kind {
            Kind::Number => self.number(token, negative),
            Kind::Dollars => self.dollars(token, negative),
            Kind::Text | Kind::SingleQuoted => LiteralKind::Text(self.line_text(token).text),
            Kind::Block => LiteralKind::Text(self.block_text(token).text),
            Kind::Word if self.is_word("null") => LiteralKind::Null,
            Kind::Word => LiteralKind::Bool(self.is_word("true")),
            _ => LiteralKind::Error,
        };
        self.bump();
        let kind = self.unit_apart(token, kind);
        Ok(Literal { span: self.since(start), kind })
    }

    /// `64 tok`: says that the unit stands directly behind its number.
    fn unit_apart(&mut self, token: Token, kind: LiteralKind) -> LiteralKind {
        let word = self.word();
        let meant = unit_named(word).map(|_| word).or_else(|| if word.len() > 1 { unit_meant(word) } else { None });
        let Some((meant, unit)) = meant.and_then(|name| unit_named(name).map(|unit| (name, unit))) else { return kind };
        let LiteralKind::Int(value) = &kind else { return kind };
        let Ok(value) = u64::try_from(*value) else { return kind };
        if self.token().first_on_line {
            return kind;
        }
        let written = Span { start: token.end, end: self.token().end, source: self.source };
        let problem = Diagnostic::error(code::E0014, self.span(), "a unit stands directly behind its number");
        let joined = format!("{}{meant}", self.text_of(token));
        self.say(problem.label("apart from its number").fix(format!("write `{joined}`"), written, meant));
        self.bump();
        LiteralKind::Quantity(value, unit)
    }

    fn number(&mut self, token: Token, negative: bool) -> LiteralKind {
        let written = self.text_of(token);
        let unit_at = written.find(|c: char| c.is_ascii_alphabetic() || c == '%').unwrap_or(written.len());
        let (digits, unit) = written.split_at(unit_at);
        let digits = digits.replace('_', "");
        let sign = if negative { "-" } else { "" };
        if unit.is_empty() && digits.contains('.') {
            return LiteralKind::Decimal(format!("{sign}{digits}"));
        }
        if unit.is_empty() {
            return match format!("{sign}{digits}").parse() {
                Ok(value) => LiteralKind::Int(value),
                Err(_) => self.bad_number(token, "number is too large", &format!("the largest is {}", i64::MAX)),
            };
        }
        let Some(known) = unit_named(unit) else { return self.unknown_unit(token, unit_at, unit) };
        if negative {
            return self.bad_number(token, "quantity is negative", "quantities count from 0");
        }
        if digits.contains('.') {
            return self.bad_number(
                token,
                "quantity has a fraction",
                "write it whole, in a smaller unit where there is one",
            );
        }
        match digits.parse() {
            Ok(value) => LiteralKind::Quantity(value, known),
            Err(_) => self.bad_number(token, "quantity is too large", largest(known)),
        }
    }

    fn dollars(&mut self, token: Token, negative: bool) -> LiteralKind {
        let digits = self.text_of(token).trim_start_matches('$').replace('_', "");
        let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
        if whole.trim_start_matches('0').len() > 9 {
            return self.bad_number(token, "amount is too large", "the largest is $999_999_999.999999999");
        }
        if fraction.trim_end_matches('0').len() > 12 {
            return self.bad_number(token, "amount is too fine", "the smallest is $0.000000000001");
        }
        LiteralKind::Dollars(format!("{}{digits}", if negative { "-" } else { "" }))
    }

    fn bad_number(&mut self, token: Token, what: &str, help: &str) -> LiteralKind {
        let span = self.span_of(token);
        let message = format!("{what}: `{}`", self.text_of(token));
        self.say_behind(Diagnostic::error(code::E0013, span, message).label("not a value of the language").help(help));
        LiteralKind::Error
    }

    fn unknown_unit(&mut self, token: Token, unit_at: usize, unit: &str) -> LiteralKind {
        let span =
            Span { start: self.span_of(token).start + u32::try_from(unit_at).unwrap_or(0), ..self.span_of(token) };
        let other = unit_meant(unit).or_else(|| nearest(unit, UNITS.iter().map(|(name, _)| *name)));
        let problem = Diagnostic::error(code::E0014, span, format!("unknown unit `{unit}`")).label("not a unit");
        let number = self.text_of(token).get(..unit_at).unwrap_or_default();
        let dollars = matches!(unit, "usd" | "USD" | "dollars" | "dollar");
        self.say_behind(match other {
            _ if dollars => {
                let fixed = format!("${number}");
                problem.help(format!("write `{fixed}`")).fix("write dollars", self.span_of(token), fixed)
            }
            Some(other) => problem.help(format!("write `{number}{other}`")).fix("write the unit", span, other),
            None => problem.help("the units are `tok`, `char`, `kb`, `ms`, `s`, `m`, `h`, `d`, `%`"),
        });
        LiteralKind::Error
    }

    /// The value of a text on one line, and where each part of it was written.
    pub(super) fn line_text(&mut self, token: Token) -> Cooked {
        let span = self.span_of(token);
        let written = self.text_of(token);
        if token.kind == Kind::SingleQuoted {
            let problem = Diagnostic::error(code::E0107, span, "text stands between double quotes");
            let inner = without_quotes(written).replace('"', "\\\"");
            self.say_behind(problem.label("in single quotes").fix("write double quotes", span, format!("\"{inner}\"")));
        }
        let inner = without_quotes(written);
        let base = offset(span.start, written.chars().next().map_or(1, char::len_utf8));
        let mut cooked = Cooked::default();
        let mut rest = inner.char_indices().peekable();
        cooked.mark(base);
        while let Some((at, c)) = rest.next() {
            if c != '\\' {
                cooked.text.push(c);
                continue;
            }
            let start = offset(base, at);
            cooked.mark(start);
            let escape = rest.next().map_or(' ', |(_, escape)| escape);
            match escape {
                'n' => cooked.text.push('\n'),
                't' => cooked.text.push('\t'),
                'r' => cooked.text.push('\r'),
                '"' | '\\' => cooked.text.push(escape),
                'u' => {
                    let digits: String = inner[at..].chars().skip(2).take_while(|c| *c != '}').collect();
                    let value = digits.strip_prefix('{').and_then(|hex| u32::from_str_radix(hex, 16).ok());
                    match value.and_then(char::from_u32) {
                        Some(value) => {
                            cooked.text.push(value);
                            rest.nth(digits.chars().count());
                        }
                        None => self.unknown_escape(start, "\\u"),
                    }
                }
                other => self.unknown_escape(start, &format!("\\{other}")),
            }
            cooked.mark(rest.peek().map_or(span.end.saturating_sub(1), |(at, _)| offset(base, *at)));
        }
        cooked
    }

    fn unknown_escape(&mut self, start: u32, escape: &str) {
        let end = start + u32::try_from(escape.len()).unwrap_or(2);
        let span = Span { source: self.source, start, end };
        let problem = Diagnostic::error(code::E0012, span, format!("unknown escape `{escape}`"));
        let help = "the escapes are `\\n`, `\\t`, `\\r`, `\\\"`, `\\\\` and `\\u{1F600}`";
        self.say_behind(problem.label("not an escape").help(help));
    }

    /// The value of a block text: without the indentation of its closing quotes, without its first and last line break.
    pub(super) fn block_text(&mut self, token: Token) -> Cooked {
        let written = self.text_of(token);
        let inner = written.get(3..written.len().saturating_sub(3)).unwrap_or("");
        let base = token.start + 3;
        let mut lines: Vec<&str> = inner.split_inclusive('\n').collect();
        if inner.ends_with('\n') {
            lines.push("");
        }
        let last = lines.last().copied().unwrap_or("");
        let own_line = lines.len() > 1 && last.trim().is_empty();
        let indentation = if own_line { last } else { "" };
        let mut cooked = Cooked::default();
        let mut at = base;
        let mut complained = false;
        let count = lines.len();
        for (index, line) in lines.into_iter().enumerate() {
            let start = at;
            at = offset(at, line.len());
            let body = line.trim_end_matches(['\n', '\r']);
            let first = index == 0;
            if first && body.trim().is_empty() && count > 1 || index + 1 == count && own_line {
                continue;
            }
            let kept = if first { Some(body) } else { body.strip_prefix(indentation) };
            let kept = kept.unwrap_or_else(|| {
                let short = body.trim_start();
                if !short.is_empty() && !complained {
                    complained = true;
                    self.left_of_quotes(token, start, body);
                }
                short
            });
            cooked.mark(offset(start, body.len() - kept.len()));
            cooked.text.push_str(kept);
            let before_closing = own_line && index + 2 == count;
            if line.ends_with('\n') && !before_closing {
                cooked.mark(offset(start, body.len()));
                cooked.text.push('\n');
            }
        }
        cooked.mark(token.end.saturating_sub(3));
        cooked
    }

    fn left_of_quotes(&mut self, token: Token, start: u32, body: &str) {
        let indent = body.len() - body.trim_start().len();
        let first = body.chars().next().map_or(0, char::len_utf8);
        let span = Span { source: self.source, start, end: offset(start, indent.max(first)) };
        let quotes = Span { start: token.end.saturating_sub(3), ..self.span_of(token) };
        let problem =
            Diagnostic::error(code::E0015, span, "a line of the block text stands left of its closing quotes");
        let problem = problem
            .label("less indented, or by other characters")
            .label_at(quotes, "the closing quotes set the indentation");
        self.say_behind(problem.help("move the closing quotes to the left, or the line to the right"));
    }
}

/// A text as it is meant, and where its parts were written.
#[derive(Debug, Default)]
pub(super) struct Cooked {
    pub(super) text: String,
    /// From this byte of `text` on, bytes were written from that offset of the source on.
    marks: Vec<(usize, u32)>,
}

impl Cooked {
    fn mark(&mut self, written: u32) {
        self.marks.push((self.text.len(), written));
    }

    /// Where a byte of the text was written.
    pub(super) fn written(&self, at: usize) -> u32 {
        let after = self.marks.partition_point(|(start, _)| *start <= at);
        match after.checked_sub(1).and_then(|index| self.marks.get(index)) {
            Some((start, written)) => offset(*written, at - start),
            None => 0,
        }
    }
}

fn offset(base: u32, bytes: usize) -> u32 {
    base.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX))
}

/// The text between quotes of whatever kind.
fn without_quotes(written: &str) -> &str {
    let mut rest = written.chars();
    rest.next();
    rest.next_back();
    rest.as_str()
}

/// The largest quantity of a unit that may stand anywhere.
fn largest(unit: Unit) -> &'static str {
    match unit {
        Unit::Tokens => "the largest is 1_000_000tok",
        Unit::Chars => "the largest is 1_000_000char",
        Unit::Kilobytes => "the largest is 1_000_000kb",
        Unit::Millis | Unit::Seconds | Unit::Minutes | Unit::Hours | Unit::Days => "the longest time is 30d",
        Unit::Percent => "a share is 0% to 100%",
    }
}

const UNITS: &[(&str, Unit)] = &[
    ("tok", Unit::Tokens),
    ("char", Unit::Chars),
    ("kb", Unit::Kilobytes),
    ("ms", Unit::Millis),
    ("s", Unit::Seconds),
    ("m", Unit::Minutes),
    ("h", Unit::Hours),
    ("d", Unit::Days),
    ("%", Unit::Percent),
];

/// The unit that is meant by another name of it.
pub(super) fn unit_meant(unit: &str) -> Option<&'static str> {
    match unit {
        "tokens" | "token" | "toks" | "t" => Some("tok"),
        "chars" | "characters" | "c" => Some("char"),
        "k" | "kB" | "KB" | "K" | "kib" => Some("kb"),
        "milliseconds" | "millis" => Some("ms"),
        "sec" | "secs" | "second" | "seconds" => Some("s"),
        "min" | "mins" | "minute" | "minutes" => Some("m"),
        "hr" | "hrs" | "hour" | "hours" => Some("h"),
        "days" | "day" => Some("d"),
        _ => None,
    }
}

fn unit_named(name: &str) -> Option<Unit> {
    UNITS.iter().find(|(unit, _)| *unit == name).map(|(_, unit)| *unit)
}
