//! The bill of materials of a run. In: its rows. Out: five lines that sum up to its cost to the nano-dollar, and one line for
//! each step, model and cause.

use flow_compiler::cost::{Money, Resources};

use crate::ledger::query::{AttemptRow, RunRow};

/// What a run is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bom {
    /// What all attempts were settled at, presumed amounts included.
    pub total: Money,
    /// How much of it is presumed, because nobody could say what an attempt took.
    pub presumed: Money,
    /// What is still held, on top of the total.
    pub held: Money,
    /// The five kinds, each of which every run has. Their costs sum up to the total.
    pub kinds: [Line; 5],
    /// One line for each step, model, tier and cause, the dearest first. Their costs sum up to the total.
    pub lines: Vec<Line>,
}

/// One line of a bill.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// What it is: one of the five kinds, or the path of a step, embedding or tool.
    pub item: String,
    /// Who was asked; absent for tools and for lines over several models.
    pub model: Option<String>,
    /// The tier of the model.
    pub tier: Option<String>,
    /// Why it was asked: `first`, `retry`, `fallback`, `repair`, `judge`, `escalation`; absent for lines over several causes.
    pub cause: Option<String>,
    /// How many attempts or tool calls.
    pub attempts: u64,
    /// How many of them failed.
    pub failed: u64,
    /// Input tokens.
    pub input: u64,
    /// How many of them a provider's cache served.
    pub cached: u64,
    /// Output tokens, thinking included.
    pub output: u64,
    /// What they cost.
    pub cost: Money,
    /// How much of it is presumed.
    pub presumed: Money,
    /// How long they took, one after the other; for the line of latency, how long the run was waiting for anything.
    pub time_ms: u64,
}

/// The five kinds in the order of the bill.
const KINDS: [&str; 5] = ["tokens", "retrieval context", "tool calls", "retries", "latency"];

/// Adds up a run.
#[must_use]
pub fn bom(run: &RunRow, attempts: &[AttemptRow]) -> Bom {
    let mut kinds = KINDS.map(|item| Line { item: item.to_owned(), ..Line::default() });
    let mut lines: Vec<Line> = Vec::new();
    for attempt in attempts {
        kinds[kind(attempt)].add(attempt);
        let found = lines.iter_mut().find(|line| line.is_of(attempt));
        match found {
            Some(line) => line.add(attempt),
            None => {
                let mut line = Line::of(attempt);
                line.add(attempt);
                lines.push(line);
            }
        }
    }
    // Latency costs time and no money: it is a line of the bill, and not a term of its sum.
    kinds[4].time_ms = run.spent.as_ref().map_or_else(|| span_ms(run, attempts), |spent| spent.time_ms);
    lines.sort_by_key(|line| std::cmp::Reverse((line.cost, line.input.saturating_add(line.output), line.time_ms)));
    let sum = |of: fn(&Line) -> Money| lines.iter().fold(Money::ZERO, |sum, line| add(sum, of(line)));
    let held = attempts.iter().filter(|a| a.spent.is_none()).fold(Money::ZERO, |sum, a| add(sum, a.reserved));
    Bom { total: sum(|line| line.cost), presumed: sum(|line| line.presumed), held, kinds, lines }
}

/// Which of the five kinds an attempt belongs to; each belongs to one.
fn kind(attempt: &AttemptRow) -> usize {
    match (attempt.kind.as_str(), attempt.cause.as_str()) {
        ("tool", _) => 2,
        (_, "retry" | "fallback" | "repair") => 3,
        ("embedding", _) => 1,
        _ => 0,
    }
}

impl Line {
    fn of(attempt: &AttemptRow) -> Line {
        Line {
            item: attempt.path.clone(),
            model: attempt.model.clone(),
            tier: attempt.tier.clone(),
            cause: Some(attempt.cause.clone()),
            ..Line::default()
        }
    }

    fn is_of(&self, attempt: &AttemptRow) -> bool {
        self.item == attempt.path
            && self.model == attempt.model
            && self.tier == attempt.tier
            && self.cause.as_ref() == Some(&attempt.cause)
    }

    fn add(&mut self, attempt: &AttemptRow) {
        let spent = attempt.spent.unwrap_or(Resources::ZERO);
        self.attempts += 1;
        self.failed += u64::from(attempt.reason.is_some());
        self.input = self.input.saturating_add(spent.input);
        self.output = self.output.saturating_add(spent.output);
        self.cached = self.cached.saturating_add(attempt.usage.map_or(0, |usage| usage.cache_read));
        self.cost = add(self.cost, spent.cost);
        if attempt.state == "presumed" {
            self.presumed = add(self.presumed, spent.cost);
        }
        let took = attempt.ended_at.map_or(0, |end| end.saturating_sub(attempt.held_at));
        self.time_ms = self.time_ms.saturating_add(took);
    }
}

/// From the beginning of a run to the last that is known of it.
fn span_ms(run: &RunRow, attempts: &[AttemptRow]) -> u64 {
    let last = attempts.iter().filter_map(|attempt| attempt.ended_at).chain(run.ended_at).max();
    last.map_or(0, |last| last.saturating_sub(run.started_at))
}

/// Amounts of one ledger are sums of what runs were allowed to spend; one that does not fit is shown as the largest.
fn add(a: Money, b: Money) -> Money {
    a.checked_add(b).unwrap_or(Money::MAX)
}
