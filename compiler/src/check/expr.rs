//! Expressions: names, fields, positions, and the door to everything else.

use super::items::{Decl, Found};
use super::lower::{Lower, Typed, Want};
use crate::diagnostic::code::check as code;
use crate::diagnostic::code::syntax::E0301;
use crate::diagnostic::{Diagnostic, nearest};
use crate::program::{Expr, Signal, TextSize, Ty};
use crate::source::Span;
use crate::syntax::{self, ExprKind, Literal, LiteralKind, Name};
use crate::types;

/// More tokens than any request has.
const LARGEST_REQUEST: i64 = 1_000_000_000_000;

impl Lower<'_, '_> {
    /// Lowers an expression; effects in it become nodes of the open body.
    pub(super) fn expr(&mut self, expr: &syntax::Expr, want: Want<'_>) -> Typed {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Literal(literal) => self.literal(literal, want),
            ExprKind::Name(name) => self.name(name, want),
            ExprKind::ItField(field) => self.it_field(field),
            ExprKind::Field(value, field) => self.field(value, field),
            ExprKind::Index(value, index) => self.index(value, index),
            ExprKind::Slice { value, from, to } => self.slice(value, from.as_ref(), to.as_ref()),
            ExprKind::Call { name, args } => self.call(name, args, span, want),
            ExprKind::Record { name, fields } => self.record(name, fields, want),
            ExprKind::List(elements) => self.list(elements, want),
            ExprKind::Unary(op, value) => self.unary(*op, value, want),
            ExprKind::Binary(op, left, right) => self.binary(*op, left, right, span, want),
            ExprKind::Is { value, negated, pattern } => self.is(value, *negated, pattern),
            ExprKind::In { value, negated, list } => self.is_in(value, *negated, list),
            ExprKind::Cut { value, cap } => self.cut(value, cap),
            ExprKind::Else { attempt, handler } => self.attempt(attempt, handler, span, want),
            ExprKind::If { condition, then, otherwise } => {
                self.choose(condition, then, otherwise.as_deref(), span, want)
            }
            ExprKind::Match { value, arms } => self.matching(value, arms, span, want),
            ExprKind::Each { binder, list, parallel, body } => {
                self.each(binder, list, parallel.as_ref(), body, span, want)
            }
            ExprKind::Block(block) => self.scope(|lower| lower.block(block, want)),
            ExprKind::Escalate { reason, to } => self.escalate(reason, to.as_deref(), span),
            ExprKind::Skip => self.skip(span),
            ExprKind::Break => self.leave_loop(span),
            ExprKind::Return(value) => self.give_back(value.as_deref(), span),
            ExprKind::Classify { text, into, by } => self.classify(text, into, by, span),
            ExprKind::Embed { text, by } => self.embed(text, by, span),
            ExprKind::Ask(ask) => self.ask_person(ask, span),
            ExprKind::Within { call, limits } => self.tightened(call, limits, span, want),
            ExprKind::When { call, condition, otherwise } => self.when(call, condition, otherwise, span, want),
            ExprKind::Fit { value, fit } => self.fit(value, fit),
            ExprKind::Load(_) => {
                let message = "a file is loaded in a test, as a whole argument or answer";
                self.checker.error(crate::diagnostic::code::values::E0441, span, message, "out of place");
                Typed::unknown()
            }
            ExprKind::Error => Typed::unknown(),
        }
    }

    /// Lowers an expression that has to be of a type.
    pub(super) fn expect(&mut self, expr: &syntax::Expr, wanted: &Ty, why: Option<(Span, &str)>) -> Expr {
        let typed = self.expr(expr, Want::Like(wanted));
        if !types::fits(&typed.ty, wanted) {
            self.say_misfit(expr, &typed.ty, wanted, why);
        }
        typed.expr
    }

    /// Says that a value is not of the type that its place wants.
    pub(super) fn say_misfit(&mut self, expr: &syntax::Expr, found: &Ty, wanted: &Ty, why: Option<(Span, &str)>) {
        let (shown, asked) = (self.checker.show(found), self.checker.show(wanted));
        let text = self.checker.text(expr.span);
        let larger = types::same_shape(found, wanted);
        let mut diagnostic = if larger {
            let message = match (found, wanted) {
                // Few tokens can have many bytes.
                (Ty::Text(size), Ty::Text(limit)) if shown == asked => {
                    format!("`{asked}` has at most {} bytes, and this can have {}", limit.bytes, size.bytes)
                }
                _ => format!("`{asked}` is wanted, and this is `{shown}`"),
            };
            Diagnostic::error(code::E0502, expr.span, message).label("it can be larger than its place")
        } else {
            let message = format!("`{asked}` is wanted, and this is `{shown}`");
            Diagnostic::error(code::E0401, expr.span, message).label(format!("this is `{shown}`"))
        };
        if let Some((span, why)) = why {
            diagnostic = diagnostic.label_at(span, why);
        }
        self.checker.say(match repair(found, wanted) {
            Some(word) if larger => {
                let inner = if is_simple(expr) { text.to_owned() } else { format!("({text})") };
                let fixed = word.replace("{}", &inner);
                diagnostic.help(format!("`{fixed}` fits")).fix("make it fit", expr.span, fixed)
            }
            _ => match (found, wanted) {
                (Ty::Optional(_), _) => diagnostic.help("it may be `null`: ask `is null` first, or `match` on it"),
                (Ty::List { high: 0, .. }, _) if self.within == super::lower::Within::Gate => diagnostic
                    .help("`else` gives a value of the tool's result, `deny` or `approve(\"role\", within 4h)`"),
                (_, Ty::Text(_)) if !matches!(found, Ty::Null | Ty::Vector | Ty::List { high: 0, .. }) => {
                    diagnostic.help(format!("`text({text})` is its text"))
                }
                (Ty::Text(_), Ty::Bool) => diagnostic
                    .help("a condition asks something of it: `not empty(x)`, `contains(x, \"word\")`, `x == \"word\"`"),
                (Ty::List { .. }, Ty::Bool) => {
                    diagnostic.help("a condition asks something of it: `not empty(xs)`, `len(xs) > 2`, `any(xs, …)`")
                }
                (Ty::Enum(_), Ty::Bool) => diagnostic.help("a condition asks for a variant: `x is Bug`"),
                (Ty::Null, Ty::List { low: 0, .. }) => diagnostic.help("write `[]`: a list without elements"),
                (_, Ty::Record(_)) => diagnostic.help(format!("a record is made with its fields: `{asked} {{ … }}`")),
                _ => diagnostic,
            },
        });
    }

    /// Lowers an expression that has to be a `Bool`.
    pub(super) fn condition(&mut self, expr: &syntax::Expr) -> Expr {
        self.expect(expr, &Ty::Bool, None)
    }

    fn name(&mut self, name: &Name, want: Want<'_>) -> Typed {
        if name.text == "it" && self.local(&name.text).is_none() {
            return match self.it.last().cloned() {
                Some(it) => it,
                None => self.no_it(name.span),
            };
        }
        if let Some(local) = self.local(&name.text) {
            return self.narrowed(local);
        }
        if let Some(signal) = self.signal(&name.text) {
            return signal;
        }
        if let Some(variant) = self.bare_variant(name, want) {
            return variant;
        }
        match self.checker.find(&name.text, self.file) {
            Found::Broken => Typed::unknown(),
            Found::Decl(Decl::Constant(index)) => {
                let kind = self.checker.constant(index);
                self.literal(&Literal { span: name.span, kind }, want)
            }
            Found::Decl(decl) => {
                self.checker.wrong_kind(name, decl, "a value");
                Typed::unknown()
            }
            Found::Nothing => {
                self.say_unknown(name);
                Typed::unknown()
            }
        }
    }

    /// The value of a name that is bound here; it counts as read.
    pub(super) fn local(&mut self, name: &str) -> Option<Typed> {
        let local = self.find_local(name)?;
        local.used = true;
        Some(local.value.clone())
    }

    /// The value with the type that a condition around it has established.
    pub(super) fn narrowed(&self, value: Typed) -> Typed {
        match self.known.iter().rev().find(|known| known.expr == value.expr) {
            Some(known) => known.clone(),
            None => value,
        }
    }

    fn signal(&self, name: &str) -> Option<Typed> {
        let signal = match (self.within, name) {
            (super::lower::Within::Ladder, "context") => Signal::Context,
            (super::lower::Within::Ladder, "output") => Signal::Output,
            _ => return None,
        };
        Some(Typed::new(Expr::Signal(signal), Ty::Int { low: 0, high: LARGEST_REQUEST }))
    }

    /// Says that nothing has this name, with the nearest of what has one here.
    pub(super) fn say_unknown(&mut self, name: &Name) {
        if self.checker.says_foreign_value(name) {
            return;
        }
        if self.is_field_of_it(&name.text) {
            let message = format!("unknown name `{}`", name.text);
            let problem = Diagnostic::error(E0301, name.span, message).label("a field of `it` is written with a dot");
            let right = format!(".{}", name.text);
            return self.checker.say(problem.fix(format!("write `{right}`"), name.span, right));
        }
        let mut near: Vec<String> = self.bound_names().map(str::to_owned).collect();
        near.extend(self.checker.names.variants(self.file).map(str::to_owned));
        self.checker.unknown_name(name, self.file, near.iter().map(String::as_str));
    }

    /// Whether what is at hand is a record with this field.
    fn is_field_of_it(&self, name: &str) -> bool {
        let Some(Typed { ty: Ty::Record(id), .. }) = self.it.last() else { return false };
        let record = self.checker.program.types.records.get(id.index());
        record.is_some_and(|record| record.fields.iter().any(|field| field.name == name))
    }

    fn it_field(&mut self, field: &Name) -> Typed {
        match self.it.last().cloned() {
            Some(it) => self.field_of(it, field),
            None => self.no_it(field.span),
        }
    }

    fn no_it(&mut self, span: Span) -> Typed {
        let diagnostic = Diagnostic::error(code::E0413, span, "`it` means nothing here")
            .label("`it` is the answer in `accept` and the element in `all`, `any` and `count`");
        let is_gate = self.within == super::lower::Within::Gate;
        self.checker.say(if is_gate {
            diagnostic.help("a gate is decided before the call: it reads the parameters of the tool")
        } else {
            diagnostic
        });
        Typed::unknown()
    }

    fn field(&mut self, value: &syntax::Expr, field: &Name) -> Typed {
        if let ExprKind::Name(owner) = &value.kind
            && self.find_local(&owner.text).is_none()
            && self.checker.says_qualified(owner, field, self.file)
        {
            return Typed::unknown();
        }
        if let ExprKind::Name(owner) = &value.kind
            && let Some(fact) = self.caller(owner, field)
        {
            return fact;
        }
        let value = self.expr(value, Want::Any);
        self.field_of(value, field)
    }

    fn field_of(&mut self, value: Typed, field: &Name) -> Typed {
        match &value.ty {
            Ty::Unknown | Ty::Never => Typed::unknown(),
            Ty::Record(_) => match self.field_type(&value.ty, field) {
                Some(ty) => self.narrowed(Typed::new(Expr::Field(Box::new(value.expr), field.text.clone()), ty)),
                None => Typed::unknown(),
            },
            Ty::List { element, low, high } if matches!(**element, Ty::Record(_)) => {
                match self.field_type(element, field) {
                    Some(ty) => Typed::new(
                        Expr::Pluck(Box::new(value.expr), field.text.clone()),
                        Ty::List { element: Box::new(ty), low: *low, high: *high },
                    ),
                    None => Typed::unknown(),
                }
            }
            Ty::List { element, .. } if matches!(**element, Ty::Unknown | Ty::Never) => Typed::unknown(),
            other => self.no_fields(other, field),
        }
    }

    /// The type of a field of a record, or nothing after saying that there is none.
    fn field_type(&mut self, record: &Ty, field: &Name) -> Option<Ty> {
        let Ty::Record(id) = record else { return None };
        let record = self.checker.program.types.records.get(id.index())?;
        if let Some(found) = record.fields.iter().find(|known| known.name == field.text) {
            return Some(found.ty.clone());
        }
        let near = nearest(&field.text, record.fields.iter().map(|known| known.name.as_str())).map(str::to_owned);
        let fields = record.fields.iter().map(|known| format!("`{}`", known.name)).collect::<Vec<_>>().join(", ");
        let message = format!("`{}` has no field `{}`", record.name, field.text);
        let diagnostic = Diagnostic::error(code::E0402, field.span, message).label("not a field");
        self.checker.say(match near {
            Some(near) => {
                diagnostic.help(format!("did you mean `{near}`?")).fix(format!("write `{near}`"), field.span, near)
            }
            // Its declaration was refused.
            None if fields.is_empty() => return None,
            None => diagnostic.help(format!("its fields are {fields}")),
        });
        None
    }

    fn no_fields(&mut self, ty: &Ty, field: &Name) -> Typed {
        let shown = self.checker.show(ty);
        let message = format!("`{shown}` has no field `{}`", field.text);
        let diagnostic = Diagnostic::error(code::E0402, field.span, message).label("not a record");
        self.checker.say(match ty {
            Ty::Optional(_) => diagnostic.help("it may be `null`: ask `is null` first, or `match` on it"),
            Ty::Enum(_) => diagnostic.help("the fields of a variant are taken out by `match`"),
            Ty::Text(_) | Ty::List { .. } if matches!(field.text.as_str(), "length" | "len" | "size" | "count") => {
                diagnostic.help("write `len(x)`")
            }
            Ty::Text(_) => diagnostic.help("a text has no fields: a record is declared with `type Name { … }`"),
            _ => diagnostic,
        });
        Typed::unknown()
    }

    fn index(&mut self, value: &syntax::Expr, index: &syntax::Expr) -> Typed {
        let typed = self.expr(value, Want::Any);
        let position = self.expr(index, Want::Any);
        if !matches!(position.ty, Ty::Int { .. } | Ty::Unknown | Ty::Never) {
            let shown = self.checker.show(&position.ty);
            let message = format!("a position is a whole number, and this is `{shown}`");
            self.checker.error(code::E0401, index.span, message, "counted from 0");
            return Typed::unknown();
        }
        match typed.ty {
            Ty::List { element, .. } => {
                let expr = Expr::Index(Box::new(typed.expr), Box::new(position.expr));
                self.narrowed(Typed::new(expr, types::optional(*element)))
            }
            Ty::Unknown | Ty::Never => Typed::unknown(),
            other => self.not_a(&other, value.span, "a list"),
        }
    }

    fn slice(&mut self, value: &syntax::Expr, from: Option<&Literal>, to: Option<&Literal>) -> Typed {
        let typed = self.expr(value, Want::Any);
        let (Some(start), Some(end)) = (self.bound(from), self.bound(to)) else { return Typed::unknown() };
        let (start, end) = (start.unwrap_or(0), end);
        if let (true, Some(to)) = (end.is_some_and(|end| end < start), to) {
            let message = "the first position is behind the last one";
            self.checker.error(code::E0506, to.span, message, "nothing would be kept");
            return Typed::unknown();
        }
        let left = |length: u64| end.map_or(length, |end| length.min(end)).saturating_sub(start);
        let ty = match &typed.ty {
            Ty::List { element, low, high } => {
                Ty::List { element: element.clone(), low: left(*low), high: left(*high) }
            }
            Ty::Text(size) => {
                let chars = left(size.chars);
                let bytes = chars.saturating_mul(4).min(size.bytes);
                // What is kept is counted again when it is made.
                Ty::Text(TextSize { tokens: size.tokens.min(bytes), chars, bytes })
            }
            Ty::Unknown | Ty::Never => return Typed::unknown(),
            other => return self.not_a(&other.clone(), value.span, "a list or a text"),
        };
        Typed::new(Expr::Slice { value: Box::new(typed.expr), from: start, to: end }, ty)
    }

    /// A position of a slice: absent is fine, a wrong one is not.
    fn bound(&mut self, literal: Option<&Literal>) -> Option<Option<u64>> {
        let Some(literal) = literal else { return Some(None) };
        if literal.kind == LiteralKind::Error {
            return None;
        }
        self.checker.count(literal, 0..=super::caps::MOST).map(Some)
    }

    /// Says that a value is something else than what stands here.
    pub(super) fn not_a(&mut self, ty: &Ty, span: Span, wanted: &str) -> Typed {
        if !matches!(ty, Ty::Unknown | Ty::Never) {
            let shown = self.checker.show(ty);
            let message = format!("{wanted} is wanted, and this is `{shown}`");
            self.checker.error(code::E0401, span, message, format!("this is `{shown}`"));
        }
        Typed::unknown()
    }

    fn cut(&mut self, value: &syntax::Expr, cap: &Literal) -> Typed {
        let typed = self.expr(value, Want::Any);
        let Some(size) = self.checker.text_size(cap) else { return Typed::unknown() };
        match typed.ty {
            Ty::Text(whole) => {
                let size = size.and(whole);
                Typed::new(Expr::Cut(Box::new(typed.expr), size), Ty::Text(size))
            }
            Ty::List { .. } => {
                let shown = self.checker.show(&typed.ty);
                let text = self.checker.text(value.span);
                let diagnostic =
                    Diagnostic::error(code::E0401, value.span, format!("a text is wanted, and this is `{shown}`"))
                        .label("`cut` keeps the head of a text")
                        .help(format!("`{text}[..3]` keeps the first three elements of a list"));
                self.checker.say(diagnostic);
                Typed::unknown()
            }
            other => self.not_a(&other, value.span, "a text"),
        }
    }

    /// The declaration of a name that stands where something is called, used as a tier, and so on.
    pub(super) fn decl(&mut self, name: &Name, extra: &[&str]) -> Option<Decl> {
        self.checker.decl(name, self.file, extra)
    }
}

