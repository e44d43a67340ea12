//! `flow report`: what all runs come to, and the last ones.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use flow_compiler::cost::{Money, show_count};
use flow_compiler::profile::recorded::{self, Export, Run};
use flow_compiler::program::WORKSPACE;
use flow_runtime::clock::{Clock as _, SystemClock};
use flow_runtime::ledger::query::{RunRow, Sums, WindowRow};
use flow_runtime::legible::legible;
use flow_runtime::report::overview::{FlowLine, overview};
use serde_json::{Value, json};

use super::problem::Problem;
use super::rows::{counted, exactly, moment, short};
use super::table::Table;
use super::{amounts, ceilings, disk, exit, home, terminal};

/// What all runs cost, flow by flow
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  flow report\n  flow report --runs 20\n  flow report --json\n  flow report --export runs.json    for flowc check --profile runs.json"
)]
pub(crate) struct Arguments {
    /// How many of the last runs are listed
    #[arg(long, value_name = "N", default_value_t = 10)]
    runs: u32,
    /// Print one JSON object: the schema flow.report.v1
    #[arg(long)]
    json: bool,
    /// Write every run that has ended to this file, for `flowc check --profile`: the schema flow.ledger.v1
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
    #[command(flatten)]
    which: home::Which,
}

pub(crate) fn run(arguments: &Arguments) -> Result<u8, Problem> {
    let ledger = home::ledger(&arguments.which)?;
    let runs = ledger.runs(u32::MAX).map_err(home::problem)?;
    if let Some(file) = &arguments.export {
        return export(&runs, file);
    }
    let sums = ledger.sums(None).map_err(home::problem)?;
    let flows = overview(&runs);
    let scripted = runs.iter().filter(|run| run.scripted).count() as u64;
    let last = &runs[..runs.len().min(arguments.runs as usize)];
    let mut windows = ledger.windows(SystemClock.now_ms()).map_err(home::problem)?;
    // What nobody declared is told where it begins to matter; `flow ceilings` has it always.
    windows.retain(|window| window.ceiling != WORKSPACE || is_half_used(window));
    terminal::print(&if arguments.json {
        let mut object = object(&flows, last, &sums, scripted);
        object["ceilings"] = windows.iter().map(ceilings::object).collect();
        format!("{object:#}\n")
    } else {
        legible(&(text(&flows, last, &sums, scripted) + &ceilings::text(&windows))).into_owned()
    });
    Ok(exit::OK)
}

fn is_half_used(window: &WindowRow) -> bool {
    (u128::from(window.settled) + u128::from(window.held)) * 2 >= u128::from(window.limit)
}

/// Writes the runs that have ended, the oldest first. Inputs and results are not in it.
fn export(runs: &[RunRow], file: &Path) -> Result<u8, Problem> {
    let ended = runs.iter().rev().filter(|run| run.ended_at.is_some()).map(|run| Run {
        run: run.id.clone(),
        flow: run.flow.clone(),
        plan: run.plan.clone(),
        started_at_ms: run.started_at,
        status: run.status.clone(),
        scripted: run.scripted,
        spent: run.spent,
        bound: run.bound,
    });
    let export = Export { schema: recorded::SCHEMA.to_owned(), runs: ended.collect() };
    let object = json!(export);
    disk::write_whole(file, &format!("{object:#}\n"))?;
    terminal::say(&format!("wrote {} to {}\n", counted(export.runs.len() as u64, "run", "runs"), file.display()));
    Ok(exit::OK)
}

fn text(flows: &[FlowLine], last: &[RunRow], sums: &Sums, scripted: u64) -> String {
    if flows.is_empty() && scripted == 0 {
        return "no runs yet: `flow run FILE` makes one\n".to_owned();
    }
    let mut table =
        Table::new(["flow", "runs", "done", "escalated", "other", "cost", "per success", "dearest", "ceiling"]);
    for flow in flows {
        table.row([
            flow.flow.clone(),
            show_count(flow.runs),
            show_count(flow.done),
            show_count(flow.escalated),
            show_count(flow.other),
            exactly(flow.cost),
            flow.cost_per_success().map_or_else(|| "–".to_owned(), exactly),
            exactly(flow.dearest),
            exactly(flow.ceiling),
        ]);
    }
    let mut out = String::new();
    if !flows.is_empty() {
        let _ = writeln!(out, "{}", table.right([1, 2, 3, 4, 5, 6, 7, 8]));
    }
    let _ = write!(
        out,
        "{}, {}",
        counted(sums.attempts, "request or tool call", "requests and tool calls"),
        exactly(sums.cost)
    );
    if sums.presumed > Money::ZERO {
        let _ = write!(out, ", of which {} is presumed", exactly(sums.presumed));
    }
    if sums.held > Money::ZERO {
        let _ = write!(out, ", and {} is held", exactly(sums.held));
    }
    out.push('\n');
    if scripted > 0 {
        let are = if scripted == 1 { "is" } else { "are" };
        let _ = writeln!(out, "{} {are} not counted", counted(scripted, "scripted run", "scripted runs"));
    }
    out.push('\n');
    let mut runs = Table::new(["run", "flow", "began", "status", "cost", "ceiling", "reason"]);
    for run in last {
        runs.row([
            short(&run.id).to_owned(),
            run.flow.clone(),
            moment(run.started_at),
            if run.scripted { format!("{}, scripted", run.status) } else { run.status.clone() },
            run.spent.map_or_else(|| "–".to_owned(), |spent| exactly(spent.cost)),
            exactly(run.ceiling.cost),
            run.reason.clone().unwrap_or_default(),
        ]);
    }
    let _ = write!(out, "{}", runs.right([4, 5]));
    out
}

fn object(flows: &[FlowLine], last: &[RunRow], sums: &Sums, scripted: u64) -> Value {
    json!({
        "schema": "flow.report.v1",
        "attempts": sums.attempts,
        "cost": sums.cost.exact(),
        "presumed": sums.presumed.exact(),
        "held": sums.held.exact(),
        "scripted": scripted,
        "flows": flows.iter().map(flow).collect::<Vec<_>>(),
        "runs": last.iter().map(row).collect::<Vec<_>>(),
    })
}

fn flow(line: &FlowLine) -> Value {
    json!({
        "name": line.flow,
        "runs": line.runs,
        "done": line.done,
        "escalated": line.escalated,
        "cost": line.cost.exact(),
        "cost_per_success": line.cost_per_success().map(Money::exact),
        "dearest": line.dearest.exact(),
        "ceiling": line.ceiling.exact(),
    })
}

fn row(run: &RunRow) -> Value {
    json!({
        "run": run.id,
        "flow": run.flow,
        "started_at": moment(run.started_at),
        "status": run.status,
        "reason": run.reason,
        "scripted": run.scripted,
        "spent": run.spent.as_ref().map(amounts::object),
        "ceiling": amounts::object(&run.ceiling),
    })
}
