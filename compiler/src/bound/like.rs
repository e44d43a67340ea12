//! What comes before a step's ladder: the classifiers that the ladder asks, and the reading of the request where a cache also
//! looks for nearly the same one. Both happen once, whatever follows.

use std::rc::Rc;

use super::tree::Bounded;
use super::{Bounder, Scope, Unbounded, prompt};
use crate::cost::Resources;
use crate::program::{ModelId, Program, Slot, Step, StepId};

/// The classifiers that a ladder asks.
#[derive(Clone, Debug)]
pub(super) struct AsksBound<'p> {
    /// All of them.
    pub total: Resources,
    /// Each call.
    pub calls: Vec<Rc<Bounded<'p>>>,
}

/// The classifiers that a ladder asks: all are paid, and time follows the longest path over what needs what.
pub(super) fn asks<'p>(bounder: &mut Bounder<'p>, id: StepId) -> Result<AsksBound<'p>, Unbounded> {
    let mut bound = AsksBound { total: Resources::ZERO, calls: Vec::new() };
    let Some(step) = bounder.program.steps.get(id.index()) else { return Ok(bound) };
    let mut finish: Vec<(Slot, u64)> = Vec::new();
    for node in step.asks.iter().flat_map(|asks| &asks.body.nodes) {
        let call = bounder.node(Scope::Step(id), node)?;
        let once = call.any();
        let needed = finish.iter().filter(|(slot, _)| node.needs.contains(slot)).map(|(_, time)| *time);
        let ends = needed.max().unwrap_or(0).checked_add(once.time_ms);
        let sum = bound.total.beside(&once);
        let (Some(ends), Some(sum)) = (ends, sum) else {
            return Err(bounder.no_bound(&step.place, &format!("`{}`", step.name)));
        };
        bound.total = Resources { time_ms: bound.total.time_ms.max(ends), ..sum };
        finish.push((node.slot, ends));
        bound.calls.push(Rc::new(call));
    }
    Ok(bound)
}

/// One reading of the rendered request by each model of the cache's tier, as much of it as the model's context holds. `None`
/// where no finite number fits.
pub(super) fn likeness(program: &Program, step: &Step) -> Option<Resources> {
    let mut total = Resources::ZERO;
    for id in models(program, step) {
        let model = program.models.get(id.index())?;
        let input = prompt::read_by(program, step, model)?.min(model.context);
        let cost = model.price.ceiling(input, 0)?;
        let once = Resources { cost, calls: 1, input, tokens: input, time_ms: model.timeout_ms, ..Resources::ZERO };
        total = total.then(&once)?;
    }
    Some(total)
}

/// The models that compare requests for a step's cache.
pub(super) fn models<'p>(program: &'p Program, step: &Step) -> impl Iterator<Item = ModelId> + use<'p> {
    let like = step.cache.as_ref().and_then(|cache| cache.like.as_ref());
    let tier = like.and_then(|like| program.tiers.get(like.tier.index()));
    tier.into_iter().flat_map(|tier| tier.models.iter().copied())
}
