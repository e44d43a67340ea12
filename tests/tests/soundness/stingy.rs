//! A book whose ceilings are reached by others: it refuses claims as it likes, as a ledger does that many runs share.

use std::sync::{Arc, Mutex};

use flow_compiler::program::WORKSPACE;
use flow_runtime::budget::ceiling::Over;
use flow_runtime::ledger::{Book, BookError, Entry, MemoryBook, Written};
use flow_tests::flows::Chance;
use futures_util::future::{BoxFuture, ready};

/// Keeps what it does not refuse.
pub(super) struct Stingy {
    book: Arc<MemoryBook>,
    chance: Mutex<Chance>,
}

impl Stingy {
    pub(super) fn new(book: &Arc<MemoryBook>, seed: u64) -> Stingy {
        Stingy { book: Arc::clone(book), chance: Mutex::new(Chance::new(seed)) }
    }
}

impl Book for Stingy {
    fn write(&self, entry: Entry) {
        self.book.write(entry);
    }

    fn write_durably(&self, entry: Entry) -> BoxFuture<'static, Result<Written, BookError>> {
        if let Entry::Hold(held) = &entry
            && !held.claims.is_empty()
        {
            let mut chance = self.chance.lock().expect("nobody panicked");
            let claim = chance.one(&held.claims).clone();
            // Every attempt that costs something is under the workspace.
            if chance.once_in(if claim.name == WORKSPACE { 60 } else { 3 }) {
                let needed = claim.limit.saturating_add(1);
                return Box::pin(ready(Err(BookError::Over(Box::new(Over { claim, needed })))));
            }
        }
        if let Entry::Look(looks) = &entry {
            let mut chance = self.chance.lock().expect("nobody panicked");
            let spent = looks.iter().map(|_| u8::try_from(chance.below(101)).unwrap_or(100)).collect();
            return Box::pin(ready(Ok(Written { spent, ..Written::default() })));
        }
        self.book.write_durably(entry)
    }
}
