//! The library's entry: a runner and its report. In: a plan, a flow, an input, limits. Out: what came of it and what it took.

mod able;
mod input;
mod report;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use flow_compiler::catalogue::ModelFacts;
use flow_compiler::plan::Plan;
use flow_compiler::program::{FlowId, Limit};
use serde_json::Value as Json;
use tokio_util::sync::CancellationToken;

pub use able::{able, known, saves};
pub use input::{pick, read};
pub use report::{RunReport, waits};

use crate::budget::{ceiling, guard};
use crate::clock::{Clock, SystemClock};
use crate::error::RunError;
use crate::execution::{Caller, Execution};
use crate::executor::Executor;
use crate::fault::{self, Point};
use crate::ledger::{Book, Ended, Entry, Opened, Past};
use crate::observer::{Notice, Observer, Unwatched};
use crate::people::{Nobody, People};
use crate::provider::{Fault, Provider};
use crate::tool::{NoTools, ToolHost};

/// Who knows how to reach models.
pub trait Providers: Send + Sync {
    /// The way to reach a model. Nothing is sent yet.
    ///
    /// # Errors
    /// Where it cannot be reached at all: its key is missing, or this program has no adapter for it.
    fn provider(&self, model: &ModelFacts) -> Result<Arc<dyn Provider>, Fault>;
}

impl<F> Providers for F
where
    F: Fn(&ModelFacts) -> Result<Arc<dyn Provider>, Fault> + Send + Sync,
{
    fn provider(&self, model: &ModelFacts) -> Result<Arc<dyn Provider>, Fault> {
        self(model)
    }
}

/// How long to wait before a request is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backoff {
    /// A random part of the longest wait.
    Jittered,
    /// The longest wait, as the bound has it.
    Longest,
}

/// A run that another process began, at the point where it stopped.
pub struct TakenUp<'a> {
    runner: &'a Runner,
    past: &'a Past,
    executor: Executor<'a>,
}

impl TakenUp<'_> {
    /// Goes on with it.
    ///
    /// # Errors
    /// Where the ledger cannot be written.
    pub async fn go_on(self) -> Result<RunReport, RunError> {
        let TakenUp { runner, past, executor } = self;
        runner.observer.notice(&Notice::Started { run: &past.run, flow: &past.flow, ceiling: &past.limit });
        let finished = executor.run().await?;
        runner.finish(RunReport::new(past.run.clone(), past.flow.clone(), past.bound, finished)).await
    }
}

/// Reads a variable of the environment.
pub type Environment = dyn Fn(&str) -> Option<String> + Send + Sync;

/// What runs flows.
pub struct Runner {
    /// Where it is written down.
    pub book: Arc<dyn Book>,
    /// How models are reached.
    pub providers: Arc<dyn Providers>,
    /// How tools are called.
    pub tools: Arc<dyn ToolHost>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Who watches.
    pub observer: Arc<dyn Observer>,
    /// Stops a run: what is under way is dropped and presumed, and the run can be resumed.
    pub stop: CancellationToken,
    /// How long to wait before a request is sent again.
    pub backoff: Backoff,
    /// The environment that sources of tools may read.
    pub environment: Arc<Environment>,
    /// What is known about who calls, by name: what routes see as `caller`.
    pub caller: Caller,
    /// Who is here to answer what people are asked; where nobody is, a run rests until somebody answers.
    pub people: Arc<dyn People>,
    /// The folder that tools run in, noted for whoever resumes a run.
    pub root: Option<String>,
    /// The plans that were written down, by digest: each is written once.
    pub kept: Arc<Mutex<BTreeSet<String>>>,
    /// Whether answers are played, so that nobody is paid: such runs are not summed.
    pub scripted: bool,
}

impl Runner {
    /// A runner without tools, that nobody watches.
    #[must_use]
    pub fn new(book: Arc<dyn Book>, providers: Arc<dyn Providers>) -> Runner {
        Runner {
            book,
            providers,
            tools: Arc::new(NoTools),
            clock: Arc::new(SystemClock),
            observer: Arc::new(Unwatched),
            stop: CancellationToken::new(),
            backoff: Backoff::Jittered,
            environment: Arc::new(|name| std::env::var(name).ok()),
            caller: Caller::new(),
            people: Arc::new(Nobody),
            root: None,
            kept: Arc::default(),
            scripted: false,
        }
    }

