//! Holes that are none: `{{name}}` and `${name}`, as other tools write them.

use super::Linted;
use super::context::texts;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::lint::{W1017, W1018};
use crate::fence::OPEN;
use crate::program::{Expr, Literal, NodeKind, Part, Step, Template, Ty};
use crate::source::Span;

pub(super) fn check(linted: &Linted<'_>, said: &mut Vec<Diagnostic>) {
    for step in &linted.program.steps {
        let whole = linted.item(step.place.span).map(|item| item.span);
        let Some(whole) = whole else { continue };
        for template in step.system.iter().chain([&step.prompt]) {
            said.extend(braces(linted, step, template, whole));
            dollars(linted, template, whole, said);
        }
    }
    for flow in &linted.program.flows {
        let mut names: Vec<&str> = flow.params.iter().map(|param| param.name.as_str()).collect();
        super::nodes(&flow.body, &mut |node| names.extend(node.name.as_deref()));
        super::nodes(&flow.body, &mut |node| {
            let mut found = None;
            exprs(&node.kind, &mut |expr| literals(expr, &names, &mut found));
            if let Some(hole) = found {
                let message = format!("`{hole}` is a part of this text, not a hole");
                let problem = Diagnostic::warning(W1017, node.place.span, message).label("only prompts have holes");
                said.push(problem.help("join texts with `+`: `\"Hello \" + name`"));
            }
        });
    }
}

/// `{{name}}`, where a parameter has that name.
fn braces(linted: &Linted<'_>, step: &Step, template: &Template, whole: Span) -> Option<Diagnostic> {
    let names: Vec<&str> = step.params.iter().map(|param| param.name.as_str()).collect();
    let hole = texts(template).find_map(|text| hole_in(text, &names).or_else(|| tag_in(text)))?;
    let written = format!("{{{hole}}}");
    let at = linted.text(whole).find(&written)?;
    let start = whole.start + u32::try_from(at).unwrap_or(0);
    let span = Span { start, end: start + u32::try_from(written.len()).unwrap_or(1), ..whole };
    let problem = Diagnostic::warning(
        W1017,
        span,
        format!("`{written}` is the text `{hole}`, not {}", if is_tag(&hole) { "a tag" } else { "a hole" }),
    );
    let problem = problem.label("two braces write one");
    if is_tag(&hole) {
        return Some(problem.help(format!("tags stand in one brace: {}", tag_here(&hole))));
    }
    let right = format!("{{{}}}", hole.trim_matches(['{', '}', ' ']));
    Some(problem.help(format!("write `{right}`")).fix(format!("write `{right}`"), span, right))
}

/// `{name}` or `{name.field}` in a text, where something has that name.
fn hole_in(text: &str, names: &[&str]) -> Option<String> {
    text.match_indices('{').find_map(|(at, _)| {
        let rest = text.get(at + 1..)?;
        let written = rest.split_once('}')?.0;
        let inner = written.trim_matches(' ');
        let is_path = !inner.is_empty() && inner.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
        let first = inner.split('.').next().unwrap_or("");
        (is_path && names.contains(&first)).then(|| format!("{{{written}}}"))
    })
}

/// `{if urgent}` in a text, which stands between two braces in other languages of templates.
fn tag_in(text: &str) -> Option<String> {
    text.match_indices('{').find_map(|(at, _)| {
        let inner = text.get(at + 1..)?.split_once('}')?.0;
        let tag = format!("{{{inner}}}");
        (is_tag(&tag) && !inner.contains(['{', '\n'])).then_some(tag)
    })
}

fn is_tag(hole: &str) -> bool {
    let inner = hole.trim_start_matches('{').trim_end_matches('}');
    let words: Vec<&str> = inner.split_whitespace().collect();
    matches!(
        words.as_slice(),
        ["if" | "#if", _, ..] | ["each" | "for", _, "in", ..] | ["else" | "end"] | ["#each", _, ..]
    ) || matches!(words.as_slice(), ["/if" | "/each"])
}

/// How a tag is written here, with its end.
fn tag_here(hole: &str) -> String {
    let inner = hole.trim_matches(['{', '}', ' ']);
    let words: Vec<&str> = inner.split_whitespace().collect();
    match words.as_slice() {
        ["#if", rest @ ..] => format!("`{{if {}}}` and its `{{end}}`", rest.join(" ")),
        ["#each", _, "in", ..] => format!("`{{{}}}` and its `{{end}}`", inner.trim_start_matches('#')),
        ["#each", list, ..] => format!("`{{each x in {list}}}` and its `{{end}}`"),
        ["/if" | "/each"] => "`{end}` closes each of them".to_owned(),
        _ => format!("`{{{inner}}}` and its `{{end}}`"),
    }
}

/// `${name}`, where the hole is no amount of money.
fn dollars(linted: &Linted<'_>, template: &Template, whole: Span, said: &mut Vec<Diagnostic>) {
    for pair in template.windows(2) {
        let [Part::Text(text), Part::Hole(_, ty) | Part::Data(_, ty)] = pair else { continue };
        // The mark before data is no part of what was written.
        let written = text.strip_suffix(OPEN).unwrap_or(text);
        if !written.ends_with('$') || matches!(ty, Ty::Usd { .. } | Ty::Int { .. } | Ty::Optional(_)) {
            continue;
        }
        let Some(at) = linted.text(whole).find("${") else { continue };
        let start = whole.start + u32::try_from(at).unwrap_or(0);
        let span = Span { start, end: start + 1, ..whole };
        let problem = Diagnostic::warning(W1018, span, "`$` in front of a hole is a part of the text");
        said.push(problem.label("the model reads it").help("a hole is written `{name}`").fix("leave it out", span, ""));
    }
}

fn exprs<'p>(kind: &'p NodeKind, found: &mut dyn FnMut(&'p Expr)) {
    match kind {
        NodeKind::Value(expr) | NodeKind::Embedding(_, expr) | NodeKind::Assign(_, expr) => found(expr),
        NodeKind::Step(_, all) | NodeKind::Tool(_, all) | NodeKind::Flow { args: all, .. } => {
            all.iter().for_each(found)
        }
        NodeKind::Signal(crate::program::Leave::Return(expr)) => found(expr),
        _ => {}
    }
}

fn literals(expr: &Expr, names: &[&str], found: &mut Option<String>) {
    if let Expr::Literal(Literal::Text(text)) = expr {
        *found = found.take().or_else(|| hole_in(text, names));
    }
    expr.parts(&mut |part| literals(part, names, found));
}
