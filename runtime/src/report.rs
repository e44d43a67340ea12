//! Questions about what happened. In: rows of the ledger. Out: plain data that the commands print: what a run is made of
//! ([`bom`]), what happened in it ([`trace`]), and what all runs come to ([`overview`]).

pub mod bom;
pub mod overview;
pub mod trace;
