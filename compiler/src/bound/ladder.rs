//! The worst way through a ladder, in one dimension.
//!
//! Within a rung the models stand in for each other: an attempt at a position fails, and the next model goes on at the same
//! position. So a way through a rung is a staircase over positions and models, each cell one attempt. Rungs come one after the
//! other. The step's repairs are positions more, spread over the rungs; its retries repeat single attempts, so the worst is to
//! repeat the dearest one of the way. All of it is searched together, since the dearest attempt need not lie on the dearest way.

use super::turns::Lane;
use crate::cost::Dimension;
use crate::mutant::{Mutant, rule};

/// What a step may repeat.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caps {
    /// Turns of a rung.
    pub turns: usize,
    /// Invalid answers sent back, over all rungs.
    pub repairs: usize,
    /// Requests sent again, over all rungs.
    pub retries: u64,
}

/// One attempt of a way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Visit {
    /// The rung.
    pub rung: usize,
    /// The model of its tier.
    pub lane: usize,
    /// The position: turns, then repairs.
    pub position: usize,
    /// Whether the retries are spent here.
    pub repeated: bool,
}

/// The most that the attempts of a ladder take in a dimension, and the way on which they do. `None` where it does not fit.
#[must_use]
pub(super) fn worst(rungs: &[Vec<&Lane>], caps: Caps, dimension: Dimension) -> Option<(u64, Vec<Visit>)> {
    let caps = Caps { repairs: rule(Mutant::RepairsForgotten, caps.repairs, || 0), ..caps };
    let rungs = rule(Mutant::FirstRungOnly, rungs, || rungs.get(..1).unwrap_or_default());
    let rungs = rule(Mutant::LastRungOnly, rungs, || rungs.get(rungs.len().saturating_sub(1)..).unwrap_or_default());
    let tables: Vec<Table> = rungs.iter().map(|lanes| Table::new(lanes, caps, dimension)).collect::<Option<_>>()?;
    // best[r][q][u]: after r rungs, with at most q repairs and u of the retries spent.
    let mut best = vec![vec![[Some(0u128), None]; caps.repairs + 1]];
    for table in &tables {
        let before = best.last()?;
        let after = (0..=caps.repairs).map(|spent| {
            let ways = (0..=spent).map(|here| (before[spent - here], table.end(caps.turns + here)));
            ways.fold([None, None], |most, (before, here)| {
                let plain = sum(before[0], here[0]);
                let repeated = sum(before[1], here[0]).max(sum(before[0], here[1]));
                [most[0].max(plain), most[1].max(repeated)]
            })
        });
        let after = after.collect();
        best.push(after);
    }
    let end = best.last()?[caps.repairs];
    let repeated = end[1] >= end[0] && caps.retries > 0;
    let most = u64::try_from(end[usize::from(repeated)]?).ok()?;
    Some((most, trace(&tables, &best, caps, repeated)))
}

/// Goes back from the end to the choices that led there.
fn trace(tables: &[Table], best: &[Vec<[Option<u128>; 2]>], caps: Caps, repeated: bool) -> Vec<Visit> {
    let (mut left, mut repeated) = (caps.repairs, repeated);
    let mut visits = Vec::new();
    for (rung, table) in tables.iter().enumerate().rev() {
        let goal = best[rung + 1][left][usize::from(repeated)];
        let ways = (0..=left).flat_map(|here| [(here, false), (here, true)]);
        let found = ways.filter(|(_, inside)| repeated || !inside).find(|(here, inside)| {
            let before = best[rung][left - here][usize::from(repeated && !inside)];
            sum(before, table.end(caps.turns + here)[usize::from(*inside)]) == goal
        });
        let (here, inside) = found.unwrap_or((0, false));
        visits.extend(table.trace(caps.turns + here, inside).into_iter().map(|visit| Visit { rung, ..visit }));
        left -= here;
        repeated = repeated && !inside;
    }
    visits.reverse();
    visits
}

