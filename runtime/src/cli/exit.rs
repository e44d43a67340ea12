//! The exit codes that scripts rely on. Those of a run that started are its report's own.

/// The run is done; the question is answered.
pub(crate) const OK: u8 = 0;
/// A test fails.
pub(crate) const FAILS: u8 = 1;
/// It does not compile.
pub(crate) const INVALID: u8 = 2;
/// What was looked at is not as it should be.
pub(crate) const FAILED: u8 = 4;
/// It was refused before anything was sent.
pub(crate) const REFUSED: u8 = 5;
/// The command was not used as it can be, or its input is wrong.
pub(crate) const USAGE: u8 = 64;
/// Our fault.
pub(crate) const INTERNAL: u8 = 70;
