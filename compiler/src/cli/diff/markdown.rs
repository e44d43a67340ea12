//! The comment for a pull request. It begins with a marker that nobody sees, by which the next one finds it.

use std::fmt::Write as _;

use flow_compiler::cost::{Dimension, Money};
use flow_compiler::review::compare::{Change, Decision, FlowChange, Label, arrow};

use super::Review;
use crate::cli::check::profiled;
use crate::cli::markdown::{cell, code, plain};

/// The columns beside the cost.
const SHOWN: [Dimension; 4] = [Dimension::Calls, Dimension::Input, Dimension::Output, Dimension::Time];
/// How many changes are listed before the rest is folded away.
const MOST: usize = 20;

/// The whole comment.
pub(super) fn comment(review: &Review) -> String {
    let comparison = &review.comparison;
    let mut out = format!("<!-- flow:bound:{} -->\n### flow: {}\n\n", review.id, review.decision.name());
    let _ = writeln!(out, "{} → {}", code(&review.names.0), code(&review.names.1));
    if comparison.proves_no_growth() {
        out.push_str("\n**proved: no bound grew**\n");
    }
    findings(&mut out, review);
    let flows: Vec<&FlowChange> = comparison.flows.iter().filter(|flow| flow.is_changed()).collect();
    if !flows.is_empty() {
        out.push_str(
            "\n| flow | cost ceiling | Δ | calls | input | output | time |\n|---|---:|---:|---:|---:|---:|---:|\n",
        );
        flows.iter().for_each(|flow| row(&mut out, flow));
    }
    let same = comparison.flows.len() - flows.len();
    if same > 0 {
        let _ = writeln!(out, "\n{same} {} kept every ceiling.", if same == 1 { "flow" } else { "flows" });
    }
    months(&mut out, review);
    changes(&mut out, &comparison.changes);
    if let Some(who) = &review.approved {
        let _ = writeln!(out, "\nWidening approved by {}.", plain(who));
    }
    if !comparison.assumes.is_empty() {
        let _ =
            write!(out, "\n<details><summary>What the ceilings assume ({})</summary>\n\n", comparison.assumes.len());
        for line in &comparison.assumes {
            let _ = writeln!(out, "- {}", plain(line));
        }
        out.push_str("\n</details>\n");
    }
    out
}

/// Dollars a month, where a profile was given.
fn months(out: &mut String, review: &Review) {
    let lines: Vec<String> = review.comparison.flows.iter().filter_map(|flow| month(review, flow)).collect();
    if !lines.is_empty() {
        out.push_str("\n**A month, expected by profile**\n\n");
        lines.iter().for_each(|line| {
            let _ = writeln!(out, "- {}", plain(line));
        });
    }
}

/// `desk: $12.00 → $14.00`; nothing without a profile, and words where it cannot tell.
pub(super) fn month(review: &Review, flow: &FlowChange) -> Option<String> {
    let (before, after) = review.months.get(&flow.key)?;
    let shown = |dollars: &Option<f64>| dollars.map_or_else(|| "unknown".to_owned(), profiled::dollars_of);
    (before.is_some() || after.is_some()).then(|| format!("`{}`: {} → {}", flow.key.2, shown(before), shown(after)))
}

fn findings(out: &mut String, review: &Review) {
    for (decision, title) in [(Decision::Fail, "Blocking"), (Decision::Warn, "To look at")] {
        let mut lines: Vec<String> = Vec::new();
        if decision == Decision::Fail {
            lines.extend(review.broken.iter().map(|line| plain(line)));
        }
        for finding in &review.comparison.findings {
            let is_settled = finding.can_be_approved && review.approved.is_some();
            let shown = if is_settled { finding.decision.min(Decision::Warn) } else { finding.decision };
            if shown != decision {
                continue;
            }
            let ask = if finding.can_be_approved && !is_settled && decision == Decision::Fail {
                "; needs the trailer `Flow-Approved:`"
            } else {
                ""
            };
            lines.push(format!("{}: {}{ask}", place(&finding.file, finding.line), plain(&finding.message)));
        }
        if !lines.is_empty() {
            let _ = writeln!(out, "\n**{title}**\n");
            lines.iter().for_each(|line| {
                let _ = writeln!(out, "- {line}");
            });
        }
    }
}

