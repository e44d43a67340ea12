use std::sync::Arc;

use flow_compiler::catalogue::ModelFacts;
use flow_compiler::cost::Money;
use flow_compiler::program::FlowId;
use futures_util::future::BoxFuture;
use serde_json::json;

use crate::budget::Hold;
use crate::execution::Status;
use crate::ledger::{Entry, MemoryBook, State, UsageSource};
use crate::provider::{Answer, EmbedRequest, Embedded, Fault, Progress, Provider, Request};
use crate::run::Runner;
use crate::testing::{Play, always, plan};

const ONE: &str = "
step echo(x: Text<=4tok) -> Text<=4tok {
  on a
  \"\"\"
  {raw x}
  \"\"\"
}
pub flow f(x: Text<=4tok) -> Text<=4tok {
  budget calls <= 1
  return echo(x)
}";

fn one(rest: &str) -> String {
    format!("[[answer]]\nstep = 'echo'\nvalue = 'ok'\n{rest}")
}

#[tokio::test(start_paused = true)]
async fn usage_that_nobody_reported_is_what_was_held() {
    let plan = plan(ONE);
    let script = one("usage = 'none'");
    let played = Play::new(&plan, &script).input(json!({"x": "q"})).run().await;
    let (held, settled) = &played.attempts()[0];
    assert_eq!((settled.state, settled.source), (State::Presumed, Some(UsageSource::Assumed)));
    assert_eq!((settled.spent.cost, settled.usage), (held.reserved.cost, None));
    assert_eq!(played.report.presumed, held.reserved.cost);
}

#[tokio::test(start_paused = true)]
async fn a_reported_zero_is_free() {
    let plan = plan(ONE);
    let script = one("usage = { input = 0, output = 0 }");
    let played = Play::new(&plan, &script).input(json!({"x": "q"})).run().await;
    let (_, settled) = &played.attempts()[0];
    assert_eq!((settled.state, settled.source), (State::Settled, Some(UsageSource::Provider)));
    assert_eq!((played.report.spent.cost, played.report.presumed), (Money::ZERO, Money::ZERO));
}

#[tokio::test(start_paused = true)]
async fn no_answer_in_time_is_presumed() {
    let plan = plan(ONE);
    let script = one("after = '11s'");
    let played = Play::new(&plan, &script).input(json!({"x": "q"})).run().await;
    assert_eq!((played.report.status, played.report.reason.as_deref()), (Status::Failed, Some("Timeout")));
    assert_eq!(played.report.detail.as_deref(), Some("`echo`: no answer within 10s"));
    assert_eq!((played.report.spent.time_ms, played.report.presumed), (10_000, Money::from_nanos(41_000)));
}

#[tokio::test(start_paused = true)]
async fn what_was_refused_before_generation_is_free_and_counts_as_a_call() {
    let plan = plan(ONE);
    let script = "[[answer]]\nstep = 'echo'\nfail = 'Unavailable'";
    let played = Play::new(&plan, script).input(json!({"x": "q"})).run().await;
    assert_eq!(played.attempts()[0].1.state, State::Released);
    assert_eq!((played.report.spent.calls, played.report.spent.cost), (1, Money::ZERO));
}

/// A provider that behaves as one case says.
enum Odd {
    ReportsTooMuch,
    Panics,
    Hangs,
    HasNoKey,
}

impl Provider for Odd {
    fn complete<'a>(
        &'a self,
        _: &'a Hold,
        _: &'a Request,
        _: &'a (dyn Fn(Progress) + Send + Sync),
    ) -> BoxFuture<'a, Result<Answer, Fault>> {
        Box::pin(async move {
            match self {
                Odd::ReportsTooMuch => Ok(Answer {
                    text: "ok".into(),
                    calls: Vec::new(),
                    finish: crate::provider::Finish::Stop,
                    usage: Some(flow_compiler::cost::Usage { output_text: 5, ..Default::default() }),
                    model: None,
                }),
                Odd::Panics => panic!("as one case says"),
                Odd::Hangs => std::future::pending().await,
                Odd::HasNoKey => Err(Fault::missing_key("A_KEY")),
            }
        })
    }

    fn embed<'a>(&'a self, _: &'a Hold, _: &'a EmbedRequest) -> BoxFuture<'a, Result<Embedded, Fault>> {
        Box::pin(std::future::pending())
    }
}

fn runner(book: &Arc<MemoryBook>, odd: Odd) -> Runner {
    let odd = Arc::new(odd);
    let providers =
        move |_: &ModelFacts| -> Result<Arc<dyn Provider>, Fault> { Ok(Arc::clone(&odd) as Arc<dyn Provider>) };
    Runner::new(Arc::clone(book) as _, Arc::new(providers))
}

fn settlements(book: &MemoryBook) -> Vec<crate::ledger::Settlement> {
    let settled = |entry| if let Entry::Settle(settlement) = entry { Some(*settlement) } else { None };
    book.entries().into_iter().filter_map(settled).collect()
}

