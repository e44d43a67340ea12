//! `flow run` killed at any moment leaves a ledger that opens, with what was in doubt charged at its reservation.

use std::process::Stdio;
use std::time::Duration;

use flow_tests::command::Project;
use flow_tests::mockllm::{MockLlm, Mode, Script};

use crate::run::{KEY, nanos, project};

const FLOW: &str = r#"
tier unit = model("unit")

step answer(q: Text<=40char) -> Text<=60char {
  on   unit
  time <= 20s

  """
  Say {raw q}
  """
}

pub flow ask(qs: Text<=40char[<=6]) -> Text<=60char[<=6] {
  budget cost <= $1.00, calls <= 6, time <= 2m

  return each q in qs, parallel <= 3 { answer(q) }
}
"#;

const INPUT: &str = r#"{"qs": ["one", "two", "three", "four", "five", "six"]}"#;

/// An attempt as the ledger has it: state, cost, reservation.
fn rows(project: &Project) -> Vec<(String, i64, i64)> {
    let path = project.path().join(".flow/ledger.db");
    let Ok(ledger) = rusqlite::Connection::open(path) else { return Vec::new() };
    let Ok(mut query) = ledger.prepare("SELECT state, cost, reserved_cost FROM attempts") else { return Vec::new() };
    let rows = query.query_map([], |row| {
        Ok((row.get(0)?, row.get::<_, Option<i64>>(1)?.unwrap_or(0), row.get::<_, Option<i64>>(2)?.unwrap_or(0)))
    });
    rows.and_then(Iterator::collect).unwrap_or_default()
}

/// Kills a run after a while, then has its ledger read by the next command.
fn killed_after(mode: Mode, wait: Duration) -> usize {
    let mock = MockLlm::start(Script::always(mode)).expect("a port");
    let project = project(FLOW, &[("unit", &mock)]);
    let mut command = project.command("flow");
    command.env("UNIT_API_KEY", KEY).args(["run", "main.flow", "--json", "--input", INPUT]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("flow starts");
    std::thread::sleep(wait);
    // On Unix this is SIGKILL: nothing of the process runs after it.
    child.kill().expect("it can be killed");
    child.wait().expect("it is gone");

    // The next command opens the ledger, and settles what nobody will settle any more.
    let report = project.flow(&["report"]);
    let context = format!("{mode} after {wait:?}: {report:#?}");
    // A run that was killed before its ledger was there has sent nothing.
    let is_new = report.code == 64 && report.stderr.contains("E0907") && mock.books().entries.is_empty();
    assert!(report.code == 0 || is_new, "{context}");
    assert!(!report.stderr.contains("panicked"), "{context}");
    let rows = rows(&project);
    let context = format!("{context}\n{rows:#?}");
    for (state, cost, reserved) in &rows {
        assert_ne!(state, "held", "{context}");
        if state == "presumed" {
            assert_eq!(cost, reserved, "in doubt is charged at the reservation\n{context}");
        }
        assert!(cost <= reserved, "{context}");
    }
    let (charged, ledger) = (nanos(mock.books().total()), rows.iter().map(|(_, cost, _)| cost).sum::<i64>());
    assert!(i64::try_from(charged).expect("small") <= ledger, "the ledger holds what was charged {charged}\n{context}");
    assert!(mock.books().entries.len() <= rows.len(), "a row for every request\n{context}");
    rows.len()
}

#[test]
fn a_killed_run_leaves_a_ledger_that_opens_and_holds_what_was_charged() {
    let mut sent = 0;
    // From before the ledger is there to after the run is over, while models answer, answer slowly, and never answer.
    for (turn, wait) in (0..24).map(|turn| (turn, Duration::from_millis(turn * 12))) {
        let mode = [Mode::Correct, Mode::SlowDrip, Mode::HangMidStream][usize::try_from(turn).expect("small") % 3];
        sent += killed_after(mode, wait);
    }
    sent += killed_after(Mode::HangMidStream, Duration::from_millis(1_500));
    assert!(sent > 0, "some of them were killed while something was sent");
}
