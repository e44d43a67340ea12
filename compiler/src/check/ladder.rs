//! Who answers: ladders, and routes, which are put in the place where they are asked.

use super::Checker;
use super::control::value_body;
use super::items::{Decl, Signature};
use super::lower::{Lower, Want, Within};
use super::matching::Covered;
use super::pattern::Asks;
use super::ty::DEEPEST;
use super::values::{size, substitute};
use crate::catalogue::Kind;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::check as code;
use crate::program::{Expr, Ladder, Literal, Node, NodeKind, Slot, TierId, Ty};
use crate::source::Span;
use crate::syntax::{self, Name, Pattern, RouteDecl};

/// The most arms and parts of conditions that a ladder may have once its routes are put in their places.
const HEAVIEST: usize = 20_000;

/// A route while it is checked.
pub(super) struct RouteState<'a> {
    pub(super) decl: &'a RouteDecl,
    pub(super) file: usize,
    pub(super) signature: Option<Signature>,
    progress: Progress,
}

enum Progress {
    Waiting,
    /// It is being lowered; whoever asks it now asks it from within itself.
    Open,
    /// Its ladder over the slots of its parameters.
    Done(Vec<Slot>, Ladder, Vec<Node>),
}

impl<'a> RouteState<'a> {
    pub(super) fn new(decl: &'a RouteDecl, file: usize) -> Self {
        RouteState { decl, file, signature: None, progress: Progress::Waiting }
    }
}

impl<'a> Checker<'a> {
    /// Lowers every route.
    pub(super) fn check_routes(&mut self) {
        for index in 0..self.items.routes.len() {
            self.route(index);
        }
    }

    /// The ladder of a route over the slots of its parameters; routes are lowered on first use.
    fn route(&mut self, index: usize) -> Option<(Vec<Slot>, Ladder, Vec<Node>)> {
        let route = self.items.routes.get_mut(index)?;
        match &route.progress {
            Progress::Done(slots, ladder, asks) => return Some((slots.clone(), ladder.clone(), asks.clone())),
            Progress::Open => return None,
            Progress::Waiting => route.progress = Progress::Open,
        }
        let (decl, file) = (route.decl, route.file);
        if self.items.depth >= DEEPEST {
            let message = format!("`{}` is the last of more than {DEEPEST} routes that ask each other", decl.name.text);
            self.error(code::E0505, decl.name.span, message, "too long a way to an answer");
            return None;
        }
        self.items.depth += 1;
        let mut lower = Lower::new(self, file, Decl::Route(index), Within::Ladder);
        let params = lower.params(&decl.params);
        let ladder = lower.route_arms(decl);
        let asks = std::mem::take(&mut lower.asks);
        let slots: Vec<Slot> = params.iter().map(|param| param.slot).collect();
        self.items.depth -= 1;
        self.items.routes.get_mut(index)?.progress = Progress::Done(slots.clone(), ladder.clone(), asks.clone());
        Some((slots, ladder, asks))
    }
}

