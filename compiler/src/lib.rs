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
pub mod cascade;
pub mod catalogue;
pub mod check;
pub mod contract;
pub mod cost;
pub mod diagnostic;
pub mod format;
pub mod graph;
pub mod lex;
pub mod mutant;
pub mod parse;
pub mod plan;
pub mod profile;
pub mod program;
pub mod resolve;
pub mod review;
pub mod schema;
pub mod size;
pub mod source;
pub mod syntax;
pub mod tokens;
pub mod types;

use bound::Report;
use catalogue::Catalogue;
use diagnostic::Diagnostic;
use plan::Plan;
use source::{Sources, World};

#[cfg(test)]
mod testing;

/// What became of a root file.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// Every text that was read, the root first.
    pub sources: Sources,
    /// Everything that was found wrong.
    pub diagnostics: Vec<Diagnostic>,
    /// What to run; absent where something was an error.
    pub plan: Option<Plan>,
    /// What is proved of each flow.
    pub report: Report,
}

/// Compiles the file `root`, a path of `world`, and all that it imports.
#[must_use]
pub fn compile(world: &dyn World, root: &str, catalogue: &Catalogue) -> Compiled {
    let mut sources = Sources::default();
    let resolved = resolve::resolve(world, root, &mut sources);
    let mut diagnostics = resolved.diagnostics;
    let resolved = resolved.value;
    let checked = check::check(&resolved, catalogue, &sources);
    let later = cascade::without_echoes(&diagnostics, checked.diagnostics, &resolved.files, &sources);
    diagnostics.extend(later);
    let program = checked.value;
    // A program with errors has holes in it, and what is proved of it would be worth nothing.
    if diagnostics.iter().any(Diagnostic::is_error) {
        diagnostic::remedy::add(&mut diagnostics);
        return Compiled { sources, diagnostics, plan: None, report: Report::invalid(&program) };
    }
    let mut bounds = bound::bound(&program, &resolved.files, &sources);
    diagnostics.append(&mut bounds.diagnostics);
    diagnostic::remedy::add(&mut diagnostics);
    let holds = !diagnostics.iter().any(Diagnostic::is_error);
    let ceilings = bounds.value.ceilings.filter(|_| holds);
    let plan = ceilings.map(|ceilings| Plan::new(program, ceilings, &sources));
    Compiled { sources, diagnostics, plan, report: bounds.value.report }
}
