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
pub mod doc;
pub mod fence;
pub mod format;
pub mod graph;
pub mod lex;
pub mod lint;
pub mod mutant;
pub mod parse;
pub mod plan;
pub mod preview;
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
use diagnostic::code::lint::Levels;
use plan::Plan;
use resolve::Resolved;
use source::{Sources, World};

#[cfg(test)]
mod testing;

/// What became of a root file.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// Every text that was read, the root first.
    pub sources: Sources,
    /// Their trees, and what their names mean.
    pub resolved: Resolved,
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
    let mut front = Front::of(world, root, catalogue);
    let proved = front.prove();
    front.finish(proved)
}

/// The same, and says which habits cost. Lints that the project denies are errors among the diagnostics; they withhold nothing.
#[must_use]
pub fn compile_and_lint(world: &dyn World, root: &str, catalogue: &Catalogue, levels: &Levels) -> Compiled {
    let mut front = Front::of(world, root, catalogue);
    let proved = front.prove();
    if let Some(proved) = &proved {
        let ceilings = proved.ceilings.as_ref();
        let linted = lint::Linted::new(&front.program, ceilings, &front.resolved.files, &front.sources, levels);
        front.diagnostics.extend(lint::lint(&linted));
    }
    let mut compiled = front.finish(proved);
    lint::settle(&mut compiled.diagnostics, levels, &compiled.resolved.files, &compiled.sources);
    compiled
}

/// A program on its way to a plan.
struct Front {
    sources: Sources,
    diagnostics: Vec<Diagnostic>,
    resolved: Resolved,
    program: program::Program,
}

impl Front {
    /// Up to a checked program.
    fn of(world: &dyn World, root: &str, catalogue: &Catalogue) -> Front {
        let mut sources = Sources::default();
        let resolved = resolve::resolve(world, root, &mut sources);
        let mut diagnostics = resolved.diagnostics;
        let resolved = resolved.value;
        let checked = check::check(&resolved, catalogue, &sources);
        diagnostics.extend(cascade::without_echoes(&diagnostics, checked.diagnostics, &resolved.files, &sources));
        Front { sources, diagnostics, resolved, program: checked.value }
    }

    /// What is proved of it; nothing of a program with errors, which has holes in it.
    fn prove(&mut self) -> Option<bound::Bounds> {
        if self.diagnostics.iter().any(Diagnostic::is_error) {
            return None;
        }
        let mut bounds = bound::bound(&self.program, &self.resolved.files, &self.sources);
        self.diagnostics.append(&mut bounds.diagnostics);
        Some(bounds.value)
    }

    fn finish(self, proved: Option<bound::Bounds>) -> Compiled {
        let Front { sources, mut diagnostics, resolved, program } = self;
        diagnostic::remedy::add(&mut diagnostics);
        let Some(bounds) = proved else {
            return Compiled { sources, resolved, diagnostics, plan: None, report: Report::invalid(&program) };
        };
        let holds = !diagnostics.iter().any(Diagnostic::is_error);
        let ceilings = bounds.ceilings.filter(|_| holds);
        let plan = ceilings.map(|ceilings| Plan::new(program, ceilings, &sources));
        Compiled { sources, resolved, diagnostics, plan, report: bounds.report }
    }
}
