//! What the tests of whole promises share: the real commands, projects made for one test, and a provider that lies.

pub mod books;
pub mod command;
pub mod flows;
pub mod kills;
pub mod mockllm;
pub mod postgres;
pub mod suite;
