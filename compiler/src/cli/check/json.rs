//! `--format json`: one object of the schema `flow.check.v1`, which `docs/schemas/flow.check.v1.json` describes.

use flow_compiler::bound::{Advice, Assumption, FlowReport, Share, Verdict, Witness};
use flow_compiler::diagnostic::json::Object;
use flow_compiler::doc::failures_of;
use flow_compiler::plan::Plan;
use flow_compiler::profile::Expectation;
use flow_compiler::program::{Flow, FlowId, Place, Reason};
use serde_json::{Map, Value, json};

use super::{Outcome, profiled};
use crate::cli::amounts;
use crate::cli::disk::Project;

/// The whole document.
pub(super) fn document(outcome: Outcome, flows: Vec<Value>, evals: Vec<Value>, diagnostics: &[Object]) -> String {
    let document = json!({
        "schema": "flow.check.v1",
        "verdict": whole(outcome),
        "flows": flows,
        "evals": evals,
        "diagnostics": diagnostics,
    });
    format!("{document:#}\n")
}

/// The word for everything together.
fn whole(outcome: Outcome) -> &'static str {
    if outcome.verdict == Verdict::Ok && outcome.breaks_policy { "policy" } else { name(outcome.verdict) }
}

/// The word for a verdict.
fn name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ok => "ok",
        Verdict::Over => "over",
        Verdict::Unbounded => "unbounded",
        Verdict::Invalid => "invalid",
    }
}

/// One flow; its files are named as the user reaches them.
pub(super) fn flow(
    flow: &FlowReport,
    plan: Option<&Plan>,
    project: &Project,
    expectation: Option<&Expectation>,
) -> Value {
    let budget = flow.budget.as_ref().map(|limits| limits.iter().map(|limit| (limit.dimension, limit.amount)));
    let mut object = json!({
        "name": flow.name,
        "file": project.shown(&flow.place.file),
        "line": flow.place.line,
        "public": flow.public,
        "owner": flow.owner,
        "verdict": name(flow.verdict),
        "bound": flow.bound.as_ref().map(amounts::object),
        "budget": budget.map(amounts::limits),
        "exact": flow.is_exact(),
        "fails": plan.and_then(|plan| fails(plan, flow)),
        "where": flow.lines().iter().map(|(path, share)| line(path, share)).collect::<Vec<_>>(),
        "witness": Value::Object(flow.witnesses.iter().map(witness).collect::<Map<_, _>>()),
        "advice": flow.advice.iter().map(|change| advice(change, project)).collect::<Vec<_>>(),
        "assumes": flow.assumes.iter().map(|assumption| assumed(assumption, project)).collect::<Vec<_>>(),
    });
    if let Some(expectation) = expectation {
        object["profile"] = profiled::object(expectation);
    }
    object
}

/// How a run can fail: the reasons that the flow does not handle.
fn fails(plan: &Plan, flow: &FlowReport) -> Option<Vec<&'static str>> {
    let is_it =
        |of: &Flow| of.name == flow.name && of.place.file == flow.place.file && of.place.line == flow.place.line;
    let index = plan.program.flows.iter().position(is_it)?;
    let id = FlowId(u32::try_from(index).ok()?);
    Some(failures_of(&plan.program, id).into_iter().map(Reason::name).collect())
}

fn line(path: &str, share: &Share) -> Value {
    json!({ "path": path, "count": share.count, "bound": amounts::object(&share.bound) })
}

fn witness(witness: &Witness) -> (String, Value) {
    let dimension = witness.dimension;
    let value = json!({ "amount": amounts::value(dimension, witness.amount), "choices": witness.choices });
    (amounts::key(dimension).to_owned(), value)
}

fn advice(advice: &Advice, project: &Project) -> Value {
    json!({
        "change": advice.change,
        "on": advice.on,
        "saves": advice.saves.exact(),
        "fits": advice.fits,
        "bound": amounts::object(&advice.bound),
        "file": project.shown(&advice.place.file),
        "line": advice.place.line,
    })
}

fn assumed(assumption: &Assumption, project: &Project) -> Value {
    let place: Option<&Place> = assumption.place.as_ref();
    json!({
        "text": assumption.text,
        "file": place.map(|place| project.shown(&place.file)),
        "line": place.map(|place| place.line),
    })
}
