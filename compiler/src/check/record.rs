//! Records and variants as values. In: `Ticket { … }`, `Refund { amount: $3 }`, `Legal`. Out: values with their fields in order.

use super::Checker;
use super::items::{Decl, Found};
use super::lower::{Lower, Typed, Want};
use crate::diagnostic::code::check as code;
use crate::diagnostic::{Diagnostic, nearest};
use crate::program::{EnumId, Expr, Field, Literal, RecordId, Ty};
use crate::source::Span;
use crate::syntax::{self, Name};

impl Checker<'_> {
    /// The variant of that name of an enum.
    pub(super) fn variant_of(&self, id: EnumId, name: &str) -> Option<(EnumId, u32)> {
        let variants = &self.program.types.enums.get(id.index())?.variants;
        variants.iter().zip(0u32..).find(|(variant, _)| variant.name == name).map(|(_, index)| (id, index))
    }

    /// The fields of a variant.
    pub(super) fn variant_fields(&self, id: EnumId, index: u32) -> Vec<Field> {
        let variant = self.program.types.enums.get(id.index()).and_then(|of| of.variants.get(index as usize));
        variant.map_or(Vec::new(), |variant| variant.fields.clone())
    }
}

impl Lower<'_, '_> {
    /// The variant that a name means: of the enum that is wanted, else of the only visible enum that has it.
    fn variant(&mut self, name: &Name, want: Want<'_>) -> Option<Variant> {
        if !name.text.starts_with(char::is_uppercase) {
            return None;
        }
        if let Some(id) = wanted_enum(want)
            && let Some((id, index)) = self.checker.variant_of(id, &name.text)
        {
            return Some(Variant::Is(id, index));
        }
        match self.checker.variants_named(&name.text, self.file).as_slice() {
            [] => None,
            [(id, index)] => Some(Variant::Is(*id, *index)),
            [(first, _), (second, _), ..] => {
                let names = [*first, *second].map(|id| self.checker.show(&Ty::Enum(id)));
                let message = format!("`{}` is a variant of `{}` and of `{}`", name.text, names[0], names[1]);
                let diagnostic = Diagnostic::error(code::E0415, name.span, message)
                    .label("it is not clear which is meant")
                    .help("give the binding a type: `let x: Topic = …`");
                self.checker.say(diagnostic);
                Some(Variant::Unclear)
            }
        }
    }

    /// A variant without fields that stands as a value.
    pub(super) fn bare_variant(&mut self, name: &Name, want: Want<'_>) -> Option<Typed> {
        let (id, index) = match self.variant(name, want)? {
            Variant::Is(id, index) => (id, index),
            Variant::Unclear => return Some(Typed::unknown()),
        };
        let fields = self.checker.variant_fields(id, index);
        if let Some(field) = fields.first() {
            let message = format!("variant `{}` has fields", name.text);
            let diagnostic = Diagnostic::error(code::E0405, name.span, message)
                .label(format!("`{}` is missing", field.name))
                .help(format!("write `{} {{ {}: … }}`", name.text, field.name));
            self.checker.say(diagnostic);
            return Some(Typed::new(Expr::Literal(Literal::Null), Ty::Enum(id)));
        }
        Some(Typed::new(Expr::Variant(id, index, Vec::new()), Ty::Enum(id)))
    }

    /// `Ticket { … }`, `Refund { … }`
    pub(super) fn record(&mut self, name: &Name, given: &[(Name, syntax::Expr)], want: Want<'_>) -> Typed {
        if let Found::Decl(decl) = self.checker.find(&name.text, self.file) {
            let decl = match decl {
                Decl::Alias(index) => match self.checker.alias(index) {
                    Ty::Record(id) => Decl::Record(id),
                    Ty::Unknown => return self.only_look(given),
                    _ => decl,
                },
                decl => decl,
            };
            let Decl::Record(id) = decl else {
                self.checker.wrong_kind(name, decl, "a record");
                return self.only_look(given);
            };
            return self.record_of(id, name, given);
        }
        match self.variant(name, want) {
            Some(Variant::Is(id, index)) => {
                let fields = self.checker.variant_fields(id, index);
                let values = self.values(name, &fields, given);
                Typed::new(Expr::Variant(id, index, values), Ty::Enum(id))
            }
            Some(Variant::Unclear) => self.only_look(given),
            None => {
                if matches!(self.checker.find(&name.text, self.file), Found::Nothing) {
                    self.say_unknown(name);
                }
                self.only_look(given)
            }
        }
    }

