//! Windows of time. In: a time, a length, a time zone. Out: when the window that the time is in began, and when the next one does.
//!
//! They follow each other without a gap. In UTC they are counted from 1970, in a time zone they begin with its days, which have 23 or 25
//! hours where clocks change; those of whole weeks begin on Mondays.

use std::sync::OnceLock;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Span, Unit};

/// A day in milliseconds.
const DAY: u64 = 86_400_000;

/// From 1970, which began on a Thursday, to the first Monday.
const FIRST_MONDAY: u64 = 4;

/// A window, half-open: its end is the beginning of the next one. In milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// When it begins.
    pub starts_at: u64,
    /// When the next one begins.
    pub ends_at: u64,
}

/// INVARIANT I-24: the window that a time is in follows from the time alone. `None` where nobody knows the time zone, or the time is none.
#[must_use]
pub fn of(now_ms: u64, per_ms: u64, zone: Option<&str>) -> Option<Window> {
    match zone {
        None => Some(in_utc(now_ms, per_ms.max(1))),
        Some(zone) => in_zone(now_ms, (per_ms / DAY).max(1), &known(zone)?),
    }
}

/// The time zone of that name. It is looked up in this program and not on this machine, so that all processes agree on its days.
#[must_use]
pub fn known(zone: &str) -> Option<TimeZone> {
    zones().get(zone).ok()
}

fn zones() -> &'static TimeZoneDatabase {
    static ZONES: OnceLock<TimeZoneDatabase> = OnceLock::new();
    ZONES.get_or_init(TimeZoneDatabase::bundled)
}

fn in_utc(now_ms: u64, per: u64) -> Window {
    let offset = if per.is_multiple_of(7 * DAY) { FIRST_MONDAY * DAY } else { 0 };
    let starts_at = now_ms.checked_sub(offset).map_or(0, |since| offset + since / per * per);
    // Before the first Monday there is a part of a week.
    let ends_at = if now_ms < offset { offset } else { starts_at.saturating_add(per) };
    Window { starts_at, ends_at }
}

fn in_zone(now_ms: u64, days: u64, zone: &TimeZone) -> Option<Window> {
    let days = i64::try_from(days).ok()?;
    let offset = if days % 7 == 0 { i64::try_from(FIRST_MONDAY).ok()? } else { 0 };
    let now = Timestamp::from_millisecond(i64::try_from(now_ms).ok()?).ok()?;
    let today = zone.to_datetime(now).date();
    let since = i64::from(today.since((Unit::Day, FIRST)).ok()?.get_days()) - offset;
    let begin = |number: i64| {
        let day = FIRST.checked_add(Span::new().try_days(number.checked_mul(days)?.checked_add(offset)?).ok()?).ok()?;
        // A day without a midnight begins when the clock goes on; one with two at the first.
        let first = zone.to_ambiguous_timestamp(day.at(0, 0, 0, 0)).compatible().ok()?;
        Some(u64::try_from(first.as_millisecond()).unwrap_or(0))
    };
    let mut number = since.div_euclid(days);
    // Where clocks go back over midnight, a date comes twice: the time decides, not the date.
    while begin(number)? > now_ms {
        number -= 1;
    }
    while begin(number + 1)? <= now_ms {
        number += 1;
    }
    Some(Window { starts_at: begin(number)?, ends_at: begin(number + 1)? })
}

