//! The functions of the language. In: a call of one. Out: an expression with its size.

use super::call::{are, arguments};
use super::lower::{Lower, Typed, Want, Within};
use super::pattern::not_null;
use crate::diagnostic::code::check as code;
use crate::diagnostic::{Diagnostic, nearest};
use crate::program::{Builtin, Expr, Quantifier, TextSize, Ty};
use crate::source::Span;
use crate::syntax::{self, ExprKind, LiteralKind, Name};
use crate::types::{self, rendered};

/// Every function, in the order of the manual.
pub(super) const NAMES: [&str; 19] = [
    "len",
    "empty",
    "join",
    "contains",
    "lower",
    "upper",
    "trim",
    "first",
    "last",
    "sum",
    "min",
    "max",
    "similarity",
    "text",
    "all",
    "any",
    "count",
    "seen",
    "env",
];

/// What a change of case can make of a text: this many times its size.
const CASE: u64 = 3;

impl Lower<'_, '_> {
    pub(super) fn builtin(&mut self, name: &Name, args: &[syntax::Expr], span: Span, want: Want<'_>) -> Typed {
        let count = match name.text.as_str() {
            "join" | "contains" | "min" | "max" | "similarity" | "all" | "any" | "count" => 2,
            "len" | "empty" | "lower" | "upper" | "trim" | "first" | "last" | "sum" | "text" | "seen" | "env" => 1,
            _ => return self.unknown_function(name, args),
        };
        if args.len() != count {
            let message = format!("`{}` takes {}, and {} given", name.text, arguments(count), are(args.len()));
            self.checker.error(code::E0404, span, message, "called here");
            return Typed::unknown();
        }
        let (Some(first), second) = (args.first(), args.get(1).or(args.first())) else { return Typed::unknown() };
        let second = second.unwrap_or(first);
        match name.text.as_str() {
            "len" => self.length(first),
            "empty" => self.empty(first),
            "join" => self.join(first, second),
            "contains" => self.contains(first, second),
            "lower" => self.cased(Builtin::Lower, first),
            "upper" => self.cased(Builtin::Upper, first),
            "trim" => self.trim(first),
            "first" => self.end(Builtin::First, first),
            "last" => self.end(Builtin::Last, first),
            "sum" => self.sum(first),
            "min" => self.extreme(Builtin::Min, first, second, want, span),
            "max" => self.extreme(Builtin::Max, first, second, want, span),
            "similarity" => self.similarity(first, second),
            "text" => self.as_text(first, span),
            "all" => self.quantify(Quantifier::All, first, second),
            "any" => self.quantify(Quantifier::Any, first, second),
            "count" => self.quantify(Quantifier::Count, first, second),
            "seen" => self.seen(first, span),
            _ => self.env(first, span),
        }
    }

    fn unknown_function(&mut self, name: &Name, args: &[syntax::Expr]) -> Typed {
        if self.find_local(&name.text).is_some() {
            let message = format!("`{}` is a value and cannot be called", name.text);
            self.checker.error(code::E0403, name.span, message, "called here");
            return self.only_args(args);
        }
        if self.checker.says_foreign_value(name) {
            return self.only_args(args);
        }
        const WORDS: [&str; 5] = ["escalate", "classify", "embed", "return", "check"];
        if nearest(&name.text, WORDS).is_some() {
            self.checker.unknown_name(name, self.file, WORDS.into_iter());
            // Their arguments have names and labels that other calls do not have.
            return Typed::unknown();
        }
        let bound: Vec<String> = self.bound_names().map(str::to_owned).collect();
        let near = nearest(&name.text, NAMES);
        match near {
            Some(_) => self.checker.unknown_name(name, self.file, NAMES.into_iter()),
            None => self.checker.unknown_name(name, self.file, bound.iter().map(String::as_str)),
        }
        self.only_args(args)
    }

