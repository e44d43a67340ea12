//! Prompts: fixed text and typed holes. In: a template as written. Out: its parts with their types and sizes.

use super::lower::{LocalKind, Lower, Typed, Want, Within};
use super::pattern::Narrowing;
use crate::diagnostic::code::check as code;
use crate::program::{Expr, Part, Template, Ty};
use crate::source::Span;
use crate::syntax::{self, TemplatePart};

/// A template and where it places the instructions for the output format.
pub(super) struct Lowered {
    pub(super) parts: Template,
    pub(super) formats: Vec<Span>,
}

impl Lower<'_, '_> {
    /// Lowers a prompt or a system message.
    pub(super) fn template(&mut self, template: &syntax::Template) -> Lowered {
        let before = std::mem::replace(&mut self.within, Within::Prompt);
        let mut formats = Vec::new();
        self.hole_places.clear();
        let parts = self.scope(|lower| lower.parts(&template.parts, &mut formats));
        self.within = before;
        Lowered { parts, formats }
    }

    fn parts(&mut self, parts: &[TemplatePart], formats: &mut Vec<Span>) -> Template {
        parts.iter().map(|part| self.part(part, formats)).collect()
    }

    fn part(&mut self, part: &TemplatePart, formats: &mut Vec<Span>) -> Part {
        match part {
            TemplatePart::Text(text) => Part::Text(text.clone()),
            TemplatePart::Hole(expr) => self.hole(expr, Part::Data),
            TemplatePart::Raw(expr) => self.hole(expr, Part::Hole),
            TemplatePart::Each { binder, list, fit, body } => self.each_part(binder, list, fit.as_ref(), body, formats),
            TemplatePart::If { condition, then, otherwise } => {
                let condition = self.condition(condition);
                let holds = self.narrowings(&condition, Narrowing::Holds);
                let fails = self.narrowings(&condition, Narrowing::Fails);
                let then = self.scope(|lower| {
                    lower.known.extend(holds);
                    lower.parts(then, formats)
                });
                let otherwise = self.scope(|lower| {
                    lower.known.extend(fails);
                    lower.parts(otherwise, formats)
                });
                Part::If { condition, then, otherwise }
            }
            TemplatePart::Format(span) => {
                formats.push(*span);
                Part::Format
            }
        }
    }

    /// A hole; text is data until it is known where it comes from.
    fn hole(&mut self, expr: &syntax::Expr, make: fn(Expr, Ty) -> Part) -> Part {
        self.hole_places.push(expr.span);
        let typed = self.expr(expr, Want::Any);
        if typed.ty == Ty::Vector {
            self.not_a(&typed.ty, expr.span, "a value that can be shown");
        }
        make(typed.expr, typed.ty)
    }

    fn each_part(
        &mut self,
        binder: &syntax::Name,
        list: &syntax::Expr,
        fit: Option<&syntax::Fit>,
        body: &[TemplatePart],
        formats: &mut Vec<Span>,
    ) -> Part {
        let typed = self.expr(list, Want::Any);
        let (item, most) = match typed.ty {
            Ty::List { element, high, .. } => (*element, high),
            other => {
                self.not_a(&other, list.span, "a list");
                (Ty::Unknown, 0)
            }
        };
        let fit = fit.and_then(|fit| self.fitting(fit, &item));
        let element = self.slot();
        let before = formats.len();
        let body = self.scope(|lower| {
            lower.bind(&binder.text, binder.span, Typed::new(Expr::Slot(element), item), LocalKind::Given);
            lower.parts(body, formats)
        });
        if let Some(span) = formats.get(before).copied() {
            let message = "`{format}` inside of `{each}`";
            self.checker.error(code::E0608, span, message, "the instructions are sent once");
        }
        Part::Each { element, list: typed.expr, most, fit, body }
    }
}
