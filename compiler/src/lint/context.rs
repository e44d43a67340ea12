//! How much a request carries: system messages, lists of passages, and long texts that stand where no provider can cache them.

use super::Linted;
use super::flows::with_saving;
use super::steps::clause;
use crate::catalogue::ModelFacts;
use crate::cost::{Money, show_count};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::lint::{W1004, W1006, W1020};
use crate::program::{Part, Step, Template, Ty};
use crate::size::Measure;
use crate::source::Span;
use crate::syntax::StepClauseKind;

/// From how many tokens on a provider caches the head of a request.
const CACHED_FROM: u64 = 1_024;

pub(super) fn check(linted: &Linted<'_>, said: &mut Vec<Diagnostic>) {
    for (index, step) in linted.program.steps.iter().enumerate() {
        let models = linted.models(step);
        let Some(model) = models.first() else { continue };
        said.extend(bloated(linted, index, step, model));
        said.extend(overstuffed(linted, step, &models));
        said.extend(models.iter().find_map(|model| late_prefix(linted, step, model)));
    }
}

fn bloated(linted: &Linted<'_>, index: usize, step: &Step, model: &ModelFacts) -> Option<Diagnostic> {
    let system = step.system.as_ref()?;
    let measure = Measure::of(model, &linted.program.types);
    let tokens = measure.tokens(texts(system).map(|text| measure.fixed(text)).sum());
    let most = linted.levels.system.unwrap_or(400);
    if tokens <= most {
        return None;
    }
    let span = clause(linted, step, |kind| matches!(kind, StepClauseKind::System(_)))?;
    let message = format!("the system message of `{}` has {} tokens", step.name, show_count(tokens));
    let problem =
        Diagnostic::warning(W1004, first_line(linted, span), message).label(format!("more than {}", show_count(most)));
    let problem =
        problem.help("keep what every answer needs; what only some need belongs into the prompt, behind `{if c}`");
    Some(with_saving(problem, linted, |program| {
        if let Some(step) = program.steps.get_mut(index) {
            step.system = None;
        }
    }))
}

/// The fixed texts of a template, in order.
pub(super) fn texts(template: &Template) -> Box<dyn Iterator<Item = &str> + '_> {
    Box::new(template.iter().flat_map(|part| -> Box<dyn Iterator<Item = &str> + '_> {
        match part {
            Part::Text(text) => Box::new(std::iter::once(text.as_str())),
            Part::Each { body, .. } => texts(body),
            Part::If { then, otherwise, .. } => Box::new(texts(then).chain(texts(otherwise))),
            _ => Box::new(std::iter::empty()),
        }
    }))
}

/// A list, shown whole or in `{each}`, that fills a request.
fn overstuffed(linted: &Linted<'_>, step: &Step, models: &[&ModelFacts]) -> Option<Diagnostic> {
    let most = linted.levels.context.unwrap_or(4_000);
    let sized = models
        .iter()
        .filter_map(|model| Some((largest_list(&Measure::of(model, &linted.program.types), &step.prompt)?, *model)));
    let (tokens, model) = sized.max_by_key(|(tokens, _)| *tokens)?;
    if tokens <= most {
        return None;
    }
    let span = linted.decl(step)?.prompt.as_ref()?.span;
    let text = linted.text(span);
    let at = text.find("{each").unwrap_or(0);
    let length = text.get(at..).and_then(|rest| rest.find(['}', '\n'])).map_or(1, |end| end + 1);
    let start = span.start + u32::try_from(at).unwrap_or(0);
    let span = Span { start, end: start + u32::try_from(length).unwrap_or(1), ..span };
    let message = format!("up to {} tokens of a list stand in one request of `{}`", show_count(tokens), step.name);
    let problem = Diagnostic::warning(W1006, span, message).label(format!("more than {}", show_count(most)));
    let cost = model.price.ceiling(tokens, 0).filter(|cost| *cost > Money::ZERO);
    let problem = match cost {
        Some(cost) => problem.help(format!("up to {} an attempt for the list alone", cost.rounded_up())),
        None => problem,
    };
    Some(problem.help(
        "ask for fewer elements, shorten each, or cap the list with `fit`: `{each p in xs fit 2000tok by priority}`",
    ))
}

fn largest_list(measure: &Measure<'_>, template: &Template) -> Option<u64> {
    let sizes = template.iter().filter_map(|part| match part {
        Part::Hole(_, ty @ Ty::List { .. }) | Part::Data(_, ty @ Ty::List { .. }) => {
            measure.hole(ty).map(|units| measure.tokens(units))
        }
        Part::Each { most, body, fit, .. } => {
            let whole = units(measure, body)?.checked_mul(*most)?;
            let room = fit.as_ref().and_then(|fit| measure.text(&fit.size));
            Some(measure.tokens(room.map_or(whole, |room| room.min(whole))))
        }
        Part::If { then, otherwise, .. } => largest_list(measure, then).max(largest_list(measure, otherwise)),
        _ => None,
    });
    sizes.max()
}

/// The size of a template at its largest.
fn units(measure: &Measure<'_>, template: &Template) -> Option<u64> {
    let mut sum = 0_u64;
    for part in template {
        sum = sum.checked_add(match part {
            Part::Text(text) => measure.fixed(text),
            Part::Hole(_, ty) | Part::Data(_, ty) => measure.hole(ty)?,
            Part::Each { most, body, .. } => units(measure, body)?.checked_mul(*most)?,
            Part::If { then, otherwise, .. } => units(measure, then)?.max(units(measure, otherwise)?),
            _ => 0,
        })?;
    }
    Some(sum)
}

/// A long fixed text behind the first hole: the head of the request differs from call to call.
fn late_prefix(linted: &Linted<'_>, step: &Step, model: &ModelFacts) -> Option<Diagnostic> {
    let cached = model.price.rates.cached_input?;
    let measure = Measure::of(model, &linted.program.types);
    let first_hole = step.prompt.iter().position(|part| !matches!(part, Part::Text(_)))?;
    let late = step.prompt.iter().skip(first_hole).filter_map(|part| match part {
        Part::Text(text) => Some(measure.tokens(measure.fixed(text))),
        _ => None,
    });
    let tokens = late.max()?;
    if tokens < CACHED_FROM {
        return None;
    }
    let span = linted.decl(step)?.prompt.as_ref()?.span;
    let message = format!("{} tokens of fixed text stand behind a hole in `{}`", show_count(tokens), step.name);
    let problem =
        Diagnostic::warning(W1020, first_line(linted, span), message).label("its head differs from call to call");
    let full = model.price.ceiling(tokens, 0)?;
    let mut price = model.price.clone();
    price.rates.input = cached;
    price.rates.cache_write = None;
    price.long_context.clear();
    let saved = full.saturating_sub(price.ceiling(tokens, 0)?);
    let help = format!(
        "put it in front of the first hole, or into `system`: a provider that caches it charges up to {} less a call",
        saved.rounded_up()
    );
    Some(problem.help(help))
}

pub(super) fn first_line(linted: &Linted<'_>, span: Span) -> Span {
    let length = linted.text(span).lines().next().map_or(1, |line| line.trim_end().len()).max(1);
    Span { end: span.start + u32::try_from(length).unwrap_or(1), ..span }
}
