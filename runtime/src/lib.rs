//! Runs compiled flows and holds them to the number that was proved.
//!
//! ```text
//! Plan ─Execution (pure)→ Actions ─executor→ Events ─→ Journal, Ledger ─→ Report
//! ```
//!
//! Deciding is pure, doing is at the rim: [`execution`] starts nothing, [`executor`] decides nothing.
