//! Runs compiled flows and holds them to the number that was proved.
//!
//! ```text
//! Plan ─Execution (pure)→ Actions ─executor→ Events ─→ Journal, Ledger ─→ Report
//! ```
//!
//! Deciding is pure, doing is at the rim: an execution starts nothing, the executor decides nothing.

#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

pub mod budget;
#[cfg(feature = "local")]
pub mod local;
pub mod observer;
pub mod provider;
pub mod tool;
pub mod weights;
