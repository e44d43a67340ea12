//! The worst case as a script that can be played. In: a bounded flow and a dimension. Out: for every construct that takes
//! something, which way it goes in a run that takes the most.
//!
//! The way of a construct is the one that the witness tells. What is added here is where a run fails: what stands before an
//! `else` fails after all it can take, so the last call inside of it fails at its very end.

use std::collections::HashMap;

use super::exits::Exit;
use super::step::StepBound;
use super::tree::{Bounded, Part, ToolBound, What};
use super::walk::{self, Way};
use super::{Bounder, Scope};
use crate::cost::{Dimension, Resources};
use crate::program::{FlowId, Program, Slot, StepId, ToolId};

/// How a run of a flow goes that takes the most in a dimension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// The flow.
    pub flow: FlowId,
    /// The dimension.
    pub dimension: Dimension,
    /// The bound.
    pub amount: u64,
    /// How its body goes.
    pub course: Course,
}

/// How a body goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Course {
    /// What happens at its nodes, in their order. A node that is not here takes nothing, or is not reached.
    pub moves: Vec<Move>,
    /// The node that fails at its very end, where the body fails.
    pub fails: Option<Slot>,
}

/// What happens at a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The node.
    pub slot: Slot,
    /// Its line.
    pub line: u32,
    /// What happens.
    pub does: Does,
}

/// What a construct does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Does {
    /// A step is called.
    Step(Box<StepMove>),
    /// A text is read: by every model that stands in, of which only the last one answers.
    Embedding {
        /// Whether the last one fails too.
        fails: bool,
    },
    /// A tool is called.
    Tool(ToolMove),
    /// A flow is called.
    Flow(Course),
    /// This arm is taken; none where it is absent.
    Choose(Option<usize>, Course),
    /// So many elements go this way, then so many that way.
    Each(Vec<(u64, Course)>),
    /// So many rounds go this way, then so many that way.
    Loop(Vec<(u64, Course)>),
    /// The body, and the handler where the body fails.
    Attempt(Course, Option<Course>),
    /// A person is asked and answers at the last moment.
    Ask,
    /// The body is left.
    Leave,
}

/// How a step goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepMove {
    /// The step.
    pub step: StepId,
    /// What the ladder asks before it is chosen.
    pub asks: Course,
    /// The arm of the ladder.
    pub arm: usize,
    /// Its attempts in order.
    pub attempts: Vec<AttemptMove>,
    /// How every answer is judged.
    pub accept: Option<Course>,
    /// The gates of the tools that the model calls.
    pub gates: Vec<(ToolId, Course)>,
    /// Whether the step fails at its very end.
    pub fails: bool,
}

/// An attempt of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttemptMove {
    /// The rung, from 0.
    pub rung: usize,
    /// The model of its tier, from 0.
    pub lane: usize,
    /// The position, from 0: turns, then repairs.
    pub position: usize,
    /// How often it fails and is sent again before it ends so.
    pub again: u64,
}

/// How a call of a tool goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolMove {
    /// How its gate is decided.
    pub gate: Option<Course>,
    /// Whether it fails at its very end.
    pub fails: bool,
}

/// For each of these dimensions a run of a flow that takes the most; `None` where the flow has no finite bound.
#[must_use]
pub fn scripts(program: &Program, flow: FlowId, dimensions: &[Dimension]) -> Option<Vec<Script>> {
    let mut bounder = Bounder::new(program);
    bounder.run();
    let bounded = bounder.flows.get(flow.index())?.clone()?;
    let script = |dimension: &Dimension| {
        let mut writer = Writer { bounder: &mut bounder, dimension: *dimension };
        let exit = bounded.exits.dearest(&Exit::ALL, *dimension).unwrap_or(Exit::Falls);
        let course = writer.course(&bounded, &Way::new(exit), Ends::So);
        Script { flow, dimension: *dimension, amount: bounded.any().get(*dimension), course }
    };
    Some(dimensions.iter().map(script).collect())
}

/// Whether a construct ends in its way, or fails where that would end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ends {
    So,
    InFailure,
}

struct Writer<'b, 'p> {
    bounder: &'b mut Bounder<'p>,
    dimension: Dimension,
}