    /// An argument that has to be a text.
    fn text_arg(&mut self, arg: &syntax::Expr) -> Option<(Expr, TextSize)> {
        let typed = self.expr(arg, Want::Any);
        match typed.ty {
            Ty::Text(size) => Some((typed.expr, size)),
            other => {
                self.not_a(&other, arg.span, "a text");
                None
            }
        }
    }

    /// An argument that has to be a list.
    fn list_arg(&mut self, arg: &syntax::Expr) -> Option<(Expr, Ty, u64, u64)> {
        let typed = self.expr(arg, Want::Any);
        match typed.ty {
            Ty::List { element, low, high } => Some((typed.expr, *element, low, high)),
            other => {
                self.not_a(&other, arg.span, "a list");
                None
            }
        }
    }

    fn length(&mut self, arg: &syntax::Expr) -> Typed {
        let typed = self.expr(arg, Want::Any);
        let (low, high) = match &typed.ty {
            Ty::List { low, high, .. } => (*low, *high),
            Ty::Text(size) => (0, size.chars),
            other => return self.not_a(&other.clone(), arg.span, "a list or a text"),
        };
        let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let ty = Ty::Int { low: number(low), high: number(high) };
        Typed::new(Expr::Builtin(Builtin::Len, vec![typed.expr]), ty)
    }

    fn empty(&mut self, arg: &syntax::Expr) -> Typed {
        let typed = self.expr(arg, Want::Any);
        match &typed.ty {
            Ty::List { .. } | Ty::Text(_) | Ty::Unknown => {
                Typed::new(Expr::Builtin(Builtin::Empty, vec![typed.expr]), Ty::Bool)
            }
            other => self.not_a(&other.clone(), arg.span, "a list or a text"),
        }
    }

    fn join(&mut self, texts: &syntax::Expr, between: &syntax::Expr) -> Typed {
        let list = self.list_arg(texts);
        let between = self.text_arg(between);
        let (Some((list, element, _, high)), Some((between, gap))) = (list, between) else { return Typed::unknown() };
        let size = match &element {
            Ty::Text(size) => *size,
            Ty::Never => TextSize::EMPTY,
            Ty::Unknown => return Typed::unknown(),
            other => {
                let shown = self.checker.show(other);
                let message = format!("`join` takes a list of texts, and this holds `{shown}`");
                self.checker.error(code::E0401, texts.span, message, "not texts");
                return Typed::unknown();
            }
        };
        match joined(size, gap, high) {
            Some(size) => Typed::new(Expr::Builtin(Builtin::Join, vec![list, between]), Ty::Text(size)),
            None => self.overflow(texts.span),
        }
    }

    fn contains(&mut self, text: &syntax::Expr, part: &syntax::Expr) -> Typed {
        let (text, part) = (self.text_arg(text), self.text_arg(part));
        match (text, part) {
            (Some((text, _)), Some((part, _))) => {
                Typed::new(Expr::Builtin(Builtin::Contains, vec![text, part]), Ty::Bool)
            }
            _ => Typed::new(Expr::Literal(crate::program::Literal::Bool(true)), Ty::Bool),
        }
    }

    /// Another case can take more characters (`ß`), bytes and tokens.
    fn cased(&mut self, builtin: Builtin, arg: &syntax::Expr) -> Typed {
        let Some((text, size)) = self.text_arg(arg) else { return Typed::unknown() };
        let larger = |of: u64| of.checked_mul(CASE);
        let (Some(tokens), Some(chars), Some(bytes)) = (larger(size.tokens), larger(size.chars), larger(size.bytes))
        else {
            return self.overflow(arg.span);
        };
        Typed::new(Expr::Builtin(builtin, vec![text]), Ty::Text(TextSize { tokens, chars, bytes }))
    }

    /// What is left can count more tokens only by accident; it is counted again when it is made.
    fn trim(&mut self, arg: &syntax::Expr) -> Typed {
        let Some((text, size)) = self.text_arg(arg) else { return Typed::unknown() };
        Typed::new(Expr::Builtin(Builtin::Trim, vec![text]), Ty::Text(size))
    }

