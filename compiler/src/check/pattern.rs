//! Patterns: `is`, and what a condition establishes about the values it looked at.

use super::lower::{Lower, Typed, Want};
use super::values;
use crate::diagnostic::code::check as code;
use crate::diagnostic::{Diagnostic, nearest};
use crate::program::{Expr, Literal, Operator, Test, Ty};
use crate::source::Span;
use crate::syntax::{self, Pattern, PatternKind};
use crate::types;

/// Whether a condition is known to hold or to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Narrowing {
    Holds,
    Fails,
}

/// What a pattern asks of a value.
pub(super) enum Asks {
    /// Nothing: it always matches.
    Nothing,
    /// This.
    Test(Test),
    /// It was not understood, which has been said.
    Unknown,
}

impl Lower<'_, '_> {
    pub(super) fn is(&mut self, value: &syntax::Expr, negated: bool, pattern: &Pattern) -> Typed {
        let typed = self.expr(value, Want::Any);
        if let PatternKind::Variant { fields, .. } = &pattern.kind
            && let Some(first) = fields.first()
        {
            let diagnostic = Diagnostic::error(code::E0407, first.span, "`is` only asks")
                .label("nothing is bound here")
                .help("take fields out with `match`");
            self.checker.say(diagnostic);
        }
        let test = match self.asks(pattern, &typed.ty, value.span) {
            Asks::Test(test) => test,
            Asks::Nothing => {
                let message = "`is _` always holds";
                self.checker.error(code::E0407, pattern.span, message, "say what it is compared with");
                return Typed::new(Expr::Literal(Literal::Bool(true)), Ty::Bool);
            }
            Asks::Unknown => return Typed::new(Expr::Literal(Literal::Bool(true)), Ty::Bool),
        };
        let expr = Expr::Is(Box::new(typed.expr), test);
        Typed::new(if negated { Expr::Not(Box::new(expr)) } else { expr }, Ty::Bool)
    }

    /// What a pattern asks of a value of this type.
    pub(super) fn asks(&mut self, pattern: &Pattern, ty: &Ty, value: Span) -> Asks {
        match &pattern.kind {
            PatternKind::Any => Asks::Nothing,
            PatternKind::Error => Asks::Unknown,
            PatternKind::Variant { name, .. } => self.asks_variant(name, ty, value),
            PatternKind::Literal(literal) => self.asks_literal(literal, ty, value),
            PatternKind::Empty(span) => match ty {
                Ty::Text(_) | Ty::List { .. } => Asks::Test(Test::Empty),
                Ty::Unknown | Ty::Never => Asks::Unknown,
                other => self.never_matches(*span, "`empty`", &other.clone(), value),
            },
        }
    }

    fn asks_variant(&mut self, name: &syntax::Name, ty: &Ty, value: Span) -> Asks {
        match not_null(ty) {
            Ty::Unknown | Ty::Never => Asks::Unknown,
            Ty::Enum(id) => match self.checker.variant_of(*id, &name.text) {
                Some((id, index)) => Asks::Test(Test::Variant(id, index)),
                None => self.no_variant(name, *id),
            },
            other => {
                let text = format!("`{}`", name.text);
                self.never_matches(name.span, &text, &other.clone(), value)
            }
        }
    }

    fn no_variant(&mut self, name: &syntax::Name, id: crate::program::EnumId) -> Asks {
        let Some(of) = self.checker.program.types.enums.get(id.index()) else { return Asks::Unknown };
        let names = || of.variants.iter().map(|variant| variant.name.as_str());
        let near = nearest(&name.text, names()).map(str::to_owned);
        let all = names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let message = format!("`{}` has no variant `{}`", of.name, name.text);
        let diagnostic = Diagnostic::error(code::E0408, name.span, message).label("not a variant");
        self.checker.say(match near {
            Some(near) => {
                diagnostic.help(format!("did you mean `{near}`?")).fix(format!("write `{near}`"), name.span, near)
            }
            None => diagnostic.help(format!("its variants are {all}")),
        });
        Asks::Unknown
    }

