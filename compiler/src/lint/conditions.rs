//! Conditions that are always the same: gates, acceptances and branches that decide nothing.

use super::Linted;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::lint::W1015;
use crate::program::{Body, Expr, Literal, NodeKind, Operator};
use crate::source::Span;
use crate::syntax::{ItemKind, StepClauseKind, ToolClauseKind};

pub(super) fn check(linted: &Linted<'_>, said: &mut Vec<Diagnostic>) {
    for tool in &linted.program.tools {
        let Some(constant) = tool.gate.as_ref().and_then(|gate| constant_body(&gate.open)) else { continue };
        let gate = linted.item(tool.place.span).and_then(|item| match &item.kind {
            ItemKind::Tool(decl) => {
                decl.clauses.iter().find(|clause| matches!(clause.kind, ToolClauseKind::Gate { .. }))
            }
            _ => None,
        });
        let span = gate.map_or(tool.place.span, |gate| gate.span);
        let what = if constant { "is always open" } else { "is always closed" };
        let help = "ask about the arguments: `gate len(query) > 0 else []`; or leave it out";
        said.push(always(span, format!("the gate of `{}` {what}", tool.name), help));
    }
    for step in &linted.program.steps {
        let Some(constant) = step.accept.as_ref().and_then(constant_body) else { continue };
        let is_accept = |kind: &StepClauseKind| matches!(kind, StepClauseKind::Accept(_));
        let span = super::steps::clause(linted, step, is_accept).unwrap_or(step.place.span);
        let what = if constant { "every answer" } else { "no answer" };
        said.push(always(
            span,
            format!("`{}` accepts {what}", step.name),
            "ask about the answer: `accept .cites is not empty`",
        ));
    }
    for flow in &linted.program.flows {
        super::nodes(&flow.body, &mut |node| {
            let NodeKind::Choose(arms) = &node.kind else { return };
            let first = arms.iter().find_map(|arm| arm.when.as_ref().and_then(constant));
            if let Some(constant) = first {
                let what = if constant { "holds" } else { "fails" };
                let place = node.place.span;
                let text = linted.text(place);
                let length = text.find(['{', '\n']).unwrap_or(text.len()).max(1);
                let end = place.start + u32::try_from(length).unwrap_or(1);
                let span = Span { end: end.min(place.end), ..place };
                said.push(always(span, format!("this condition always {what}"), "leave out what is never chosen"));
            }
        });
    }
}

fn always(span: Span, message: String, help: &str) -> Diagnostic {
    Diagnostic::warning(W1015, span, message).label("decides nothing").help(help)
}

fn constant_body(body: &Body) -> Option<bool> {
    if body.nodes.is_empty() { constant(&body.value) } else { None }
}

/// What a condition always gives.
fn constant(condition: &Expr) -> Option<bool> {
    match condition {
        Expr::Literal(Literal::Bool(value)) => Some(*value),
        Expr::Not(inner) => constant(inner).map(|value| !value),
        Expr::Binary(Operator::And, left, right) => match (constant(left), constant(right)) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), other) | (other, Some(true)) => other,
            (None, None) => None,
        },
        Expr::Binary(Operator::Or, left, right) => match (constant(left), constant(right)) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), other) | (other, Some(false)) => other,
            (None, None) => None,
        },
        Expr::Binary(Operator::Equal | Operator::LessEqual | Operator::GreaterEqual, left, right) if left == right => {
            Some(true)
        }
        Expr::Binary(Operator::NotEqual | Operator::Less | Operator::Greater, left, right) if left == right => {
            Some(false)
        }
        // A score and a length are never below zero.
        Expr::Binary(Operator::GreaterEqual, _, right) if matches!(**right, Expr::Literal(Literal::Score(0))) => {
            Some(true)
        }
        Expr::Binary(Operator::Less, _, right) if matches!(**right, Expr::Literal(Literal::Score(0))) => Some(false),
        _ => None,
    }
}
