//! What all runs come to. In: rows of runs. Out: one line for each flow.

use flow_compiler::cost::Money;

use crate::ledger::query::RunRow;

/// The runs of one flow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlowLine {
    /// The flow.
    pub flow: String,
    /// How many runs.
    pub runs: u64,
    /// How many of them are done.
    pub done: u64,
    /// How many escalated.
    pub escalated: u64,
    /// How many failed, were refused, rest, or are not at their end.
    pub other: u64,
    /// What they cost.
    pub cost: Money,
    /// The dearest of them.
    pub dearest: Money,
    /// The highest ceiling that one of them had.
    pub ceiling: Money,
}

/// One line for each flow, the dearest first. Runs whose answers were played cost nothing and are left out.
#[must_use]
pub fn overview(runs: &[RunRow]) -> Vec<FlowLine> {
    let mut lines: Vec<FlowLine> = Vec::new();
    for run in runs.iter().filter(|run| !run.scripted) {
        let index = lines.iter().position(|line| line.flow == run.flow).unwrap_or_else(|| {
            lines.push(FlowLine { flow: run.flow.clone(), ..FlowLine::default() });
            lines.len() - 1
        });
        lines[index].add(run);
    }
    lines.sort_by(|a, b| b.cost.cmp(&a.cost).then_with(|| a.flow.cmp(&b.flow)));
    lines
}

impl FlowLine {
    /// What one success cost, failures paid for; absent where there was none.
    #[must_use]
    pub fn cost_per_success(&self) -> Option<Money> {
        self.cost.nanos().checked_div(self.done).map(Money::from_nanos)
    }

    fn add(&mut self, run: &RunRow) {
        let cost = run.spent.map_or(Money::ZERO, |spent| spent.cost);
        self.runs += 1;
        match run.status.as_str() {
            "done" => self.done += 1,
            "escalated" => self.escalated += 1,
            _ => self.other += 1,
        }
        self.cost = self.cost.checked_add(cost).unwrap_or(Money::MAX);
        self.dearest = self.dearest.max(cost);
        self.ceiling = self.ceiling.max(run.ceiling.cost);
    }
}
