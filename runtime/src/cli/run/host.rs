//! Everything around a run: its ledger, the ways to models and tools, who watches, and what stops it.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;

use flow_compiler::plan::Plan;
use flow_runtime::error::RunError;
use flow_runtime::execution::Status;
use flow_runtime::ledger::query::Reader;
use flow_runtime::ledger::{Ledger, Past, Taken};
use flow_runtime::provider::scripted::Scripted;
use flow_runtime::run::{RunReport, Runner};
use flow_runtime::tool::Outside;

use super::reach;
use crate::cli::fetch;
use crate::cli::home::problem;
use crate::cli::problem::Problem;
use crate::cli::progress::{Teller, Voice};

/// How runs are carried out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct How<'a> {
    /// The file of answers that are played.
    pub(crate) answers: Option<&'a Path>,
    /// Whether nothing is said meanwhile.
    pub(crate) quiet: bool,
}

/// What carries runs of a plan out.
pub(crate) struct Host {
    pub(crate) runner: Runner,
    ledger: Arc<Ledger>,
    teller: Arc<Teller>,
    script: Option<Arc<Scripted>>,
}

impl Host {
    /// A host for a plan whose tools run in the folder `root`.
    pub(crate) fn new(ledger: Arc<Ledger>, plan: &Plan, root: &Path, how: &How<'_>) -> Result<Host, Problem> {
        let script = how.answers.map(reach::answers).transpose()?;
        let providers = match &script {
            Some(script) => reach::played(Arc::clone(script)),
            None => {
                let voice = if how.quiet { fetch::Voice::Quiet } else { fetch::Voice::Bar };
                reach::fetch_weights(plan, voice)?;
                reach::models(plan)?
            }
        };
        let voice = match (how.quiet, std::io::stderr().is_terminal()) {
            (true, _) => Voice::Quiet,
            (false, true) => Voice::Live,
            (false, false) => Voice::Lines,
        };
        let teller = Arc::new(Teller::new(voice));
        let tools = Outside::new(root).map_err(|error| reach::unprepared(&error))?;
        let whole = root.canonicalize().unwrap_or_else(|_| root.to_owned());
        let runner = Runner {
            tools: Arc::new(tools),
            observer: teller.clone(),
            root: whole.to_str().map(str::to_owned),
            scripted: script.is_some(),
            ..Runner::new(Arc::clone(&ledger) as _, providers)
        };
        Ok(Host { runner, ledger, teller, script })
    }

    /// Waits for a run, until somebody wants it to stop.
    pub(crate) fn wait(&self, run: impl Future<Output = Result<RunReport, RunError>>) -> Result<RunReport, Problem> {
        let report = crate::cli::wait(interruptible(&self.runner, run))?;
        self.teller.end();
        report.map_err(problem)
    }

    /// Goes on with a run, where no other process does. `None` where one does.
    pub(crate) fn resume(&self, reader: &Reader, plan: &Plan, run: &str) -> Result<Option<RunReport>, Problem> {
        let Some(row) = reader.run(run).map_err(problem)? else { return Ok(None) };
        let Some(taken) = reader.take(run, self.ledger.owner()).map_err(problem)? else { return Ok(None) };
        // INVARIANT: what was taken and cannot be begun is given back as it was, so whoever mends what is missing finds it so.
        let past = self.or_give_back(reader, &taken, reader.past(&row))?;
        let taken_up = self.or_give_back(reader, &taken, self.runner.take_up(plan, &past))?;
        self.skip(&past);
        let report = self.wait(taken_up.go_on())?;
        self.until_it_rests(reader, plan, report).map(Some)
    }

    /// What was prepared for a run that was taken; where it could not be, the run is given back.
    fn or_give_back<T>(&self, reader: &Reader, taken: &Taken, prepared: Result<T, RunError>) -> Result<T, Problem> {
        prepared.map_err(|error| {
            // Where it cannot be written either, the run is interrupted as soon as this process is gone.
            let _ = reader.give_back(taken, self.ledger.owner());
            problem(error)
        })
    }

    /// Takes in what was decided while the run was still going on, as often as there is something.
    pub(crate) fn until_it_rests(&self, reader: &Reader, plan: &Plan, report: RunReport) -> Result<RunReport, Problem> {
        let mut report = report;
        while report.status == Status::Waiting && !self.runner.stop.is_cancelled() && is_decided(reader, &report)? {
            match self.resume(reader, plan, &report.run.clone())? {
                Some(later) => report = later,
                None => break,
            }
        }
        Ok(report)
    }

    /// The answers that the run has had are not played again.
    fn skip(&self, past: &Past) {
        let Some(script) = &self.script else { return };
        let mut had: BTreeMap<&str, u64> = BTreeMap::new();
        for attempt in &past.attempts {
            *had.entry(&attempt.step).or_default() += 1;
        }
        had.into_iter().for_each(|(step, times)| script.skip(step, times));
    }
}

fn is_decided(reader: &Reader, report: &RunReport) -> Result<bool, Problem> {
    let waits = reader.waits(Some(&report.run)).map_err(problem)?;
    let asked = |number| report.waiting.iter().any(|awaited| awaited.number == number);
    Ok(waits.iter().any(|waited| waited.decided.is_some() && asked(waited.asked.number)))
}

/// Ctrl-C and, where there is one, the signal to end stop the run: what is under way is dropped and presumed, the ledger is
/// whole, and the run can be resumed.
async fn interruptible(
    runner: &Runner,
    running: impl Future<Output = Result<RunReport, RunError>>,
) -> Result<RunReport, RunError> {
    tokio::pin!(running);
    tokio::select! {
        biased;
        () = asked_to_stop() => runner.stop.cancel(),
        report = &mut running => return report,
    }
    running.await
}

/// Waits until somebody at the terminal, or the system, wants the run to end.
async fn asked_to_stop() {
    #[cfg(unix)]
    if let Ok(mut end) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = end.recv() => {}
        }
        return;
    }
    let _ = tokio::signal::ctrl_c().await;
}