    fn end(&mut self, builtin: Builtin, arg: &syntax::Expr) -> Typed {
        let Some((list, element, low, _)) = self.list_arg(arg) else { return Typed::unknown() };
        let ty = if low > 0 { element } else { types::optional(element) };
        Typed::new(Expr::Builtin(builtin, vec![list]), ty)
    }

    fn sum(&mut self, arg: &syntax::Expr) -> Typed {
        let Some((list, element, low, high)) = self.list_arg(arg) else { return Typed::unknown() };
        let ty = match element {
            Ty::Int { low: least, high: most } => total((least, most), (low, high)),
            Ty::Usd { most } => most.checked_mul(high).map(|most| Ty::Usd { most }),
            Ty::Never => Some(Ty::Int { low: 0, high: 0 }),
            Ty::Unknown => return Typed::unknown(),
            other => {
                let shown = self.checker.show(&other);
                let message = format!("`sum` takes a list of numbers, and this holds `{shown}`");
                let problem = Diagnostic::error(code::E0401, arg.span, message).label("not numbers");
                self.checker.say(match other {
                    Ty::Score => problem.help("count those that matter: `count(xs, .sure >= 0.6) >= 2`"),
                    _ => problem.help("name a field that holds an `Int` or dollars: `sum(xs.amount)`"),
                });
                return Typed::unknown();
            }
        };
        match ty {
            Some(ty) => Typed::new(Expr::Builtin(Builtin::Sum, vec![list]), ty),
            None => self.overflow(arg.span),
        }
    }

    fn extreme(&mut self, builtin: Builtin, a: &syntax::Expr, b: &syntax::Expr, want: Want<'_>, span: Span) -> Typed {
        let want = if matches!(want, Want::Nothing) { Want::Any } else { want };
        let first = self.expr(a, want);
        let second = self.expr(b, Want::Like(&first.ty));
        let least = builtin == Builtin::Min;
        let ty = match (&first.ty, &second.ty) {
            (Ty::Unknown | Ty::Never, _) | (_, Ty::Unknown | Ty::Never) => return Typed::unknown(),
            (Ty::Int { low, high }, Ty::Int { low: other, high: most }) if least => {
                Ty::Int { low: *low.min(other), high: *high.min(most) }
            }
            (Ty::Int { low, high }, Ty::Int { low: other, high: most }) => {
                Ty::Int { low: *low.max(other), high: *high.max(most) }
            }
            (Ty::Usd { most }, Ty::Usd { most: other }) => {
                Ty::Usd { most: if least { *most.min(other) } else { *most.max(other) } }
            }
            (Ty::Score, Ty::Score) => Ty::Score,
            (Ty::Date, Ty::Date) => Ty::Date,
            (a, b) => {
                let (first, second) = (self.checker.show(a), self.checker.show(b));
                let name = if least { "min" } else { "max" };
                let message = format!("`{name}` does not go with `{first}` and `{second}`");
                self.checker.error(code::E0410, span, message, "two numbers, amounts or scores are wanted");
                return Typed::unknown();
            }
        };
        Typed::new(Expr::Builtin(builtin, vec![first.expr, second.expr]), ty)
    }

    fn similarity(&mut self, a: &syntax::Expr, b: &syntax::Expr) -> Typed {
        let first = self.expect(a, &Ty::Vector, None);
        let second = self.expect(b, &Ty::Vector, None);
        Typed::new(Expr::Builtin(Builtin::Similarity, vec![first, second]), Ty::Score)
    }

    fn as_text(&mut self, arg: &syntax::Expr, span: Span) -> Typed {
        let typed = self.expr(arg, Want::Any);
        match &typed.ty {
            Ty::Unknown | Ty::Never => Typed::unknown(),
            Ty::Vector => self.not_a(&Ty::Vector, arg.span, "a value that can be shown"),
            ty => match rendered(ty, &self.checker.program.types) {
                Some(size) => Typed::new(Expr::Builtin(Builtin::Text, vec![typed.expr]), Ty::Text(size)),
                None => self.overflow(span),
            },
        }
    }

