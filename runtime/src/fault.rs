//! Fault points: where a process can be made to die, so that a test sees what is left. In: `FLOW_FAULT` in the environment.
//! Out: a process that is killed at the n-th passing of a point, as by `kill -9`.
//!
//! Only with the feature `faults`, which no `flow` has that is built to be used: without it a point is nothing, and the variables
//! are not read. Every journal and ledger write has three points, and every await that follows one has at least one.

#[cfg(feature = "faults")]
mod armed;

use std::time::Duration;

macro_rules! points {
    ($($(#[$doc:meta])* $point:ident = $name:literal,)*) => {
        /// A moment at which a process can be made to die.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Point { $($(#[$doc])* $point,)* }

        impl Point {
            /// Every point.
            pub const ALL: &'static [Point] = &[$(Point::$point,)*];

            /// Its name: `hold-durable`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Point::$point => $name,)* }
            }
        }
    };
}

points! {
    /// The rows of a run are to be written, inside of a transaction.
    OpenWriting = "open-writing",
    /// They are written and not committed: a run.
    OpenWritten = "open-written",
    /// They are committed, and nobody has been told: a run.
    OpenDurable = "open-durable",
    /// The rows of a hold are to be written, inside of a transaction.
    HoldWriting = "hold-writing",
    /// They are written and not committed: a hold.
    HoldWritten = "hold-written",
    /// They are committed, and nobody has been told: a hold.
    HoldDurable = "hold-durable",
    /// The rows of a settlement are to be written, inside of a transaction.
    SettleWriting = "settle-writing",
    /// They are written and not committed: a settlement.
    SettleWritten = "settle-written",
    /// They are committed, and nobody has been told: a settlement.
    SettleDurable = "settle-durable",
    /// The rows of an event in the journal are to be written, inside of a transaction.
    RecordWriting = "record-writing",
    /// They are written and not committed: an event in the journal.
    RecordWritten = "record-written",
    /// They are committed, and nobody has been told: an event in the journal.
    RecordDurable = "record-durable",
    /// The rows of an incident are to be written, inside of a transaction.
    IncidentWriting = "incident-writing",
    /// They are written and not committed: an incident.
    IncidentWritten = "incident-written",
    /// They are committed, and nobody has been told: an incident.
    IncidentDurable = "incident-durable",
    /// The rows of the end of a run are to be written, inside of a transaction.
    EndWriting = "end-writing",
    /// They are written and not committed: the end of a run.
    EndWritten = "end-written",
    /// They are committed, and nobody has been told: the end of a run.
    EndDurable = "end-durable",
    /// The rows of a question to a person are to be written, inside of a transaction.
    WaitWriting = "wait-writing",
    /// They are written and not committed: a question to a person.
    WaitWritten = "wait-written",
    /// They are committed, and nobody has been told: a question to a person.
    WaitDurable = "wait-durable",
    /// The rows of a decision are to be written, inside of a transaction.
    DecideWriting = "decide-writing",
    /// They are written and not committed: a decision.
    DecideWritten = "decide-written",
    /// They are committed, and nobody has been told: a decision.
    DecideDurable = "decide-durable",
    /// The rows of a run that rests are to be written, inside of a transaction.
    RestWriting = "rest-writing",
    /// They are written and not committed: that a run rests.
    RestWritten = "rest-written",
    /// They are committed, and nobody has been told: that a run rests.
    RestDurable = "rest-durable",
    /// A process has its lock, and has not opened the ledger.
    OwnerLocked = "owner-locked",
    /// The tables are made and not committed.
    TablesMade = "tables-made",
    /// The ledger is open, and the dead are settled.
    LedgerOpened = "ledger-opened",
    /// The owner of a run is found to be dead; nothing is written of it yet.
    DeadFound = "dead-found",
    /// What the dead left held is presumed and not committed.
    DeadSettled = "dead-settled",
    /// The windows of ceilings are counted anew and not committed.
    DeadRecounted = "dead-recounted",
    /// The runs of the dead are interrupted and not committed.
    DeadInterrupted = "dead-interrupted",
    /// That is committed, and nobody has taken a run up.
    DeadCommitted = "dead-committed",
    /// A run is durable, and has not begun.
    RunOpened = "run-opened",
    /// An event was given to the journal, and what follows of it was not begun.
    Told = "told",
    /// A hold is to be written, and nobody has been told.
    HoldWanted = "hold-wanted",
    /// A hold is durable, and nothing was sent.
    HoldTaken = "hold-taken",
    /// An attempt is to be sent now.
    Dispatching = "dispatching",
    /// An attempt waits for something: a connection, the head of an answer, its next piece, the end of a program.
    Underway = "underway",
    /// The head of an answer was read, and nothing of its body.
    HeadRead = "head-read",
    /// A piece of an answer was read.
    PieceRead = "piece-read",
    /// A program was started, and has not got its arguments.
    ToolStarted = "tool-started",
    /// A program has ended, and its result was not read.
    ToolEnded = "tool-ended",
    /// An attempt has its answer, and nobody has been told.
    Answered = "answered",
    /// What an attempt costs is known and not written.
    Settling = "settling",
    /// Its settlement and what came of it were given to the ledger, and what follows was not begun.
    Settled = "settled",
    /// A call that is not sent was counted, and nobody was told.
    Counted = "counted",
    /// A question to a person was given to the ledger, and nobody waits for its answer.
    Asked = "asked",
    /// The time for an answer is over, and that is to be written.
    TimeIsUp = "time-is-up",
    /// The time for an answer is found to be over by whoever resumes the run.
    Expired = "expired",
    /// A run has its report, and it is not written.
    Finishing = "finishing",
    /// The report is durable, and was not printed.
    Finished = "finished",
    /// A run was told to stop, and what is under way was not ended.
    Stopping = "stopping",
    /// What was under way is ended, and the run does not rest yet.
    Stopped = "stopped",
    /// A run is to be taken up; it rests.
    Taking = "taking",
    /// A run belongs to this process, and its journal was not read.
    Taken = "taken",
    /// The journal was followed to where it ends, and nothing was begun.
    Folded = "folded",
    /// What a person decided is to be written.
    Deciding = "deciding",
    /// What a person decided is durable, and the run does not go on yet.
    Decided = "decided",
}

/// Where `FLOW_FAULT` says so, this is the end of the process.
#[inline]
pub fn at(point: Point) {
    #[cfg(feature = "faults")]
    armed::at(point);
    #[cfg(not(feature = "faults"))]
    let _ = point;
}

/// Does some work, and passes a point each time that it has to wait for something.
pub(crate) async fn during<T>(point: Point, work: impl Future<Output = T>) -> T {
    #[cfg(feature = "faults")]
    return armed::during(point, work).await;
    #[cfg(not(feature = "faults"))]
    {
        let _ = point;
        work.await
    }
}

/// How long to wait before a request is sent again: as long as it is, except where processes are made to die by the thousand.
pub(crate) fn pause(wait: Duration) -> Duration {
    #[cfg(feature = "faults")]
    return armed::pause(wait);
    #[cfg(not(feature = "faults"))]
    wait
}

/// What the clock of this machine says: the time, except where `FLOW_CLOCK` has it jump.
pub(crate) fn clock(now_ms: u64) -> u64 {
    #[cfg(feature = "faults")]
    return armed::clock(now_ms);
    #[cfg(not(feature = "faults"))]
    now_ms
}
