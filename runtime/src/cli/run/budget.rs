//! `--budget` as limits. In: `cost <= $0.05, time <= 30s`. Out: dimensions with their amounts.

use flow_compiler::cost::{Dimension, Money};
use flow_compiler::diagnostic::{code, nearest};

use crate::cli::problem::Problem;

/// Reads limits, separated by commas.
pub(super) fn read(text: &str) -> Result<Vec<(Dimension, u64)>, Problem> {
    text.split(',').map(|part| limit(part.trim())).collect()
}

fn limit(text: &str) -> Result<(Dimension, u64), Problem> {
    let (name, amount) = text.split_once("<=").ok_or_else(|| {
        unread(text, "it has no `<=`").help("write a dimension, `<=` and an amount: --budget 'cost <= $0.05'")
    })?;
    let (name, amount) = (name.trim(), amount.trim());
    let dimension = Dimension::ALL.into_iter().find(|dimension| dimension.name() == name).ok_or_else(|| {
        let problem = unread(text, &format!("there is no dimension `{name}`"));
        match nearest(name, Dimension::ALL.map(Dimension::name)) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem.help(format!("there are {}", Dimension::ALL.map(Dimension::name).join(", "))),
        }
    })?;
    let read = match dimension {
        Dimension::Cost => amount.strip_prefix('$').and_then(|dollars| dollars.parse::<Money>().ok()).map(Money::nanos),
        Dimension::Time => millis(amount),
        Dimension::Input | Dimension::Output | Dimension::Tokens => whole(amount.strip_suffix("tok").unwrap_or(amount)),
        Dimension::Calls | Dimension::Turns | Dimension::Tools => whole(amount),
    };
    let example = match dimension {
        Dimension::Cost => "$0.05",
        Dimension::Time => "30s",
        Dimension::Input | Dimension::Output | Dimension::Tokens => "2000",
        Dimension::Calls | Dimension::Turns | Dimension::Tools => "5",
    };
    let amount = read.ok_or_else(|| {
        unread(text, &format!("`{amount}` is no amount of {name}")).help(format!("write it like `{name} <= {example}`"))
    })?;
    Ok((dimension, amount))
}

fn unread(text: &str, why: &str) -> Problem {
    Problem::usage(code::command::E0951, format!("the limit `{text}` cannot be read: {why}"))
}

/// `30s`, `250ms`, `3m`, `4h`, `7d`
fn millis(text: &str) -> Option<u64> {
    const UNITS: [(&str, u64); 5] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
    let (number, unit) = UNITS.iter().find_map(|(unit, millis)| Some((text.strip_suffix(unit)?, *millis)))?;
    whole(number)?.checked_mul(unit)
}

/// Digits, which `_` may separate.
fn whole(text: &str) -> Option<u64> {
    let digits = text.replace('_', "");
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_written_as_in_a_flow() {
        let read = read("cost <= $0.05, time<=250ms , tokens <= 1_000tok,calls <= 0").expect("they are limits");
        let expected =
            [(Dimension::Cost, 50_000_000), (Dimension::Time, 250), (Dimension::Tokens, 1_000), (Dimension::Calls, 0)];
        assert_eq!(read, expected);
    }

    #[test]
    fn what_is_no_limit_says_why() {
        let said = |text| read(text).expect_err("it is no limit").to_string();
        assert_eq!(said("cost < $1"), "the limit `cost < $1` cannot be read: it has no `<=`");
        assert_eq!(said("costs <= $1"), "the limit `costs <= $1` cannot be read: there is no dimension `costs`");
        assert_eq!(said("cost <= 1"), "the limit `cost <= 1` cannot be read: `1` is no amount of cost");
        assert_eq!(said("time <= 1"), "the limit `time <= 1` cannot be read: `1` is no amount of time");
        assert_eq!(said("calls <= -1"), "the limit `calls <= -1` cannot be read: `-1` is no amount of calls");
        assert_eq!(said(""), "the limit `` cannot be read: it has no `<=`");
    }
}
