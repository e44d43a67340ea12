//! What flows repeat for nothing: rounds without progress, the same call after its failure, elements one after the other; and who
//! answers for them.

use super::savings::saving;
use super::{Linted, bodies, nodes};
use crate::cost::{Dimension, show_count};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::lint::{W1001, W1002, W1021, W1022, W1023};
use crate::program::{Body, Expr, Leave, Literal, Node, NodeKind, Program, Slot};

pub(super) fn check(linted: &Linted<'_>, said: &mut Vec<Diagnostic>) {
    for (index, flow) in linted.program.flows.iter().enumerate() {
        nodes(&flow.body, &mut |node| match &node.kind {
            NodeKind::Loop { most, body } if *most > 1 => said.extend(no_progress(linted, index, node, *most, body)),
            NodeKind::Attempt { body, handler } => said.extend(same_again(linted, index, node, body, handler)),
            NodeKind::Each { most, parallel: 1, body, .. } if *most > 1 => {
                said.extend(one_by_one(linted, index, node, *most, body));
            }
            _ => {}
        });
        if flow.public && flow.owner.is_none() && linted.wants(W1022) {
            let message = format!("nobody answers for `{}`", flow.name);
            let problem = Diagnostic::warning(W1022, flow.place.span, message).label("`pub` and without an owner");
            said.push(problem.help("write `owner \"team\"` as one of its first lines"));
        }
    }
    if linted.wants(W1021) {
        loose_budgets(linted, said);
    }
}

/// A loop of which every round runs, or whose rounds all ask the same.
fn no_progress(linted: &Linted<'_>, flow: usize, node: &Node, most: u64, body: &Body) -> Option<Diagnostic> {
    let (mut calls, mut steps, mut changes) = (false, false, false);
    nodes(body, &mut |inner| {
        calls |= is_call(&inner.kind);
        steps |= matches!(inner.kind, NodeKind::Step(..));
        changes |= matches!(inner.kind, NodeKind::Assign(..));
    });
    let message = if !calls {
        return None;
    } else if !leaves(body) {
        format!("all {} rounds of this loop run: nothing in it ends it", show_count(most))
    } else if steps && !changes {
        "every round of this loop asks the same: nothing that it changes is read".to_owned()
    } else {
        return None;
    };
    let problem = Diagnostic::warning(W1001, head(linted, node), message).label("no progress condition");
    let problem = problem.help(
        "ask after each round whether it is done: `if verdict.ok { break }`, and give the next one what was learnt",
    );
    Some(with_saving(problem, linted, |program| {
        at(program, flow, node.slot, &mut |kind| {
            if let NodeKind::Loop { most, .. } = kind {
                *most = 1;
            }
        });
    }))
}

/// `x else x`
fn same_again(linted: &Linted<'_>, flow: usize, node: &Node, body: &Body, handler: &Body) -> Option<Diagnostic> {
    let (Some(first), Some(second)) = (only_call(body), only_call(handler)) else { return None };
    if first != second {
        return None;
    }
    let span = handler.nodes.last().map_or(node.place.span, |node| node.place.span);
    let problem =
        Diagnostic::warning(W1002, span, "the same call again after it failed").label("fails the same way again");
    let problem = problem.help(
        "a failure that may pass (`Timeout`, `Unavailable`) is retried by `retry <= 1` in the step; for the others give another value, or a dearer step",
    );
    Some(with_saving(problem, linted, |program| {
        at(program, flow, node.slot, &mut |kind| {
            if let NodeKind::Attempt { handler, .. } = kind {
                *handler = Body { nodes: Vec::new(), value: Expr::Literal(Literal::Null) };
            }
        });
    }))
}

fn only_call(body: &Body) -> Option<&NodeKind> {
    match &body.nodes[..] {
        [node] if is_call(&node.kind) => Some(&node.kind),
        _ => None,
    }
}