    fn record_of(&mut self, id: RecordId, name: &Name, given: &[(Name, syntax::Expr)]) -> Typed {
        let fields = self.checker.program.types.records.get(id.index()).map_or(Vec::new(), |of| of.fields.clone());
        let values = self.values(name, &fields, given);
        Typed::new(Expr::Record(id, values), Ty::Record(id))
    }

    /// The given fields in the order of their declaration.
    fn values(&mut self, name: &Name, fields: &[Field], given: &[(Name, syntax::Expr)]) -> Vec<Expr> {
        let mut values: Vec<Option<Expr>> = vec![None; fields.len()];
        let mut places: Vec<Option<Span>> = vec![None; fields.len()];
        for (field, value) in given {
            let Some(index) = fields.iter().position(|known| known.name == field.text) else {
                self.say_no_field(name, field, fields);
                self.expr(value, Want::Any);
                continue;
            };
            if let Some(first) = places[index] {
                let message = format!("`{}` is given twice", field.text);
                let diagnostic = Diagnostic::error(code::E0405, field.span, message)
                    .label("again here")
                    .label_at(first, "first here");
                self.checker.say(diagnostic);
            }
            places[index] = Some(field.span);
            let why = format!("`{}` is `{}`", field.text, self.checker.show(&fields[index].ty));
            values[index] = Some(self.expect(value, &fields[index].ty, Some((field.span, &why))));
        }
        let missing: Vec<String> = fields
            .iter()
            .zip(&values)
            .filter(|(field, value)| value.is_none() && !matches!(field.ty, Ty::Optional(_)))
            .map(|(field, _)| format!("`{}`", field.name))
            .collect();
        if !missing.is_empty() {
            let message = format!("`{}` lacks {}", name.text, missing.join(", "));
            let problem = Diagnostic::error(code::E0405, name.span, message)
                .label("every field that may not be `null` is written");
            self.checker.say(problem.help(format!("add {} with a value: `field: …`", missing.join(", "))));
        }
        values.into_iter().map(|value| value.unwrap_or(Expr::Literal(Literal::Null))).collect()
    }

    fn say_no_field(&mut self, name: &Name, field: &Name, fields: &[Field]) {
        let message = format!("`{}` has no field `{}`", name.text, field.text);
        let diagnostic = Diagnostic::error(code::E0402, field.span, message).label("not a field");
        let near = nearest(&field.text, fields.iter().map(|known| known.name.as_str()));
        self.checker.say(match near {
            Some(near) => {
                diagnostic.help(format!("did you mean `{near}`?")).fix(format!("write `{near}`"), field.span, near)
            }
            None => diagnostic,
        });
    }

    /// Looks at the fields of what could not be understood, so that their own mistakes are said.
    fn only_look(&mut self, given: &[(Name, syntax::Expr)]) -> Typed {
        for (_, value) in given {
            self.expr(value, Want::Any);
        }
        Typed::unknown()
    }
}

/// The variant that a name means.
enum Variant {
    Is(EnumId, u32),
    Unclear,
}

fn wanted_enum(want: Want<'_>) -> Option<EnumId> {
    let Want::Like(ty) = want else { return None };
    match ty {
        Ty::Enum(id) => Some(*id),
        Ty::Optional(inner) => wanted_enum(Want::Like(inner)),
        _ => None,
    }
}
