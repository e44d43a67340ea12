//! Runs that are cut anywhere, again and again, and taken up by another process: whatever was lost, all of it together is within
//! the bound, and the report says what the ledger says.

use std::sync::Arc;

use flow_compiler::cost::{Dimension, Resources};
use flow_compiler::plan::Plan;
use flow_runtime::clock::Clock;
use flow_runtime::execution::Status;
use flow_runtime::ledger::{Entry, MemoryBook, Past};
use flow_runtime::run::{RunReport, Runner};
use flow_tests::flows::{Case, Chance, Shape};
use tokio::time::Instant;

use super::adversary::{Adversary, Mood};
use super::run::{main_flow, runner};
use super::values::{Fill, Values};

/// A clock that goes with virtual time.
struct Virtual(Instant);

impl Clock for Virtual {
    fn now_ms(&self) -> u64 {
        1_000_000 + u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX / 2)
    }
}

/// What became of one run: how often it was cut, and how it ended.
struct Cut {
    times: u64,
    lost: u64,
    report: RunReport,
}

/// Runs `main`, cuts it, goes on, cuts it again. What is wrong, if something is.
async fn cut(plan: &Arc<Plan>, mood: Mood, seed: u64) -> Result<Cut, String> {
    let clock = Arc::new(Virtual(Instant::now()));
    let mut chance = Chance::new(seed.rotate_left(13));
    let input = Values::new(plan).input(plan, &mut chance, if mood == Mood::Greedy { Fill::Full } else { Fill::Any });
    let host = |book: &Arc<MemoryBook>, more: u64| {
        let adversary = Arc::new(Adversary::new(plan, mood, seed.wrapping_add(more)));
        Runner { clock: Arc::clone(&clock) as _, ..runner(plan, &adversary, book, mood, seed) }
    };
    let book = Arc::new(MemoryBook::default());
    let mut report = host(&book, 0).run(plan, main_flow(plan), &input, &[]).await.map_err(|error| error.to_string())?;
    let (mut written, mut from, mut times, mut lost) = (book.written(), 1, 0, 0);
    while times < 4 && written.len() > from {
        let at = from + usize::try_from(chance.below((written.len() - from) as u64)).unwrap_or(0);
        written.truncate(at);
        let past = Past::of(&written, clock.now_ms()).ok_or("it has not begun")?;
        lost += past.attempts.iter().filter(|lived| lived.ended_at == clock.now_ms()).count() as u64;
        let book = Arc::new(MemoryBook::default());
        report = host(&book, times + 1).resume(plan, &past).await.map_err(|error| format!("cut {at}: {error}"))?;
        holds(&past, &report, &book.entries()).map_err(|wrong| format!("cut {at}: {wrong}\n{report:?}"))?;
        // What the process before had held is settled by whoever finds it, as a ledger does.
        written.extend(recovered(&written, clock.now_ms()));
        from = written.len();
        written.extend(book.written());
        times += 1;
    }
    Ok(Cut { times, lost, report })
}

/// The settlements of what is held and has none.
fn recovered(written: &[Entry], now_ms: u64) -> Vec<Entry> {
    let all = || {
        written.iter().flat_map(|entry| {
            if let Entry::Together(all) = entry { all.as_slice() } else { std::slice::from_ref(entry) }
        })
    };
    let is_settled = |id: &str| all().any(|entry| matches!(entry, Entry::Settle(settled) if settled.attempt == id));
    let held = all().filter_map(|entry| if let Entry::Hold(held) = entry { Some(held) } else { None });
    let open = held.filter(|held| !is_settled(&held.attempt));
    open.map(|held| {
        let settled =
            flow_runtime::ledger::Settlement::presumed(&held.attempt, &held.reserved, now_ms, "its process ended");
        Entry::Settle(Box::new(settled))
    })
    .collect()
}

fn holds(past: &Past, report: &RunReport, entries: &[Entry]) -> Result<(), String> {
    if let Some(dimension) = report.spent.beyond(&report.bound).next() {
        let (spent, bound) = (report.spent.get(dimension), report.bound.get(dimension));
        return Err(format!("{} of {spent} is over the bound of {bound}", dimension.name()));
    }
    let mut sum = past.attempts.iter().fold(Resources::ZERO, |sum, lived| sum.then(&lived.spent).unwrap_or(sum));
    let (mut held, mut settled) = (0u64, 0u64);
    for entry in entries {
        match entry {
            Entry::Hold(_) => held += 1,
            Entry::Settle(settlement) => {
                settled += 1;
                sum = sum.then(&settlement.spent).unwrap_or(sum);
            }
            Entry::Open(_)
            | Entry::Record(_)
            | Entry::Incident(_)
            | Entry::Wait(_)
            | Entry::Decide(_)
            | Entry::Rest(_)
            | Entry::Look(_)
            | Entry::End(_)
            | Entry::Together(_) => {}
        }
    }
    if held != settled {
        return Err(format!("{held} holds and {settled} settlements"));
    }
    let mut unlike = Dimension::ALL.into_iter().filter(|dimension| *dimension != Dimension::Time);
    match unlike.find(|dimension| sum.get(*dimension) != report.spent.get(*dimension)) {
        Some(dimension) => {
            let (books, spent) = (sum.get(dimension), report.spent.get(dimension));
            Err(format!("the ledger has {books} of {}, the report {spent}", dimension.name()))
        }
        None => Ok(()),
    }
}

#[test]
fn a_run_that_is_cut_and_resumed_stays_within_its_bound() {
    let (runs, first) = (super::number("FLOW_CUTS", 300), super::number("FLOW_SEED", 1));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime");
    let (mut run, mut seed, mut cuts, mut lost, mut done) = (0, first, 0, 0, 0u64);
    while run < runs {
        seed += 1;
        let case = Case::new(seed, Shape::Wild);
        let Some(plan) = super::plan(&case.models, &case.text()) else { continue };
        if !super::run::is_able(&plan) {
            continue;
        }
        for mood in [Mood::Random, Mood::Greedy, Mood::Random] {
            let played = seed.wrapping_mul(7_919).wrapping_add(run);
            match runtime.block_on(cut(&plan, mood, played)) {
                Ok(seen) => {
                    cuts += seen.times;
                    lost += seen.lost;
                    done += u64::from(seen.report.status == Status::Done);
                }
                Err(wrong) => panic!("seed {seed}, {mood:?} {played}: {wrong}\n{}\n{}", case.models, case.text()),
            }
            run += 1;
        }
    }
    println!("{run} runs, cut {cuts} times with {lost} attempts under way, {done} of them done, no violation");
    assert!(
        cuts > run && lost > run / 8 && done > run / 8,
        "little was tried: {cuts} cuts, {lost} lost, {done} done of {run}"
    );
}
