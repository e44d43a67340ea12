//! `[policy]` of `flow.toml`: how much may grow without anybody being asked. In: the table. Out: thresholds; without a table
//! nothing is forbidden that a budget or a gate does not forbid, and every widening of those needs an approval.

use super::read::Reader;
use crate::cost::Money;

/// What a project lets through in review.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// The share in percent by which the cost ceiling of a flow may grow; absent: any.
    pub cost_growth: Option<u64>,
    /// Tokens by which the fixed text of a prompt may grow; absent: any.
    pub prompt_growth: Option<u64>,
    /// Dollars by which the month may grow, by the profile; absent: any.
    pub monthly_growth: Option<Money>,
    /// Whether a widened budget or gate needs no approval.
    pub widening_is_free: bool,
    /// Who may approve; empty: anybody.
    pub approvers: Vec<String>,
    /// How old the facts of a model may be, in days; absent: any age.
    pub facts_days: Option<u64>,
}

impl Policy {
    /// The fields of `[policy]`.
    pub(super) fn read(table: &mut Reader<'_, '_>) -> Policy {
        Policy {
            cost_growth: table.count("cost_growth"),
            prompt_growth: table.count("prompt_growth"),
            monthly_growth: table.amount("monthly_growth", |text| text.parse::<Money>()),
            widening_is_free: table.flag("widening_is_free").unwrap_or(false),
            approvers: table.texts("approvers"),
            facts_days: table.count("facts_days"),
        }
    }
}