impl Writer<'_, '_> {
    fn course(&mut self, bounded: &Bounded<'_>, way: &Way, ends: Ends) -> Course {
        let parts: Vec<(&Part<'_>, Way)> = walk::body(bounded, way, self.dimension).collect();
        let failing = if ends == Ends::InFailure { self.failing(&parts) } else { None };
        let mut course = Course { moves: Vec::new(), fails: failing.map(|index| parts[index].0.node.slot) };
        for (index, (part, way)) in parts.iter().enumerate() {
            let after = failing.is_some_and(|failing| index > failing);
            if (after && self.takes(part, way) == Resources::ZERO) || is_trivial(&part.bounded) {
                continue;
            }
            let ends = if failing == Some(index) { Ends::InFailure } else { Ends::So };
            let does = self.does(&part.bounded, way, ends);
            course.moves.push(Move { slot: part.node.slot, line: part.node.place.line, does });
        }
        course
    }

    fn takes(&self, part: &Part<'_>, way: &Way) -> Resources {
        walk::ends(&part.bounded, way, self.dimension).get(way.exit).unwrap_or(Resources::ZERO)
    }

    /// The part that fails last: everything that it does not wait for has begun, and in time it ends the latest.
    fn failing(&self, parts: &[(&Part<'_>, Way)]) -> Option<usize> {
        let mut finish: HashMap<Slot, u64> = HashMap::new();
        let mut last: Option<(u64, usize)> = None;
        for (index, (part, way)) in parts.iter().enumerate() {
            let start = part.node.needs.iter().filter_map(|slot| finish.get(slot)).copied().max().unwrap_or(0);
            let takes = if self.dimension == Dimension::Time { self.takes(part, way).time_ms } else { 0 };
            let ends = start.saturating_add(takes);
            finish.insert(part.node.slot, ends);
            if self.can_fail(&part.bounded, way) && last.is_none_or(|(known, _)| ends >= known) {
                last = Some((ends, index));
            }
        }
        last.map(|(_, index)| index)
    }

    /// Whether there is a call in it that can fail.
    fn can_fail(&self, bounded: &Bounded<'_>, way: &Way) -> bool {
        match &bounded.what {
            What::Nothing | What::Ask(_) => false,
            What::Step(..) | What::Embedding(_) | What::Tool(..) => true,
            What::Body(..) => {
                walk::body(bounded, way, self.dimension).any(|(part, way)| self.can_fail(&part.bounded, &way))
            }
            What::Attempt(body, handler) => {
                let way = self.dearest(handler, way);
                self.can_fail(body, &way) && self.can_fail(handler, &way)
            }
            What::Flow(..) | What::Choose(..) | What::Each { .. } | What::Loop { .. } => {
                let inside = walk::inside(bounded, way, self.dimension);
                inside.last().is_some_and(|(inner, _, way)| self.can_fail(inner, way))
            }
        }
    }

    fn dearest(&self, bounded: &Bounded<'_>, way: &Way) -> Way {
        let exits = walk::ends(bounded, way, self.dimension);
        Way { exit: exits.dearest(&Exit::ALL, self.dimension).unwrap_or(Exit::Falls), ..way.clone() }
    }

    fn does(&mut self, bounded: &Bounded<'_>, way: &Way, ends: Ends) -> Does {
        let fails = ends == Ends::InFailure;
        match &bounded.what {
            What::Nothing | What::Body(..) => Does::Leave,
            What::Ask(_) => Does::Ask,
            What::Step(id, step) => {
                let (arm, inside) = walk::step(bounded, step.table.as_deref(), way, self.dimension);
                Does::Step(Box::new(self.step(*id, step, arm, &inside, ends)))
            }
            What::Embedding(_) => Does::Embedding { fails },
            What::Tool(_, tool) => {
                let (_, inside) = walk::step(bounded, tool.table.as_deref(), way, self.dimension);
                Does::Tool(ToolMove { gate: self.gate(tool, &inside), fails })
            }
            What::Flow(..) => {
                Does::Flow(self.all(bounded, way, ends).pop().map(|(_, course)| course).unwrap_or_default())
            }
            What::Choose(..) => {
                let (arm, _) = walk::arm(bounded, way, self.dimension);
                Does::Choose(arm, self.all(bounded, way, ends).pop().map(|(_, course)| course).unwrap_or_default())
            }
            What::Each { .. } => Does::Each(self.all(bounded, way, ends)),
            What::Loop { .. } => Does::Loop(self.all(bounded, way, ends)),
            What::Attempt(body, handler) => self.attempt(bounded, (body, handler), way, ends),
        }
    }

    /// Everything inside of a construct, how often and how; the last one fails where the construct does.
    fn all(&mut self, bounded: &Bounded<'_>, way: &Way, ends: Ends) -> Vec<(u64, Course)> {
        let inside = walk::inside(bounded, way, self.dimension);
        let last = inside.len().saturating_sub(1);
        let mut all = Vec::new();
        for (index, (inner, count, way)) in inside.into_iter().enumerate() {
            // The first to leave is the last to begin: what goes on beside it does so in its own way.
            if index == last && ends == Ends::InFailure {
                if count > 1 {
                    all.push((count - 1, self.course(inner, &way, Ends::So)));
                }
                all.push((1, self.course(inner, &way, Ends::InFailure)));
            } else {
                all.push((count, self.course(inner, &way, Ends::So)));
            }
        }
        all
    }

    fn attempt(
        &mut self,
        bounded: &Bounded<'_>,
        (body, handler): (&Bounded<'_>, &Bounded<'_>),
        way: &Way,
        ends: Ends,
    ) -> Does {
        let inside = walk::inside(bounded, way, self.dimension);
        let first = inside.first().map_or_else(|| way.clone(), |(_, _, way)| way.clone());
        let second = match inside.get(1) {
            Some((_, _, way)) => way.clone(),
            None if ends == Ends::InFailure => self.dearest(handler, &first),
            None => return Does::Attempt(self.course(body, &first, Ends::So), None),
        };
        let body = self.course(body, &first, Ends::InFailure);
        // Nothing in it can fail.
        if body.fails.is_none() {
            return Does::Attempt(body, None);
        }
        Does::Attempt(body, Some(self.course(handler, &second, ends)))
    }

    fn step(&mut self, id: StepId, step: &StepBound<'_>, arm: Option<usize>, inside: &Way, ends: Ends) -> StepMove {
        let program = self.bounder.program;
        let (arm, stretches) = step.attempts(program, self.dimension, arm).unwrap_or_default();
        let attempts = stretches.iter().flat_map(|(visits, _)| visits).map(|visit| AttemptMove {
            rung: visit.rung,
            lane: visit.lane,
            position: visit.position,
            again: if visit.repeated { step.retries } else { 0 },
        });
        let attempts = attempts.collect();
        let accept = step.accept.as_ref().map(|accept| {
            let way = Way { exit: self.dearest(accept, inside).exit, ..inside.clone() };
            self.course(accept, &way, Ends::So)
        });
        let tools = if step.turns > 1 { step.tools.as_slice() } else { &[] };
        let gates = tools.iter().filter_map(|(id, _, tool)| Some((*id, self.gate(tool, &Way::new(Exit::Falls))?)));
        let gates = gates.collect();
        StepMove { step: id, asks: self.asks(id), arm, attempts, accept, gates, fails: ends == Ends::InFailure }
    }

    /// The classifiers that a ladder asks; each is bounded by itself.
    fn asks(&mut self, id: StepId) -> Course {
        let mut course = Course::default();
        let Some(step) = self.bounder.program.steps.get(id.index()) else { return course };
        for node in step.asks.iter().flat_map(|asks| &asks.body.nodes) {
            let Ok(bounded) = self.bounder.node(Scope::Step(id), node) else { continue };
            if !is_trivial(&bounded) {
                let way = self.dearest(&bounded, &Way::new(Exit::Falls));
                let does = self.does(&bounded, &way, Ends::So);
                course.moves.push(Move { slot: node.slot, line: node.place.line, does });
            }
        }
        course
    }

    fn gate(&mut self, tool: &ToolBound<'_>, way: &Way) -> Option<Course> {
        let gate = tool.gate.as_ref()?;
        Some(self.course(gate, way, Ends::So))
    }
}

fn is_trivial(bounded: &Bounded<'_>) -> bool {
    bounded.any() == Resources::ZERO && !bounded.exits.leaves()
}
