//! `--format text`: each flow's ceiling beside its budget, where it goes, what would lower it, and what it assumes.

use std::fmt::Write as _;

use flow_compiler::cost::{Dimension, Resources};

use super::report::{Advice, FlowReport, Share, Verdict};
use crate::cli::table::Table;

/// How many lines a list of the summary has at most.
const MOST_LINES: usize = 5;

/// What is said of one flow.
pub(super) fn summary(flow: &FlowReport) -> String {
    let mut out = format!("{} ({}:{}): {}\n", flow.name, flow.file, flow.line, said(flow.verdict));
    if let Some(bound) = &flow.bound {
        out.push_str(&indented(&dimensions(bound, flow.budget.as_deref()).to_string()));
        let dimension = most_telling(bound);
        list(&mut out, "where it goes, largest first", flow.shares.iter().map(|share| where_line(share, dimension)));
        list(&mut out, "cheapest changes", flow.advice.iter().map(advice_line));
    }
    if !flow.exact {
        out.push_str("  joined: too many shared conditions to tell apart; no run needs more, and some bound may be higher than any run needs\n");
    }
    list(
        &mut out,
        "assumes",
        flow.assumes.iter().map(|assumption| match (&assumption.file, assumption.line) {
            (Some(file), Some(line)) => format!("{} ({file}:{line})", assumption.text),
            (Some(file), None) => format!("{} ({file})", assumption.text),
            (None, _) => assumption.text.clone(),
        }),
    );
    out
}

fn said(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ok => "holds",
        Verdict::Over => "over budget",
        Verdict::Unbounded => "no finite bound",
        Verdict::Invalid => "does not compile",
    }
}

fn dimensions(bound: &Resources, budget: Option<&[(Dimension, u64)]>) -> Table<4> {
    let mut table = Table::new(["", "ceiling", "budget", ""]);
    for dimension in Dimension::ALL {
        let ceiling = bound.get(dimension);
        let allowed =
            budget.into_iter().flatten().find(|(limited, _)| *limited == dimension).map(|(_, amount)| *amount);
        table.row([
            dimension.name().to_owned(),
            dimension.show(ceiling),
            allowed.map_or_else(|| "–".to_owned(), |allowed| dimension.show(allowed)),
            if allowed.is_some_and(|allowed| ceiling > allowed) { "over".to_owned() } else { String::new() },
        ]);
    }
    table.right([1, 2])
}

/// Shares are told in dollars; where a flow costs nothing, in tokens; where it has none, in time.
fn most_telling(bound: &Resources) -> Dimension {
    [Dimension::Cost, Dimension::Tokens].into_iter().find(|d| bound.get(*d) > 0).unwrap_or(Dimension::Time)
}

fn where_line(share: &Share, dimension: Dimension) -> String {
    let amount = dimension.show(share.bound.get(dimension));
    let unit = if dimension == Dimension::Tokens { " tokens" } else { "" };
    let times = if share.count == 1 { String::new() } else { format!("  ×{}", share.count) };
    format!("{amount}{unit}  {}{times}", share.path)
}

fn advice_line(advice: &Advice) -> String {
    format!("`{}` on `{}` saves {} (line {})", advice.change, advice.on, advice.saves.rounded_near(), advice.line)
}

fn list(out: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(out, "  {title}:");
    for line in lines.iter().take(MOST_LINES) {
        let _ = writeln!(out, "    {line}");
    }
    if lines.len() > MOST_LINES {
        let _ = writeln!(out, "    … and {} more", lines.len() - MOST_LINES);
    }
}

fn indented(text: &str) -> String {
    text.lines().fold(String::new(), |mut out, line| {
        let _ = writeln!(out, "  {line}");
        out
    })
}
