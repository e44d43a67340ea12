//! The fault points of writing. In: an entry and how far it is. Out: the point that is passed.

use super::Entry;
use crate::fault::{self, Point};

/// How far the writing of an entry is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Moment {
    /// Its rows are to be written.
    Writing,
    /// Its rows are written, and not committed.
    Written,
    /// Its rows are committed.
    Durable,
}

/// Passes the point of an entry; of entries that are written together, the points of all.
pub(super) fn pass(entry: &Entry, moment: Moment) {
    let [writing, written, durable] = match entry {
        Entry::Together(all) => return all.iter().for_each(|entry| pass(entry, moment)),
        // Nothing is written.
        Entry::Look(_) => return,
        Entry::Open(_) => [Point::OpenWriting, Point::OpenWritten, Point::OpenDurable],
        Entry::Hold(_) => [Point::HoldWriting, Point::HoldWritten, Point::HoldDurable],
        Entry::Settle(_) => [Point::SettleWriting, Point::SettleWritten, Point::SettleDurable],
        Entry::Record(_) => [Point::RecordWriting, Point::RecordWritten, Point::RecordDurable],
        Entry::Incident(_) => [Point::IncidentWriting, Point::IncidentWritten, Point::IncidentDurable],
        Entry::End(_) => [Point::EndWriting, Point::EndWritten, Point::EndDurable],
        Entry::Wait(_) => [Point::WaitWriting, Point::WaitWritten, Point::WaitDurable],
        Entry::Decide(_) => [Point::DecideWriting, Point::DecideWritten, Point::DecideDurable],
        Entry::Rest(_) => [Point::RestWriting, Point::RestWritten, Point::RestDurable],
    };
    fault::at(match moment {
        Moment::Writing => writing,
        Moment::Written => written,
        Moment::Durable => durable,
    });
}
