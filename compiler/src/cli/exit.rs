//! The exit codes that scripts rely on, of `flowc` and `flow`.

/// Everything holds; the run is done.
pub(crate) const OK: u8 = 0;
/// A budget, an SLO or a policy fails.
pub(crate) const OVER: u8 = 1;
/// It does not compile.
pub(crate) const INVALID: u8 = 2;
/// It has no finite bound.
pub(crate) const UNBOUNDED: u8 = 3;
/// The command was not used as it can be, or its input is wrong.
pub(crate) const USAGE: u8 = 64;
/// Our fault.
pub(crate) const INTERNAL: u8 = 70;
