//! What time it is. In: nothing. Out: the time of day, for rows and records; it decides nothing.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::fault;

/// The time of day.
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970.
    fn now_ms(&self) -> u64;
}

/// The clock of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> u64 {
        fault::clock(u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap_or(0))
    }
}

/// A clock that only counts how often it was asked: the same run has the same times.
#[derive(Debug, Default)]
pub struct CountingClock(AtomicU64);

impl Clock for CountingClock {
    fn now_ms(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}
