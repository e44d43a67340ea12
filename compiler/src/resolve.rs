//! Names to declarations. In: the root file's path. Out: [`Resolved`]: every file that the root needs, read, and for each
//! the names it may use. Afterwards every import leads to a declaration or has been reported.
//!
//! Names inside of expressions are looked up by the checker, which knows what is bound where, with [`Resolved::lookup`],
//! [`Resolved::variants`] and, for "did you mean", [`Resolved::names`]. A name for which [`Resolved::is_silent`] holds
//! has been reported already: nothing more is said about it.

mod bind;
mod cycle;
mod declare;
mod load;
mod standard;
mod unused;

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::Checked;
use crate::source::{SourceId, Sources, Span, World};
use crate::syntax::{EnumDecl, File, Item, ItemKind, Variant};

/// The files of a program and the names that each of them knows.
#[derive(Clone, Debug, Default)]
pub struct Resolved {
    /// The root first, then what it imports, in the order in which it was found. Never empty.
    pub files: Vec<File>,
    /// Beside `files`: what each of them knows.
    scopes: Vec<Scope>,
}

/// A declaration: an index into [`Resolved::files`] and one into its items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ItemRef {
    /// The file.
    pub file: usize,
    /// The item in it.
    pub item: usize,
}

/// A variant of an enum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VariantRef {
    /// The enum.
    pub owner: ItemRef,
    /// The index into its variants.
    pub variant: usize,
}

/// The names that the items of one file may use.
#[derive(Clone, Debug, Default)]
struct Scope {
    items: BTreeMap<String, ItemRef>,
    variants: BTreeMap<String, Vec<VariantRef>>,
    /// Names whose declaration or import could not be read.
    silent: BTreeSet<String>,
    /// Where an import has put another tier in the place of one of this module, by the name here.
    bound: BTreeMap<String, Span>,
}

/// Reads the file `root` and everything it imports, and finds what its imports mean.
///
/// Paths are those of [`World`]: relative to the project's root. Every text that is read is added to `sources`.
pub fn resolve(world: &dyn World, root: &str, sources: &mut Sources) -> Checked<Resolved> {
    let loaded = load::load(world, root, sources);
    let mut diagnostics = loaded.diagnostics;
    cycle::check(&loaded.value, &mut diagnostics);
    let scopes = declare::scopes(&loaded.value, sources, &mut diagnostics);
    if !diagnostics.iter().any(crate::diagnostic::Diagnostic::is_error) {
        unused::check(&loaded.value, sources, &mut diagnostics);
    }
    let files = loaded.value.into_iter().map(|module| module.file).collect();
    Checked { value: Resolved { files, scopes }, diagnostics }
}

impl Resolved {
    /// The declaration that `name` means in a file: one of its own or an imported one.
    #[must_use]
    pub fn lookup(&self, file: usize, name: &str) -> Option<ItemRef> {
        self.scopes.get(file)?.items.get(name).copied()
    }

    /// Whether `name` could not be resolved in a file and that has been said, so that nothing more is to be said about it.
    #[must_use]
    pub fn is_silent(&self, file: usize, name: &str) -> bool {
        self.scopes.get(file).is_some_and(|scope| scope.silent.contains(name))
    }

    /// Where an import has bound this tier under a name of its module (`with model = mid`), for a use of the name in that module.
    #[must_use]
    pub fn bound_at(&self, module: SourceId, name: &str, tier: &str) -> Option<Span> {
        let scopes = self.files.iter().zip(&self.scopes).filter(|(file, _)| file.source == module);
        scopes.map(|(_, scope)| scope).find_map(|scope| {
            let place = scope.bound.get(name)?;
            let means = self.item(*scope.items.get(name)?)?.name()?;
            (means.text == tier).then_some(*place)
        })
    }

    /// The names of declarations that a file knows, in order: candidates for "did you mean".
    pub fn names(&self, file: usize) -> impl Iterator<Item = &str> {
        self.scopes.get(file).into_iter().flat_map(|scope| scope.items.keys().map(String::as_str))
    }

    /// The variants called `name` among the enums that a file knows; more than one where two enums have one of that name.
    #[must_use]
    pub fn variants(&self, file: usize, name: &str) -> &[VariantRef] {
        self.scopes.get(file).and_then(|scope| scope.variants.get(name)).map_or(&[], Vec::as_slice)
    }

    /// The names of all variants that a file knows, in order: candidates for "did you mean".
    pub fn variant_names(&self, file: usize) -> impl Iterator<Item = &str> {
        self.scopes.get(file).into_iter().flat_map(|scope| scope.variants.keys().map(String::as_str))
    }

    /// The declaration itself; references of the same `Resolved` always lead to one.
    #[must_use]
    pub fn item(&self, at: ItemRef) -> Option<&Item> {
        self.files.get(at.file)?.items.get(at.item)
    }

    /// The variant itself with its enum.
    #[must_use]
    pub fn variant(&self, at: VariantRef) -> Option<(&EnumDecl, &Variant)> {
        match &self.item(at.owner)?.kind {
            ItemKind::Enum(owner) => Some((owner, owner.variants.get(at.variant)?)),
            ItemKind::Use(_) | ItemKind::Type(_) | ItemKind::Alias(_) | ItemKind::Tier(_) | ItemKind::Route(_) => None,
            ItemKind::Step(_) | ItemKind::Tool(_) | ItemKind::Flow(_) | ItemKind::Error => None,
            ItemKind::Index(_) | ItemKind::Ceiling(_) => None,
            ItemKind::Const(_) | ItemKind::Test(_) | ItemKind::Eval(_) => None,
        }
    }

    /// Every declaration of every file, in order.
    pub fn items(&self) -> impl Iterator<Item = (ItemRef, &Item)> {
        let indexed = self.files.iter().enumerate();
        indexed.flat_map(|(file, tree)| {
            tree.items.iter().enumerate().map(move |(item, node)| (ItemRef { file, item }, node))
        })
    }
}

#[cfg(test)]
mod tests;
