//! What a construct takes, by the cases of the values that something else looks at too.
//!
//! An entry is there for every combination of cases. Beside each number stands a trail: which cases and which arms lead to it,
//! of those that were folded away, so that the run that takes the most can be told.

use super::cases::{Assigned, ValueId};
use super::exits::{Exit, Exits};
use super::tree::Bounded;
use crate::cost::{Dimension, Resources};

/// The most entries that a table has. A value that would make it larger is folded where it is looked at, and the report says so.
pub(super) const MOST_ENTRIES: usize = 256;

/// Something that was settled on the way to a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// A value has this case.
    Value(ValueId, usize),
    /// The choice takes this arm; none where there is none.
    Arm(Option<usize>),
    /// The callee's table is read at this entry.
    Entry(usize),
    /// The body is left at this part.
    Left(usize),
}

/// A place in a list of marks that hang together; the first is the end of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Trail(u32);

/// Marks, each with the one before it.
#[derive(Clone, Debug, Default)]
pub(super) struct Trails(Vec<(Trail, Mark)>);

impl Trails {
    /// A trail that goes on with a mark.
    pub(super) fn push(&mut self, after: Trail, mark: Mark) -> Trail {
        self.0.push((after, mark));
        Trail(u32::try_from(self.0.len()).unwrap_or(0))
    }

    /// The marks of a trail, the last one first.
    fn marks(&self, trail: Trail) -> impl Iterator<Item = Mark> + '_ {
        let mut at = trail;
        std::iter::from_fn(move || {
            let index = usize::try_from(at.0).ok()?.checked_sub(1)?;
            let (before, mark) = self.0.get(index)?;
            at = *before;
            Some(*mark)
        })
    }
}

/// Values with the numbers of their cases. An entry's place counts the cases of the first value fastest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Layout(pub Vec<(ValueId, usize)>);

impl Layout {
    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.0.iter().map(|(_, cells)| *cells).product()
    }

    /// Whether a value is in it.
    pub(super) fn has(&self, value: ValueId) -> bool {
        self.0.iter().any(|(known, _)| *known == value)
    }

    /// Adds a value, unless there would be too many entries.
    #[must_use]
    pub(super) fn add(&mut self, value: ValueId, cells: usize) -> bool {
        if self.has(value) {
            return true;
        }
        let fits = self.len().checked_mul(cells).is_some_and(|entries| entries <= MOST_ENTRIES);
        if fits {
            self.0.push((value, cells));
        }
        fits
    }

    /// The cases of an entry.
    pub(super) fn cases(&self, mut entry: usize) -> impl Iterator<Item = (ValueId, usize)> + '_ {
        self.0.iter().map(move |(value, cells)| {
            let case = entry % cells;
            entry /= cells;
            (*value, case)
        })
    }

    /// The entry where all values have known cases.
    fn entry(&self, assigned: &Assigned) -> Option<usize> {
        let mut stride = 1;
        self.0.iter().try_fold(0, |entry, (value, cells)| {
            let entry = entry + assigned.get(*value)? * stride;
            stride *= cells;
            Some(entry)
        })
    }

    /// For every entry of this the entry of one with some of the same values.
    pub(super) fn onto(&self, other: &Layout) -> Vec<usize> {
        let mut stride = 1;
        let mut strides = vec![0; self.0.len()];
        for (value, cells) in &other.0 {
            if let Some(at) = self.0.iter().position(|(known, _)| known == value) {
                strides[at] = stride;
            }
            stride *= cells;
        }
        let place = |entry| self.cases(entry).zip(&strides).map(|((_, case), stride)| case * stride).sum();
        (0..self.len()).map(place).collect()
    }
}

/// What is taken where the values have certain cases.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    /// By the way in which it ends.
    pub exits: Exits,
    trails: [[Trail; 8]; 5],
}

impl Entry {
    /// Notes another way to end so, with what led to it in each dimension.
    pub(super) fn note(&mut self, exit: Exit, cost: &Resources, mut trail: impl FnMut(Dimension) -> Trail) {
        let known = self.exits.get(exit);
        for dimension in Dimension::ALL {
            if known.is_none_or(|known| cost.get(dimension) > known.get(dimension)) {
                self.trails[exit as usize][dimension as usize] = trail(dimension);
            }
        }
        self.exits.add(exit, *cost);
    }
}

/// What a construct takes in each case.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    /// The values.
    pub layout: Layout,
    /// What is taken, by their cases.
    pub entries: Vec<Entry>,
    /// What led to the numbers.
    pub trails: Trails,
}

impl Table {
    /// A table in which nothing is noted.
    pub(super) fn new(layout: Layout) -> Table {
        let entries = vec![Entry::default(); layout.len()];
        Table { layout, entries, trails: Trails::default() }
    }

