//! Caps that no run reaches: they promise something that the language has already settled.

use super::Linted;
use super::steps::{clause, turns};
use crate::bound::longest_answer;
use crate::catalogue::Wire;
use crate::cost::show_count;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::lint::W1012;
use crate::program::{Leave, Node, NodeKind, Step, Ty};
use crate::size::Measure;
use crate::source::Span;
use crate::syntax::StepClauseKind;

pub(super) fn check(linted: &Linted<'_>, said: &mut Vec<Diagnostic>) {
    for step in &linted.program.steps {
        said.extend(idle_turns(linted, step));
        said.extend(idle_output(linted, step));
        said.extend(idle_repair(linted, step));
    }
    for flow in &linted.program.flows {
        super::nodes(&flow.body, &mut |node| said.extend(idle_rounds(linted, node)));
    }
}

fn never(span: Span, message: String, label: &str, help: String) -> Diagnostic {
    Diagnostic::warning(W1012, span, message).label(label).help(help)
}

fn idle_turns(linted: &Linted<'_>, step: &Step) -> Option<Diagnostic> {
    let most = turns(step);
    if step.tools.is_empty() || step.turns <= most {
        return None;
    }
    let span = clause(linted, step, |kind| matches!(kind, StepClauseKind::Turns { .. }))?;
    let message = format!("`{}` never takes {} turns", step.name, show_count(step.turns));
    let calls = if most == 2 { "1 call".to_owned() } else { format!("{} calls", most - 1) };
    let help = format!("write `turns <= {most}`: a turn without a call is the last, and the tools allow {calls}");
    Some(never(span, message, "a cap that can never be reached", help))
}

fn idle_output(linted: &Linted<'_>, step: &Step) -> Option<Diagnostic> {
    let cap = step.output?;
    let sizes = linted.models(step).into_iter().map(|model| {
        let measure = Measure::of(model, &linted.program.types);
        longest_answer(linted.program, step, &measure)
    });
    let most = sizes.collect::<Option<Vec<u64>>>()?.into_iter().max()?;
    if cap <= most {
        return None;
    }
    let span = clause(linted, step, |kind| matches!(kind, StepClauseKind::Output(_)))?;
    let message = format!("an answer of `{}` never has {} tokens", step.name, show_count(cap));
    let help = format!("its result has {} tokens at most: leave the clause out, or write less", show_count(most));
    Some(never(span, message, "a cap that can never be reached", help))
}

fn idle_repair(linted: &Linted<'_>, step: &Step) -> Option<Diagnostic> {
    let models = linted.models(step);
    let always_valid = models.iter().all(|model| model.wire == Wire::Local && model.structured);
    if step.repair == 0 || models.is_empty() || !always_valid || matches!(step.result, Ty::Text(_)) {
        return None;
    }
    let span = clause(linted, step, |kind| matches!(kind, StepClauseKind::Repair(_)))?;
    let message = format!("an answer of `{}` is always valid", step.name);
    let help = "leave it out: a model on this machine is decoded under the grammar of the result".to_owned();
    Some(never(span, message, "a cap that can never be reached", help))
}

fn idle_rounds(linted: &Linted<'_>, node: &Node) -> Option<Diagnostic> {
    match &node.kind {
        NodeKind::Loop { most, body } if *most > 1 => {
            let ends = |node: &Node| {
                matches!(&node.kind, NodeKind::Signal(Leave::Break | Leave::Return(_) | Leave::Escalate { .. }))
            };
            let last = body.nodes.iter().find(|node| ends(node))?;
            let message = format!("this loop never takes {} rounds", show_count(*most));
            let help = "ask a question before it is left: `if done { break }`; or leave the loop out".to_owned();
            Some(never(last.place.span, message, "the first round always ends here", help))
        }
        NodeKind::Each { most, parallel, .. } if parallel > most && *parallel > 1 => {
            let text = linted.text(node.place.span);
            let at = text.find("parallel").and_then(|at| u32::try_from(at).ok()).unwrap_or(0);
            let start = node.place.span.start + at;
            let length = text.get(at as usize..).and_then(|rest| rest.find('{')).unwrap_or(8);
            let length = text.get(at as usize..at as usize + length).map_or(8, |part| part.trim_end().len());
            let span = Span { start, end: start + u32::try_from(length).unwrap_or(8), ..node.place.span };
            let message = format!("there are never {} elements at once", show_count(*parallel));
            let help = format!("write `parallel <= {most}`: the list has {most} elements at most");
            Some(never(span, message, "a cap that can never be reached", help))
        }
        _ => None,
    }
}
