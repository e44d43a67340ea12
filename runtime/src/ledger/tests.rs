use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use flow_compiler::cost::{Money, Resources};
use serde_json::json;

use super::query::Reader;
use super::{Book, Cause, Disposition, Ended, Entry, Held, Kind, Ledger, Opened, Settlement, State, UsageSource};
use super::{BookError, Location};
use crate::budget::Hold;
use crate::budget::ceiling::{Claim, Declared};
use crate::clock::SystemClock;
use crate::testing::postgres::Postgres;

/// Where a test keeps its ledger.
enum Place {
    Folder(tempfile::TempDir),
    Server(String),
}

impl Place {
    /// A file and, where Postgres is installed, a database on a server: what holds of one holds of the other.
    fn both() -> Vec<Place> {
        let server = Postgres::shared().map(|server| Place::Server(server.database()));
        [Place::Folder(tempfile::tempdir().unwrap())].into_iter().chain(server).collect()
    }

    fn at(&self) -> Location {
        match self {
            Place::Folder(home) => Location::from(home.path()),
            Place::Server(address) => Location::server(address).unwrap(),
        }
    }

    /// As another process is told where it is.
    fn name(&self) -> String {
        match self {
            Place::Folder(home) => home.path().display().to_string(),
            Place::Server(address) => address.clone(),
        }
    }

    /// Waits until the server has seen that a process is gone, which its system tells it at once, and it itself a little later.
    fn notices_the_dead(&self) {
        let Place::Server(address) = self else { return };
        let others =
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'flow' AND datname = current_database()";
        let server = Postgres::shared().unwrap();
        while server.sql(address, others) != "0" {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }

    /// Runs statements as somebody else would.
    fn tamper(&self, sqlite: &str, postgres: &str) {
        match self {
            Place::Folder(home) => {
                rusqlite::Connection::open(home.path().join(Ledger::FILE)).unwrap().execute_batch(sqlite).unwrap();
            }
            Place::Server(address) => drop(Postgres::shared().unwrap().sql(address, postgres)),
        }
    }
}

pub(super) fn opened(run: &str) -> Entry {
    let (bound, limit) = (Resources::ZERO, Resources::ZERO);
    let plan = "plan".to_owned();
    Entry::Open(Box::new(Opened {
        run: run.into(),
        flow: "f".into(),
        plan,
        input: json!({}),
        bound,
        limit,
        content: None,
        caller: Default::default(),
        root: None,
        scripted: false,
        limits: Vec::new(),
        at_ms: 1,
    }))
}

pub(super) fn held(run: &str, number: u64) -> Held {
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
        claims: Vec::new(),
        at_ms: 2,
    }
}

pub(super) fn settlement(run: &str, number: u64, nanos: u64) -> Settlement {
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
    Hold::take(book, Arc::new(SystemClock), held(run, 1)).await.expect("a hold").0
}

