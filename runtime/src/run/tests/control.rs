use serde_json::json;

use crate::execution::Status;
use crate::testing::{Play, plan};

const ECHO: &str = "
step echo(x: Text<=4tok) -> Text<=4tok {
  on a
  \"\"\"
  {raw x}
  \"\"\"
}
";

fn flow(body: &str) -> String {
    format!("{ECHO}\n{body}")
}

#[tokio::test(start_paused = true)]
async fn an_each_overlaps_as_far_as_it_may() {
    for (parallel, seconds) in [(1, 4), (2, 2), (3, 2), (4, 1)] {
        let plan = plan(&flow(&format!(
            "pub flow f(xs: Text<=4tok[<=4]) -> Text<=4tok[<=4] {{
               budget calls <= 4
               let ys = each x in xs, parallel <= {parallel} {{ echo(x) }}
               return ys
             }}"
        )));
        let answers = "[[answer]]\nstep = 'echo'\nvalue = 'ok'\nafter = '1s'\ntimes = 'always'";
        let played = Play::new(&plan, answers).input(json!({"xs": ["a", "b", "c", "d"]})).run().await;
        assert_eq!(played.report.result, Some(json!(["ok", "ok", "ok", "ok"])));
        assert_eq!(played.report.spent.time_ms, seconds * 1_000, "parallel <= {parallel}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_does_not_need_each_other_runs_together() {
    let plan = plan(&flow(
        "pub flow f() -> Text<=12tok {
           budget calls <= 3
           let a = echo(\"a\")
           let b = echo(\"b\")
           let c = echo(b)
           return a + c
         }",
    ));
    let answers = "[[answer]]\nstep = 'echo'\nvalue = 'ok'\nafter = '1s'\ntimes = 'always'";
    let played = Play::new(&plan, answers).run().await;
    assert_eq!((played.report.result, played.report.spent.time_ms), (Some(json!("okok")), 2_000));
}

const SKIP: &str = "
pub flow f(xs: Text<=4tok[<=3]) -> Text<=4tok[<=3] {
  budget calls <= 3
  let ys = each x in xs { echo(x) else skip }
  return ys
}";

#[tokio::test(start_paused = true)]
async fn a_failed_element_is_skipped_or_fails_the_each() {
    let answers = "[[answer]]\nstep = 'echo'\nvalue = 'one'\n[[answer]]\nstep = 'echo'\nfail = 'Unknown'\n
                   [[answer]]\nstep = 'echo'\nvalue = 'two'";
    let input = || json!({"xs": ["a", "b", "c"]});
    let skipping = plan(&flow(SKIP));
    let played = Play::new(&skipping, answers).input(input()).run().await;
    assert_eq!(played.report.result, Some(json!(["one", "two"])));
    let failing = plan(&flow(&SKIP.replace(" else skip", "")));
    let played = Play::new(&failing, answers).input(input()).run().await;
    assert_eq!((played.report.status, played.report.reason.as_deref()), (Status::Failed, Some("Unknown")));
    assert_eq!(played.asked.len(), 2, "nothing starts after a failure");
}

const LOOP: &str = "
pub flow f(x: Text<=4tok) -> Text<=4tok {
  budget calls <= 3
  var draft: Text<=4tok = x
  loop <= 3 {
    draft = echo(draft)
    if draft == \"done\" { break }
  }
  return draft
}";

#[tokio::test(start_paused = true)]
async fn a_loop_ends_at_a_break_or_at_its_cap() {
    let plan = plan(&flow(LOOP));
    let answers = |text: &str| {
        ["b", text, "d", "e"].map(|value| format!("[[answer]]\nstep = 'echo'\nvalue = '{value}'\n")).concat()
    };
    let early = answers("done");
    let played = Play::new(&plan, &early).input(json!({"x": "a"})).run().await;
    assert_eq!((played.report.result.clone(), played.asked.len()), (Some(json!("done")), 2));
    assert_eq!(played.said(1), ["b"]);
    let late = answers("c");
    let played = Play::new(&plan, &late).input(json!({"x": "a"})).run().await;
    assert_eq!((played.report.result, played.asked.len()), (Some(json!("d")), 3));
}

#[tokio::test(start_paused = true)]
async fn an_escalation_shows_what_was_made() {
    let plan = plan(&flow(
        "pub flow f(x: Text<=4tok) -> Text<=4tok {
           budget calls <= 2
           let first = echo(x)
           check first != \"bad\" else escalate(\"it is bad\", to: \"desk\")
           let second = echo(first)
           return second
         }",
    ));
    let answers = "[[answer]]\nstep = 'echo'\nvalue = 'bad'";
    let played = Play::new(&plan, answers).input(json!({"x": "a"})).run().await;
    let report = played.report;
    assert_eq!((report.status, report.reason.as_deref()), (Status::Escalated, Some("it is bad")));
    assert_eq!((report.to.as_deref(), report.exit_code()), (Some("desk"), 3));
    assert_eq!(report.partial.map(serde_json::Value::Object), Some(json!({"first": "bad"})));
}

