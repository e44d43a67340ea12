//! The real `flow`, killed at each of its fault points and begun again: nothing is lost, nothing is paid twice.

use flow_tests::command::{program, repository};
use flow_tests::kills::{BEGIN, END, kill, never_passed};
use flow_tests::postgres::Postgres;

#[test]
fn a_process_that_dies_at_any_point_loses_nothing_and_pays_nothing_twice() {
    let tally = kill(&program("flow"), Postgres::shared(), 160, 6, 11);
    assert!(tally.holds(), "{tally}\n{}", tally.first.join("\n"));
    assert_eq!(never_passed(&tally), Vec::<&str>::new(), "points that nobody passes");
    assert!(tally.deaths >= 150 && tally.died.len() >= 50, "{tally}: {:?}", tally.died);
}

/// The sentence between the marks of a page.
fn sentence(page: &str) -> String {
    let text = std::fs::read_to_string(repository().join(page)).expect("a page");
    let (_, rest) = text.split_once(BEGIN).unwrap_or_else(|| panic!("{page} has no {BEGIN}"));
    rest.split_once(END).unwrap_or_else(|| panic!("{page} has no {END}")).0.to_owned()
}

#[test]
fn the_readme_says_what_was_measured() {
    let said = sentence("README.md");
    assert_eq!(said, sentence("docs/kills.md"), "one run wrote both");
    let number = |word: &str| {
        let before = said.split_once(word).unwrap_or_else(|| panic!("no `{word}` in `{said}`")).0;
        let digits = before.rsplit(' ').next().unwrap_or_default().replace(',', "");
        digits.parse::<u64>().unwrap_or_else(|_| panic!("no number before `{word}` in `{said}`"))
    };
    assert!(number(" scenarios") >= 10_000 && number(" deaths") >= 10_000, "{said}");
    assert_eq!((number(" lost charges"), number(" double charges")), (0, 0), "{said}");
    assert!(!said.contains("wrong"), "{said}");
}
