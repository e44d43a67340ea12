//! Control: `if`, `else`, `when`, and the words that leave: `return`, `break`, `skip`, `escalate`.

use super::lower::{Lower, Typed, Want, Within};
use super::pattern::Narrowing;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::check as code;
use crate::program::{Arm, Body, Expr, Leave, Literal, NodeKind, TextSize, Ty};
use crate::source::Span;
use crate::syntax::{self, Block, ExprKind, LiteralKind};
use crate::types;

/// The longest reason of an `escalate`.
const REASON: u64 = 1_000_000;

/// A body that does nothing and has a value.
pub(super) fn value_body(value: Expr) -> Body {
    Body { nodes: Vec::new(), value }
}

/// The type of a choice: the smallest that has room for every arm, after saying where there is none.
pub(super) fn arms_type<'t>(
    lower: &mut Lower<'_, '_>,
    arms: impl Iterator<Item = (&'t Ty, Span)>,
    want: Want<'_>,
) -> Ty {
    let mut joined = Ty::Never;
    let mut first: Option<Span> = None;
    for (ty, span) in arms {
        let next = if matches!(want, Want::Nothing) && *ty != Ty::Never { &Ty::Null } else { ty };
        match types::join(&joined, next) {
            Some(ty) => joined = ty,
            None => {
                lower.say_branches(first.unwrap_or(span), &joined, span, next);
                return Ty::Unknown;
            }
        }
        if *ty != Ty::Never {
            first = first.or(Some(span));
        }
    }
    joined
}

/// The arms of a body that is nothing but a choice, as that of `else if`: they become arms of the choice around it.
fn only_choice(mut body: Body) -> Result<Vec<Arm>, Body> {
    let is_its_value =
        |slot| matches!(&body.value, Expr::Slot(of) if *of == slot) || body.value == Expr::Literal(Literal::Null);
    match body.nodes.as_slice() {
        [node] if matches!(node.kind, NodeKind::Choose(_)) && is_its_value(node.slot) => {}
        _ => return Err(body),
    }
    match body.nodes.pop().map(|node| node.kind) {
        Some(NodeKind::Choose(mut arms)) => {
            if body.value == Expr::Literal(Literal::Null) {
                arms.iter_mut().for_each(|arm| arm.body.value = Expr::Literal(Literal::Null));
            }
            Ok(arms)
        }
        _ => Err(body),
    }
}

/// The choice as an expression, where every arm is one.
pub(super) fn pure_choice(arms: &[Arm]) -> Option<Expr> {
    if arms.iter().any(|arm| !arm.body.nodes.is_empty()) || arms.last()?.when.is_some() {
        return None;
    }
    let value = |arm: &Arm| {
        let mut value = arm.body.value.clone();
        super::values::substitute(&mut value, &mut |slot| {
            arm.binds.iter().find(|(bound, _)| *bound == slot).map(|(_, expr)| expr.clone())
        });
        value
    };
    let mut choice = value(arms.last()?);
    for arm in arms.iter().rev().skip(1) {
        choice = Expr::If(Box::new(arm.when.clone()?), Box::new(value(arm)), Box::new(choice));
    }
    Some(choice)
}

