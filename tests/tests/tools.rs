//! Tools that misbehave, asked for by a model that never has enough: caps, sizes, times and secrets hold.

use flow_tests::mockllm::{Dialect, MockLlm, Mode, Script};
use serde_json::Value;

use crate::commands::assert_valid;
use crate::run::{Run, project, project_over, run, run_with};

const AGENT: &str = r#"
tier unit = model("unit")

/// Looks.
tool look(what: Text<=8char) -> Text<=40char {
  from   exec("sh", "-c", "head -c 10000000 /dev/zero | tr '\\0' x")
  effect read
  price  $0.0005
  time   <= 20s
}

step agent(ask: Text<=40char) -> Text<=60char {
  on    unit
  tools look <= 3
  turns <= 3

  "Answer {raw ask}"
}

pub flow go(ask: Text<=40char) -> Text<=60char {
  budget cost <= $1.00, calls <= 3, tools <= 3, time <= 5m

  return agent(ask)
}
"#;

#[test]
fn a_model_that_always_asks_for_tools_meets_its_caps() {
    for dialect in Dialect::ALL {
        let script =
            Script::always(Mode::AsksForTools).calling("look", r#"{"what":"a"}"#).calling("look", r#"{"what":"b"}"#);
        let mock = MockLlm::start(script).expect("a port");
        let run = run(&project_over(dialect, AGENT, &[("unit", &mock)]), r#"{"ask": "hi"}"#);
        run.hold(dialect.wire(), &mock);
        let json = run.json();
        assert_eq!(
            (&json["result"], &json["spent"]["tools"]),
            (&Value::from("fine é"), &Value::from(3)),
            "{:#?}",
            run.said
        );
        let entries = mock.books().entries;
        let offered: Vec<bool> = entries.iter().map(|entry| entry.body["tools"].is_array()).collect();
        assert_eq!(offered, [true, true, false], "the last turn has no tools to ask for");
        let results: Vec<String> = entries.iter().flat_map(|entry| dialect.results(&entry.body)).collect();
        assert!(results.len() >= 4, "{results:#?}");
        for text in results {
            let length = text.chars().count();
            assert!(length <= 40, "10 MB of a tool reach the model as {length} characters");
        }
    }
}

#[test]
fn a_model_that_goes_round_in_circles_is_noticed_and_stopped_where_the_tool_says_so() {
    let circles = |tool: &str| {
        let cheap = AGENT.replace("head -c 10000000 /dev/zero | tr '\\\\0' x", "echo made >> made.txt; echo it");
        let flow = cheap.replace("effect read", tool).replace("<= 3", "<= 6");
        let mock =
            MockLlm::start(Script::always(Mode::AsksForTools).calling("look", r#"{"what":"a"}"#)).expect("a port");
        let project = project(&flow, &[("unit", &mock)]);
        let run = run(&project, r#"{"ask": "hi"}"#);
        run.hold(tool, &mock);
        let made = std::fs::read_to_string(project.path().join("made.txt")).map_or(0, |text| text.lines().count());
        let alerts = project.flow(&["ceilings", "--json"]).json();
        assert_valid("flow.ceilings.v1", &alerts);
        let alerts = alerts["alerts"].as_array().expect("alerts").clone();
        assert_eq!(project.flow(&["audit"]).code, 0);
        (made, alerts.iter().filter(|alert| alert["kind"] == "loop").count(), run)
    };
    let (made, noticed, run) = circles("effect read");
    assert_eq!((made, noticed), (5, 1), "it is said once, at the third time: {:#?}", run.said);
    assert!(run.said.stderr.contains("warning: a model has `look` called with the same arguments for the third time"));
    // The first result again, for nothing.
    let (made, noticed, run) = circles("effect read, once per what");
    assert_eq!((made, noticed), (1, 0), "{:#?}", run.said);
    let (made, noticed, run) = circles("effect read\n  gate   not seen(what) else deny");
    assert_eq!((made, noticed), (1, 0), "{:#?}", run.said);
    assert!(run.rows.iter().filter(|row| row.kind == "tool").all(|row| row.cost == 0 || row.cost == 500_000));
}

#[test]
fn calls_that_make_no_sense_are_answered_and_counted() {
    for dialect in Dialect::ALL {
        for (tool, arguments) in
            [("look", "not json"), ("look", r#"{"what":3}"#), ("look", "7"), ("no_such_tool", "{}"), ("look", "[]")]
        {
            let mock = MockLlm::start(Script::always(Mode::AsksForTools).calling(tool, arguments)).expect("a port");
            let run = run(&project_over(dialect, AGENT, &[("unit", &mock)]), r#"{"ask": "hi"}"#);
            run.hold(&format!("{arguments} over {}", dialect.wire()), &mock);
            assert!(mock.books().entries.len() <= 3, "{tool} {arguments}: {:#?}", run.said);
        }
    }
}

const FETCH: &str = r#"
tool page(what: Text<=8char) -> Text<=20char {
  from   http("GET", env("PAGE_URL") + "/find?token=" + env("PAGE_TOKEN"))
  effect read
  price  $0.0005
  time   <= 1s
}

pub flow fetch(what: Text<=8char) -> Text<=20char {
  budget cost <= $1.00, tools <= 1, time <= 5m

  return page(what)
}
"#;

fn fetch(mode: Mode) -> (Run, MockLlm) {
    let server = MockLlm::start(Script::always(mode)).expect("a port");
    let variables = [("PAGE_URL", server.base_url()), ("PAGE_TOKEN", "planted-token".to_owned())];
    let variables = variables.each_ref().map(|(name, value)| (*name, value.as_str()));
    (run_with(&project(FETCH, &[]), r#"{"what": "hi"}"#, &variables), server)
}

#[test]
fn a_server_behind_a_tool_is_called_once_and_cut_to_size() {
    let (run, server) = fetch(Mode::WebPage);
    assert_eq!((&run.json()["result"], run.said.code), (&Value::from("<!doctype html><titl"), 0), "{:#?}", run.said);
    let entries = server.books().entries;
    assert_eq!(
        entries.iter().map(|entry| entry.path.as_str()).collect::<Vec<_>>(),
        ["/v1/find?token=planted-token&what=hi"]
    );
    assert_eq!(run.json()["spent"]["cost"], "0.000500000");
}

#[test]
fn a_tool_that_fails_is_paid_and_shows_no_secret() {
    for mode in [Mode::Status500, Mode::HangBeforeHead, Mode::CutBeforeHead, Mode::NotHttp] {
        let (run, server) = fetch(mode);
        assert!([4, 5].contains(&run.said.code), "{mode}: {:#?}", run.said);
        assert_eq!(server.books().entries.len(), 1, "{mode}");
        assert_eq!(run.json()["spent"]["cost"], "0.000500000", "{mode}: what may have cost is paid");
        let row = run.rows.first().expect("a row");
        assert_eq!((row.kind.as_str(), row.state.as_str()), ("tool", "presumed"), "{mode}: {:#?}", run.said);
        assert!(!format!("{:?}", run.said).contains("planted"), "{mode}: {:#?}", run.said);
    }
}
