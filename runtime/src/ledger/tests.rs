use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use flow_compiler::cost::{Money, Resources};
use serde_json::json;

use super::query::Reader;
use super::{Book, Cause, Disposition, Ended, Entry, Held, Kind, Ledger, Opened, Settlement, State, UsageSource};
use crate::budget::Hold;
use crate::clock::SystemClock;

fn opened(run: &str) -> Entry {
    let (bound, limit) = (Resources::ZERO, Resources::ZERO);
    let plan = "plan".to_owned();
    Entry::Open(Box::new(Opened {
        run: run.into(),
        flow: "f".into(),
        plan,
        input: json!({}),
        bound,
        limit,
        scripted: false,
        at_ms: 1,
    }))
}

fn held(run: &str, number: u64) -> Held {
    Held {
        attempt: format!("{run}-{number}"),
        run: run.into(),
        number,
        kind: Kind::Model,
        step: "solve".into(),
        path: "f/solve".into(),
        address: crate::execution::Address::default(),
        model: Some("a".into()),
        tier: Some("mid".into()),
        rung: Some(1),
        left_out: 0,
        turn: Some(1),
        cause: Cause::First,
        reserved: Resources {
            cost: Money::from_nanos(70),
            calls: 1,
            turns: 1,
            tools: 0,
            input: 5,
            output: 7,
            tokens: 12,
            time_ms: 1,
        },
        price: None,
        tool: None,
        at_ms: 2,
    }
}

fn settlement(run: &str, number: u64, nanos: u64) -> Settlement {
    let reserved = Resources { cost: Money::from_nanos(nanos), calls: 1, ..Resources::ZERO };
    Settlement {
        state: State::Settled,
        disposition: Disposition::Landed,
        source: Some(UsageSource::Provider),
        detail: None,
        ..Settlement::presumed(&format!("{run}-{number}"), &reserved, 3, "")
    }
}

/// A run of one held attempt, as another process would have left it.
async fn write(ledger: &Arc<Ledger>, run: &str) -> Hold {
    ledger.write(opened(run));
    let book = Arc::clone(ledger) as Arc<dyn Book>;
    Hold::take(book, Arc::new(SystemClock), held(run, 1)).await.expect("a hold")
}

#[tokio::test]
async fn a_row_is_settled_once() {
    let home = tempfile::tempdir().unwrap();
    let ledger = Arc::new(Ledger::open(home.path()).unwrap());
    let hold = write(&ledger, "r").await;
    let reader = Reader::open(home.path()).unwrap();
    assert_eq!(reader.attempts("r").unwrap()[0].state, "held", "the hold is there before anything is sent");
    hold.settle(settlement("r", 1, 10));
    ledger.write(Entry::Settle(Box::new(settlement("r", 1, 60))));
    drop(ledger);
    let row = &reader.attempts("r").unwrap()[0];
    assert_eq!((row.state.as_str(), row.spent.unwrap().cost), ("settled", Money::from_nanos(10)));
    assert_eq!((row.cause.as_str(), row.reserved), ("first", Money::from_nanos(70)));
    let sums = reader.sums(Some("r")).unwrap();
    assert_eq!((sums.attempts, sums.cost, sums.presumed), (1, Money::from_nanos(10), Money::ZERO));
}

#[tokio::test]
async fn two_processes_settle_one_attempt_once() {
    let home = tempfile::tempdir().unwrap();
    let (one, two) = (Arc::new(Ledger::open(home.path()).unwrap()), Ledger::open(home.path()).unwrap());
    let hold = write(&one, "r").await;
    hold.settle(settlement("r", 1, 10));
    one.write_durably(opened("s")).await.unwrap();
    two.write(Entry::Settle(Box::new(settlement("r", 1, 60))));
    two.write_durably(opened("t")).await.unwrap();
    let reader = Reader::open(home.path()).unwrap();
    assert_eq!(reader.attempts("r").unwrap()[0].spent.unwrap().cost, Money::from_nanos(10));
}

#[tokio::test]
async fn a_hold_that_is_dropped_is_presumed() {
    let home = tempfile::tempdir().unwrap();
    let ledger = Arc::new(Ledger::open(home.path()).unwrap());
    drop(write(&ledger, "r").await);
    drop(ledger);
    let row = &Reader::open(home.path()).unwrap().attempts("r").unwrap()[0];
    assert_eq!((row.state.as_str(), row.spent.unwrap().cost), ("presumed", Money::from_nanos(70)));
    assert_eq!((row.disposition.as_deref(), row.usage_source.as_deref()), (Some("in_doubt"), Some("assumed")));
}

