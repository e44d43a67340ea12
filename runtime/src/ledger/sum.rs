//! Sums that do not overflow. In: a column of whole numbers. Out: its sum, or the largest number there is.
//!
//! A database ends a query whose sum does not fit, and a provider may report any number. So the halves of the numbers are summed
//! apart, and put together here.

use super::database::{DatabaseError, Row};

/// The two columns of a query that [`sum`] puts together.
pub(super) fn halves(column: &str, filter: &str) -> String {
    let half = |part: &str| format!("coalesce(CAST(sum({column} {part}) {filter} AS BIGINT), 0)");
    format!("{}, {}", half(">> 32"), half("& 4294967295"))
}

/// The sum whose halves are in the columns from `at`.
pub(super) fn sum(row: &Row, at: usize) -> Result<u64, DatabaseError> {
    let (high, low): (u64, u64) = (row.get(at)?, row.get(at + 1)?);
    Ok(u64::try_from((u128::from(high) << 32) + u128::from(low)).unwrap_or(u64::MAX))
}
