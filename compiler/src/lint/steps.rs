//! What steps do with conversations, answers and tools.

use super::flows::with_saving;
use super::{Linted, arms};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::lint::{W1003, W1008, W1009, W1016, W1019};
use crate::program::{Expr, Keep, NodeKind, Program, Slot, Step, Ty};
use crate::source::Span;
use crate::syntax::StepClauseKind;

pub(super) fn check(linted: &Linted<'_>, said: &mut Vec<Diagnostic>) {
    for (index, step) in linted.program.steps.iter().enumerate() {
        said.extend(resent_results(linted, index, step));
        said.extend(idle_keep(linted, step));
        said.extend(sure_only(linted, step));
        said.extend(own_judge(linted, step));
    }
    undocumented_tools(linted, said);
}

/// The turns that can happen: a turn without a call is the last.
pub(super) fn turns(step: &Step) -> u64 {
    let calls: u64 = step.tools.iter().map(|(_, cap)| *cap).fold(0, u64::saturating_add);
    step.turns.min(calls.saturating_add(1))
}

/// The clause of a step that `is_it` knows.
pub(super) fn clause(linted: &Linted<'_>, step: &Step, is_it: fn(&StepClauseKind) -> bool) -> Option<Span> {
    let decl = linted.decl(step)?;
    decl.clauses.iter().find(|clause| is_it(&clause.kind)).map(|clause| clause.span)
}

fn resent_results(linted: &Linted<'_>, index: usize, step: &Step) -> Option<Diagnostic> {
    if step.keep != Keep::All || turns(step) < 3 {
        return None;
    }
    let decl = linted.decl(step)?;
    let turns_clause = decl.clauses.iter().find(|clause| matches!(clause.kind, StepClauseKind::Turns { .. }))?;
    // Whoever writes `keep all` has been asked.
    if matches!(turns_clause.kind, StepClauseKind::Turns { keep: Some(_), .. }) {
        return None;
    }
    let saving = super::savings::saving(linted, |program| {
        if let Some(step) = program.steps.get_mut(index) {
            step.keep = Keep::Last(1);
        }
    })?;
    if saving.tokens() < 200 {
        return None;
    }
    let message = format!("every result of a tool is sent again in each of up to {} turns", turns(step));
    let problem = Diagnostic::warning(W1003, turns_clause.span, message).label("keeps all of the conversation");
    let written = linted.text(turns_clause.span);
    let problem = problem.help(format!("with `{written}, keep last 1` {}", saving.words().replace(" without it", "")));
    Some(problem.help("`keep all` says that the whole history is meant"))
}

/// `keep last 5` where three turns happen.
fn idle_keep(linted: &Linted<'_>, step: &Step) -> Option<Diagnostic> {
    let most = turns(step);
    let Keep::Last(kept) = step.keep else { return None };
    if kept.saturating_add(1) < most || most < 2 {
        return None;
    }
    let span = clause(linted, step, |kind| matches!(kind, StepClauseKind::Turns { .. }))?;
    let message = format!("`keep last {kept}` leaves nothing out: the last of {most} turns has {} before it", most - 1);
    let problem = Diagnostic::warning(W1008, span, message).label("the whole history is sent");
    let help =
        if most > 2 { "write `keep last 1`, or `keep all` where all of it is meant" } else { "leave `keep` out" };
    Some(problem.help(help))
}

/// `accept .sure >= 0.6` and nothing else.
fn sure_only(linted: &Linted<'_>, step: &Step) -> Option<Diagnostic> {
    let accept = step.accept.as_ref().filter(|accept| accept.nodes.is_empty())?;
    let Ty::Record(id) = &step.result else { return None };
    let fields = &linted.program.types.records.get(id.index())?.fields;
    let mut asked = Vec::new();
    reads(&accept.value, step.it, &mut asked);
    let is_score = |name: &String| fields.iter().any(|field| field.name == *name && field.ty == Ty::Score);
    if asked.is_empty() || !asked.iter().all(is_score) {
        return None;
    }
    let span = clause(linted, step, |kind| matches!(kind, StepClauseKind::Accept(_)))?;
    let problem = Diagnostic::warning(W1009, span, "the answer is accepted on its own word only");
    let problem = problem.label(format!("`{}` is what the model says of itself", asked[0]));
    Some(
        problem.help(
            "ask for something that can be checked as well: `and .cites is not empty`, or a judge of another tier",
        ),
    )
}

/// The fields of the answer that an expression reads; the answer itself as an empty name.
fn reads(expr: &Expr, it: Slot, found: &mut Vec<String>) {
    match expr {
        Expr::Field(value, name) if **value == Expr::Slot(it) => found.push(name.clone()),
        Expr::Slot(slot) if *slot == it => found.push(String::new()),
        other => other.parts(&mut |part| reads(part, it, found)),
    }
}

/// A judge that is one of those who answered.
fn own_judge(linted: &Linted<'_>, step: &Step) -> Option<Diagnostic> {
    let accept = step.accept.as_ref()?;
    let mut judges = Vec::new();
    super::nodes(accept, &mut |node| {
        if let NodeKind::Step(id, _) = &node.kind {
            judges.push(*id);
        }
    });
    let names = |step: &Step| linted.models(step).into_iter().map(|model| model.name.clone()).collect::<Vec<_>>();
    let answering = names(step);
    let judge = judges.into_iter().filter_map(|id| linted.program.steps.get(id.index()));
    let judge = judge.into_iter().find(|judge| names(judge).iter().all(|model| answering.contains(model)))?;
    let span = clause(linted, step, |kind| matches!(kind, StepClauseKind::Accept(_)))?;
    let message = format!("`{}` is judged by a model that answers it", step.name);
    let problem = Diagnostic::warning(W1019, span, message).label(format!("`{}` asks the same models", judge.name));
    let problem = problem.help(format!("give `{}` a tier that does not answer `{}`", judge.name, step.name));
    Some(with_saving(problem, linted, |program: &mut Program| {
        if let Some(step) = program.steps.iter_mut().find(|other| other.place == step.place) {
            step.accept = None;
        }
    }))
}

fn undocumented_tools(linted: &Linted<'_>, said: &mut Vec<Diagnostic>) {
    for (index, tool) in linted.program.tools.iter().enumerate().filter(|(_, tool)| tool.docs.trim().is_empty()) {
        let offers =
            |step: &&Step| step.tools.iter().any(|(id, _)| id.index() == index) && !arms(&step.ladder).is_empty();
        let Some(step) = linted.program.steps.iter().find(offers) else { continue };
        let message = format!("nothing tells a model what `{}` does", tool.name);
        let problem = Diagnostic::warning(W1016, tool.place.span, message).label("no `///` above it");
        let help = format!("say in a line with `///` when to call it: `{}` offers it to a model", step.name);
        said.push(problem.help(help));
    }
}
