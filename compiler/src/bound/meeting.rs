//! Whether two questions look at one value. In: paths, with what asks for them, one after the other. Out: the first that is
//! the same as one before, inside of it, or around it, and asked by something else.

use std::collections::HashMap;

use super::origins::{Field, Lists, Path};
use crate::program::Slot;

/// What asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asker {
    /// A choice, by a number of its own.
    Choice(usize),
    /// The length of a list that is gone through; two of them are longest together.
    Length,
}

/// Everything that was asked for, as a tree: a value, its fields, their fields.
#[derive(Default)]
pub(super) struct Meeting {
    values: HashMap<Slot, usize>,
    inner: HashMap<(usize, Field), usize>,
    // INVARIANT: no two of all that was noted meet, so one choice is enough to know of.
    nodes: Vec<Noted>,
}

#[derive(Clone, Copy, Default)]
struct Noted {
    here: Askers,
    inside: Askers,
}

#[derive(Clone, Copy, Default)]
struct Askers {
    choice: Option<usize>,
    length: bool,
}

impl Askers {
    fn meets(self, asker: Asker) -> bool {
        match asker {
            Asker::Choice(asker) => self.length || self.choice.is_some_and(|other| other != asker),
            Asker::Length => self.choice.is_some(),
        }
    }

    fn note(&mut self, asker: Asker) {
        match asker {
            Asker::Choice(asker) => self.choice = Some(asker),
            Asker::Length => self.length = true,
        }
    }
}

impl Meeting {
    /// Notes a path, unless it meets one that something else asked for.
    #[must_use]
    pub(super) fn note(&mut self, asker: Asker, (slot, fields): Path, lists: &Lists) -> bool {
        let mut at = child(&mut self.values, slot, &mut self.nodes);
        for field in lists.iter(fields) {
            if self.nodes[at].here.meets(asker) {
                return false;
            }
            self.nodes[at].inside.note(asker);
            at = child(&mut self.inner, (at, field), &mut self.nodes);
        }
        let noted = &mut self.nodes[at];
        if noted.here.meets(asker) || noted.inside.meets(asker) {
            return false;
        }
        noted.here.note(asker);
        true
    }
}

fn child<K: Eq + std::hash::Hash>(known: &mut HashMap<K, usize>, key: K, nodes: &mut Vec<Noted>) -> usize {
    *known.entry(key).or_insert_with(|| {
        nodes.push(Noted::default());
        nodes.len() - 1
    })
}
