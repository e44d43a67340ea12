//! A step: rungs, turns, retries, repairs, judges and tools. In: a step whose callees are bounded. Out: its bound and ceilings.

use std::rc::Rc;

use super::cases::{Assigned, Choices, Until};
use super::exits::Exit;
use super::ladder::{self, Caps, Visit};
use super::like::{self, AsksBound};
use super::order::Unit;
use super::prompt::{self, Base};
use super::report::{Attempts, Ends};
use super::table::{Layout, Mark, Read, Table, Trail};
use super::tree::{Bounded, ToolBound};
use super::turns::{self, Lane, Rivals};
use super::{Bounder, Scope, Unbounded, choose};
use crate::catalogue::ModelFacts;
use crate::cost::{Dimension, Money, Resources, longest_backoff_ms};
use crate::diagnostic::{Diagnostic, code};
use crate::mutant::{Mutant, rule};
use crate::plan::{ModelCeiling, StepCeiling};
use crate::program::{Keep, ModelId, Program, Step, StepId, TierId, Tool, ToolId};
use crate::size::{Measure, least};

/// The most turns that a conversation may have: every one of them is planned for.
pub const MOST_TURNS: u64 = 1_000;
/// The most repairs that a step may have.
pub const MOST_REPAIRS: u64 = 100;

/// What a step takes, and why.
#[derive(Clone, Debug)]
pub(super) struct StepBound<'p> {
    /// How often a request may be sent again.
    pub retries: u64,
    /// How often an invalid answer may be sent back.
    pub repairs: u64,
    /// The most that one execution takes.
    pub total: Resources,
    /// The same by the cases of what it is called with, and which arm of the ladder that is; absent where it is the same.
    pub table: Option<Rc<Table>>,
    /// Turns of a rung.
    pub turns: u64,
    /// Every way that its ladder can be chosen.
    pub arms: Vec<ArmBound>,
    /// The judgement of one answer.
    pub accept: Option<Rc<Bounded<'p>>>,
    /// The classifiers that the ladder asks before it is chosen.
    pub asks: AsksBound<'p>,
    /// The reading of the request for a cache that also looks for nearly the same one.
    pub likeness: Resources,
    /// The tools that a model may call in a rung, and how often.
    pub tools: Vec<(ToolId, u64, Rc<ToolBound<'p>>)>,
    /// The ceilings of single attempts.
    pub models: Vec<ModelCeiling>,
    /// Why no run may reach the bound, where that is known.
    pub loose: Option<&'static str>,
}

/// One way that a ladder can be chosen.
#[derive(Clone, Debug)]
pub(super) struct ArmBound {
    /// The most that it takes.
    pub total: Resources,
    /// Its rungs in order, each with what it does at every model of its tier.
    pub rungs: Vec<Rung>,
}

/// A tier, and what a step does at every model of it.
type Rung = (TierId, Vec<(ModelId, Rc<Lane>)>);

/// The attempts at one model, one after the other, and how they are told.
type Stretch = (Vec<Visit>, Attempts);

impl StepBound<'_> {
    /// What the runtime enforces.
    #[must_use]
    pub(super) fn ceiling(&self) -> StepCeiling {
        StepCeiling { total: self.total, turns: self.turns, models: self.models.clone() }
    }

    /// What may be repeated.
    #[must_use]
    pub(super) fn caps(&self) -> Caps {
        let small = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
        Caps { turns: small(self.turns), repairs: small(self.repairs), retries: self.retries }
    }

    /// The attempts on the worst way through an arm of the ladder: those at one model together. Where no arm is given, it is the
    /// one that takes the most.
    #[must_use]
    pub(super) fn attempts(
        &self,
        program: &Program,
        dimension: Dimension,
        arm: Option<usize>,
    ) -> Option<(usize, Vec<Stretch>)> {
        let dearest = || {
            let most = self.arms.iter().map(|arm| arm.total.get(dimension)).max()?;
            self.arms.iter().position(|arm| arm.total.get(dimension) == most)
        };
        let index = arm.or_else(dearest)?;
        let arm = self.arms.get(index)?;
        let (_, visits) = ladder::worst(&arm.lanes(), self.caps(), dimension)?;
        let together = visits.chunk_by(|a, b| (a.rung, a.lane) == (b.rung, b.lane));
        Some((index, together.filter_map(|visits| Some((visits.to_vec(), self.said(program, arm, visits)?))).collect()))
    }

    fn said(&self, program: &Program, arm: &ArmBound, visits: &[Visit]) -> Option<Attempts> {
        let (first, last) = (visits.first()?, visits.last()?);
        let (tier, lanes) = arm.rungs.get(first.rung)?;
        let (model, _) = lanes.get(first.lane)?;
        Some(Attempts {
            tier: program.tiers.get(tier.index())?.name.clone(),
            model: program.models.get(model.index())?.name.clone(),
            from: first.position as u64 + 1,
            to: last.position as u64 + 1,
            retries: if visits.iter().any(|visit| visit.repeated) { self.retries } else { 0 },
            ends: if first.lane + 1 < lanes.len() {
                Ends::Fails
            } else if first.rung + 1 < arm.rungs.len() {
                Ends::NotAccepted
            } else {
                Ends::Done
            },
        })
    }
}