#[tokio::test]
async fn a_row_is_settled_once() {
    for place in Place::both() {
        let ledger = Arc::new(Ledger::open(place.at()).unwrap());
        let hold = write(&ledger, "r").await;
        let reader = Reader::open(place.at()).unwrap();
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
}

#[tokio::test]
async fn a_settlement_of_what_was_never_held_is_an_error_and_one_of_what_is_settled_is_none() {
    for place in Place::both() {
        let ledger = Arc::new(Ledger::open(place.at()).unwrap());
        let hold = write(&ledger, "r").await;
        hold.settle(settlement("r", 1, 10));
        let settle = |of: Settlement| ledger.write_durably(Entry::Settle(Box::new(of)));
        assert!(settle(settlement("r", 1, 10)).await.is_ok(), "a second time changes nothing");
        let refused = settle(settlement("r", 2, 10)).await.unwrap_err();
        assert!(refused.to_string().contains("`r-2`"), "{refused}");
        // Whoever waited for its hold went away, and the hold was refused.
        let presumed = Settlement { is_held: false, ..settlement("r", 2, 10) };
        assert!(settle(presumed).await.is_ok());

        // A row that is gone: its settlement and what came of it are not written, the run does not end as if they were.
        let reserved = held("r", 3);
        let book = Arc::clone(&ledger) as Arc<dyn Book>;
        let hold = Hold::take(book, Arc::new(SystemClock), reserved).await.expect("a hold").0;
        let gone = "DELETE FROM attempts WHERE number = 3";
        place.tamper(gone, &format!("SET search_path = flow; {gone}"));
        let event = super::Record { run: "r".into(), number: 0, at_ms: 4, event: json!({}) };
        hold.settle_with(settlement("r", 3, 10), vec![Entry::Record(Box::new(event))]);
        let ended = Ended {
            run: "r".into(),
            status: "done",
            reason: None,
            report: json!({}),
            spent: Resources::ZERO,
            at_ms: 5,
        };
        let told = ledger.write_durably(Entry::End(Box::new(ended))).await;
        assert!(matches!(&told, Err(BookError::Failed(why)) if why.contains("`r-3`")), "{told:?}");
        let reader = Reader::open(place.at()).unwrap();
        assert_eq!(reader.run("r").unwrap().unwrap().status, "running");
        assert!(reader.events("r").unwrap().is_empty());
    }
}

#[tokio::test]
async fn two_processes_settle_one_attempt_once() {
    for place in Place::both() {
        let (one, two) = (Arc::new(Ledger::open(place.at()).unwrap()), Ledger::open(place.at()).unwrap());
        let hold = write(&one, "r").await;
        hold.settle(settlement("r", 1, 10));
        one.write_durably(opened("s")).await.unwrap();
        two.write(Entry::Settle(Box::new(settlement("r", 1, 60))));
        two.write_durably(opened("t")).await.unwrap();
        let reader = Reader::open(place.at()).unwrap();
        assert_eq!(reader.attempts("r").unwrap()[0].spent.unwrap().cost, Money::from_nanos(10));
    }
}

#[tokio::test]
async fn a_hold_that_is_dropped_is_presumed() {
    for place in Place::both() {
        let ledger = Arc::new(Ledger::open(place.at()).unwrap());
        drop(write(&ledger, "r").await);
        drop(ledger);
        let row = &Reader::open(place.at()).unwrap().attempts("r").unwrap()[0];
        assert_eq!((row.state.as_str(), row.spent.unwrap().cost), ("presumed", Money::from_nanos(70)));
        assert_eq!((row.disposition.as_deref(), row.usage_source.as_deref()), (Some("in_doubt"), Some("assumed")));
    }
}

#[tokio::test]
async fn what_the_living_hold_is_left_alone() {
    for place in Place::both() {
        let ledger = Arc::new(Ledger::open(place.at()).unwrap());
        let hold = write(&ledger, "r").await;
        let other = Ledger::open(place.at()).unwrap();
        let reader = Reader::open(place.at()).unwrap();
        assert_eq!(reader.attempts("r").unwrap()[0].state, "held");
        drop((hold, other, ledger));
    }
}

#[tokio::test]
async fn an_entry_that_cannot_be_written_does_not_take_others_with_it() {
    for place in Place::both() {
        let ledger = Ledger::open(place.at()).unwrap();
        ledger.write_durably(opened("r")).await.unwrap();
        ledger.write(Entry::Hold(Box::new(held("r", 1))));
        let too_much = Held { reserved: Resources { cost: Money::MAX, ..Resources::ZERO }, ..held("r", 2) };
        assert!(ledger.write_durably(Entry::Hold(Box::new(too_much))).await.is_err(), "never a smaller number");
        ledger.write_durably(Entry::Hold(Box::new(held("r", 3)))).await.unwrap();
        assert_eq!(Reader::open(place.at()).unwrap().attempts("r").unwrap().len(), 2);
    }
}

#[tokio::test]
async fn numbers_that_no_column_holds_are_settled_and_summed() {
    for place in Place::both() {
        let ledger = Arc::new(Ledger::open(place.at()).unwrap());
        let usage = flow_compiler::cost::Usage { input_fresh: u64::MAX, ..Default::default() };
        for run in ["r", "s", "t"] {
            let hold = write(&ledger, run).await;
            hold.settle(Settlement { usage: Some(usage), ..settlement(run, 1, u64::MAX) });
            ledger.write_durably(opened(&format!("after {run}"))).await.unwrap();
        }
        let reader = Reader::open(place.at()).unwrap();
        let row = &reader.attempts("r").unwrap()[0];
        assert_eq!((row.state.as_str(), row.usage.unwrap().input_fresh), ("settled", i64::MAX.unsigned_abs()));
        assert_eq!(reader.sums(None).unwrap().cost, Money::MAX, "what does not fit is the most there is");
        assert_eq!(reader.sums(Some("r")).unwrap().cost, Money::from_nanos(i64::MAX.unsigned_abs()));
        drop(ledger);
        // A run that its process left behind is summed in the same way.
        assert_eq!(Reader::open(place.at()).unwrap().run("r").unwrap().unwrap().status, "interrupted");
    }
}

#[tokio::test]
async fn what_a_run_that_has_ended_left_held_is_settled_by_whoever_comes_next() {
    for place in Place::both() {
        let ledger = Arc::new(Ledger::open(place.at()).unwrap());
        ledger.write(opened("r"));
        ledger.write(Entry::Hold(Box::new(held("r", 1))));
        let spent = Resources::ZERO;
        let (status, report) = ("failed", json!({}));
        ledger.write(Entry::End(Box::new(Ended { run: "r".into(), status, reason: None, spent, report, at_ms: 3 })));
        ledger.write_durably(opened("s")).await.unwrap();
        let row = &Reader::open(place.at()).unwrap().attempts("r").unwrap()[0];
        assert_eq!((row.state.as_str(), row.spent.unwrap().cost), ("presumed", Money::from_nanos(70)));
    }
}

#[tokio::test]
async fn played_runs_are_marked_and_not_summed_also_in_an_older_ledger() {
    let home = tempfile::tempdir().unwrap();
    let ledger = Arc::new(Ledger::open(home.path()).unwrap());
    write(&ledger, "r").await.settle(settlement("r", 1, 10));
    drop(ledger);
    let older = rusqlite::Connection::open(home.path().join(Ledger::FILE)).unwrap();
    older
        .execute_batch(
            "DROP TABLE limits; DROP TABLE alerts; ALTER TABLE runs DROP COLUMN scripted; ALTER TABLE runs DROP COLUMN caller;
         ALTER TABLE runs DROP COLUMN root; ALTER TABLE runs DROP COLUMN resumed; DROP TABLE plans; DROP TABLE waits;
         ALTER TABLE attempts DROP COLUMN left_out;
         DROP TABLE claims; DROP TABLE periods; PRAGMA user_version = 1;",
        )
        .unwrap();
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
    for place in Place::both() {
        std::thread::scope(|scope| {
            for number in 0..8 {
                let at = place.at();
                scope.spawn(move || {
                    let ledger = Ledger::open(at).unwrap();
                    ledger.write(opened(&format!("r{number}")));
                    for attempt in 1..=20 {
                        ledger.write(Entry::Hold(Box::new(held(&format!("r{number}"), attempt))));
                        ledger.write(Entry::Settle(Box::new(settlement(&format!("r{number}"), attempt, 10))));
                    }
                });
            }
        });
        let sums = Reader::open(place.at()).unwrap().sums(None).unwrap();
        assert_eq!((sums.attempts, sums.cost, sums.held), (160, Money::from_nanos(1_600), Money::ZERO));
    }
}

#[test]
fn what_is_no_ledger_is_refused() {
    let home = tempfile::tempdir().unwrap();
    assert_eq!(Reader::open(home.path()).unwrap_err().code.as_str(), "E0907");
    std::fs::write(home.path().join(Ledger::FILE), vec![b'x'; 8_192]).unwrap();
    assert_eq!(Ledger::open(home.path()).unwrap_err().code.as_str(), "E0905");
    let nowhere = Location::server("postgres://ann:hunter2@127.0.0.1:9/books").unwrap();
    let error = Ledger::open(&nowhere).unwrap_err();
    assert_eq!(error.code.as_str(), "E0905");
    assert!(!format!("{error:?}").contains("hunter2") && error.message.contains("127.0.0.1:9/books"), "{error}");
}

#[test]
fn a_ledger_of_a_later_version_is_refused() {
    for place in Place::both() {
        if let Place::Server(_) = place {
            assert_eq!(Reader::open(place.at()).unwrap_err().code.as_str(), "E0907");
        }
        drop(Ledger::open(place.at()).unwrap());
        place.tamper("PRAGMA user_version = 99", "UPDATE flow.version SET number = 99");
        assert_eq!(Ledger::open(place.at()).unwrap_err().code.as_str(), "E0906");
        assert_eq!(Reader::open(place.at()).unwrap_err().code.as_str(), "E0906");
    }
}

#[tokio::test]
async fn a_server_that_crashes_in_between_loses_and_doubles_nothing() {
    let Some(server) = Postgres::start() else { return };
    let at = Location::server(&server.database()).unwrap();
    let ledger = Arc::new(Ledger::open(&at).unwrap());
    let hold = write(&ledger, "r").await;
    server.crash();
    let book = Arc::clone(&ledger) as Arc<dyn Book>;
    let waiting = tokio::spawn(Hold::take(book, Arc::new(SystemClock), held("r", 2)));
    hold.settle(settlement("r", 1, 10));
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    assert!(!waiting.is_finished(), "nothing is sent while nothing can be written");
    server.restart();
    let (second, _) = waiting.await.unwrap().expect("the server is back");
    second.settle(settlement("r", 2, 20));
    ledger.write_durably(opened("s")).await.unwrap();
    let reader = Reader::open(&at).unwrap();
    let rows = reader.attempts("r").unwrap();
    let costs: Vec<u64> = rows.iter().map(|row| row.spent.unwrap().cost.nanos()).collect();
    assert_eq!(costs, [10, 20]);
}

/// The process that is killed: it holds attempts, settles every other one, and says so, until it dies.
#[test]
#[ignore = "the other half of the test below"]
fn a_process_that_is_killed() {
    let Ok(place) = std::env::var("FLOW_TEST_LEDGER") else { return };
    let at = if place.starts_with('/') { Location::from(Path::new(&place)) } else { Location::server(&place).unwrap() };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let ledger = Arc::new(Ledger::open(at).unwrap());
        let run = format!("run{}", std::process::id());
        ledger.write(opened(&run));
        let mut out = std::io::stdout();
        for number in 1.. {
            let book = Arc::clone(&ledger) as Arc<dyn Book>;
            let (hold, _) = Hold::take(book, Arc::new(SystemClock), held(&run, number)).await.unwrap();
            writeln!(out, "\nheld {run}-{number}").unwrap();
            out.flush().unwrap();
            hold.settle(settlement(&run, number, 10));
        }
    });
}

