//! The kill test: the real `flow`, killed at each of its fault points in turn, and begun again until its runs have ended; at some
//! of them it is killed again. Afterwards the provider's books, the ledger, the journal, and what the tools did are compared, and
//! the results with those of an undisturbed run.

mod check;
mod report;
mod scenario;
mod subject;

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use flow_runtime::fault::Point;

use self::check::{Results, check, results};
use self::scenario::{Left, Life, Scenario};
use crate::flows::Chance;
use crate::postgres::Postgres;

pub use self::report::{BEGIN, END, Tally, write_into};

/// The most deaths of one scenario.
const MOST_DEATHS: usize = 3;

/// One scenario of so many has its ledger on a server, where there is one.
const ON_A_SERVER: u64 = 16;

/// What the workers share.
struct Board<'a> {
    program: &'a Path,
    server: Option<&'static Postgres>,
    wanted: u64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Scenario>,
    undisturbed: BTreeMap<(&'static str, u64), Results>,
    seed: u64,
    begun: u64,
    tally: Tally,
}

/// Carries out about so many scenarios with a `flow` that has fault points, several at once.
///
/// # Panics
/// Where the program has no fault points.
#[must_use]
pub fn kill(program: &Path, server: Option<&'static Postgres>, wanted: u64, at_once: usize, seed: u64) -> Tally {
    let start = Instant::now();
    let board = Board { program, server, wanted, state: Mutex::new(State { seed, ..State::default() }) };
    assert!(board.has_points(), "{} has no fault points: build it with the feature `faults`", program.display());
    std::thread::scope(|scope| {
        for worker in 0..at_once {
            let board = &board;
            scope.spawn(move || board.work(Chance::new(seed ^ (worker as u64) << 32)));
        }
    });
    let state = board.state.into_inner().unwrap_or_else(PoisonError::into_inner);
    Tally { took: start.elapsed(), ..state.tally }
}

impl Board<'_> {
    /// A fault that there is not is refused by whoever knows any.
    fn has_points(&self) -> bool {
        let home = tempfile::tempdir().expect("a temporary folder");
        let flow = "pub flow main() -> Text<=8tok {\n  budget calls <= 0\n  return \"x\"\n}\n";
        std::fs::write(home.path().join("main.flow"), flow).expect("a file");
        let mut command = std::process::Command::new(self.program);
        command.args(["run", "main.flow"]).env("FLOW_FAULT", "none:1").env("FLOW_HOME", home.path());
        let output = command.current_dir(home.path()).output();
        output.is_ok_and(|output| String::from_utf8_lossy(&output.stderr).contains("FLOW_FAULT"))
    }

    fn work(&self, mut chance: Chance) {
        while let Some(mut scenario) = self.take() {
            loop {
                let left = scenario.carry_out(self.program);
                self.note(&scenario, &left);
                let deaths = left.lives.iter().filter(|life| life.died.is_some()).count();
                if deaths >= MOST_DEATHS || !chance.once_in(2) {
                    break;
                }
                let Some(faults) = self.follow(&left.lives, &mut chance).filter(|_| self.may_go_on()) else { break };
                scenario = Scenario { faults, server: self.place(&mut chance), ..scenario };
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn may_go_on(&self) -> bool {
        let mut state = self.lock();
        let may = state.begun < self.wanted;
        state.begun += u64::from(may);
        may
    }

    /// The next scenario. Where there is none, a new seed makes some.
    fn take(&self) -> Option<Scenario> {
        let mut state = self.lock();
        if state.begun >= self.wanted {
            return None;
        }
        if state.jobs.is_empty() {
            self.fill(&mut state);
        }
        state.begun += 1;
        // A point at which few have died is worth most.
        let deaths = |state: &State, job: &Scenario| {
            let point =
                job.faults.last().and_then(|fault| fault.rsplit(',').next()?.split(':').next()).unwrap_or_default();
            state.tally.died.get(point).copied().unwrap_or(0)
        };
        let least = (0..state.jobs.len()).min_by_key(|at| deaths(&state, &state.jobs[*at]))?;
        state.jobs.swap_remove_back(least)
    }

    /// Runs every subject undisturbed, and makes a scenario for every passing of every point.
    fn fill(&self, state: &mut State) {
        let seed = state.seed;
        state.seed += 1;
        let mut chance = Chance::new(seed);
        for subject in subject::ALL {
            let undisturbed = Scenario { subject, seed, faults: Vec::new(), server: None };
            let left = undisturbed.carry_out(self.program);
            state.tally.wrong(&undisturbed, &check(&undisturbed, &left, None));
            state.tally.undisturbed += 1;
            state.tally.passed(&left.lives);
            state.undisturbed.insert((subject.name, seed), results(&left));
            for (number, life) in left.lives.iter().enumerate() {
                for (point, times) in &life.passed {
                    for passing in 1..=*times {
                        let mut fault = format!("{point}:{passing}");
                        if chance.once_in(16) {
                            fault = format!(
                                "{point}:{passing}:stop,{}:1",
                                if chance.once_in(2) { "stopping" } else { "stopped" }
                            );
                        }
                        let faults = [vec![String::new(); number], vec![fault]].concat();
                        state.jobs.push_back(Scenario { subject, seed, faults, server: self.place(&mut chance) });
                    }
                }
            }
        }
        shuffle(&mut state.jobs, &mut chance);
    }

    fn place(&self, chance: &mut Chance) -> Option<String> {
        self.server.filter(|_| chance.once_in(ON_A_SERVER)).map(Postgres::database)
    }

    /// The same faults, and one more in a process after the last that died, at a point that it passed.
    fn follow(&self, lives: &[Life], chance: &mut Chance) -> Option<Vec<String>> {
        let last = lives.iter().rposition(|life| life.died.is_some())?;
        let after: Vec<usize> = (last + 1..lives.len()).filter(|at| !lives[*at].passed.is_empty()).collect();
        let at = *after.get(usize::try_from(chance.below(after.len().max(1) as u64)).ok()?)?;
        let state = self.lock();
        let deaths = |point: &str| state.tally.died.get(point).copied().unwrap_or(0);
        let least = lives[at].passed.keys().map(|point| deaths(point)).min()?;
        let rare: Vec<&String> =
            lives[at].passed.keys().filter(|point| deaths(point) <= least.saturating_mul(2)).collect();
        let point = *chance.one(&rare);
        let passing = 1 + chance.below(lives[at].passed[point]);
        let mut faults: Vec<String> = lives[..at].iter().map(|life| life.fault.clone()).collect();
        faults.push(format!("{point}:{passing}"));
        Some(faults)
    }

    fn note(&self, scenario: &Scenario, left: &Left) {
        let mut state = self.lock();
        let undisturbed = state.undisturbed.get(&(scenario.subject.name, scenario.seed)).cloned();
        drop(state);
        let wrong = check(scenario, left, undisturbed.as_ref());
        state = self.lock();
        state.tally.scenario(scenario, left);
        state.tally.wrong(scenario, &wrong);
    }
}

fn shuffle(jobs: &mut VecDeque<Scenario>, chance: &mut Chance) {
    for at in (1..jobs.len()).rev() {
        let with = usize::try_from(chance.below(at as u64 + 1)).unwrap_or(0);
        jobs.swap(at, with);
    }
}

/// The points that nobody passed.
#[must_use]
pub fn never_passed(tally: &Tally) -> Vec<&'static str> {
    Point::ALL.iter().map(|point| point.name()).filter(|point| !tally.passed.contains_key(*point)).collect()
}
