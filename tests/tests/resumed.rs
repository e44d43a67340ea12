//! Runs that rest, looked at from outside: they wait for people, are killed, and go on in another process.

use std::process::Stdio;
use std::time::Duration;

use flow_tests::command::{Project, Said};
use flow_tests::mockllm::{MockLlm, Mode, Script};
use flow_tests::postgres::Postgres;
use serde_json::{Value, json};

use crate::commands::assert_valid;
use crate::run::{KEY, nanos, project};

const PAYS: &str = r#"
/// Pays.
tool pay(id: Id, amount: Usd<=$50) -> Text<=20tok {
  from   exec("sh", "-c", "cat >> paid.txt; echo >> paid.txt; echo paid")
  effect money
  price  $0.00
  time   <= 5s
  gate   amount <= $20 else approve("support-lead", within 4h)
}

pub flow main(amount: Usd<=$50) -> Text<=20tok {
  budget cost <= $0.00, tools <= 1
  return pay("A1", amount) else "not paid"
}
"#;

fn only(flow: &str) -> Project {
    Project::new(&[("flow.toml", "[project]\nname = \"rests\"\n"), ("main.flow", flow)])
}

fn begin(project: &Project, input: &str) -> String {
    let said = project.flow(&["run", "main.flow", "--json", "--input", input]);
    assert_eq!((said.code, &said.json()["status"]), (3, &json!("waiting")), "{said:#?}");
    said.json()["run"].as_str().expect("an id").to_owned()
}