#[test]
fn a_ledger_opens_after_its_process_was_killed_at_any_moment() {
    for place in Place::both() {
        killed_at_any_moment(&place);
    }
}

fn killed_at_any_moment(place: &Place) {
    for lines in [1, 2, 7, 30] {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "ledger::tests::a_process_that_is_killed", "--nocapture"])
            .env("FLOW_TEST_LEDGER", place.name())
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
        place.notices_the_dead();
        // Whoever opens it next, to write or to read, finds it settled.
        if lines % 2 == 0 {
            drop(Ledger::open(place.at()).unwrap());
        }
        let reader = Reader::open(place.at()).unwrap();
        let run = held[0].split('-').next().unwrap();
        let rows = reader.attempts(run).unwrap();
        let ended = reader.run(run).unwrap().unwrap();
        let all: u64 = rows.iter().map(|row| row.spent.unwrap().cost.nanos()).sum();
        assert_eq!((ended.status.as_str(), ended.spent.unwrap().cost.nanos()), ("interrupted", all));
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
    let Place::Folder(home) = place else { return };
    let owners = std::fs::read_dir(home.path().join("owners")).unwrap().count();
    assert_eq!(owners, 0, "the dead leave nothing behind");
}

pub(super) fn claim(name: &str, limit: u64, starts_at: u64) -> Claim {
    Claim {
        ceiling: flow_compiler::program::CeilingId(0),
        name: name.into(),
        dimension: flow_compiler::cost::Dimension::Cost,
        limit,
        soft: Some(limit / 2),
        is_shadow: false,
        per_ms: 1_000,
        by: None,
        zone: None,
        starts_at,
        ends_at: starts_at + 1_000,
        amount: 70,
    }
}

