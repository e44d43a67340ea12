//! `--format json`: one object of the schema `flow.check.v1`, which `docs/schemas/flow.check.v1.json` describes.

use flow_compiler::cost::{Dimension, Money, Resources};
use flow_compiler::diagnostic::json::Object;
use serde_json::{Map, Value, json};

use super::report::{Advice, Assumption, FlowReport, Share, Verdict};

/// The whole document.
pub(super) fn document(verdict: Verdict, flows: &[&FlowReport], diagnostics: &[Object]) -> String {
    let document = json!({
        "schema": "flow.check.v1",
        "verdict": verdict.name(),
        "flows": flows.iter().map(|report| flow(report)).collect::<Vec<_>>(),
        "diagnostics": diagnostics,
    });
    format!("{document:#}\n")
}

fn flow(flow: &FlowReport) -> Value {
    json!({
        "name": flow.name,
        "file": flow.file,
        "line": flow.line,
        "verdict": flow.verdict.name(),
        "bound": flow.bound.as_ref().map(resources),
        "budget": flow.budget.as_deref().map(limits),
        "exact": flow.exact,
        "where": flow.shares.iter().map(share).collect::<Vec<_>>(),
        "witness": flow.witness,
        "advice": flow.advice.iter().map(advice).collect::<Vec<_>>(),
        "assumes": flow.assumes.iter().map(assumption).collect::<Vec<_>>(),
    })
}

/// Every dimension; money as a decimal string of dollars with nine digits.
pub(in crate::cli) fn resources(resources: &Resources) -> Value {
    let each = Dimension::ALL.map(|dimension| (dimension, resources.get(dimension)));
    limits(&each)
}

fn limits(limits: &[(Dimension, u64)]) -> Value {
    let field = |(dimension, amount): &(Dimension, u64)| match dimension {
        Dimension::Cost => ("cost".to_owned(), json!(Money::from_nanos(*amount).exact())),
        Dimension::Time => ("time_ms".to_owned(), json!(amount)),
        Dimension::Calls
        | Dimension::Turns
        | Dimension::Tools
        | Dimension::Input
        | Dimension::Output
        | Dimension::Tokens => (dimension.name().to_owned(), json!(amount)),
    };
    Value::Object(limits.iter().map(field).collect::<Map<String, Value>>())
}

fn share(share: &Share) -> Value {
    json!({ "path": share.path, "count": share.count, "bound": resources(&share.bound) })
}

fn advice(advice: &Advice) -> Value {
    json!({ "change": advice.change, "on": advice.on, "saves": advice.saves.exact(), "line": advice.line })
}

fn assumption(assumption: &Assumption) -> Value {
    json!({ "text": assumption.text, "file": assumption.file, "line": assumption.line })
}
