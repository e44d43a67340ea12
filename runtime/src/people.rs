//! People who are asked. In: what a run waits for. Out: what they decide, where they are here to decide it; a run that nobody
//! here answers comes to rest, and costs nothing until somebody does.

use std::time::Duration;

use crate::execution::Waiting;
use crate::ledger::Decision;

/// Who is here to answer while a run goes on.
pub trait People: Send + Sync {
    /// What somebody says, and after how long; `None` where nobody is here.
    fn ask(&self, waiting: &Waiting) -> Option<(Duration, Decision)>;
}

/// Nobody is here: whoever is asked answers later, and the run rests until then.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nobody;

impl People for Nobody {
    fn ask(&self, _: &Waiting) -> Option<(Duration, Decision)> {
        None
    }
}
