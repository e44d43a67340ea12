//! The cheapest changes, computed and not guessed. In: a bounded flow. Out: for the caps on what takes the most, what the flow
//! takes with a lower one.
//!
//! A change is tried on a copy of the bounds: only what it touches is bounded again. The number of trials is limited by the size
//! of the flow, so that the advice stays linear; the constructs that take the most are tried first.

use super::order::Unit;
use super::report::{Advice, Cap, Share};
use super::share::telling;
use super::summary::exceeded;
use super::{Bounder, prompt, turns};
use crate::cost::{Dimension, Resources, show_count, show_exact_millis};
use crate::program::{Body, Flow, FlowId, Ladder, NodeKind, Place, Program, Slot, Step, StepId};
use crate::size::Measure;

/// How many steps and how many loops are looked at.
const MOST_TARGETS: usize = 8;
/// How much is bounded again for the advice on one flow, in nodes.
const MOST_WORK: usize = 400_000;

/// One cap with a lower value.
#[derive(Clone, Debug)]
pub(super) struct Change {
    /// On what.
    pub target: Target,
    /// Which cap.
    pub cap: Cap,
    /// Its new value.
    pub value: u64,
}

/// What has caps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// A step.
    Step(StepId),
    /// A loop of a flow.
    Loop(FlowId, Slot),
}

/// What lower caps would save, the largest saving first; what brings a flow within its budget before that.
pub(super) fn advice(
    bounder: &Bounder<'_>,
    id: FlowId,
    flow: &Flow,
    bound: &Resources,
    parts: &[Share],
) -> Vec<Advice> {
    let size = bounder.order.nodes.max(1);
    let mut trials = Trials { bounder, id, flow, left: (MOST_WORK / size).clamp(8, 400) };
    let dimension =
        exceeded(bound, flow.budget.as_deref()).next().map_or_else(|| telling(bound), |limit| limit.dimension);
    let mut found = Vec::new();
    for (target, name, place) in targets(bounder, id, flow, parts, dimension) {
        for (cap, now) in caps(bounder, target, dimension) {
            found.extend(trials.advise(bound, dimension, (target, &name, &place), cap, now));
        }
    }
    found.sort_by(|a, b| b.fits.cmp(&a.fits).then(b.saves_telling.cmp(&a.saves_telling)).then(b.saves.cmp(&a.saves)));
    found
}

/// Steps and loops of the worst case, those that take the most first.
fn targets(
    bounder: &Bounder<'_>,
    id: FlowId,
    flow: &Flow,
    parts: &[Share],
    dimension: Dimension,
) -> Vec<(Target, String, Place)> {
    let mut weights: Vec<(u64, StepId)> = Vec::new();
    let mut open: Vec<&Share> = parts.iter().collect();
    let mut totals = std::collections::HashMap::new();
    while let Some(share) = open.pop() {
        if share.is_call {
            let total: &mut u64 = totals.entry(share.name.as_str()).or_default();
            *total = total.saturating_add(share.bound.get(dimension));
        }
        open.extend(&share.parts);
    }
    for (index, step) in bounder.program.steps.iter().enumerate() {
        if let Some(total) = totals.get(step.name.as_str()) {
            weights.push((*total, StepId(u32::try_from(index).unwrap_or(u32::MAX))));
        }
    }
    weights.sort_by_key(|(total, id)| (std::cmp::Reverse(*total), *id));
    let steps = weights.into_iter().take(MOST_TARGETS).filter_map(|(_, id)| {
        let step = bounder.program.steps.get(id.index())?;
        Some((Target::Step(id), step.name.clone(), step.place.clone()))
    });
    let mut loops = Vec::new();
    loops_of(&flow.body, &mut loops);
    let loops = loops.into_iter().take(MOST_TARGETS);
    steps.chain(loops.map(|(slot, place)| (Target::Loop(id, slot), "loop".to_owned(), place))).collect()
}

fn loops_of(body: &Body, found: &mut Vec<(Slot, Place)>) {
    for node in &body.nodes {
        match &node.kind {
            NodeKind::Loop { body, .. } => {
                found.push((node.slot, node.place.clone()));
                loops_of(body, found);
            }
            NodeKind::Choose(arms) => arms.iter().for_each(|arm| loops_of(&arm.body, found)),
            NodeKind::Each { body, .. } => loops_of(body, found),
            NodeKind::Attempt { body, handler } => {
                loops_of(body, found);
                loops_of(handler, found);
            }
            NodeKind::Value(_)
            | NodeKind::Step(..)
            | NodeKind::Embedding(..)
            | NodeKind::Tool(..)
            | NodeKind::Flow { .. }
            | NodeKind::Assign(..)
            | NodeKind::Ask(_)
            | NodeKind::Signal(_) => {}
        }
    }
}

