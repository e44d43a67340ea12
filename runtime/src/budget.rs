//! Reservations. Nothing is sent without a [`Hold`], and a hold can only be made here.
//!
//! A [`guard::Guard`] decides whether the worst case of an attempt still fits, in all dimensions and all scopes or none. A [`Hold`] makes it
//! durable before anything is sent, and is settled exactly once: by its owner, or as presumed when it is dropped.

pub mod ceiling;
pub mod guard;
pub mod window;

use std::sync::Arc;

use flow_compiler::cost::Resources;

use crate::clock::Clock;
use crate::execution::Address;
use crate::fault::{self, Point};
use crate::ledger::{Book, BookError, Entry, Held, Settlement, Written};

/// The worst case of one attempt, reserved and durable. Its existence is the permission to send.
pub struct Hold {
    attempt: String,
    address: Address,
    reserved: Resources,
    /// Whether the ledger has it.
    is_written: bool,
    book: Option<(Arc<dyn Book>, Arc<dyn Clock>)>,
}

impl Hold {
    /// Writes a reservation down and waits until it would survive a crash.
    ///
    /// # Errors
    /// Where it could not be written; then nothing may be sent.
    pub(crate) async fn take(
        book: Arc<dyn Book>,
        clock: Arc<dyn Clock>,
        held: Held,
    ) -> Result<(Hold, Written), BookError> {
        // The hold exists before the row does: whoever drops this future leaves a presumed row behind, never an open one.
        let mut hold = Hold {
            attempt: held.attempt.clone(),
            address: held.address.clone(),
            reserved: held.reserved,
            is_written: false,
            book: Some((Arc::clone(&book), clock)),
        };
        // INVARIANT I-1: the row is durable before this returns, and nothing is sent without what this returns.
        fault::at(Point::HoldWanted);
        match book.write_durably(Entry::Hold(Box::new(held))).await {
            Ok(written) => {
                fault::at(Point::HoldTaken);
                hold.is_written = true;
                Ok((hold, written))
            }
            Err(error) => {
                hold.book = None;
                Err(error)
            }
        }
    }

    /// The attempt it was made for.
    #[must_use]
    pub fn attempt(&self) -> &str {
        &self.attempt
    }

    /// What asked for it, to the last element of a list.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// What is reserved.
    #[must_use]
    pub fn reserved(&self) -> &Resources {
        &self.reserved
    }

    /// Settles it, once.
    #[cfg(test)]
    pub(crate) fn settle(self, settlement: Settlement) {
        self.settle_with(settlement, Vec::new());
    }

    /// Settles it, once, together with what is written down of its end: a crash loses all of it or nothing.
    pub(crate) fn settle_with(mut self, settlement: Settlement, told: Vec<Entry>) {
        // INVARIANT I-4: a hold is used up by settling it, and the ledger changes only rows that are still held.
        if let Some((book, _)) = self.book.take() {
            let settle = Entry::Settle(Box::new(settlement));
            book.write(match told.is_empty() {
                false => Entry::Together([vec![settle], told].concat()),
                true => settle,
            });
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        // INVARIANT I-6: whoever loses a hold (a panic, a cancelled task) leaves its whole reservation presumed.
        if let Some((book, clock)) = self.book.take() {
            let presumed = Settlement::presumed(&self.attempt, &self.reserved, clock.now_ms(), "given up");
            book.write(Entry::Settle(Box::new(Settlement { is_held: self.is_written, ..presumed })));
        }
    }
}

impl std::fmt::Debug for Hold {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hold").field("attempt", &self.attempt).field("reserved", &self.reserved).finish()
    }
}
