//! The rules of the compiler agree with the rules that a proof assistant has checked (`docs/proof`).
//!
//! `docs/proof/Vectors.v` holds random flows and steps as terms of the proof; `docs/proof/vectors.txt` what the checked rules say
//! of them, computed by the proof assistant (`docs/proof/check` computes it again and compares). Here the same flows are written
//! in the language, compiled, and their bounds compared with those numbers. `FLOW_BLESS=1` writes the terms anew.

mod random;
mod steps;
mod terms;

use std::fmt::Write as _;

use flow_tests::command::repository;

use random::Random;

/// How many of each.
const CASES: u64 = 150;

/// A case: its term in the proof, and what the compiler says.
struct Case {
    /// `(flow …)` or `(step …)` of `docs/proof`.
    term: String,
    /// The additive dimension that the term speaks of, and milliseconds.
    bound: (u64, u64),
    /// What was compiled, for a message.
    text: String,
}

fn cases() -> Vec<Case> {
    let flows = (0..CASES).map(|seed| terms::case(&mut Random::new(seed)));
    let steps = (0..CASES).flat_map(|seed| steps::cases(&mut Random::new(seed)));
    flows.chain(steps).collect()
}

/// The terms as a file of the proof.
fn vectors(cases: &[Case]) -> String {
    let mut text = String::from(
        "(** Random flows and steps, for the test that the compiler's rules are these rules (`tests/tests/proof.rs` writes\n    \
         this file with FLOW_BLESS=1). *)\n\n\
         From Coq Require Import NArith List.\nRequire Import Resource Turns Step Flow.\nImport ListNotations.\nOpen Scope N_scope.\n\n\
         Definition said (f : flow) := let b := any (bound f) in (add b, time b).\n\n\
         Definition cases : list flow :=\n[\n",
    );
    for (at, case) in cases.iter().enumerate() {
        let comma = if at + 1 < cases.len() { ";" } else { "" };
        writeln!(text, "  {}{comma}", case.term).expect("a text takes everything");
    }
    text.push_str("].\n\nEval vm_compute in map said cases.\n");
    text
}

#[test]
fn the_compiler_computes_what_the_checked_rules_compute() {
    let cases = cases();
    let folder = repository().join("docs/proof");
    let terms = vectors(&cases);
    if std::env::var_os("FLOW_BLESS").is_some() {
        std::fs::write(folder.join("Vectors.v"), &terms).expect("the folder takes a file");
    }
    let written = std::fs::read_to_string(folder.join("Vectors.v")).expect("the terms are there");
    assert!(
        terms == written,
        "`docs/proof/Vectors.v` is of other cases: FLOW_BLESS=1 writes them, then `docs/proof/check --bless`"
    );

    let said = std::fs::read_to_string(folder.join("vectors.txt")).expect("the numbers are there");
    let said: Vec<(u64, u64)> = said
        .lines()
        .map(|line| {
            let (most, time) = line.split_once(' ').expect("two numbers");
            (most.parse().expect("a number"), time.parse().expect("a number"))
        })
        .collect();
    assert_eq!(said.len(), cases.len(), "`docs/proof/check --bless` computes the numbers anew");
    for (case, checked) in cases.iter().zip(&said) {
        assert_eq!(&case.bound, checked, "\nthe compiler, then the checked rules, of\n{}\n{}", case.term, case.text);
    }
}
