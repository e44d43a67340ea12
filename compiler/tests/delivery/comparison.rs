//! `docs/comparison.md` names a test for each claim about flow, `docs/soundness.md` one for each hole that others had, and
//! `docs/testing.md` those of each promise: each of them exists.

use std::path::{Path, PathBuf};

use crate::desk::repository;

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

#[test]
fn every_test_that_the_comparison_names_exists() {
    let page = std::fs::read_to_string(repository().join("docs/comparison.md")).expect("the page");
    exist(&page, 16);
}

#[test]
fn every_hole_has_a_test() {
    let page = std::fs::read_to_string(repository().join("docs/soundness.md")).expect("the page");
    let (_, holes) = page.split_once("## Other people's holes").expect("the holes");
    let (holes, _) = holes.split_once("\n## ").unwrap_or((holes, ""));
    exist(holes, 30);
}

#[test]
fn every_promise_has_a_test() {
    let page = std::fs::read_to_string(repository().join("docs/testing.md")).expect("the page");
    let (_, promises) = page.split_once("## What is promised").expect("the promises");
    let (promises, _) = promises.split_once("\n## ").unwrap_or((promises, ""));
    exist(promises, 40);
}

/// The last cell of each row names tests, and each of them is somewhere.
fn exist(page: &str, least: usize) {
    let rows = page.lines().filter(|line| line.starts_with('|') && !line.contains("---"));
    let cells = rows.filter_map(|row| row.trim_end_matches('|').rsplit('|').next());
    let names: Vec<&str> = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
    assert!(names.len() >= least, "{names:?}");
    let mut files = Vec::new();
    for folder in ["compiler", "runtime", "tests"] {
        rust_files(&repository().join(folder), &mut files);
    }
    let all: String = files.iter().filter_map(|file| std::fs::read_to_string(file).ok()).collect();
    for name in names {
        assert!(all.contains(&format!("fn {name}(")), "there is no test `{name}`");
    }
}
