//! Runs compiled flows and holds them to the number that was proved.
//!
//! ```text
//! Plan ─Execution (pure)→ Actions ─executor→ Events ─→ Journal, Ledger ─→ Report
//! ```
//!
//! Deciding is pure, doing is at the rim: an execution starts nothing, the executor decides nothing.

#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

pub mod budget;
pub mod clock;
pub mod error;
pub mod eval;
pub mod exam;
pub mod execution;
mod executor;
pub mod failure;
pub mod fault;
pub mod home;
pub mod journal;
pub mod ledger;
pub mod legible;
#[cfg(feature = "local")]
pub mod local;
pub mod observer;
pub mod people;
pub mod provider;
pub mod render;
pub mod report;
pub mod run;
#[cfg(test)]
mod testing;
pub mod tool;
pub mod value;
pub mod weights;
pub mod witness;