/// How a value that is too large is made to fit; `{}` stands for it.
fn repair(found: &Ty, wanted: &Ty) -> Option<String> {
    match (found, wanted) {
        (found, Ty::Optional(wanted)) => repair(found, wanted),
        (Ty::Text(_), Ty::Text(size)) => Some(format!("{{}} cut {}", size.show())),
        (Ty::List { element, low, .. }, Ty::List { element: wanted, low: least, high }) => {
            (low >= least && types::fits(element, wanted)).then(|| format!("{{}}[..{high}]"))
        }
        (Ty::Int { high, low }, Ty::Int { high: most, low: least }) => match (low < least, high > most) {
            (false, _) => Some(format!("min({{}}, {most})")),
            (true, false) => Some(format!("max({{}}, {least})")),
            (true, true) => Some(format!("max(min({{}}, {most}), {least})")),
        },
        (Ty::Usd { .. }, Ty::Usd { most }) => Some(format!("min({{}}, {})", types::dollars(*most))),
        _ => None,
    }
}

/// Whether a word can stand behind an expression without parentheses around it.
fn is_simple(expr: &syntax::Expr) -> bool {
    matches!(
        expr.kind,
        ExprKind::Literal(_) | ExprKind::Name(_) | ExprKind::ItField(_) | ExprKind::Field(..) | ExprKind::Call { .. }
    )
}
