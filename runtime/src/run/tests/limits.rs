use flow_compiler::cost::{Dimension, Resources};
use flow_compiler::plan::Plan;
use serde_json::json;

use crate::execution::Status;
use crate::testing::{Play, Played, plan};

/// Every kind of attempt: a retry, a repair, a rung, a judge, a tool of a model, a tool of the flow.
const ALL: &str = "
tool look(q: Text<=8tok) -> Text<=8tok {
  from   exec(\"look\")
  effect read
  price  $0.001
  time   <= 2s
}
step good(text: Text<=8tok) -> Bool {
  on b
  format none
  \"\"\"
  {raw text}
  \"\"\"
}
step solve(x: Text<=8tok) -> Text<=8tok {
  on a -> c
  accept good(it)
  tools look <= 1
  turns <= 2
  output <= 20tok
  retry <= 1
  repair <= 1
  \"\"\"
  {raw x}
  \"\"\"
}
pub flow f(x: Text<=8tok) -> Text<=8tok {
  budget calls <= 99
  let found = look(x)
  return solve(found)
}";

const SCRIPT: &str = "
[[answer]]
step = 'solve'
fail = 'Timeout'
[[answer]]
step = 'solve'
calls = [{ tool = 'look', args = { q = 'q' } }]
[[answer]]
step = 'solve'
value = 'much too long'
[[answer]]
step = 'solve'
value = 'no'
[[answer]]
step = 'good'
value = false
[[answer]]
step = 'solve'
value = 'yes'
[[answer]]
step = 'good'
value = true
";

async fn played(plan: &Plan, limit: Option<(Dimension, u64)>) -> Played {
    let play = Play::new(plan, SCRIPT).input(json!({"x": "q"})).tool("look", json!("found"));
    match limit {
        Some((dimension, amount)) => play.limit(dimension, amount).run().await,
        None => play.run().await,
    }
}

#[tokio::test(start_paused = true)]
async fn no_cap_is_off_by_one() {
    let plan = plan(ALL);
    let free = played(&plan, None).await.report;
    assert_eq!((free.status, free.spent.calls, free.spent.turns, free.spent.tools), (Status::Done, 7, 7, 2));
    for dimension in [Dimension::Calls, Dimension::Turns, Dimension::Tools] {
        let amount = free.spent.get(dimension);
        let exact = played(&plan, Some((dimension, amount))).await.report;
        assert_eq!((exact.status, exact.spent.get(dimension)), (Status::Done, amount), "{}", dimension.name());
        let below = played(&plan, Some((dimension, amount - 1))).await.report;
        assert_eq!((below.status, below.exit_code()), (Status::Refused, 5), "{}", dimension.name());
        assert_eq!(below.spent.get(dimension), amount - 1, "{}", dimension.name());
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_is_never_passed_in_any_dimension() {
    let plan = plan(ALL);
    let free = played(&plan, None).await.report;
    for dimension in Dimension::ALL {
        let all = free.bound.get(dimension);
        for amount in (0..=20).map(|part| u64::try_from(u128::from(all) * part / 20).expect("a part")) {
            let report = played(&plan, Some((dimension, amount))).await.report;
            assert!(report.spent.get(dimension) <= amount, "{}: {:?}", dimension.name(), report.spent);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn time_that_is_used_up_ends_what_was_sent_as_a_timeout() {
    let plan = plan(ALL);
    let script = "[[answer]]\nstep = 'solve'\nvalue = 'yes'\nafter = '5s'";
    let play = || Play::new(&plan, script).input(json!({"x": "q"})).tool("look", json!("found"));
    let played = play().limit(Dimension::Time, 5_000).run().await;
    assert_eq!((played.report.status, played.report.spent.time_ms), (Status::Failed, 5_000));
    let bound = Resources { time_ms: 5_000, ..played.report.bound };
    assert_eq!(played.report.spent.beyond(&bound).count(), 0);
}

/// A step that may fail, in a flow of its own that is held to `within`.
fn handled(within: &str) -> Plan {
    plan(&format!(
        "
step echo(x: Text<=4tok) -> Text<=4tok {{
  on a
  \"\"\"
  {{raw x}}
  \"\"\"
}}
flow twice(x: Text<=4tok) -> Text<=4tok {{
  budget calls <= 2
  let first = echo(x)
  return echo(first)
}}
pub flow f(x: Text<=4tok) -> Text<=4tok {{
  budget calls <= 9
  return twice(x) {within} else \"-\"
}}"
    ))
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_the_run_ends_it_and_one_of_a_called_flow_can_be_handled() {
    let script = "[[answer]]\nstep = 'echo'\nvalue = 'ok'";
    let all = handled("");
    for calls in [0, 1] {
        let play = Play::new(&all, script).input(json!({"x": "q"})).limit(Dimension::Calls, calls);
        let report = play.run().await.report;
        assert_eq!((report.status, report.exit_code(), report.spent.calls), (Status::Refused, 5, calls));
    }
    let part = handled("within calls <= 1");
    let report = Play::new(&part, script).input(json!({"x": "q"})).run().await.report;
    assert_eq!((report.status, report.result, report.spent.calls), (Status::Done, Some(json!("-")), 1));
}
