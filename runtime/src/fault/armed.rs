//! Fault points that do something. In: the environment. Out: signals to this very process, and a list of the points that were passed.
//!
//! - `FLOW_FAULT=hold-durable:2` ends the process at the second passing of a point; several are separated by commas, and one that
//!   ends in `:stop` sends the signal that asks a process to end instead.
//! - `FLOW_CLOCK=0,90000000` has the clock of this machine jump: each look at it is shifted by the next of these, in milliseconds.
//! - `FLOW_FAULT_PASSED=FILE` appends the name of every point that is passed, a line each, and makes waits before retries short.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use super::Point;

/// What the environment says.
struct Plan {
    faults: Vec<Fault>,
    passed: Vec<AtomicU64>,
    list: Option<Mutex<File>>,
}

struct Fault {
    point: Point,
    passing: u64,
    signal: Signal,
}

#[derive(Clone, Copy)]
enum Signal {
    Kill,
    Stop,
}

pub(super) fn at(point: Point) {
    let plan = plan();
    if let Some(list) = &plan.list {
        let mut list = list.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = writeln!(list, "{}", point.name());
    }
    let Some(passed) = plan.passed.get(point as usize) else { return };
    let passing = passed.fetch_add(1, Ordering::SeqCst) + 1;
    for fault in plan.faults.iter().filter(|fault| fault.point == point && fault.passing == passing) {
        send(fault.signal);
    }
}

pub(super) async fn during<T>(point: Point, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    std::future::poll_fn(|context| {
        let polled = work.as_mut().poll(context);
        if polled.is_pending() {
            at(point);
        }
        polled
    })
    .await
}

pub(super) fn pause(wait: Duration) -> Duration {
    if plan().list.is_some() { wait.min(Duration::from_millis(2)) } else { wait }
}

/// The time, shifted by the next of the offsets in `FLOW_CLOCK`, in milliseconds: `0,90000000,-90000000` goes on and back at every look.
pub(super) fn clock(now_ms: u64) -> u64 {
    static JUMPS: OnceLock<Vec<i64>> = OnceLock::new();
    static LOOKS: AtomicU64 = AtomicU64::new(0);
    let jumps = JUMPS.get_or_init(|| {
        let jumps = std::env::var("FLOW_CLOCK").unwrap_or_default();
        let offsets = jumps.split(',').filter(|jump| !jump.is_empty());
        offsets.map(|jump| jump.parse().unwrap_or_else(|_| wrong(jump))).collect()
    });
    let look = LOOKS.fetch_add(1, Ordering::Relaxed);
    let next = usize::try_from(look).ok().and_then(|look| jumps.get(look.checked_rem(jumps.len())?));
    next.map_or(now_ms, |jump| now_ms.saturating_add_signed(*jump))
}

fn plan() -> &'static Plan {
    static PLAN: OnceLock<Plan> = OnceLock::new();
    PLAN.get_or_init(|| {
        let faults = std::env::var("FLOW_FAULT").unwrap_or_default();
        let faults = faults
            .split(',')
            .filter(|fault| !fault.is_empty())
            .map(|fault| read(fault).unwrap_or_else(|| wrong(fault)));
        let list = std::env::var_os("FLOW_FAULT_PASSED");
        let list = list.and_then(|path| OpenOptions::new().create(true).append(true).open(path).ok());
        Plan {
            faults: faults.collect(),
            passed: Point::ALL.iter().map(|_| AtomicU64::new(0)).collect(),
            list: list.map(Mutex::new),
        }
    })
}

/// A fault as it is written: `hold-durable:2`, `hold-durable:2:stop`.
fn read(fault: &str) -> Option<Fault> {
    let (fault, signal) = fault.strip_suffix(":stop").map_or((fault, Signal::Kill), |fault| (fault, Signal::Stop));
    let (name, passing) = fault.split_once(':')?;
    let point = Point::ALL.iter().copied().find(|point| point.name() == name)?;
    Some(Fault { point, passing: passing.parse().ok()?, signal })
}

/// A test that names no point must not pass because nothing happens.
#[expect(clippy::disallowed_methods, clippy::print_stderr, reason = "this is a program that is made to die")]
fn wrong(fault: &str) -> ! {
    eprintln!("`{fault}` is no fault of FLOW_FAULT (POINT:N, POINT:N:stop) and no jump of FLOW_CLOCK (milliseconds)");
    std::process::exit(70)
}

#[cfg(unix)]
fn send(signal: Signal) {
    use rustix::process::{Signal as System, getpid, kill_process};
    match signal {
        Signal::Kill => {
            let _ = kill_process(getpid(), System::KILL);
            gone()
        }
        Signal::Stop => {
            let _ = kill_process(getpid(), System::TERM);
        }
    }
}

#[cfg(not(unix))]
fn send(_: Signal) {
    gone()
}

/// Nothing of this process happens any more.
#[expect(clippy::disallowed_methods, reason = "this is a process that is made to die, so no destructor may run")]
fn gone() -> ! {
    std::process::abort()
}
