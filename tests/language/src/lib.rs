//! Programs by the thousand, to hold the front of the compiler to: every text of this repository, programs from the grammar, and
//! programs with something wrong.

pub mod corpus;
pub mod generate;
pub mod large;
pub mod mutate;
pub mod properties;
pub mod published;
pub mod random;
pub mod repository;
pub mod targets;
