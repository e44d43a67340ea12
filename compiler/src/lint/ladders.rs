//! Ladders: what they cost from rung to rung. In: the ceilings of each step. Out: warnings where the dearest is asked first, or the
//! same tier twice.

use super::steps::clause;
use super::{Linted, arms};
use crate::cost::Money;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::lint::{W1013, W1014};
use crate::program::{Step, TierId};
use crate::source::Span;
use crate::syntax::{ItemKind, StepClauseKind};

pub(super) fn check(linted: &Linted<'_>, said: &mut Vec<Diagnostic>) {
    for (index, step) in linted.program.steps.iter().enumerate() {
        for rungs in arms(&step.ladder) {
            let found = upside_down(linted, index, step, rungs).or_else(|| twice(linted, step, rungs));
            said.extend(
                found.filter(|found| !said.iter().any(|known| known.code == found.code && known.span == found.span)),
            );
        }
    }
}

/// Where a ladder of a step is written: the place in its `on`, or in the route that it names.
fn place(linted: &Linted<'_>, step: &Step, first: &str) -> Span {
    let on = clause(linted, step, |kind| matches!(kind, StepClauseKind::On(_))).unwrap_or(step.place.span);
    let within = |span: Span| {
        let text = linted.text(span);
        let at = text.match_indices(first).find(|(at, found)| {
            let rest = text.get(at + found.len()..).unwrap_or("").trim_start();
            rest.starts_with("->")
        });
        at.map(|(at, _)| {
            let line = text.get(at..).and_then(|rest| rest.lines().next()).unwrap_or(first);
            let length = line.split(['}', ',']).next().unwrap_or(line).trim_end().len();
            let start = span.start + u32::try_from(at).unwrap_or(0);
            Span { start, end: start + u32::try_from(length).unwrap_or(1), ..span }
        })
    };
    let routes =
        linted.files.iter().flat_map(|file| &file.items).filter(|item| matches!(item.kind, ItemKind::Route(_)));
    within(on).or_else(|| routes.into_iter().find_map(|route| within(route.span))).unwrap_or(on)
}

fn name<'a>(linted: &Linted<'a>, tier: TierId) -> &'a str {
    linted.program.tiers.get(tier.index()).map_or("", |tier| tier.name.as_str())
}

/// What one attempt of a tier costs at most.
fn attempt(linted: &Linted<'_>, index: usize, tier: TierId) -> Option<Money> {
    let ceiling = linted.ceilings?.steps.get(index)?;
    let models = &linted.program.tiers.get(tier.index())?.models;
    let prices = models.iter().filter_map(|model| {
        let of = ceiling.models.iter().find(|of| of.model == *model)?;
        let input = of.turns.first().copied()?;
        linted.program.models.get(model.index())?.price.ceiling(input, of.output)
    });
    prices.max()
}

fn upside_down(linted: &Linted<'_>, index: usize, step: &Step, rungs: &[TierId]) -> Option<Diagnostic> {
    let (first, last) = (*rungs.first()?, *rungs.last()?);
    if rungs.len() < 2 {
        return None;
    }
    let (dear, cheap) = (attempt(linted, index, first)?, attempt(linted, index, last)?);
    if dear <= cheap {
        return None;
    }
    let (first, last) = (name(linted, first), name(linted, last));
    let message = format!("`{first}` is asked first and costs more than `{last}` after it");
    let problem = Diagnostic::warning(W1013, place(linted, step, first), message).label("the dearest rung first");
    let amounts =
        format!("an attempt at `{first}` costs up to {}, one at `{last}` {}", dear.rounded_up(), cheap.rounded_up());
    Some(problem.help(amounts).help("turn it around: a cheap answer that is accepted spares the dear one"))
}

fn twice(linted: &Linted<'_>, step: &Step, rungs: &[TierId]) -> Option<Diagnostic> {
    let again =
        rungs.iter().enumerate().find(|(at, rung)| rungs.get(..*at).is_some_and(|before| before.contains(rung)));
    let (_, tier) = again?;
    let first = name(linted, *rungs.first()?);
    let message = format!("`{}` is asked twice", name(linted, *tier));
    let problem =
        Diagnostic::warning(W1014, place(linted, step, first), message).label("the same models, the same request");
    Some(problem.help("leave the second out, or name a stronger tier"))
}
