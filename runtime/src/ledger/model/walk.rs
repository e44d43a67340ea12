//! The real ledger beside its model. In: random paths of the model. Out: that after every step both say the same of every row, every
//! counter and every run.

use flow_compiler::cost::{Money, Resources};
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};

use super::super::mutant::{Mutant, with};
use super::super::query::Reader;
use super::super::tests::{claim, held, opened, settlement};
use super::super::{Book, BookError, Disposition, Ended, Entry, Held, Ledger, Record, Settlement, State as RowState};
use super::state::{Action, BILL, HOLD, LIMITS, Phase, Protocol, Row, State, Status, ceilings};
use crate::budget::ceiling::Claim;

/// How long a window is, and how often a path is left before its end is its end.
const WINDOW: u64 = 1_000;
const LONGEST: usize = 40;

/// The ledgers of two processes, in one folder.
struct Real {
    home: tempfile::TempDir,
    ledgers: [Option<Ledger>; 2],
    /// Opened once: whoever opens a ledger settles what the dead left.
    reader: Reader,
    runtime: tokio::runtime::Runtime,
}

impl Real {
    fn new() -> Real {
        // A walk is about what is written, not about the disk under it.
        let memory = std::path::Path::new("/dev/shm");
        let home = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
        let open = || Some(Ledger::open(home.path()).unwrap());
        let ledgers = [open(), open()];
        let reader = Reader::open(home.path()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        Real { home, ledgers, reader, runtime }
    }

    fn write(&self, at: usize, entry: Entry) -> Result<(), BookError> {
        let ledger = self.ledgers[at].as_ref().unwrap();
        self.runtime.block_on(ledger.write_durably(entry)).map(drop)
    }

    /// Does what the model did, where a ledger is part of it. `before` is the state that it was done in.
    fn perform(&mut self, before: &State, action: Action) {
        match action {
            Action::Open(at, run) => self.write(at, opened(&name(run))).unwrap(),
            Action::Hold(at, run) => {
                let made = before.runs[run].attempts.len();
                let hold = Entry::Hold(Box::new(reservation(run, made, before.window)));
                match self.write(at, hold) {
                    Ok(()) => {}
                    Err(BookError::Over(_)) => self.end(at, run),
                    Err(other) => panic!("{other}"),
                }
            }
            Action::Settle(at, run) => {
                let Some((attempt, phase)) = before.runs[run].hands[at].unwrap().flight else { return };
                let settle = Entry::Settle(Box::new(end_of(run, attempt, phase)));
                let entry = if phase == Phase::Answered {
                    let event = serde_json::json!("the answer");
                    Entry::Together(vec![
                        settle,
                        Entry::Record(Box::new(Record { run: name(run), number: 0, at_ms: 3, event })),
                    ])
                } else {
                    settle
                };
                self.write(at, entry).unwrap();
            }
            Action::Repeat(run, attempt) => {
                let again = Entry::Settle(Box::new(settlement(&name(run), number(attempt), u64::from(BILL))));
                if let Some(at) = self.ledgers.iter().position(Option::is_some) {
                    self.write(at, again).unwrap();
                }
            }
            Action::End(at, run) => self.end(at, run),
            Action::Die(at) => self.ledgers[at] = None,
            Action::Start(at) => self.ledgers[at] = Some(Ledger::open(self.home.path()).unwrap()),
            Action::Recover => drop(Ledger::open(self.home.path()).unwrap()),
            Action::Resume(at, run) => assert!(self.take(at, run), "a run that rests can be taken"),
            // The ledger has no part in these.
            Action::Tick
            | Action::Send(..)
            | Action::Answer(..)
            | Action::Charge(..)
            | Action::Lose(..)
            | Action::Write(..)
            | Action::Cut(_)
            | Action::Connect(_) => {}
        }
    }

    fn take(&self, at: usize, run: usize) -> bool {
        let owner = self.ledgers[at].as_ref().unwrap().owner();
        self.reader.take(&name(run), owner).unwrap().is_some()
    }

    fn end(&self, at: usize, run: usize) {
        let rows = self.reader.attempts(&name(run)).unwrap();
        let spent = rows.iter().filter_map(|row| row.spent).fold(Resources::ZERO, |sum, one| sum.then(&one).unwrap());
        let ended =
            Ended { run: name(run), status: "completed", reason: None, spent, report: serde_json::json!({}), at_ms: 4 };
        self.write(at, Entry::End(Box::new(ended))).unwrap();
    }

    /// What the ledger says otherwise than the model.
    fn difference(&self, state: &State) -> Option<String> {
        let reader = &self.reader;
        for (number, run) in state.runs.iter().enumerate() {
            let rows: Vec<_> = reader
                .attempts(&name(number))
                .unwrap()
                .iter()
                .map(|row| {
                    let spent = row.spent.map_or(0, |spent| spent.cost.nanos());
                    (row.state.clone(), u8::try_from(spent).unwrap())
                })
                .collect();
            let expected: Vec<_> = run.attempts.iter().map(|one| said(one.row)).collect();
            if rows != expected {
                return Some(format!("run {number} has {rows:?}, not {expected:?}"));
            }
            let status =
                reader.runs(10).unwrap().iter().find(|row| row.id == name(number)).map(|row| row.status.clone());
            let expected = match run.status {
                Status::New => None,
                Status::Running => Some("running"),
                Status::Interrupted => Some("interrupted"),
                Status::Ended => Some("completed"),
            };
            if status.as_deref() != expected {
                return Some(format!("run {number} is {status:?}, not {expected:?}"));
            }
        }
        for window in 0..2 {
            for row in reader.windows(window * WINDOW).unwrap() {
                let ceiling = usize::from(row.ceiling == "second");
                let counter = state.counters[ceiling][usize::try_from(window).unwrap()];
                let expected = (u64::from(counter.settled), u64::from(counter.held));
                if (row.settled, row.held) != expected {
                    return Some(format!("{} has {:?}, not {expected:?}", row.ceiling, (row.settled, row.held)));
                }
            }
        }
        let audit = reader.audit().unwrap().differences;
        (!audit.is_empty()).then(|| format!("{audit:?}"))
    }
}

fn name(run: usize) -> String {
    format!("run{run}")
}

fn number(attempt: usize) -> u64 {
    u64::try_from(attempt).unwrap() + 1
}

fn reservation(run: usize, made: usize, window: u8) -> Held {
    let cost = Money::from_nanos(u64::from(HOLD));
    let claims = ceilings(run).map(|at| Claim {
        limit: u64::from(LIMITS[at]),
        amount: u64::from(HOLD),
        per_ms: WINDOW,
        ends_at: u64::from(window + 1) * WINDOW,
        ..claim(["first", "second"][at], 0, u64::from(window) * WINDOW)
    });
    let held = held(&name(run), number(made));
    Held { reserved: Resources { cost, ..held.reserved }, claims: claims.collect(), ..held }
}

fn end_of(run: usize, attempt: usize, phase: Phase) -> Settlement {
    let known = settlement(&name(run), number(attempt), u64::from(BILL));
    match phase {
        Phase::Answered => known,
        Phase::Refused => {
            let disposition = Disposition::DidNotHappen;
            Settlement { state: RowState::Released, disposition, spent: Resources::ZERO, source: None, ..known }
        }
        Phase::Held | Phase::Sent | Phase::Lost => {
            let reserved = Resources { cost: Money::from_nanos(u64::from(HOLD)), calls: 1, ..Resources::ZERO };
            Settlement::presumed(&format!("{}-{}", name(run), number(attempt)), &reserved, 3, "lost")
        }
    }
}

fn said(row: Row) -> (String, u8) {
    match row {
        Row::Absent => (String::new(), 0),
        Row::Held => ("held".to_owned(), 0),
        Row::Settled(amount) => ("settled".to_owned(), amount),
        Row::Presumed(amount) => ("presumed".to_owned(), amount),
        Row::Released => ("released".to_owned(), 0),
    }
}

/// One path of the model, chosen by numbers. Gives the first difference.
fn walk(choices: &[u16]) -> Option<String> {
    let (protocol, mut state, mut real) =
        (Protocol { attempts: 3, deaths: 3, jumps: 3, ..Protocol::default() }, State::default(), Real::new());
    let mut path = Vec::new();
    for choice in choices {
        // Most of what changes nothing is left out, a second settlement excepted.
        let changes = |action: &Action| {
            let mut next = state.clone();
            protocol.perform(&mut next, *action);
            next != state || matches!(action, Action::Repeat(..)) || choice % 16 == 0
        };
        let possible: Vec<_> = protocol.possible(&state).into_iter().filter(changes).collect();
        let Some(action) = possible.get(usize::from(*choice) % possible.len().max(1)).copied() else { break };
        let before = state.clone();
        protocol.perform(&mut state, action);
        real.perform(&before, action);
        path.push(action);
        // A run that does not rest can be taken by nobody.
        let running = state.runs.iter().position(|run| run.status == Status::Running);
        if let (Some(run), Some(at)) = (running, real.ledgers.iter().position(Option::is_some))
            && real.take(at, run)
        {
            return Some(format!("run {run} was taken while it ran, after {path:?}"));
        }
        if let Some(difference) = real.difference(&state) {
            return Some(format!("{difference}, after {path:?}"));
        }
    }
    None
}

/// Walks `cases` paths. Gives the first difference.
fn walks(cases: u32) -> Option<String> {
    let config = Config {
        cases,
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        max_shrink_iters: 0,
        ..Config::default()
    };
    let paths = proptest::collection::vec(proptest::num::u16::ANY, LONGEST);
    let found = TestRunner::new(config).run(&paths, |choices| match walk(&choices) {
        Some(difference) => Err(TestCaseError::fail(difference)),
        None => Ok(()),
    });
    found.err().map(|error| error.to_string())
}

/// `FLOW_WALKS=10000` walks that many paths.
#[test]
fn the_ledger_does_what_its_model_does() {
    let cases = std::env::var("FLOW_WALKS").map_or(40, |text| text.parse().unwrap());
    assert_eq!(walks(cases), None);
}

#[test]
fn a_broken_step_of_the_ledger_is_noticed() {
    let in_the_ledger = [
        Mutant::HeldNotCounted,
        Mutant::FirstCeilingOnly,
        Mutant::PartlyClaimed,
        Mutant::SettledAgain,
        Mutant::ClaimKept,
        Mutant::DeadReleased,
        Mutant::DeadNotCounted,
        Mutant::LivingSettled,
        Mutant::TakenTwice,
    ];
    for mutant in in_the_ledger {
        assert!(with(Some(mutant), || walks(400)).is_some(), "{mutant:?} was not noticed");
    }
}
