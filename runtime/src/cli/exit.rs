//! The exit codes that scripts rely on.

/// The run is done; the question is answered.
pub(crate) const OK: u8 = 0;
/// It does not compile.
pub(crate) const INVALID: u8 = 2;
/// The run ended early, for a person to go on.
pub(crate) const ESCALATED: u8 = 3;
/// The run failed.
pub(crate) const FAILED: u8 = 4;
/// A ceiling was reached; nothing more was sent.
pub(crate) const REFUSED: u8 = 5;
/// The command was not used as it can be, or its input is wrong.
pub(crate) const USAGE: u8 = 64;
/// Our fault.
pub(crate) const INTERNAL: u8 = 70;
