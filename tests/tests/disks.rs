//! Disks that are full or read-only: nothing is sent that is not written down, nothing that was written down is
//! lost, and the next run needs no hands.

use std::path::Path;
use std::process::Command;

use flow_tests::command::{Project, Said};
use flow_tests::mockllm::{MockLlm, Mode, Script};

use crate::run::{KEY, nanos, project};

const FLOW: &str = r#"
tier unit = model("unit")

step answer(q: Text<=40char) -> Text<=60char {
  on   unit
  time <= 20s

  "Say {raw q}"
}

pub flow ask(qs: Text<=40char[<=6]) -> Text<=60char[<=6] {
  budget cost <= $1.00, calls <= 6, time <= 2m

  return each q in qs, parallel <= 2 { answer(q) }
}
"#;

const INPUT: &str = r#"{"qs": ["one", "two", "three", "four", "five", "six"]}"#;

/// `flow run` where no file may grow beyond so many KiB: what a full disk answers comes from the system.
fn with_room(project: &Project, kib: u32) -> Said {
    let flow = project.command("flow");
    let mut shell = Command::new("bash");
    shell.args(["-c", &format!("trap '' XFSZ; ulimit -f {kib}; exec \"$0\" \"$@\"")]);
    shell.arg(flow.get_program()).args(["run", "main.flow", "--json", "--input", INPUT]);
    shell.current_dir(project.path()).envs(flow.get_envs().filter_map(|(key, value)| value.map(|value| (key, value))));
    Said::of(shell.env("UNIT_API_KEY", KEY))
}

fn run(project: &Project) -> Said {
    let args = ["run", "main.flow", "--json", "--input", INPUT];
    Said::of(project.command("flow").env("UNIT_API_KEY", KEY).args(args))
}

/// What the ledger says was spent, once nothing is held any more.
fn ledger(project: &Project) -> u64 {
    let opened = rusqlite::Connection::open(project.path().join(".flow/ledger.db")).expect("a ledger");
    let held: u64 = opened
        .query_row("SELECT count(*) FROM attempts WHERE state = 'held'", [], |row| row.get(0))
        .expect("it is one");
    assert_eq!(held, 0, "nothing is held at rest");
    opened.query_row("SELECT coalesce(sum(cost), 0) FROM attempts", [], |row| row.get(0)).expect("it is one")
}

/// How much room there is, in KiB: from none to enough. `FLOW_DISKS=90,220` takes each number of that range instead.
fn rooms() -> Vec<u32> {
    let Ok(range) = std::env::var("FLOW_DISKS") else { return vec![0, 40, 100, 124, 136, 148, 160, 172, 184, 208] };
    let (from, to) = range.split_once(',').expect("two numbers");
    (from.parse().expect("it is one")..=to.parse().expect("it is one")).collect()
}

#[test]
fn a_disk_that_fills_up_at_any_moment_ends_the_run_and_loses_nothing() {
    let (mut refused, mut midway) = (0, 0);
    for kib in rooms() {
        let mock = MockLlm::start(Script::always(Mode::Correct).answering("fine")).expect("a port");
        let project = project(FLOW, &[("unit", &mock)]);
        let said = with_room(&project, kib);
        let context = format!("{kib} KiB: {said:#?}");
        assert!(!said.stderr.contains("panicked") && said.code >= 0, "{context}");
        let sent = mock.books().entries.len();
        if said.code != 0 {
            refused += 1;
            midway += usize::from(sent > 0);
            let named = ["E0904", "E0905"].iter().any(|code| said.stderr.contains(code) || said.stdout.contains(code));
            assert!(named, "{context}");
        }
        // There is room again: the next run goes on as if nothing had been, and finds what the last one left.
        let next = run(&project);
        assert_eq!(next.code, 0, "{context}\n{next:#?}");
        let charged = nanos(mock.books().total());
        assert!(charged <= ledger(&project), "{charged} was charged, more than the ledger has\n{context}");
        let audit = project.flow(&["audit"]);
        assert_eq!(audit.code, 0, "{context}\n{audit:#?}");
    }
    assert!(refused > 2 && midway > 0, "{refused} of them did not end, {midway} had sent something");
}

/// A run by somebody who may read everything and write nothing.
fn as_nobody(project: &Project) -> Said {
    let flow = project.command("flow");
    let writable = |is: bool| {
        let mode = if is { "u+w" } else { "a-w" };
        let done = Command::new("chmod").args(["-R", mode]).arg(project.path()).status().expect("chmod");
        assert!(done.success());
    };
    assert!(Command::new("chmod").args(["-R", "a+rX"]).arg(project.path()).status().expect("chmod").success());
    writable(false);
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    let mut command = Command::new(if is_root { Path::new("setpriv") } else { Path::new("env") });
    if is_root {
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "env"]);
    }
    command.arg(flow.get_program()).args(["run", "main.flow", "--json", "--input", INPUT]);
    command
        .current_dir(project.path())
        .envs(flow.get_envs().filter_map(|(key, value)| value.map(|value| (key, value))));
    let said = Said::of(command.env("UNIT_API_KEY", KEY));
    writable(true);
    said
}

#[test]
fn a_disk_that_cannot_be_written_is_refused_before_anything_is_sent() {
    let mock = MockLlm::start(Script::always(Mode::Correct).answering("fine")).expect("a port");
    let project = project(FLOW, &[("unit", &mock)]);
    let never = as_nobody(&project);
    assert_eq!((never.code, mock.books().entries.len()), (64, 0), "{never:#?}");
    assert!(never.stderr.contains("E0904") || never.stderr.contains("E0905"), "{never:#?}");
    // A ledger that was there before, too.
    assert_eq!(run(&project).code, 0);
    let sent = mock.books().entries.len();
    let later = as_nobody(&project);
    assert_eq!((later.code, mock.books().entries.len()), (64, sent), "{later:#?}");
    assert!(later.stderr.contains("E0904") || later.stderr.contains("E0905"), "{later:#?}");
    assert_eq!(run(&project).code, 0, "writable again, it goes on without hands");
    assert_eq!(project.flow(&["audit"]).code, 0);
}
