//! How the holes and tags of a step are written. In: the tree of the step. Out: for each hole and tag of a template, in their
//! order, its text.
#![expect(clippy::wildcard_enum_match_arm, reason = "one clause and one kind of item have what is looked for")]

use crate::doc::Root;
use crate::program::Step;
use crate::source::Span;
use crate::syntax::{ItemKind, StepClauseKind, StepDecl, TemplatePart};

/// A hole, or a tag with what it holds.
pub(super) struct Label {
    /// `q.ask`, `each p in xs`, `if urgent`
    pub(super) written: String,
    pub(super) then: Vec<Label>,
    pub(super) otherwise: Vec<Label>,
}

/// The labels of the templates of a step.
#[derive(Default)]
pub(super) struct Labels {
    pub(super) system: Vec<Label>,
    pub(super) prompt: Vec<Label>,
}

/// The labels of a step.
pub(super) fn of_step(root: &Root, step: &Step) -> Labels {
    let Some(decl) = declared(root, step) else { return Labels::default() };
    let text = |span: Span| -> String {
        let text = root.sources.get(span.source).and_then(|source| source.text().get(span.range()));
        text.unwrap_or("").split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let system = decl.clauses.iter().find_map(|clause| match &clause.kind {
        StepClauseKind::System(template) => Some(labels(&template.parts, &text)),
        _ => None,
    });
    let prompt = decl.prompt.as_ref().map(|template| labels(&template.parts, &text));
    Labels { system: system.unwrap_or_default(), prompt: prompt.unwrap_or_default() }
}

/// The tree of a step: the declaration at its place.
fn declared<'r>(root: &'r Root, step: &Step) -> Option<&'r StepDecl> {
    root.resolved.items().find_map(|(_, item)| match &item.kind {
        ItemKind::Step(decl) if decl.name.span == step.place.span => Some(decl),
        _ => None,
    })
}

fn labels(parts: &[TemplatePart], text: &dyn Fn(Span) -> String) -> Vec<Label> {
    let leaf = |written: String| Label { written, then: Vec::new(), otherwise: Vec::new() };
    let label = |part: &TemplatePart| match part {
        TemplatePart::Text(_) | TemplatePart::Format(_) => None,
        TemplatePart::Hole(expr) => Some(leaf(text(expr.span))),
        TemplatePart::Raw(expr) => Some(leaf(format!("raw {}", text(expr.span)))),
        TemplatePart::Each { binder, list, fit, body } => {
            let fit =
                fit.as_ref().map_or_else(String::new, |fit| format!(" fit {} by {}", text(fit.cap.span), fit.by.text));
            let written = format!("each {} in {}{fit}", binder.text, text(list.span));
            Some(Label { written, then: labels(body, text), otherwise: Vec::new() })
        }
        TemplatePart::If { condition, then, otherwise } => Some(Label {
            written: format!("if {}", text(condition.span)),
            then: labels(then, text),
            otherwise: labels(otherwise, text),
        }),
    };
    parts.iter().filter_map(label).collect()
}
