//! The promises of flow, one module each, in one binary.

mod books;
mod budget;
mod by_hand;
mod ceilings;
#[cfg(feature = "faults")]
mod clocks;
mod commands;
mod disks;
mod documentation;
mod embedding;
mod evals;
mod examples;
mod invariants;
mod killed;
#[cfg(feature = "faults")]
mod kills;
mod lying_server;
mod pages;
mod prompt;
mod proof;
mod real_server;
mod reference;
mod resumed;
mod run;
mod siblings;
mod soundness;
mod standard;
mod standing;
mod suite;
mod tested;
mod tools;
mod witness;
