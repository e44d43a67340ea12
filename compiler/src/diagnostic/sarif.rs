//! Diagnostics as SARIF 2.1.0, which code scanning reads. In: diagnostics and the texts they are about. Out: one log with one
//! run. Lines and columns are from 1, columns count characters, ends are not included.

use serde_json::{Map, Value, json};

use super::{Code, Diagnostic, Severity};
use crate::source::{Sources, Span};

/// Where the format is described.
const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The log of one run of `flowc` over several files.
#[must_use]
pub fn log(files: &[(&[Diagnostic], &Sources)]) -> String {
    let rules = rules(files);
    let results = files.iter().flat_map(|(diagnostics, sources)| {
        diagnostics.iter().map(|diagnostic| result(diagnostic, sources, &rules)).collect::<Vec<_>>()
    });
    let results: Vec<Value> = results.collect();
    let driver = json!({
        "name": "flowc",
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "rules": rules.iter().map(|code| rule(*code)).collect::<Vec<_>>(),
    });
    let run = json!({
        "tool": { "driver": driver },
        "columnKind": "unicodeCodePoints",
        "invocations": [{ "executionSuccessful": true }],
        "results": results,
    });
    format!("{:#}\n", json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [run] }))
}

/// The codes that were used, sorted, each once.
fn rules(files: &[(&[Diagnostic], &Sources)]) -> Vec<Code> {
    let mut codes: Vec<Code> = files.iter().flat_map(|(all, _)| all.iter().map(|diagnostic| diagnostic.code)).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

fn rule(code: Code) -> Value {
    json!({
        "id": code.as_str(),
        "shortDescription": { "text": code.title() },
        "help": { "text": code.page(), "markdown": code.page() },
    })
}

fn result(diagnostic: &Diagnostic, sources: &Sources, rules: &[Code]) -> Value {
    let mut result = Map::new();
    result.insert("ruleId".to_owned(), json!(diagnostic.code.as_str()));
    if let Ok(index) = rules.binary_search(&diagnostic.code) {
        result.insert("ruleIndex".to_owned(), json!(index));
    }
    result.insert("level".to_owned(), json!(level(diagnostic.severity)));
    result.insert("message".to_owned(), json!({ "text": message(diagnostic) }));
    let location = diagnostic.span.and_then(|span| physical(span, sources));
    result.insert("locations".to_owned(), Value::Array(location.into_iter().collect()));
    let related = diagnostic.labels.iter().filter(|label| Some(label.span) != diagnostic.span);
    let related = related.enumerate().filter_map(|(index, label)| {
        let mut location = physical(label.span, sources)?;
        location["id"] = json!(index + 1);
        location["message"] = json!({ "text": label.text });
        Some(location)
    });
    let related: Vec<Value> = related.collect();
    if !related.is_empty() {
        result.insert("relatedLocations".to_owned(), Value::Array(related));
    }
    if let Some(fix) = fix(diagnostic, sources) {
        result.insert("fixes".to_owned(), json!([fix]));
    }
    let fingerprint = json!({ "flow/v1": fingerprint(diagnostic, sources) });
    result.insert("partialFingerprints".to_owned(), fingerprint);
    Value::Object(result)
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// The sentence, then what to do, a line each.
fn message(diagnostic: &Diagnostic) -> String {
    let help = diagnostic.advice().into_iter().map(|help| format!("\nhelp: {help}"));
    std::iter::once(diagnostic.message.clone()).chain(help).collect()
}

fn physical(span: Span, sources: &Sources) -> Option<Value> {
    let source = sources.get(span.source)?;
    Some(json!({
        "physicalLocation": { "artifactLocation": { "uri": uri(source.name()) }, "region": region(span, sources)? }
    }))
}

fn region(span: Span, sources: &Sources) -> Option<Value> {
    let source = sources.get(span.source)?;
    let (line, column) = source.position(span.start);
    let (end_line, end_column) = source.position(span.end);
    Some(json!({ "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column }))
}

fn fix(diagnostic: &Diagnostic, sources: &Sources) -> Option<Value> {
    let fix = diagnostic.fix.as_ref()?;
    let source = sources.get(fix.span.source)?;
    Some(json!({
        "description": { "text": fix.title },
        "artifactChanges": [{
            "artifactLocation": { "uri": uri(source.name()) },
            "replacements": [{
                "deletedRegion": region(fix.span, sources)?,
                "insertedContent": { "text": fix.replacement },
            }],
        }],
    }))
}

/// What stays the same when lines move: the code, the file, and the text that is underlined.
fn fingerprint(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let span = diagnostic.span;
    let file = span.and_then(|span| sources.get(span.source)).map_or("", |source| source.name());
    let text = span.map_or("", |span| sources.slice(span));
    let mut hasher = blake3::Hasher::new();
    for part in [diagnostic.code.as_str(), file, text, &diagnostic.message] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().to_hex().get(..32).unwrap_or_default().to_owned()
}

/// A path as a relative URI reference: everything but letters, digits and `-._~/` is escaped.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
