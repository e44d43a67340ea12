//! Where a price jumps. In: the ceilings of each step, and the classes of long requests of its models. Out: a warning where the largest
//! request is just behind such a step.

use super::Linted;
use super::context::first_line;
use crate::cost::{Money, show_count};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::lint::W1024;
use crate::program::Step;

pub(super) fn check(linted: &Linted<'_>, said: &mut Vec<Diagnostic>) {
    for (index, step) in linted.program.steps.iter().enumerate() {
        said.extend(just_behind(linted, index, step));
    }
}

/// The largest request is at most a tenth longer than one that costs less for every token.
fn just_behind(linted: &Linted<'_>, index: usize, step: &Step) -> Option<Diagnostic> {
    let ceiling = linted.ceilings?.steps.get(index)?;
    let found = ceiling.models.iter().filter_map(|of| {
        let model = linted.program.models.get(of.model.index())?;
        let most = of.turns.iter().chain(&of.repairs).copied().max()?;
        let class = model.price.long_context.iter().rev().find(|class| class.above < most)?;
        let beyond = most - class.above;
        let saved = model.price.ceiling(most, of.output)?.saturating_sub(model.price.ceiling(class.above, of.output)?);
        (beyond <= class.above / 10 && saved > Money::ZERO).then_some((saved, model, most, class.above))
    });
    let (saved, model, most, above) = found.max_by_key(|(saved, ..)| *saved)?;
    let span = linted.decl(step)?.prompt.as_ref()?.span;
    let message = format!(
        "a request of `{}` can have {} tokens, and `{}` is dearer from {} on",
        step.name,
        show_count(most),
        model.name,
        show_count(above.saturating_add(1))
    );
    let label = format!("{} more than that", show_count(most - above));
    let help = format!(
        "an attempt of {} tokens costs up to {} less: make what the prompt shows smaller with `cut` or `fit`, or keep less of a conversation",
        show_count(above),
        saved.rounded_near()
    );
    Some(Diagnostic::warning(W1024, first_line(linted, span), message).label(label).help(help))
}