#[tokio::test(start_paused = true)]
async fn more_than_was_held_stops_the_run_and_the_ledger_keeps_the_truth() {
    let (plan, book) = (plan(ONE), Arc::new(MemoryBook::default()));
    let run = runner(&book, Odd::ReportsTooMuch);
    let report = run.run(&plan, FlowId(0), &json!({"x": "q"}), &[]).await.expect("a report");
    assert_eq!(report.status, Status::Failed);
    assert_eq!(report.detail.as_deref(), Some("the provider reported $0.00005 of cost, and $0.000041 was held"));
    assert_eq!(settlements(&book)[0].spent.output, 5);
    let incidents = |entry: &Entry| matches!(entry, Entry::Incident(incident) if incident.kind == "bound_breach");
    assert_eq!(book.entries().iter().filter(|entry| incidents(entry)).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_adapter_that_panics_leaves_its_attempt_presumed() {
    let (plan, book) = (plan(ONE), Arc::new(MemoryBook::default()));
    let run = runner(&book, Odd::Panics);
    let report = run.run(&plan, FlowId(0), &json!({"x": "q"}), &[]).await.expect("a report");
    assert_eq!((report.status, report.reason.as_deref()), (Status::Failed, Some("Unknown")));
    assert_eq!((report.spent.cost, report.presumed), (Money::from_nanos(41_000), Money::from_nanos(41_000)));
    assert_eq!(settlements(&book)[0].state, State::Presumed);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_stopped_presumes_what_was_under_way() {
    let (plan, book) = (plan(ONE), Arc::new(MemoryBook::default()));
    let run = runner(&book, Odd::Hangs);
    let stop = run.stop.clone();
    let stopping = async {
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        stop.cancel();
    };
    let input = json!({"x": "q"});
    let (report, ()) = tokio::join!(run.run(&plan, FlowId(0), &input, &[]), stopping);
    let report = report.expect("a report");
    assert_eq!((report.status, report.detail.as_deref()), (Status::Interrupted, Some("it was stopped")));
    assert_eq!((report.spent.time_ms, report.presumed), (2_000, Money::from_nanos(41_000)));
    assert_eq!(settlements(&book)[0].state, State::Presumed);
}

#[tokio::test(start_paused = true)]
async fn a_missing_key_escalates_and_says_which() {
    let (plan, book) = (plan(ONE), Arc::new(MemoryBook::default()));
    let run = runner(&book, Odd::HasNoKey);
    let report = run.run(&plan, FlowId(0), &json!({"x": "q"}), &[]).await.expect("a report");
    assert_eq!((report.status, report.reason.as_deref()), (Status::Escalated, Some("no key: set `A_KEY`")));
    assert_eq!((report.spent.calls, report.exit_code()), (0, 3));
}

#[tokio::test(start_paused = true)]
async fn nothing_handles_a_missing_key() {
    let flow = |body: &str| {
        let step = ONE.split("pub flow").next().unwrap_or_default();
        plan(&format!("{step}pub flow f(x: Text<=4tok) -> Text<=4tok {{\n  budget calls <= 9\n{body}\n}}"))
    };
    for body in [
        "return echo(x) else escalate(\"max_turns\", to: \"on-call\")",
        "return echo(x) else \"-\"",
        "let all = each y in [x, x], parallel <= 2 { echo(y) else skip }\n  return x",
    ] {
        let (plan, book) = (flow(body), Arc::new(MemoryBook::default()));
        let run = runner(&book, Odd::HasNoKey);
        let report = run.run(&plan, FlowId(0), &json!({"x": "q"}), &[]).await.expect("a report");
        let reason = Some("no key: set `A_KEY`");
        assert_eq!((report.status, report.reason.as_deref()), (Status::Escalated, reason), "{body}");
        assert_eq!((&report.to, report.spent.calls), (&None, 0), "{body}");
        always(&plan, FlowId(0), &json!({"x": "q"}), &report, &book.entries());
    }
}

#[tokio::test(start_paused = true)]
async fn bad_input_is_refused_at_the_door() {
    let (plan, book) = (plan(ONE), Arc::new(MemoryBook::default()));
    let run = runner(&book, Odd::Hangs);
    for (input, message) in [
        (json!({"x": "12345"}), "input `x` is 5 tokens, at most 4 are allowed"),
        (json!({}), "input `x` is missing"),
        (json!({"y": 1, "x": "q"}), "`f` has no parameter `y`"),
        (json!([]), "the input is no JSON object"),
    ] {
        let error = run.run(&plan, FlowId(0), &input, &[]).await.expect_err("a refusal");
        assert_eq!((error.message.as_str(), error.exit_code()), (message, 64));
    }
    assert!(book.entries().is_empty(), "nothing was begun");
}

#[tokio::test(start_paused = true)]
async fn a_time_zone_that_nobody_knows_is_refused_before_anything_is_sent() {
    let under = ONE.replace("budget calls <= 1", "budget calls <= 1\n  under team");
    let mut plan = plan(&format!("ceiling team {{ calls <= 5 per 1d in \"Europe/Berlin\" }}\n{under}"));
    let book = Arc::new(MemoryBook::default());
    let run = runner(&book, Odd::Hangs);
    plan.program.ceilings[0].limits[0].zone = Some("Mars/Olympus".to_owned());
    let error = run.run(&plan, FlowId(0), &json!({"x": "q"}), &[]).await.expect_err("a refusal");
    assert_eq!((error.code.as_str(), error.exit_code()), ("E0912", 64));
    assert!(error.message.contains("`Mars/Olympus`") && book.entries().is_empty(), "{error}");
}