#[test]
fn a_ceiling_is_never_passed_however_many_ask_at_once() {
    for place in Place::both() {
        // A limit for 10 holds of 70; 64 want one at once, from 8 ledgers, and each settles at 40.
        let admitted = std::sync::atomic::AtomicU64::new(0);
        std::thread::scope(|scope| {
            for number in 0..8 {
                let (at, admitted) = (place.at(), &admitted);
                scope.spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                    let ledger = Ledger::open(at).unwrap();
                    let run = format!("r{number}");
                    ledger.write(opened(&run));
                    for attempt in 1..=8 {
                        let claims = vec![claim("first", 10_000, 0), claim("second", 700, 0)];
                        let entry = Entry::Hold(Box::new(Held { claims, ..held(&run, attempt) }));
                        match runtime.block_on(ledger.write_durably(entry)) {
                            Ok(_) => {
                                admitted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                                if number % 2 == 0 {
                                    ledger.write(Entry::Settle(Box::new(settlement(&run, attempt, 40))));
                                }
                            }
                            Err(BookError::Over(over)) => assert_eq!(over.claim.name, "second"),
                            Err(other) => panic!("{other}"),
                        }
                    }
                });
            }
        });
        let reader = Reader::open(place.at()).unwrap();
        let windows = reader.windows(500).unwrap();
        let used: Vec<_> = windows.iter().map(|row| (row.ceiling.as_str(), row.settled, row.held)).collect();
        // What the dead held is presumed by now. Whoever was refused is in neither window: all or none.
        let (second, first) = (&used[0], &used[1]);
        assert_eq!((second.0, first.0, second.1, second.2), ("second", "first", first.1, 0));
        assert!(second.1 <= 700 && admitted.into_inner() >= 10, "{used:?}");
        assert_eq!(reader.audit().unwrap().differences, []);
        assert_eq!(reader.windows(1_000).unwrap(), [], "the end of a window is not in it");
    }
}

