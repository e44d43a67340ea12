//! Names of a module to items, as the resolver found them.

use crate::program::EnumId;
use crate::resolve::{ItemRef, Resolved};
use crate::source::{SourceId, Span};
use crate::syntax::Item;

use super::items::Decl;
use super::{Checker, items::Found};

/// The files of a compilation, the root first, and what their names mean.
#[derive(Clone, Copy)]
pub(super) struct Names<'a> {
    resolved: &'a Resolved,
}

impl<'a> Names<'a> {
    pub(super) fn new(resolved: &'a Resolved) -> Self {
        Names { resolved }
    }

    /// Every item with its reference, in order.
    pub(super) fn items(self) -> impl Iterator<Item = (ItemRef, &'a Item)> {
        self.resolved.items()
    }

    /// The module that a text was read as.
    pub(super) fn file_of(self, source: SourceId) -> Option<usize> {
        self.resolved.files.iter().position(|file| file.source == source)
    }

    /// Where an import has put this tier in the place of the one that a module calls `name`.
    pub(super) fn bound_at(self, module: SourceId, name: &str, tier: &str) -> Option<Span> {
        self.resolved.bound_at(module, name, tier)
    }

    /// The names that a module knows.
    pub(super) fn visible(self, file: usize) -> impl Iterator<Item = &'a str> {
        self.resolved.names(file)
    }

    /// The names of variants that a module knows.
    pub(super) fn variants(self, file: usize) -> impl Iterator<Item = &'a str> {
        self.resolved.variant_names(file)
    }
}

impl Checker<'_> {
    /// What a name declares in a module.
    pub(super) fn find(&self, name: &str, file: usize) -> Found {
        let names = self.names.resolved;
        match names.lookup(file, name) {
            Some(at) => self.items.decls.get(&at).map_or(Found::Broken, |decl| Found::Decl(*decl)),
            None if names.is_silent(file, name) => Found::Broken,
            None => Found::Nothing,
        }
    }

    /// The variants of that name among the enums that a module knows.
    pub(super) fn variants_named(&self, name: &str, file: usize) -> Vec<(EnumId, u32)> {
        let found = self.names.resolved.variants(file, name).iter();
        let as_ids = found.filter_map(|at| match self.items.decls.get(&at.owner) {
            Some(Decl::Enum(id)) => u32::try_from(at.variant).ok().map(|index| (*id, index)),
            _ => None,
        });
        as_ids.collect()
    }
}
