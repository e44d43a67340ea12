//! Where values come from, as far as that is needed here: names, fields, elements and pure expressions.

use std::collections::{BTreeSet, HashMap};

use crate::program::{Expr, Slot};

/// A value that is made of more than this is taken to be made of its own alone and of all of them.
const MOST: usize = 64;

/// A slot, and the fields on the way into it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Path<'a>(Slot, Vec<&'a str>);

impl<'a> Path<'a> {
    pub(super) fn of(slot: Slot) -> Path<'a> {
        Path(slot, Vec::new())
    }

    pub(super) fn slot(&self) -> Slot {
        self.0
    }

    pub(super) fn fields(&self) -> impl Iterator<Item = &'a str> + use<'a, '_> {
        self.1.iter().copied()
    }

    pub(super) fn field(mut self, name: &'a str) -> Path<'a> {
        self.1.push(name);
        self
    }

    /// The same with fields taken out.
    pub(super) fn taken(mut self, fields: &'a [String]) -> Option<Path<'a>> {
        self.1.extend(fields.iter().map(String::as_str));
        Some(self)
    }

    /// Whether it is another one, or around it.
    pub(super) fn is_around(&self, other: &Path<'a>) -> bool {
        self.0 == other.0 && other.1.starts_with(&self.1)
    }

    /// Everything that it is inside of, and itself.
    pub(super) fn prefixes(&self) -> impl Iterator<Item = Path<'a>> + use<'a, '_> {
        (0..=self.1.len()).map(|length| Path(self.0, self.1[..length].to_vec()))
    }
}

/// What is known of the values of one flow or step.
#[derive(Default)]
pub(super) struct Traced<'a>(HashMap<Slot, Vec<Path<'a>>>);

impl<'a> Traced<'a> {
    /// The slot is another name of an expression.
    pub(super) fn name(&mut self, slot: Slot, value: &'a Expr) {
        let mut paths = self.of(value);
        // Also by itself: a `var` may have another value later.
        paths.push(Path::of(slot));
        self.0.insert(slot, paths);
    }

    /// The slot is one of these.
    pub(super) fn parts(&mut self, slot: Slot, values: impl Iterator<Item = &'a Expr>) {
        let paths: Vec<Path<'a>> = values.flat_map(|value| self.of(value)).collect();
        self.0.insert(slot, kept(slot, paths));
    }

    /// The slot may be this too.
    pub(super) fn also(&mut self, slot: Slot, value: &'a Expr) {
        let mut paths = self.of(value);
        paths.extend(self.0.remove(&slot).unwrap_or_default());
        self.0.insert(slot, kept(slot, paths));
    }

    /// The slot is an element of a list.
    pub(super) fn element(&mut self, slot: Slot, list: &'a Expr) {
        let paths = self.of(list).into_iter().map(|path| path.field("[]")).collect();
        self.0.insert(slot, paths);
    }

    /// Everything that an expression is made of.
    pub(super) fn of(&self, expr: &'a Expr) -> Vec<Path<'a>> {
        let mut found = BTreeSet::new();
        self.collect(expr, &mut found);
        found.into_iter().take(MOST).collect()
    }

    fn collect(&self, expr: &'a Expr, found: &mut BTreeSet<Path<'a>>) {
        match path(expr) {
            Some(Path(slot, fields)) => match self.0.get(&slot) {
                Some(known) => found.extend(known.iter().map(|path| {
                    let mut path = path.clone();
                    path.1.extend(&fields);
                    path
                })),
                None => {
                    found.insert(Path(slot, fields));
                }
            },
            None => expr.parts(&mut |part| self.collect(part, found)),
        }
    }
}

/// Each path once, no more than are looked at, and the slot itself: what is set in many places does not grow with each of them.
fn kept<'a>(slot: Slot, mut paths: Vec<Path<'a>>) -> Vec<Path<'a>> {
    paths.sort_unstable();
    paths.dedup();
    paths.truncate(MOST);
    let own = Path::of(slot);
    if !paths.contains(&own) {
        paths.push(own);
    }
    paths
}

/// An expression that is nothing but a slot and fields.
#[expect(clippy::wildcard_enum_match_arm, reason = "everything else is made of its parts")]
fn path(expr: &Expr) -> Option<Path<'_>> {
    match expr {
        Expr::Slot(slot) => Some(Path::of(*slot)),
        Expr::Field(value, name) | Expr::Payload { value, field: name } => Some(path(value)?.field(name)),
        Expr::Pluck(value, name) => Some(path(value)?.field("[]").field(name)),
        Expr::Index(value, _) => Some(path(value)?.field("[]")),
        _ => None,
    }
}