/// The day that days are counted from.
const FIRST: Date = jiff::civil::date(1970, 1, 1);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> u64 {
        u64::try_from(text.parse::<Timestamp>().unwrap().as_millisecond()).unwrap()
    }

    fn start(now_ms: u64, per_ms: u64) -> u64 {
        of(now_ms, per_ms, None).unwrap().starts_at
    }

    #[test]
    fn windows_follow_each_other_without_a_gap() {
        let now = at("2026-11-23T22:41:07.250Z");
        assert_eq!(start(now, 3_600_000), at("2026-11-23T22:00:00Z"));
        assert_eq!(start(now, DAY), at("2026-11-23T00:00:00Z"));
        assert_eq!(start(now, 7 * DAY), at("2026-11-23T00:00:00Z"), "a Monday");
        assert_eq!(start(at("2026-11-22T23:59:59.999Z"), 7 * DAY), at("2026-11-16T00:00:00Z"));
        for per in [1_000, 60_000, 5 * 3_600_000, DAY, 7 * DAY, 30 * DAY] {
            for now in [0, 1, 3 * DAY, now] {
                let window = of(now, per, None).unwrap();
                assert!(window.starts_at <= now && now < window.ends_at, "{now} {per}");
                assert_eq!(of(window.starts_at, per, None), Some(window), "the beginning is inside");
                assert_eq!(of(window.ends_at - 1, per, None), Some(window));
                assert_eq!(start(window.ends_at, per), window.ends_at, "the end is not");
            }
        }
    }

    #[test]
    fn a_day_is_the_one_of_its_zone_also_where_clocks_change() {
        let day = |zone, now| of(at(now), DAY, Some(zone)).unwrap();
        let expect = |zone, now, from, to| {
            assert_eq!(day(zone, now), Window { starts_at: at(from), ends_at: at(to) }, "{zone} at {now}");
        };
        expect("Europe/Berlin", "2026-11-23T22:59:59Z", "2026-11-22T23:00:00Z", "2026-11-23T23:00:00Z");
        expect("Europe/Berlin", "2026-11-23T23:00:00Z", "2026-11-23T23:00:00Z", "2026-11-24T23:00:00Z");
        // 23 and 25 hours.
        expect("Europe/Berlin", "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z");
        expect("Europe/Berlin", "2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z");
        expect("Asia/Kathmandu", "2026-01-01T18:14:59Z", "2025-12-31T18:15:00Z", "2026-01-01T18:15:00Z");
        // There is no midnight: clocks go on from it to one o'clock.
        expect("America/Sao_Paulo", "2018-11-04T12:00:00Z", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z");
        // There are two: clocks go back to it.
        expect("America/Havana", "2020-11-01T12:00:00Z", "2020-11-01T04:00:00Z", "2020-11-02T05:00:00Z");
        // Clocks went back over midnight, a minute after it: what comes then belongs to the day that had begun.
        expect("America/St_Johns", "2010-11-07T03:00:00Z", "2010-11-07T02:30:00Z", "2010-11-08T03:30:00Z");
        // A day that never was.
        expect("Pacific/Apia", "2011-12-30T09:59:59Z", "2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z");
        expect("Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z");
        assert_eq!(of(at("2026-01-01T00:00:00Z"), DAY, Some("Europe/Berlni")), None);
        let week = of(at("2026-10-25T22:59:59Z"), 7 * DAY, Some("Europe/Berlin")).unwrap();
        assert_eq!(
            (week.starts_at, week.ends_at),
            (at("2026-10-18T22:00:00Z"), at("2026-10-25T23:00:00Z")),
            "on Mondays"
        );
    }

    #[test]
    fn days_of_every_zone_follow_each_other_without_a_gap() {
        let all: Vec<String> = zones().available().map(|zone| zone.to_string()).collect();
        assert!(all.len() > 400, "{all:?}");
        for zone in all {
            for days in [1, 7] {
                let window = |now| of(now, days * DAY, Some(&zone)).unwrap();
                let mut now = window(at("2010-10-01T00:00:00Z"));
                while now.starts_at < at("2012-01-10T00:00:00Z") {
                    let length = now.ends_at - now.starts_at;
                    assert!(length > 0 && length >= (days - 1) * DAY && length <= days * DAY + DAY, "{zone}: {now:?}");
                    for inside in [now.starts_at, now.starts_at + length / 3, now.ends_at - 1] {
                        assert_eq!(window(inside), now, "{zone} at {inside}");
                    }
                    let next = window(now.ends_at);
                    assert_eq!(next.starts_at, now.ends_at, "{zone}: a gap after {now:?}");
                    now = next;
                }
            }
        }
    }
}
