//! `docs/invariants.md` says of each invariant where it is held and which tests fail once it is broken. Each place speaks of it, each
//! test is one.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use flow_tests::command::repository;

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The names of all tests in a text.
fn tests_of(text: &str) -> impl Iterator<Item = &str> {
    let bodies = ["#[test]", "#[tokio::test"].into_iter().flat_map(|mark| text.split(mark).skip(1));
    bodies.filter_map(|body| body.split_once("fn ")?.1.split_once('(')).map(|(name, _)| name)
}

fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// Whether a text speaks of an invariant, and not of one whose number begins so.
fn speaks_of(text: &str, id: &str) -> bool {
    text.split(id).skip(1).any(|rest| !rest.starts_with(|next: char| next.is_ascii_digit()))
}

#[test]
fn every_invariant_has_a_place_and_a_test_or_is_said_to_be_open() {
    let page = std::fs::read_to_string(repository().join("docs/invariants.md")).expect("the page");
    let (table, open) = page.split_once("\n## Open").expect("what is open");
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| line.starts_with("| I-"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let ids: Vec<&str> = rows.iter().map(|row| row[0]).collect();
    assert_eq!(ids, (1..=38).map(|number| format!("I-{number}")).collect::<Vec<_>>(), "each of them once");

    let mut files = Vec::new();
    ["compiler", "runtime", "tests"].iter().for_each(|folder| rust_files(&repository().join(folder), &mut files));
    let texts: Vec<String> = files.iter().filter_map(|file| std::fs::read_to_string(file).ok()).collect();
    let tests: BTreeSet<&str> = texts.iter().flat_map(|text| tests_of(text)).collect();
    for row in &rows {
        let [id, rule, places, named] = row[..] else { panic!("{row:?} has not four cells") };
        assert!(!rule.is_empty(), "{id}");
        for place in quoted(places) {
            let text = std::fs::read_to_string(repository().join(place)).unwrap_or_default();
            assert!(speaks_of(&text, id), "`{place}` does not speak of {id}");
        }
        for name in quoted(named) {
            assert!(tests.contains(name), "there is no test `{name}`, which {id} names");
        }
        let is_held = !quoted(places).is_empty() && !quoted(named).is_empty();
        assert!(is_held || speaks_of(open, id), "{id} has no place or no test, and is not said to be open");
    }
}

#[test]
fn a_test_is_told_from_other_functions() {
    let text = "fn help() {}\n#[test]\nfn one() {}\n#[tokio::test(start_paused = true)]\nasync fn two() {}\n";
    assert_eq!(tests_of(text).collect::<Vec<_>>(), ["one", "two"]);
    assert!(speaks_of("INVARIANT I-3: it", "I-3") && !speaks_of("I-38", "I-3"));
}
