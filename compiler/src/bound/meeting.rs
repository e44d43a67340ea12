//! Whether two questions look at one value in ways that are not compared. In: paths, with what asks for them, one after the other.
//! Out: what asked before for the same value, for something inside of it, or for something around it.

use std::collections::HashMap;

use super::cases::ValueId;
use super::origins::{Field, Lists, Path};
use crate::program::Slot;

/// What asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asker {
    /// A question for cases of the whole value: two such questions are compared, and one for a part of it is not touched by it.
    Whole(ValueId),
    /// A question for whether a text or list has content.
    Content(ValueId),
    /// A condition that is not looked into.
    Condition(ValueId),
    /// A condition that is not looked into, of something that is called.
    Callee,
    /// The length of a list that is gone through; two of them are longest together.
    Length,
}

impl Asker {
    /// Whether two questions for one value are not compared.
    fn meets_here(self, other: Asker) -> bool {
        self != other || self == Asker::Callee
    }

    /// Whether a question for a value is touched by one for something inside of it.
    fn meets_inside(self, inner: Asker) -> bool {
        match (self, inner) {
            (Asker::Condition(a), Asker::Condition(b)) => a != b,
            (Asker::Condition(_) | Asker::Callee, _) | (_, Asker::Condition(_) | Asker::Callee) => true,
            (Asker::Content(_), Asker::Length) => true,
            (Asker::Whole(_) | Asker::Content(_) | Asker::Length, _) => false,
        }
    }
}

/// Everything that was asked for, as a tree: a value, its fields, their fields.
#[derive(Default)]
pub(super) struct Meeting {
    values: HashMap<Slot, usize>,
    inner: HashMap<(usize, Field), usize>,
    nodes: Vec<Noted>,
}

/// The first that asked, of each kind: no two of all that was noted meet, so one is enough to know of.
#[derive(Clone, Default)]
struct Noted {
    here: Vec<Asker>,
    inside: Vec<Asker>,
}

impl Noted {
    fn note(known: &mut Vec<Asker>, asker: Asker) {
        let is_same = |other: &Asker| std::mem::discriminant(other) == std::mem::discriminant(&asker);
        if !known.iter().any(is_same) {
            known.push(asker);
        }
    }
}

impl Meeting {
    /// Notes a path, unless it meets one that something else asked for, which is given back.
    pub(super) fn note(&mut self, asker: Asker, (slot, fields): Path, lists: &Lists) -> Result<(), Asker> {
        let mut at = child(&mut self.values, slot, &mut self.nodes);
        for field in lists.iter(fields) {
            if let Some(other) = self.nodes[at].here.iter().find(|other| other.meets_inside(asker)) {
                return Err(*other);
            }
            Noted::note(&mut self.nodes[at].inside, asker);
            at = child(&mut self.inner, (at, field), &mut self.nodes);
        }
        let noted = &mut self.nodes[at];
        if let Some(other) = noted.here.iter().find(|other| asker.meets_here(**other)) {
            return Err(*other);
        }
        if let Some(other) = noted.inside.iter().find(|other| asker.meets_inside(**other)) {
            return Err(*other);
        }
        Noted::note(&mut noted.here, asker);
        Ok(())
    }
}

fn child<K: Eq + std::hash::Hash>(known: &mut HashMap<K, usize>, key: K, nodes: &mut Vec<Noted>) -> usize {
    *known.entry(key).or_insert_with(|| {
        nodes.push(Noted::default());
        nodes.len() - 1
    })
}