    /// Runs a flow on JSON input. `limits` lower what it may take; they never raise it.
    ///
    /// # Errors
    /// Where the input does not fit, or the ledger cannot be written. A run that fails on its own is a report.
    pub async fn run(&self, plan: &Plan, flow: FlowId, input: &Json, limits: &[Limit]) -> Result<RunReport, RunError> {
        able(plan, flow)?;
        if !self.scripted {
            known(plan, flow, &self.caller)?;
        }
        let values = read(plan, flow, input)?;
        let no_flow = || RunError::no_flow("the plan has no such flow", None);
        let declared = plan.program.flows.get(flow.index()).ok_or_else(no_flow)?;
        // INVARIANT: the number that `flowc` prints is the number that is enforced here.
        let bound = *plan.ceilings.flows.get(flow.index()).ok_or_else(no_flow)?;
        let limit = guard::lowered(bound, limits);
        let run = uuid::Uuid::now_v7().simple().to_string();
        // Answers that are played cost nobody anything, so they say nothing of what may be spent.
        let under = if self.scripted { Vec::new() } else { able::ceilings(plan, flow) };
        let limits = ceiling::declared(&plan.program, &under);
        let opened = Opened {
            run: run.clone(),
            flow: declared.name.clone(),
            plan: plan.digest.clone(),
            content: self.keep(plan),
            caller: self.caller.clone(),
            root: self.root.clone(),
            input: input.clone(),
            bound,
            limit,
            scripted: self.scripted,
            limits,
            at_ms: self.clock.now_ms(),
        };
        let written = self.book.write_durably(Entry::Open(Box::new(opened))).await;
        let written = written.map_err(|error| RunError::stopped_writing(&error))?;
        written.alerts.iter().for_each(|alert| self.observer.notice(&Notice::Alert { text: alert }));
        fault::at(Point::RunOpened);
        self.observer.notice(&Notice::Started { run: &run, flow: &declared.name, ceiling: &limit });
        let execution = Execution::new(plan, flow, values).called_by(self.caller.clone());
        let finished = Executor::new(self, plan, &run, execution, limit).run().await?;
        self.finish(RunReport::new(run.clone(), declared.name.clone(), bound, finished)).await
    }

    /// Goes on with a run that another process began, or this one: nothing that was paid is paid again, and what it took counts.
    /// Whoever calls it owns the run.
    ///
    /// # Errors
    /// Where its journal does not fit the plan, or the ledger cannot be written.
    pub async fn resume(&self, plan: &Plan, past: &Past) -> Result<RunReport, RunError> {
        self.take_up(plan, past)?.go_on().await
    }

    /// Follows the journal of a run to where it stopped. Nothing is begun and nothing is sent yet.
    ///
    /// # Errors
    /// Where its journal does not fit the plan, or something that it needs is missing. Then the run is as it was.
    pub fn take_up<'a>(&'a self, plan: &'a Plan, past: &'a Past) -> Result<TakenUp<'a>, RunError> {
        let flow = pick(plan, Some(&past.flow))?;
        able(plan, flow)?;
        if !self.scripted {
            known(plan, flow, &past.caller)?;
        }
        let values = read(plan, flow, &past.input)?;
        let execution = Execution::new(plan, flow, values).called_by(past.caller.clone());
        let executor = Executor::resumed(self, plan, execution, past)?;
        Ok(TakenUp { runner: self, past, executor })
    }

    /// The plan, where it was not written down yet.
    fn keep(&self, plan: &Plan) -> Option<Arc<str>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(plan.digest.clone()).then(|| Arc::from(plan.to_json()))
    }

    /// Writes down how a run ended, or that it rests.
    async fn finish(&self, report: RunReport) -> Result<RunReport, RunError> {
        self.observer.notice(&Notice::Ended { run: &report.run, spent: &report.spent, presumed: report.presumed });
        let ended = Ended {
            run: report.run.clone(),
            status: report.status.name(),
            reason: report.reason.clone(),
            report: report.to_json(),
            spent: report.spent,
            at_ms: self.clock.now_ms(),
        };
        let entry = if report.status.rests() { Entry::Rest(Box::new(ended)) } else { Entry::End(Box::new(ended)) };
        fault::at(Point::Finishing);
        let written = self.book.write_durably(entry).await;
        written.map_err(|error| RunError::stopped_writing(&error))?;
        fault::at(Point::Finished);
        Ok(report)
    }
}

#[cfg(test)]
mod tests;
