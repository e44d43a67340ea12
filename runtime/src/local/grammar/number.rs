//! Numbers within a range, as regular expressions without leading zeros.

use flow_compiler::cost::Money;

use super::form::{Form, pattern};

/// Whole numbers, both ends included.
pub(super) fn whole(low: i128, high: i128) -> Form {
    let mut ways = Vec::new();
    if low < 0 {
        let least = if high < 0 { -high } else { 1 };
        ways.extend(between(least.unsigned_abs(), low.unsigned_abs()).into_iter().map(|way| format!("-{way}")));
    }
    if high >= 0 {
        ways.extend(between(low.max(0).unsigned_abs(), high.unsigned_abs()));
    }
    let longest = low.to_string().len().max(high.to_string().len());
    pattern(&either(&ways), longest as u64)
}

/// Dollars and cents from zero to an amount.
pub(super) fn dollars(most: Money) -> Form {
    let cents = u128::from(most.nanos() / 10_000_000);
    let (dollars, rest) = (cents / 100, cents % 100);
    let mut ways = Vec::new();
    if dollars > 0 {
        ways.push(format!(r"{}(\.[0-9]{{2}})?", either(&between(0, dollars - 1))));
    }
    let last = if rest == 99 { "[0-9]{2}".to_owned() } else { either(&two_digits(rest)) };
    ways.push(format!(r"{dollars}(\.{last})?"));
    pattern(&either(&ways), dollars.to_string().len() as u64 + 3)
}

/// `00` to a number below 100.
fn two_digits(most: u128) -> Vec<String> {
    let (tens, ones) = (most / 10, most % 10);
    let mut ways = vec![if ones == 0 { format!("{tens}0") } else { format!("{tens}[0-{ones}]") }];
    if tens > 0 {
        ways.push(if tens == 1 { "0[0-9]".to_owned() } else { format!("[0-{}][0-9]", tens - 1) });
    }
    ways
}

/// The numbers from `low` to `high`: one expression for each stretch in which the digits vary freely.
fn between(low: u128, high: u128) -> Vec<String> {
    let mut ways = Vec::new();
    let mut start = low;
    while start <= high {
        let end = stretch(start, high);
        ways.push(digits(start, end));
        start = end + 1;
    }
    ways
}

/// The end of the longest stretch from `start` in which a leading part is fixed, one digit runs and the rest is free.
fn stretch(start: u128, high: u128) -> u128 {
    let length = start.to_string().len();
    let mut best = start;
    let mut unit = 1u128;
    while start.is_multiple_of(unit) && unit <= start.max(1) {
        let digit = start / unit % 10;
        // No stretch leaves the length of its start: a longer number does not begin with a zero.
        let ends = (digit..=9).map(|last| start + (last - digit + 1) * unit - 1);
        best = ends.filter(|end| *end <= high && end.to_string().len() == length).fold(best, u128::max);
        unit *= 10;
    }
    best
}

/// Two numbers of one length, whose digits are equal, then differ in one place, then are all zeros and all nines.
fn digits(start: u128, end: u128) -> String {
    let (start, end) = (start.to_string(), end.to_string());
    let mut regex = String::new();
    let mut free = 0;
    for (from, to) in start.chars().zip(end.chars()) {
        match (from, to) {
            (from, to) if from == to => regex.push(from),
            ('0', '9') => free += 1,
            (from, to) => regex.push_str(&format!("[{from}-{to}]")),
        }
    }
    match free {
        0 => regex,
        1 => regex + "[0-9]",
        _ => format!("{regex}[0-9]{{{free}}}"),
    }
}

fn either(ways: &[String]) -> String {
    match ways {
        [only] => only.clone(),
        _ => format!("({})", ways.join("|")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers of a stretch, told from its expression by hand: digits, classes and a count of free digits.
    fn ends(regex: &str) -> (u128, u128) {
        let (mut low, mut high) = (String::new(), String::new());
        let mut rest = regex;
        while let Some(first) = rest.chars().next() {
            if first == '[' {
                low.push(rest.as_bytes()[1].into());
                high.push(rest.as_bytes()[3].into());
                rest = &rest[5..];
            } else if first == '{' {
                let close = rest.find('}').expect("it is closed");
                for _ in 1..rest[1..close].parse::<usize>().expect("a count") {
                    low.push('0');
                    high.push('9');
                }
                rest = &rest[close + 1..];
            } else {
                low.push(first);
                high.push(first);
                rest = &rest[1..];
            }
        }
        (low.parse().expect("a number"), high.parse().expect("a number"))
    }

    #[test]
    fn stretches_cover_the_range_once_and_in_order() {
        let ranges = [(0, 0), (0, 9), (0, 100), (1, 5), (7, 1234), (95, 105), (10, 99), (0, 99_999), (1_000, 1_000)];
        for (low, high) in ranges.into_iter().chain((0..60).map(|n| (n * 7, n * n * 13 + n * 7))) {
            let ways = between(low, high);
            let mut next = low;
            for way in &ways {
                let (from, to) = ends(way);
                assert_eq!(from, next, "{low} to {high}: {ways:?}");
                next = to + 1;
            }
            assert_eq!(next, high + 1, "{low} to {high}: {ways:?}");
        }
        assert!(between(0, u64::MAX.into()).len() < 200);
    }

    #[test]
    fn ranges_read_well() {
        let regex = |form| {
            let Form::Pattern { regex, tokens } = form else { panic!("{form:?}") };
            (regex, tokens)
        };
        assert_eq!(regex(whole(0, 100)), ("([0-9]|[1-9][0-9]|100)".into(), 3));
        assert_eq!(regex(whole(-3, 3)), ("(-[1-3]|[0-3])".into(), 2));
        assert_eq!(regex(whole(5, 5)), ("5".into(), 1));
        assert_eq!(regex(dollars(Money::from_nanos(50_000_000_000))).0, r"(([0-9]|[1-4][0-9])(\.[0-9]{2})?|50(\.00)?)");
        assert_eq!(regex(dollars(Money::from_nanos(250_000_000))).0, r"0(\.(2[0-5]|[0-1][0-9]))?");
    }
}