impl<'a> Lower<'_, 'a> {
    fn route_arms(&mut self, decl: &RouteDecl) -> Ladder {
        let mut arms: Vec<(Option<Expr>, Ladder)> = Vec::new();
        let mut last: Option<Span> = None;
        for arm in &decl.arms {
            if let Some(last) = last {
                let diagnostic = Diagnostic::error(code::E0407, arm.span, "nothing is left for this arm")
                    .label("never chosen")
                    .label_at(last, "all of it is taken here");
                self.checker.say(diagnostic);
            }
            let when = arm.when.as_ref().map(|when| self.condition(when));
            if when.is_none() {
                last = last.or(Some(arm.span));
            }
            let ladder = self.ladder(&arm.ladder);
            arms.push((when, ladder));
        }
        if last.is_none() {
            let diagnostic = Diagnostic::error(
                code::E0605,
                decl.name.span,
                format!("`{}` can end without an answer", decl.name.text),
            )
            .label("its last arm is not `_`")
            .help("end with `_ => …`");
            self.checker.say(diagnostic);
        }
        Ladder::Choose(arms)
    }

    /// Lowers who answers.
    pub(super) fn ladder(&mut self, ladder: &syntax::Ladder) -> Ladder {
        match ladder {
            syntax::Ladder::Rungs(names) => self.rungs(names),
            syntax::Ladder::Route { name, args } => self.ask_route(name, args),
            syntax::Ladder::Match { value, arms, span } => self.match_ladder(value, arms, *span),
            syntax::Ladder::Error => Ladder::Rungs(Vec::new()),
        }
    }

    fn rungs(&mut self, names: &[Name]) -> Ladder {
        let mut rungs: Vec<TierId> = Vec::new();
        for name in names {
            if let ([only], Some(Decl::Route(_))) = (names, self.known(name)) {
                return self.ask_route(only, &[]);
            }
            rungs.extend(self.tier_named(name, Kind::Chat));
        }
        Ladder::Rungs(rungs)
    }

    fn known(&self, name: &Name) -> Option<Decl> {
        match self.checker.find(&name.text, self.file) {
            super::items::Found::Decl(decl) => Some(decl),
            super::items::Found::Broken | super::items::Found::Nothing => None,
        }
    }

    fn ask_route(&mut self, name: &Name, args: &[syntax::Expr]) -> Ladder {
        let nothing = Ladder::Rungs(Vec::new());
        let Some(decl) = self.decl(name, &[]) else {
            self.only_args(args);
            return nothing;
        };
        let Decl::Route(index) = decl else {
            if let (Decl::Tier(_), []) = (decl, args) {
                return self.rungs(std::slice::from_ref(name));
            }
            self.checker.wrong_kind(name, decl, "a route");
            return nothing;
        };
        self.note_call(Decl::Route(index), name.span);
        let signature = self.checker.items.routes.get(index).and_then(|route| route.signature.clone());
        let Some(signature) = signature else { return nothing };
        let args = self.args(&signature, args, name.span);
        let Some((slots, mut ladder, asks)) = self.checker.route(index) else { return nothing };
        let mut names: Vec<(Slot, Expr)> = slots.into_iter().zip(args).collect();
        for ask in asks {
            let slot = self.ask_again(ask.kind, &names, name.span);
            names.push((ask.slot, Expr::Slot(slot)));
        }
        self.put(&mut ladder, &mut names);
        if weight(&ladder) > HEAVIEST {
            let message = format!("`{}` asks too much, what its routes ask included", name.text);
            self.checker.error(code::E0505, name.span, message, "too many ways to be counted");
            return nothing;
        }
        ladder
    }

    /// A question of a route, with the arguments at hand.
    fn ask_again(&mut self, mut kind: NodeKind, names: &[(Slot, Expr)], span: Span) -> Slot {
        let put = |expr: &mut Expr| {
            substitute(expr, &mut |slot| names.iter().find(|(known, _)| *known == slot).map(|(_, expr)| expr.clone()));
        };
        match &mut kind {
            NodeKind::Step(_, args) => args.iter_mut().for_each(put),
            NodeKind::Embedding(_, text) => put(text),
            _ => {}
        }
        self.ask(span, kind)
    }

    /// Puts arguments in the place of parameters, and new slots in the place of elements.
    fn put(&mut self, ladder: &mut Ladder, names: &mut Vec<(Slot, Expr)>) {
        let Ladder::Choose(arms) = ladder else { return };
        for (when, ladder) in arms {
            if let Some(when) = when {
                let mut elements = Vec::new();
                substitute(when, &mut |slot| {
                    if !names.iter().any(|(known, _)| *known == slot) {
                        elements.push(slot);
                    }
                    None
                });
                for element in elements {
                    if !names.iter().any(|(known, _)| *known == element) {
                        let fresh = self.slot();
                        names.push((element, Expr::Slot(fresh)));
                    }
                }
                substitute(when, &mut |slot| {
                    names.iter().find(|(known, _)| *known == slot).map(|(_, expr)| expr.clone())
                });
            }
            self.put(ladder, names);
        }
    }

    fn match_ladder(&mut self, value: &syntax::Expr, arms: &[(Pattern, syntax::Ladder)], span: Span) -> Ladder {
        let looked_at = self.expr(value, Want::Any);
        if size(&looked_at.expr) > 64 {
            self.checker.error(
                code::E0708,
                value.span,
                "this is too long to be looked at here",
                "give it a shorter form",
            );
            return Ladder::Rungs(Vec::new());
        }
        let mut covered = Covered::new(looked_at.ty.clone());
        let mut lowered: Vec<(Option<Expr>, Ladder)> = Vec::new();
        for (pattern, ladder) in arms {
            let asks = self.asks(pattern, &looked_at.ty, value.span);
            let fresh = self.cover(&mut covered, pattern, &asks, value.span);
            let ladder = self.ladder(ladder);
            let when = match asks {
                Asks::Test(test) => Some(Expr::Is(Box::new(looked_at.expr.clone()), test)),
                Asks::Nothing | Asks::Unknown => None,
            };
            if fresh {
                lowered.push((when, ladder));
            }
        }
        self.expect_whole(&covered, value, span, None);
        if let (Some((when, _)), true) = (lowered.last_mut(), covered.is_whole(self)) {
            *when = None;
        }
        Ladder::Choose(lowered)
    }

    /// `accept` of a step, or the condition of a gate.
    pub(super) fn question(&mut self, within: Within, expr: &syntax::Expr) -> crate::program::Body {
        let before = std::mem::replace(&mut self.within, within);
        let (body, ty) = self.body(|lower| {
            let value = lower.condition(expr);
            super::lower::Typed::new(value, Ty::Bool)
        });
        self.within = before;
        if ty == Ty::Never { value_body(Expr::Literal(Literal::Bool(true))) } else { body }
    }
}

/// The arms of a ladder and the parts of their conditions.
fn weight(ladder: &Ladder) -> usize {
    let condition = |when: &Option<Expr>| when.as_ref().map_or(0, size);
    match ladder {
        Ladder::Rungs(_) => 1,
        Ladder::Choose(arms) => arms.iter().map(|(when, ladder)| condition(when) + weight(ladder)).sum(),
    }
}
