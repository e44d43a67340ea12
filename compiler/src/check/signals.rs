//! What a route may look at beside its parameters: the request, the caller, how tiers and ceilings do, and classifiers, which
//! are asked once before the ladder is chosen.

use super::items::Decl;
use super::lower::{Lower, Typed, Within};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::check as code;
use crate::program::{
    self, Asks, Body, CeilingId, Expr, Literal, Node, NodeKind, Operator, Signal, Slot, Test, TextSize, Ty,
};
use crate::source::Span;
use crate::syntax::{self, ExprKind, Name};
use crate::types;

/// More milliseconds than any attempt takes.
const LONGEST_LATENCY: i64 = 1_000_000_000_000;

impl Lower<'_, '_> {
    /// `caller.tier`, where `caller` is nothing else.
    pub(super) fn caller(&mut self, owner: &Name, field: &Name) -> Option<Typed> {
        if owner.text != "caller" || self.is_known(owner) {
            return None;
        }
        if self.within != Within::Ladder {
            self.out_of_place(owner.span, "caller");
            return Some(Typed::unknown());
        }
        let ty = types::optional(Ty::Text(TextSize::of_ascii(program::LONGEST_FACT)));
        Some(self.narrowed(Typed::new(Expr::Caller(field.text.clone()), ty)))
    }

    fn is_known(&mut self, name: &Name) -> bool {
        self.find_local(&name.text).is_some()
            || !matches!(self.checker.find(&name.text, self.file), super::items::Found::Nothing)
    }

    fn out_of_place(&mut self, span: Span, word: &str) {
        let message = format!("`{word}` is known where a model is chosen");
        let diagnostic = Diagnostic::error(code::E0626, span, message).label("not known here");
        self.checker.say(diagnostic.help("look at it in a `route`, or in `on match …` of a step"));
    }

    /// `failing(small)`, `latency(small)`, `spent(support)`, `left(support)`; `None` for other names.
    pub(super) fn signal_call(&mut self, name: &Name, args: &[syntax::Expr], span: Span) -> Option<Typed> {
        let word = name.text.as_str();
        if !matches!(word, "failing" | "latency" | "spent" | "left") {
            if word == "risk" && self.within == Within::Ladder {
                return Some(self.no_classifier(name));
            }
            return None;
        }
        if self.within != Within::Ladder {
            self.out_of_place(name.span, word);
            return Some(Typed::unknown());
        }
        let of_tier = matches!(word, "failing" | "latency");
        let what = if of_tier { "a tier" } else { "a ceiling" };
        let [syntax::Expr { kind: ExprKind::Name(of), .. }] = args else {
            let message = format!("`{word}` takes the name of {what}");
            self.checker.error(code::E0404, span, message, "called here");
            return Some(Typed::unknown());
        };
        let signal = match (self.decl(of, &[]), word) {
            (Some(Decl::Tier(index)), "failing" | "latency") => {
                let tier = self.checker.any_tier(index, of.span);
                let Some(tier) = tier else { return Some(Typed::unknown()) };
                if word == "failing" { Signal::Failing(tier) } else { Signal::Latency(tier) }
            }
            (Some(Decl::Ceiling(id)), "spent" | "left") => ceiling_signal(word, id),
            (Some(other), _) => {
                self.checker.wrong_kind(of, other, what);
                return Some(Typed::unknown());
            }
            (None, _) => return Some(Typed::unknown()),
        };
        let ty = if word == "latency" { Ty::Int { low: 0, high: LONGEST_LATENCY } } else { Ty::Score };
        Some(Typed::new(Expr::Signal(signal), ty))
    }

    fn no_classifier(&mut self, name: &Name) -> Typed {
        let message = format!("`{}` is no step", name.text);
        let diagnostic = Diagnostic::error(code::E0403, name.span, message).label("nothing here has this name");
        let help =
            format!("declare the classifier that is asked: `step {}(text: Text<=200tok) -> Bool {{ … }}`", name.text);
        self.checker.say(diagnostic.help(help));
        Typed::unknown()
    }

    /// A classifier that a ladder asks: a node of its own, once for equal arguments.
    pub(super) fn asked(&mut self, span: Span, kind: NodeKind, ty: Ty) -> Typed {
        if !matches!(ty, Ty::Bool | Ty::Enum(_) | Ty::Score | Ty::Int { .. } | Ty::Unknown) {
            let shown = self.checker.show(&ty);
            let message = format!("a `{shown}` decides nothing");
            let diagnostic = Diagnostic::error(code::E0628, span, message).label("asked to choose a model");
            self.checker.say(diagnostic.help("a route asks for a `Bool`, an enum, a `Score` or an `Int`"));
            return Typed::unknown();
        }
        Typed::new(Expr::Slot(self.ask(span, kind)), ty)
    }

    /// The slot of the answer to a question of the ladder.
    pub(super) fn ask(&mut self, span: Span, kind: NodeKind) -> Slot {
        if let Some(known) = self.asks.iter().find(|known| known.kind == kind) {
            return known.slot;
        }
        let slot = self.slot();
        let place = self.checker.place(span);
        self.asks.push(Node { slot, name: None, needs: Vec::new(), place, kind });
        slot
    }

    /// What the ladder asks, as a body of its own.
    pub(super) fn take_asks(&mut self) -> Option<Asks> {
        let mut nodes = std::mem::take(&mut self.asks);
        if nodes.is_empty() {
            return None;
        }
        super::needs::order(&mut nodes);
        let into: Vec<_> = nodes.iter().map(|node| node.slot).collect();
        let value = Expr::List(into.iter().map(|slot| Expr::Slot(*slot)).collect());
        Some(Asks { body: Body { nodes, value }, into })
    }

    /// Whether a comparison looks at how long a tier takes: then a time is a value. Says where it is compared with another.
    pub(super) fn compares_times(&mut self, left: &syntax::Expr, right: &syntax::Expr) -> bool {
        let (first, second) = (is_latency(left), is_latency(right));
        if self.within != Within::Ladder || !first && !second {
            return false;
        }
        for side in [left, right] {
            let time = matches!(&side.kind, ExprKind::Literal(literal) if super::literal::is_time(literal));
            if !time && !is_latency(side) && !matches!(side.kind, ExprKind::Error) {
                let message = format!("`latency` is compared with a time, not with `{}`", self.checker.text(side.span));
                let problem = Diagnostic::error(code::E0410, side.span, message).label("a time stands here");
                self.checker.say(problem.help("write a time with its unit: `latency(small) > 2s`"));
            }
        }
        true
    }

    /// Where a comparison would hold because a fact about the caller is not known, it does not.
    pub(super) fn known_caller(&self, parts: [&Expr; 2], holds: Expr) -> Expr {
        let mut known = holds;
        for part in parts {
            if let Expr::Caller(_) = part {
                let is_null = Expr::Is(Box::new(part.clone()), Test::Literal(Literal::Null));
                known = Expr::Binary(Operator::And, Box::new(Expr::Not(Box::new(is_null))), Box::new(known));
            }
        }
        known
    }
}

fn ceiling_signal(word: &str, id: CeilingId) -> Signal {
    if word == "spent" { Signal::Spent(id) } else { Signal::Left(id) }
}

fn is_latency(expr: &syntax::Expr) -> bool {
    matches!(&expr.kind, ExprKind::Call { name, .. } if name.text == "latency")
}
