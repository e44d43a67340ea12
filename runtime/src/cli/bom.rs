//! `flow bom [RUN]`: what a run cost, line by line.

use std::fmt::Write as _;

use flow_compiler::cost::{Money, show_count, show_millis};
use flow_runtime::ledger::query::RunRow;
use flow_runtime::legible::legible;
use flow_runtime::report::bom::{Bom, Line, bom};
use serde_json::{Value, json};

use super::problem::Problem;
use super::rows::{exactly, moment, percent};
use super::table::Table;
use super::{amounts, exit, home, rows, terminal};

const HELP: &str = "\
The five lines at the top sum up to the cost of the run, to the nano-dollar: tokens of generating models, what embedding
models read to find context, tool calls, retries (repeats, fallbacks and repairs), and latency, which costs time. Below
them stands one line for each step, model and cause.

Examples:
  flow bom                 the last run of this project
  flow bom 0199a3 --json   a run by the beginning of its id";

/// What a run cost, line by line: its bill of materials
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Arguments {
    /// The id of a run, or the beginning of it; without it, the last run
    #[arg(conflicts_with = "last")]
    run: Option<String>,
    /// The last run
    #[arg(long)]
    last: bool,
    /// Print one JSON object: the schema flow.bom.v1
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    which: home::Which,
}

pub(crate) fn run(arguments: &Arguments) -> Result<u8, Problem> {
    let ledger = home::ledger(&arguments.which)?;
    let run = rows::find(&ledger, arguments.run.as_deref())?;
    let attempts = ledger.attempts(&run.id).map_err(home::problem)?;
    let bom = bom(&run, &attempts);
    terminal::print(&if arguments.json {
        format!("{:#}\n", object(&run, &bom))
    } else {
        legible(&text(&run, &bom)).into_owned()
    });
    Ok(exit::OK)
}

fn text(run: &RunRow, bom: &Bom) -> String {
    let mut out = format!("{} {}, {}, {}\n\n", run.flow, run.id, run.status, moment(run.started_at));
    let mut kinds = Table::new(["", "cost", "share", "times", "in", "out", "time"]);
    for kind in &bom.kinds {
        kinds.row([
            kind.item.clone(),
            exactly(kind.cost),
            percent(kind.cost, bom.total),
            count(kind.attempts),
            count(kind.input),
            count(kind.output),
            show_millis(kind.time_ms),
        ]);
    }
    kinds.row([
        "total".to_owned(),
        exactly(bom.total),
        String::new(),
        String::new(),
        String::new(),
        String::new(),
        String::new(),
    ]);
    let _ = write!(out, "{}", kinds.right([1, 2, 3, 4, 5, 6]));
    if bom.presumed > Money::ZERO {
        let _ = writeln!(out, "of which {} is presumed: nobody could say what was used", exactly(bom.presumed));
    }
    if bom.held > Money::ZERO {
        let _ = writeln!(out, "and {} is still held", exactly(bom.held));
    }
    out.push('\n');
    let mut lines = Table::new(["where", "model", "why", "cost", "share", "times", "in", "out", "time"]);
    for line in &bom.lines {
        lines.row([
            line.item.clone(),
            line.model.clone().unwrap_or_else(|| "tool".to_owned()),
            why(line),
            exactly(line.cost),
            percent(line.cost, bom.total),
            count(line.attempts),
            count(line.input),
            count(line.output),
            show_millis(line.time_ms),
        ]);
    }
    let _ = write!(out, "{}", lines.right([3, 4, 5, 6, 7, 8]));
    out
}

fn why(line: &Line) -> String {
    let cause = line.cause.as_deref().unwrap_or("");
    match line.failed {
        0 => cause.to_owned(),
        failed => format!("{cause}, {failed} failed"),
    }
}

fn count(count: u64) -> String {
    if count == 0 { "–".to_owned() } else { show_count(count) }
}

fn object(run: &RunRow, bom: &Bom) -> Value {
    json!({
        "schema": "flow.bom.v1",
        "run": run.id,
        "flow": run.flow,
        "status": run.status,
        "total": bom.total.exact(),
        "presumed": bom.presumed.exact(),
        "held": bom.held.exact(),
        "spent": run.spent.as_ref().map(amounts::object),
        "bound": amounts::object(&run.bound),
        "kinds": bom.kinds.iter().map(line).collect::<Vec<_>>(),
        "lines": bom.lines.iter().map(line).collect::<Vec<_>>(),
    })
}

fn line(line: &Line) -> Value {
    json!({
        "item": line.item,
        "model": line.model,
        "tier": line.tier,
        "cause": line.cause,
        "attempts": line.attempts,
        "failed": line.failed,
        "input": line.input,
        "cached": line.cached,
        "output": line.output,
        "cost": line.cost.exact(),
        "presumed": line.presumed.exact(),
        "time_ms": line.time_ms,
    })
}
