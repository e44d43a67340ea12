//! How the windows of ceilings are told. In: windows. Out: a table, JSON.

use flow_compiler::cost::Dimension;
use flow_runtime::budget::ceiling::shown_time;
use flow_runtime::ledger::query::WindowRow;
use serde_json::{Value, json};

use super::rows::moment;
use super::table::Table;

/// A table of windows; nothing where there are none.
pub(crate) fn text(windows: &[WindowRow]) -> String {
    if windows.is_empty() {
        return String::new();
    }
    let mut table = Table::new(["ceiling", "of whom", "spent", "held", "limit", "used", "next window"]);
    for window in windows {
        let show =
            |amount: u64| dimension(window).map_or_else(|| amount.to_string(), |dimension| dimension.show(amount));
        let used = u128::from(window.settled) + u128::from(window.held);
        table.row([
            window.ceiling.clone(),
            window.by.as_ref().map_or_else(|| "everybody".to_owned(), |(fact, value)| format!("{fact} {value}")),
            show(window.settled),
            show(window.held),
            format!("{} {}", show(window.limit), shown_time(window.per_ms, window.zone.as_deref())),
            (used * 100)
                .checked_div(u128::from(window.limit))
                .map_or_else(|| "–".to_owned(), |share| format!("{share} %")),
            moment(window.ends_at),
        ]);
    }
    format!("\n{}", table.right([2, 3, 5]))
}

/// A window as an object of `flow.report.v1`.
pub(crate) fn object(window: &WindowRow) -> Value {
    let amount = |amount: u64| match dimension(window) {
        Some(Dimension::Cost) => json!(flow_compiler::cost::Money::from_nanos(amount).exact()),
        _ => json!(amount),
    };
    json!({
        "ceiling": window.ceiling,
        "dimension": window.dimension,
        "by": window.by.as_ref().map(|(fact, value)| json!({ "fact": fact, "value": value })),
        "per_ms": window.per_ms,
        "zone": window.zone,
        "starts_at": moment(window.starts_at),
        "ends_at": moment(window.ends_at),
        "limit": amount(window.limit),
        "spent": amount(window.settled),
        "held": amount(window.held),
    })
}

fn dimension(window: &WindowRow) -> Option<Dimension> {
    Dimension::ALL.into_iter().find(|dimension| dimension.name() == window.dimension)
}
