//! `flow audit`: whether the ledger agrees with itself.

use flow_runtime::ledger::audit::Difference;
use flow_runtime::legible::legible;
use serde_json::{Value, json};

use super::problem::Problem;
use super::rows::counted;
use super::{exit, home, terminal};

/// Recompute every counter of the ledger from its rows: what runs and ceilings are said to have spent, what is held, and whether
/// every row went its way. Exits with 4 where anything differs
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  flow audit\n  flow audit --json")]
pub(crate) struct Arguments {
    /// Print one JSON object: the schema flow.audit.v1
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    which: home::Which,
}

pub(crate) fn run(arguments: &Arguments) -> Result<u8, Problem> {
    let audit = home::ledger(&arguments.which)?.audit().map_err(home::problem)?;
    let (runs, attempts, windows) = (audit.runs, audit.attempts, audit.windows);
    if arguments.json {
        let differences: Vec<Value> = audit.differences.iter().map(object).collect();
        let object = json!({
            "schema": "flow.audit.v1",
            "runs": runs, "attempts": attempts, "windows": windows,
            "differences": differences,
        });
        terminal::print(&format!("{object:#}\n"));
    } else {
        let looked = format!(
            "{}, {}, {}",
            counted(runs, "run", "runs"),
            counted(attempts, "attempt", "attempts"),
            counted(windows, "window of a ceiling", "windows of ceilings")
        );
        let mut text: String =
            audit.differences.iter().map(|one| format!("{}: {}: {}\n", one.kind, one.at, one.what)).collect();
        text += &match audit.differences.len() as u64 {
            0 => format!("{looked}: every counter is the sum of its rows\n"),
            many => format!("{looked}: {}\n", counted(many, "difference", "differences")),
        };
        terminal::print(&legible(&text));
    }
    Ok(if audit.differences.is_empty() { exit::OK } else { exit::FAILED })
}

fn object(difference: &Difference) -> Value {
    json!({ "kind": difference.kind, "at": difference.at, "what": difference.what })
}