/// The worst ways through one rung to each of its cells.
struct Table {
    /// By model, then position: without, and with the retries spent on the way.
    cells: Vec<Vec<[Option<u128>; 2]>>,
    /// What a cell takes once, and with the retries.
    costs: Vec<Vec<[u128; 2]>>,
}

impl Table {
    fn new(lanes: &[&Lane], caps: Caps, dimension: Dimension) -> Option<Table> {
        let mut table = Table { cells: Vec::new(), costs: Vec::new() };
        for lane in lanes {
            let costs = lane.attempts.iter().map(|attempt| {
                let once = attempt.get(dimension);
                // At most 2^65 · 2^64: it does not fit only where no bound would.
                let times =
                    rule(Mutant::RetryOneShort, u128::from(caps.retries).checked_add(1)?, || caps.retries.into());
                let times = rule(Mutant::RetryIsFree, times, || 1);
                Some([once, once.checked_mul(times)?])
            });
            let costs = costs.collect::<Option<Vec<_>>>()?;
            let mut row: Vec<[Option<u128>; 2]> = Vec::with_capacity(costs.len());
            for (position, cost) in costs.iter().enumerate() {
                let above = table.cells.last().and_then(|above| above.get(position)).copied();
                let fresh = || if position == 0 { above } else { None };
                let above = rule(Mutant::StandInBeginsAgain, above, fresh);
                let left = position.checked_sub(1).map(|left| row[left]);
                let start = if table.cells.is_empty() && position == 0 { [Some(0), None] } else { [None, None] };
                let before = [above, left]
                    .into_iter()
                    .flatten()
                    .fold(start, |most, way| [most[0].max(way[0]), most[1].max(way[1])]);
                let again = if caps.retries > 0 { sum(before[0], Some(cost[1])) } else { None };
                let whole = || again.map(|again| again + before[0].unwrap_or(0));
                let again = rule(Mutant::RetryEverything, again, whole);
                let is_stand_in = !table.cells.is_empty() && above.is_some();
                let once = rule(Mutant::StandInIsFree, cost[0], || if is_stand_in { 0 } else { cost[0] });
                row.push([sum(before[0], Some(once)), sum(before[1], Some(once)).max(again)]);
            }
            table.cells.push(row);
            table.costs.push(costs);
        }
        Some(table)
    }

    /// The worst way that ends after so many positions, every model tried.
    fn end(&self, positions: usize) -> [Option<u128>; 2] {
        self.cells.last().and_then(|row| row.get(positions - 1)).copied().unwrap_or([None, None])
    }

    /// The attempts of that way, last first.
    fn trace(&self, positions: usize, repeated: bool) -> Vec<Visit> {
        let (mut lane, mut position, mut repeated) = (self.cells.len().saturating_sub(1), positions - 1, repeated);
        let mut visits = Vec::new();
        loop {
            let goal = self.cells[lane][position][usize::from(repeated)];
            let (once, again) = (self.costs[lane][position][0], self.costs[lane][position][1]);
            let before = |lane: usize, position: usize, flag: bool| self.cells[lane][position][usize::from(flag)];
            let mut next = None;
            for here in if repeated { vec![true, false] } else { vec![false] } {
                let cost = Some(if here { again } else { once });
                let flag = repeated && !here;
                if position > 0 && sum(before(lane, position - 1, flag), cost) == goal {
                    next = Some((lane, position - 1, flag, here));
                } else if lane > 0 && sum(before(lane - 1, position, flag), cost) == goal {
                    next = Some((lane - 1, position, flag, here));
                } else if lane == 0 && position == 0 && !flag {
                    next = Some((0, 0, false, here));
                }
                if next.is_some() {
                    break;
                }
            }
            let (to_lane, to_position, flag, here) = next.unwrap_or((0, 0, false, false));
            visits.push(Visit { rung: 0, lane, position, repeated: here });
            if lane == 0 && position == 0 {
                return visits;
            }
            (lane, position, repeated) = (to_lane, to_position, flag);
        }
    }
}

fn sum(a: Option<u128>, b: Option<u128>) -> Option<u128> {
    // `None` is a way that does not exist; what does not fit is as large as can be and is refused at the end.
    Some(a?.saturating_add(b?))
}