    /// The most over all cases.
    pub(super) fn most(&self) -> Exits {
        self.entries.iter().fold(Exits::NONE, |most, entry| most.either(&entry.exits))
    }

    /// Notes a way to end in an entry, with one trail for all dimensions.
    pub(super) fn note(&mut self, entry: usize, exit: Exit, cost: &Resources, trail: Trail) {
        if let Some(entry) = self.entries.get_mut(entry) {
            entry.note(exit, cost, |_| trail);
        }
    }

    /// The same with values folded to their dearest cases.
    #[must_use]
    pub(super) fn folded(&self, is_folded: impl Fn(ValueId) -> bool) -> Table {
        let kept = Layout(self.layout.0.iter().filter(|(value, _)| !is_folded(*value)).copied().collect());
        if kept == self.layout {
            return self.clone();
        }
        let onto = self.layout.onto(&kept);
        let mut table = Table::new(kept);
        table.trails = self.trails.clone();
        for (at, entry) in self.entries.iter().enumerate() {
            let cases: Vec<Mark> = self
                .layout
                .cases(at)
                .filter(|(value, _)| is_folded(*value))
                .map(|(value, case)| Mark::Value(value, case))
                .collect();
            let Table { entries, trails, .. } = &mut table;
            let Some(into) = entries.get_mut(onto[at]) else { continue };
            let mut last: Option<(Trail, Trail)> = None;
            for exit in Exit::ALL {
                let Some(cost) = entry.exits.get(exit) else { continue };
                into.note(exit, &cost, |dimension| {
                    let before = entry.trails[exit as usize][dimension as usize];
                    if let Some((_, after)) = last.filter(|(known, _)| *known == before) {
                        return after;
                    }
                    let after = cases.iter().fold(before, |trail, mark| trails.push(trail, *mark));
                    last = Some((before, after));
                    after
                });
            }
        }
        table
    }

    /// The same with every way to end made into others.
    pub(super) fn map(&self, ends: impl Fn(&Exits) -> Option<Exits>) -> Option<Table> {
        let entries = self.entries.iter().map(|entry| Some(Entry { exits: ends(&entry.exits)?, ..Entry::default() }));
        let entries = entries.collect::<Option<Vec<_>>>()?;
        Some(Table { layout: self.layout.clone(), entries, trails: Trails::default() })
    }

    /// The entry where the values have these cases. Of a value of which none is known, the case that takes the most where it
    /// ends so; what was found out that way is noted.
    pub(super) fn at(&self, assigned: &mut Assigned, exit: Exit, dimension: Dimension) -> usize {
        if let Some(entry) = self.layout.entry(assigned) {
            return entry;
        }
        let fits = |entry: usize| {
            let mut cases = self.layout.cases(entry);
            cases.all(|(value, case)| assigned.get(value).is_none_or(|known| known == case))
        };
        let amount = |entry: usize| {
            let found = self.entries.get(entry).and_then(|entry| entry.exits.get(exit));
            found.map(|cost| cost.get(dimension))
        };
        let open = (0..self.entries.len()).filter(|entry| fits(*entry));
        let best = open.reduce(|best, entry| if amount(entry) > amount(best) { entry } else { best }).unwrap_or(0);
        for (value, case) in self.layout.cases(best) {
            if assigned.get(value).is_none() {
                assigned.push(value, case);
            }
        }
        best
    }

    /// What led to a number, the first mark first.
    pub(super) fn marks(&self, entry: usize, exit: Exit, dimension: Dimension) -> Vec<Mark> {
        let Some(entry) = self.entries.get(entry) else { return Vec::new() };
        let mut marks: Vec<Mark> = self.trails.marks(entry.trails[exit as usize][dimension as usize]).collect();
        marks.reverse();
        marks
    }
}

/// A construct, read in the layout of what is around it. What is not told apart there is read at its dearest.
pub(super) enum Read {
    /// It takes the same in all cases.
    Same(Box<Exits>),
    /// By its entries, and where they are.
    ByCase(Vec<usize>, Vec<Exits>),
}

impl Read {
    /// Reads a construct in a layout.
    pub(super) fn of(layout: &Layout, bounded: &Bounded<'_>) -> Read {
        let Some(table) = &bounded.table else { return Read::Same(Box::new(bounded.exits)) };
        let folded;
        let table = if table.layout.0.iter().all(|(value, _)| layout.has(*value)) {
            &**table
        } else {
            folded = table.folded(|value| !layout.has(value));
            &folded
        };
        Read::ByCase(layout.onto(&table.layout), table.entries.iter().map(|entry| entry.exits).collect())
    }

    /// What it takes in an entry of the layout.
    pub(super) fn exits(&self, entry: usize) -> Exits {
        match self {
            Read::Same(exits) => **exits,
            Read::ByCase(onto, entries) => onto.get(entry).and_then(|at| entries.get(*at)).copied().unwrap_or_default(),
        }
    }
}
