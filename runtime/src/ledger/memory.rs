//! A book that lasts as long as the process: for dry runs, tests and simulations. It knows no other run, so ceilings over many runs are
//! not in it.

use std::sync::{Mutex, PoisonError};

use futures_util::future::{BoxFuture, ready};

use super::{Book, BookError, Entry, State, Written};

/// Keeps entries in memory, in their order.
#[derive(Debug, Default)]
pub struct MemoryBook {
    entries: Mutex<Vec<Entry>>,
}

impl MemoryBook {
    /// Everything that was written, in its order.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let single = |entry: &Entry| if let Entry::Together(all) = entry { all.clone() } else { vec![entry.clone()] };
        entries.iter().flat_map(single).collect()
    }

    /// The same, with what was written together still together.
    #[must_use]
    pub fn written(&self) -> Vec<Entry> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The state that an attempt is in, if there is such an attempt.
    #[must_use]
    pub fn state(&self, attempt: &str) -> Option<State> {
        let mut state = None;
        for entry in self.entries() {
            match entry {
                Entry::Hold(held) if held.attempt == attempt => state = Some(State::Held),
                // INVARIANT I-4: the first settlement counts.
                Entry::Settle(settlement) if settlement.attempt == attempt && state == Some(State::Held) => {
                    state = Some(settlement.state);
                }
                Entry::Open(_)
                | Entry::Hold(_)
                | Entry::Settle(_)
                | Entry::Record(_)
                | Entry::Incident(_)
                | Entry::Wait(_)
                | Entry::Decide(_)
                | Entry::Rest(_)
                | Entry::Look(_)
                | Entry::End(_)
                | Entry::Together(_) => {}
            }
        }
        state
    }
}

impl Book for MemoryBook {
    fn write(&self, entry: Entry) {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
    }

    fn write_durably(&self, entry: Entry) -> BoxFuture<'static, Result<Written, BookError>> {
        self.write(entry);
        Box::pin(ready(Ok(Written::default())))
    }
}
