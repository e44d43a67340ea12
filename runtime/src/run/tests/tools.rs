use flow_compiler::cost::Money;
use serde_json::json;

use crate::execution::Status;
use crate::ledger::{Question, State};
use crate::testing::{Play, plan};
use crate::tool::{ToolCharge, ToolFault};

/// A tool with a gate, called by the flow.
fn called(effect: &str, gate: &str) -> String {
    format!(
        "tool look(q: Text<=8tok) -> Text<=8char {{
           from   exec(\"look\")
           effect {effect}
           price  $0.001
           time   <= 2s
           {gate}
         }}
         pub flow f(q: Text<=8tok) -> Text<=8char {{
           budget tools <= 1
           return look(q) else \"failed\"
         }}"
    )
}

#[tokio::test(start_paused = true)]
async fn an_open_gate_lets_the_call_through_and_it_is_paid() {
    let plan = plan(&called("read", "gate len(q) > 1 else \"closed\""));
    let played = Play::new(&plan, "").input(json!({"q": "ab"})).tool("look", json!("found")).run().await;
    assert_eq!(played.report.result, Some(json!("found")));
    assert_eq!((played.report.spent.tools, played.report.spent.cost), (1, Money::from_nanos(1_000_000)));
    assert_eq!((played.report.spent.time_ms, played.report.spent.calls), (1_000, 0));
    assert_eq!(played.called, [("look".to_owned(), json!({"q": "ab"}))]);
}

#[tokio::test(start_paused = true)]
async fn a_closed_gate_counts_and_costs_nothing() {
    for (gate, result) in [("else \"closed\"", "closed"), ("else deny", "failed")] {
        let plan = plan(&called("read", &format!("gate len(q) > 1 {gate}")));
        let played = Play::new(&plan, "").input(json!({"q": "a"})).run().await;
        assert_eq!(played.report.result, Some(json!(result)));
        assert_eq!((played.report.spent.tools, played.report.spent.cost), (1, Money::ZERO));
        assert_eq!(played.called, []);
    }
}

#[tokio::test(start_paused = true)]
async fn a_gate_that_needs_a_person_waits_for_one() {
    let plan = plan(&called("money", "gate len(q) > 1 else approve(\"lead\", within 4h)"));
    let played = Play::new(&plan, "").input(json!({"q": "a"})).run().await;
    assert_eq!((played.report.status, played.report.exit_code()), (Status::Waiting, 3));
    let [waits] = played.report.waiting.as_slice() else { panic!("{:?}", played.report.waiting) };
    let asked = Question::Approve { tool: "look".to_owned(), args: json!({"q": "a"}) };
    assert_eq!((waits.role.as_str(), &waits.question), ("lead", &asked));
    assert_eq!(played.report.spent, flow_compiler::cost::Resources::ZERO);
    assert_eq!(played.called, []);
}

