//! `--format text`: the same, for a terminal.

use std::fmt::Write as _;

use flow_compiler::cost::Dimension;
use flow_compiler::review::compare::Decision;

use super::Review;
use super::markdown::{both, delta, line, month};
use crate::cli::table::Table;

/// The whole of it.
pub(super) fn document(review: &Review) -> String {
    let comparison = &review.comparison;
    let mut out = format!("{}: {} → {}\n", review.decision.name(), review.names.0, review.names.1);
    if comparison.proves_no_growth() {
        out.push_str("proved: no bound grew\n");
    }
    if !review.broken.is_empty() || !comparison.findings.is_empty() {
        out.push('\n');
    }
    for line in &review.broken {
        let _ = writeln!(out, "FAIL  {line}");
    }
    for finding in &comparison.findings {
        let is_settled = finding.can_be_approved && review.approved.is_some();
        let decision = if is_settled { finding.decision.min(Decision::Warn) } else { finding.decision };
        let place = if finding.line == 0 { finding.file.clone() } else { format!("{}:{}", finding.file, finding.line) };
        let code = if finding.can_be_approved && decision == Decision::Fail { " [E1014]" } else { "" };
        let _ = writeln!(out, "{}{code}  {place}: {}", decision.name(), finding.message);
    }
    let mut table = Table::new(["flow", "dimension", "ceiling", ""]);
    let mut is_told = false;
    for flow in comparison.flows.iter().filter(|flow| flow.is_changed()) {
        let mut name = format!("{} ({}:{})", flow.key.2, flow.key.1, flow.line);
        for dimension in Dimension::ALL {
            let shown = both(flow, dimension);
            let is_same = !shown.contains('→') && flow.was == flow.is;
            if is_same {
                continue;
            }
            let more = if dimension == Dimension::Cost { delta(flow) } else { String::new() };
            table.row([std::mem::take(&mut name), dimension.name().to_owned(), shown, more]);
            is_told = true;
        }
    }
    if is_told {
        let _ = write!(out, "\n{table}");
    }
    let months: Vec<String> = comparison.flows.iter().filter_map(|flow| month(review, flow)).collect();
    if !months.is_empty() {
        out.push_str("\na month, expected by profile:\n");
        months.iter().for_each(|line| {
            let _ = writeln!(out, "  {}", line.replace('`', ""));
        });
    }
    if !comparison.changes.is_empty() {
        out.push_str("\nwhat changed:\n");
        for change in &comparison.changes {
            let _ = writeln!(out, "  {}", line(change));
        }
    }
    if let Some(who) = &review.approved {
        let _ = writeln!(out, "\nwidening approved by {who}");
    }
    out
}