#[tokio::test]
async fn a_hold_belongs_to_the_window_that_admitted_it() {
    for place in Place::both() {
        let ledger = Ledger::open(place.at()).unwrap();
        ledger.write(opened("r"));
        let hold = |number, starts_at, limit| {
            let claims = vec![claim("c", limit, starts_at)];
            ledger.write_durably(Entry::Hold(Box::new(Held { claims, ..held("r", number) })))
        };
        assert_eq!(hold(1, 0, 100).await.unwrap().alerts.len(), 1, "more than half of it is held");
        let Err(BookError::Over(over)) = hold(2, 0, 100).await else { panic!("there is no room") };
        assert_eq!((over.needed, over.claim.limit), (140, 100));
        hold(3, 1_000, 100).await.unwrap();
        ledger.write(Entry::Settle(Box::new(settlement("r", 1, 10))));
        ledger.write(Entry::Settle(Box::new(settlement("r", 1, 60))));
        // A smaller limit refuses what is new and forgets nothing; a larger one lets more in.
        assert!(hold(4, 0, 79).await.is_err());
        assert!(hold(5, 0, 80).await.unwrap().alerts.is_empty(), "it is said once");
        let reader = Reader::open(place.at()).unwrap();
        let of =
            |at| reader.windows(at).unwrap().iter().map(|row| (row.settled, row.held, row.limit)).collect::<Vec<_>>();
        assert_eq!((of(0), of(1_000)), (vec![(10, 70, 80)], vec![(0, 70, 100)]));
        assert_eq!(reader.audit().unwrap().differences, []);
    }
}

/// A run that begins under limits of the ceiling `c`.
fn opened_under(run: &str, limit: u64, is_shadow: bool, at_ms: u64) -> Entry {
    let Entry::Open(opened) = opened(run) else { unreachable!() };
    let of = claim("c", limit, 0);
    let (zone, fact) = (None, None);
    let declared = Declared { name: of.name, dimension: of.dimension, per_ms: of.per_ms, zone, fact, limit, is_shadow };
    Entry::Open(Box::new(Opened { limits: vec![declared], at_ms, ..*opened }))
}

