//! Where it goes. In: a bounded flow. Out: the tree of the constructs of its worst case, each with what it takes.

use super::exits::Exit;
use super::report::Share;
use super::step::{StepBound, backoff};
use super::tree::{Bounded, Part, ToolBound, What};
use super::walk::{self, Way};
use crate::cost::{Dimension, Resources};
use crate::program::{Place, Program};

/// The dimension in which the shares of a bound are told.
pub(super) fn telling(bound: &Resources) -> Dimension {
    [Dimension::Cost, Dimension::Tokens].into_iter().find(|d| bound.get(*d) > 0).unwrap_or(Dimension::Time)
}

/// The constructs of the worst case, the largest first.
pub(super) fn shares(program: &Program, bounded: &Bounded<'_>, exit: Exit, dimension: Dimension) -> Vec<Share> {
    let mut parts = Shares { program, dimension }.of(bounded, &Way::new(exit), Times::ONCE, None);
    sort(&mut parts, dimension);
    parts
}

fn sort(parts: &mut [Share], dimension: Dimension) {
    parts.sort_by_key(|part| std::cmp::Reverse(part.bound.get(dimension)));
    parts.iter_mut().for_each(|part| sort(&mut part.parts, dimension));
}

/// How often something happens, and how many of these times one after the other.
#[derive(Clone, Copy)]
struct Times {
    count: u64,
    rounds: u64,
}

impl Times {
    const ONCE: Times = Times { count: 1, rounds: 1 };

    fn of(self, once: &Resources) -> Resources {
        // It is part of a sum that fits; the dimensions that were not followed may not be, so nothing is shown for them.
        once.repeat(self.count, self.rounds).unwrap_or(Resources::ZERO)
    }

    fn times(self, count: u64, rounds: u64) -> Times {
        Times { count: self.count.saturating_mul(count), rounds: self.rounds.saturating_mul(rounds) }
    }
}

struct Shares<'a> {
    program: &'a Program,
    dimension: Dimension,
}

