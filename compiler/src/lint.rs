//! Habits that cost. In: a checked program with its ceilings, the trees and texts it was made from, and what the project says about
//! lints. Out: warnings, with the money or the tokens in them where these can be computed.
//!
//! A lint never changes a bound and never withholds a plan. Levels stand in `flow.toml` under `[lints]`; one place is spared by a
//! comment on the line before it: `// lint: allow(name): reason`.

#![expect(clippy::wildcard_enum_match_arm, reason = "a lint looks at a few constructs and is silent about the others")]

mod caps;
mod conditions;
mod context;
mod flows;
mod idle;
mod ladders;
mod passages;
mod price;
mod prompts;
mod savings;
mod spared;
mod steps;
mod unused;

use std::cell::Cell;

use crate::catalogue::ModelFacts;
use crate::diagnostic::code::lint::{self as code, Level, Levels};
use crate::diagnostic::{Diagnostic, Severity};
use crate::plan::Ceilings;
use crate::program::{Ladder, NodeKind, Program, Step, TierId};
use crate::source::{Sources, Span};
use crate::syntax::{File, Item, ItemKind, StepDecl};

/// What lints look at.
pub struct Linted<'a> {
    /// The checked program.
    pub program: &'a Program,
    /// Its ceilings, where it has some.
    pub ceilings: Option<&'a Ceilings>,
    /// The trees it was made from.
    pub files: &'a [File],
    /// The texts it was made from.
    pub sources: &'a Sources,
    /// What the project says about lints.
    pub levels: &'a Levels,
    /// How many changes have been tried.
    trials: Cell<usize>,
}

/// What there is to say about a program without errors.
#[must_use]
pub fn lint(linted: &Linted<'_>) -> Vec<Diagnostic> {
    let all: [fn(&Linted<'_>, &mut Vec<Diagnostic>); 11] = [
        caps::check,
        conditions::check,
        context::check,
        flows::check,
        idle::check,
        ladders::check,
        passages::check,
        price::check,
        prompts::check,
        steps::check,
        unused::check,
    ];
    let mut said = Vec::new();
    for check in all {
        check(linted, &mut said);
    }
    said.sort_by_key(|problem| problem.span);
    said
}

/// Gives every warning the level that the project asks for, and leaves out what is spared. Suppressions that cannot be read, and
/// those that spare nothing, are said.
pub fn settle(diagnostics: &mut Vec<Diagnostic>, levels: &Levels, files: &[File], sources: &Sources) {
    let whole = !diagnostics.iter().any(Diagnostic::is_error);
    let mut spared = spared::read(files, sources);
    diagnostics.retain(|problem| !spared.spares(problem, sources));
    diagnostics.append(&mut spared.problems);
    if whole {
        diagnostics.extend(spared.useless());
    }
    diagnostics.retain_mut(|problem| {
        let lint = code::of(problem.code).filter(|_| problem.severity == Severity::Warning);
        match lint.map(|lint| levels.level(lint)) {
            Some(Level::Allow) => false,
            Some(Level::Deny) => {
                problem.severity = Severity::Error;
                true
            }
            Some(Level::Warn) | None => true,
        }
    });
}

/// Whether this is a lint that the project denies: it fails the check and withholds nothing.
#[must_use]
pub fn is_denied(problem: &Diagnostic) -> bool {
    problem.is_error() && code::of(problem.code).is_some()
}

impl<'a> Linted<'a> {
    /// A program to be looked at.
    #[must_use]
    pub fn new(
        program: &'a Program,
        ceilings: Option<&'a Ceilings>,
        files: &'a [File],
        sources: &'a Sources,
        levels: &'a Levels,
    ) -> Self {
        Linted { program, ceilings, files, sources, levels, trials: Cell::new(0) }
    }

    /// Whether one more change may be tried: each takes as long as a bound, and all of them together no longer than a few of a small
    /// program.
    fn may_try(&self) -> bool {
        let nodes = self.program.flows.iter().map(|flow| flow.body.nodes.len()).sum::<usize>();
        let size = nodes + self.program.steps.len() * 4 + 1;
        let tried = self.trials.replace(self.trials.get() + 1);
        tried < (4_000 / size).min(16)
    }

    /// Whether somebody wants to know.
    fn wants(&self, code: crate::diagnostic::Code) -> bool {
        code::of(code).is_none_or(|lint| self.levels.level(lint) > Level::Allow)
    }

    /// The declaration that holds a place.
    fn item(&self, span: Span) -> Option<&'a Item> {
        let file = self.files.iter().find(|file| file.source == span.source)?;
        file.items.iter().find(|item| item.span.start <= span.start && span.end <= item.span.end)
    }

    /// The declaration of a step.
    fn decl(&self, step: &Step) -> Option<&'a StepDecl> {
        match &self.item(step.place.span)?.kind {
            ItemKind::Step(decl) => Some(decl),
            _ => None,
        }
    }

    /// The models that can answer a step, each once.
    fn models(&self, step: &Step) -> Vec<&'a ModelFacts> {
        let mut models: Vec<&ModelFacts> = Vec::new();
        for tier in arms(&step.ladder).into_iter().flatten().filter_map(|tier| self.program.tiers.get(tier.index())) {
            for model in tier.models.iter().filter_map(|model| self.program.models.get(model.index())) {
                if !models.iter().any(|known| known.name == model.name) {
                    models.push(model);
                }
            }
        }
        models
    }

    /// The text of a place.
    fn text(&self, span: Span) -> &'a str {
        self.sources.slice(span)
    }
}

/// The rungs of every way that a ladder can be chosen.
fn arms(ladder: &Ladder) -> Vec<&[TierId]> {
    match ladder {
        Ladder::Rungs(tiers) => vec![tiers],
        Ladder::Choose(choices) => choices.iter().flat_map(|(_, ladder)| arms(ladder)).collect(),
    }
}

/// Hands every node of a body to `found`, nested ones too.
fn nodes<'p>(body: &'p crate::program::Body, found: &mut dyn FnMut(&'p crate::program::Node)) {
    for node in &body.nodes {
        found(node);
        for inner in bodies(&node.kind) {
            nodes(inner, found);
        }
    }
}

/// The bodies directly inside of a node.
fn bodies(kind: &NodeKind) -> Vec<&crate::program::Body> {
    match kind {
        NodeKind::Choose(arms) => arms.iter().map(|arm| &arm.body).collect(),
        NodeKind::Each { body, .. } | NodeKind::Loop { body, .. } => vec![body],
        NodeKind::Attempt { body, handler } => vec![body, handler],
        _ => Vec::new(),
    }
}
