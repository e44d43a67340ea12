//! From source text to a plan whose worst case is proved.
//!
//! ```text
//! source text ─lex→ Tokens ─parse→ Syntax ─resolve→ Resolved ─check→ Program ─bound→ Bounds ─plan→ Plan
//! ```
//!
//! Data flows one way along this line, and a module imports only from phases before it. The library does no I/O: what it
//! needs to know comes through [`source::World`].

#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

pub mod bound;
pub mod catalogue;
pub mod check;
pub mod cost;
pub mod diagnostic;
pub mod lex;
pub mod parse;
pub mod plan;
pub mod program;
pub mod resolve;
pub mod schema;
pub mod size;
pub mod source;
pub mod syntax;
pub mod tokens;
pub mod types;

#[cfg(test)]
mod testing;
