//! Tests of diagnostics: the expectation stands under the text it is about.
//!
//! ```text
//! let s = writer(docc)
//!              //^^^^ error[E0301]: unknown name `docc`
//! ```
//!
//! Carets stand under the place. Where it begins in one of the first two columns, `//<` takes the place of the slashes and
//! counts from the beginning of the line. What is about no place stands in front, behind `//!!`.

use std::panic::Location;
use std::path::Path;

use super::{Diagnostic, Severity};
use crate::source::{Source, SourceId};

/// Compares what a phase says about `flow` with the expectations that stand in it, and applies each fix that is offered:
/// the message that offered it must then be gone. `phase` gets the flow without its expectations.
#[track_caller]
pub(crate) fn check(flow: &str, phase: impl Fn(&str) -> Vec<Diagnostic>) {
    let flow = flow.strip_prefix('\n').unwrap_or(flow);
    let bare = strip(flow);
    let said = phase(&bare);
    let annotated = annotate(&bare, &said);
    if annotated != flow && std::env::var_os("FLOW_BLESS").is_some() {
        return bless(Location::caller().file(), flow, &annotated);
    }
    assert!(annotated == flow, "--- expected\n{flow}\n--- said\n{annotated}\n--- in full\n{said:#?}");
    for problem in &said {
        if let (Some(fix), Some(span)) = (&problem.fix, problem.span)
            && fix.span.source == span.source
        {
            let mut repaired = bare.clone();
            repaired.replace_range(fix.span.range(), &fix.replacement);
            let after = phase(&repaired);
            let still =
                after.iter().filter(|other| other.code == problem.code && other.message == problem.message).count();
            let before =
                said.iter().filter(|other| other.code == problem.code && other.message == problem.message).count();
            assert!(still < before, "the fix `{}` does not repair it:\n{repaired}\n{after:#?}", fix.title);
        }
    }
}

/// Writes what is said into the test: `FLOW_BLESS=1 cargo test -- --test-threads 1`, then read the difference.
fn bless(file: &str, flow: &str, annotated: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    let test = std::fs::read_to_string(&path).expect("a test can read itself");
    let blessed = test.replacen(&format!("r#\"\n{flow}\"#"), &format!("r#\"\n{annotated}\"#"), 1);
    assert!(blessed != test, "the flow does not stand in {file} between `r#\"` and `\"#`, each on its line");
    std::fs::write(&path, blessed).expect("a test can write itself");
}

/// The flow without its expectations.
pub(crate) fn strip(flow: &str) -> String {
    flow.split_inclusive('\n').filter(|line| !is_expectation(line)).collect()
}

fn is_expectation(line: &str) -> bool {
    let line = line.trim_start();
    ["//^", "//<^", "//!!"].iter().any(|mark| line.starts_with(mark))
}

/// The flow with what is said about it under its lines.
pub(crate) fn annotate(flow: &str, said: &[Diagnostic]) -> String {
    let source = Source::new("main.flow", flow);
    let mut notes: Vec<(usize, usize, String)> = said.iter().map(|problem| note(&source, problem)).collect();
    notes.sort_by_key(|(line, column, _)| (*line, *column));
    let mut annotated: String = notes.iter().filter(|(line, ..)| *line == 0).map(|(.., text)| text.as_str()).collect();
    for (index, line) in flow.split_inclusive('\n').enumerate() {
        annotated.push_str(line);
        let here: Vec<_> = notes.iter().filter(|(at, ..)| *at == index + 1).collect();
        if !here.is_empty() && !line.ends_with('\n') {
            annotated.push('\n');
        }
        annotated.extend(here.iter().map(|(.., text)| text.as_str()));
    }
    annotated
}

fn note(source: &Source, problem: &Diagnostic) -> (usize, usize, String) {
    let severity = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let text = format!("{severity}[{}]: {}", problem.code, problem.message);
    let Some(span) = problem.span.filter(|span| span.source == SourceId(0)) else {
        return (0, 0, format!("//!! {text}\n"));
    };
    let (line, column) = source.position(span.start);
    let covered = source.text().get(span.range()).unwrap_or("").split('\n').next().unwrap_or("");
    let carets = "^".repeat(covered.chars().count().max(1));
    let under = match column {
        ..3 => format!("//<{carets}"),
        column => format!("{}//{carets}", " ".repeat(column - 3)),
    };
    (line, column, format!("{under} {text}\n"))
}

#[test]
fn the_nearest_name_is_near_or_begins_as_typed() {
    let names = ["smollm2-135m-instruct", "all-minilm-l6-v2", "Answer", "answers"];
    for (typed, meant) in [
        ("smollm2-135m", Some("smollm2-135m-instruct")),
        ("SmolLM2-135M-Instruct", Some("smollm2-135m-instruct")),
        ("anwser", Some("Answer")),
        ("all", None),
        ("nothing", None),
    ] {
        assert_eq!(super::nearest(typed, names), meant, "{typed}");
    }
}

/// Thousands of unknown names beside thousands of known ones are a matter of milliseconds each.
#[test]
fn many_names_are_searched_fast() {
    let names: Vec<String> = (0..3_000_usize).map(|at| "x".repeat(at % 97 + 1) + &at.to_string()).collect();
    let began = std::time::Instant::now();
    for at in 0..300_usize {
        let typed = "y".repeat(at % 89 + 1);
        assert_eq!(super::nearest(&typed, names.iter().map(String::as_str)), None);
    }
    assert!(began.elapsed().as_secs() < 30, "{:?}", began.elapsed());
}

#[test]
fn a_code_means_one_thing_and_its_page_says_the_same() {
    let mut titles = std::collections::BTreeMap::new();
    for entry in super::code::entries() {
        let other = titles.insert(entry.code, entry.title);
        assert_eq!(other, None, "{} means `{}` too", entry.code, entry.title);
        let heading = entry.page.lines().next().unwrap_or_default();
        assert!(
            heading.starts_with(&format!("# {}", entry.code)),
            "the page of {} is of another: {heading}",
            entry.code
        );
    }
}
