//! What may happen when, and what comes of it. In: a state. Out: the actions that are possible in it, and the state after one of them.

use super::super::mutant::Mutant;
use super::state::{
    Action, Attempt, BILL, BOUND, HOLD, Hand, LIMITS, Phase, Process, Protocol, Row, State, Status, ceilings,
};

impl Protocol {
    fn is(&self, mutant: Mutant) -> bool {
        self.broken == Some(mutant)
    }

    /// What can happen next.
    pub(super) fn possible(&self, state: &State) -> Vec<Action> {
        let mut all = vec![];
        if state.window == 0 || state.jumps < self.jumps {
            all.push(Action::Tick);
        }
        for (at, process) in state.processes.iter().enumerate() {
            match process {
                Process { lives: false, .. } => all.push(Action::Start(at)),
                Process { is_cut: true, .. } => all.push(Action::Connect(at)),
                Process { .. } if state.cuts < self.cuts => all.push(Action::Cut(at)),
                Process { .. } => {}
            }
            if process.lives && state.deaths < self.deaths {
                all.push(Action::Die(at));
            }
            for run in 0..state.runs.len() {
                all.extend(self.of_run(state, at, run));
            }
        }
        for (number, run) in state.runs.iter().enumerate() {
            for (attempt, known) in run.attempts.iter().enumerate() {
                let awaited = Some((attempt, Phase::Sent));
                let is_awaited = run.hands.iter().flatten().any(|hand| hand.flight == awaited);
                if known.is_sent && known.billed.is_none() && !is_awaited {
                    all.extend([Action::Charge(number, attempt, 0), Action::Charge(number, attempt, BILL)]);
                }
                if known.settlements == 1 {
                    all.push(Action::Repeat(number, attempt));
                }
            }
        }
        all.push(Action::Recover);
        all
    }

    /// What a process can do for a run.
    fn of_run(&self, state: &State, at: usize, number: usize) -> Vec<Action> {
        let (process, run) = (&state.processes[at], &state.runs[number]);
        let reaches = process.lives && !process.is_cut;
        let Some(hand) = &run.hands[at] else {
            let rests = run.status == Status::Interrupted;
            let takes = rests || (self.is(Mutant::TakenTwice) && run.status == Status::Running);
            let opens = run.status == Status::New && at == number;
            let action = if opens { Action::Open(at, number) } else { Action::Resume(at, number) };
            return if reaches && (opens || takes) { vec![action] } else { vec![] };
        };
        let mut all = vec![];
        match hand.flight {
            None if !reaches => {}
            None if hand.to_write => all.push(Action::Write(at, number)),
            None => {
                let done = run.is_written && !self.is(Mutant::AnswerForgotten);
                let spent = hand.left < HOLD || run.attempts.len() >= self.attempts;
                all.push(if done || spent { Action::End(at, number) } else { Action::Hold(at, number) });
            }
            Some((_, Phase::Held)) => all.push(Action::Send(at, number)),
            Some((_, Phase::Sent)) => {
                all.extend([Action::Answer(at, number, 0), Action::Answer(at, number, BILL), Action::Lose(at, number)])
            }
            Some(_) if reaches => all.push(Action::Settle(at, number)),
            Some(_) => {}
        }
        all
    }

    /// Lets something happen that is possible.
    pub(super) fn perform(&self, state: &mut State, action: Action) {
        match action {
            Action::Tick => {
                state.jumps += state.window;
                state.window ^= 1;
            }
            Action::Open(at, run) => {
                let hands = Hand { left: BOUND, flight: None, to_write: false };
                state.runs[run].status = Status::Running;
                state.runs[run].owner = at;
                state.runs[run].hands[at] = Some(hands);
            }
            Action::Hold(at, run) => self.hold(state, at, run),
            Action::Send(at, run) => {
                let attempt = state.fly(at, run, Phase::Sent);
                state.runs[run].attempts[attempt].is_sent = true;
            }
            Action::Charge(run, attempt, cost) => state.runs[run].attempts[attempt].billed = Some(cost),
            Action::Answer(at, run, cost) => {
                let attempt = state.fly(at, run, if cost == 0 { Phase::Refused } else { Phase::Answered });
                state.runs[run].attempts[attempt].billed = Some(cost);
            }
            Action::Lose(at, run) => drop(state.fly(at, run, Phase::Lost)),
            Action::Settle(at, run) => self.settle(state, at, run),
            Action::Write(at, run) => {
                state.runs[run].is_written = true;
                state.remember(at, run, |hand| hand.to_write = false);
            }
            Action::Repeat(run, attempt) => self.close(state, run, attempt, Row::Settled(BILL)),
            Action::End(at, run) => {
                let runs = &mut state.runs[run];
                if runs.owner == at && runs.status == Status::Running {
                    runs.status = Status::Ended;
                }
                runs.hands[at] = None;
            }
            Action::Die(at) => {
                state.deaths += 1;
                state.processes[at] = Process { lives: false, is_cut: false, looks: false };
                state.runs.iter_mut().for_each(|run| run.hands[at] = None);
            }
            Action::Start(at) => {
                state.processes[at].lives = true;
                self.recover(state);
            }
            Action::Cut(at) => {
                state.cuts += 1;
                state.processes[at].is_cut = true;
            }
            Action::Connect(at) => state.processes[at] = Process { lives: true, is_cut: false, looks: true },
            Action::Recover => self.recover(state),
            Action::Resume(at, number) => {
                let run = &mut state.runs[number];
                let spent = if self.is(Mutant::BoundForgotten) { 0 } else { run.amount() };
                run.hands[at] = Some(Hand { left: BOUND.saturating_sub(spent), flight: None, to_write: false });
                run.owner = at;
                run.status = Status::Running;
            }
        }
    }

