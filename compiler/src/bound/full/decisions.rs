//! Values that decide twice. In: what judgements and gates go by, and what choices look at, each with the node where it does. Out:
//! whether one value decides a judgement or a gate in one node, and something in another.
//!
//! A step is counted with every rung, and a tool behind a gate as called: a run that goes so has only some of the values that a
//! choice elsewhere may need for its own dearest way.

use std::collections::HashMap;

use super::traced::Path;
use crate::program::Slot;

/// So many pairs are compared for one value. More are taken to meet, which only says less.
const MOST_COMPARED: usize = 10_000;

/// A node, and the fields on the way into the value that it looks at. Elements are not told from their lists.
type Look<'a> = (Slot, Vec<&'a str>);

/// What goes by each value.
#[derive(Default)]
pub(super) struct Decisions<'a> {
    decided: HashMap<Slot, Vec<Look<'a>>>,
    asked: HashMap<Slot, Vec<Look<'a>>>,
}

impl<'a> Decisions<'a> {
    /// A judgement or a gate of a call goes by these.
    pub(super) fn decides<'p>(&mut self, node: Slot, paths: impl Iterator<Item = &'p Path<'a>>)
    where
        'a: 'p,
    {
        note(&mut self.decided, node, paths);
    }

    /// A choice looks at these, or a call in its own choices.
    pub(super) fn asks<'p>(&mut self, node: Slot, paths: impl Iterator<Item = &'p Path<'a>>)
    where
        'a: 'p,
    {
        note(&mut self.asked, node, paths);
    }

    /// Whether a value decides in two nodes, in one of them a judgement or a gate.
    pub(super) fn meet(&self) -> bool {
        self.decided.iter().any(|(value, decided)| {
            let none = Vec::new();
            let asked = self.asked.get(value).unwrap_or(&none);
            let too_many = decided.len().saturating_mul(asked.len()) > MOST_COMPARED;
            let meets = |(node, fields): &Look<'_>| {
                asked
                    .iter()
                    .any(|(other, asked)| node != other && (fields.starts_with(asked) || asked.starts_with(fields)))
            };
            too_many || decided.iter().any(meets)
        })
    }
}

fn note<'a: 'p, 'p>(known: &mut HashMap<Slot, Vec<Look<'a>>>, node: Slot, paths: impl Iterator<Item = &'p Path<'a>>) {
    for path in paths {
        let fields = path.fields().filter(|field| *field != "[]").collect();
        known.entry(path.slot()).or_default().push((node, fields));
    }
}
