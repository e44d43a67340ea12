//! What the tests of whole promises share: the real commands, and projects made for one test.

pub mod command;
