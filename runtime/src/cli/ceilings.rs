//! `flow ceilings`: what is spent of limits over many runs, which limits were in force when, and what was said of them.

use std::fmt::Write as _;

use flow_compiler::cost::{Dimension, Money};
use flow_runtime::budget::ceiling::shown_time;
use flow_runtime::clock::{Clock as _, SystemClock};
use flow_runtime::ledger::limits::{AlertRow, LimitRow};
use flow_runtime::ledger::query::WindowRow;
use flow_runtime::legible::legible;
use serde_json::{Value, json};

use super::answer::user;
use super::problem::Problem;
use super::rows::moment;
use super::table::Table;
use super::{exit, home, terminal};

const HELP: &str = "\
A limit that changes is another version of it, in force for all runs from then on; what was spent is not touched. The last
version of each is marked. `workspace` is the ceiling over everything that a ledger pays; a new ledger allows $5 a day.

Examples:
  flow ceilings
  flow ceilings --json
  flow ceilings --workspace '$50' --note 'the spring campaign'";

/// What is spent of the limits over many runs, since when they are so and who brought them, and what they said
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Arguments {
    /// Print one JSON object: the schema flow.ceilings.v1
    #[arg(long)]
    json: bool,
    /// From now on, everything that this ledger pays may cost so much a day, whichever flow it is of
    #[arg(long, value_name = "$N", value_parser = dollars)]
    workspace: Option<Money>,
    /// Who says so; without it, the user of this system
    #[arg(long, value_name = "NAME", requires = "workspace")]
    by: Option<String>,
    /// Why, kept with it
    #[arg(long, value_name = "TEXT", requires = "workspace")]
    note: Option<String>,
    #[command(flatten)]
    which: home::Which,
}

pub(crate) fn run(arguments: &Arguments) -> Result<u8, Problem> {
    let ledger = home::ledger(&arguments.which)?;
    if let Some(limit) = arguments.workspace {
        let by = arguments.by.clone().unwrap_or_else(user);
        let (now, note) = (SystemClock.now_ms(), arguments.note.as_deref());
        ledger.set_workspace(limit, &by, note, now).map_err(home::problem)?;
        terminal::say(&format!("everything that this ledger pays may cost {} a day, by {by}\n", limit));
    }
    let windows = ledger.windows(SystemClock.now_ms()).map_err(home::problem)?;
    let limits = ledger.limits().map_err(home::problem)?;
    let said = ledger.alerts(None).map_err(home::problem)?;
    terminal::print(&if arguments.json {
        let object = json!({
            "schema": "flow.ceilings.v1",
            "windows": windows.iter().map(object).collect::<Vec<_>>(),
            "limits": limits.iter().map(version).collect::<Vec<_>>(),
            "alerts": said.iter().map(alert).collect::<Vec<_>>(),
        });
        format!("{object:#}\n")
    } else {
        match (windows.is_empty(), limits.is_empty()) {
            (true, true) => "no run was under a ceiling yet\n".to_owned(),
            _ => legible(&(text(&windows) + &history(&limits) + "\n" + &alerts(&said))).into_owned(),
        }
    });
    Ok(exit::OK)
}

/// `$50`, `$0.25`
fn dollars(text: &str) -> Result<Money, String> {
    let read = text.strip_prefix('$').and_then(|amount| amount.parse::<Money>().ok());
    let small = read.filter(|money| i64::try_from(money.nanos()).is_ok());
    small.ok_or_else(|| "it is written as in a flow: `$50`, `$0.25`".to_owned())
}

/// The versions of limits, those of one below each other.
fn history(limits: &[LimitRow]) -> String {
    let mut table = Table::new(["ceiling", "", "limit", "since", "brought by"]);
    for (at, row) in limits.iter().enumerate() {
        let dimension = row.dimension.clone();
        let shadow = if row.is_shadow { " (shadow)" } else { "" };
        let by = row.fact.as_ref().map_or(String::new(), |fact| format!(" by {fact}"));
        let is_last = limits.get(at + 1).is_none_or(|next| next.number == 1);
        table.row([
            row.ceiling.clone(),
            format!("{}{}", row.number, if is_last { " *" } else { "" }),
            format!(
                "{dimension} {} {}{by}{shadow}",
                shown(&row.dimension, row.limit),
                shown_time(row.per_ms, row.zone.as_deref())
            ),
            moment(row.since_ms),
            who(row),
        ]);
    }
    format!("\n{table}")
}