impl<'a> Lower<'_, 'a> {
    /// `if c { … } else { … }`
    pub(super) fn choose(
        &mut self,
        condition: &syntax::Expr,
        then: &Block,
        otherwise: Option<&syntax::Expr>,
        span: Span,
        want: Want<'_>,
    ) -> Typed {
        let condition = self.condition(condition);
        let holds = self.narrowings(&condition, Narrowing::Holds);
        let fails = self.narrowings(&condition, Narrowing::Fails);
        let (then_body, then_ty) = self.branch(|lower| {
            lower.known.extend(holds);
            lower.block(then, want)
        });
        let mut arms = vec![Arm { when: Some(condition), binds: Vec::new(), body: then_body }];
        let Some(otherwise) = otherwise else {
            if then_ty == Ty::Never {
                // What follows is reached only where the condition does not hold.
                self.known.extend(fails);
                self.node(span, NodeKind::Choose(arms), Ty::Null);
                return Typed::null(Ty::Null);
            }
            let ty = if matches!(want, Want::Nothing) { Ty::Null } else { types::optional(then_ty) };
            arms.push(Arm { when: None, binds: Vec::new(), body: value_body(Expr::Literal(Literal::Null)) });
            return self.chosen(span, arms, ty, want);
        };
        let hint = then_ty.clone();
        let inner = match want {
            Want::Any if !matches!(hint, Ty::Never | Ty::Null) => Want::Like(&hint),
            want => want,
        };
        let (else_body, else_ty) = self.branch(|lower| {
            lower.known.extend(fails);
            lower.expr(otherwise, inner)
        });
        match only_choice(else_body) {
            Ok(others) => arms.extend(others),
            Err(body) => arms.push(Arm { when: None, binds: Vec::new(), body }),
        }
        let ty = arms_type(self, [(&then_ty, then.span), (&else_ty, otherwise.span)].into_iter(), want);
        self.chosen(span, arms, ty, want)
    }

    fn chosen(&mut self, span: Span, arms: Vec<Arm>, ty: Ty, want: Want<'_>) -> Typed {
        match pure_choice(&arms) {
            Some(expr) => Typed::new(expr, ty),
            None => self.finish_choice(span, arms, ty, want),
        }
    }

    /// A choice with effects becomes a node.
    pub(super) fn finish_choice(&mut self, span: Span, mut arms: Vec<Arm>, ty: Ty, want: Want<'_>) -> Typed {
        if matches!(want, Want::Nothing) {
            arms.iter_mut().for_each(|arm| arm.body.value = Expr::Literal(Literal::Null));
        }
        if arms.iter().all(|arm| arm.body.nodes.is_empty()) && ty == Ty::Unknown {
            return Typed::unknown();
        }
        let node = self.node(span, NodeKind::Choose(arms), ty);
        if node.ty == Ty::Never { self.leave() } else { node }
    }

    /// Says that branches have types that do not go together.
    pub(super) fn say_branches(&mut self, first: Span, a: &Ty, second: Span, b: &Ty) {
        let (a, b) = (self.checker.show(a), self.checker.show(b));
        let message = format!("one way gives `{a}`, another one `{b}`");
        let diagnostic = Diagnostic::error(code::E0401, second, message)
            .label(format!("this is `{b}`"))
            .label_at(first, format!("this is `{a}`"));
        self.checker.say(diagnostic);
    }

    /// `x else y`
    pub(super) fn attempt(
        &mut self,
        attempt: &syntax::Expr,
        handler: &syntax::Expr,
        span: Span,
        want: Want<'_>,
    ) -> Typed {
        if !self.allows_effect(span) {
            return Typed::unknown();
        }
        // What is attempted always happens: it is no branch.
        let (body, ty) = self.body(|lower| lower.expr(attempt, want));
        let hint = ty.clone();
        let inner = match want {
            Want::Any if !matches!(hint, Ty::Never | Ty::Null) => Want::Like(&hint),
            want => want,
        };
        let (handler_body, handler_ty) = self.branch(|lower| lower.expr(handler, inner));
        let joined = arms_type(self, [(&ty, attempt.span), (&handler_ty, handler.span)].into_iter(), want);
        let (mut body, mut handler_body) = (body, handler_body);
        if matches!(want, Want::Nothing) {
            body.value = Expr::Literal(Literal::Null);
            handler_body.value = Expr::Literal(Literal::Null);
        }
        let node = self.node(span, NodeKind::Attempt { body, handler: handler_body }, joined);
        if node.ty == Ty::Never { self.leave() } else { node }
    }

    /// `search(q) when c else []`
    pub(super) fn when(
        &mut self,
        call: &syntax::Expr,
        condition: &syntax::Expr,
        otherwise: &syntax::Expr,
        span: Span,
        want: Want<'_>,
    ) -> Typed {
        let condition = self.condition(condition);
        let holds = self.narrowings(&condition, Narrowing::Holds);
        let (body, ty) = self.branch(|lower| {
            lower.known.extend(holds);
            lower.expr(call, want)
        });
        let hint = ty.clone();
        let (else_body, else_ty) = self.branch(|lower| lower.expr(otherwise, Want::Like(&hint)));
        let joined = arms_type(self, [(&ty, call.span), (&else_ty, otherwise.span)].into_iter(), want);
        let arms = vec![
            Arm { when: Some(condition), binds: Vec::new(), body },
            Arm { when: None, binds: Vec::new(), body: else_body },
        ];
        self.chosen(span, arms, joined, want)
    }

    /// `check c else y`
    pub(super) fn check(&mut self, condition: &syntax::Expr, otherwise: &syntax::Expr, span: Span) {
        let condition = self.condition(condition);
        let holds = self.narrowings(&condition, Narrowing::Holds);
        let fails = self.narrowings(&condition, Narrowing::Fails);
        let (mut body, ty) = self.branch(|lower| {
            lower.known.extend(fails);
            lower.expr(otherwise, Want::Nothing)
        });
        if !matches!(ty, Ty::Never | Ty::Unknown) {
            let diagnostic = Diagnostic::error(code::E0711, otherwise.span, "what stands behind this `else` goes on")
                .label("it has to leave");
            self.checker.say(diagnostic.help(self.way_out(otherwise)));
        }
        body.value = Expr::Literal(Literal::Null);
        let when = Expr::Not(Box::new(condition));
        self.node(span, NodeKind::Choose(vec![Arm { when: Some(when), binds: Vec::new(), body }]), Ty::Null);
        self.known.extend(holds);
    }

    /// What to write where a `check` goes on: the value that stands there is returned, where it is not the reason of an end.
    fn way_out(&self, otherwise: &syntax::Expr) -> String {
        let written = self.checker.text(otherwise.span);
        let is_text =
            matches!(&otherwise.kind, ExprKind::Literal(literal) if matches!(literal.kind, LiteralKind::Text(_)));
        match written.contains('\n') || written.len() > 40 {
            true => "write `else return …`, or `else escalate(\"reason\")`".to_owned(),
            false if is_text => format!("write `else escalate({written})`, or `else return {written}`"),
            false => format!("write `else return {written}`, or `else escalate(\"reason\")`"),
        }
    }

    /// `escalate("reason", to: "role")`
    pub(super) fn escalate(&mut self, reason: &syntax::Expr, to: Option<&syntax::Expr>, span: Span) -> Typed {
        let any = TextSize { tokens: REASON, chars: REASON, bytes: REASON };
        let reason = self.expect(reason, &Ty::Text(any), None);
        let to = to.and_then(|to| self.role(to));
        self.signal_out(span, Leave::Escalate { reason, to })
    }

    fn role(&mut self, to: &syntax::Expr) -> Option<String> {
        match &to.kind {
            ExprKind::Literal(literal) => match &literal.kind {
                LiteralKind::Text(text) => Some(text.clone()),
                LiteralKind::Error => None,
                _ => self.no_role(to.span),
            },
            ExprKind::Error => None,
            _ => self.no_role(to.span),
        }
    }

    fn no_role(&mut self, span: Span) -> Option<String> {
        self.checker.error(code::E0705, span, "a role is a text in quotes", "who is asked is known before the run");
        None
    }

    /// `skip`
    pub(super) fn skip(&mut self, span: Span) -> Typed {
        if self.within == Within::Flow && self.eaches == 0 {
            self.checker.error(code::E0704, span, "`skip` outside of `each`", "no element is at hand here");
            return Typed::null(Ty::Never);
        }
        self.signal_out(span, Leave::Skip)
    }

    /// `break`
    pub(super) fn leave_loop(&mut self, span: Span) -> Typed {
        if self.within == Within::Flow && !self.in_loop {
            let diagnostic =
                Diagnostic::error(code::E0703, span, "`break` outside of `loop`").label("no loop to leave here");
            self.checker.say(if self.eaches > 0 {
                diagnostic.help("`skip` drops the element of an `each`")
            } else {
                diagnostic
            });
            return Typed::null(Ty::Never);
        }
        self.signal_out(span, Leave::Break)
    }

    /// `return x`
    pub(super) fn give_back(&mut self, value: Option<&syntax::Expr>, span: Span) -> Typed {
        let wanted = self.result.clone();
        let value = match value {
            Some(value) if self.within == Within::Flow && wanted == Ty::Null => self.give_back_nothing(value),
            Some(value) if self.within == Within::Flow => self.expect(value, &wanted, None),
            Some(value) => self.expr(value, Want::Any).expr,
            None => {
                if self.within == Within::Flow && !types::fits(&Ty::Null, &wanted) {
                    let shown = self.checker.show(&wanted);
                    let message = format!("this flow returns `{shown}`");
                    let problem = Diagnostic::error(code::E0709, span, message).label("no value is returned here");
                    self.checker.say(problem.help(format!("write `return x`, where `x` is a `{shown}`")));
                }
                Expr::Literal(Literal::Null)
            }
        };
        self.signal_out(span, Leave::Return(value))
    }

    /// `return x` in a flow that says nothing of a result.
    fn give_back_nothing(&mut self, value: &syntax::Expr) -> Expr {
        let typed = self.expr(value, Want::Any);
        if !types::fits(&typed.ty, &Ty::Null) {
            let shown = self.checker.show(&typed.ty);
            let diagnostic =
                Diagnostic::error(code::E0401, value.span, "this flow does not say that it returns something")
                    .label(format!("this is `{shown}`"))
                    .help(format!("write `-> {shown}` behind its parameters"));
            self.checker.say(diagnostic);
        }
        typed.expr
    }

    fn signal_out(&mut self, span: Span, leave: Leave) -> Typed {
        if self.within != Within::Flow || self.pure.is_some() {
            let message = "only a flow can be left here";
            self.checker.error(code::E0705, span, message, "this is no statement of a flow");
            return Typed::null(Ty::Never);
        }
        self.node(span, NodeKind::Signal(leave), Ty::Never);
        self.leave()
    }
}
