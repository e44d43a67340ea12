//! Branches side by side below one budget, driven through the real command: each is held to the remainder that its caller left it, and
//! all of them together never take more than what is left, whatever the provider does.

use flow_tests::mockllm::{MockLlm, Mode, Script};
use serde_json::{Value, json};

use crate::run::{KEY, Row, nanos, project, run};

/// A request is at most 59 tokens in and 20 out, so $0.000259 at `unit`; the second attempt of a call has no room below $0.0003.
const FLOW: &str = r#"
tier unit = model("unit")

step answer(q: Text<=10tok) -> Text<=20tok {
  on     unit
  output <= 20tok
  time   <= 5s
  retry  <= 1

  "Say {raw q}"
}

flow one(q: Text<=10tok) -> Text<=20tok {
  budget cost <= $0.001, calls <= 2
  return answer(q)
}

pub flow all(qs: Text<=10tok[<=6]) -> Text<=20tok[<=6] {
  budget cost <= $0.01, calls <= 12, time <= 2m
  return each q in qs, parallel <= 6 { one(q) within cost <= $0.0003 else skip }
}
"#;

const INPUT: &str = r#"{"qs": ["one", "two", "three", "four", "five", "six"]}"#;

/// The most that a request is held at.
fn reservation(rows: &[Row]) -> u64 {
    rows.iter().map(|row| row.reserved).max().expect("rows")
}

#[test]
fn a_branch_is_held_to_its_part_and_leaves_that_of_the_others_alone() {
    for (mode, made) in [
        (Mode::Correct, 6),
        // In doubt: the whole part is used up, and the retry has no room in it, though the run has much.
        (Mode::UsageMissing, 6),
        (Mode::Status500Charged, 0),
        // Free: the retry is made.
        (Mode::Status429, 0),
    ] {
        let mock = MockLlm::start(Script::always(mode)).expect("a port");
        let project = project(FLOW, &[("unit", &mock)]);
        let run = run(&project, INPUT);
        run.hold(&format!("{mode:?}"), &mock);
        assert_eq!(run.dollars("/bound/cost"), 6 * 300_000, "what each may take, six times");
        assert_eq!((run.said.code, run.json()["result"].as_array().map(Vec::len)), (0, Some(made)), "{:#?}", run.said);
        let charged = matches!(mode, Mode::UsageMissing | Mode::Status500Charged);
        assert!(reservation(&run.rows) <= 300_000 && reservation(&run.rows) * 2 > 300_000);
        assert_eq!(run.rows.len(), if mode == Mode::Status429 { 12 } else { 6 }, "{mode:?}: {:#?}", run.rows);
        assert!(!charged || run.ledger() == run.rows.iter().map(|row| row.reserved).sum::<u64>(), "{:#?}", run.rows);
        assert_eq!(project.flow(&["audit"]).code, 0);
    }
}

/// Runs `main.flow` with less than its bound.
fn with_budget(project: &flow_tests::command::Project, budget: &str) -> Value {
    let mut command = project.command("flow");
    command.env("UNIT_API_KEY", KEY).args(["run", "main.flow", "--json", "--input", INPUT, "--budget", budget]);
    let said = flow_tests::command::Said::of(&mut command);
    assert!([0, 5].contains(&said.code), "{said:#?}");
    json!({ "code": said.code, "report": said.json() })
}

#[test]
fn branches_that_reserve_at_once_cannot_overdraw_what_is_left_together() {
    // Two reservations fit and a third does not, whatever order the six come in.
    for mode in [Mode::Correct, Mode::UsageMissing, Mode::Status500Charged, Mode::CutMidStream] {
        for _ in 0..4 {
            let mock = MockLlm::start(Script::always(mode)).expect("a port");
            let project = project(FLOW, &[("unit", &mock)]);
            let said = with_budget(&project, "cost <= $0.0006");
            assert_eq!(said["code"], 5, "{said:#}");
            let spent = said["report"]["spent"]["cost"].as_str().expect("an amount");
            let spent = spent.parse::<flow_compiler::cost::Money>().expect("an amount").nanos();
            let billed = nanos(mock.books().total());
            assert!(billed <= spent && spent <= 600_000, "{mode:?}: {billed} of {spent}\n{said:#}");
            assert!(mock.books().entries.len() <= 2, "{mode:?}: {} requests at once", mock.books().entries.len());
            assert_eq!(project.flow(&["audit"]).code, 0);
        }
    }
}