/// The caps that can be lowered, with what they are now and the least that makes sense.
fn caps(bounder: &Bounder<'_>, target: Target, dimension: Dimension) -> Vec<(Cap, std::ops::RangeInclusive<u64>)> {
    let mut caps = Vec::new();
    match target {
        Target::Loop(id, slot) => {
            let most = bounder.program.flows.get(id.index()).and_then(|flow| loop_cap(&flow.body, slot));
            caps.extend(most.map(|most| (Cap::Loop, 1..=most)));
        }
        Target::Step(id) => {
            let (Some(step), Some(Some(bound))) =
                (bounder.program.steps.get(id.index()), bounder.steps.get(id.index()))
            else {
                return caps;
            };
            caps.push((Cap::Turns, 1..=bound.turns));
            caps.push((Cap::Retry, 0..=step.retry));
            caps.push((Cap::Repair, 0..=step.repair));
            caps.extend(step.tools.iter().enumerate().map(|(index, (_, calls))| (Cap::Tool(index), 1..=*calls)));
            if let (Ladder::Rungs(tiers), Some(_)) = (&step.ladder, &step.accept) {
                caps.push((Cap::Rungs, 1..=tiers.len() as u64));
            }
            caps.push((Cap::Think, 0..=step.think));
            // Below the first request or the encoded answer, a lower cap would make every run fail.
            let base = bound.arms.iter().flat_map(|arm| &arm.rungs).flat_map(|(_, lanes)| lanes).map(|(_, lane)| lane);
            let first = base.clone().map(|lane| lane.base).max().unwrap_or(0);
            let longest = base.flat_map(|lane| lane.attempts.iter().map(|attempt| attempt.input)).max().unwrap_or(0);
            caps.push((Cap::Input, first..=longest));
            if let (Some(output), Some(answer)) = (step.output, longest_answer(bounder.program, step)) {
                caps.push((Cap::Output, answer..=output));
            }
            if dimension == Dimension::Time {
                let time = bound.models.iter().map(|model| model.time_ms).max().unwrap_or(0);
                caps.push((Cap::Time, 1_000..=time));
            }
        }
    }
    caps.retain(|(_, range)| range.start() < range.end());
    caps
}

/// The encoded answer at its longest, over the models of a step.
fn longest_answer(program: &Program, step: &Step) -> Option<u64> {
    let models = prompt::models(program, step);
    let facts = models.iter().filter_map(|model| program.models.get(model.index()));
    facts.filter_map(|model| turns::longest_answer(program, step, &Measure::of(model, &program.types))).max()
}

fn loop_cap(body: &Body, slot: Slot) -> Option<u64> {
    body.nodes.iter().find_map(|node| match &node.kind {
        NodeKind::Loop { most, .. } if node.slot == slot => Some(*most),
        NodeKind::Loop { body, .. } | NodeKind::Each { body, .. } => loop_cap(body, slot),
        NodeKind::Choose(arms) => arms.iter().find_map(|arm| loop_cap(&arm.body, slot)),
        NodeKind::Attempt { body, handler } => loop_cap(body, slot).or_else(|| loop_cap(handler, slot)),
        NodeKind::Value(_)
        | NodeKind::Step(..)
        | NodeKind::Embedding(..)
        | NodeKind::Tool(..)
        | NodeKind::Flow { .. }
        | NodeKind::Assign(..)
        | NodeKind::Ask(_)
        | NodeKind::Signal(_) => None,
    })
}

struct Trials<'a, 'p> {
    bounder: &'a Bounder<'p>,
    id: FlowId,
    flow: &'a Flow,
    left: usize,
}

impl Trials<'_, '_> {
    /// For a flow over its budget the highest value that fits, else the next sensible one below.
    fn advise(
        &mut self,
        bound: &Resources,
        dimension: Dimension,
        (target, name, place): (Target, &str, &Place),
        cap: Cap,
        range: std::ops::RangeInclusive<u64>,
    ) -> Option<Advice> {
        let (least, now) = range.into_inner();
        let is_over = exceeded(bound, self.flow.budget.as_deref()).next().is_some();
        let mut value = next_below(cap, least, now);
        if is_over {
            value = self.highest_that_fits(target, cap, least, now).unwrap_or(value);
        }
        let lowered = self.bound(&Change { target, cap, value })?;
        let saves_telling = bound.get(dimension).checked_sub(lowered.get(dimension)).filter(|saved| *saved > 0)?;
        Some(Advice {
            change: self.written(target, cap, value)?,
            on: name.to_owned(),
            place: place.clone(),
            saves: bound.cost.saturating_sub(lowered.cost),
            dimension,
            saves_telling,
            fits: is_over && self.fits(&lowered),
            bound: lowered,
            cap,
        })
    }

