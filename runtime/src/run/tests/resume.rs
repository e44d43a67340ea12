//! Runs that are cut anywhere and taken up again: nothing is paid twice, nothing is lost, and the result is the same.

use std::sync::Arc;
use std::time::Duration;

use flow_compiler::catalogue::ModelFacts;
use flow_compiler::cost::Resources;
use flow_compiler::plan::Plan;
use flow_compiler::program::FlowId;
use serde_json::{Value as Json, json};

use crate::execution::Status;
use crate::ledger::{Cause, Decided, Decision, Entry, MemoryBook, Past, State};
use crate::provider::scripted::Scripted;
use crate::provider::{Fault, Provider};
use crate::run::{Backoff, RunReport, Runner};
use crate::testing::{Tools, VirtualClock, plan};

/// Everything that outlasts a process.
struct World {
    plan: Plan,
    clock: Arc<VirtualClock>,
    answers: &'static str,
    tools: Arc<Tools>,
    /// What the ledger has.
    written: Vec<Entry>,
}

impl World {
    fn new(text: &str, answers: &'static str, tools: Tools) -> World {
        let clock = Arc::new(VirtualClock::new());
        World { plan: plan(text), clock, answers, tools: Arc::new(tools), written: Vec::new() }
    }

    fn runner(&self, book: &Arc<MemoryBook>) -> Runner {
        let script = Arc::new(Scripted::read("answers.toml", self.answers).expect("answers"));
        let providers =
            move |_: &ModelFacts| -> Result<Arc<dyn Provider>, Fault> { Ok(Arc::clone(&script) as Arc<dyn Provider>) };
        Runner {
            tools: Arc::clone(&self.tools) as _,
            clock: Arc::clone(&self.clock) as _,
            backoff: Backoff::Longest,
            ..Runner::new(Arc::clone(book) as _, Arc::new(providers))
        }
    }

    fn flow(&self) -> FlowId {
        FlowId(u32::try_from(self.plan.program.flows.len() - 1).expect("few flows"))
    }

    async fn begin(&mut self, input: Json) -> RunReport {
        let book = Arc::new(MemoryBook::default());
        let report = self.runner(&book).run(&self.plan, self.flow(), &input, &[]).await.expect("a report");
        self.written = book.written();
        report
    }

    /// A process ends after so many writes; what it had held is presumed.
    fn past(&self, writes: usize) -> Option<Past> {
        use crate::clock::Clock as _;
        Past::of(&self.written[..writes], self.clock.now_ms())
    }

    async fn resume(&mut self, past: &Past) -> RunReport {
        let book = Arc::new(MemoryBook::default());
        let report = self.runner(&book).resume(&self.plan, past).await.expect("a report");
        let over: Vec<_> = report.spent.beyond(&report.bound).collect();
        assert!(over.is_empty(), "over the bound in {over:?}: {:?} of {:?}", report.spent, report.bound);
        self.written.extend(book.written());
        report
    }

    fn decide(&mut self, number: u64, decision: Decision, at_ms: u64) {
        let run = self.past(self.written.len()).expect("a run").run;
        let (by, note) = ("ada".to_owned(), Some("seen".to_owned()));
        self.written.push(Entry::Decide(Box::new(Decided { run, number, decision, by, note, at_ms })));
    }

    fn called(&self) -> usize {
        self.tools.called.lock().expect("called").len()
    }
}

fn tools() -> Tools {
    let mut tools = Tools::default();
    tools.results.insert("look", Ok(json!("found")));
    tools.results.insert("pay", Ok(json!("paid")));
    tools
}

