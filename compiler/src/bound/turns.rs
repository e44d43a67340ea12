//! The requests of one conversation. In: a step, a model, its first request. Out: every attempt at its largest.
//!
//! Each turn but the last makes at least one tool call, or asks only for calls that are no longer allowed and is told so, which
//! uses up one of the calls that are left. So at most `min(turns, calls + 1)` turns happen, and the worst schedule puts the
//! largest results earliest: all but `turns - 2` of them in the first turn, then one a turn, largest first.

use super::prompt::Base;
use crate::catalogue::ModelFacts;
use crate::cost::{Dimension, Money, Resources};
use crate::mutant::{Mutant, rule};
use crate::program::{Keep, Program, Step, Ty};
use crate::size::Measure;

/// What a model is told when it asked only for calls that are no longer allowed. It stands where their results would.
pub const NOTE: &str = "No tool call is left for this. Answer now.";
/// What a model is told when a gate was closed.
pub const DENIED: &str = "Denied.";
/// The most tokens of the note that sends an invalid answer back. The runtime cuts the note to this.
pub const REPAIR_NOTE_TOKENS: u64 = 64;

/// One request and its answer, at their largest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Attempt {
    /// Input tokens.
    pub input: u64,
    /// Output tokens.
    pub output: u64,
    /// What it costs.
    pub cost: Money,
    /// Milliseconds until it is given up.
    pub time_ms: u64,
}

impl Attempt {
    /// What it takes: one call, one turn.
    #[must_use]
    pub(super) fn resources(&self) -> Resources {
        Resources {
            cost: self.cost,
            calls: 1,
            turns: 1,
            tools: 0,
            input: self.input,
            output: self.output,
            tokens: self.input.saturating_add(self.output),
            time_ms: self.time_ms,
        }
    }

    /// Its number in a dimension. `tokens` fits: it is computed from two caps that were added before.
    #[must_use]
    pub(super) fn get(&self, dimension: Dimension) -> u128 {
        match dimension {
            Dimension::Cost => u128::from(self.cost.nanos()),
            Dimension::Calls | Dimension::Turns => 1,
            Dimension::Tools => 0,
            Dimension::Input => u128::from(self.input),
            Dimension::Output => u128::from(self.output),
            Dimension::Tokens => u128::from(self.input) + u128::from(self.output),
            Dimension::Time => u128::from(self.time_ms),
        }
    }
}

/// What a step does at one model, at its largest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lane {
    /// The first request, before any cap.
    pub base: u64,
    /// The most that a request may have: the step's `input`, and what the model's context leaves.
    pub cap: u64,
    /// The attempts on the worst schedule: the turns, then the repairs.
    pub attempts: Vec<Attempt>,
    /// The largest request of each turn, over all schedules.
    pub turns: Vec<u64>,
    /// The largest request of each repair.
    pub repairs: Vec<u64>,
    /// Output tokens of an attempt.
    pub output: u64,
    /// Milliseconds of an attempt.
    pub time_ms: u64,
    /// Whether some result is smaller than what a model is told instead of one, so that it is counted as that.
    pub padded: bool,
}

/// The turns that a conversation of this step can have.
#[must_use]
pub(super) fn turn_count(step: &Step) -> Option<u64> {
    let calls = step.tools.iter().try_fold(0u64, |sum, (_, calls)| sum.checked_add(*calls))?;
    let most = rule(Mutant::TurnsWithoutTheLast, calls.checked_add(1)?, || calls);
    let most = rule(Mutant::TurnsUncapped, most, || u64::MAX);
    Some(step.turns.min(most).max(1))
}

