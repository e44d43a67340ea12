//! What is printed of a run: its result, and what it spent beside what it could have spent.

use std::fmt::Write as _;

use flow_compiler::bound;
use flow_compiler::cost::{Dimension, Money, Resources};
use flow_compiler::diagnostic::code;
use flow_compiler::plan::Plan;
use flow_compiler::program::{FlowId, Limit};
use flow_runtime::execution::Status;
use flow_runtime::legible::legible;
use flow_runtime::run::RunReport;
use serde_json::{Map, Value, json};

use crate::cli::amounts;
use crate::cli::rows::exactly;
use crate::cli::table::Table;
use crate::cli::{terminal, waiting};

/// Tells what came of a run: one JSON object, or its result and, beside it, how it ended.
pub(crate) fn told(report: &RunReport, reader: &str, as_json: bool) {
    if as_json {
        terminal::print(&format!("{:#}\n", report.to_json()));
    } else {
        terminal::print(&legible(&result(report)));
        terminal::say(&legible(&ending(report, reader)));
    }
}

/// The result for a person: text as it is, everything else as JSON. Nothing where there is none.
pub(super) fn result(report: &RunReport) -> String {
    match &report.result {
        None => String::new(),
        Some(Value::String(text)) => format!("{text}\n"),
        Some(other) => format!("{other:#}\n"),
    }
}

/// What this version leaves out of a run because it could only have saved something.
pub(super) fn left_out(sentences: &[String]) -> String {
    let lines = sentences.iter().map(|sentence| format!("warning[{}]: {sentence}\n", code::run::W0966));
    lines.collect()
}

/// How it ended, and what it spent beside its ceiling in every dimension; `reader` is the command that tells more.
pub(super) fn ending(report: &RunReport, reader: &str) -> String {
    let mut out = format!("\n{} {}", report.flow, report.status.name());
    if let Some(to) = &report.to {
        let _ = write!(out, " to {to}");
    }
    if let Some(reason) = &report.reason {
        let _ = write!(out, ": {reason}");
    }
    if let Some(detail) = report.detail.as_ref().filter(|detail| report.reason.as_ref() != Some(detail)) {
        let _ = write!(out, " ({detail})");
    }
    out.push('\n');
    if let Some(partial) = report.partial.as_ref().filter(|partial| !partial.is_empty()) {
        let _ = writeln!(out, "made before: {:#}", Value::Object(partial.clone()));
    }
    let mut table = Table::new(["", "spent", "ceiling"]);
    for dimension in Dimension::ALL {
        let spent = report.spent.get(dimension);
        let spent = if dimension == Dimension::Cost { exactly(report.spent.cost) } else { dimension.show(spent) };
        table.row([dimension.name().to_owned(), spent, dimension.show(report.bound.get(dimension))]);
    }
    let _ = write!(out, "{}", table.right([1, 2]));
    if report.presumed > Money::ZERO {
        let _ = writeln!(out, "{} of it is presumed: nobody could say what was used", exactly(report.presumed));
    }
    for awaited in &report.waiting {
        out.push_str(&waiting::lines(awaited, &report.flow));
    }
    if report.status == Status::Interrupted {
        let _ = writeln!(out, "`flow resume {}` goes on with it", report.run);
    }
    let _ = writeln!(out, "run {}: `{reader}` tells where it went", report.run);
    out
}

/// The most that a run on this input could take: what is proved for texts and lists of these lengths, with the choices decided
/// that the input decides. What `--budget` says stands beside it.
pub(super) fn dry(plan: &Plan, flow: FlowId, input: &Value, limits: &[Limit], as_json: bool) -> String {
    let name = plan.program.flows.get(flow.index()).map_or("", |flow| flow.name.as_str());
    let general = plan.ceilings.flows.get(flow.index()).copied().unwrap_or(Resources::ZERO);
    let bound = bound::for_input(&plan.program, flow, &by_name(plan, flow, input));
    let bound = bound.map_or(general, |bound| bound.least(&general));
    let limit = |dimension| limits.iter().filter(|limit| limit.dimension == dimension).map(|limit| limit.amount).min();
    if as_json {
        let lowered = Dimension::ALL.into_iter().filter_map(|dimension| Some((dimension, limit(dimension)?)));
        let document = json!({
            "schema": "flow.dry.v1",
            "flow": name,
            "bound": amounts::object(&bound),
            "general": amounts::object(&general),
            "budget": amounts::limits(lowered),
        });
        return format!("{document:#}\n");
    }
    let mut table = Table::new(["", "this input", "any input", "--budget", ""]);
    for dimension in Dimension::ALL {
        let (ceiling, allowed) = (bound.get(dimension), limit(dimension));
        table.row([
            dimension.name().to_owned(),
            dimension.show(ceiling),
            dimension.show(general.get(dimension)),
            allowed.map_or_else(|| "–".to_owned(), |allowed| dimension.show_limit(allowed)),
            if allowed.is_some_and(|allowed| allowed < ceiling) { "may be refused".to_owned() } else { String::new() },
        ]);
    }
    format!("{name} on this input can take at most\n{}nothing was run\n", table.right([1, 2, 3]))
}

/// The input by the names of the parameters: where the only one is a record, the record itself will do.
fn by_name(plan: &Plan, flow: FlowId, input: &Value) -> Map<String, Value> {
    let params = plan.program.flows.get(flow.index()).map_or(&[][..], |flow| &flow.params);
    match (input, params) {
        (Value::Object(object), [only]) if !object.contains_key(&only.name) => {
            Map::from_iter([(only.name.clone(), input.clone())])
        }
        (Value::Object(object), _) => object.clone(),
        (_, _) => Map::new(),
    }
}
