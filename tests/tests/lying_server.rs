//! A provider that lies makes no run exceed its bound, crash, hang or lose a row: `flow run` against every way to misbehave,
//! its ledger against the provider's own books.

use flow_tests::mockllm::{Dialect, MockLlm, Mode, Script};
use serde_json::Value;

use crate::run::{KEY, nanos, project, project_over, run};

const FLOW: &str = r#"
tier unit = model("unit")

step answer(q: Text<=40char) -> Text<=60char {
  on    unit
  retry <= 1

  """
  Say {raw q}
  """
}

pub flow ask(q: Text<=40char) -> Text<=60char {
  budget cost <= $1.00, calls <= 9, time <= 5m

  return answer(q)
}
"#;

/// What comes of a mode that never changes: how the run ends, and how its last row does.
fn expected(dialect: Dialect, mode: Mode) -> (&'static str, &'static str) {
    match mode {
        // These say why they end and what they used in one event, or in none.
        Mode::CutBeforeUsage if dialect != Dialect::OpenAi => ("Unavailable", "presumed"),
        Mode::Correct
        | Mode::UsageZero
        | Mode::UsageCumulative
        | Mode::UsageTwice
        | Mode::UsageCached
        | Mode::SlowDrip
        | Mode::WrongModel
        | Mode::AsksForTools
        | Mode::NoStream => ("done", "settled"),
        // More than was held: the run is stopped, and an incident says why.
        Mode::ReportsTooMuch | Mode::ReportsBeyondAll => ("Unknown", "settled"),
        Mode::UsageMissing | Mode::CutBeforeUsage => ("done", "presumed"),
        Mode::ReasoningToCap => ("Truncated", "settled"),
        Mode::HangBeforeHead | Mode::HangAfterHead | Mode::HangMidStream => ("Timeout", "presumed"),
        Mode::NeverStops
        | Mode::EndlessEvent
        | Mode::CutBeforeHead
        | Mode::CutAfterHead
        | Mode::CutMidStream
        | Mode::CutInsideCharacter
        | Mode::ErrorInStream
        | Mode::NotHttp
        | Mode::NotJson
        | Mode::WebPage
        | Mode::Status500
        | Mode::Status500Charged => ("Unavailable", "presumed"),
        Mode::Status429 | Mode::Status429RetryAfter | Mode::Status529 | Mode::Status401 | Mode::Status404 => {
            ("Unavailable", "released")
        }
    }
}

fn every_run_holds(dialect: Dialect, mode: Mode) {
    let mock = MockLlm::start(Script::always(mode)).expect("a port");
    let project = project_over(dialect, FLOW, &[("unit", &mock)]);
    let run = run(&project, r#"{"q": "é, please"}"#);
    let name = format!("{mode} over {}", dialect.wire());
    run.hold(&name, &mock);
    let (json, (ends, state)) = (run.json(), expected(dialect, mode));
    let end = if json["status"] == "done" { &json["status"] } else { &json["reason"] };
    let asked = mock.books().entries.iter().all(|entry| entry.path == dialect.path());
    assert!(asked, "{name}: {:#?}", mock.books().entries);
    let last = run.rows.last().expect("something was sent");
    assert_eq!(end, ends, "{name}: {:#?}", run.said);
    assert_eq!(last.state, state, "{name}: {:#?} {:#?}", run.said, run.rows);
    if state == "settled" {
        let entries = mock.books().entries;
        let bill = entries.last().expect("it answered").bill;
        assert_eq!((last.cost, last.usage_source.as_deref()), (nanos(bill), Some("provider")), "{name}");
    }
    let lies = matches!(mode, Mode::ReportsTooMuch | Mode::ReportsBeyondAll);
    assert_eq!(run.incidents > 0, lies, "{name}: only too much is an incident");
    for file in std::fs::read_dir(project.path().join(".flow")).expect("the home").flatten() {
        let bytes = std::fs::read(file.path()).unwrap_or_default();
        let shown = bytes.windows(KEY.len()).any(|window| window == KEY.as_bytes());
        assert!(!shown, "{name}: the key is in {}", file.path().display());
    }
}

#[test]
fn no_lie_makes_a_run_exceed_its_bound_hang_or_lose_a_row() {
    // A run that waits for time-outs leaves the processor to others.
    let ways = Dialect::ALL.into_iter().flat_map(|dialect| Mode::ALL.iter().map(move |mode| (dialect, *mode)));
    let queue = std::sync::Mutex::new(ways);
    let next = || queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some((dialect, mode)) = next() {
                    every_run_holds(dialect, mode);
                }
            });
        }
    });
}