    fn quantify(&mut self, quantifier: Quantifier, list: &syntax::Expr, test: &syntax::Expr) -> Typed {
        let listed = self.list_arg(list);
        let (list, item, high) = match listed {
            Some((list, element, _, high)) => (list, element, high),
            None => (Expr::List(Vec::new()), Ty::Unknown, 0),
        };
        let element = self.slot();
        self.bound.insert(element, (item.clone(), false));
        self.it.push(Typed::new(Expr::Slot(element), item));
        let before = self.pure.replace("a question about each element");
        let test = self.condition(test);
        self.pure = before;
        self.it.pop();
        let ty = match quantifier {
            Quantifier::All | Quantifier::Any => Ty::Bool,
            Quantifier::Count => Ty::Int { low: 0, high: i64::try_from(high).unwrap_or(i64::MAX) },
        };
        Typed::new(Expr::Quantify { quantifier, list: Box::new(list), element, test: Box::new(test) }, ty)
    }

    fn seen(&mut self, arg: &syntax::Expr, span: Span) -> Typed {
        let typed = self.expr(arg, Want::Any);
        if self.within != Within::Gate {
            let message = "`seen` asks about the calls of a tool";
            self.checker.error(code::E0609, span, message, "it stands in a `gate`");
        }
        if *not_null(&typed.ty) == Ty::Vector {
            return self.not_a(&typed.ty, arg.span, "a value");
        }
        Typed::new(Expr::Seen(Box::new(typed.expr)), Ty::Bool)
    }

    fn env(&mut self, arg: &syntax::Expr, span: Span) -> Typed {
        let name = match &arg.kind {
            ExprKind::Literal(literal) => match &literal.kind {
                LiteralKind::Text(text) => text.clone(),
                LiteralKind::Error => return Typed::unknown(),
                _ => return self.no_variable(arg.span),
            },
            ExprKind::Error => return Typed::unknown(),
            _ => return self.no_variable(arg.span),
        };
        if self.within != Within::Source {
            let diagnostic = Diagnostic::error(code::E0609, span, "`env` reads the environment of the process")
                .label("it stands in `from` of a tool");
            self.checker.say(diagnostic);
            return Typed::unknown();
        }
        // The environment says how long it is; an address longer than this is refused at run time.
        Typed::new(Expr::Env(name), Ty::Text(TextSize::of_ascii(4096)))
    }

    fn no_variable(&mut self, span: Span) -> Typed {
        self.checker.error(code::E0609, span, "`env` takes the name of a variable in quotes", "known before the run");
        Typed::unknown()
    }
}

/// So many texts with a gap between each two, and a seam of two tokens wherever texts meet.
fn joined(text: TextSize, gap: TextSize, count: u64) -> Option<TextSize> {
    let gaps = count.saturating_sub(1);
    let seams = gaps.checked_mul(if gap == TextSize::EMPTY { 2 } else { 4 })?;
    let sum = |text: u64, gap: u64| text.checked_mul(count)?.checked_add(gap.checked_mul(gaps)?);
    let bytes = sum(text.bytes, gap.bytes)?;
    let tokens = sum(text.tokens, gap.tokens)?.checked_add(seams)?;
    // A text never has more tokens than bytes.
    Some(TextSize { tokens: tokens.min(bytes), chars: sum(text.chars, gap.chars)?, bytes })
}

fn total((least, most): (i64, i64), (low, high): (u64, u64)) -> Option<Ty> {
    let (low, high) = (i64::try_from(low).ok()?, i64::try_from(high).ok()?);
    let ends = [least.checked_mul(low)?, least.checked_mul(high)?, most.checked_mul(low)?, most.checked_mul(high)?];
    Some(Ty::Int { low: ends.into_iter().min()?, high: ends.into_iter().max()? })
}
