//! What was reserved and what it cost. In: entries. Out: rows that survive a crash, and questions answered over them.
//!
//! A row goes from held to settled, presumed or released, once. Other edges do not exist.

pub mod audit;
mod claims;
mod database;
mod entry;
mod faults;
pub mod limits;
mod location;
mod memory;
#[cfg(test)]
mod model;
mod mutant;
mod owner;
mod past;
pub mod query;
mod recover;
mod resume;
mod schema;
mod store;
mod sum;
mod write;
mod writer;

use futures_util::future::BoxFuture;

use crate::budget::ceiling::Over;

pub(crate) use database::DatabaseError;
pub use entry::{
    Awaited, Cause, Decided, Decision, Disposition, Ended, Entry, Held, Incident, Kind, Opened, Question, Record,
    Settlement, State, ToolNote, UsageSource,
};
pub use location::{Location, Server};
pub use memory::MemoryBook;
pub use past::{Lived, Past, Waited};
pub use resume::{Origin, Taken};
pub use store::Ledger;

/// Where entries are written.
pub trait Book: Send + Sync {
    /// Writes an entry after all that were written before it. It is durable at the latest when the next durable one is.
    fn write(&self, entry: Entry);

    /// Writes an entry and waits until it would survive a crash, and everything written before it too.
    fn write_durably(&self, entry: Entry) -> BoxFuture<'static, Result<Written, BookError>>;
}

/// What is to be said of something that was written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Written {
    /// What ceilings have to say: they are near for the first time in their windows, they would have refused something, they changed;
    /// and that a model repeats itself.
    pub alerts: Vec<String>,
    /// How much of the windows that were looked at is spent or held, in hundredths.
    pub spent: Vec<u8>,
    /// The decision that was there before the one that was to be written down: the first counts.
    pub decided: Option<Decided>,
}

/// An entry that was not written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BookError {
    /// A ceiling over many runs is in the way; the ledger is whole.
    #[error("{0}")]
    Over(Box<Over>),
    /// It could not be written.
    #[error("the ledger cannot be written: {0}")]
    Failed(String),
}

#[cfg(test)]
mod tests;