    fn fits(&self, bound: &Resources) -> bool {
        exceeded(bound, self.flow.budget.as_deref()).next().is_none()
    }

    /// A bound never rises when a cap falls, so the highest value that fits is found by halving.
    fn highest_that_fits(&mut self, target: Target, cap: Cap, least: u64, now: u64) -> Option<u64> {
        let fits_at = |trials: &mut Self, value| {
            trials.bound(&Change { target, cap, value }).is_some_and(|bound| trials.fits(&bound))
        };
        if !fits_at(self, least) {
            return None;
        }
        let (mut low, mut high) = (least, now);
        while high - low > 1 && self.left > 0 {
            let middle = low + (high - low) / 2;
            if fits_at(self, middle) { low = middle } else { high = middle }
        }
        Some(low)
    }

    fn bound(&mut self, change: &Change) -> Option<Resources> {
        self.left = self.left.checked_sub(1)?;
        self.bounder.with(change, self.id)
    }

    /// The change as it is written in a flow.
    fn written(&self, target: Target, cap: Cap, value: u64) -> Option<String> {
        let step = match target {
            Target::Loop(..) => return Some(format!("loop <= {value}")),
            Target::Step(id) => self.bounder.program.steps.get(id.index())?,
        };
        Some(match cap {
            Cap::Turns => format!("turns <= {value}"),
            Cap::Retry => format!("retry <= {value}"),
            Cap::Repair => format!("repair <= {value}"),
            Cap::Tool(index) => {
                let (tool, _) = step.tools.get(index)?;
                format!("{} <= {value}", self.bounder.program.tools.get(tool.index())?.name)
            }
            Cap::Rungs => {
                let Ladder::Rungs(tiers) = &step.ladder else { return None };
                let kept = tiers.iter().take(usize::try_from(value).ok()?);
                let names =
                    kept.map(|tier| self.bounder.program.tiers.get(tier.index()).map(|tier| tier.name.as_str()));
                format!("on {}", names.collect::<Option<Vec<_>>>()?.join(" -> "))
            }
            Cap::Input => format!("input <= {}tok", show_count(value).replace(',', "_")),
            Cap::Output => format!("output <= {}tok", show_count(value).replace(',', "_")),
            Cap::Think => format!("think <= {}tok", show_count(value).replace(',', "_")),
            Cap::Time => format!("time <= {}", show_exact_millis(value)),
            Cap::Loop => format!("loop <= {value}"),
        })
    }
}

/// One less where one is much, half where it is not.
fn next_below(cap: Cap, least: u64, now: u64) -> u64 {
    let value = match cap {
        Cap::Turns | Cap::Tool(_) | Cap::Output | Cap::Think | Cap::Time => now / 2,
        Cap::Retry | Cap::Repair => 0,
        Cap::Rungs | Cap::Loop => now - 1,
        Cap::Input => least + (now - least) / 2,
    };
    value.max(least)
}

impl Change {
    /// The step with its lower cap.
    pub(super) fn apply(&self, step: &Step) -> Step {
        let mut step = step.clone();
        match self.cap {
            Cap::Turns => step.turns = self.value,
            Cap::Retry => step.retry = self.value,
            Cap::Repair => step.repair = self.value,
            Cap::Tool(index) => step.tools.iter_mut().skip(index).take(1).for_each(|tool| tool.1 = self.value),
            Cap::Rungs => {
                if let Ladder::Rungs(tiers) = &mut step.ladder {
                    tiers.truncate(usize::try_from(self.value).unwrap_or(usize::MAX));
                }
            }
            Cap::Input => step.input = Some(self.value),
            Cap::Output => step.output = Some(self.value),
            Cap::Think => step.think = self.value,
            Cap::Time => step.time_ms = Some(self.value),
            Cap::Loop => {}
        }
        step
    }

    /// What has to be bounded again first.
    pub(super) fn unit(&self) -> Unit {
        match self.target {
            Target::Step(id) => Unit::Step(id),
            Target::Loop(id, _) => Unit::Flow(id),
        }
    }
}