fn one_by_one(linted: &Linted<'_>, flow: usize, node: &Node, most: u64, body: &Body) -> Option<Diagnostic> {
    let mut calls = false;
    nodes(body, &mut |inner| calls |= is_call(&inner.kind));
    if !calls || !linted.wants(W1023) || !linted.may_try() {
        return None;
    }
    let before = linted.ceilings?.flows.get(flow)?.time_ms;
    let mut program = linted.program.clone();
    at(&mut program, flow, node.slot, &mut |kind| {
        if let NodeKind::Each { parallel, .. } = kind {
            *parallel = most.min(4);
        }
    });
    let after = crate::bound::totals(&program).get(flow).copied().flatten()?.time_ms;
    let (width, time) = (most.min(4), Dimension::Time);
    let message = format!("{} elements wait for each other", show_count(most));
    let problem = Diagnostic::warning(W1023, head(linted, node), message).label("one after the other");
    let saved =
        format!("`parallel <= {width}` brings the time of the flow from {} to {}", time.show(before), time.show(after));
    (after < before).then(|| problem.help(saved))
}

fn loose_budgets(linted: &Linted<'_>, said: &mut Vec<Diagnostic>) {
    let Some(ceilings) = linted.ceilings else { return };
    for (flow, bound) in linted.program.flows.iter().zip(&ceilings.flows) {
        for limit in flow.budget.iter().flatten() {
            let most = bound.get(limit.dimension);
            if most == 0 || limit.amount / 10 < most {
                continue;
            }
            let (shown, allowed) = (limit.dimension.show(most), limit.dimension.show_limit(limit.amount));
            let message = format!("{allowed} is more than ten times what `{}` can take", flow.name);
            let problem = Diagnostic::warning(W1021, limit.place.span, message).label("guards nothing");
            said.push(problem.help(format!("it can take {shown} at most")));
        }
    }
}

fn is_call(kind: &NodeKind) -> bool {
    matches!(kind, NodeKind::Step(..) | NodeKind::Tool(..) | NodeKind::Flow { .. } | NodeKind::Embedding(..))
}

/// Whether a round can end the loop; a `break` of a loop inside does not.
fn leaves(body: &Body) -> bool {
    body.nodes.iter().any(|node| match &node.kind {
        NodeKind::Signal(Leave::Break | Leave::Return(_) | Leave::Escalate { .. }) => true,
        NodeKind::Loop { body, .. } => returns(body),
        kind => bodies(kind).into_iter().any(leaves),
    })
}

fn returns(body: &Body) -> bool {
    let mut found = false;
    nodes(body, &mut |node| {
        found |= matches!(&node.kind, NodeKind::Signal(Leave::Return(_) | Leave::Escalate { .. }));
    });
    found
}

/// The first line of a construct: its head.
fn head(linted: &Linted<'_>, node: &Node) -> crate::source::Span {
    let text = linted.text(node.place.span);
    let length = text.find(['{', '\n']).unwrap_or(text.len());
    let length = text.get(..length).map_or(length, |head| head.trim_end().len()).max(1);
    let end = node.place.span.start + u32::try_from(length).unwrap_or(1);
    crate::source::Span { end: end.min(node.place.span.end.max(node.place.span.start + 1)), ..node.place.span }
}

pub(super) fn with_saving(problem: Diagnostic, linted: &Linted<'_>, change: impl FnOnce(&mut Program)) -> Diagnostic {
    match saving(linted, change) {
        Some(saving) => problem.help(saving.words()),
        None => problem,
    }
}

/// Changes the node of a flow that has this slot.
fn at(program: &mut Program, flow: usize, slot: Slot, change: &mut dyn FnMut(&mut NodeKind)) {
    if let Some(flow) = program.flows.get_mut(flow) {
        in_body(&mut flow.body, slot, change);
    }
}

fn in_body(body: &mut Body, slot: Slot, change: &mut dyn FnMut(&mut NodeKind)) {
    for node in &mut body.nodes {
        if node.slot == slot {
            change(&mut node.kind);
        }
        match &mut node.kind {
            NodeKind::Choose(arms) => arms.iter_mut().for_each(|arm| in_body(&mut arm.body, slot, change)),
            NodeKind::Each { body, .. } | NodeKind::Loop { body, .. } => in_body(body, slot, change),
            NodeKind::Attempt { body, handler } => {
                in_body(body, slot, change);
                in_body(handler, slot, change);
            }
            _ => {}
        }
    }
}
