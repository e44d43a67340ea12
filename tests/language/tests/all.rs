//! One binary for all tests of the language: every file here is a module of it.

mod files;
mod fuzz;
mod grammar;
mod growth;
mod programs;
mod style;