#[tokio::test]
async fn a_limit_is_versioned_and_the_latest_holds_for_every_run() {
    for place in Place::both() {
        let ledger = Ledger::open(place.at()).unwrap();
        let hold = |run: &str, number| {
            // What the plan of a run says is what it began with, not what is in force.
            let claims = vec![claim("c", 100, 0)];
            ledger.write_durably(Entry::Hold(Box::new(Held { claims, ..held(run, number) })))
        };
        assert_eq!(ledger.write_durably(opened_under("a", 100, false, 1)).await.unwrap().alerts, Vec::<String>::new());
        assert_eq!(hold("a", 1).await.unwrap().alerts.len(), 1, "more than half of it is held");
        let Err(BookError::Over(_)) = hold("a", 2).await else { panic!("there is no room") };
        let said = ledger.write_durably(opened_under("b", 150, false, 2)).await.unwrap().alerts;
        assert!(said[0].contains("$0.00000015 of cost per 1s; it was $0.0000001 since 1970-01-01"), "{said:?}");
        hold("a", 2).await.expect("the limit is another one for all runs");
        // The same limit again is no other version; a smaller one forgets nothing.
        assert!(ledger.write_durably(opened_under("c", 150, false, 3)).await.unwrap().alerts.is_empty());
        ledger.write(opened_under("d", 80, false, 4));
        let Err(BookError::Over(over)) = hold("b", 1).await else { panic!("there is no room") };
        assert_eq!((over.needed, over.claim.limit), (210, 80));
        // A shadow refuses nothing, and says it once.
        ledger.write(opened_under("e", 80, true, 5));
        assert_eq!(hold("b", 1).await.unwrap().alerts.len(), 1);
        assert!(hold("b", 2).await.unwrap().alerts.is_empty());
        let reader = Reader::open(place.at()).unwrap();
        let [window] = &reader.windows(6).unwrap()[..] else { panic!("one window") };
        assert_eq!((window.settled, window.held, window.limit, window.beyond, window.is_shadow), (0, 280, 80, 2, true));
        let mut limits = reader.limits().unwrap();
        let workspace = limits.pop().expect("what a new ledger begins with");
        assert_eq!(
            (workspace.ceiling.as_str(), workspace.limit, workspace.by.as_deref()),
            ("workspace", 5_000_000_000, Some("flow"))
        );
        let versions: Vec<_> = limits
            .iter()
            .map(|row| {
                (row.number, row.limit, row.is_shadow, row.run.as_ref().map(|(run, _)| run.as_str()), row.since_ms)
            })
            .collect();
        assert_eq!(
            versions,
            [
                (1, 100, false, Some("a"), 1),
                (2, 150, false, Some("b"), 2),
                (3, 80, false, Some("d"), 4),
                (4, 80, true, Some("e"), 5)
            ]
        );
        let kinds: Vec<_> = reader.alerts(None).unwrap().into_iter().map(|alert| (alert.kind, alert.run)).collect();
        let expected = [("changed", "b"), ("near", "a"), ("shadow", "b"), ("changed", "d"), ("changed", "e")];
        for (kind, run) in expected {
            assert_eq!(
                kinds.iter().filter(|one| (one.0.as_str(), one.1.as_str()) == (kind, run)).count(),
                1,
                "{kinds:?}"
            );
        }
        assert_eq!((kinds.len(), reader.alerts(Some("b")).unwrap().len()), (5, 2));
        assert_eq!(reader.audit().unwrap().differences, []);
    }
}

#[tokio::test]
async fn windows_of_an_earlier_version_go_on_with_what_was_spent() {
    for place in Place::both() {
        let hold = |ledger: &Ledger, run: &str, number| {
            let claims = vec![claim("c", 150, 0), Claim { amount: 70, ..workspace() }];
            ledger.write_durably(Entry::Hold(Box::new(Held { claims, ..held(run, number) })))
        };
        let ledger = Ledger::open(place.at()).unwrap();
        ledger.write(opened("r"));
        hold(&ledger, "r", 1).await.unwrap();
        ledger.write_durably(Entry::Settle(Box::new(settlement("r", 1, 60)))).await.unwrap();
        drop(ledger);
        place.notices_the_dead();
        // As version 5 left it: it knew neither time zones nor versions of limits, and nothing over the whole workspace.
        let older =
            "DELETE FROM claims WHERE period LIKE 'workspace%'; DELETE FROM periods WHERE ceiling = 'workspace';
                     DROP TABLE limits; DROP TABLE alerts;
                     ALTER TABLE periods DROP COLUMN zone; ALTER TABLE periods DROP COLUMN beyond;";
        place.tamper(
            &format!("{older} PRAGMA user_version = 5;"),
            &format!("SET search_path = flow; {older} UPDATE version SET number = 5"),
        );
        let ledger = Ledger::open(place.at()).unwrap();
        ledger.write(opened("s"));
        hold(&ledger, "s", 1).await.expect("60 are spent, 70 are wanted, 150 are allowed");
        let Err(BookError::Over(over)) = hold(&ledger, "s", 2).await else { panic!("there is no room") };
        assert_eq!((over.needed, over.claim.name.as_str()), (200, "c"));
        let reader = Reader::open(place.at()).unwrap();
        let windows: Vec<_> =
            reader.windows(1).unwrap().into_iter().map(|row| (row.ceiling, row.settled, row.held)).collect();
        assert_eq!(windows, [("c".to_owned(), 60, 70)], "nobody set a limit for everything, so there is none");
        assert!(reader.limits().unwrap().is_empty() && reader.audit().unwrap().differences.is_empty());
        // Somebody sets one: what is held from now on is counted.
        assert!(reader.set_workspace(Money::from_nanos(100), "ada", None, 2).unwrap());
        assert!(!reader.set_workspace(Money::from_nanos(100), "bob", None, 3).unwrap(), "it is so already");
        ledger.write_durably(Entry::Settle(Box::new(settlement("s", 1, 10)))).await.unwrap();
        hold(&ledger, "s", 3).await.unwrap();
        ledger.write_durably(Entry::Settle(Box::new(settlement("s", 3, 40)))).await.unwrap();
        let more = Entry::Hold(Box::new(Held { claims: vec![workspace()], ..held("s", 4) }));
        let Err(BookError::Over(over)) = ledger.write_durably(more).await else { panic!("there is no room") };
        assert_eq!((over.needed, over.claim.name.as_str(), over.claim.limit), (110, "workspace", 100));
        assert_eq!(reader.audit().unwrap().differences, []);
    }
}