impl ArmBound {
    fn lanes(&self) -> Vec<Vec<&Lane>> {
        self.rungs.iter().map(|(_, lanes)| lanes.iter().map(|(_, lane)| &**lane).collect()).collect()
    }
}

/// The bound of a step.
pub(super) fn bound<'p>(bounder: &mut Bounder<'p>, id: StepId, step: &Step) -> Result<StepBound<'p>, Unbounded> {
    check_rounds(bounder, step)?;
    let overflow = |bounder: &mut Bounder<'p>| bounder.no_bound(&step.place, &format!("`{}`", step.name));
    let Some(turns) = turns::turn_count(step) else { return Err(overflow(bounder)) };
    let accept = bounder.accept(id)?;
    let asks = like::asks(bounder, id)?;
    let Some(likeness) = like::likeness(bounder.program, step) else { return Err(overflow(bounder)) };
    let tools = step.tools.iter().map(|(tool, calls)| Ok((*tool, *calls, bounder.tool(*tool)?)));
    let tools = tools.collect::<Result<Vec<_>, Unbounded>>()?;

    let bases = bounder.bases(id, step)?;
    let mut lanes = Lanes::default();
    let arms = prompt::ways(step).into_iter().map(|tiers| {
        let rungs =
            tiers.iter().map(|tier| lanes.rung(bounder.program, step, *tier, &bases)).collect::<Option<Vec<_>>>()?;
        Some(ArmBound { total: Resources::ZERO, rungs })
    });
    let Some(arms) = arms.collect::<Option<Vec<_>>>() else { return Err(overflow(bounder)) };
    let Lanes { known: lanes } = lanes;
    for (model, _, lane) in &lanes {
        if let Some(facts) = bounder.program.models.get(model.index()) {
            check_fit(bounder, id, step, facts, lane);
        }
    }

    let mut bound = StepBound {
        retries: step.retry,
        repairs: step.repair,
        total: Resources::ZERO,
        table: None,
        turns,
        arms,
        accept,
        asks,
        likeness,
        tools,
        models: ceilings(&lanes),
        loose: loose(bounder.program, step, turns, &lanes),
    };
    let judged = bound.accept.as_ref().map_or(Resources::ZERO, |accept| accept.any());
    for index in 0..bound.arms.len() {
        let Some(total) = arm_total(&bound, &bound.arms[index], judged) else { return Err(overflow(bounder)) };
        bound.arms[index].total = total;
        bound.total = bound.total.either(&total);
    }
    if let Some(table) = by_case(bounder, id, &bound)? {
        bound.total = table.most().any();
        bound.table = Some(Rc::new(table));
    }
    Ok(bound)
}

