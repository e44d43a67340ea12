//! Whatever is written, the checker ends, and says something about what it does not understand.

use proptest::prelude::*;

use crate::catalogue::Catalogue;
use crate::diagnostic::Diagnostic;
use crate::lex;
use crate::source::SourceId;
use crate::testing::{Memory, check};

/// A program with every construct.
const WHOLE: &str = include_str!("whole.flow");

/// The tokens of the program as texts, each with what stands before it.
fn tokens() -> Vec<&'static str> {
    let lexed = lex::lex(SourceId::default(), WHOLE, 0..WHOLE.len()).value;
    let mut ends: Vec<usize> = lexed.tokens.iter().map(|token| token.end as usize).collect();
    ends.insert(0, 0);
    ends.windows(2).map(|ends| &WHOLE[ends[0]..ends[1]]).collect()
}

#[derive(Clone, Debug)]
enum Change {
    Delete(usize),
    Double(usize),
    Swap(usize, usize),
    Replace(usize, usize),
}

fn change() -> impl Strategy<Value = Change> {
    let at = || 0..10_000usize;
    prop_oneof![
        at().prop_map(Change::Delete),
        at().prop_map(Change::Double),
        (at(), at()).prop_map(|(a, b)| Change::Swap(a, b)),
        (at(), at()).prop_map(|(a, b)| Change::Replace(a, b)),
    ]
}

fn changed(changes: &[Change]) -> String {
    let mut tokens = tokens();
    for change in changes {
        let count = tokens.len().max(1);
        match change {
            Change::Delete(at) => drop(tokens.remove(at % count)),
            Change::Double(at) => tokens.insert(at % count, tokens[at % count]),
            Change::Swap(a, b) => tokens.swap(a % count, b % count),
            Change::Replace(a, b) => tokens[a % count] = tokens[b % count],
        }
    }
    tokens.concat()
}

#[test]
fn the_whole_program_compiles() {
    let (checked, _) = check(&Memory::of(WHOLE));
    assert_eq!(checked.diagnostics, []);
    assert_eq!(tokens().concat().trim(), WHOLE.trim());
}

#[test]
fn a_program_is_the_same_every_time() {
    let program = || serde_json::to_string(&check(&Memory::of(WHOLE)).0.value).expect("a program can be written");
    assert_eq!(program(), program());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_program_ends_without_a_panic(changes in prop::collection::vec(change(), 1..6)) {
        let text = changed(&changes);
        let world = Memory::of(&text);
        let (first, _) = check(&world);
        // What has no errors is bounded, too.
        let compiled = crate::compile(&world, "main.flow", Catalogue::standard());
        // Echoes of a mistake are left out, mistakes are not.
        prop_assert!(!first.has_errors() || compiled.plan.is_none() && compiled.diagnostics.iter().any(Diagnostic::is_error));
    }
}
