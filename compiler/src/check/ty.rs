//! Types as written to types with sizes.

use super::Checker;
use super::caps::MOST;
use super::items::{AliasState, Decl};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::check as code;
use crate::program::Ty;
use crate::source::Span;
use crate::syntax::{Literal, LiteralKind, Name, TypeExpr, TypeKind};

/// How many aliases or routes may lead to each other.
pub(super) const DEEPEST: u32 = 64;

/// The types that the language brings along.
pub(super) const BUILT_IN: [&str; 8] = ["Bool", "Date", "Id", "Int", "Json", "Score", "Text", "Usd"];

impl Checker<'_> {
    /// The type that is written here, in the module of `file`.
    pub(super) fn ty(&mut self, written: &TypeExpr, file: usize) -> Ty {
        match &written.kind {
            TypeKind::Name(name) => self.named_type(name, file),
            TypeKind::Bounded { base, cap } => self.bounded_type(base, cap, written.span, file),
            TypeKind::Range { base, low, high } => self.range_type(base, low, high, file),
            TypeKind::List { element, low, high } => {
                self.list_type(element, low.as_ref(), high.as_ref(), written.span, file)
            }
            TypeKind::Optional(inner) => crate::types::optional(self.ty(inner, file)),
            TypeKind::Error => Ty::Unknown,
        }
    }

    fn named_type(&mut self, name: &Name, file: usize) -> Ty {
        match name.text.as_str() {
            "Bool" => Ty::Bool,
            "Date" => Ty::Date,
            "Id" => Ty::Id,
            "Score" => Ty::Score,
            "Text" => self.without_size(name, "Text<=64tok", "how many tokens it has at most"),
            "Json" => self.without_size(name, "Json<=400tok", "how many tokens it has at most"),
            "Usd" => self.without_size(name, "Usd<=$50", "the largest amount"),
            "Int" => self.without_size(name, "Int in 0..100", "the least and the greatest value"),
            _ => self.declared_type(name, file),
        }
    }

    fn declared_type(&mut self, name: &Name, file: usize) -> Ty {
        if self.says_foreign_type(name, file, false) {
            return Ty::Unknown;
        }
        match self.decl(name, file, &BUILT_IN) {
            None => Ty::Unknown,
            Some(Decl::Record(id)) => Ty::Record(id),
            Some(Decl::Enum(id)) => Ty::Enum(id),
            Some(Decl::Alias(index)) => self.alias(index),
            Some(other) => {
                self.wrong_kind(name, other, "a type");
                Ty::Unknown
            }
        }
    }

    /// What an alias stands for; aliases are followed on first use.
    pub(super) fn alias(&mut self, index: usize) -> Ty {
        let (decl, file) = match self.items.aliases.get(index) {
            Some(alias) => match &alias.state {
                AliasState::Known(ty) => return ty.clone(),
                AliasState::Open => {
                    let name = &alias.decl.name;
                    let message = format!("`{}` stands for itself", name.text);
                    let span = name.span;
                    self.error(code::E0411, span, message, "comes back to itself");
                    return Ty::Unknown;
                }
                AliasState::Waiting => (alias.decl, alias.file),
            },
            None => return Ty::Unknown,
        };
        self.set_alias(index, AliasState::Open);
        let ty = if self.items.depth < DEEPEST {
            self.items.depth += 1;
            let ty = self.ty(&decl.ty, file);
            self.items.depth -= 1;
            ty
        } else {
            let message = format!("`{}` is the last of more than {DEEPEST} aliases of each other", decl.name.text);
            self.error(code::E0505, decl.name.span, message, "too long a way to a type");
            Ty::Unknown
        };
        self.set_alias(index, AliasState::Known(ty.clone()));
        ty
    }

    fn set_alias(&mut self, index: usize, state: AliasState) {
        if let Some(alias) = self.items.aliases.get_mut(index) {
            alias.state = state;
        }
    }

    fn without_size(&mut self, name: &Name, example: &str, what: &str) -> Ty {
        let diagnostic = Diagnostic::error(code::E0501, name.span, format!("`{}` has no size", name.text))
            .label(format!("say {what}"))
            .help(format!("write `{example}`"))
            .fix("write the size", name.span, example);
        self.say(diagnostic);
        Ty::Unknown
    }

    fn bounded_type(&mut self, base: &Name, cap: &Literal, span: Span, file: usize) -> Ty {
        match base.text.as_str() {
            "Text" => self.text_size(cap).map_or(Ty::Unknown, Ty::Text),
            "Json" => self.text_size(cap).map_or(Ty::Unknown, Ty::Json),
            "Usd" => self.money(cap).map_or(Ty::Unknown, |most| Ty::Usd { most }),
            "Int" => {
                let range = format!("Int in 0..{}", self.text(cap.span));
                let diagnostic = Diagnostic::error(code::E0503, span, "`Int` takes a range")
                    .label("both ends are written")
                    .help(format!("write `{range}`"))
                    .fix("write the range", span, range);
                self.say(diagnostic);
                Ty::Unknown
            }
            _ => self.takes_no(base, "size", span, file),
        }
    }

    fn range_type(&mut self, base: &Name, low: &Literal, high: &Literal, file: usize) -> Ty {
        let span = low.span.to(high.span);
        if base.text != "Int" {
            return self.takes_no(base, "range", span, file);
        }
        let (Some(least), Some(most)) = (self.whole(low), self.whole(high)) else { return Ty::Unknown };
        if least > most {
            return self.empty_range(span);
        }
        Ty::Int { low: least, high: most }
    }

    fn whole(&mut self, literal: &Literal) -> Option<i64> {
        let literal = &self.known(literal);
        match literal.kind {
            LiteralKind::Int(number) => Some(number),
            LiteralKind::Error => None,
            _ => {
                let message = format!("`{}` is not a whole number", self.text(literal.span));
                self.error(code::E0503, literal.span, message, "a whole number stands here");
                None
            }
        }
    }

    fn list_type(
        &mut self,
        element: &TypeExpr,
        low: Option<&Literal>,
        high: Option<&Literal>,
        span: Span,
        file: usize,
    ) -> Ty {
        let element = self.ty(element, file);
        let Some(high) = high else {
            let end = Span { start: span.end.saturating_sub(2), ..span };
            let diagnostic = Diagnostic::error(code::E0501, span, format!("`{}` has no size", self.text(span)))
                .label("say how many elements it has at most")
                .help("write `[<=8]`")
                .fix("write the size", end, "[<=8]");
            self.say(diagnostic);
            return Ty::Unknown;
        };
        let least = low.map_or(Some(0), |low| self.count(low, 0..=MOST));
        let (Some(low), Some(high)) = (least, self.count(high, 1..=MOST)) else { return Ty::Unknown };
        if low > high {
            return self.empty_range(span);
        }
        Ty::List { element: Box::new(element), low, high }
    }

    fn empty_range(&mut self, span: Span) -> Ty {
        let message = format!("`{}` has no values", self.text(span));
        self.error(code::E0506, span, message, "the first end is greater than the second");
        Ty::Unknown
    }

    fn takes_no(&mut self, base: &Name, what: &str, span: Span, file: usize) -> Ty {
        if self.says_foreign_type(base, file, true) {
            return Ty::Unknown;
        }
        let known = self.named_type(base, file);
        if known != Ty::Unknown {
            let message = format!("`{}` takes no {what}", base.text);
            let problem = Diagnostic::error(code::E0503, span, message).label(format!("its {what} is fixed"));
            self.say(problem.help(format!("write `{}` alone", base.text)));
        }
        Ty::Unknown
    }
}