#[tokio::test(start_paused = true)]
async fn a_called_flow_returns_and_its_caller_goes_on() {
    let plan = plan(&flow(
        "flow inner(x: Text<=4tok) -> Text<=4tok {
           budget calls <= 1
           if x == \"a\" { return \"none\" }
           return echo(x)
         }
         pub flow f() -> Text<=12tok {
           budget calls <= 2
           let a = inner(\"a\")
           let b = inner(\"b\")
           return a + b
         }",
    ));
    let answers = "[[answer]]\nstep = 'echo'\nvalue = 'B'";
    let played = Play::new(&plan, answers).run().await;
    assert_eq!((played.report.result, played.asked.len()), (Some(json!("noneB")), 1));
}

#[tokio::test(start_paused = true)]
async fn a_callers_limit_holds_in_the_flow_that_it_calls() {
    let plan = plan(&flow(
        "flow inner(x: Text<=4tok) -> Text<=4tok {
           budget calls <= 2
           let a = echo(x)
           return echo(a)
         }
         pub flow f(x: Text<=4tok) -> Text<=4tok {
           budget calls <= 2
           return inner(x) within calls <= 1 else \"over\"
         }",
    ));
    let answers = "[[answer]]\nstep = 'echo'\nvalue = 'B'\ntimes = 'always'";
    let played = Play::new(&plan, answers).input(json!({"x": "a"})).run().await;
    assert_eq!((played.report.result, played.asked.len()), (Some(json!("over")), 1));
}

#[tokio::test(start_paused = true)]
async fn a_match_takes_the_arm_of_its_variant() {
    let plan = plan(
        "enum Topic { Billing, Bug { line: Int in 0..9 } }
         pub flow f(t: Topic) -> Int in 0..9 {
           budget calls <= 0
           return match t { Billing => 7, Bug { line } => line }
         }",
    );
    for (input, result) in [(json!("Billing"), 7), (json!({"Bug": {"line": 3}}), 3)] {
        let played = Play::new(&plan, "").input(json!({"t": input})).run().await;
        assert_eq!(played.report.result, Some(json!(result)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_text_is_classified() {
    let plan = plan(
        "enum Topic { Billing, Bug }
         pub flow f(t: Text<=20tok) -> Topic {
           budget calls <= 1
           return classify(t, into: Topic) by reader
         }",
    );
    let answers = "[[answer]]\nstep = 'classify Topic'\nvalue = 'Bug'";
    let played = Play::new(&plan, answers).input(json!({"t": "it broke"})).run().await;
    assert_eq!(played.report.result, Some(json!("Bug")));
    assert_eq!((played.report.spent.calls, played.report.spent.turns, played.report.spent.output), (1, 0, 0));
}
