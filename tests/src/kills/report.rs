//! What came of scenarios, as a sentence that stands in the README. In: what is left of each. Out: numbers, and the first that are wrong.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::Path;
use std::time::Duration;

use super::check::Wrong;
use super::scenario::{Left, Life, Scenario};

/// What stands before the sentence in a page.
pub const BEGIN: &str = "<!-- kills -->";
/// What stands behind it.
pub const END: &str = "<!-- /kills -->";

/// How many that are wrong are told about.
const TOLD: usize = 6;

/// What came of scenarios.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// How many there were.
    pub scenarios: u64,
    /// How many processes died.
    pub deaths: u64,
    /// How many processes there were.
    pub processes: u64,
    /// How many scenarios had their ledger on a server.
    pub on_a_server: u64,
    /// How many runs of subjects were left alone, to compare with.
    pub undisturbed: u64,
    /// Scenarios in which something that was charged is not in the ledger.
    pub lost: u64,
    /// Scenarios in which something was paid twice.
    pub double: u64,
    /// Scenarios in which anything else is wrong.
    pub other: u64,
    /// How often each point was passed.
    pub passed: BTreeMap<String, u64>,
    /// How often a process died at each point.
    pub died: BTreeMap<String, u64>,
    /// The first that are wrong, in words.
    pub first: Vec<String>,
    /// How long it took.
    pub took: Duration,
}

impl Tally {
    pub(super) fn scenario(&mut self, scenario: &Scenario, left: &Left) {
        self.scenarios += 1;
        self.processes += left.lives.len() as u64;
        self.on_a_server += u64::from(scenario.server.is_some());
        for point in left.lives.iter().filter_map(|life| life.died.as_ref()) {
            self.deaths += 1;
            *self.died.entry(point.clone()).or_default() += 1;
        }
        self.passed(&left.lives);
    }

    pub(super) fn passed(&mut self, lives: &[Life]) {
        for (point, times) in lives.iter().flat_map(|life| &life.passed) {
            *self.passed.entry(point.clone()).or_default() += times;
        }
    }

    pub(super) fn wrong(&mut self, scenario: &Scenario, wrong: &[Wrong]) {
        let has = |is: fn(&Wrong) -> bool| u64::from(wrong.iter().any(is));
        self.lost += has(|wrong| matches!(wrong, Wrong::Lost(_)));
        self.double += has(|wrong| matches!(wrong, Wrong::Double(_)));
        self.other += has(|wrong| matches!(wrong, Wrong::Other(_)));
        if !wrong.is_empty() && self.first.len() < TOLD {
            let (subject, place) = (scenario.subject.name, scenario.server.as_ref().map_or("a file", |_| "a server"));
            self.first
                .push(format!("{subject}, seed {}, {:?}, on {place}: {wrong:#?}", scenario.seed, scenario.faults));
        }
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.lost + self.double + self.other == 0
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scenarios, deaths) = (grouped(self.scenarios), grouped(self.deaths));
        let (points, all) = (self.died.len(), flow_runtime::fault::Point::ALL.len());
        let (lost, double, other) = (self.lost, self.double, self.other);
        write!(
            f,
            "{scenarios} scenarios, {deaths} deaths at {points} of {all} points, {lost} lost charges, {double} double charges"
        )?;
        if other > 0 { write!(f, ", {other} wrong in another way") } else { Ok(()) }
    }
}

/// A number with commas: 10,240.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Puts a sentence between the marks of a page.
///
/// # Errors
/// Where the page cannot be written, or has no marks.
pub fn write_into(page: &Path, sentence: &str) -> io::Result<()> {
    let text = std::fs::read_to_string(page)?;
    let unmarked = || io::Error::other(format!("{} has no `{BEGIN}` … `{END}`", page.display()));
    let begin = text.find(BEGIN).ok_or_else(unmarked)? + BEGIN.len();
    let end = begin + text[begin..].find(END).ok_or_else(unmarked)?;
    std::fs::write(page, format!("{}{sentence}{}", &text[..begin], &text[end..]))
}
