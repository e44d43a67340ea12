//! Ceilings as tables: each dimension with what it may take at most, beside what its budget allows.

use super::html::{escaped, table};
use crate::cost::{Dimension, Resources};
use crate::program::Limit;

/// The ceiling of a flow beside its budget, with how much of it is used up at worst.
pub(super) fn beside_budget(bound: &Resources, budget: Option<&[Limit]>) -> String {
    let rows: Vec<Vec<String>> = Dimension::ALL
        .into_iter()
        .map(|dimension| {
            let ceiling = bound.get(dimension);
            let limits = budget.unwrap_or_default().iter().filter(|limit| limit.dimension == dimension);
            let allowed = limits.map(|limit| limit.amount).min();
            vec![
                dimension.name().to_owned(),
                escaped(&dimension.show(ceiling)),
                allowed.map_or_else(none, |allowed| escaped(&dimension.show_limit(allowed))),
                allowed.map_or_else(none, |allowed| bar(ceiling, allowed)),
            ]
        })
        .collect();
    table("bounds", &["dimension", "ceiling", "budget", "of the budget, at worst"], &rows)
}

/// The ceiling of one call, in a line.
pub(super) fn row(bound: &Resources) -> String {
    let head: Vec<&str> = Dimension::ALL.iter().map(|dimension| dimension.name()).collect();
    let cells = Dimension::ALL.into_iter().map(|dimension| escaped(&dimension.show(bound.get(dimension))));
    table("line", &head, &[cells.collect()])
}

/// What is not there.
pub(super) fn none() -> String {
    "<span class=\"none\">–</span>".to_owned()
}

/// A share of a budget as a bar with its number beside it.
fn bar(ceiling: u64, allowed: u64) -> String {
    let percent = match (ceiling, allowed) {
        (0, _) => 0,
        (_, 0) => 100,
        _ => (u128::from(ceiling) * 100).div_ceil(u128::from(allowed)),
    };
    let class = if percent > 100 { "over" } else { "within" };
    let shown = percent.min(100);
    format!(
        "<span class=\"bar {class}\" aria-hidden=\"true\"><span style=\"width:{shown}%\"></span></span><span class=\"percent\">{percent}%</span>"
    )
}