/// Every attempt of a step at a model. `None` where no finite size fits.
#[must_use]
pub(super) fn lane(program: &Program, step: &Step, model: &ModelFacts, base: Base, rivals: Rivals) -> Option<Lane> {
    let measure = Measure::of(model, &program.types);
    let answer = match step.output {
        Some(output) => output,
        None => longest_answer(program, step, &measure)?,
    };
    let think = rule(Mutant::ThinkForgotten, if model.thinking { step.think } else { 0 }, || 0);
    let output = answer.checked_add(think)?.min(model.max_output);
    let again = rule(Mutant::ThinkIsSentAgain, answer.min(model.max_output), || output);
    let cap = step.input.unwrap_or(u64::MAX).min(model.context.saturating_sub(output));
    let history = History {
        base,
        answer: again.checked_add(model.overhead.message)?,
        results: results(program, step, model, &measure)?,
        turns: turn_count(step)?,
    };
    let told = told(&measure);
    let mut tools = step.tools.iter().filter_map(|(tool, _)| program.tools.get(tool.index()));
    let padded = tools.any(|tool| measure.hole(&tool.result).is_some_and(|units| measure.tokens(units) < told));
    let pointwise = |turn| history.largest(step.keep, turn);
    let turns: Vec<u64> = (1..=history.turns).map(|turn| Some(pointwise(turn)?.min(cap))).collect::<Option<_>>()?;
    let note = rule(Mutant::RepairNoteForgotten, REPAIR_NOTE_TOKENS, || 0);
    let bad = rule(Mutant::RepairKeepsNothing, history.answer, || 0);
    let repair = bad.checked_add(note)?.checked_add(model.overhead.message)?;
    let last = pointwise(history.turns)?;
    let repairs = (1..=step.repair)
        .map(|count| rule(Mutant::RepairsDoNotGrow, count, || 1))
        .map(|count| Some(last.checked_add(repair.checked_mul(count)?)?.min(cap)))
        .collect::<Option<Vec<u64>>>()?;
    // The schedule is the worst one at every turn where all is kept. In a window it is the worst one in sum: a price that
    // jumps, or another model that takes over half-way, could do worse, so the largest request of each turn is taken there.
    let by_sum = matches!(step.keep, Keep::Last(_)) && (rivals == Rivals::Some || !is_linear(model));
    let time_ms = rule(Mutant::TimeIgnored, step.time_ms, || None).unwrap_or(model.timeout_ms);
    let mut inputs = if by_sum {
        turns.clone()
    } else {
        (1..=history.turns).map(|turn| Some(history.scheduled(step.keep, turn)?.min(cap))).collect::<Option<_>>()?
    };
    inputs.extend(&repairs);
    let attempts = inputs.into_iter().map(|input| {
        input.checked_add(output)?;
        let time_ms = time_ms.checked_add(rule(Mutant::WindowForgotten, step.class.window_ms(), || 0))?;
        Some(Attempt { input, output, cost: model.price.ceiling(input, output)?, time_ms })
    });
    let base = if history.turns > 1 { base.offered } else { base.withheld };
    Some(Lane { base, cap, attempts: attempts.collect::<Option<_>>()?, turns, repairs, output, time_ms, padded })
}

/// Whether a sum of prices is the price of the sum: no class of long requests, and no fraction of a nano-dollar to round up.
fn is_linear(model: &ModelFacts) -> bool {
    let rates = &model.price.rates;
    let inputs = [Some(rates.input), rates.cached_input, rates.cache_write];
    model.price.long_context.is_empty() && inputs.into_iter().flatten().all(|rate| rate.picos_per_token() % 1000 == 0)
}

/// Whether other models can take over in the middle of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rivals {
    /// No other model.
    None,
    /// At least one.
    Some,
}

/// The longest that a step has to have room for, in tokens: its result or, where it has turns for that, a call of one of its tools.
pub(crate) fn longest_answer(program: &Program, step: &Step, measure: &Measure<'_>) -> Option<u64> {
    let result = encoded_answer(measure, &step.result)?;
    if turn_count(step)? < 2 {
        return Some(result);
    }
    let calls = step.tools.iter().map(|(tool, _)| measure.call(program.tools.get(tool.index())?));
    let calls = calls.collect::<Option<Vec<u64>>>()?;
    let longest = calls.into_iter().fold(result, u64::max);
    Some(rule(Mutant::CallsTakeNoRoom, longest, || result))
}

/// The size of an answer: a text itself, or JSON.
fn encoded_answer(measure: &Measure<'_>, result: &Ty) -> Option<u64> {
    let units = if matches!(result, Ty::Text(_)) { measure.hole(result)? } else { measure.json(result)? };
    Some(measure.tokens(units))
}

