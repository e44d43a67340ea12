//! What has to hold when all is over, whatever died. In: what is left, and an undisturbed run of the same. Out: what is wrong.

use std::collections::{BTreeMap, BTreeSet};

use flow_compiler::cost::Resources;
use flow_runtime::ledger::query::{AttemptRow, Reader, RunRow};
use serde_json::Value;

use super::scenario::{Left, Scenario, digest, nanos, runs, told};
use crate::mockllm::{Entry, Mode};

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// Something was charged, and the ledger does not have it.
    Lost(String),
    /// Something was paid for twice.
    Double(String),
    /// Anything else.
    Other(String),
}

/// What runs came to: their states and their results.
pub(super) type Results = Vec<(String, Value)>;

/// A run with its rows.
struct Run {
    row: RunRow,
    attempts: Vec<AttemptRow>,
    events: Vec<Value>,
    incidents: usize,
}

/// What the runs of a scenario came to.
pub(super) fn results(left: &Left) -> Results {
    let result = |run: RunRow| (run.status, run.report.map_or(Value::Null, |report| report["result"].clone()));
    runs(&left.at).into_iter().map(result).collect()
}

/// Everything that is wrong with what is left of a scenario.
pub(super) fn check(scenario: &Scenario, left: &Left, undisturbed: Option<&Results>) -> Vec<Wrong> {
    let mut wrong: Vec<Wrong> = left.wrong.iter().cloned().map(Wrong::Other).collect();
    let (reader, runs) = match read(left) {
        Ok(read) => read,
        Err(why) => return [wrong, vec![Wrong::Other(why)]].concat(),
    };
    let keeps_its_word = !scenario.subject.moods.contains(&Mode::ReportsTooMuch);
    if keeps_its_word {
        wrong.extend(charged(left, &runs));
        wrong.extend(bounded(&runs));
    }
    wrong.extend(paid_twice(left, &runs));
    wrong.extend(told_apart(scenario, left, &runs));
    wrong.extend(acted(left, &runs));
    wrong.extend(at_rest(left, &reader, &runs));
    // A tool that acts is never called again where nobody knows whether it acted, so what follows may differ.
    let in_doubt = |run: &Run| run.attempts.iter().any(|row| row.kind == "tool" && row.state == "presumed");
    if let Some(undisturbed) = undisturbed
        && keeps_its_word
    {
        for (index, (run, (status, result))) in runs.iter().zip(undisturbed).enumerate() {
            let is = run.row.report.as_ref().map_or(&Value::Null, |report| &report["result"]);
            if !in_doubt(run) && (&run.row.status != status || is != result) {
                let why =
                    format!("run {index} is {} with {is}, undisturbed it is {status} with {result}", run.row.status);
                wrong.push(Wrong::Other(why));
            }
        }
    }
    wrong
}

fn read(left: &Left) -> Result<(Reader, Vec<Run>), String> {
    let reader = Reader::untouched(left.at.clone()).map_err(|error| format!("the ledger cannot be read: {error}"))?;
    let one = |row: RunRow| {
        let events = reader.events(&row.id)?.into_iter().map(|(_, event)| event).collect();
        let (attempts, incidents) = (reader.attempts(&row.id)?, reader.incidents(&row.id)?.len());
        Ok(Run { row, attempts, events, incidents })
    };
    let all: Result<Vec<Run>, flow_runtime::error::RunError> = runs(&left.at).into_iter().map(one).collect();
    let all = all.map_err(|error| format!("the ledger cannot be read: {error}"))?;
    Ok((reader, all))
}

fn cost(row: &AttemptRow) -> u64 {
    row.spent.map_or(0, |spent| spent.cost.nanos())
}

/// Whether a request was charged and its usage told.
fn is_told(entry: &Entry) -> bool {
    matches!(entry.mode, Mode::Correct | Mode::SlowDrip | Mode::AsksForTools | Mode::ReportsTooMuch)
}

/// bill <= ledger, and a row for every request that was charged.
fn charged(left: &Left, runs: &[Run]) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    let models = || runs.iter().flat_map(|run| &run.attempts).filter(|row| row.kind == "model");
    let bill: u64 = left.books.entries.iter().map(|entry| nanos(entry.bill)).sum();
    let ledger: u64 = models().map(cost).sum();
    if bill > ledger {
        wrong.push(Wrong::Lost(format!("{bill} was charged, the ledger has {ledger}")));
    }
    let requests = left.books.entries.iter().filter(|entry| nanos(entry.bill) > 0).count();
    let rows = models().filter(|row| row.state != "released").count();
    if requests > rows {
        wrong.push(Wrong::Lost(format!("{requests} requests were charged, the ledger has {rows}")));
    }
    wrong
}

/// spent <= bound, in every dimension.
fn bounded(runs: &[Run]) -> Vec<Wrong> {
    let over = |run: &&Run| {
        let spent = run.row.spent.unwrap_or(Resources::ZERO);
        run.incidents > 0 || spent.beyond(&run.row.bound).next().is_some()
    };
    runs.iter()
        .filter(over)
        .map(|run| Wrong::Other(format!("{} is over its bound: {:?}", run.row.id, run.row.spent)))
        .collect()
}