/// What it takes by what it is called with. `None` where that makes no difference.
fn by_case(bounder: &mut Bounder<'_>, id: StepId, bound: &StepBound<'_>) -> Result<Option<Table>, Unbounded> {
    let scope = Scope::Step(id);
    let survey = Rc::clone(bounder.surveys.get(scope));
    let none = Choices::default();
    let choices = survey.ladder.as_ref().unwrap_or(&none);
    let judge = bound.accept.as_deref();
    if choices.values.is_empty() && judge.is_none_or(|judge| judge.table.is_none()) {
        return Ok(None);
    }
    let mut layout = Layout::default();
    let inside = judge.iter().filter_map(|judge| judge.table.as_ref()).flat_map(|table| &table.layout.0).copied();
    let own = choices.values.iter().map(|value| (*value, survey.cells(*value)));
    let own = own.filter(|(value, _)| survey.value(*value).is_some_and(|value| value.until == Until::Caller));
    for (value, cells) in inside.chain(own) {
        if !layout.add(value, cells) {
            bounder.drop_value(scope, value);
        }
    }
    let judged = judge.map(|judge| Read::of(&layout, judge));
    let over = bounder.program.steps.get(id.index()).map_or(0, |step| step.over.len());
    let usual = bound.arms.len().saturating_sub(over);
    let mut table = Table::new(layout);
    for entry in 0..table.entries.len() {
        let mut assigned = Assigned::default();
        table.layout.cases(entry).for_each(|(value, case)| assigned.push(value, case));
        let ways = match choices.conditions.len() {
            0 => Some(vec![(Some(0), Vec::new())]),
            arms => choose::taken(&survey, choices, arms, &mut assigned, arms),
        };
        let mut ways = ways.unwrap_or_else(|| (0..usual).map(|arm| (Some(arm), Vec::new())).collect());
        // A reached ceiling may take over whatever the ladder looks at.
        ways.extend((usual..bound.arms.len()).map(|arm| (Some(arm), Vec::new())));
        let judged = judged.as_ref().map_or(Resources::ZERO, |judged| judged.exits(entry).any());
        for (arm, cases) in ways {
            let Some(of) = arm.and_then(|arm| bound.arms.get(arm)) else { continue };
            let total = arm_total(bound, of, judged).ok_or(Unbounded)?;
            let marks = cases.iter().map(|(value, case)| Mark::Value(*value, *case)).chain([Mark::Arm(arm)]);
            let trail = marks.fold(Trail::default(), |trail, mark| table.trails.push(trail, mark));
            table.note(entry, Exit::Falls, &total, trail);
        }
    }
    Ok(Some(table.folded(|id| survey.value(id).is_none_or(|value| value.until != Until::Caller))))
}

/// What a step does at each model: with, and without others that can take over.
#[derive(Default)]
struct Lanes {
    known: Vec<(ModelId, Rivals, Rc<Lane>)>,
}

impl Lanes {
    /// A rung; `None` where no finite size fits.
    fn rung(&mut self, program: &Program, step: &Step, tier: TierId, bases: &[(ModelId, Base)]) -> Option<Rung> {
        let models = &program.tiers.get(tier.index())?.models;
        let rivals = if models.len() > 1 { Rivals::Some } else { Rivals::None };
        let mut rung = Vec::new();
        for model in models {
            let known = self.known.iter().find(|(known, beside, _)| known == model && *beside == rivals);
            let lane = match known {
                Some((_, _, lane)) => Rc::clone(lane),
                None => {
                    let base = bases.iter().find(|(id, _)| id == model)?.1;
                    let lane = turns::lane(program, step, program.models.get(model.index())?, base, rivals)?;
                    let lane = Rc::new(lane);
                    self.known.push((*model, rivals, Rc::clone(&lane)));
                    lane
                }
            };
            rung.push((*model, lane));
        }
        Some((tier, rung))
    }
}

/// Everything on one way through the ladder.
fn arm_total(bound: &StepBound<'_>, arm: &ArmBound, judged: Resources) -> Option<Resources> {
    let is_first = || bound.arms.first().is_some_and(|first| std::ptr::eq(first, arm));
    if rule(Mutant::FirstRouteOnly, false, || !is_first()) {
        return Some(Resources::ZERO);
    }
    let judged = rule(Mutant::JudgeIsFree, judged, || Resources::ZERO);
    let (lanes, caps) = (arm.lanes(), bound.caps());
    let worst = |dimension| ladder::worst(&lanes, caps, dimension).map(|(most, _)| most);
    let calls = worst(Dimension::Calls)?;
    let attempts = Resources {
        cost: Money::from_nanos(worst(Dimension::Cost)?),
        calls,
        turns: calls,
        tools: 0,
        input: worst(Dimension::Input)?,
        output: worst(Dimension::Output)?,
        tokens: worst(Dimension::Tokens)?,
        time_ms: worst(Dimension::Time)?.checked_add(backoff(bound.retries)?)?,
    };
    // Every rung takes the tools of its conversation and the judgement of its answer beside its attempts.
    let count = rule(Mutant::OneConversationOnly, arm.rungs.len() as u64, || 1);
    let tools = rule(Mutant::ToolsForgotten, tools_total(bound)?, || Resources::ZERO);
    let rungs = attempts.then(&tools.then(&judged)?.repeat(count, count)?)?;
    let hits = bound.likeness != Resources::ZERO;
    let rungs = rule(Mutant::CacheAlwaysHits, rungs, || if hits { Resources::ZERO } else { rungs });
    let asked = rule(Mutant::ClassifierIsFree, bound.asks.total, || Resources::ZERO);
    let likeness = rule(Mutant::LikenessIsFree, bound.likeness, || Resources::ZERO);
    asked.then(&likeness)?.then(&rungs)
}