impl Shares<'_> {
    fn of(&self, bounded: &Bounded<'_>, way: &Way, times: Times, place: Option<&Place>) -> Vec<Share> {
        match &bounded.what {
            What::Nothing => Vec::new(),
            What::Body(..) => {
                walk::body(bounded, way, self.dimension).flat_map(|(part, way)| self.part(part, &way, times)).collect()
            }
            What::Step(id, step) => {
                let name = self.program.steps.get(id.index()).map_or("", |step| step.name.as_str());
                let (arm, inside) = walk::step(bounded, step.table.as_deref(), way, self.dimension);
                let total = walk::ends(bounded, way, self.dimension).any();
                vec![self.call(name, place, times, &total, self.step(step, (arm, &inside), times))]
            }
            What::Embedding(id) => {
                let name = self.program.embeddings.get(id.index()).map_or("", |embedding| embedding.name.as_str());
                vec![self.call(name, place, times, &bounded.any(), Vec::new())]
            }
            What::Tool(id, tool) => {
                let name = self.program.tools.get(id.index()).map_or("", |tool| tool.name.as_str());
                let (_, inside) = walk::step(bounded, tool.table.as_deref(), way, self.dimension);
                let total = walk::ends(bounded, way, self.dimension).any();
                vec![self.call(name, place, times, &total, self.gate(tool, &inside, times))]
            }
            What::Ask(role) => {
                let label = format!("ask {role}");
                vec![self.call(&label, place, times, &bounded.any(), Vec::new())]
            }
            What::Flow(id, _) => {
                let name = self.program.flows.get(id.index()).map_or("", |flow| flow.name.as_str());
                vec![self.wrapped(name, name.to_owned(), place, (bounded, way), times)]
            }
            What::Each { most, .. } => {
                vec![self.wrapped("each", format!("each ×{most}"), place, (bounded, way), times)]
            }
            What::Loop { most, .. } => {
                vec![self.wrapped("loop", format!("loop ×{most}"), place, (bounded, way), times)]
            }
            What::Choose(..) | What::Attempt(..) => self.inside(bounded, way, times, place),
        }
    }

    fn part(&self, part: &Part<'_>, way: &Way, times: Times) -> Vec<Share> {
        self.of(&part.bounded, way, times, Some(&part.node.place))
    }

    /// What happens inside, without a line of its own.
    fn inside(&self, bounded: &Bounded<'_>, way: &Way, times: Times, place: Option<&Place>) -> Vec<Share> {
        let steps = walk::inside(bounded, way, self.dimension);
        steps.into_iter().flat_map(|(inner, _, way)| self.of(inner, &way, times, place)).collect()
    }

    /// A construct with what happens inside of it under one line.
    fn wrapped(
        &self,
        name: &str,
        label: String,
        place: Option<&Place>,
        (bounded, way): (&Bounded<'_>, &Way),
        times: Times,
    ) -> Share {
        let mut parts = Vec::new();
        for (inside, count, way) in walk::inside(bounded, way, self.dimension) {
            let times = match &bounded.what {
                What::Each { parallel, .. } => times.times(count, count.div_ceil(*parallel)),
                What::Loop { .. } => times.times(count, count),
                What::Nothing
                | What::Body(..)
                | What::Step(..)
                | What::Embedding(_)
                | What::Tool(..)
                | What::Ask(_)
                | What::Flow(..)
                | What::Choose(..)
                | What::Attempt(..) => times,
            };
            parts.extend(self.of(inside, &way, times, place));
        }
        let count = match &bounded.what {
            What::Each { most, .. } | What::Loop { most, .. } => times.count.saturating_mul(*most),
            What::Nothing
            | What::Body(..)
            | What::Step(..)
            | What::Embedding(_)
            | What::Tool(..)
            | What::Ask(_)
            | What::Flow(..)
            | What::Choose(..)
            | What::Attempt(..) => times.count,
        };
        let once = walk::ends(bounded, way, self.dimension).get(way.exit);
        let bound = once.map_or(Resources::ZERO, |once| times.of(&once));
        Share { name: name.to_owned(), label, place: place.cloned(), count, bound, is_call: false, parts }
    }

    fn call(&self, name: &str, place: Option<&Place>, times: Times, once: &Resources, parts: Vec<Share>) -> Share {
        let bound = times.of(once);
        Share {
            name: name.to_owned(),
            label: name.to_owned(),
            place: place.cloned(),
            count: times.count,
            bound,
            is_call: true,
            parts,
        }
    }

    fn line(&self, name: &str, label: String, times: Times, once: &Resources, parts: Vec<Share>) -> Share {
        Share {
            name: name.to_owned(),
            label,
            place: None,
            count: times.count,
            bound: times.of(once),
            is_call: false,
            parts,
        }
    }

    fn gate(&self, tool: &ToolBound<'_>, way: &Way, times: Times) -> Vec<Share> {
        let Some(gate) = &tool.gate else { return Vec::new() };
        let parts = self.of(gate, way, times, None);
        if parts.is_empty() {
            return parts;
        }
        let total = walk::ends(gate, way, self.dimension).any();
        vec![self.line("gate", "gate".to_owned(), times, &total, parts)]
    }

    /// The attempts at each model, the judge, and the tools.
    fn step(&self, step: &StepBound<'_>, (arm, way): (Option<usize>, &Way), times: Times) -> Vec<Share> {
        let Some((arm, attempts)) = step.attempts(self.program, self.dimension, arm) else { return Vec::new() };
        let mut parts = Vec::new();
        if step.asks.total != Resources::ZERO {
            let inner = step.asks.calls.iter().flat_map(|call| self.of(call, &Way::new(Exit::Falls), times, None));
            let label = "asks of the route".to_owned();
            parts.push(self.line("asks", label, times, &step.asks.total, inner.collect()));
        }
        if step.likeness != Resources::ZERO {
            parts.push(self.line("cache", "cache, like".to_owned(), times, &step.likeness, Vec::new()));
        }
        for (visits, said) in attempts {
            let label = said.label(step.turns);
            let sum = visits.iter().try_fold(Resources::ZERO, |sum, visit| {
                let lane = &step.arms[arm].rungs[visit.rung].1[visit.lane].1;
                let once = lane.attempts[visit.position].resources();
                let times = if visit.repeated { step.retries.checked_add(1)? } else { 1 };
                sum.then(&once.repeat(times, times)?)
            });
            parts.push(self.line(&said.tier, label, times, &sum.unwrap_or(Resources::ZERO), Vec::new()));
        }
        let rungs = step.arms[arm].rungs.len() as u64;
        let again = times.times(rungs, rungs);
        if let Some(accept) = step.accept.as_ref().filter(|accept| accept.any() != Resources::ZERO) {
            let inner = self.of(accept, way, again, None);
            let once = walk::ends(accept, way, self.dimension).any();
            parts.push(self.line("accept", "accept".to_owned(), again, &once, inner));
        }
        let tools = if step.turns > 1 { step.tools.as_slice() } else { &[] };
        for (id, calls, tool) in tools {
            let name = self.program.tools.get(id.index()).map_or("", |tool| tool.name.as_str());
            let times = again.times(*calls, *calls);
            parts.push(self.line(
                name,
                format!("{name} ×{calls}"),
                times,
                &tool.total,
                self.gate(tool, &Way::new(Exit::Falls), times),
            ));
        }
        if let Some(waits) = backoff(step.retries).filter(|waits| *waits > 0) {
            let waits = Resources { time_ms: waits, ..Resources::ZERO };
            parts.push(self.line("retry", "waits before retries".to_owned(), times, &waits, Vec::new()));
        }
        parts
    }
}

/// The path from a flow to the construct that takes the most, as a person reads it, and the part of the flow's own body
/// that it starts with.
pub(super) fn heaviest<'s>(flow: &str, parts: &'s [Share], dimension: Dimension) -> (String, Option<&'s Share>) {
    let mut path = vec![flow.to_owned()];
    let mut open = parts;
    while let Some(share) = open.iter().max_by_key(|share| share.bound.get(dimension)) {
        path.push(share.label.clone());
        open = &share.parts;
    }
    (path.join(" > "), parts.iter().max_by_key(|share| share.bound.get(dimension)))
}