#[tokio::test]
async fn what_the_living_hold_is_left_alone() {
    let home = tempfile::tempdir().unwrap();
    let ledger = Arc::new(Ledger::open(home.path()).unwrap());
    let hold = write(&ledger, "r").await;
    let other = Ledger::open(home.path()).unwrap();
    let reader = Reader::open(home.path()).unwrap();
    assert_eq!(reader.attempts("r").unwrap()[0].state, "held");
    drop((hold, other, ledger));
}

#[tokio::test]
async fn an_entry_that_cannot_be_written_does_not_take_others_with_it() {
    let home = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(home.path()).unwrap();
    ledger.write_durably(opened("r")).await.unwrap();
    ledger.write(Entry::Hold(Box::new(held("r", 1))));
    let too_much = Held { reserved: Resources { cost: Money::MAX, ..Resources::ZERO }, ..held("r", 2) };
    assert!(ledger.write_durably(Entry::Hold(Box::new(too_much))).await.is_err(), "never a smaller number");
    ledger.write_durably(Entry::Hold(Box::new(held("r", 3)))).await.unwrap();
    assert_eq!(Reader::open(home.path()).unwrap().attempts("r").unwrap().len(), 2);
}

#[tokio::test]
async fn numbers_that_no_column_holds_are_settled_and_summed() {
    let home = tempfile::tempdir().unwrap();
    let ledger = Arc::new(Ledger::open(home.path()).unwrap());
    let usage = flow_compiler::cost::Usage { input_fresh: u64::MAX, ..Default::default() };
    for run in ["r", "s", "t"] {
        let hold = write(&ledger, run).await;
        hold.settle(Settlement { usage: Some(usage), ..settlement(run, 1, u64::MAX) });
        ledger.write_durably(opened(&format!("after {run}"))).await.unwrap();
    }
    let reader = Reader::open(home.path()).unwrap();
    let row = &reader.attempts("r").unwrap()[0];
    assert_eq!((row.state.as_str(), row.usage.unwrap().input_fresh), ("settled", i64::MAX.unsigned_abs()));
    assert_eq!(reader.sums(None).unwrap().cost, Money::MAX, "what does not fit is the most there is");
    assert_eq!(reader.sums(Some("r")).unwrap().cost, Money::from_nanos(i64::MAX.unsigned_abs()));
    drop(ledger);
    // A run that its process left behind is summed in the same way.
    assert_eq!(Reader::open(home.path()).unwrap().run("r").unwrap().unwrap().status, "failed");
}

#[tokio::test]
async fn what_a_run_that_has_ended_left_held_is_settled_by_whoever_comes_next() {
    let home = tempfile::tempdir().unwrap();
    let ledger = Arc::new(Ledger::open(home.path()).unwrap());
    ledger.write(opened("r"));
    ledger.write(Entry::Hold(Box::new(held("r", 1))));
    let spent = Resources::ZERO;
    let (status, report) = ("failed", json!({}));
    ledger.write(Entry::End(Box::new(Ended { run: "r".into(), status, reason: None, spent, report, at_ms: 3 })));
    ledger.write_durably(opened("s")).await.unwrap();
    let row = &Reader::open(home.path()).unwrap().attempts("r").unwrap()[0];
    assert_eq!((row.state.as_str(), row.spent.unwrap().cost), ("presumed", Money::from_nanos(70)));
}

#[tokio::test]
async fn played_runs_are_marked_and_not_summed_also_in_an_older_ledger() {
    let home = tempfile::tempdir().unwrap();
    let ledger = Arc::new(Ledger::open(home.path()).unwrap());
    write(&ledger, "r").await.settle(settlement("r", 1, 10));
    drop(ledger);
    let older = rusqlite::Connection::open(home.path().join(Ledger::FILE)).unwrap();
    older.execute_batch("ALTER TABLE runs DROP COLUMN scripted; ALTER TABLE attempts DROP COLUMN left_out; PRAGMA user_version = 1;").unwrap();
    drop(older);
    assert!(!Reader::open(home.path()).unwrap().run("r").unwrap().unwrap().scripted);
    let ledger = Arc::new(Ledger::open(home.path()).unwrap());
    let Entry::Open(paid) = opened("s") else { unreachable!("it opens") };
    ledger.write(Entry::Open(Box::new(Opened { scripted: true, ..*paid })));
    ledger.write(Entry::Hold(Box::new(held("s", 1))));
    ledger.write(Entry::Settle(Box::new(settlement("s", 1, 20))));
    ledger.write_durably(opened("t")).await.unwrap();
    let reader = Reader::open(home.path()).unwrap();
    assert!(reader.run("s").unwrap().unwrap().scripted);
    let cost = |run| reader.sums(run).unwrap().cost.nanos();
    assert_eq!((cost(None), cost(Some("r")), cost(Some("s"))), (10, 10, 20));
}

