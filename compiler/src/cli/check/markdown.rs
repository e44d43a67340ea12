//! `--format markdown`: the summary of a job or of a pull request.

use std::fmt::Write as _;

use flow_compiler::bound::{FlowReport, Verdict};
use flow_compiler::cost::{Dimension, Money};
use flow_compiler::diagnostic::Diagnostic;
use flow_compiler::profile::{Expectation, Numbers};
use flow_compiler::program::Place;

use super::{Found, profiled};
use crate::cli::markdown::{cell, code, plain};

/// The columns beside the cost.
const SHOWN: [Dimension; 4] = [Dimension::Calls, Dimension::Tools, Dimension::Tokens, Dimension::Time];
/// How many findings are listed.
const MOST: usize = 50;

/// The whole document.
pub(super) fn document(found: &[Found], fails: bool) -> String {
    let flows: Vec<(&Found, &FlowReport)> =
        found.iter().flat_map(|found| found.analysis.report.flows.iter().map(move |flow| (found, flow))).collect();
    let mut out = format!("### flowc check: {}\n\n", if fails { "FAIL" } else { "PASS" });
    if !flows.is_empty() {
        out.push_str("| flow | verdict | cost ceiling | budget | calls | tools | tokens | time |\n");
        out.push_str("|---|---|---:|---:|---:|---:|---:|---:|\n");
        flows.iter().for_each(|(found, flow)| row(&mut out, found, flow));
        out.push('\n');
    }
    expected(&mut out, &flows);
    findings(&mut out, found);
    assumptions(&mut out, &flows);
    out
}

fn row(out: &mut String, found: &Found, flow: &FlowReport) {
    let place = format!("{}:{}", found.project.shown(&flow.place.file), flow.place.line);
    let cost = shown(flow, Dimension::Cost);
    let budget = limit(flow, Dimension::Cost).unwrap_or_else(|| "–".to_owned());
    let _ = write!(out, "| {} {} | {} | {cost} | {budget} |", code(&flow.name), cell(&place), said(flow.verdict));
    for dimension in SHOWN {
        let _ = match limit(flow, dimension) {
            Some(limit) => write!(out, " {} of {limit} |", shown(flow, dimension)),
            None => write!(out, " {} |", shown(flow, dimension)),
        };
    }
    out.push('\n');
}

/// What is not known is not a number.
fn shown(flow: &FlowReport, dimension: Dimension) -> String {
    flow.bound.map_or_else(|| "unknown".to_owned(), |bound| dimension.show(bound.get(dimension)))
}

fn limit(flow: &FlowReport, dimension: Dimension) -> Option<String> {
    let limits = flow.budget.iter().flatten().filter(|limit| limit.dimension == dimension);
    limits.map(|limit| limit.amount).min().map(|amount| dimension.show_limit(amount))
}

fn said(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ok => "holds",
        Verdict::Over => "**over its budget**",
        Verdict::Unbounded => "**no finite bound**",
        Verdict::Invalid => "**does not compile**",
    }
}

/// What runs take, where a profile says so: beside the ceiling, and never in its place.
fn expected(out: &mut String, flows: &[(&Found, &FlowReport)]) {
    let known = flows.iter().filter_map(|(found, flow)| Some((*flow, found.expectation(&flow.name)?)));
    let known: Vec<(&FlowReport, &Expectation)> = known.collect();
    if known.is_empty() {
        return;
    }
    out.push_str("| flow | cost a run: mean | p95 | p99 | ceiling | a month | a success |\n|---|---:|---:|---:|---:|---:|---:|\n");
    for (flow, expectation) in known {
        let of = |which: fn(&Numbers) -> u64| {
            let numbers = expectation.numbers.get(&Dimension::Cost);
            numbers.map_or_else(|| "unknown".to_owned(), |numbers| Money::from_nanos(which(numbers)).rounded_near())
        };
        let dollars = |dollars: Option<f64>, none: &str| dollars.map_or_else(|| none.to_owned(), profiled::dollars_of);
        let none = if expectation.success.is_some() { "undefined (0 outcomes)" } else { "unknown" };
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} |",
            code(&flow.name),
            profiled::dollars_of(expectation.mean_dollars()),
            of(|numbers| numbers.p95),
            of(|numbers| numbers.p99),
            shown(flow, Dimension::Cost),
            dollars(expectation.dollars_per_month(), "unknown"),
            dollars(expectation.dollars_per_success(), none),
        );
    }
    out.push('\n');
}

fn findings(out: &mut String, found: &[Found]) {
    let mut all: Vec<(&Found, &Diagnostic)> =
        found.iter().flat_map(|found| found.analysis.diagnostics.iter().map(move |one| (found, one))).collect();
    all.sort_by_key(|(_, diagnostic)| std::cmp::Reverse(diagnostic.severity));
    for (found, diagnostic) in all.iter().take(MOST) {
        let _ = writeln!(out, "- {}", plain(&super::line(diagnostic, &found.analysis.sources)));
        for help in diagnostic.advice() {
            let _ = writeln!(out, "  - {}", plain(&help.replace('\n', " ")));
        }
    }
    if all.len() > MOST {
        let _ = writeln!(out, "- … and {} more", all.len() - MOST);
    }
    if !all.is_empty() {
        out.push('\n');
    }
}

fn assumptions(out: &mut String, flows: &[(&Found, &FlowReport)]) {
    let mut lines: Vec<String> = Vec::new();
    for (found, flow) in flows {
        for assumption in &flow.assumes {
            let place = |place: &Place| format!(" ({}:{})", found.project.shown(&place.file), place.line);
            let line = format!("{}{}", assumption.text, assumption.place.as_ref().map(place).unwrap_or_default());
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    if lines.is_empty() {
        return;
    }
    let _ = write!(out, "<details><summary>What the ceilings assume ({})</summary>\n\n", lines.len());
    for line in lines {
        let _ = writeln!(out, "- {}", plain(&line));
    }
    out.push_str("\n</details>\n");
}
