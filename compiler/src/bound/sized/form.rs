//! The bound as a formula in one size of the input. In: a flow, and a size. Out: a line that the bound never leaves, and whether it
//! is the bound itself at every point that was bounded again.

use super::sizes::{Size, sizes, with_sizes};
use crate::cost::Dimension;
use crate::program::{FlowId, Program};

/// How many sizes are bounded again for one formula.
const MOST_POINTS: u64 = 33;
/// How many sizes of one flow have a formula.
const MOST_SIZES: usize = 12;

/// `start + each · size`, for all sizes up to the most, the other sizes at their most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// The size: `xs.len`, `t.body.tok`.
    pub size: Size,
    /// What there is of the dimension at 0: nano-dollars, counts, tokens, milliseconds.
    pub start: u64,
    /// What each one more adds.
    pub each: u64,
    /// Whether the bound is the line at all points; otherwise it is at most the line.
    pub is_exact: bool,
    /// At how many points the bound was computed.
    pub points: u64,
}

impl Form {
    /// The line at a size.
    #[must_use]
    pub fn at(&self, size: u64) -> u128 {
        u128::from(self.start) + u128::from(self.each) * u128::from(size)
    }
}

/// The formulas of a flow in the sizes that make a difference, in a dimension.
#[must_use]
pub fn forms(program: &Program, flow: FlowId, dimension: Dimension) -> Vec<Form> {
    let all = sizes(program, flow).into_iter().take(MOST_SIZES);
    all.filter_map(|size| form(program, flow, dimension, size)).collect()
}

fn form(program: &Program, flow: FlowId, dimension: Dimension, size: Size) -> Option<Form> {
    let bound = |value: u64| {
        let set = [(size.name.clone(), value)];
        with_sizes(program, flow, &set).ok().flatten().map(|bound| bound.get(dimension))
    };
    let (first, last) = (bound(0)?, bound(size.most)?);
    if size.most == 0 || first == last {
        return None;
    }
    let parts = size.most.min(MOST_POINTS - 1);
    let place = |part: u64| u64::try_from(u128::from(size.most) * u128::from(part) / u128::from(parts)).ok();
    let points =
        (0..=parts).map(|part| place(part).and_then(|at| Some((at, bound(at)?)))).collect::<Option<Vec<_>>>()?;
    let each = last.checked_sub(first)?.div_ceil(size.most);
    let line = |at: u64| u128::from(first) + u128::from(each) * u128::from(at);
    let is_exact = points.iter().all(|(at, bound)| line(*at) == u128::from(*bound));
    let start = if is_exact { first } else { lifted(&points, each)? };
    Some(Form { size, start, each, is_exact, points: parts + 1 })
}

/// Where a line with this slope starts so that the bound is never above it: a bound does not fall where a size grows, so between two
/// points it is at most what it is at the second.
fn lifted(points: &[(u64, u64)], each: u64) -> Option<u64> {
    let mut start = points.first()?.1;
    for pair in points.windows(2) {
        let [(before, _), (_, bound)] = pair else { continue };
        let reached = u128::from(each) * (u128::from(*before) + 1);
        let needed = u128::from(*bound).saturating_sub(reached);
        start = start.max(u64::try_from(needed).ok()?);
    }
    Some(start)
}
