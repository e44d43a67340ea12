//! The protocol of the ledger as a finite model: two processes, two runs of one step each, two ceilings, two windows. In: nothing. Out:
//! every order in which holds, answers, settlements, deaths, lost connections and resumptions can come, each checked.
//!
//! [`state`] says what there is, [`protocol`] what may happen, [`properties`] what must hold whatever happens, and [`walk`] takes the
//! real ledger along random paths of the model and compares the two after every step.

mod properties;
mod protocol;
mod state;
mod walk;

use std::collections::BTreeSet;

use stateright::{Checker, Model, Property};

use self::state::{Action, Protocol, State};
use super::mutant::Mutant;

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::default()]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        actions.extend(self.possible(state));
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut next = state.clone();
        self.perform(&mut next, action);
        (next != *state).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Protocol>> {
        let looked_at = |property: &Property<Protocol>| self.only.is_none_or(|only| property.name == only);
        properties::all().into_iter().filter(looked_at).collect()
    }
}

/// How many states there are, and the properties that do not hold in all of them.
fn check(protocol: Protocol) -> (usize, BTreeSet<&'static str>) {
    let checker = protocol.checker().threads(2).spawn_bfs().join();
    let broken = checker.model().properties().into_iter().map(|property| property.name);
    let broken = broken.filter(|name| match checker.model().property(name).expectation {
        stateright::Expectation::Sometimes => checker.discovery(name).is_none(),
        stateright::Expectation::Always | stateright::Expectation::Eventually => checker.discovery(name).is_some(),
    });
    (checker.unique_state_count(), broken.collect())
}

/// What goes wrong in the worlds that every test run looks at: how often a process dies, a connection is lost, and the clock jumps
/// back. `FLOW_MODEL=1,1,1` looks at a larger one instead.
fn worlds() -> Vec<[u8; 3]> {
    let Ok(given) = std::env::var("FLOW_MODEL") else { return vec![[1, 0, 0], [0, 1, 0], [0, 0, 1]] };
    let numbers: Vec<u8> = given.split(',').map(|number| number.parse().expect("a number")).collect();
    vec![numbers.try_into().expect("three numbers, as in `1,1,1`")]
}

#[test]
fn the_protocol_keeps_its_promises_in_every_order_of_events() {
    for [deaths, cuts, jumps] in worlds() {
        let (states, broken) = check(Protocol { deaths, cuts, jumps, ..Protocol::default() });
        println!("deaths {deaths}, lost connections {cuts}, jumps of the clock {jumps}: {states} states");
        // Nobody resumes where nobody dies.
        let never = (deaths + cuts == 0).then_some(properties::RESUMED);
        assert_eq!(broken, never.into_iter().collect());
    }
}

/// Every step of the protocol that can be broken, and a promise that is broken with it.
const MUTANTS: [(Mutant, &str); 16] = [
    (Mutant::SentBeforeHeld, properties::RESERVED),
    (Mutant::HeldNotCounted, properties::CEILING),
    (Mutant::FirstCeilingOnly, properties::CEILING),
    (Mutant::PartlyClaimed, properties::COUNTERS),
    (Mutant::SettledAgain, properties::ONCE),
    (Mutant::ClaimKept, properties::COUNTERS),
    (Mutant::SettledInWindowOfNow, properties::COUNTERS),
    (Mutant::DoubtIsFree, properties::COVERED),
    (Mutant::DeadReleased, properties::COVERED),
    (Mutant::DeadNotCounted, properties::COUNTERS),
    (Mutant::LivingSettled, properties::LIVING),
    (Mutant::TakenTwice, properties::ONE_HAND),
    (Mutant::TakenOverUnnoticed, properties::WITHIN_BOUND),
    (Mutant::BoundForgotten, properties::WITHIN_BOUND),
    (Mutant::SettledBeforeWritten, properties::WRITTEN),
    (Mutant::AnswerForgotten, properties::PAID_ONCE),
];

#[test]
fn every_step_of_the_protocol_is_needed() {
    for (mutant, promise) in MUTANTS {
        // Some take a third attempt, or a lost connection, to show.
        let attempts = if matches!(mutant, Mutant::BoundForgotten | Mutant::TakenOverUnnoticed) { 3 } else { 2 };
        let (deaths, cuts) = if mutant == Mutant::TakenOverUnnoticed { (0, 1) } else { (1, 0) };
        let world = Protocol { attempts, deaths, cuts, ..Protocol::default() };
        let (_, broken) = check(Protocol { broken: Some(mutant), only: Some(promise), ..world });
        assert!(broken.contains(promise), "{mutant:?} breaks {broken:?}, not `{promise}`");
    }
}
