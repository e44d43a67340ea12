//! What a reviewer is asked about. In: plans, reports and the texts they came from. Out: a [`Snapshot`] of every number that
//! was proved and every fact that decides about it; what `flow.lock` accepted; and what changed between two snapshots.

pub mod compare;
mod facts;
mod gate;
pub mod lock;
mod places;
pub(crate) mod reach;
pub mod snapshot;

pub use snapshot::{Fact, Item, Kind, Pinned, Snapshot, Value};
