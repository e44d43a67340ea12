//! What the model knows of the world, and what may happen in it. In: nothing. Out: states and actions.

use super::super::mutant::Mutant;

/// The worst case of an attempt.
pub(super) const HOLD: u8 = 3;
/// What an attempt costs that is answered.
pub(super) const BILL: u8 = 2;
/// The bound of a run: an attempt and a retry.
pub(super) const BOUND: u8 = 2 * HOLD;
/// The limits of the two ceilings, in each window. Every attempt claims the first, those of run 1 the second as well.
pub(super) const LIMITS: [u8; 2] = [8, 5];

/// The protocol, whole or with one step broken, and how much may go wrong in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Protocol {
    pub broken: Option<Mutant>,
    /// The only promise that is looked at.
    pub only: Option<&'static str>,
    /// How many attempts a run may make, those that cost nothing among them.
    pub attempts: usize,
    /// How often a process may die.
    pub deaths: u8,
    /// How often a connection may be lost.
    pub cuts: u8,
    /// How often the clock may jump back into the window before.
    pub jumps: u8,
}

/// The world: who lives, what the ledger says, what is in flight, and what the provider knows.
impl Default for Protocol {
    fn default() -> Protocol {
        Protocol { broken: None, only: None, attempts: 2, deaths: 1, cuts: 0, jumps: 0 }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct State {
    pub window: u8,
    pub processes: [Process; 2],
    pub runs: [Run; 2],
    /// The counters of each ceiling in each window.
    pub counters: [[Counter; 2]; 2],
    pub deaths: u8,
    pub cuts: u8,
    pub jumps: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Process {
    pub lives: bool,
    /// Its connection is lost: for others it looks dead.
    pub is_cut: bool,
    /// It has connected again, so it looks whose a run is before it goes on.
    pub looks: bool,
}

impl Default for Process {
    fn default() -> Process {
        Process { lives: true, is_cut: false, looks: false }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Counter {
    pub settled: u8,
    pub held: u8,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Status {
    #[default]
    New,
    Running,
    Interrupted,
    Ended,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Run {
    pub status: Status,
    pub owner: usize,
    /// The answer of its step is written down.
    pub is_written: bool,
    pub attempts: Vec<Attempt>,
    /// What each process remembers of it while it executes it.
    pub hands: [Option<Hand>; 2],
    /// A step was paid for whose answer was written down.
    pub paid_again: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Row {
    Absent,
    Held,
    Settled(u8),
    Presumed(u8),
    Released,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Attempt {
    pub row: Row,
    /// The window that admitted it.
    pub window: u8,
    pub is_sent: bool,
    /// What the provider charged, once it has decided.
    pub billed: Option<u8>,
    pub settlements: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Hand {
    /// How much of the bound is left to hold.
    pub left: u8,
    pub flight: Option<(usize, Phase)>,
    /// An answer that is settled and has yet to be written down.
    pub to_write: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Phase {
    /// Its reservation is durable.
    Held,
    Sent,
    /// The provider said what it cost.
    Answered,
    /// The provider refused it before it cost anything.
    Refused,
    /// Nobody can say.
    Lost,
}

/// Something that happens. The first number is a process, the second a run, the third an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Action {
    /// The clock goes on into the next window, or jumps back into the one before.
    Tick,
    Open(usize, usize),
    Hold(usize, usize),
    Send(usize, usize),
    /// The provider charges for an attempt, or does not, and its answer arrives.
    Answer(usize, usize, u8),
    /// Nobody waits for the answer any longer.
    Lose(usize, usize),
    /// The provider charges for an attempt that nobody waits for, or does not.
    Charge(usize, usize, u8),
    Settle(usize, usize),
    Write(usize, usize),
    /// A settlement comes a second time: the connection was lost after it was committed.
    Repeat(usize, usize),
    End(usize, usize),
    Die(usize),
    Start(usize),
    Cut(usize),
    Connect(usize),
    /// A third process opens the ledger.
    Recover,
    Resume(usize, usize),
}

impl Run {
    /// What its rows come to, a reservation at its whole.
    pub(super) fn amount(&self) -> u8 {
        self.attempts.iter().map(|attempt| attempt.settled() + attempt.held()).sum()
    }
}

impl Attempt {
    pub(super) fn settled(&self) -> u8 {
        if let Row::Settled(amount) | Row::Presumed(amount) = self.row { amount } else { 0 }
    }

    pub(super) fn held(&self) -> u8 {
        if self.row == Row::Held { HOLD } else { 0 }
    }
}

/// The ceilings that the attempts of a run claim.
pub(super) fn ceilings(run: usize) -> std::ops::RangeInclusive<usize> {
    0..=run
}