fn who(row: &LimitRow) -> String {
    let by = match (&row.by, &row.run) {
        (Some(by), _) => by.clone(),
        (None, Some((run, flow))) => format!("{flow}, run {run}"),
        (None, None) => String::new(),
    };
    row.note.as_ref().map_or(by.clone(), |note| format!("{by} ({note})"))
}

/// What ceilings said, a line each.
pub(crate) fn alerts(said: &[AlertRow]) -> String {
    let mut out = String::new();
    for alert in said {
        let _ = writeln!(out, "{} alert {}: {} (run {})", moment(alert.at_ms), alert.kind, alert.detail, alert.run);
    }
    out
}

fn alert(row: &AlertRow) -> Value {
    json!({
        "run": row.run,
        "attempt": row.attempt,
        "kind": row.kind,
        "ceiling": row.ceiling,
        "detail": row.detail,
        "at": moment(row.at_ms),
    })
}

fn version(row: &LimitRow) -> Value {
    json!({
        "ceiling": row.ceiling,
        "dimension": row.dimension,
        "by": row.fact,
        "per_ms": row.per_ms,
        "zone": row.zone,
        "version": row.number,
        "limit": amount(&row.dimension, row.limit),
        "shadow": row.is_shadow,
        "since": moment(row.since_ms),
        "run": row.run.as_ref().map(|(run, _)| run),
        "flow": row.run.as_ref().map(|(_, flow)| flow),
        "who": row.by,
        "note": row.note,
    })
}

/// A table of windows; nothing where there are none.
pub(crate) fn text(windows: &[WindowRow]) -> String {
    if windows.is_empty() {
        return String::new();
    }
    let mut table = Table::new(["ceiling", "of whom", "spent", "held", "limit", "used", "next window"]);
    for window in windows {
        let show = |amount: u64| shown(&window.dimension, amount);
        let shadow = match (window.is_shadow, window.beyond) {
            (false, _) => String::new(),
            (true, 0) => " (shadow)".to_owned(),
            (true, beyond) => format!(" (shadow, {beyond} above it)"),
        };
        let used = u128::from(window.settled) + u128::from(window.held);
        table.row([
            window.ceiling.clone(),
            window.by.as_ref().map_or_else(|| "everybody".to_owned(), |(fact, value)| format!("{fact} {value}")),
            show(window.settled),
            show(window.held),
            format!("{} {}{shadow}", show(window.limit), shown_time(window.per_ms, window.zone.as_deref())),
            (used * 100)
                .checked_div(u128::from(window.limit))
                .map_or_else(|| "–".to_owned(), |share| format!("{share} %")),
            moment(window.ends_at),
        ]);
    }
    format!("\n{}", table.right([2, 3, 5]))
}

/// A window as an object of `flow.report.v1`.
pub(crate) fn object(window: &WindowRow) -> Value {
    let amount = |of: u64| amount(&window.dimension, of);
    json!({
        "ceiling": window.ceiling,
        "dimension": window.dimension,
        "by": window.by.as_ref().map(|(fact, value)| json!({ "fact": fact, "value": value })),
        "per_ms": window.per_ms,
        "zone": window.zone,
        "starts_at": moment(window.starts_at),
        "ends_at": moment(window.ends_at),
        "limit": amount(window.limit),
        "spent": amount(window.settled),
        "held": amount(window.held),
        "shadow": window.is_shadow,
        "beyond": window.beyond,
    })
}

fn dimension(name: &str) -> Option<Dimension> {
    Dimension::ALL.into_iter().find(|dimension| dimension.name() == name)
}

fn shown(of: &str, amount: u64) -> String {
    dimension(of).map_or_else(|| amount.to_string(), |dimension| dimension.show(amount))
}

/// Money is a decimal string of dollars, anything else a number.
fn amount(of: &str, amount: u64) -> Value {
    match dimension(of) {
        Some(Dimension::Cost) => json!(Money::from_nanos(amount).exact()),
        _ => json!(amount),
    }
}
