//! Evaluations on the command line: the cases that are there, and what all of them together can take.

use std::fmt::Write as _;

use flow_compiler::bound::EvalReport;
use flow_compiler::cost::{Dimension, Resources, show_count};
use serde_json::{Value, json};

use super::amounts;
use super::disk::Project;

/// The cases of an evaluation: the files of the project that match its pattern, by their paths from its root.
pub(crate) fn cases(project: &Project, over: &str) -> Vec<String> {
    let pattern: Vec<&str> = over.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    let mut found = Vec::new();
    below(project, "", &pattern, &mut found, 0);
    found.sort();
    found.dedup();
    found
}

/// Folders nest no deeper than this.
const DEEPEST: usize = 32;

fn below(project: &Project, folder: &str, pattern: &[&str], found: &mut Vec<String>, depth: usize) {
    let Some((first, rest)) = pattern.split_first() else { return };
    if depth > DEEPEST {
        return;
    }
    if *first == "**" {
        below(project, folder, rest, found, depth);
    }
    let Ok(entries) = std::fs::read_dir(project.root().join(folder)) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        // The type of the entry, not of what a link leads to: a link to a folder above would never end.
        let Ok(kind) = entry.file_type() else { continue };
        let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        if kind.is_dir() && *first == "**" && !name.starts_with('.') {
            below(project, &path, pattern, found, depth + 1);
        } else if kind.is_dir() && !rest.is_empty() && matches(first, &name) {
            below(project, &path, rest, found, depth + 1);
        } else if kind.is_file() && rest.is_empty() && matches(first, &name) {
            found.push(path);
        }
    }
}

/// Whether a name is one of a pattern in which `*` stands for any letters.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((before, after)) => name
            .strip_prefix(before)
            .is_some_and(|rest| (0..=rest.len()).filter_map(|at| rest.get(at..)).any(|rest| matches(after, rest))),
    }
}

/// What all cases together can take; cases are run one after the other.
fn whole(each: &Resources, cases: usize) -> Option<Resources> {
    let cases = cases as u64;
    each.repeat(cases, cases)
}

/// What is said of an evaluation.
pub(crate) fn summary(eval: &EvalReport, project: &Project) -> String {
    let cases = cases(project, &eval.over).len();
    let (file, line) = (project.shown(&eval.place.file), eval.place.line);
    let mut out = format!("eval {} over \"{}\" ({file}:{line})\n", eval.flow, eval.over);
    let count = if cases == 1 { "1 case".to_owned() } else { format!("{} cases", show_count(cases as u64)) };
    let total = eval.each.as_ref().and_then(|each| Some((each, whole(each, cases)?)));
    let _ = match total {
        Some((each, total)) => {
            let said = |of: &Resources| {
                [Dimension::Cost, Dimension::Calls]
                    .map(|dimension| amounts::said(dimension, of.get(dimension)))
                    .join(", ")
            };
            writeln!(out, "  {count} × ({}) = {}", said(each), said(&total))
        }
        None => writeln!(out, "  {count}, no finite bound"),
    };
    for required in &eval.require {
        let _ = writeln!(out, "  requires {required}");
    }
    if cases == 0 {
        let _ = writeln!(out, "  no file matches yet: a run has nothing to look at");
    }
    out
}

/// The same as data.
pub(crate) fn object(eval: &EvalReport, project: &Project) -> Value {
    let cases = cases(project, &eval.over);
    let total = eval.each.as_ref().and_then(|each| whole(each, cases.len()));
    json!({
        "flow": eval.flow,
        "file": project.shown(&eval.place.file),
        "line": eval.place.line,
        "over": eval.over,
        "cases": cases.len(),
        "each": eval.each.as_ref().map(amounts::object),
        "bound": total.as_ref().map(amounts::object),
        "require": eval.require,
    })
}
