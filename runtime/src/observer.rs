//! What there is to see while a run goes on. In: notices from the executor. Out: whatever the host shows.

use flow_compiler::cost::{Money, Resources};
use flow_compiler::program::Reason;

use crate::provider::Progress;

/// Somebody who watches a run. It is called from the executor's loop and from attempts, so it returns at once.
///
/// INVARIANT I-29: it is told and answers nothing, so what it loses or shows changes neither what is admitted nor what is written down.
pub trait Observer: Send + Sync {
    /// Something happened.
    fn notice(&self, notice: &Notice<'_>);
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Notice<'a> {
    /// A run began.
    Started {
        /// Its id.
        run: &'a str,
        /// Its flow.
        flow: &'a str,
        /// The most that it can take, its caller's limits included.
        ceiling: &'a Resources,
    },
    /// The worst case of an attempt or a tool call is held, and it is sent now.
    Held {
        /// Its id.
        attempt: &'a str,
        /// The step, embedding or tool, as reports name it.
        step: &'a str,
        /// The model; absent for a tool.
        model: Option<&'a str>,
        /// What is held.
        reserved: &'a Resources,
        /// What the run has settled and holds so far.
        so_far: &'a Resources,
    },
    /// News of an attempt that is on its way.
    Progress {
        /// Its id.
        attempt: &'a str,
        /// The step.
        step: &'a str,
        /// What there is to see.
        progress: &'a Progress,
    },
    /// An attempt or a tool call came to its end.
    Settled {
        /// Its id.
        attempt: &'a str,
        /// The step, embedding or tool.
        step: &'a str,
        /// What it took.
        spent: &'a Resources,
        /// Whether that is presumed because nobody could say.
        presumed: bool,
        /// Why it failed, where it did.
        fault: Option<(Reason, &'a str)>,
        /// What the run has settled and holds so far.
        so_far: &'a Resources,
    },
    /// A ceiling over many runs has something to say: it is near its limit for the first time in its window, it is a shadow that would
    /// have refused something, or its limit changed.
    Alert {
        /// What it says.
        text: &'a str,
    },
    /// A run came to its end.
    Ended {
        /// Its id.
        run: &'a str,
        /// What it took.
        spent: &'a Resources,
        /// How much of its cost is presumed.
        presumed: Money,
    },
}

/// Nobody watches.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwatched;

impl Observer for Unwatched {
    fn notice(&self, _: &Notice<'_>) {}
}
