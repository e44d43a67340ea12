//! Programs by the thousand, to hold the front of the compiler to: every text of this repository, programs from the grammar, and
//! programs with something wrong.

pub mod generate;
pub mod mutate;
pub mod properties;
pub mod random;
pub mod repository;
