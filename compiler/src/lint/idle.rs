//! Words that change nothing: a limit on a call that the call cannot reach, and an `else` behind what cannot fail.

use super::{Linted, bodies, nodes};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::lint::{W1025, W1026};
use crate::program::{Body, Expr, FlowId, Limit, Node, NodeKind, Operator};
use crate::source::Span;

pub(super) fn check(linted: &Linted<'_>, said: &mut Vec<Diagnostic>) {
    for flow in &linted.program.flows {
        nodes(&flow.body, &mut |node| match &node.kind {
            NodeKind::Flow { flow, within, .. } => said.extend(idle_limits(linted, *flow, within)),
            NodeKind::Attempt { body, .. } if !can_fail(body) => said.push(idle_else(linted, node)),
            _ => {}
        });
    }
}

/// `f(x) within calls <= 9`, where `f` makes fewer calls by itself.
fn idle_limits(linted: &Linted<'_>, flow: FlowId, within: &[Limit]) -> Vec<Diagnostic> {
    let bound = linted.ceilings.and_then(|ceilings| ceilings.flows.get(flow.index()));
    let Some((bound, called)) = bound.zip(linted.program.flows.get(flow.index())) else { return Vec::new() };
    let idle = within.iter().filter(|limit| limit.amount > bound.get(limit.dimension));
    let say = |limit: &Limit| {
        let most = limit.dimension.show(bound.get(limit.dimension));
        let message = format!("`{}` is more than `{}` can take", linted.text(limit.place.span), called.name);
        let problem = Diagnostic::warning(W1025, limit.place.span, message).label("tightens nothing");
        problem.help(format!("it takes {most} at most: leave this limit out, or write a smaller one"))
    };
    idle.map(say).collect()
}

/// `x else y`, where nothing in `x` is asked, called or put together.
fn idle_else(linted: &Linted<'_>, node: &Node) -> Diagnostic {
    let whole = node.place.span;
    let text = linted.text(whole);
    let span = match text.rfind(" else ").and_then(|at| u32::try_from(at + 1).ok()) {
        Some(at) => Span { start: whole.start + at, end: whole.start + at + 4, ..whole },
        None => whole,
    };
    let problem = Diagnostic::warning(W1026, span, "what stands before this `else` cannot fail").label("never used");
    problem.help("leave it out; `if x is not null { … } else { … }` asks for a value that may be missing")
}

/// Whether this can fail: something is asked or called, or a text is made that can come out too long.
fn can_fail(body: &Body) -> bool {
    body.nodes.iter().any(|node| match &node.kind {
        NodeKind::Value(value) | NodeKind::Assign(_, value) => makes_text(value),
        NodeKind::Choose(_) | NodeKind::Each { .. } | NodeKind::Loop { .. } => {
            bodies(&node.kind).into_iter().any(can_fail)
        }
        NodeKind::Attempt { handler, .. } => can_fail(handler),
        NodeKind::Signal(_) => false,
        _ => true,
    }) || makes_text(&body.value)
}

/// Whether a value is put together from others, which is then counted again.
fn makes_text(value: &Expr) -> bool {
    let mut made = matches!(
        value,
        Expr::Builtin(..) | Expr::Fit(..) | Expr::Binary(Operator::Add, ..) | Expr::Caller(_) | Expr::Env(_)
    );
    value.parts(&mut |part| made |= makes_text(part));
    made
}
