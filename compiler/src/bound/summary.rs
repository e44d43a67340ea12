//! The report. In: every bound of a program. Out: for each flow what is proved, where it goes, and what it assumes.

use std::collections::{BTreeSet, HashSet};

use super::assume::assumptions;
use super::exits::Exit;
use super::full;
use super::joined::Joins;
use super::order::Unit;
use super::report::{FlowReport, Report, Verdict};
use super::share::{shares, telling};
use super::tree::{Bounded, What};
use super::witness::witness;
use super::{Bounder, Scope, advice, like};
use crate::cost::{Dimension, Resources};
use crate::program::{EmbeddingId, Flow, FlowId, Limit, ModelId, Place, StepId, ToolSource};

/// What there is to say of every flow.
pub(super) fn report(bounder: &Bounder<'_>) -> Report {
    let joins = joins(bounder);
    let loose = |id: StepId| bounder.steps.get(id.index())?.as_ref()?.loose;
    let mut full = full::reasons(bounder.program, &bounder.order, &loose);
    let flows = bounder.program.flows.iter().enumerate();
    let flows = flows.map(|(index, flow)| {
        let id = FlowId(u32::try_from(index).unwrap_or(u32::MAX));
        match bounder.flows.get(index).and_then(Option::as_ref) {
            Some(bounded) => {
                let joined = joins.get(Scope::Flow(id)).map(|reasons| &reasons[..]);
                let mut report = bounded_flow(bounder, id, flow, bounded, joined);
                // Each step may have a reason of its own, so they are not compared one by one.
                let known: HashSet<String> = report.joined.iter().cloned().collect();
                let more = full.remove(&id).into_iter().flatten();
                report.joined.extend(more.filter(|reason| !known.contains(reason)));
                report
            }
            None => FlowReport::without_bound(flow, Verdict::Unbounded),
        }
    });
    Report { flows: flows.collect(), evals: super::evaluation::reports(bounder.program) }
}

/// Callees before callers, because a caller looks at what its callees look at.
pub(super) fn joins(bounder: &Bounder<'_>) -> Joins {
    let mut joins = Joins::default();
    for unit in &bounder.order.units {
        joins.add(bounder, *unit);
    }
    joins
}

fn bounded_flow(
    bounder: &Bounder<'_>,
    id: FlowId,
    flow: &Flow,
    bounded: &Bounded<'_>,
    joined: Option<&[String]>,
) -> FlowReport {
    let program = bounder.program;
    let bound = bounded.any();
    let telling = telling(&bound);
    let exit = bounded.exits.dearest(&Exit::ALL, telling).unwrap_or(Exit::Falls);
    let parts = shares(program, bounded, exit, telling);
    let over = exceeded(&bound, flow.budget.as_deref()).next().is_some();
    let reached = reached(bounder, bounded);
    let verdict = match (over, reached.invalid) {
        (_, true) => Verdict::Invalid,
        (true, false) => Verdict::Over,
        (false, false) => Verdict::Ok,
    };
    FlowReport {
        name: flow.name.clone(),
        place: flow.place.clone(),
        public: flow.public,
        owner: flow.owner.clone(),
        verdict,
        bound: Some(bound),
        budget: flow.budget.clone(),
        joined: joined.map(<[String]>::to_vec).unwrap_or_default(),
        telling,
        advice: advice::advice(bounder, id, flow, &bound, &parts),
        parts,
        witnesses: Dimension::ALL.map(|dimension| witness(program, &flow.name, bounded, dimension)).to_vec(),
        assumes: assumptions(program, &reached.models),
    }
}

/// The limits of a budget that a bound is above.
pub(super) fn exceeded<'b>(
    bound: &Resources,
    budget: Option<&'b [Limit]>,
) -> impl Iterator<Item = &'b Limit> + use<'b> {
    let bound = *bound;
    budget.unwrap_or_default().iter().filter(move |limit| bound.get(limit.dimension) > limit.amount)
}

/// What a flow reaches through everything it calls.
#[derive(Default)]
struct Reached {
    models: Vec<(ModelId, Place)>,
    invalid: bool,
    seen: BTreeSet<(u8, u32)>,
}

fn reached(bounder: &Bounder<'_>, bounded: &Bounded<'_>) -> Reached {
    let mut reached = Reached::default();
    reached.visit(bounder, bounded);
    reached
}

impl Reached {
    fn embedding(&mut self, bounder: &Bounder<'_>, id: EmbeddingId) {
        if !self.seen.insert((1, id.0)) {
            return;
        }
        self.invalid = self.invalid || bounder.invalid_embeddings.contains(&id);
        let Some(embedding) = bounder.program.embeddings.get(id.index()) else { return };
        let ceiling = bounder.embeddings.get(id.index()).and_then(Option::as_ref);
        let models = ceiling.map_or(&[][..], |ceiling| &ceiling.models);
        models.iter().for_each(|(model, _, _)| self.model(*model, &embedding.place));
    }

    fn visit(&mut self, bounder: &Bounder<'_>, bounded: &Bounded<'_>) {
        match &bounded.what {
            What::Nothing | What::Ask(_) => {}
            What::Body(parts, _) => parts.iter().for_each(|part| self.visit(bounder, &part.bounded)),
            What::Step(id, step) => {
                if !self.seen.insert((0, id.0)) {
                    return;
                }
                self.invalid = self.invalid || bounder.invalid.contains(&Unit::Step(*id));
                let place = bounder.program.steps.get(id.index()).map(|step| step.place.clone()).unwrap_or_default();
                step.models.iter().for_each(|ceiling| self.model(ceiling.model, &place));
                step.accept.iter().for_each(|accept| self.visit(bounder, accept));
                step.asks.calls.iter().for_each(|call| self.visit(bounder, call));
                let declared = bounder.program.steps.get(id.index());
                let compared = declared.into_iter().flat_map(|step| like::models(bounder.program, step));
                compared.for_each(|model| self.model(model, &place));
                step.tools
                    .iter()
                    .filter_map(|(_, _, tool)| tool.gate.as_ref())
                    .for_each(|gate| self.visit(bounder, gate));
            }
            What::Embedding(id) => self.embedding(bounder, *id),
            What::Tool(id, tool) => {
                if self.seen.insert((2, id.0)) {
                    let declared = bounder.program.tools.get(id.index());
                    if let Some(ToolSource::Index { query, .. }) = declared.map(|tool| &tool.source) {
                        self.embedding(bounder, *query);
                    }
                    tool.gate.iter().for_each(|gate| self.visit(bounder, gate));
                }
            }
            What::Flow(id, callee) => {
                if self.seen.insert((3, id.0)) {
                    self.visit(bounder, callee);
                }
            }
            What::Choose(arms, _) => arms.iter().for_each(|arm| self.visit(bounder, arm)),
            What::Each { body, .. } | What::Loop { body, .. } => self.visit(bounder, body),
            What::Attempt(body, handler) => {
                self.visit(bounder, body);
                self.visit(bounder, handler);
            }
        }
    }

    fn model(&mut self, model: ModelId, place: &Place) {
        if self.models.iter().all(|(known, _)| *known != model) {
            self.models.push((model, place.clone()));
        }
    }
}
