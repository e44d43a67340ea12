//! Programs by the thousand, to hold the front of the compiler to: every text of this repository.

pub mod repository;