#[test]
fn many_open_a_new_ledger_at_once() {
    let home = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let home = home.path();
            scope.spawn(move || {
                let ledger = Ledger::open(home).unwrap();
                ledger.write(opened(&format!("r{number}")));
                for attempt in 1..=20 {
                    ledger.write(Entry::Hold(Box::new(held(&format!("r{number}"), attempt))));
                    ledger.write(Entry::Settle(Box::new(settlement(&format!("r{number}"), attempt, 10))));
                }
            });
        }
    });
    let sums = Reader::open(home.path()).unwrap().sums(None).unwrap();
    assert_eq!((sums.attempts, sums.cost, sums.held), (160, Money::from_nanos(1_600), Money::ZERO));
}

#[test]
fn what_is_no_ledger_is_refused() {
    let home = tempfile::tempdir().unwrap();
    assert_eq!(Reader::open(home.path()).unwrap_err().code.as_str(), "E0907");
    std::fs::write(home.path().join(Ledger::FILE), vec![b'x'; 8_192]).unwrap();
    assert_eq!(Ledger::open(home.path()).unwrap_err().code.as_str(), "E0905");
    std::fs::remove_file(home.path().join(Ledger::FILE)).unwrap();
    let later = rusqlite::Connection::open(home.path().join(Ledger::FILE)).unwrap();
    later.pragma_update(None, "user_version", 99).unwrap();
    assert_eq!(Ledger::open(home.path()).unwrap_err().code.as_str(), "E0906");
    assert_eq!(Reader::open(home.path()).unwrap_err().code.as_str(), "E0906");
}

/// The process that is killed: it holds attempts, settles every other one, and says so, until it dies.
#[test]
#[ignore = "the other half of the test below"]
fn a_process_that_is_killed() {
    let Ok(home) = std::env::var("FLOW_TEST_HOME") else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let ledger = Arc::new(Ledger::open(Path::new(&home)).unwrap());
        let run = format!("run{}", std::process::id());
        ledger.write(opened(&run));
        let mut out = std::io::stdout();
        for number in 1.. {
            let book = Arc::clone(&ledger) as Arc<dyn Book>;
            let hold = Hold::take(book, Arc::new(SystemClock), held(&run, number)).await.unwrap();
            writeln!(out, "\nheld {run}-{number}").unwrap();
            out.flush().unwrap();
            hold.settle(settlement(&run, number, 10));
        }
    });
}

#[test]
fn a_ledger_opens_after_its_process_was_killed_at_any_moment() {
    let home = tempfile::tempdir().unwrap();
    for lines in [1, 2, 7, 30] {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "ledger::tests::a_process_that_is_killed", "--nocapture"])
            .env("FLOW_TEST_HOME", home.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let held: Vec<String> =
            output.filter_map(|line| line.strip_prefix("held ").map(str::to_owned)).take(lines).collect();
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(held.len(), lines);
        // Whoever opens it next, to write or to read, finds it settled.
        if lines % 2 == 0 {
            drop(Ledger::open(home.path()).unwrap());
        }
        let reader = Reader::open(home.path()).unwrap();
        let run = held[0].split('-').next().unwrap();
        let rows = reader.attempts(run).unwrap();
        let ended = reader.run(run).unwrap().unwrap();
        let all: u64 = rows.iter().map(|row| row.spent.unwrap().cost.nanos()).sum();
        assert_eq!((ended.status.as_str(), ended.spent.unwrap().cost.nanos()), ("failed", all));
        for attempt in &held {
            let row = rows.iter().find(|row| row.id == *attempt).expect("no row is lost");
            match row.state.as_str() {
                "settled" => assert_eq!(row.spent.unwrap().cost, Money::from_nanos(10)),
                "presumed" => assert_eq!(row.spent.unwrap().cost, Money::from_nanos(70)),
                other => panic!("{attempt} is {other}"),
            }
        }
        assert!(rows.iter().all(|row| row.state != "held"));
    }
    let owners = std::fs::read_dir(home.path().join("owners")).unwrap().count();
    assert_eq!(owners, 0, "the dead leave nothing behind");
}