/// Nothing is asked for again whose answer is in the journal; every answer is there once, at what it was charged.
fn paid_twice(left: &Left, runs: &[Run]) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    for (seen, journaled) in &left.journaled {
        for entry in left.books.entries.iter().skip(*seen) {
            if journaled.contains(&digest(&entry.body)) {
                wrong.push(Wrong::Double(format!(
                    "{} was asked for again, and its answer was there",
                    digest(&entry.body)
                )));
            }
        }
    }
    let bills: BTreeMap<String, &Entry> = left.books.entries.iter().map(|entry| (digest(&entry.body), entry)).collect();
    let mut had = BTreeSet::new();
    for (run, event) in runs.iter().flat_map(|run| run.events.iter().map(move |event| (run, event))) {
        if event["event"] != "answered" {
            continue;
        }
        let Some(digest) = told(event) else {
            wrong.push(Wrong::Other(format!("an answer that nobody gave: {event}")));
            continue;
        };
        let Some(row) = run.attempts.iter().find(|row| event["attempt"] == row.number) else {
            wrong.push(Wrong::Lost(format!("an answer without an attempt: {event}")));
            continue;
        };
        let bill = bills.get(&digest).map_or(0, |entry| nanos(entry.bill));
        match row.state.as_str() {
            "settled" if cost(row) == bill => {}
            "settled" => wrong.push(Wrong::Lost(format!("{} cost {bill}, the ledger has {}", row.id, cost(row)))),
            "presumed" if row.spent.is_some_and(|spent| spent.cost == row.reserved) => {}
            state => wrong.push(Wrong::Lost(format!("{} was answered and is {state}", row.id))),
        }
        if !had.insert(digest.clone()) {
            wrong.push(Wrong::Double(format!("{digest} was answered twice")));
        }
    }
    wrong
}

/// What is presumed was in doubt: nobody said what it took, or its process died. Where nothing died, what was told is what is settled.
fn told_apart(scenario: &Scenario, left: &Left, runs: &[Run]) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    let ends = left.lives.iter().filter(|life| life.died.is_some() || life.stopped).count();
    let rows = || runs.iter().flat_map(|run| &run.attempts);
    let presumed = rows().filter(|row| row.state == "presumed").count();
    let untold = left.books.entries.iter().filter(|entry| !is_told(entry)).count();
    // A machine that is busy may be too late for an answer that was there.
    let late = rows().filter(|row| row.kind == "model" && row.reason.as_deref() == Some("Timeout")).count();
    let most = untold + late + ends * scenario.subject.at_once.max(3);
    if presumed > most {
        wrong.push(Wrong::Other(format!("{presumed} attempts are presumed, {most} can be in doubt")));
    }
    let told: u64 = left.books.entries.iter().filter(|entry| is_told(entry)).map(|entry| nanos(entry.bill)).sum();
    let settled: u64 = rows().filter(|row| row.kind == "model" && row.state == "settled").map(cost).sum();
    if settled > told {
        wrong.push(Wrong::Double(format!("{settled} is settled, {told} was told")));
    }
    let hung = left.books.entries.iter().filter(|entry| entry.mode == Mode::HangBeforeHead).count();
    if ends == 0 && late <= hung && settled != told {
        wrong.push(Wrong::Lost(format!("{settled} is settled, {told} was told, and nothing died")));
    }
    wrong
}

/// What acts on the world does so once, and never without a row.
fn acted(left: &Left, runs: &[Run]) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    for (tool, times) in &left.done {
        let is_row = |row: &&AttemptRow| row.kind == "tool" && &row.step == tool && row.state != "released";
        let rows = runs.iter().flat_map(|run| &run.attempts).filter(is_row).count();
        if *times > rows {
            wrong.push(Wrong::Lost(format!("`{tool}` was called {times} times, the ledger has {rows}")));
        }
    }
    if left.done.get("pay").is_some_and(|times| *times > 1) {
        wrong.push(Wrong::Double(format!("it was paid {} times", left.done["pay"])));
    }
    wrong
}

/// Every run has ended, nothing is held, no window is above its limit, and the ledger agrees with itself.
fn at_rest(left: &Left, reader: &Reader, runs: &[Run]) -> Vec<Wrong> {
    let mut wrong: Vec<Wrong> = left.audit.iter().map(|said| Wrong::Other(format!("flow audit: {said}"))).collect();
    for run in runs.iter().filter(|run| run.row.ended_at.is_none()) {
        wrong.push(Wrong::Other(format!("{} is {}", run.row.id, run.row.status)));
    }
    for row in runs.iter().flat_map(|run| &run.attempts).filter(|row| row.state == "held") {
        wrong.push(Wrong::Other(format!("{} is held at rest", row.id)));
    }
    let now = std::time::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_millis());
    match reader.windows(u64::try_from(now).unwrap_or(u64::MAX)) {
        Ok(windows) => {
            for window in windows.iter().filter(|window| window.held > 0 || window.settled > window.limit) {
                wrong.push(Wrong::Other(format!("a window: {window:?}")));
            }
        }
        Err(error) => wrong.push(Wrong::Other(error.to_string())),
    }
    wrong
}
