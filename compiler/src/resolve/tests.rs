//! What is found across files, and what is said where something is not.

mod bindings;
mod mistakes;
mod pages;

use std::collections::BTreeMap;

use super::{Resolved, resolve};
use crate::diagnostic::{Checked, tests as expect};
use crate::source::{ReadError, Sources, World};

/// Files in memory.
pub(super) struct Files(BTreeMap<&'static str, Vec<u8>>);

impl World for Files {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        match path {
            "locked.flow" => Err(ReadError::Unreadable("permission denied".to_owned())),
            path => self.0.get(path).cloned().ok_or(ReadError::Missing),
        }
    }
}

pub(super) fn resolved(files: &[(&'static str, &str)]) -> (Checked<Resolved>, Sources) {
    let world = Files(files.iter().map(|(path, text)| (*path, text.as_bytes().to_vec())).collect());
    let mut sources = Sources::default();
    let resolved = resolve(&world, files[0].0, &mut sources);
    (resolved, sources)
}

/// Compares what is said about the first file, beside others, with the expectations in it.
#[track_caller]
pub(super) fn check(flow: &str, others: &[(&'static str, &str)]) {
    expect::check(flow, |text| {
        let files: Vec<_> = [("main.flow", text)].into_iter().chain(others.iter().copied()).collect();
        resolved(&files).0.diagnostics
    });
}

#[track_caller]
fn said(root: &str, files: &[(&'static str, &[u8])]) -> Vec<String> {
    let world = Files(files.iter().map(|(path, bytes)| (*path, bytes.to_vec())).collect());
    let problems = resolve(&world, root, &mut Sources::default()).diagnostics;
    problems.iter().map(|problem| format!("{}: {}", problem.code, problem.message)).collect()
}

#[test]
fn names_lead_to_declarations_in_this_and_other_files() {
    let (found, _) = resolved(&[
        ("app/main.flow", "use kb { search, Topic }\nuse shared.kb { Plan }\nflow f() -> Bool { true }\n"),
        (
            "app/kb.flow",
            "pub enum Topic { Billing, Bug }\npub tool search() -> Bool { from http(\"GET\", \"x\") }\nflow own() -> Bool { true }\n",
        ),
        ("shared/kb.flow", "use other { Nothing }\npub enum Plan { Free, Bug }\n"),
        ("shared/other.flow", "pub type Nothing { }\n"),
    ]);
    assert!(!found.has_errors(), "{:#?}", found.diagnostics);
    let found = found.value;
    assert_eq!(found.names(0).collect::<Vec<_>>(), ["Plan", "Topic", "f", "search"]);
    assert_eq!(found.variant_names(0).collect::<Vec<_>>(), ["Billing", "Bug", "Free"]);
    let place = found.lookup(0, "search").expect("imported");
    assert_eq!(
        (place.file, found.item(place).and_then(|item| item.name()).map(|name| name.text.as_str())),
        (1, Some("search"))
    );
    assert_eq!(found.lookup(0, "own"), None);
    let bugs = found.variants(0, "Bug");
    let owners: Vec<_> =
        bugs.iter().filter_map(|bug| found.variant(*bug)).map(|(owner, _)| owner.name.text.as_str()).collect();
    assert_eq!(owners, ["Plan", "Topic"]);
    assert_eq!(found.items().count(), 3 + 3 + 2 + 1);
}

#[test]
fn what_could_not_be_read_stays_silent() {
    let (found, _) = resolved(&[
        ("main.flow", "use gone { a }\nuse kb { b, help, broken }\nindex own = 3\n"),
        ("kb.flow", "pub index help = 3\npub step broken\n"),
    ]);
    for name in ["a", "b", "help", "broken", "own"] {
        assert!(found.value.is_silent(0, name), "{name}");
        assert_eq!(found.value.lookup(0, name), None, "{name}");
    }
    assert!(!found.value.is_silent(0, "other"));
}

#[test]
fn files_that_cannot_be_read_say_why() {
    assert_eq!(said("main.flow", &[]), ["E0001: cannot read `main.flow`: no such file"]);
    assert_eq!(said("locked.flow", &[]), ["E0001: cannot read `locked.flow`: permission denied"]);
    let latin = b"type T {\n  // caf\xe9\n}".as_slice();
    assert_eq!(
        said("x.flow", &[("x.flow", latin)]),
        ["E0002: `x.flow` is not UTF-8: byte 0xE9 at offset 17, in line 2"]
    );
    let large = vec![b' '; (32 << 20) + 1];
    assert_eq!(
        said("x.flow", &[("x.flow", &large)]),
        ["E0003: `x.flow` has 33554433 bytes; a source file has at most 33554432"]
    );
    assert_eq!(said("x.flow", &[("x.flow", b"")]), [""; 0]);
    assert_eq!(said("x.flow", &[("x.flow", "\u{feff}type T { }".as_bytes())]), [""; 0]);
}

#[test]
fn a_long_chain_of_imports_is_followed() {
    let files: Vec<(&'static str, Vec<u8>)> = (0..3_000)
        .map(|at| {
            let path: &'static str = Box::leak(format!("m{at}.flow").into_boxed_str());
            (path, format!("use m{} {{ T }}\npub type T{at} {{ }}\n", (at + 1) % 3_000).into_bytes())
        })
        .collect();
    let borrowed: Vec<_> = files.iter().map(|(path, text)| (*path, text.as_slice())).collect();
    let circles = said("m0.flow", &borrowed).into_iter().filter(|message| message.starts_with("E0307"));
    assert_eq!(circles.count(), 1);
}
