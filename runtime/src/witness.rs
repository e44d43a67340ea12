//! A worst case that happens. In: a plan, a flow and a dimension. Out: a run of the flow in which everybody outside does what
//! takes the most, on the executor that runs every flow.
//!
//! The compiler says which way every construct goes ([`flow_compiler::bound::Script`]). That is walked through first, without
//! doing anything, to know who is asked for what and how conditions have to go; then values are found with which they do go so;
//! then it is played. Nothing outside is asked. The time is virtual where the caller's is.

mod largest;
mod play;
mod rehearse;
mod solve;
mod symbols;

use std::sync::Arc;

use flow_compiler::bound::{Script, scripts};
use flow_compiler::catalogue::ModelFacts;
use flow_compiler::cost::Dimension;
use flow_compiler::plan::Plan;
use flow_compiler::program::FlowId;
use serde_json::Value as Json;

use crate::clock::CountingClock;
use crate::error::RunError;
use crate::ledger::{Entry, MemoryBook};
use crate::provider::{Fault, Provider};
use crate::run::{Backoff, RunReport, Runner};
use crate::value::Sizer;
use play::Player;

/// A witness that was played.
#[derive(Clone, Debug)]
pub struct Played {
    /// The dimension that it is for.
    pub dimension: Dimension,
    /// What the flow was given.
    pub input: Json,
    /// What came of it.
    pub report: RunReport,
    /// Everything that was written down.
    pub entries: Vec<Entry>,
    /// Where the run is not as the script has it, and why.
    pub differences: Vec<String>,
}

impl Played {
    /// What the run took in its dimension.
    #[must_use]
    pub fn reached(&self) -> u64 {
        self.report.spent.get(self.dimension)
    }

    /// What no run takes more of.
    #[must_use]
    pub fn bound(&self) -> u64 {
        self.report.bound.get(self.dimension)
    }
}

/// Plays the worst case of a flow in each of these dimensions; `None` where the flow has no finite bound. It has to be called
/// where time is virtual: it waits as long as the worst case takes.
///
/// # Errors
/// Where the flow cannot be run at all in this version.
pub async fn play(plan: &Arc<Plan>, flow: FlowId, dimensions: &[Dimension]) -> Result<Option<Vec<Played>>, RunError> {
    let Some(scripts) = scripts(&plan.program, flow, dimensions) else { return Ok(None) };
    let mut played = Vec::new();
    for script in &scripts {
        played.push(one(plan, script).await?);
    }
    Ok(Some(played))
}

async fn one(plan: &Arc<Plan>, script: &Script) -> Result<Played, RunError> {
    let said = rehearse::rehearse(plan, script);
    let sizer = Sizer::of(&plan.program);
    let (values, unmet) = solve::solve(&said.symbols, said.wishes, &plan.program.types, &sizer);
    let mut differences = said.missing;
    differences
        .extend(unmet.iter().map(|line| format!("no values were found with which line {line} goes its dearest way")));
    let input = play::input(plan, script.flow, &said.input, &values);
    let player = Arc::new(Player::new(plan, script.dimension, values, said.acts));
    let asked = Arc::clone(&player);
    let providers = move |_: &ModelFacts| -> Result<Arc<dyn Provider>, Fault> { Ok(Arc::clone(&asked) as _) };
    let book = Arc::new(MemoryBook::default());
    let runner = Runner {
        tools: Arc::clone(&player) as _,
        people: Arc::clone(&player) as _,
        clock: Arc::new(CountingClock::default()),
        backoff: Backoff::Longest,
        environment: Arc::new(|_| Some(String::new())),
        scripted: true,
        ..Runner::new(Arc::clone(&book) as _, Arc::new(providers))
    };
    let report = runner.run(plan, script.flow, &input, &[]).await?;
    differences.extend(player.differences());
    Ok(Played { dimension: script.dimension, input, report, entries: book.entries(), differences })
}