#[test]
fn a_report_holds_many_numbers_that_cannot_be_added_up() {
    let mock = MockLlm::start(Script::always(Mode::ReportsBeyondAll)).expect("a port");
    let project = project(FLOW, &[("unit", &mock)]);
    let ask = || run(&project, r#"{"q": "hi"}"#).said;
    assert_eq!(ask().code, 4);
    // More than any day allows is said to be spent, so nothing more is sent today.
    let refused = ask();
    assert!(refused.code == 5 && refused.stdout.contains("the ceiling `workspace`"), "{refused:#?}");
    let ledger = rusqlite::Connection::open(project.path().join(".flow/ledger.db")).expect("a ledger");
    ledger.execute("DELETE FROM limits", []).expect("a ledger that was made before there was such a ceiling");
    assert_eq!((ask().code, ask().code), (4, 4));
    let report = project.flow(&["report", "--json"]);
    assert_eq!((report.code, &report.json()["attempts"]), (0, &Value::from(3)), "{report:#?}");
}

#[test]
fn a_retry_is_paid_once() {
    let script = Script { modes: vec![Mode::Status429, Mode::Correct], ..Script::always(Mode::Correct) };
    let mock = MockLlm::start(script).expect("a port");
    let run = run(&project(FLOW, &[("unit", &mock)]), r#"{"q": "hi"}"#);
    run.hold("retry", &mock);
    assert_eq!(run.json()["result"], "fine é");
    assert_eq!(run.json()["spent"]["calls"], 2);
    assert_eq!(run.ledger(), nanos(mock.books().total()));
}

#[test]
fn a_provider_that_asks_for_a_longer_wait_than_was_proved_is_left() {
    let script = Script { modes: vec![Mode::Status429RetryAfter, Mode::Correct], ..Script::always(Mode::Correct) };
    let mock = MockLlm::start(script).expect("a port");
    let run = run(&project(FLOW, &[("unit", &mock)]), r#"{"q": "hi"}"#);
    run.hold("a long wait", &mock);
    assert_eq!((&run.json()["reason"], mock.books().entries.len()), (&Value::from("Unavailable"), 1));
}

#[test]
fn never_more_requests_than_were_proved() {
    for mode in [Mode::Status500, Mode::Status429, Mode::CutMidStream] {
        let mock = MockLlm::start(Script::always(mode)).expect("a port");
        let run = run(&project(FLOW, &[("unit", &mock)]), r#"{"q": "hi"}"#);
        run.hold(mode.name(), &mock);
        let bound = run.json()["bound"]["calls"].as_u64().expect("calls");
        assert_eq!((bound, mock.books().entries.len()), (2, 2), "one request and one retry");
    }
}

#[test]
fn another_model_stands_in() {
    let flow = FLOW.replace("model(\"unit\")", "model(\"unit\") | model(\"spare\")");
    for (mode, first) in [(Mode::Status401, 1), (Mode::WebPage, 1), (Mode::Status529, 2), (Mode::HangAfterHead, 2)] {
        let unit = MockLlm::start(Script::always(mode)).expect("a port");
        let spare = MockLlm::start(Script::always(Mode::Correct).answering("from the spare")).expect("a port");
        let run = run(&project(&flow, &[("unit", &unit), ("spare", &spare)]), r#"{"q": "hi"}"#);
        let asked = (unit.books().entries.len(), spare.books().entries.len());
        assert_eq!(
            (&run.json()["result"], asked),
            (&Value::from("from the spare"), (first, 1)),
            "{mode}: {:#?}",
            run.said
        );
        assert!(nanos(unit.books().total()) + nanos(spare.books().total()) <= run.ledger());
        assert!(run.ledger() <= run.dollars("/bound/cost"));
    }
}

#[test]
fn a_fan_of_lies_keeps_its_width_and_its_books() {
    let flow = r#"
tier unit = model("unit")

step answer(q: Text<=40char) -> Text<=60char {
  on    unit
  retry <= 1

  "Say {raw q}"
}

pub flow all(qs: Text<=40char[<=40]) -> Text<=60char[<=40] {
  budget cost <= $10.00, calls <= 100, time <= 30m

  return each q in qs, parallel <= 5 { answer(q) else skip }
}
"#;
    let modes = [
        Mode::Correct,
        Mode::UsageMissing,
        Mode::CutInsideCharacter,
        Mode::Status500Charged,
        Mode::UsageCached,
        Mode::Status529,
        Mode::NotJson,
        Mode::NeverStops,
        Mode::CutBeforeUsage,
        Mode::HangMidStream,
    ];
    let modes = modes.repeat(8);
    let mock = MockLlm::start(Script { modes, ..Script::always(Mode::Correct) }).expect("a port");
    let qs: Vec<String> = (0..40).map(|number| format!("number {number}")).collect();
    let run = run(&project(flow, &[("unit", &mock)]), &serde_json::json!({ "qs": qs }).to_string());
    run.hold("fan", &mock);
    let books = mock.books();
    assert_eq!(run.said.code, 0, "{:#?}", run.said);
    assert!(books.entries.len() >= 40 && books.most_open <= 5, "{} at once", books.most_open);
    let answered = run.json()["result"].as_array().map_or(0, Vec::len);
    assert!((20..=40).contains(&answered), "{answered} of 40");
}

#[test]
fn an_answer_of_a_type_is_asked_for_by_its_schema() {
    let flow = r#"
tier unit = model("unit")

type Verdict { good: Bool, why: Text<=20char }

step judge(q: Text<=40char) -> Verdict {
  on     unit
  repair <= 1

  "Is it good? {raw q}"
}

pub flow ask(q: Text<=40char) -> Verdict {
  budget cost <= $1.00, calls <= 9, time <= 5m

  return judge(q)
}
"#;
    let answer = r#"{"good":true,"why":"é"}"#;
    let mock = MockLlm::start(Script::always(Mode::Correct).answering(answer)).expect("a port");
    let good = run(&project(flow, &[("unit", &mock)]), r#"{"q": "hi"}"#);
    good.hold("schema", &mock);
    assert_eq!(good.json()["result"], serde_json::from_str::<Value>(answer).expect("JSON"), "{:#?}", good.said);
    let entries = mock.books().entries;
    let format = &entries.first().expect("one request").body["response_format"]["json_schema"];
    assert_eq!((&format["strict"], &format["schema"]["type"]), (&Value::Bool(true), &Value::from("object")));

    let mock = MockLlm::start(Script::always(Mode::Correct).answering(answer)).expect("a port");
    let good = run(&project_over(Dialect::Anthropic, flow, &[("unit", &mock)]), r#"{"q": "hi"}"#);
    good.hold("schema over anthropic", &mock);
    assert_eq!(good.json()["result"], serde_json::from_str::<Value>(answer).expect("JSON"), "{:#?}", good.said);
    let entries = mock.books().entries;
    let format = &entries.first().expect("one request").body["output_config"]["format"];
    assert_eq!((&format["type"], &format["schema"]["type"]), (&Value::from("json_schema"), &Value::from("object")));

    let mock = MockLlm::start(Script::always(Mode::Correct).answering("no idea")).expect("a port");
    let bad = run(&project(flow, &[("unit", &mock)]), r#"{"q": "hi"}"#);
    bad.hold("schema", &mock);
    assert_eq!((&bad.json()["reason"], mock.books().entries.len()), (&Value::from("Invalid"), 2));
}

#[test]
fn without_its_key_nothing_is_sent_and_the_reason_says_so() {
    let mock = MockLlm::start(Script::always(Mode::Correct)).expect("a port");
    let project = project(FLOW, &[("unit", &mock)]);
    let said = project.flow(&["run", "main.flow", "--json", "--input", r#"{"q": "hi"}"#]);
    let json = said.json();
    assert_eq!((said.code, &json["status"]), (3, &Value::from("escalated")), "{said:#?}");
    assert!(json["reason"].as_str().is_some_and(|reason| reason.contains("UNIT_API_KEY")), "{said:#?}");
    assert_eq!((&json["spent"]["cost"], mock.books().entries.len()), (&Value::from("0.000000000"), 0));
}

#[test]
fn an_embedder_that_lies_is_held_like_any_other() {
    let flow = r#"
tier reader = model("reader")

enum Topic { Billing, Bug, Other }

pub flow sort(body: Text<=40char) -> Topic {
  budget cost <= $0.01, calls <= 1, time <= 1m

  return classify(body, into: Topic) by reader
}
"#;
    for (mode, ends, state) in [
        (Mode::Correct, "done", "settled"),
        (Mode::Status429, "Unavailable", "released"),
        (Mode::Status500Charged, "Unavailable", "presumed"),
        (Mode::WebPage, "Unavailable", "presumed"),
        (Mode::NotHttp, "Unavailable", "presumed"),
        (Mode::CutBeforeHead, "Unavailable", "presumed"),
        (Mode::HangBeforeHead, "Timeout or Exhausted", "presumed"),
    ] {
        let mock = MockLlm::start(Script::always(mode)).expect("a port");
        let run = run(&project(flow, &[("reader", &mock)]), r#"{"body": "my invoice is wrong"}"#);
        run.hold(mode.name(), &mock);
        let json = run.json();
        let end = if json["status"] == "done" { &json["status"] } else { &json["reason"] };
        assert!(ends.split(" or ").any(|one| end == one), "{mode}: {:#?}", run.said);
        let [row] = &run.rows[..] else { panic!("one row for {mode}: {:#?}", run.rows) };
        assert_eq!((row.kind.as_str(), row.state.as_str()), ("embedding", state), "{mode}");
        assert_eq!(mock.books().entries.first().map(|entry| entry.path.clone()).as_deref(), Some("/v1/embeddings"));
    }
}
