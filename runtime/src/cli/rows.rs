//! Rows of the ledger as people read them, and how a run is found.

use flow_compiler::cost::{Money, show_count};
use flow_compiler::diagnostic::code;
use flow_runtime::ledger::query::{Reader, RunRow};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::home::problem;
use super::problem::Problem;

/// The run that is meant: by its id, or the beginning of it; without one, the last.
pub(crate) fn find(ledger: &Reader, typed: Option<&str>) -> Result<RunRow, Problem> {
    let found = match typed {
        Some("") => {
            return Err(Problem::usage(code::command::E0954, "the id of the run is empty")
                .help("without an id it is the last run; `flow report` lists the last runs"));
        }
        Some(id) => ledger.run(id),
        None => ledger.latest(),
    };
    match found.map_err(problem)? {
        Some(run) => Ok(run),
        None => Err(unknown(ledger, typed)?),
    }
}

fn unknown(ledger: &Reader, typed: Option<&str>) -> Result<Problem, Problem> {
    let runs = ledger.runs(u32::MAX).map_err(problem)?;
    let Some(id) = typed.filter(|_| !runs.is_empty()) else {
        return Ok(Problem::usage(code::command::E0954, "the ledger has no run yet").help("run one: `flow run FILE`"));
    };
    Ok(match runs.iter().filter(|run| run.id.starts_with(id)).count() {
        0 => Problem::usage(code::command::E0954, format!("the ledger has no run whose id begins with `{id}`"))
            .help("`flow report` lists the last runs"),
        alike => Problem::usage(code::command::E0954, format!("{alike} runs have an id that begins with `{id}`"))
            .help("type more of it; `flow report` lists the last runs"),
    })
}

/// The beginning of an id, enough to be found again.
pub(crate) fn short(id: &str) -> &str {
    id.get(..13).unwrap_or(id)
}

/// A point in time, to the second, in UTC: what is in a ledger reads the same everywhere.
pub(crate) fn moment(at_ms: u64) -> String {
    let stamp = i64::try_from(at_ms).ok().and_then(|at| Timestamp::from_millisecond(at).ok());
    stamp.map_or_else(String::new, |stamp| stamp.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%SZ").to_string())
}

/// A part of a whole: `12.5%`; nothing where the whole is nothing.
pub(crate) fn percent(part: Money, whole: Money) -> String {
    let permille =
        (u128::from(part.nanos()) * 1000 + u128::from(whole.nanos()) / 2).checked_div(u128::from(whole.nanos()));
    permille.map_or_else(|| "–".to_owned(), |permille| format!("{}.{}%", permille / 10, permille % 10))
}

/// Dollars to the last nano-dollar, with no more zeros than two: `$0.00412`, `$0.00`.
pub(crate) fn exactly(money: Money) -> String {
    let exact = money.exact();
    let shortest = exact.find('.').map_or(0, |point| point + 3);
    let end = exact.trim_end_matches('0').len().max(shortest);
    format!("${}", exact.get(..end).unwrap_or(&exact))
}

/// So many of something: `1 call`, `2 calls`.
pub(crate) fn counted(count: u64, one: &str, more: &str) -> String {
    format!("{} {}", show_count(count), if count == 1 { one } else { more })
}
