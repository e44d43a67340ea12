//! `fit`: whole elements are left out until the rest is small enough. In: a list of records and a field of them. Out: which
//! field decides, and what the rest may take.

use super::lower::{Lower, Typed, Want};
use crate::diagnostic::code::values as code;
use crate::diagnostic::{Diagnostic, nearest};
use crate::program::{Expr, Fit, Ty};
use crate::syntax;

impl Lower<'_, '_> {
    /// `xs fit 2000tok by priority`
    pub(super) fn fit(&mut self, value: &syntax::Expr, fit: &syntax::Fit) -> Typed {
        let typed = self.expr(value, Want::Any);
        let (element, high) = match &typed.ty {
            Ty::List { element, high, .. } => ((**element).clone(), *high),
            other => return self.not_a(&other.clone(), value.span, "a list of records"),
        };
        let Some(fit) = self.fitting(fit, &element) else { return Typed::unknown() };
        Typed::new(Expr::Fit(Box::new(typed.expr), fit), Ty::List { element: Box::new(element), low: 0, high })
    }

    /// How elements of a type are left out; nothing after saying why that cannot be.
    pub(super) fn fitting(&mut self, fit: &syntax::Fit, element: &Ty) -> Option<Fit> {
        let size = self.checker.text_size(&fit.cap);
        let by = self.priority(&fit.by, element);
        Some(Fit { size: size?, by: by? })
    }

    /// The field that decides what goes first: numbers, amounts, shares and days have an order.
    fn priority(&mut self, name: &syntax::Name, element: &Ty) -> Option<String> {
        let fields = match element {
            Ty::Record(id) => self.checker.program.types.records.get(id.index()).map(|record| record.fields.clone())?,
            Ty::Unknown | Ty::Never => return None,
            other => {
                let message = format!("`{}` has no field to go by", self.checker.show(other));
                let diagnostic = Diagnostic::error(code::E0423, name.span, message);
                self.checker.say(diagnostic.label("the elements are no records"));
                return None;
            }
        };
        let has_order = |ty: &Ty| matches!(ty, Ty::Int { .. } | Ty::Usd { .. } | Ty::Score | Ty::Date | Ty::Unknown);
        let Some(field) = fields.iter().find(|field| field.name == name.text) else {
            let ordered = || fields.iter().filter(|field| has_order(&field.ty)).map(|field| field.name.as_str());
            let message = format!("`{}` has no field `{}`", self.checker.show(element), name.text);
            let diagnostic = Diagnostic::error(code::E0423, name.span, message).label("nothing to go by");
            let list = ordered().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            self.checker.say(match nearest(&name.text, ordered()) {
                Some(near) => diagnostic.fix(format!("write `{near}`"), name.span, near),
                None if list.is_empty() => diagnostic.help("give it one, such as `priority: Int in 0..9`"),
                None => diagnostic.help(format!("fields with an order are {list}")),
            });
            return None;
        };
        if !has_order(&field.ty) {
            let message = format!("`{}` is `{}`, and has no order", name.text, self.checker.show(&field.ty));
            let diagnostic = Diagnostic::error(code::E0423, name.span, message).label("nothing to go by");
            self.checker.say(diagnostic.help("an `Int`, `Usd`, `Score` or `Date` decides what is left out first"));
            return None;
        }
        Some(field.name.clone())
    }
}
