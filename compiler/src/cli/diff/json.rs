//! `--format json`: one object of the schema `flow.diff.v1`, which `docs/schemas/flow.diff.v1.json` describes.

use flow_compiler::review::compare::{Change, Finding, FlowChange};
use serde_json::{Value, json};

use super::Review;
use crate::cli::amounts;

/// The whole document.
pub(super) fn document(review: &Review) -> String {
    let comparison = &review.comparison;
    let document = json!({
        "schema": "flow.diff.v1",
        "base": review.names.0,
        "head": review.names.1,
        "decision": review.decision.name().to_lowercase(),
        "proved_no_growth": comparison.proves_no_growth(),
        "approved_by": review.approved,
        "findings": comparison.findings.iter().map(|one| finding(one, review.approved.is_some())).collect::<Vec<_>>(),
        "errors": review.broken,
        "flows": comparison.flows.iter().map(|one| flow(one, &comparison.changes, review.months.get(&one.key))).collect::<Vec<_>>(),
        "changes": comparison.changes.iter().map(change).collect::<Vec<_>>(),
        "assumes": comparison.assumes,
    });
    format!("{document:#}\n")
}

fn finding(finding: &Finding, is_approved: bool) -> Value {
    json!({
        "decision": finding.decision.name().to_lowercase(),
        "message": finding.message,
        "file": finding.file,
        "line": (finding.line > 0).then_some(finding.line),
        "needs_approval": finding.can_be_approved && !is_approved,
    })
}

/// What is not known is `null` and no number.
fn flow(flow: &FlowChange, changes: &[Change], month: Option<&(Option<f64>, Option<f64>)>) -> Value {
    json!({
        "dollars_per_month": month.map(|(before, after)| json!({ "before": before, "after": after })),
        "name": flow.key.2,
        "file": flow.key.1,
        "line": flow.line,
        "state": match (flow.was, flow.is) {
            (false, true) => "new",
            (true, false) => "removed",
            (true, true) | (false, false) => if flow.is_changed() { "changed" } else { "same" },
        },
        "before": flow.before.as_ref().map(amounts::object),
        "after": flow.after.as_ref().map(amounts::object),
        "grew": flow.grown().into_iter().map(amounts::key).collect::<Vec<_>>(),
        "causes": flow.causes.iter().filter_map(|index| changes.get(*index)).map(change).collect::<Vec<_>>(),
    })
}

fn change(change: &Change) -> Value {
    json!({
        "kind": change.key.as_ref().map_or("model", |key| key.0.name()),
        "name": change.key.as_ref().map(|key| &key.2).or(change.model.as_ref()),
        "what": change.what,
        "label": change.label.name(),
        "before": change.before,
        "after": change.after,
        "file": change.key.as_ref().map(|key| &key.1),
        "line": (change.line > 0).then_some(change.line),
    })
}