#[tokio::test(start_paused = true)]
async fn a_failed_call_costs_its_price_where_nobody_can_say() {
    let plan = plan(&called("read", ""));
    for (charge, state, cost) in
        [(ToolCharge::InDoubt, State::Presumed, 1_000_000), (ToolCharge::Nothing, State::Released, 0)]
    {
        let fault = ToolFault { detail: "gone".into(), timed_out: false, charge };
        let played = Play::new(&plan, "").input(json!({"q": "ab"})).broken_tool("look", fault).run().await;
        assert_eq!(played.report.result, Some(json!("failed")));
        assert_eq!(played.attempts()[0].1.state, state);
        assert_eq!((played.report.spent.tools, played.report.spent.cost), (1, Money::from_nanos(cost)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_result_is_cut_before_anyone_sees_it() {
    let plan = plan(&called("read", ""));
    let played = Play::new(&plan, "").input(json!({"q": "ab"})).tool("look", json!("123456789")).run().await;
    assert_eq!(played.report.result, Some(json!("12345678")));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_made_once_returns_the_first_result() {
    let plan = plan(
        "tool pay(order: Id, amount: Int in 0..9) -> Text<=8tok {
           from   exec(\"pay\")
           effect money, once per order
           price  $0.001
           time   <= 2s
           gate   amount < 9 else deny
         }
         pub flow f() -> Text<=32tok {
           budget tools <= 3
           let a = pay(\"A\", 1)
           let b = if a == \"paid\" { pay(\"A\", 2) } else { \"\" }
           let c = if b == \"paid\" { pay(\"B\", 2) } else { \"\" }
           return a + b + c
         }",
    );
    let played = Play::new(&plan, "").tool("pay", json!("paid")).run().await;
    assert_eq!(played.report.result, Some(json!("paidpaidpaid")));
    assert_eq!((played.called.len(), played.report.spent.tools), (2, 3));
    assert_eq!(played.report.spent.cost, Money::from_nanos(2_000_000));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_made_once_is_waited_for() {
    let plan = plan(
        "tool pay(order: Id, n: Int in 0..9) -> Text<=8char {
           from   exec(\"pay\")
           effect money, once per order
           price  $0.001
           time   <= 2s
           gate   n < 9 else deny
         }
         pub flow f(xs: Int in 0..9[<=3]) -> Text<=8char[<=3] {
           budget tools <= 3
           let all = each x in xs, parallel <= 3 { pay(\"A\", x) }
           return all
         }",
    );
    let played = Play::new(&plan, "").input(json!({"xs": [1, 2, 3]})).tool("pay", json!("paid")).run().await;
    assert_eq!(played.report.result, Some(json!(["paid", "paid", "paid"])));
    assert_eq!((played.called.len(), played.report.spent.tools, played.report.spent.time_ms), (1, 3, 1_000));
}

/// An agent: at most `turns` turns, two searches and one look.
fn agent(turns: u64, rest: &str) -> String {
    format!(
        "tool search(q: Text<=8tok) -> Text<=8tok {{
           from   exec(\"search\")
           effect read
           price  $0.001
           time   <= 2s
           gate   not seen(q) else \"again\"
         }}
         tool look(q: Text<=8tok) -> Text<=8tok {{
           from   exec(\"look\")
           effect read
           price  $0.001
           time   <= 2s
           gate   len(q) > 1 else deny
         }}
         step agent(ask: Text<=8tok) -> Text<=40tok {{
           on     a
           tools  search <= 2, look <= 1
           turns  <= {turns}{rest}
           output <= 400tok
           \"\"\"
           {{raw ask}}
           \"\"\"
         }}
         pub flow f(ask: Text<=8tok) -> Text<=40tok {{
           budget calls <= 9
           return agent(ask) else escalate(\"max_turns\", to: \"desk\")
         }}"
    )
}

fn calls(list: &[(&str, &str)]) -> String {
    let calls: Vec<String> =
        list.iter().map(|(tool, q)| format!("{{ tool = '{tool}', args = {{ q = '{q}' }} }}")).collect();
    format!("[[answer]]\nstep = 'agent'\ncalls = [{}]\n", calls.join(", "))
}

fn last() -> String {
    "[[answer]]\nstep = 'agent'\nvalue = 'the end'\n".to_owned()
}

#[tokio::test(start_paused = true)]
async fn an_agent_calls_tools_and_reads_their_results() {
    let plan = plan(&agent(6, ""));
    let script = calls(&[("search", "one"), ("look", "x")]) + &last();
    let played = Play::new(&plan, &script).input(json!({"ask": "go"})).tool("search", json!("found")).run().await;
    assert_eq!(played.report.result, Some(json!("the end")));
    assert_eq!(played.said(1), ["go", "", "found", "Denied."]);
    assert_eq!(played.report.spent.tools, 2);
    assert_eq!(played.report.spent.time_ms, 1_000);
}

#[tokio::test(start_paused = true)]
async fn calls_beyond_a_cap_are_dropped() {
    // AT-54: five are asked for, two are made.
    let plan = plan(&agent(6, ""));
    let five = [("search", "1"), ("search", "2"), ("search", "3"), ("search", "4"), ("search", "5")];
    let script = calls(&five) + &last();
    let played = Play::new(&plan, &script).input(json!({"ask": "go"})).tool("search", json!("ok")).run().await;
    assert_eq!((played.called.len(), played.report.spent.tools), (2, 2));
    let said = &played.asked[1].messages[1];
    assert_eq!(said.calls.len(), 2, "the model does not see calls that were not made");
    let offered: Vec<&str> = played.asked[1].tools.iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(offered, ["look"], "what is used up is not offered again");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_no_later_request_has_room_for_is_not_made() {
    // 22 tokens where an earlier answer has 20 in every request that repeats it: unlike a text, a call cannot be cut.
    let plan = plan(&agent(6, "").replace("output <= 400tok", "output <= 20tok").replace("Text<=40tok", "Text<=20tok"));
    let script = calls(&[("search", "eight in")]) + &calls(&[("search", "1")]) + &last();
    let played = Play::new(&plan, &script).input(json!({"ask": "go"})).tool("search", json!("ok")).run().await;
    assert_eq!(played.report.result, Some(json!("the end")), "{:?}", played.report.detail);
    assert_eq!(played.called, [("search".to_owned(), json!({"q": "1"}))]);
    assert_eq!(played.said(1)[2], flow_compiler::bound::NOTE);
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_asks_only_for_dropped_calls_is_told_so() {
    let plan = plan(&agent(6, ""));
    let script = calls(&[("search", "1"), ("search", "2")]) + &calls(&[("search", "3")]) + &last();
    let played = Play::new(&plan, &script).input(json!({"ask": "go"})).tool("search", json!("ok")).run().await;
    assert_eq!(played.said(2).last().map(String::as_str), Some("No tool call is left for this. Answer now."));
    assert!(played.asked[2].tools.is_empty(), "that used up the look");
    assert_eq!((played.report.spent.tools, played.report.spent.turns), (2, 3));
}

#[tokio::test(start_paused = true)]
async fn the_last_turn_has_no_tools_and_there_is_none_after_it() {
    // AT-51 and AT-53: a model that never stops asking gets no further turn, and every request carries the cap.
    for (turns, happen) in [(1, 1), (2, 2), (3, 3), (4, 4), (9, 4)] {
        let plan = plan(&agent(turns, ""));
        let asks: String =
            (0..9).map(|n| calls(&[(if n % 2 == 0 { "search" } else { "look" }, &format!("q{n}"))])).collect();
        let play = Play::new(&plan, &asks).input(json!({"ask": "go"})).tool("search", json!("ok"));
        let played = play.tool("look", json!("ok")).run().await;
        assert_eq!(played.asked.len(), happen, "turns <= {turns}");
        assert!(played.asked.last().is_some_and(|request| request.tools.is_empty()));
        assert!(played.asked.iter().all(|request| request.max_output == 400));
        assert_eq!((played.report.status, played.report.reason.as_deref()), (Status::Escalated, Some("max_turns")));
    }
}

#[tokio::test(start_paused = true)]
async fn only_what_is_kept_is_sent_again() {
    let plan = plan(&agent(4, ", keep last 1"));
    let script = calls(&[("search", "1")]) + &calls(&[("search", "2")]) + &calls(&[("look", "33")]) + &last();
    let play = Play::new(&plan, &script).input(json!({"ask": "go"})).tool("search", json!("ok"));
    let played = play.tool("look", json!("seen")).run().await;
    assert_eq!(played.said(3), ["go", "", "seen"]);
    assert_eq!(played.asked[3].messages[1].calls[0].name, "look");
}

#[tokio::test(start_paused = true)]
async fn what_was_asked_before_is_seen_by_the_gate() {
    let plan = plan(&agent(6, ""));
    let script = calls(&[("search", "1")]) + &calls(&[("search", "1")]) + &last();
    let played = Play::new(&plan, &script).input(json!({"ask": "go"})).tool("search", json!("ok")).run().await;
    assert_eq!((played.called.len(), played.report.spent.tools), (1, 2));
    assert_eq!(played.said(2).last().map(String::as_str), Some("again"));
}

#[tokio::test(start_paused = true)]
async fn arguments_of_other_types_count_and_do_not_reach_the_tool() {
    let plan = plan(&agent(6, ""));
    let script = calls(&[("search", "longer than eight")]) + &last();
    let played = Play::new(&plan, &script).input(json!({"ask": "go"})).run().await;
    assert_eq!((played.called.len(), played.report.spent.tools), (0, 1));
    assert_eq!(played.said(1).last().map(String::as_str), Some("Failed."));
    assert_eq!(played.report.result, Some(json!("the end")));
}
