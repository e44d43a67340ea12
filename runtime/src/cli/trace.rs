//! `flow trace RUN`: what happened, as a tree with times.

use std::fmt::Write as _;

use flow_compiler::cost::{show_count, show_millis};
use flow_runtime::ledger::query::{AttemptRow, IncidentRow, RunRow};
use flow_runtime::ledger::{Decision, Question, Waited};
use flow_runtime::legible::legible;
use flow_runtime::report::trace::{Branch, trace};

use super::problem::Problem;
use super::rows::{exactly, moment};
use super::{exit, home, rows, terminal};

const HELP: &str = "\
Each line is one request to a model or one tool call: when it was sent, what was held for it, and what it was settled at.

Examples:
  flow trace               the last run of this project
  flow trace 0199a3        a run by the beginning of its id";

/// What happened in a run: attempts, holds and settlements
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Arguments {
    /// The id of a run, or the beginning of it; without it, the last run
    run: Option<String>,
    #[command(flatten)]
    which: home::Which,
}

pub(crate) fn run(arguments: &Arguments) -> Result<u8, Problem> {
    let ledger = home::ledger(&arguments.which)?;
    let run = rows::find(&ledger, arguments.run.as_deref())?;
    let attempts = ledger.attempts(&run.id).map_err(home::problem)?;
    let incidents = ledger.incidents(&run.id).map_err(home::problem)?;
    let waits = ledger.waits(Some(&run.id)).map_err(home::problem)?;
    terminal::print(&legible(&text(&run, &trace(&run, &attempts), &waits, &incidents)));
    let alerts = ledger.alerts(Some(&run.id)).map_err(home::problem)?;
    terminal::print(&legible(&super::ceilings::alerts(&alerts)));
    Ok(exit::OK)
}

fn text(run: &RunRow, root: &Branch, waits: &[Waited], incidents: &[IncidentRow]) -> String {
    let mut out = format!("{} {}, {}\n", run.flow, run.id, moment(run.started_at));
    branch(&mut out, run, root, "");
    for waited in waits {
        let _ = writeln!(out, "{}", wait(run, waited));
    }
    let took =
        run.ended_at.map_or_else(|| "not at its end".to_owned(), |end| show_millis(end.saturating_sub(run.started_at)));
    let reason = run.reason.as_ref().map(|reason| format!(", {reason}")).unwrap_or_default();
    let resumed = match run.resumed {
        0 => String::new(),
        1 => ", resumed once".to_owned(),
        times => format!(", resumed {} times", show_count(times)),
    };
    let _ = writeln!(out, "{}{reason}, {took}{resumed}", run.status);
    if matches!(run.status.as_str(), "interrupted" | "waiting") {
        let _ = writeln!(out, "`flow resume {}` goes on with it; `flow waiting` says what runs wait for", run.id);
    }
    for incident in incidents {
        let _ = writeln!(out, "incident {}: {} ({})", incident.kind, incident.detail, incident.attempt);
    }
    out
}

/// What a person was asked, and what they decided.
fn wait(run: &RunRow, waited: &Waited) -> String {
    let asked = &waited.asked;
    let since = show_millis(asked.since_ms.saturating_sub(run.started_at));
    let what = match &asked.question {
        Question::Approve { tool, args } => format!("may `{tool}` be called with {}", short(args)),
        Question::Answer { question, .. } => short(&serde_json::Value::String(question.trim().to_owned())),
    };
    let mut line = format!("+{since}  {} is asked: {what}: ", asked.role);
    let Some(decided) = &waited.decided else {
        return format!("{line}not answered yet, until {}", moment(asked.expires_ms));
    };
    match decided.decision {
        Decision::Expired => line.push_str("nobody answered in time"),
        Decision::Approved | Decision::Denied | Decision::Answered(_) => {
            let after = show_millis(decided.at_ms.saturating_sub(asked.since_ms));
            let _ = write!(line, "{} by {} after {after}", decided.decision.name(), decided.by);
        }
    }
    if let Some(note) = &decided.note {
        let _ = write!(line, " ({note})");
    }
    line
}

/// What happened at a place, then what is inside of it.
fn branch(out: &mut String, run: &RunRow, branch_of: &Branch, margin: &str) {
    let lines = branch_of.attempts.len() + branch_of.inside.len();
    for (index, attempt) in branch_of.attempts.iter().enumerate() {
        let (corner, _) = corners(index + 1 == lines);
        let _ = writeln!(out, "{margin}{corner}{}", line(run, attempt));
    }
    for (index, inside) in branch_of.inside.iter().enumerate() {
        let (corner, below) = corners(branch_of.attempts.len() + index + 1 == lines);
        let _ = writeln!(out, "{margin}{corner}{}", inside.name);
        branch(out, run, inside, &format!("{margin}{below}"));
    }
}

fn corners(is_last: bool) -> (&'static str, &'static str) {
    if is_last { ("└─ ", "   ") } else { ("├─ ", "│  ") }
}

fn line(run: &RunRow, attempt: &AttemptRow) -> String {
    let mut line = format!("+{}", show_millis(attempt.held_at.saturating_sub(run.started_at)));
    match (&attempt.model, &attempt.tool) {
        (Some(model), _) => {
            let _ = write!(line, "  {model}");
            if let Some(turn) = attempt.turn.filter(|turn| *turn > 1) {
                let _ = write!(line, ", turn {turn}");
            }
        }
        (None, Some(tool)) => {
            let _ = write!(line, "  {} {}, gate {}", attempt.step, short(&tool.args), tool.gate);
        }
        (None, None) => {
            let _ = write!(line, "  {}", attempt.step);
        }
    }
    if attempt.cause != "first" {
        let _ = write!(line, " ({})", attempt.cause);
    }
    match attempt.left_out {
        0 => {}
        1 => line.push_str(" (1 element left out)"),
        several => drop(write!(line, " ({} elements left out)", show_count(several))),
    }
    let _ = write!(line, ": held {}, ", exactly(attempt.reserved));
    match (&attempt.spent, attempt.ended_at) {
        (Some(spent), Some(end)) => {
            let _ = write!(line, "{} {}", attempt.state, exactly(spent.cost));
            if spent.tokens > 0 {
                let _ = write!(line, ", {} in, {} out", show_count(spent.input), show_count(spent.output));
            }
            let _ = write!(line, ", {}", show_millis(end.saturating_sub(attempt.held_at)));
        }
        (None, _) | (_, None) => line.push_str("not settled yet"),
    }
    if let Some(reason) = &attempt.reason {
        let detail = attempt.detail.as_deref().map(|detail| format!(": {detail}")).unwrap_or_default();
        let _ = write!(line, "\n{:>8}{reason}{detail}", "");
    }
    line
}

/// Arguments on one line, cut where they are long.
fn short(args: &serde_json::Value) -> String {
    let text = args.to_string();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
