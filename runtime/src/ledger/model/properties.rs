//! What must hold, whatever happens. In: a state. Out: whether a promise is kept in it.

use stateright::Property;

use super::state::{Attempt, BILL, BOUND, HOLD, LIMITS, Protocol, Row, Run, State, Status, ceilings};

/// I-1.
pub(super) const RESERVED: &str = "nothing is sent without a reservation";
/// The theorem, first half.
pub(super) const COVERED: &str = "what is charged is at most what is settled and held";
/// The theorem, second half: I-2, I-25.
pub(super) const CEILING: &str = "what is settled and held is at most the limit";
/// I-24, I-28.
pub(super) const COUNTERS: &str = "counters are the sums of their rows";
/// I-4.
pub(super) const ONCE: &str = "a row is settled once";
/// I-3, I-7.
pub(super) const WITHIN_BOUND: &str = "a run costs at most its bound";
/// I-5, I-6, I-12.
pub(super) const EXACT: &str = "what is known is charged as it is";
/// I-19.
pub(super) const LIVING: &str = "what the living hold is left alone";
/// I-19.
pub(super) const ONE_HAND: &str = "one process at most executes a run";
/// I-19.
pub(super) const WRITTEN: &str = "an answer that was paid for is written down";
/// I-19.
pub(super) const PAID_ONCE: &str = "what is written down is not paid for again";
/// I-9.
pub(super) const AT_REST: &str = "a run at rest holds nothing";

/// Not a promise, but what some of them are about.
pub(super) const RESUMED: &str = "a run that was resumed has its answer";

/// Every promise, and that what they are about happens at all.
pub(super) fn all() -> Vec<Property<Protocol>> {
    vec![
        Property::always(RESERVED, |_, state: &State| {
            attempts(state).all(|(_, one)| !one.is_sent || one.row != Row::Absent)
        }),
        Property::always(COVERED, |_, state: &State| {
            windows().all(|(ceiling, window)| {
                let counter = state.counters[ceiling][window];
                charged(state, ceiling, window) <= counter.settled + counter.held
            })
        }),
        Property::always(CEILING, |_, state: &State| {
            windows().all(|(ceiling, window)| {
                let counter = state.counters[ceiling][window];
                counter.settled + counter.held <= LIMITS[ceiling]
            })
        }),
        Property::always(COUNTERS, |_, state: &State| {
            windows().all(|(ceiling, window)| {
                let rows = || admitted(state, ceiling, window).copied();
                let counter = state.counters[ceiling][window];
                counter.settled == rows().map(|one: Attempt| one.settled()).sum::<u8>()
                    && counter.held == rows().map(|one: Attempt| one.held()).sum::<u8>()
            })
        }),
        Property::always(ONCE, |_, state: &State| attempts(state).all(|(_, one)| one.settlements <= 1)),
        Property::always(WITHIN_BOUND, |_, state: &State| {
            let charged = |run: &Run| run.attempts.iter().filter_map(|one| one.billed).sum::<u8>();
            state.runs.iter().all(|run| run.amount() <= BOUND && charged(run) <= BOUND)
        }),
        Property::always(EXACT, |_, state: &State| {
            attempts(state).all(|(_, one)| match one.row {
                Row::Settled(amount) => one.billed == Some(amount),
                Row::Released => one.billed.unwrap_or(0) == 0,
                Row::Absent | Row::Held | Row::Presumed(_) => true,
            })
        }),
        Property::always(LIVING, |_, state: &State| {
            state.runs.iter().all(|run| {
                let process = &state.processes[run.owner];
                let flying = run.hands[run.owner].and_then(|hand| hand.flight);
                let flying = flying.filter(|_| process.lives && !process.is_cut && !process.looks);
                flying.is_none_or(|(attempt, _)| matches!(run.attempts[attempt].row, Row::Held | Row::Absent))
            })
        }),
        Property::always(ONE_HAND, |_, state: &State| {
            state.runs.iter().all(|run| {
                let sure = |at: &usize| {
                    let process = &state.processes[*at];
                    run.hands[*at].is_some() && !process.is_cut && !process.looks
                };
                (0..2).filter(sure).count() <= 1
            })
        }),
        Property::always(WRITTEN, |_, state: &State| {
            state.runs.iter().all(|run| {
                let rests = matches!(run.status, Status::Interrupted | Status::Ended);
                let paid = run.attempts.iter().any(|one| one.row == Row::Settled(BILL));
                !rests || !paid || run.is_written
            })
        }),
        Property::always(PAID_ONCE, |_, state: &State| state.runs.iter().all(|run| !run.paid_again)),
        Property::always(AT_REST, |_, state: &State| {
            let rests = |status| matches!(status, Status::Interrupted | Status::Ended);
            state.runs.iter().all(|run| !rests(run.status) || run.attempts.iter().all(|one| one.row != Row::Held))
        }),
        Property::sometimes(RESUMED, |_, state: &State| {
            let ended = |run: &Run| run.status == Status::Ended && run.is_written && run.attempts.len() == 2;
            state.runs.iter().enumerate().any(|(number, run)| run.owner != number && ended(run))
        }),
        Property::sometimes("a ceiling refuses", |_, state: &State| {
            let refused = |run: &Run| run.status == Status::Ended && run.amount() == HOLD && run.attempts.len() == 1;
            state.runs.iter().any(refused)
        }),
        Property::sometimes("a run spends its whole bound", |_, state: &State| {
            state.runs.iter().any(|run| run.amount() == BOUND)
        }),
    ]
}

fn windows() -> impl Iterator<Item = (usize, usize)> {
    (0..LIMITS.len()).flat_map(|ceiling| (0..2).map(move |window| (ceiling, window)))
}

fn attempts(state: &State) -> impl Iterator<Item = (usize, &Attempt)> {
    state.runs.iter().enumerate().flat_map(|(number, run)| run.attempts.iter().map(move |one| (number, one)))
}

/// The attempts that a window of a ceiling admitted.
fn admitted(state: &State, ceiling: usize, window: usize) -> impl Iterator<Item = &Attempt> {
    let theirs = move |(number, one): &(usize, &Attempt)| {
        ceilings(*number).contains(&ceiling) && usize::from(one.window) == window
    };
    attempts(state).filter(theirs).map(|(_, one)| one)
}

/// What the provider charged for them.
fn charged(state: &State, ceiling: usize, window: usize) -> u8 {
    admitted(state, ceiling, window).filter_map(|one| one.billed).sum()
}
