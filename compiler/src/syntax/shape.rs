//! The shape of a tree: what was written, without places, as one line of nested brackets. Two texts of the same shape are the
//! same program. In: a [`File`]. Out: its shape, the same that `compiler/grammar/flow.pest` is held to.

mod exam;
mod expr;
mod item;
mod standing;
mod template;

use super::{Computed, File, Literal, LiteralKind, Name, Unit};

/// The shape of a file.
#[must_use]
pub fn shape(file: &File) -> String {
    let mut shape = Shape::default();
    shape.node("file", |s| {
        s.docs(&file.docs);
        for item in &file.items {
            s.item(item);
        }
    });
    shape.out
}

/// Writes nodes as `(name part part …)`.
#[derive(Default)]
struct Shape {
    out: String,
}

impl Shape {
    fn node(&mut self, name: &str, parts: impl FnOnce(&mut Self)) {
        self.part();
        self.out.push('(');
        self.out.push_str(name);
        parts(self);
        self.out.push(')');
    }

    fn word(&mut self, word: &str) {
        self.part();
        self.out.push_str(word);
    }

    fn part(&mut self) {
        if !self.out.is_empty() {
            self.out.push(' ');
        }
    }

    fn text(&mut self, text: &str) {
        self.part();
        self.out.push_str(&format!("{text:?}"));
    }

    fn docs(&mut self, docs: &str) {
        if !docs.is_empty() {
            self.node("docs", |s| s.text(docs));
        }
    }

    fn name(&mut self, name: &Name) {
        self.word(&name.text);
    }

    fn names(&mut self, of: &str, names: &[Name]) {
        self.node(of, |s| names.iter().for_each(|name| s.name(name)));
    }

    fn literal(&mut self, literal: &Literal) {
        match &literal.kind {
            LiteralKind::Int(value) => self.word(&value.to_string()),
            LiteralKind::Decimal(digits) => self.word(digits),
            LiteralKind::Dollars(digits) => self.word(&format!("${digits}")),
            LiteralKind::Quantity(value, unit) => self.word(&format!("{value}{}", unit_name(*unit))),
            LiteralKind::Text(text) => self.text(text),
            LiteralKind::Bool(value) => self.word(if *value { "true" } else { "false" }),
            LiteralKind::Null => self.word("null"),
            LiteralKind::Computed(computed) => self.computed(computed),
            LiteralKind::Error => self.word("error"),
        }
    }

    fn computed(&mut self, computed: &Computed) {
        match computed {
            Computed::Literal(literal) => self.literal(literal),
            Computed::Constant(name) => self.name(name),
            Computed::Operation(op, left, right) => self.node(expr::binary(*op), |s| {
                s.computed(left);
                s.computed(right);
            }),
        }
    }

    fn maybe(&mut self, literal: Option<&Literal>) {
        match literal {
            Some(literal) => self.literal(literal),
            None => self.word("-"),
        }
    }
}

fn unit_name(unit: Unit) -> &'static str {
    match unit {
        Unit::Tokens => "tok",
        Unit::Chars => "char",
        Unit::Kilobytes => "kb",
        Unit::Millis => "ms",
        Unit::Seconds => "s",
        Unit::Minutes => "m",
        Unit::Hours => "h",
        Unit::Days => "d",
        Unit::Percent => "%",
    }
}
