use serde_json::json;

use super::pairs;
use crate::execution::Status;
use crate::testing::{Play, plan};

fn claim(step: &str) -> String {
    format!(
        "type Claim {{ text: Text<=8tok, sure: Score }}
         {step}
         pub flow f(x: Text<=4tok) -> Text<=8tok {{
           budget calls <= 9
           return solve(x).text
         }}"
    )
}

fn answers(list: &[&str]) -> String {
    list.iter().map(|rest| format!("[[answer]]\nstep = 'solve'\n{rest}\n")).collect()
}

const CLIMBING: &str = "
step solve(x: Text<=4tok) -> Claim {
  on a -> c
  accept .sure >= 0.6
  format none
  \"\"\"
  {raw x}
  \"\"\"
}";

#[tokio::test(start_paused = true)]
async fn a_ladder_climbs_when_the_answer_is_not_accepted() {
    let plan = plan(&claim(CLIMBING));
    let script = answers(&["value = { text = 'no', sure = 0.59 }", "value = { text = 'yes', sure = 0.6 }"]);
    let played = Play::new(&plan, &script).input(json!({"x": "q"})).run().await;
    assert_eq!(played.report.result, Some(json!("yes")));
    assert_eq!(played.causes(), pairs(&[("a", "first"), ("c", "escalation")]));
    assert_eq!(played.said(1), ["q"], "each rung begins a conversation of its own");
    let script = answers(&["value = { text = 'no', sure = 0.5 }\ntimes = 'always'"]);
    let played = Play::new(&plan, &script).input(json!({"x": "q"})).run().await;
    assert_eq!((played.report.status, played.report.reason.as_deref()), (Status::Failed, Some("NotAccepted")));
    assert_eq!(played.asked.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_failure_does_not_climb() {
    let plan = plan(&claim(CLIMBING));
    let script = answers(&["fail = 'Unavailable'"]);
    let played = Play::new(&plan, &script).input(json!({"x": "q"})).run().await;
    assert_eq!((played.report.reason.as_deref(), played.asked.len()), (Some("Unavailable"), 1));
}

#[tokio::test(start_paused = true)]
async fn a_judge_is_asked_after_every_answer_and_paid() {
    let plan = plan(&claim(
        "step good(text: Text<=8tok) -> Bool {
           on b
           format none
           \"\"\"
           {raw text}
           \"\"\"
         }
         step solve(x: Text<=4tok) -> Claim {
           on a -> c
           accept good(it.text)
           format none
           \"\"\"
           {raw x}
           \"\"\"
         }",
    ));
    let script = format!(
        "{}[[answer]]\nstep = 'good'\nvalue = false\n[[answer]]\nstep = 'good'\nvalue = true",
        answers(&["value = { text = 'no', sure = 1 }", "value = { text = 'yes', sure = 1 }"])
    );
    let played = Play::new(&plan, &script).input(json!({"x": "q"})).run().await;
    assert_eq!(played.report.result, Some(json!("yes")));
    assert_eq!(played.causes(), pairs(&[("a", "first"), ("b", "judge"), ("c", "escalation"), ("b", "judge")]));
    assert_eq!(played.attempts()[1].0.path, "f/solve/good");
}

const STANDING_IN: &str = "
step solve(x: Text<=4tok) -> Claim {
  on ab
  retry <= 1
  repair <= 1
  format none
  \"\"\"
  {raw x}
  \"\"\"
}";

#[tokio::test(start_paused = true)]
async fn another_model_stands_in_after_the_retries() {
    let plan = plan(&claim(STANDING_IN));
    let script = answers(&["fail = 'Timeout'\ntimes = 2", "value = { text = 'yes', sure = 1 }"]);
    let played = Play::new(&plan, &script).input(json!({"x": "q"})).run().await;
    assert_eq!(played.report.result, Some(json!("yes")));
    assert_eq!(played.causes(), pairs(&[("a", "first"), ("a", "retry"), ("b", "fallback")]));
    let script = answers(&["fail = 'Timeout'\ntimes = 'always'"]);
    let played = Play::new(&plan, &script).input(json!({"x": "q"})).run().await;
    assert_eq!((played.report.reason.as_deref(), played.asked.len()), (Some("Timeout"), 3));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_not_retried_and_falls_over() {
    let plan = plan(&claim(STANDING_IN));
    let script = answers(&["value = 'no'\nfinish = 'refused'", "value = { text = 'yes', sure = 1 }"]);
    let played = Play::new(&plan, &script).input(json!({"x": "q"})).run().await;
    assert_eq!(played.causes(), pairs(&[("a", "first"), ("b", "fallback")]));
}

#[tokio::test(start_paused = true)]
async fn an_invalid_answer_is_sent_back_with_what_is_wrong() {
    let plan = plan(&claim(STANDING_IN));
    let script = answers(&["value = '{\"text\": 3}'", "value = { text = 'yes', sure = 1 }"]);
    let played = Play::new(&plan, &script).input(json!({"x": "q"})).run().await;
    assert_eq!(played.report.result, Some(json!("yes")));
    assert_eq!(played.causes(), pairs(&[("a", "first"), ("a", "repair")]));
    let said = played.said(1);
    assert_eq!(said[..2], ["q", "{\"text\": 3}"]);
    assert!(said[2].starts_with("This answer is not valid: `text` is 3, not a text"), "{}", said[2]);
    let script = answers(&["value = 'nothing'\ntimes = 'always'"]);
    let played = Play::new(&plan, &script).input(json!({"x": "q"})).run().await;
    assert_eq!((played.report.reason.as_deref(), played.asked.len()), (Some("Invalid"), 2));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_too_long_is_sent_back_as_far_as_it_fits() {
    let plan = plan(&claim(STANDING_IN));
    let long = "x".repeat(5_000);
    let script = answers(&[&format!("value = '{long}'"), "value = { text = 'yes', sure = 1 }"]);
    let played = Play::new(&plan, &script).input(json!({"x": "q"})).run().await;
    assert_eq!(played.report.result, Some(json!("yes")));
    assert_eq!(played.said(1)[1].len() as u64, played.asked[0].max_output);
}

#[tokio::test(start_paused = true)]
async fn prose_around_json_is_repaired_for_nothing() {
    let plan = plan(&claim(STANDING_IN));
    let script = answers(&["value = 'So: {\"text\":\"y\",\"sure\":1}'"]);
    let played = Play::new(&plan, &script).input(json!({"x": "q"})).run().await;
    assert_eq!((played.report.result, played.asked.len()), (Some(json!("y")), 1));
}

#[tokio::test(start_paused = true)]
async fn json_that_was_cut_off_is_invalid_and_text_is_truncated() {
    let plan_json = plan(&claim(STANDING_IN));
    let script = answers(&["value = '{\"text\"'\nfinish = 'length'", "value = { text = 'yes', sure = 1 }"]);
    let played = Play::new(&plan_json, &script).input(json!({"x": "q"})).run().await;
    assert_eq!(played.causes(), pairs(&[("a", "first"), ("a", "repair")]));
    let plan_text = plan(
        "step solve(x: Text<=4tok) -> Text<=4tok {
           on ab
           repair <= 1
           \"\"\"
           {raw x}
           \"\"\"
         }
         pub flow f(x: Text<=4tok) -> Text<=4tok {
           budget calls <= 9
           return solve(x)
         }",
    );
    let script = answers(&["value = 'abcd'\nfinish = 'length'"]);
    let played = Play::new(&plan_text, &script).input(json!({"x": "q"})).run().await;
    assert_eq!((played.report.reason.as_deref(), played.asked.len()), (Some("Truncated"), 1));
}

#[tokio::test(start_paused = true)]
async fn a_route_reads_the_size_of_the_request() {
    let plan = plan(
        "route by_size(x: Text<=9tok) {
           context > 12tok => c
           _ => a
         }
         step solve(x: Text<=9tok) -> Text<=4tok {
           on by_size(x)
           \"\"\"
           Sum: {raw x}
           \"\"\"
         }
         pub flow f(x: Text<=9tok) -> Text<=4tok {
           budget calls <= 1
           return solve(x)
         }",
    );
    for (x, model) in [("1234567", "a"), ("12345678", "c")] {
        let script = answers(&["value = 'ok'"]);
        let played = Play::new(&plan, &script).input(json!({"x": x})).run().await;
        assert_eq!(played.causes(), pairs(&[(model, "first")]), "{x}");
    }
}