fn paid(project: &Project) -> Vec<Value> {
    let text = std::fs::read_to_string(project.path().join("paid.txt")).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// Puts a run's wait into the past.
fn expire(project: &Project) {
    let ledger = rusqlite::Connection::open(project.path().join(".flow/ledger.db")).expect("a ledger");
    ledger
        .execute("UPDATE waits SET since = since - 90000000, expires = expires - 90000000", [])
        .expect("it is written");
}

fn code(said: &Said) -> Value {
    said.json()["code"].clone()
}

#[test]
fn a_run_waits_over_a_restart_and_pays_what_was_shown_once() {
    let project = only(PAYS);
    let run = begin(&project, r#"{"amount": 35}"#);
    let waiting = project.flow(&["waiting", "--json"]).json();
    assert_valid("flow.waiting.v1", &waiting);
    let [waits] = waiting["waiting"].as_array().expect("a list").as_slice() else { panic!("{waiting}") };
    assert_eq!((&waits["tool"], &waits["role"], &waits["run"]), (&json!("pay"), &json!("support-lead"), &json!(run)));
    assert_eq!((&waits["flow"], &waits["expired"], &waits["kind"]), (&json!("main"), &json!(false), &json!("approve")));
    let shown = project.flow(&["waiting"]).stdout;
    assert!(shown.contains("`pay`") && shown.contains(&format!("flow approve {run} --wait")), "{shown}");
    // To resume it changes nothing: nobody has answered.
    let again = project.flow(&["resume", &run, "--json"]);
    assert_eq!((again.code, &again.json()["waiting"][0]["expires"]), (3, &waits["expires"]), "{again:#?}");
    assert_eq!(project.flow(&["answer", &run, "--value", "1", "--json"]).code, 64);
    assert_eq!(paid(&project), Vec::<Value>::new());

    let done = project.flow(&["approve", &run[..13], "--by", "ada", "--note", "a good customer", "--json"]);
    assert_eq!((done.code, &done.json()["result"]), (0, &json!("paid")), "{done:#?}");
    assert_eq!(paid(&project), [waits["args"].clone()], "what was shown is what was sent");
    assert_eq!(project.flow(&["waiting"]).stdout, "nothing waits for a person\n");
    let trace = project.flow(&["trace", &run]).stdout;
    assert!(trace.contains("approved by ada") && trace.contains("a good customer"), "{trace}");

    let twice = project.flow(&["approve", &run, "--json"]);
    assert_eq!((twice.code, code(&twice)), (64, json!("E0978")), "{twice:#?}");
    let over = project.flow(&["resume", &run, "--json"]);
    assert_eq!((over.code, code(&over)), (64, json!("E0970")), "{over:#?}");
    assert_eq!(paid(&project).len(), 1);
}

#[test]
fn what_is_denied_or_too_late_is_not_paid() {
    let project = only(PAYS);
    let run = begin(&project, r#"{"amount": 35}"#);
    let denied = project.flow(&["approve", &run, "--deny", "--no-resume"]);
    assert_eq!(denied.code, 0, "{denied:#?}");
    let all = project.flow(&["resume", "--all", "--json"]);
    assert_valid("flow.resume.v1", &all.json());
    assert_eq!((all.code, &all.json()["runs"][0]["result"]), (0, &json!("not paid")), "{all:#?}");

    let run = begin(&project, r#"{"amount": 36}"#);
    expire(&project);
    let late = project.flow(&["approve", &run, "--json"]);
    assert_eq!((late.code, code(&late)), (64, json!("E0977")), "{late:#?}");
    let done = project.flow(&["resume", &run, "--json"]);
    assert_eq!((done.code, &done.json()["result"]), (0, &json!("not paid")), "{done:#?}");
    let (spent, bound) = (done.json()["spent"]["time_ms"].clone(), done.json()["bound"]["time_ms"].clone());
    assert!(spent.as_u64() <= bound.as_u64() && spent.as_u64() >= Some(4 * 3_600_000), "{spent} of {bound}");
    assert_eq!(paid(&project), Vec::<Value>::new());
}

#[test]
fn an_answer_is_of_the_type_that_was_asked_for() {
    let project = only(
        r#"
type Ruling { urgent: Bool, days: Int in 0..30 }

pub flow main(a: Text<=8tok) -> Int in 0..30 {
  budget time <= 5h
  let first = ask person("lead", within 4h) -> Ruling "What about {a}?"
  let second = ask person("lead", within 4h) -> Int in 0..9 "How often?"
  return if second > 3 { first.days } else { 0 }
}
"#,
    );
    let run = begin(&project, r#"{"a": "it"}"#);
    let unclear = project.flow(&["answer", &run, "--value", "3", "--json"]);
    assert_eq!((unclear.code, code(&unclear)), (64, json!("E0975")), "{unclear:#?}");
    let waiting = project.flow(&["waiting", "--json"]).json();
    assert_valid("flow.waiting.v1", &waiting);
    let asked = waiting["waiting"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|waits| waits["type"] == "Ruling")
        .expect("it waits");
    assert_eq!((&asked["kind"], &asked["role"], &asked["tool"]), (&json!("answer"), &json!("lead"), &Value::Null));
    assert_eq!(
        (&asked["question"], &asked["schema"]["type"]),
        (&json!("What about it?"), &json!("object")),
        "{asked:#}"
    );
    let number = |question: &str| {
        let all = waiting["waiting"].as_array().expect("a list");
        let found = all.iter().find(|waits| waits["question"].as_str().is_some_and(|asked| asked.contains(question)));
        found.expect("it is asked")["wait"].to_string()
    };
    let (first, second) = (number("What about it?"), number("How often?"));
    for wrong in
        ["true", r#"{"urgent": true}"#, r#"{"urgent": true, "days": 31}"#, r#"{"urgent": true, "days": 3, "x": 1}"#]
    {
        let said = project.flow(&["answer", &run, "--wait", &first, "--value", wrong, "--json"]);
        assert_eq!((said.code, code(&said)), (64, json!("E0976")), "{said:#?}");
    }
    let none = project.flow(&["approve", &run, "--json"]);
    assert_eq!((none.code, code(&none)), (64, json!("E0974")), "{none:#?}");
    let half = project.flow(&["answer", &run, "--wait", &second, "--value", "4", "--json"]);
    assert_eq!((half.code, half.json()["waiting"].as_array().map(Vec::len)), (3, Some(1)), "{half:#?}");
    let done = project.flow(&["answer", &run, "--value", r#"{"urgent": true, "days": 3}"#, "--json"]);
    assert_eq!((done.code, &done.json()["result"]), (0, &json!(3)), "{done:#?}");
}

/// A request is at most 31 tokens in and 20 out at $1 and $10 per million.
const PRICED: &str = r#"
tier unit = model("unit")

step answer(q: Text<=10tok) -> Text<=20tok {
  on     unit
  output <= 20tok
  time   <= 5s

  "Say {raw q}"
}

pub flow ask(q: Text<=10tok) -> Text<=20tok {
  budget cost <= $0.01, calls <= 1, time <= 5h

  let go = ask person("lead", within 4h) -> Bool "Go?"
  return if go { answer(q) } else { "no" }
}
"#;

#[test]
fn a_price_that_changes_while_a_run_rests_does_not_change_what_it_pays() {
    let mock = MockLlm::start(Script::always(Mode::Correct)).expect("a port");
    let project = project(PRICED, &[("unit", &mock)]);
    let flow = |args: &[&str]| Said::of(project.command("flow").env("UNIT_API_KEY", KEY).args(args));
    let mut costs = Vec::new();
    for dearer in [false, true] {
        let run = flow(&["run", "main.flow", "--json", "--input", r#"{"q": "hello"}"#]).json()["run"].clone();
        if dearer {
            let config = std::fs::read_to_string(project.path().join("flow.toml")).expect("its models");
            project.write("flow.toml", config.replace("output = \"10.00\"", "output = \"99.00\""));
        }
        let done = flow(&["answer", run.as_str().expect("an id"), "--value", "true", "--json"]);
        assert_eq!((done.code, &done.json()["status"]), (0, &json!("done")), "{done:#?}");
        costs.push(done.json()["spent"]["cost"].clone());
    }
    assert_eq!(costs[0], costs[1], "it is settled at the price that it was admitted at");
    let (charged, (cost, _)) = (nanos(mock.books().total()), ledger(&project));
    assert_eq!(charged, cost);
    assert_eq!(flow(&["audit"]).code, 0);
}

const ASKS: &str = r#"
tier unit = model("unit")

step answer(q: Text<=40char) -> Text<=60char {
  on    unit
  time  <= 20s
  retry <= 2

  """
  Say {raw q}
  """
}

pub flow ask(qs: Text<=40char[<=6]) -> Text<=60char[<=6] {
  budget cost <= $1.00, calls <= 18, time <= 10m

  return each q in qs, parallel <= 3 { answer(q) }
}
"#;

const INPUT: &str = r#"{"qs": ["one", "two", "three", "four", "five", "six"]}"#;

/// What the ledger holds of a run, in nano-dollars, and how many attempts were held.
fn ledger(project: &Project) -> (u64, usize) {
    let ledger = rusqlite::Connection::open(project.path().join(".flow/ledger.db")).expect("a ledger");
    let sums = ledger.query_row("SELECT coalesce(sum(cost), 0), count(*) FROM attempts", [], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
    });
    let (cost, rows) = sums.expect("sums");
    (u64::try_from(cost).expect("small"), usize::try_from(rows).expect("small"))
}

#[test]
fn a_killed_run_goes_on_where_it_stopped_and_pays_nothing_twice() {
    for wait in [40, 90, 140, 190, 240] {
        let script = Script { delay: Duration::from_millis(60), ..Script::always(Mode::Correct) };
        let mock = MockLlm::start(script).expect("a port");
        let project = project(ASKS, &[("unit", &mock)]);
        let mut command = project.command("flow");
        command.env("UNIT_API_KEY", KEY).args(["run", "main.flow", "--json", "--input", INPUT]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("flow starts");
        std::thread::sleep(Duration::from_millis(wait));
        child.kill().expect("it can be killed");
        child.wait().expect("it is gone");
        let mut resume = project.command("flow");
        let said = Said::of(resume.env("UNIT_API_KEY", KEY).args(["resume", "--json"]));
        if said.code == 64 && mock.books().entries.is_empty() {
            continue;
        }
        if said.code == 64 && said.json()["code"] == "E0970" {
            continue;
        }
        assert_eq!(
            (said.code, said.json()["result"].as_array().map(Vec::len)),
            (0, Some(6)),
            "after {wait}: {said:#?}"
        );
        let (cost, rows) = ledger(&project);
        let charged = nanos(mock.books().total());
        assert!(charged <= cost, "after {wait}: {charged} was charged, the ledger has {cost}");
        assert!(mock.books().entries.len() <= rows, "a row for every request");
        assert!((6..=9).contains(&rows), "after {wait}: at most what was under way is asked again, {rows}");
    }
}

#[test]
fn exactly_one_process_takes_a_run_up() {
    let project = only(PAYS);
    let run = begin(&project, r#"{"amount": 35}"#);
    assert_eq!(project.flow(&["approve", &run, "--no-resume"]).code, 0);
    let children: Vec<_> = (0..6)
        .map(|_| {
            let mut command = project.command("flow");
            command.args(["resume", &run, "--json"]).stdout(Stdio::piped()).stderr(Stdio::piped());
            command.spawn().expect("flow starts")
        })
        .collect();
    let codes: Vec<_> =
        children.into_iter().map(|child| child.wait_with_output().expect("it ends").status.code()).collect();
    assert_eq!(codes.iter().filter(|code| **code == Some(0)).count(), 1, "{codes:?}");
    assert!(codes.iter().all(|code| matches!(code, Some(0 | 64))), "{codes:?}");
    assert_eq!(paid(&project).len(), 1);
}

/// Changes something in the ledger of a project.
fn change(project: &Project, sql: &str) {
    let ledger = rusqlite::Connection::open(project.path().join(".flow/ledger.db")).expect("a ledger");
    ledger.execute_batch(sql).expect("it is written");
}

#[test]
fn a_run_that_cannot_go_on_says_why() {
    let project = only(PAYS);
    let run = begin(&project, r#"{"amount": 35}"#);
    let refused = |wanted: &str, args: &[&str]| {
        let said = project.flow(&[&["resume", &run, "--json"], args].concat());
        assert_eq!((said.code != 0, code(&said)), (true, json!(wanted)), "{said:#?}");
    };
    refused("E0979", &["--answers", "answers.toml"]);
    change(&project, "UPDATE runs SET scripted = 1");
    refused("E0979", &[]);
    change(
        &project,
        "UPDATE runs SET scripted = 0; CREATE TABLE kept AS SELECT * FROM plans; UPDATE plans SET content = '{}'",
    );
    refused("E0972", &[]);
    change(&project, "DELETE FROM plans");
    refused("E0972", &[]);
    change(
        &project,
        "INSERT INTO plans SELECT * FROM kept; UPDATE journal SET event = '{\"v\": 1, \"event\": \"sideways\"}'",
    );
    refused("E0973", &[]);
}

#[test]
fn a_run_that_could_not_be_begun_rests_as_it_did_and_goes_on_once_it_is_mended() {
    for server in [None, Postgres::shared()] {
        let (project, url) = (only(PAYS), server.map(Postgres::database));
        let flow = |args: &[&str]| {
            let mut command = project.command("flow");
            command.args(args).envs(url.iter().map(|url| ("FLOW_DATABASE_URL", url)));
            Said::of(&mut command)
        };
        let ask = |sql: &str| match server.zip(url.as_ref()) {
            Some((server, url)) => server.sql(url, &format!("SET search_path = flow; {sql}")),
            None => {
                let ledger = rusqlite::Connection::open(project.path().join(".flow/ledger.db")).expect("a ledger");
                let mut statement = ledger.prepare(sql).expect("a statement");
                let mut rows = statement.query([]).expect("it is done");
                rows.next().expect("a row").map_or(String::new(), |row| row.get(0).expect("a text"))
            }
        };
        let run = flow(&["run", "main.flow", "--json", "--input", r#"{"amount": 35}"#]).json()["run"].clone();
        let run = run.as_str().expect("an id");
        assert_eq!(flow(&["approve", run, "--no-resume"]).code, 0);
        let rests = "SELECT status || ' ' || resumed || ' ' || coalesce(report, '') FROM runs";
        for before in ["waiting", "interrupted"] {
            ask(&format!("UPDATE runs SET status = '{before}'"));
            let as_it_rests = ask(rests);
            for (broken, wanted) in [
                ("UPDATE journal SET event = replace(event, '\"event\"', '\"tneve\"')", "E0973"),
                ("UPDATE runs SET input = replace(input, 'amount', 'amuont')", "E0901"),
                ("UPDATE runs SET caller = replace(caller, '{}', '}{')", "E0905"),
            ] {
                ask(broken);
                for _ in 0..2 {
                    let said = flow(&["resume", run, "--json"]);
                    assert_eq!((said.code != 0, code(&said)), (true, json!(wanted)), "{said:#?}");
                    assert_eq!(ask(rests), as_it_rests, "after {broken}");
                }
                let said = flow(&["resume", "--all", "--json"]);
                assert_ne!(said.code, 0, "{said:#?}");
                assert_eq!(ask(rests), as_it_rests);
                // The other way round, it is mended.
                let (what, from) = broken.split_once("replace(").expect("a replacement");
                let parts: Vec<&str> = from.trim_end_matches(')').split(", ").collect();
                ask(&format!("{what}replace({}, {}, {})", parts[0], parts[2], parts[1]));
            }
        }
        let done = flow(&["resume", run, "--json"]);
        assert_eq!((done.code, &done.json()["result"]), (0, &json!("paid")), "{done:#?}");
        assert_eq!(paid(&project).len(), 1);
        assert!(flow(&["trace", run]).stdout.contains("resumed once"));
        assert_eq!(flow(&["audit"]).code, 0);
    }
}

#[cfg(unix)]
#[test]
fn a_run_that_another_process_works_on_is_left_to_it_and_can_be_stopped_and_resumed() {
    let slow = PAYS
        .replace("cat >> paid.txt;", "touch began; sleep 3; cat >> paid.txt;")
        .replace("amount <= $20", "amount <= $40");
    let project = only(&slow);
    let mut command = project.command("flow");
    command.args(["run", "main.flow", "--json", "--input", r#"{"amount": 35}"#]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("flow starts");
    let began = std::time::Instant::now();
    while !project.path().join("began").exists() && began.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(20));
    }
    let said = project.flow(&["resume", "--json"]);
    assert_eq!((said.code, code(&said)), (64, json!("E0971")), "{said:#?}");
    let told = std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
    assert!(told.expect("kill").success());
    assert_eq!(child.wait_with_output().expect("it ends").status.code(), Some(6));
    assert!(project.flow(&["trace"]).stdout.contains("interrupted"));
    // It may have been paid, so it is not paid again.
    let done = project.flow(&["resume", "--json"]);
    assert_eq!((done.code, &done.json()["result"]), (0, &json!("not paid")), "{done:#?}");
    assert_eq!(paid(&project), Vec::<Value>::new());
    assert!(project.flow(&["trace"]).stdout.contains("resumed once"));
}

/// The other branch is under way for longer than the person has.
const BUSY: &str = r#"
/// Pays.
tool pay(id: Id, amount: Usd<=$50) -> Text<=20tok {
  from   exec("sh", "-c", "cat >> paid.txt; echo >> paid.txt; echo paid")
  effect money
  price  $0.00
  time   <= 5s
  gate   amount <= $20 else approve("support-lead", within 3s)
}

/// Looks for long.
tool look(id: Id) -> Text<=20tok {
  from   exec("sh", "-c", "sleep 6; echo found")
  effect read
  price  $0.00
  time   <= 20s
}

pub flow main(amount: Usd<=$50) -> Text<=50tok {
  budget cost <= $0.00, tools <= 2
  let found = look("A1")
  let said = pay("A1", amount) else "not paid"
  return join([found, said], " ")
}
"#;

#[test]
fn what_a_person_decides_in_time_counts_also_where_the_run_is_busy_until_later() {
    let project = only(BUSY);
    let mut command = project.command("flow");
    let run = command.args(["run", "main.flow", "--json", "--input", r#"{"amount": 35}"#]);
    let run = run.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("flow starts");
    let id = (0..60).find_map(|_| {
        std::thread::sleep(Duration::from_millis(50));
        let said = project.flow(&["waiting", "--json"]);
        let waiting: Option<Value> = serde_json::from_str(&said.stdout).ok();
        waiting?["waiting"][0]["run"].as_str().map(str::to_owned)
    });
    let approved = project.flow(&["approve", &id.expect("it waits"), "--by", "ada", "--no-resume", "--json"]);
    assert!([0, 3].contains(&approved.code), "{approved:#?}");
    let output = run.wait_with_output().expect("it ends");
    let said = Said {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    };
    assert_eq!((said.code, &said.json()["result"]), (0, &json!("found paid")), "{said:#?}");
    assert_eq!(paid(&project).len(), 1);
}