fn place(file: &str, line: u32) -> String {
    let file = plain(file);
    if line == 0 { file } else { format!("{file}:{line}") }
}

fn row(out: &mut String, flow: &FlowChange) {
    let (_, file, name) = &flow.key;
    let _ = write!(
        out,
        "| {} {} | {} | {} |",
        code(name),
        cell(&format!("{file}:{}", flow.line)),
        both(flow, Dimension::Cost),
        delta(flow)
    );
    for dimension in SHOWN {
        let _ = write!(out, " {} |", both(flow, dimension));
    }
    out.push('\n');
}

/// `$0.01 → $0.02`, one number where it is the same, and words where there is none.
pub(super) fn both(flow: &FlowChange, dimension: Dimension) -> String {
    let show = |is_there: bool, side: &Option<flow_compiler::cost::Resources>| match (is_there, side) {
        (false, _) => "–".to_owned(),
        (true, None) => "unknown".to_owned(),
        (true, Some(bound)) => dimension.show(bound.get(dimension)),
    };
    let (before, after) = (show(flow.was, &flow.before), show(flow.is, &flow.after));
    if before == after { after } else { format!("{before} → {after}") }
}

/// `+$0.0010 (+69.1 %)`
pub(super) fn delta(flow: &FlowChange) -> String {
    let (Some(before), Some(after)) = (&flow.before, &flow.after) else {
        return match (flow.was, flow.is) {
            (false, true) => "new".to_owned(),
            (true, false) => "removed".to_owned(),
            (true, true) | (false, false) => "unknown".to_owned(),
        };
    };
    let (old, new) = (before.cost.nanos(), after.cost.nanos());
    let amount = Money::from_nanos(old.abs_diff(new)).rounded_near();
    let sign = match new.cmp(&old) {
        std::cmp::Ordering::Greater => "+",
        std::cmp::Ordering::Less => "−",
        std::cmp::Ordering::Equal => return "0".to_owned(),
    };
    match percent(old, new) {
        Some(share) => format!("{sign}{amount} ({sign}{share} %)"),
        None => format!("{sign}{amount}"),
    }
}

/// The difference in tenths of a percent of what it was, rounded half up; nothing where it was zero.
fn percent(old: u64, new: u64) -> Option<String> {
    let (old, difference) = (u128::from(old), u128::from(old.abs_diff(new)));
    let tenths = (difference * 1000 + old / 2).checked_div(old)?;
    Some(format!("{}.{}", tenths / 10, tenths % 10))
}

fn changes(out: &mut String, all: &[Change]) {
    if all.is_empty() {
        return;
    }
    out.push_str("\n**What changed**\n\n");
    for change in all.iter().take(MOST) {
        let _ = writeln!(out, "- {}", said(change));
    }
    if all.len() > MOST {
        let _ = write!(out, "\n<details><summary>and {} more</summary>\n\n", all.len() - MOST);
        for change in all.iter().skip(MOST) {
            let _ = writeln!(out, "- {}", said(change));
        }
        out.push_str("\n</details>\n");
    }
}

fn said(change: &Change) -> String {
    let line = line(change);
    let (place, rest) = line.split_once(": ").unwrap_or(("", &line));
    if place.is_empty() { plain(rest) } else { format!("{}: {}", plain(place), plain(rest)) }
}

/// `desk.flow:24: retry of step `solve` raised: 1 → 2`
pub(super) fn line(change: &Change) -> String {
    let label = change.label.name();
    let Some((kind, file, name)) = &change.key else {
        let model = change.model.as_deref().unwrap_or_default();
        return format!("flow.toml: {} of model `{model}` {label}: {}", change.what, arrow(change));
    };
    let place = format!("{file}:{}", change.line);
    if matches!(change.label, Label::Added | Label::Removed) && change.what == kind.name() {
        return format!("{place}: {} `{name}` {label}", kind.name());
    }
    let values = match (&change.before, &change.after) {
        (None, None) => String::new(),
        _ => format!(": {}", arrow(change)),
    };
    format!("{place}: {} of {} `{name}` {label}{values}", change.what, kind.name())
}
