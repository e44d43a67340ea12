//! A body whose parts look at the same values: the walk of a body, for all cases of these values at once.
//!
//! A value is taken in where it is first looked at, and folded after the last part that looks at it. Time is a longest path, so
//! it is kept for every node that something still waits for; folding keeps the largest, which is what any later maximum takes.

use std::collections::HashMap;

use super::{Barriers, Part};
use crate::bound::cases::{Survey, Until, ValueId};
use crate::bound::exits::Exit;
use crate::bound::table::{Entry, Layout, Mark, Read, Table, Trail, Trails};
use crate::cost::{Dimension, Resources};
use crate::mutant::{Mutant, rule};
use crate::program::Slot;

/// The table of a body. `None` where a number does not fit; `dropped` are the values that are too many.
pub(super) fn walk(
    survey: &Survey,
    parts: &[Part<'_>],
    barriers: Barriers,
    dropped: &mut dyn FnMut(ValueId),
) -> Option<Table> {
    let first = parts.first().map(|part| part.node.slot);
    let is_own = |value: ValueId| {
        first.is_some_and(|first| survey.value(value).is_some_and(|value| value.until == Until::Body(first)))
    };
    let uses = Uses::of(parts);
    let mut walk = Walk::default();
    for (index, part) in parts.iter().enumerate() {
        if barriers == Barriers::Hold && walk.states.iter().all(|state| !state.alive) {
            break;
        }
        for (value, cells) in part.bounded.table.iter().flat_map(|table| &table.layout.0) {
            if !walk.take_in(*value, *cells, is_own(*value)) {
                dropped(*value);
            }
        }
        walk.pass(index, part, barriers, uses.waits.contains_key(&part.node.slot))?;
        for slot in part.node.needs.iter().filter(|slot| uses.waits.get(slot) == Some(&index)) {
            walk.finish.remove(slot);
        }
        let over: Vec<ValueId> = walk
            .layout
            .0
            .iter()
            .map(|(value, _)| *value)
            .filter(|value| is_own(*value) && uses.last[value] <= index)
            .collect();
        over.into_iter().for_each(|value| walk.fold(value, barriers));
    }
    Some(walk.end(&is_own, barriers))
}

/// What is needed until where.
struct Uses {
    /// The last part that looks at a value.
    last: HashMap<ValueId, usize>,
    /// The last part that waits for a node.
    waits: HashMap<Slot, usize>,
}

impl Uses {
    fn of(parts: &[Part<'_>]) -> Uses {
        let mut uses = Uses { last: HashMap::new(), waits: HashMap::new() };
        for (index, part) in parts.iter().enumerate() {
            for (value, _) in part.bounded.table.iter().flat_map(|table| &table.layout.0) {
                uses.last.insert(*value, index);
            }
            for slot in &part.node.needs {
                uses.waits.insert(*slot, index);
            }
        }
        uses
    }
}

/// A number and what led to it.
type Led = (u64, Trail);

/// What was taken so far where the values have certain cases.
#[derive(Clone)]
struct State {
    /// Time is not in it.
    spent: Resources,
    trails: [Trail; 8],
    latest: Led,
    alive: bool,
}

struct Walk {
    layout: Layout,
    states: Vec<State>,
    /// When the nodes that something waits for have finished, by state.
    finish: HashMap<Slot, Vec<Led>>,
    /// How the body ends, by the values that are not its own.
    ends: Table,
}

impl Default for Walk {
    fn default() -> Self {
        let start =
            State { spent: Resources::ZERO, trails: [Trail::default(); 8], latest: (0, Trail::default()), alive: true };
        Walk {
            layout: Layout::default(),
            states: vec![start],
            finish: HashMap::new(),
            ends: Table::new(Layout::default()),
        }
    }
}

impl Walk {
    /// From here on the cases of a value are told apart; not where there are too many.
    #[must_use]
    fn take_in(&mut self, value: ValueId, cells: usize, is_own: bool) -> bool {
        if self.layout.has(value) {
            return true;
        }
        if !self.layout.add(value, cells) {
            return false;
        }
        self.states = repeated(&self.states, cells);
        self.finish.values_mut().for_each(|finish| *finish = repeated(finish, cells));
        if !is_own {
            self.ends.layout.0.push((value, cells));
            self.ends.entries = repeated(&self.ends.entries, cells);
        }
        true
    }

    fn pass(&mut self, index: usize, part: &Part<'_>, barriers: Barriers, is_awaited: bool) -> Option<()> {
        let read = Read::of(&self.layout, &part.bounded);
        let outer = self.layout.onto(&self.ends.layout);
        let mut finish = Vec::with_capacity(if is_awaited { self.states.len() } else { 0 });
        for (at, state) in self.states.iter_mut().enumerate() {
            if barriers == Barriers::Hold && !state.alive {
                if is_awaited {
                    finish.push((0, Trail::default()));
                }
                continue;
            }
            let exits = read.exits(at);
            let needs = part.node.needs.iter().filter_map(|slot| self.finish.get(slot)).map(|finish| finish[at]);
            let start = needs.fold((0, Trail::default()), later);
            let start = rule(Mutant::OrderForgotten, start, || (0, Trail::default()));
            for exit in Exit::LEAVES {
                let Some(cost) = exits.get(exit) else { continue };
                let until = later(state.latest, (start.0.checked_add(cost.time_ms)?, start.1));
                let total = Resources { time_ms: until.0, ..state.spent.beside(&cost)? };
                let Table { entries, trails, .. } = &mut self.ends;
                let trail =
                    |dimension| if dimension == Dimension::Time { until.1 } else { state.trails[dimension as usize] };
                left(&mut entries[outer[at]], trails, index, exit, &total, trail);
            }
            let cost = match barriers {
                Barriers::Hold => exits.get(Exit::Falls),
                Barriers::Leak => Some(exits.any()),
            };
            state.alive = state.alive && exits.get(Exit::Falls).is_some();
            let ends = match cost {
                Some(cost) => {
                    state.spent = Resources { time_ms: 0, ..state.spent.beside(&cost)? };
                    (start.0.checked_add(cost.time_ms)?, start.1)
                }
                None => start,
            };
            state.latest = later(state.latest, ends);
            if is_awaited {
                finish.push(ends);
            }
        }
        if is_awaited {
            self.finish.insert(part.node.slot, finish);
        }
        Some(())
    }

    /// From here on the cases of a value are not told apart: the largest numbers stay.
    fn fold(&mut self, value: ValueId, barriers: Barriers) {
        let kept = Layout(self.layout.0.iter().filter(|(known, _)| *known != value).copied().collect());
        let onto = self.layout.onto(&kept);
        let case = |at: usize| self.layout.cases(at).find(|(known, _)| *known == value).map_or(0, |(_, case)| case);
        let counts = |state: &State| state.alive || barriers == Barriers::Leak;
        let trails = &mut self.ends.trails;
        let mut states: Vec<Option<State>> = vec![None; kept.len()];
        for (at, state) in self.states.iter().enumerate() {
            let into = &mut states[onto[at]];
            if !counts(state) && into.is_some() {
                continue;
            }
            let marked = state.marked(trails, Mark::Value(value, case(at)));
            match into {
                Some(known) if counts(known) => known.join(&marked),
                _ => *into = Some(marked),
            }
        }
        for finish in self.finish.values_mut() {
            let mut folded = vec![(0, Trail::default()); kept.len()];
            let mut is_new = vec![true; kept.len()];
            for (at, led) in finish.iter().enumerate().filter(|(at, _)| counts(&self.states[*at])) {
                let into = onto[at];
                if is_new[into] || led.0 > folded[into].0 {
                    folded[into] = (led.0, trails.push(led.1, Mark::Value(value, case(at))));
                    is_new[into] = false;
                }
            }
            *finish = folded;
        }
        self.states = states.into_iter().flatten().collect();
        self.layout = kept;
    }

    /// The end of the body.
    fn end(mut self, is_own: &dyn Fn(ValueId) -> bool, barriers: Barriers) -> Table {
        let own: Vec<ValueId> = self.layout.0.iter().map(|(value, _)| *value).filter(|value| is_own(*value)).collect();
        own.into_iter().for_each(|value| self.fold(value, barriers));
        // INVARIANT: what is left are the values that are not its own, in the order in which they were taken in, as in `ends`.
        for (state, entry) in self.states.iter().zip(&mut self.ends.entries) {
            let all = Resources { time_ms: state.latest.0, ..state.spent };
            let trail = |dimension| {
                if dimension == Dimension::Time { state.latest.1 } else { state.trails[dimension as usize] }
            };
            if state.alive {
                entry.note(Exit::Falls, &all, trail);
            }
            if barriers == Barriers::Leak {
                // What comes after may have started, so every way to end takes all.
                for exit in Exit::ALL.into_iter().filter(|exit| *exit != Exit::Falls) {
                    if entry.exits.get(exit).is_some() {
                        entry.note(exit, &all, trail);
                    }
                }
            }
        }
        self.ends
    }
}

impl State {
    fn marked(&self, trails: &mut Trails, mark: Mark) -> State {
        let mut marked = self.clone();
        let mut last: Option<(Trail, Trail)> = None;
        for trail in marked.trails.iter_mut().chain([&mut marked.latest.1]) {
            let after = match last {
                Some((before, after)) if before == *trail => after,
                _ => trails.push(*trail, mark),
            };
            last = Some((*trail, after));
            *trail = after;
        }
        marked
    }

    /// Either of the two: the larger number in each dimension.
    fn join(&mut self, other: &State) {
        for dimension in Dimension::ALL {
            if other.spent.get(dimension) > self.spent.get(dimension) {
                self.trails[dimension as usize] = other.trails[dimension as usize];
            }
        }
        self.spent = self.spent.either(&other.spent);
        self.latest = later(self.latest, other.latest);
        self.alive = self.alive || other.alive;
    }
}

/// Notes that the body is left at a part.
fn left(
    entry: &mut Entry,
    trails: &mut Trails,
    part: usize,
    exit: Exit,
    total: &Resources,
    trail: impl Fn(Dimension) -> Trail,
) {
    let mut last: Option<(Trail, Trail)> = None;
    entry.note(exit, total, |dimension| {
        let before = trail(dimension);
        let after = match last {
            Some((known, after)) if known == before => after,
            _ => trails.push(before, Mark::Left(part)),
        };
        last = Some((before, after));
        after
    });
}

fn later(a: Led, b: Led) -> Led {
    if b.0 > a.0 { b } else { a }
}

fn repeated<T: Clone>(of: &[T], times: usize) -> Vec<T> {
    let mut all = Vec::with_capacity(of.len() * times);
    (0..times).for_each(|_| all.extend_from_slice(of));
    all
}
