//! No text is answered in quadratic time: what is twice as long takes about twice as long, whatever it holds.

use std::time::{Duration, Instant};

use flow_language::large::shapes;
use flow_language::targets::{check, format, parse};

/// The larger of two sizes; a million bytes would take too long without optimisation.
const LARGE: usize = 60_000;

/// Twice the size may take so many times as long: four would be quadratic, and a busy machine is never exact.
const MOST: f64 = 3.4;

fn fastest(run: fn(&[u8]), text: &str) -> Duration {
    let once = || {
        let (began, worked) = (Instant::now(), worked());
        run(text.as_bytes());
        let took = began.elapsed();
        worked.zip(self::worked()).map_or(took, |(before, after)| took.min(after.saturating_sub(before)))
    };
    once().min(once())
}

/// How long this thread has had a core, where the system says so: others that want the core do not count.
fn worked() -> Option<Duration> {
    let said = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds: u64 = said.split_whitespace().next()?.parse().ok()?;
    (nanoseconds > 0).then(|| Duration::from_nanos(nanoseconds))
}

fn grows(name: &str, run: fn(&[u8])) {
    let wrong = too_slow(run, shapes().into_iter().map(|(shape, make)| (shape, make(LARGE / 2), make(LARGE))));
    assert!(wrong.is_empty(), "{name}:\n{}", wrong.join("\n"));
}

/// The texts for which twice the size takes clearly more than twice the time.
fn too_slow(run: fn(&[u8]), texts: impl IntoIterator<Item = (&'static str, String, String)>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (shape, half, whole) in texts {
        let ratio = || {
            let (small, large) = (fastest(run, &half), fastest(run, &whole));
            // What takes no time has no ratio.
            let ratio = large.as_secs_f64() / small.as_secs_f64().max(0.01);
            (ratio, large)
        };
        // What seems slow is asked again.
        let measured = (0..3).map(|_| ratio()).take_while(|(ratio, _)| *ratio > MOST).count();
        if measured == 3 {
            let (ratio, large) = ratio();
            wrong.push(format!("{shape}: {ratio:.1} times as long for twice as much, {large:.1?} in the end"));
        }
    }
    wrong
}

/// The measure itself: what compares every byte with every other is found.
#[test]
fn quadratic_time_is_noticed() {
    fn pairs(bytes: &[u8]) {
        let alike = |a: &u8| bytes.iter().filter(|b| *b == a).count();
        std::hint::black_box(bytes.iter().map(alike).sum::<usize>());
    }
    // A machine so busy that the smaller text takes its time as well is asked again.
    let noticed = || too_slow(pairs, [("pairs", "a".repeat(4_000), "a".repeat(8_000))]).len() == 1;
    assert!((0..5).any(|_| noticed()), "quadratic time was not noticed");
}

#[test]
fn the_parser_takes_time_in_proportion() {
    grows("parse", parse);
}

#[test]
fn the_formatter_takes_time_in_proportion() {
    grows("format", format);
}

#[test]
fn the_compiler_takes_time_in_proportion() {
    grows("check", check);
}