/// All tool calls of one conversation; a model that may take one turn only is offered none.
///
/// The calls of one turn are made side by side, so a turn waits for its longest: at worst the longest calls are one to a turn.
fn tools_total(bound: &StepBound<'_>) -> Option<Resources> {
    let mut asking = bound.turns.checked_sub(1)?;
    if asking == 0 {
        return Some(Resources::ZERO);
    }
    let calls = |sum: Resources, (_, calls, tool): &(ToolId, u64, Rc<ToolBound<'_>>)| {
        sum.beside(&tool.total.repeat(*calls, 1)?)
    };
    let sum = bound.tools.iter().try_fold(Resources::ZERO, calls)?;
    let mut longest: Vec<(u64, u64)> =
        bound.tools.iter().map(|(_, calls, tool)| (tool.total.time_ms, *calls)).collect();
    longest.sort_unstable_by(|a, b| b.cmp(a));
    let mut time_ms = 0u64;
    for (time, calls) in longest {
        let waited = rule(Mutant::ToolsWaitOnce, calls.min(asking), || calls.min(u64::from(time_ms == 0)));
        time_ms = time_ms.checked_add(time.checked_mul(waited)?)?;
        asking -= waited;
    }
    Some(Resources { time_ms, ..sum })
}

/// The longest that all waits before retries can take together.
pub(super) fn backoff(retries: u64) -> Option<u64> {
    const GROWING: u64 = 6;
    let growing: u64 = (1..=retries.min(GROWING)).map(longest_backoff_ms).sum();
    if rule(Mutant::BackoffForgotten, false, || true) {
        return Some(0);
    }
    growing.checked_add(retries.saturating_sub(GROWING).checked_mul(longest_backoff_ms(GROWING))?)
}

/// One line for each model, whatever rungs it stands on.
fn ceilings(lanes: &[(ModelId, Rivals, Rc<Lane>)]) -> Vec<ModelCeiling> {
    let mut ceilings: Vec<ModelCeiling> = Vec::new();
    for (model, _, lane) in lanes {
        if ceilings.iter().all(|ceiling| ceiling.model != *model) {
            ceilings.push(ModelCeiling {
                model: *model,
                turns: lane.turns.clone(),
                repairs: lane.repairs.clone(),
                output: lane.output,
                time_ms: lane.time_ms,
            });
        }
    }
    ceilings
}

/// Why the schedule of turns that was counted may not be the one that a run can have.
fn loose(program: &Program, step: &Step, turns: u64, lanes: &[(ModelId, Rivals, Rc<Lane>)]) -> Option<&'static str> {
    if !step.over.is_empty() {
        return Some("the tiers that answer under a reached ceiling are counted wherever it is called");
    }
    if step.cache.as_ref().is_some_and(|cache| cache.like.is_some()) {
        return Some("the request is counted as read by the model of its cache, as much of it as that can hold");
    }
    if step.class.window_ms() > 0 {
        return Some("every attempt is counted as waiting for the whole of its `window`");
    }
    if turns > 2 && step.tools.len() > 1 {
        return Some("the schema of every tool is counted in every turn but the last, also when its calls are used up");
    }
    if turns > 1 && lanes.iter().any(|(model, _, lane)| !has_room(program, step, turns, *model, lane)) {
        return Some("the calls of tools in one turn are longer than an answer may be");
    }
    if turns > 1 && lanes.iter().any(|(_, _, lane)| lane.padded) {
        return Some("a result is smaller than what a model is told where no call is made, and both are counted");
    }
    if turns > 1 && matches!(step.keep, Keep::Tokens(_)) {
        return Some("as much as `keep` has room for is counted, and only whole turns are kept");
    }
    if lanes.iter().any(|(_, _, lane)| lane.attempts.iter().skip(1).any(|attempt| attempt.input >= lane.cap)) {
        return Some("a conversation grows to what a request may have, and a request that is larger is not sent");
    }
    let windowed = turns > 2 && matches!(step.keep, Keep::Last(_));
    let repaired = windowed && step.repair > 0;
    let largest = windowed
        && lanes.iter().any(|(_, _, lane)| {
            lane.attempts.iter().map(|a| a.input).take(lane.turns.len()).eq(lane.turns.iter().copied())
        });
    let rivals = turns > 2 && lanes.iter().any(|(_, rivals, _)| *rivals == Rivals::Some);
    (repaired || largest || rivals)
        .then_some("the largest request of each turn is counted, whichever turn the tools are called in")
}