const STEPS: &str = "
tool look(q: Text<=8tok) -> Text<=8tok {
  from   exec(\"look\")
  effect read
  price  $0.001
  time   <= 2s
}
step echo(x: Text<=8tok) -> Text<=8tok {
  on a
  retry <= 1
  \"{raw x}\"
}
pub flow f(x: Text<=8tok) -> Text<=8tok[<=4] {
  budget calls <= 99
  let first = echo(x)
  let found = look(x) else look(x)
  let rest = each y in [first, found], parallel <= 2 { echo(y) }
  return rest
}";

const ECHO: &str = "[[answer]]\nstep = \"echo\"\nvalue = \"hello\"\ntimes = \"always\"\nafter = \"1s\"\n";

#[tokio::test(start_paused = true)]
async fn a_run_that_is_cut_after_any_write_ends_as_it_would_have() {
    let mut whole = World::new(STEPS, ECHO, tools());
    let undisturbed = whole.begin(json!({"x": "hi"})).await;
    assert_eq!(undisturbed.result, Some(json!(["hello", "hello"])));
    for cut in 1..whole.written.len() - 1 {
        let mut world = World::new(STEPS, ECHO, tools());
        world.begin(json!({"x": "hi"})).await;
        world.written.truncate(cut);
        let past = world.past(cut).expect("it has begun");
        let (settled, in_doubt): (Vec<_>, Vec<_>) =
            past.attempts.iter().partition(|lived| lived.state != State::Presumed);
        let called = world.called();
        let report = world.resume(&past).await;
        assert_eq!((report.status, &report.result), (Status::Done, &undisturbed.result), "cut {cut}");
        // What was in doubt was charged and made again; everything else was paid once.
        let (spent, more) =
            (report.spent.calls + report.spent.tools, undisturbed.spent.calls + undisturbed.spent.tools);
        assert_eq!(spent, more + in_doubt.len() as u64, "cut {cut}");
        let looked = settled.iter().any(|lived| lived.step == "look");
        assert_eq!(world.called() - called, usize::from(!looked), "cut {cut}");
        // Resumed again from everything that is written, there is nothing left to do.
        let again = world.past(world.written.len()).expect("a run");
        let report = world.resume(&again).await;
        assert_eq!(report.result, undisturbed.result, "cut {cut}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_cut_again_and_again_stays_within_its_bound() {
    let mut world = World::new(STEPS, ECHO, tools());
    world.begin(json!({"x": "hi"})).await;
    world.written.truncate(3);
    // Every process dies with something under way, until the run comes to an end.
    for _ in 0..20 {
        let past = world.past(world.written.len()).expect("a run");
        let before = world.written.len();
        let report = world.resume(&past).await;
        let last = world.written.iter().skip(before).position(|entry| matches!(entry, Entry::Hold(_)));
        match last {
            Some(at) => world.written.truncate(before + at + 1),
            None => {
                let reason = report.reason.as_deref();
                assert!(
                    report.status == Status::Failed && matches!(reason, Some("Unavailable" | "ToolFailed"))
                    // A call that reads was made again, and used up what a later step needs.
                    || report.status == Status::Refused,
                    "{report:?}"
                );
                return;
            }
        }
    }
    panic!("the run goes on for ever");
}

#[tokio::test(start_paused = true)]
async fn the_time_of_all_processes_counts() {
    let mut world = World::new(STEPS, ECHO, tools());
    let whole = world.begin(json!({"x": "hi"})).await;
    assert_eq!(whole.spent.time_ms, 2_000, "the tool is called beside the first step");
    let cut = world.written.len() - 1;
    world.written.truncate(cut);
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    let past = world.past(cut).expect("a run");
    let report = world.resume(&past).await;
    assert_eq!(
        report.spent.time_ms, whole.spent.time_ms,
        "an hour in which nothing was under way is no time of the run"
    );
}

fn pays(effect: &str, gate: &str) -> String {
    format!(
        "tool pay(amount: Int in 0..99) -> Text<=8tok {{
           from   exec(\"pay\")
           effect {effect}
           price  $0.001
           time   <= 2s
           {gate}
         }}
         pub flow f(amount: Int in 0..99) -> Text<=12tok {{
           budget tools <= 9
           return pay(amount) else \"failed\"
         }}"
    )
}

#[tokio::test(start_paused = true)]
async fn what_may_have_changed_something_is_never_done_twice() {
    for (effect, result, calls) in
        [("read", "paid", 2), ("write", "failed", 1), ("money", "failed", 1), ("send", "failed", 1)]
    {
        let text = pays(effect, "gate amount <= 20 else deny").replace("tools <= 9", "tools <= 1");
        let mut world = World::new(&text, "", tools());
        world.begin(json!({"amount": 5})).await;
        let held = world.written.iter().position(|entry| matches!(entry, Entry::Hold(_))).expect("a hold");
        world.written.truncate(held + 1);
        let mut past = world.past(held + 1).expect("a run");
        // A call that reads is made again where there is room for it below the limit, and in no other case.
        past.limit = Resources { tools: past.limit.tools + 1, ..past.limit };
        past.limit.cost = past.limit.cost.checked_add(past.limit.cost).expect("small");
        past.bound = past.limit;
        let report = world.resume(&past).await;
        assert_eq!((report.result, world.called()), (Some(json!(result)), calls), "{effect}");
    }
    let text = pays("read", "");
    let mut world = World::new(&text, "", tools());
    world.begin(json!({"amount": 5})).await;
    let held = world.written.iter().position(|entry| matches!(entry, Entry::Hold(_))).expect("a hold");
    world.written.truncate(held + 1);
    let past = world.past(held + 1).expect("a run");
    let report = world.resume(&past).await;
    assert_eq!((report.result, world.called()), (Some(json!("failed")), 1), "no room");
    assert_eq!(report.spent.cost, report.bound.cost);
}

/// What becomes of a call that waits, where this is decided after that time.
async fn decided(decision: Option<Decision>, after: Duration) -> (RunReport, usize) {
    let text = pays("money", "gate amount <= 20 else approve(\"lead\", within 4h)");
    let mut world = World::new(&text, "", tools());
    let report = world.begin(json!({"amount": 50})).await;
    assert_eq!((report.status, report.spent, world.called()), (Status::Waiting, Resources::ZERO, 0));
    let waits = report.waiting[0].clone();
    tokio::time::sleep(after).await;
    // A restart in between changes nothing, while it waits.
    if after < Duration::from_secs(4 * 3_600) {
        let past = world.past(world.written.len()).expect("a run");
        let report = world.resume(&past).await;
        assert_eq!((report.status, &report.waiting[0]), (Status::Waiting, &waits));
    }
    if let Some(decision) = decision {
        use crate::clock::Clock as _;
        let now = world.clock.now_ms();
        world.decide(waits.number, decision, now);
    }
    let past = world.past(world.written.len()).expect("a run");
    let report = world.resume(&past).await;
    if let Some((_, args)) = world.tools.called.lock().expect("called").first() {
        assert_eq!(&waits.question, &crate::ledger::Question::Approve { tool: "pay".into(), args: args.clone() });
    }
    let called = world.called();
    (report, called)
}

#[tokio::test(start_paused = true)]
async fn a_run_waits_for_approval_and_goes_on_with_it() {
    let hour = Duration::from_secs(3_600);
    let (report, called) = decided(Some(Decision::Approved), hour).await;
    assert_eq!((report.result, called), (Some(json!("paid")), 1));
    assert_eq!((report.spent.tools, report.spent.time_ms), (1, 3_600_000 + 1_000), "the wait is time of the run");
    let (report, called) = decided(Some(Decision::Denied), hour).await;
    assert_eq!((report.result, called, report.spent.tools), (Some(json!("failed")), 0, 1));
    let (report, called) = decided(None, hour * 5).await;
    assert_eq!((report.result, called), (Some(json!("failed")), 0));
    assert_eq!(report.spent.time_ms, 4 * 3_600_000, "no longer than it may wait");
}

#[tokio::test(start_paused = true)]
async fn a_person_is_asked_and_their_answer_is_a_value() {
    let text = "
pub flow f(amount: Int in 0..99) -> Text<=20tok {
  budget time <= 5h
  let sum = ask person(\"lead\", within 4h) -> Int in 0..99 \"\"\"
  What about {amount}?
  \"\"\" else 7
  return if sum > 50 { \"much\" } else { \"little\" }
}";
    for (answer, result) in [(Some(json!(60)), "much"), (Some(json!(3)), "little"), (None, "little")] {
        let mut world = World::new(text, "", tools());
        let report = world.begin(json!({"amount": 5})).await;
        let waits = report.waiting[0].clone();
        let crate::ledger::Question::Answer { question, ty, .. } = &waits.question else { panic!("{waits:?}") };
        assert_eq!((question.trim(), ty.as_str()), ("What about 5?", "Int in 0..99"));
        if let Some(answer) = answer {
            world.decide(waits.number, Decision::Answered(answer), waits.since_ms + 5);
        } else {
            tokio::time::sleep(Duration::from_secs(4 * 3_600)).await;
        }
        let past = world.past(world.written.len()).expect("a run");
        let report = world.resume(&past).await;
        assert_eq!(report.result, Some(json!(result)));
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_held_and_not_sent_is_sent_for_the_reason_that_it_had() {
    let mut world = World::new(STEPS, ECHO, tools());
    let undisturbed = world.begin(json!({"x": "hi"})).await;
    let held = world.written.iter().position(|entry| matches!(entry, Entry::Hold(_))).expect("a hold");
    world.written.truncate(held + 1);
    let mut past = world.past(held + 1).expect("a run");
    past.attempts[0].state = State::Released;
    past.attempts[0].spent = Resources::ZERO;
    let report = world.resume(&past).await;
    assert_eq!((report.result, report.spent.calls), (undisturbed.result, undisturbed.spent.calls));
    let mut later = world.written[held + 1..].iter();
    let again = later.find_map(|entry| if let Entry::Hold(held) = entry { Some(held) } else { None });
    assert_eq!(again.expect("a hold of its own").cause, Cause::First);
}