/// What everything that a ledger pays claims of its day, in 1970.
fn workspace() -> Claim {
    crate::budget::ceiling::of_workspace(&held("r", 1).reserved, 0).expect("it costs something")
}

#[tokio::test]
async fn an_audit_finds_what_somebody_changed() {
    for place in Place::both() {
        let ledger = Ledger::open(place.at()).unwrap();
        ledger.write(opened("r"));
        let claims = vec![claim("c", 100, 0)];
        ledger.write(Entry::Hold(Box::new(Held { claims, ..held("r", 1) })));
        ledger.write(Entry::Settle(Box::new(settlement("r", 1, 10))));
        let spent = Resources { cost: Money::from_nanos(10), calls: 1, ..Resources::ZERO };
        let end = Ended { run: "r".into(), status: "done", reason: None, spent, report: json!({}), at_ms: 3 };
        ledger.write_durably(Entry::End(Box::new(end))).await.unwrap();
        let reader = Reader::open(place.at()).unwrap();
        let found = |sql: &str| {
            place.tamper(sql, &format!("SET search_path = flow; {sql}"));
            reader.audit().unwrap().differences.into_iter().map(|one| one.kind).collect::<Vec<_>>()
        };
        assert_eq!(found("SELECT 1"), Vec::<&str>::new());
        assert_eq!(found("UPDATE periods SET settled = 9"), ["window"]);
        assert_eq!(found("UPDATE periods SET settled = 10, held = 1"), ["window"]);
        assert_eq!(found("UPDATE periods SET held = 0; UPDATE attempts SET cost = 11"), ["run", "window"]);
        assert_eq!(found("UPDATE attempts SET cost = 71"), ["attempt", "run", "window"]);
        assert_eq!(
            found(
                "UPDATE attempts SET cost = 10; INSERT INTO journal (run, number, at, event) VALUES ('r', 1, 1, '{}')"
            ),
            ["journal"]
        );
    }
}

#[tokio::test]
async fn whoever_waited_for_a_turn_in_vain_can_write_afterwards() {
    let Some(server) = Postgres::shared() else { return };
    let address = server.database();
    let ledger = Ledger::open(Location::server(&address).unwrap()).unwrap();
    ledger.write_durably(opened("r")).await.unwrap();
    // Somebody holds the turn for longer than this one is told to wait.
    let mut waiting = super::database::Database::open(&Location::server(&address).unwrap()).unwrap();
    waiting.script("SET lock_timeout = '100ms'").unwrap();
    let holder = {
        let address = address.clone();
        std::thread::spawn(move || {
            server.sql(&address, "BEGIN; SELECT pg_advisory_xact_lock(7090110011); SELECT pg_sleep(1); COMMIT")
        })
    };
    std::thread::sleep(std::time::Duration::from_millis(400));
    let turn = |database: &mut super::database::Database| database.atomically(|on| on.row("SELECT 1 FROM runs", &[]));
    let refused = turn(&mut waiting).map(drop).unwrap_err();
    assert!(refused.to_string().contains("lock timeout"), "{refused}");
    holder.join().unwrap();
    assert!(turn(&mut waiting).unwrap().is_some(), "its connection is as good as before");
}