    fn asks_literal(&mut self, literal: &syntax::Literal, ty: &Ty, value: Span) -> Asks {
        let typed = self.literal(literal, Want::Like(ty));
        if typed.ty == Ty::Unknown || matches!(ty, Ty::Unknown | Ty::Never) {
            return Asks::Unknown;
        }
        let comparable = match (&typed.ty, ty) {
            (Ty::Null, Ty::Optional(_) | Ty::Null) => true,
            (Ty::Null, _) => false,
            (found, ty) => types::join(found, not_null(ty)).is_some() && !matches!(ty, Ty::Vector | Ty::Json(_)),
        };
        match typed.expr {
            Expr::Literal(literal) if comparable => Asks::Test(Test::Literal(literal)),
            _ => {
                let text = format!("`{}`", self.checker.text(literal.span));
                self.never_matches(literal.span, &text, &ty.clone(), value)
            }
        }
    }

    fn never_matches(&mut self, span: Span, what: &str, ty: &Ty, value: Span) -> Asks {
        let shown = self.checker.show(ty);
        let diagnostic = match ty {
            Ty::Optional(_) => {
                Diagnostic::error(code::E0401, span, format!("`{shown}` may be `null`, which is not {what}"))
                    .label("asked of a value that may be `null`")
                    .help("ask `is null` first, or `match` on it")
            }
            _ => Diagnostic::error(code::E0401, span, format!("`{shown}` is never {what}"))
                .label("no value of that type is this"),
        };
        self.checker.say(diagnostic.label_at(value, format!("this is `{shown}`")));
        Asks::Unknown
    }

    /// The values that are more than their type says where a condition holds, or where it fails. A `var` is left out: it may
    /// have changed by the time it is read.
    pub(super) fn narrowings(&self, condition: &Expr, known: Narrowing) -> Vec<Typed> {
        let mut found = Vec::new();
        self.narrow(condition, known, &mut found);
        found
    }

    fn narrow(&self, condition: &Expr, known: Narrowing, found: &mut Vec<Typed>) {
        match (condition, known) {
            (Expr::Not(inner), Narrowing::Holds) => self.narrow(inner, Narrowing::Fails, found),
            (Expr::Not(inner), Narrowing::Fails) => self.narrow(inner, Narrowing::Holds, found),
            (Expr::Binary(Operator::And, left, right), Narrowing::Holds)
            | (Expr::Binary(Operator::Or, left, right), Narrowing::Fails) => {
                self.narrow(left, known, found);
                self.narrow(right, known, found);
            }
            (Expr::Is(value, Test::Literal(Literal::Null)), Narrowing::Fails)
            | (Expr::Is(value, Test::Variant(..) | Test::Empty), Narrowing::Holds) => {
                found.extend(self.not_null(value));
            }
            _ => {}
        }
    }

    /// A value without its `null`, where its type has one and it cannot change.
    pub(super) fn not_null(&self, value: &Expr) -> Option<Typed> {
        let mut vars = false;
        values::read(value, &mut |slot| vars |= self.bound.get(&slot).is_some_and(|(_, var)| *var));
        match self.type_of(value)? {
            Ty::Optional(inner) if !vars => Some(Typed::new(value.clone(), *inner)),
            _ => None,
        }
    }

    /// The type of a path: a name, its fields, their fields.
    fn type_of(&self, value: &Expr) -> Option<Ty> {
        if let Some(known) = self.known.iter().rev().find(|known| known.expr == *value) {
            return Some(known.ty.clone());
        }
        if let Some(it) = self.it.iter().rev().find(|it| it.expr == *value) {
            return Some(it.ty.clone());
        }
        if let Expr::Slot(slot) = value {
            return self.bound.get(slot).map(|(ty, _)| ty.clone());
        }
        match value {
            Expr::Field(inner, field) => {
                let Ty::Record(id) = self.type_of(inner)? else { return None };
                let record = self.checker.program.types.records.get(id.index())?;
                record.fields.iter().find(|known| known.name == *field).map(|known| known.ty.clone())
            }
            Expr::Index(inner, _) => match self.type_of(inner)? {
                Ty::List { element, .. } => Some(types::optional(*element)),
                _ => None,
            },
            _ => None,
        }
    }
}

/// The type without its `null`.
pub(super) fn not_null(ty: &Ty) -> &Ty {
    match ty {
        Ty::Optional(inner) => inner,
        ty => ty,
    }
}
