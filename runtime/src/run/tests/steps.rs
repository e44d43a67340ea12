use flow_compiler::cost::{Dimension, Money, Resources};
use serde_json::json;

use crate::execution::Status;
use crate::testing::{Play, plan};

const HELLO: &str = r#"
step greet(name: Text<=10tok) -> Text<=20tok {
  on a
  retry <= 1
  """
  Greet {raw name}.
  """
}

pub flow hello(name: Text<=10tok) -> Text<=20tok {
  budget calls <= 2
  return greet(name)
}
"#;

#[tokio::test(start_paused = true)]
async fn a_step_is_asked_and_paid() {
    let plan = plan(HELLO);
    let answers = "[[answer]]\nstep = 'greet'\nvalue = ' Hello, Ada! '";
    let played = Play::new(&plan, answers).input(json!({"name": "Ada"})).run().await;
    assert_eq!(played.report.status, Status::Done);
    assert_eq!(played.report.result, Some(json!("Hello, Ada!")));
    // `Greet Ada.` is 10 bytes in, the answer 13 out: $1 and $10 a million.
    let spent = Resources {
        cost: Money::from_nanos(10_000 + 130_000),
        calls: 1,
        turns: 1,
        tools: 0,
        input: 10,
        output: 13,
        tokens: 23,
        time_ms: 0,
    };
    assert_eq!(played.report.spent, spent);
    assert_eq!(played.asked[0].max_output, 20);
}

#[tokio::test(start_paused = true)]
async fn a_retry_is_paid_once() {
    let plan = plan(HELLO);
    let answers =
        "[[answer]]\nstep = 'greet'\nfail = 'Timeout'\nafter = '3s'\n[[answer]]\nstep = 'greet'\nvalue = 'Hi'";
    let played = Play::new(&plan, answers).input(json!({"name": "Ada"})).run().await;
    assert_eq!(played.report.status, Status::Done);
    assert_eq!(played.report.spent.calls, 2);
    // The first is in doubt, so all of it is presumed: 10 tokens in, 20 out.
    assert_eq!(played.report.presumed, Money::from_nanos(210_000));
    assert_eq!(played.report.spent.time_ms, 3_250);
}

#[tokio::test(start_paused = true)]
async fn a_limit_below_the_bound_refuses_and_nothing_is_sent() {
    let plan = plan(HELLO);
    let answers = "[[answer]]\nstep = 'greet'\nvalue = 'Hi'";
    let hello = || Play::new(&plan, answers).input(json!({"name": "Ada"}));
    let played = hello().limit(Dimension::Cost, 209_999).run().await;
    assert_eq!((played.report.status, played.report.reason.as_deref()), (Status::Refused, Some("Exhausted")));
    assert_eq!((played.asked.len(), played.report.spent), (0, Resources::ZERO));
    let played = hello().limit(Dimension::Cost, 210_000).run().await;
    assert_eq!(played.report.status, Status::Done);
}
