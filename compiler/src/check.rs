//! Types, sizes, effects. In: the resolved tree and the catalogue. Out: a [`Program`] where every name is an id, every type and
//! size is known and every effect stands alone, and everything that was found wrong.
//!
//! One mistake is said once: what could not be typed is [`Ty::Unknown`] from then on, and nothing more is said about it.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an operation names the few types, literals or declarations that it takes; every other one is the same mistake"
)]

mod ask;
mod builtins;
mod call;
mod caps;
mod constant;
mod control;
mod cycles;
mod each;
mod embedding;
mod eval;
mod exam;
mod expr;
mod fit;
mod flow;
mod foreign;
mod items;
mod ladder;
mod literal;
mod lower;
mod matching;
mod names;
mod needs;
mod operators;
mod pattern;
mod record;
mod signals;
mod source;
mod standing;
mod step;
mod template;
mod tiers;
mod tool;
mod trust;
mod ty;
mod values;

use crate::catalogue::Catalogue;
use crate::diagnostic::{Checked, Code, Diagnostic};
use crate::program::{Place, Program, Ty};
use crate::resolve::Resolved;
use crate::source::{Sources, Span};
use crate::types;

/// Checks every item of a compilation. The program is whole only where nothing was an error; with errors it must not be bounded.
#[must_use]
pub fn check(resolved: &Resolved, catalogue: &Catalogue, sources: &Sources) -> Checked<Program> {
    let mut checker = Checker::new(resolved, catalogue, sources);
    checker.declare();
    checker.check_constants();
    checker.check_types();
    checker.sign();
    checker.check_standing();
    checker.check_routes();
    checker.check_tools();
    checker.check_steps();
    checker.check_flows();
    checker.check_tests();
    checker.check_evals();
    checker.refuse_cycles();
    checker.apply_ceilings();
    checker.check_unused_tiers();
    checker.trust();
    checker.finish()
}

/// What is known while a compilation is checked.
struct Checker<'a> {
    names: names::Names<'a>,
    catalogue: &'a Catalogue,
    sources: &'a Sources,
    items: items::Items<'a>,
    tiers: tiers::Tiers,
    calls: cycles::Calls,
    holes: trust::Holes,
    program: Program,
    said: Vec<Diagnostic>,
    /// How many of them are errors.
    errors: usize,
}

impl<'a> Checker<'a> {
    fn new(resolved: &'a Resolved, catalogue: &'a Catalogue, sources: &'a Sources) -> Self {
        Checker {
            names: names::Names::new(resolved),
            catalogue,
            sources,
            items: items::Items::default(),
            tiers: tiers::Tiers::default(),
            calls: cycles::Calls::default(),
            holes: trust::Holes::default(),
            program: Program::default(),
            said: Vec::new(),
            errors: 0,
        }
    }

    /// Keeps what is to be said.
    fn say(&mut self, diagnostic: Diagnostic) {
        self.errors += usize::from(diagnostic.is_error());
        self.said.push(diagnostic);
    }

    /// Says an error with a label under its place.
    fn error(&mut self, code: Code, span: Span, message: impl Into<String>, label: impl Into<String>) {
        self.say(Diagnostic::error(code, span, message).label(label));
    }

    /// A type as a user writes it.
    fn show(&self, ty: &Ty) -> String {
        types::show(ty, &self.program.types)
    }

    /// The text under a place.
    fn text(&self, span: Span) -> &'a str {
        self.sources.slice(span)
    }

    fn place(&self, span: Span) -> Place {
        let Some(source) = self.sources.get(span.source) else {
            return Place { span, ..Place::default() };
        };
        let (line, column) = source.position(span.start);
        let number = |of: usize| u32::try_from(of).unwrap_or(u32::MAX);
        Place { file: source.name().to_owned(), line: number(line), column: number(column), span }
    }

    fn finish(mut self) -> Checked<Program> {
        self.program.readers = self.tiers.readers(&self.program);
        // By place, so that a file reads from top to bottom; equal places keep the order in which they were said.
        self.said.sort_by_key(|diagnostic| diagnostic.span.map(|span| (span.source, span.start)));
        Checked { value: self.program, diagnostics: self.said }
    }
}

#[cfg(test)]
mod tests;