/// The longest of what a model is told where a call was not made.
fn told(measure: &Measure<'_>) -> u64 {
    let told = measure.tokens(measure.fixed(NOTE)).max(measure.tokens(measure.fixed(DENIED)));
    rule(Mutant::NoteForgotten, told, || 0)
}

/// How large the results of tool calls are in a history, and how many there are of each size, largest first.
fn results(program: &Program, step: &Step, model: &ModelFacts, measure: &Measure<'_>) -> Option<Vec<(u64, u64)>> {
    let told = told(measure);
    let sized = step.tools.iter().map(|(tool, calls)| {
        let result = measure.tokens(measure.hole(&program.tools.get(tool.index())?.result)?);
        let message = rule(Mutant::MessageForgotten, model.overhead.message, || 0);
        Some((result.max(told).checked_add(message)?, *calls))
    });
    let mut sized = sized.collect::<Option<Vec<_>>>()?;
    sized.sort_unstable_by_key(|(size, _)| std::cmp::Reverse(*size));
    Some(sized)
}

/// What a conversation grows by.
struct History {
    base: Base,
    /// An earlier answer, sent again.
    answer: u64,
    /// Sizes of results and how many there are of each, largest first.
    results: Vec<(u64, u64)>,
    /// How many turns there are.
    turns: u64,
}

impl History {
    fn base(&self, turn: u64) -> u64 {
        let offers = rule(Mutant::LastTurnOffersTools, turn < self.turns, || true);
        if offers { self.base.offered } else { self.base.withheld }
    }

    /// The request of a turn on the worst schedule.
    fn scheduled(&self, keep: Keep, turn: u64) -> Option<u64> {
        self.base(turn).checked_add(match keep {
            Keep::All => self.grown(turn)?,
            Keep::Tokens(most) => self.grown(turn)?.min(rule(Mutant::KeptTokensForgotten, most, || 0)),
            Keep::Last(window) => {
                let window = rule(Mutant::WindowOneShort, window, || window - 1);
                let window = rule(Mutant::WindowIgnored, window, || u64::MAX);
                let forgotten = turn.saturating_sub(window.min(turn - 1));
                self.grown(turn)?.checked_sub(self.grown(forgotten)?)?
            }
        })
    }

    /// The largest request of a turn over all schedules: every result may be there from the second turn on.
    fn largest(&self, keep: Keep, turn: u64) -> Option<u64> {
        let results = if turn > 1 { self.largest_results(u64::MAX)? } else { 0 };
        let earlier = turn - 1;
        let of = |turns: u64| self.answer.checked_mul(turns)?.checked_add(results);
        self.base(turn).checked_add(match keep {
            Keep::All => of(earlier)?,
            Keep::Tokens(most) => of(earlier)?.min(most),
            Keep::Last(0) => 0,
            Keep::Last(window) => of(earlier.min(window))?,
        })
    }

    /// All that was said before a turn, on the worst schedule.
    fn grown(&self, turn: u64) -> Option<u64> {
        let Some(earlier) = turn.checked_sub(1).filter(|earlier| *earlier > 0) else { return Some(0) };
        let calls = self.results.iter().try_fold(0u64, |sum, (_, calls)| sum.checked_add(*calls))?;
        // One call is held back for each turn between this one and the last.
        let made = calls.saturating_sub((self.turns - 1).saturating_sub(earlier));
        let made = rule(Mutant::ResultsLate, made, || made.min(earlier));
        let results = rule(Mutant::ResultsForgotten, self.largest_results(made)?, || 0);
        let answers = rule(Mutant::AnswersForgotten, self.answer.checked_mul(earlier)?, || 0);
        rule(Mutant::HistoryForgotten, answers.checked_add(results), || Some(0))
    }

    /// The sum of the largest `count` results.
    fn largest_results(&self, mut count: u64) -> Option<u64> {
        let mut sum = 0u64;
        for (size, calls) in &self.results {
            let taken = count.min(*calls);
            sum = sum.checked_add(size.checked_mul(taken)?)?;
            count -= taken;
        }
        Some(sum)
    }
}
