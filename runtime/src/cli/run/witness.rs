//! `flow run --witness`: the worst case of a flow, played. In: a plan and dimensions. Out: what everybody outside did, and what
//! the run took beside what was proved.

use std::fmt::Write as _;
use std::sync::Arc;

use flow_compiler::bound::{FlowReport, bound};
use flow_compiler::cost::Dimension;
use flow_compiler::diagnostic::code;
use flow_compiler::plan::Plan;
use flow_compiler::program::FlowId;
use flow_compiler::source::Sources;
use flow_runtime::legible::legible;
use flow_runtime::run::able;
use flow_runtime::witness::{Played, play};
use serde_json::{Value, json};

use crate::cli::problem::Problem;
use crate::cli::table::Table;
use crate::cli::{amounts, exit, home, terminal};

/// Plays the worst case in the dimension of that name, or in all of them, and tells about it.
pub(super) fn run(plan: Plan, flow: FlowId, named: &str, as_json: bool) -> Result<u8, Problem> {
    let dimensions = if named == "all" { Dimension::ALL.to_vec() } else { vec![amounts::dimension(named)?] };
    able(&plan, flow).map_err(home::problem)?;
    let report = bound(&plan.program, &[], &Sources::default()).value.report;
    let (Some(told), plan) = (report.flows.get(flow.index()), Arc::new(plan)) else {
        return Err(no_bound("the flow"));
    };
    let played = waited(play(&plan, flow, &dimensions))?.map_err(home::problem)?;
    let played = played.ok_or_else(|| no_bound(&format!("`{}`", told.name)))?;
    if as_json {
        terminal::print(&format!("{:#}\n", object(told, &played)));
    } else {
        terminal::print(&legible(&text(told, &played)));
    }
    let missed = played.iter().find(|played| told.is_exact() && played.reached() != played.bound());
    match missed {
        None => Ok(exit::OK),
        Some(played) => {
            let name = played.dimension.name();
            let what =
                format!("the bound of `{}` in {name} is said to be exact, and its witness stays below it", told.name);
            Err(Problem::ending_with(exit::INTERNAL, code::command::E0955, what)
                .help("the bound holds; that it is exact is a fault of flow, which we would like to hear of"))
        }
    }
}

fn no_bound(what: &str) -> Problem {
    Problem::usage(code::command::E0955, format!("{what} has no finite bound, so it has no worst case"))
        .help("`flowc check` says why")
}

/// Waits for something whose time is virtual: nothing is slept through.
fn waited<T>(work: impl Future<Output = T>) -> Result<T, Problem> {
    let executor = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let executor = executor.map_err(|error| {
        Problem::ending_with(exit::INTERNAL, code::command::E0955, format!("no clock can be started: {error}"))
            .help("the system is short of memory")
    })?;
    Ok(executor.block_on(work))
}

fn text(told: &FlowReport, played: &[Played]) -> String {
    let mut out = String::new();
    if let [only] = played {
        story(&mut out, told, only);
    }
    let mut table = Table::new(["", "played", "ceiling", ""]);
    for played in played {
        let (dimension, reached, bound) = (played.dimension, played.reached(), played.bound());
        let below = bound.saturating_sub(reached);
        let said = if below == 0 { "reached".to_owned() } else { format!("{} below", dimension.show(below)) };
        table.row([dimension.name().to_owned(), dimension.show(reached), dimension.show(bound), said]);
    }
    let _ = write!(out, "{}", table.right([1, 2]));
    if told.is_exact() {
        let _ = writeln!(out, "the ceiling is exact; no model and no tool was called");
        return out;
    }
    let _ = writeln!(out, "the ceiling holds, and some runs may never come to it; no model and no tool was called");
    told.joined.iter().for_each(|reason| {
        let _ = writeln!(out, "  {reason}");
    });
    out
}

fn story(out: &mut String, told: &FlowReport, played: &Played) {
    let name = played.dimension.name();
    let _ = writeln!(out, "the run of {} that takes the most in {name}", told.name);
    for choice in told.witness(played.dimension).into_iter().flat_map(|witness| &witness.choices) {
        let line = if choice.line > 0 { format!("  (line {})", choice.line) } else { String::new() };
        let _ = writeln!(out, "  {}{line}", choice.said());
    }
    let _ = writeln!(out, "on {:#}", elided(&played.input));
    let ended = played.report.status.name();
    let _ = match played.report.result.as_ref() {
        Some(result) => writeln!(out, "ended {ended}: {:#}", elided(result)),
        None => writeln!(out, "ended {ended}: {}", played.report.reason.as_deref().unwrap_or("no reason")),
    };
    for difference in &played.differences {
        let _ = writeln!(out, "not as it was planned: {difference}");
    }
    out.push('\n');
}

/// A text longer than this is made up to be long: its beginning and its size tell it.
const SHOWN: usize = 60;

/// Elements of a list beyond these look like those before them.
const SHOWN_ELEMENTS: usize = 3;

/// A value as it is told to people: long texts and lists end early. JSON has them whole.
fn elided(value: &Value) -> Value {
    match value {
        Value::String(text) => {
            let rest = text.chars().count().saturating_sub(SHOWN);
            if rest < SHOWN {
                return value.clone();
            }
            let begin: String = text.chars().take(SHOWN).collect();
            Value::String(format!("{begin}… and {rest} more characters"))
        }
        Value::Array(all) => {
            let mut shown: Vec<Value> = all.iter().take(SHOWN_ELEMENTS).map(elided).collect();
            if all.len() > SHOWN_ELEMENTS {
                shown.push(Value::String(format!("… and {} more", all.len() - SHOWN_ELEMENTS)));
            }
            Value::Array(shown)
        }
        Value::Object(fields) => fields.iter().map(|(name, field)| (name.clone(), elided(field))).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

fn object(told: &FlowReport, played: &[Played]) -> Value {
    let one = |played: &Played| {
        let dimension = played.dimension;
        let choices = told.witness(dimension).map(|witness| witness.choices.as_slice()).unwrap_or_default();
        let amount = |amount| amounts::value(dimension, amount);
        json!({
            "dimension": amounts::key(dimension),
            "bound": amount(played.bound()),
            "reached": amount(played.reached()),
            "below": amount(played.bound().saturating_sub(played.reached())),
            "choices": choices.iter().map(|choice| json!({ "line": choice.line, "what": choice.said() })).collect::<Vec<_>>(),
            "input": played.input,
            "status": played.report.status.name(),
            "result": played.report.result,
            "reason": played.report.reason,
            "spent": amounts::object(&played.report.spent),
            "differences": played.differences,
        })
    };
    json!({
        "schema": "flow.witness.v1",
        "flow": told.name,
        "exact": told.is_exact(),
        "joined": told.joined,
        "witnesses": played.iter().map(one).collect::<Vec<_>>(),
    })
}
