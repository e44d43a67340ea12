//! Programs by the thousand, to hold the front of the compiler to: every text of this repository, programs from the grammar, and
//! programs with something wrong.

pub mod corpus;
pub mod generate;
pub mod large;
pub mod mutate;
pub mod properties;
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the rules of the published grammar are many, and a part reads a few"
)]
pub mod published;
pub mod random;
pub mod repository;
pub mod targets;
