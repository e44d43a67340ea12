//! `--format text`: each flow's ceiling beside its budget, where it goes, what would lower it, and what it assumes.

use std::fmt::Write as _;

use flow_compiler::bound::{Advice, Assumption, FlowReport, Share, Verdict};
use flow_compiler::cost::{Dimension, Resources};

use crate::cli::amounts;
use crate::cli::disk::Project;
use crate::cli::table::Table;

/// How many lines a list of the summary has at most.
const MOST_LINES: usize = 5;

/// What is said of one flow.
pub(super) fn summary(flow: &FlowReport, project: &Project) -> String {
    let (file, line) = (project.shown(&flow.place.file), flow.place.line);
    let mut out = format!("{} ({file}:{line}) {}\n", flow.name, said(flow.verdict));
    if let Some(bound) = &flow.bound {
        out.push_str(&indented(&dimensions(bound, flow).to_string()));
        let mut lines = flow.lines();
        lines.retain(|(_, share)| share.bound.get(flow.telling) > 0);
        list(&mut out, "where it goes", lines.iter().map(|(path, share)| where_line(path, share, flow.telling)));
        list(&mut out, "cheapest changes", flow.advice.iter().map(advice_line));
    }
    list(&mut out, "no run may need all of it", flow.joined.iter().cloned());
    list(&mut out, "assumes", flow.assumes.iter().map(|assumption| assumption_line(assumption, project)));
    out
}

fn said(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ok => "holds",
        Verdict::Over => "is over its budget",
        Verdict::Unbounded => "has no finite bound",
        Verdict::Invalid => "does not compile",
    }
}

fn dimensions(bound: &Resources, flow: &FlowReport) -> Table<4> {
    let mut table = Table::new(["", "ceiling", "budget", ""]);
    for dimension in Dimension::ALL {
        let ceiling = bound.get(dimension);
        let limits = flow.budget.iter().flatten().filter(|limit| limit.dimension == dimension);
        let allowed = limits.map(|limit| limit.amount).min();
        table.row([
            dimension.name().to_owned(),
            dimension.show(ceiling),
            allowed.map_or_else(|| "–".to_owned(), |allowed| dimension.show_limit(allowed)),
            if allowed.is_some_and(|allowed| ceiling > allowed) { "over".to_owned() } else { String::new() },
        ]);
    }
    table.right([1, 2])
}

fn where_line(path: &str, share: &Share, telling: Dimension) -> String {
    let times = if share.count == 1 { String::new() } else { format!(" ×{}", share.count) };
    format!("{}  {path}{times}", amounts::said(telling, share.bound.get(telling)))
}

fn advice_line(advice: &Advice) -> String {
    // What is saved is a difference of ceilings; rounded down it promises no more than it keeps.
    let saves = match advice.dimension {
        Dimension::Cost => advice.saves.rounded_near(),
        Dimension::Calls
        | Dimension::Turns
        | Dimension::Tools
        | Dimension::Input
        | Dimension::Output
        | Dimension::Tokens
        | Dimension::Time => amounts::said(advice.dimension, advice.saves_telling),
    };
    format!("`{}` on `{}` saves {saves} (line {})", advice.change, advice.on, advice.place.line)
}

fn assumption_line(assumption: &Assumption, project: &Project) -> String {
    match &assumption.place {
        Some(place) => format!("{} ({}:{})", assumption.text, project.shown(&place.file), place.line),
        None => assumption.text.clone(),
    }
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