/// Whether the calls of the first turn are no longer than an answer. What a gate looks at has to be at its longest.
fn has_room(program: &Program, step: &Step, turns: u64, model: ModelId, lane: &Lane) -> bool {
    let Some(facts) = program.models.get(model.index()) else { return false };
    let measure = Measure::of(facts, &program.types);
    let tools = || step.tools.iter().filter_map(|(id, _)| program.tools.get(id.index()));
    let room = lane.output.saturating_sub(if facts.thinking { step.think } else { 0 });
    let calls: u64 = step.tools.iter().map(|(_, calls)| *calls).fold(0, u64::saturating_add);
    let first = calls.saturating_sub(turns.saturating_sub(2));
    let longest = |size: &dyn Fn(&Tool) -> Option<u64>| {
        tools().map(size).try_fold(0, |most: u64, size| Some(most.max(size?)))?.checked_mul(first)
    };
    let shortest = |tool: &Tool| {
        let args = tool.params.iter().map(|param| least(&program.types, &param.ty) + param.name.len() as u64 + 4);
        args.chain([tool.name.len() as u64 + 2]).try_fold(0u64, u64::checked_add)
    };
    let fits = |size: Option<u64>| size.is_some_and(|size| size <= room);
    let is_open = tools().all(|tool| tool.gate.is_none());
    fits(longest(&|tool| measure.call(tool))) || (is_open && fits(longest(&shortest)))
}

fn check_rounds(bounder: &mut Bounder<'_>, step: &Step) -> Result<(), Unbounded> {
    for (word, count, most) in [("turns", step.turns, MOST_TURNS), ("repair", step.repair, MOST_REPAIRS)] {
        if count > most {
            let message =
                format!("`{}` may take {word} up to {count}, and {most} is the most that is planned for", step.name);
            let told = Diagnostic::error(code::bound::E0205, step.place.span, message);
            bounder.report(told.label("in this step").help(format!("write `{word} <= {most}` or less")));
            return Err(Unbounded);
        }
    }
    Ok(())
}

/// The first request fits the step's `input` and the model's context, or no run of the step can start.
fn check_fit(bounder: &mut Bounder<'_>, id: StepId, step: &Step, model: &ModelFacts, lane: &Lane) {
    let before = bounder.diagnostics.len();
    if let Some(input) = step.input.filter(|input| lane.base > *input) {
        let message = format!(
            "a request of `{}` to `{}` can have {} tokens, more than its `input <= {input}tok`",
            step.name, model.name, lane.base
        );
        let told = Diagnostic::error(code::bound::E0203, step.place.span, message).label("in this step");
        bounder.report(
            told.help(format!("write `input <= {}tok`, or make what the prompt shows smaller with `cut`", lane.base)),
        );
    } else if lane.base > model.context.saturating_sub(lane.output) {
        let message = format!(
            "a request of `{}` to `{}` can have {} tokens, and its context of {} leaves {} beside the answer",
            step.name,
            model.name,
            lane.base,
            model.context,
            model.context.saturating_sub(lane.output)
        );
        let told = Diagnostic::error(code::bound::E0204, step.place.span, message).label("in this step");
        bounder.report(told.help(
            "make what the prompt shows smaller with `cut`, lower `output`, or use a model with a larger context",
        ));
    }
    if bounder.diagnostics.len() > before {
        bounder.invalid.insert(Unit::Step(id));
    }
}
