//! `flow resume RUN`: a run that rests goes on where it stopped.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use flow_compiler::diagnostic::code;
use flow_compiler::plan::Plan;
use flow_runtime::clock::{Clock, SystemClock};
use flow_runtime::ledger::Ledger;
use flow_runtime::ledger::query::{Reader, RunRow};
use flow_runtime::run::RunReport;
use serde_json::{Value, json};

use super::home::problem;
use super::problem::Problem;
use super::run::host::{Host, How};
use super::run::said;
use super::{exit, home, rows, terminal};

const HELP: &str = "\
What is in the journal of the run is not asked and not paid again. What was under way when its process ended is charged at its
reservation: a request to a model is sent again where the step has a retry left, a tool that only reads is called again where
there is room for it below the bound, and whatever may have changed something is not repeated.

Examples:
  flow resume 0199a3         a run by the beginning of its id
  flow resume --all          every run that was interrupted, and every one whose wait is decided or over

Exit codes: those of `flow run`; with `--all` the highest of them";

/// Go on with a run that was interrupted or waits
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Arguments {
    /// The id of a run, or the beginning of it; without it, the last run
    #[arg(conflicts_with = "all")]
    run: Option<String>,
    /// Every run that can go on
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    going: Going,
    #[command(flatten)]
    which: home::Which,
}

/// How a run goes on.
#[derive(Debug, clap::Args)]
pub(crate) struct Going {
    /// Print one JSON object: the schema flow.run.v1, for all runs flow.resume.v1
    #[arg(long)]
    pub(crate) json: bool,
    /// Play the answers of a file instead of asking models, for a run that was begun so
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
    /// Say nothing while it runs
    #[arg(long, short)]
    quiet: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<u8, Problem> {
    let reader = home::ledger(&arguments.which)?;
    if arguments.all {
        return every(&reader, &arguments.going);
    }
    let row = rows::find(&reader, arguments.run.as_deref())?;
    let report = go_on(&reader, &row, &arguments.going)?.ok_or_else(|| under_way(&row))?;
    said::told(&report, "flow bom", arguments.going.json);
    Ok(report.exit_code())
}

fn every(reader: &Reader, going: &Going) -> Result<u8, Problem> {
    let runs = reader.runs(u32::MAX).map_err(problem)?;
    let (mut code, mut reports) = (exit::OK, Vec::<Value>::new());
    for row in runs.iter().rev() {
        if !is_ready(reader, row)? || (row.scripted && going.answers.is_none()) {
            continue;
        }
        match go_on(reader, row, going) {
            Ok(Some(report)) => {
                code = code.max(report.exit_code());
                if !going.json {
                    said::told(&report, "flow bom", false);
                }
                reports.push(report.to_json());
            }
            // Another process was faster.
            Ok(None) => {}
            // One run that cannot go on does not keep the others from it.
            Err(error) => {
                terminal::say(&format!("run {}: {error}\n", row.id));
                code = code.max(exit::USAGE);
            }
        }
    }
    if going.json {
        terminal::print(&format!("{:#}\n", json!({ "schema": "flow.resume.v1", "runs": reports })));
    } else if reports.is_empty() {
        terminal::say("no run can go on; `flow waiting` says what runs wait for\n");
    }
    Ok(code)
}

/// Whether there is something for a run to go on with.
fn is_ready(reader: &Reader, row: &RunRow) -> Result<bool, Problem> {
    match row.status.as_str() {
        "interrupted" => Ok(true),
        "waiting" => {
            let now = SystemClock.now_ms();
            // What was decided before the run came to rest, it has taken in.
            let events = reader.events(&row.id).map_err(problem)?;
            let of = |event: &Value, number: u64| event.get("attempt").and_then(Value::as_u64) == Some(number);
            let waits = reader.waits(Some(&row.id)).map_err(problem)?;
            let mut open =
                waits.iter().filter(|waited| !events.iter().any(|(_, event)| of(event, waited.asked.number)));
            Ok(open.any(|waited| waited.decided.is_some() || now >= waited.asked.expires_ms))
        }
        _ => Ok(false),
    }
}

/// Goes on with a run; `None` where another process does.
pub(crate) fn go_on(reader: &Reader, row: &RunRow, going: &Going) -> Result<Option<RunReport>, Problem> {
    match row.status.as_str() {
        "interrupted" | "waiting" => {}
        "running" => return Err(under_way(row)),
        status => {
            return Err(Problem::usage(code::run::E0970, format!("run `{}` is {status}", row.id))
                .help("`flow trace` shows what happened; `flow run` begins a new run"));
        }
    }
    let origin = reader.origin(&row.id).map_err(problem)?;
    let plan = plan(row, origin.plan.as_deref())?;
    match (row.scripted, going.answers.is_some()) {
        (true, false) => {
            let what = format!("the answers of run `{}` were played from a file", row.id);
            return Err(Problem::usage(code::run::E0979, what).help("give the file again: `--answers FILE`"));
        }
        (false, true) => {
            let what = format!("the models of run `{}` were asked, not played", row.id);
            return Err(Problem::usage(code::run::E0979, what).help("leave `--answers` out"));
        }
        (true, true) | (false, false) => {}
    }
    let root = origin.root.unwrap_or_else(|| ".".to_owned());
    let ledger = Arc::new(Ledger::open(reader.at().clone()).map_err(problem)?);
    let how = How { answers: going.answers.as_deref(), quiet: going.quiet };
    let mut host = Host::new(ledger, &plan, Path::new(&root), &how)?;
    host.runner.caller = origin.caller;
    host.resume(reader, &plan, &row.id)
}

/// The plan that a run began with.
pub(crate) fn plan(row: &RunRow, content: Option<&str>) -> Result<Plan, Problem> {
    let missing = |why: String| {
        Problem::usage(code::run::E0972, format!("run `{}` cannot go on: {why}", row.id))
            .help("what it spent stays in the ledger; `flow run` begins a new run")
    };
    let content = content.ok_or_else(|| missing("the ledger does not have its plan".to_owned()))?;
    let plan = Plan::read(content).map_err(|error| missing(format!("the ledger has {error}")))?;
    if plan.digest == row.plan { Ok(plan) } else { Err(missing("the ledger has another plan".to_owned())) }
}

fn under_way(row: &RunRow) -> Problem {
    Problem::usage(code::run::E0971, format!("run `{}` is under way in another process", row.id))
        .help("wait for it, or end that process: then the run is interrupted and can be resumed")
}