    fn hold(&self, state: &mut State, at: usize, number: usize) {
        if !state.is_ours(at, number) && !self.is(Mutant::TakenOverUnnoticed) {
            state.runs[number].hands[at] = None;
            return;
        }
        let window = usize::from(state.window);
        let early = self.is(Mutant::SentBeforeHeld);
        for ceiling in ceilings(number) {
            let counter = state.counters[ceiling][window];
            let held = if self.is(Mutant::HeldNotCounted) { 0 } else { counter.held };
            if counter.settled + held + HOLD > LIMITS[ceiling] && !early {
                if self.is(Mutant::PartlyClaimed) {
                    (0..ceiling).for_each(|earlier| state.counters[earlier][window].held += HOLD);
                }
                state.runs[number].status = Status::Ended;
                state.runs[number].hands[at] = None;
                return;
            }
            if self.is(Mutant::FirstCeilingOnly) {
                break;
            }
        }
        let row = if early { Row::Absent } else { Row::Held };
        if !early {
            ceilings(number).for_each(|ceiling| state.counters[ceiling][window].held += HOLD);
        }
        let run = &mut state.runs[number];
        run.paid_again |= run.is_written;
        run.attempts.push(Attempt { row, window: state.window, is_sent: false, billed: None, settlements: 0 });
        let attempt = run.attempts.len() - 1;
        state.remember(at, number, |hand| {
            hand.left -= HOLD;
            hand.flight = Some((attempt, Phase::Held));
        });
    }

    /// The end of an attempt as its process knows it. The answer is written down in the same transaction.
    fn settle(&self, state: &mut State, at: usize, number: usize) {
        let Some((attempt, phase)) = state.runs[number].hands[at].and_then(|hand| hand.flight) else { return };
        let is_ours = state.is_ours(at, number);
        let (row, spent) = match phase {
            Phase::Answered => (Row::Settled(BILL), BILL),
            Phase::Refused => (Row::Released, 0),
            Phase::Held | Phase::Sent | Phase::Lost if self.is(Mutant::DoubtIsFree) => (Row::Released, 0),
            Phase::Held | Phase::Sent | Phase::Lost => (Row::Presumed(HOLD), HOLD),
        };
        let later = self.is(Mutant::SettledBeforeWritten) && phase == Phase::Answered;
        if phase == Phase::Answered && !is_ours {
            // What is written at once is written whole or not at all.
            state.runs[number].hands[at] = None;
            return;
        }
        self.close(state, number, attempt, row);
        state.runs[number].is_written |= phase == Phase::Answered && !later;
        state.remember(at, number, |hand| {
            hand.left += HOLD - spent;
            hand.flight = None;
            hand.to_write = later;
        });
    }

    /// A row gets its last state, and the windows that admitted it are told.
    fn close(&self, state: &mut State, number: usize, attempt: usize, row: Row) {
        let known = &mut state.runs[number].attempts[attempt];
        if known.row != Row::Held && !self.is(Mutant::SettledAgain) {
            return;
        }
        known.row = row;
        known.settlements += 1;
        let (spent, admitted) = (known.settled(), usize::from(known.window));
        let into = if self.is(Mutant::SettledInWindowOfNow) { usize::from(state.window) } else { admitted };
        for ceiling in ceilings(number) {
            state.counters[ceiling][into].settled += spent;
            let held = &mut state.counters[ceiling][admitted].held;
            *held = held.saturating_sub(if self.is(Mutant::ClaimKept) { 0 } else { HOLD });
        }
    }

    /// Somebody opens the ledger: what the dead held is presumed, and their runs are interrupted.
    fn recover(&self, state: &mut State) {
        for number in 0..state.runs.len() {
            let run = &state.runs[number];
            let lives = run.hands[run.owner].is_some() && !state.processes[run.owner].is_cut;
            if run.status != Status::Running || (lives && !self.is(Mutant::LivingSettled)) {
                continue;
            }
            state.runs[number].status = Status::Interrupted;
            for attempt in 0..state.runs[number].attempts.len() {
                if state.runs[number].attempts[attempt].row == Row::Held {
                    let row = if self.is(Mutant::DeadReleased) { Row::Released } else { Row::Presumed(HOLD) };
                    let counters = state.counters;
                    self.close(state, number, attempt, row);
                    if self.is(Mutant::DeadNotCounted) {
                        state.counters = counters;
                    }
                }
            }
        }
    }
}

impl State {
    /// Whether a process still has a run, as far as it looks.
    fn is_ours(&self, at: usize, number: usize) -> bool {
        let run = &self.runs[number];
        !self.processes[at].looks || (run.status == Status::Running && run.owner == at)
    }

    /// What is in flight of a run goes on to another phase.
    fn fly(&mut self, at: usize, run: usize, to: Phase) -> usize {
        let mut flying = 0;
        self.remember(at, run, |hand| {
            if let Some((attempt, phase)) = &mut hand.flight {
                *phase = to;
                flying = *attempt;
            }
        });
        flying
    }

    /// Changes what a process remembers of a run.
    fn remember(&mut self, at: usize, run: usize, change: impl FnOnce(&mut Hand)) {
        if let Some(hand) = &mut self.runs[run].hands[at] {
            change(hand);
        }
    }
}
