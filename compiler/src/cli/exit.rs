//! The exit codes that scripts rely on.

use flow_compiler::bound::Verdict;

/// Everything holds.
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

/// The exit code for what came out.
pub(crate) fn of(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Ok => OK,
        Verdict::Over => OVER,
        Verdict::Unbounded => UNBOUNDED,
        Verdict::Invalid => INVALID,
    }
}
