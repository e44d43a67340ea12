//! Holes that others had, one test each: what a bound must not forget.

use super::super::order::callees_first;
use super::super::{Verdict, bound as bound_program};
use super::{at_dear, at_unit, bound, errors, sum, whole};
use crate::cost::{Resources, longest_backoff_ms};
use crate::program::{NodeKind, Part};
use crate::source::Sources;

const ASK: &str = "step ask(q: Text<=20tok) -> Text<=10tok { on unit\n \"a{raw q}\" }\n";

#[test]
fn a_retry_multiplies_in_every_element() {
    let found = bound(
        "step ask(q: Text<=20tok) -> Text<=10tok { on unit\n retry <= 1\n \"a{raw q}\" }
         flow main(xs: Text<=20tok[<=5]) -> Text<=10tok[<=5] { return each x in xs { ask(x) } }",
    );
    let once = sum(&[at_unit(&[(21, 10), (21, 10)]), super::wait(longest_backoff_ms(1))]);
    assert_eq!(found, once.repeat(5, 5).expect("it fits"));
}

#[test]
fn recursion_has_no_bound() {
    // The checker refuses it in a text; a program made otherwise is refused here.
    let mut program = whole(&format!("{ASK} flow main(q: Text<=20tok) -> Text<=10tok {{ return ask(q) }}"))
        .plan
        .expect("a plan")
        .program;
    let node =
        program.flows[0].body.nodes.iter_mut().find(|node| matches!(node.kind, NodeKind::Step(..))).expect("a call");
    let NodeKind::Step(_, args) = node.kind.clone() else { unreachable!() };
    node.kind = NodeKind::Flow { flow: crate::program::FlowId(0), args, within: Vec::new() };
    let found = bound_program(&program, &[], &Sources::default());
    assert!(found.value.ceilings.is_none());
    assert_eq!(found.value.report.flows[0].verdict, Verdict::Unbounded);
    assert_eq!(found.diagnostics.iter().map(|told| told.code.as_str()).collect::<Vec<_>>(), ["E0202"]);
    assert_eq!(callees_first(&program).recursive.len(), 1);
}

#[test]
fn what_a_callee_cannot_bound_its_callers_cannot() {
    // 10^6 elements, 10^6 rounds, 10^6 rounds: more than can be counted, in `inner` and so in `main`.
    let text = format!(
        "{ASK}
         flow inner(xs: Text<=20tok[<=1_000_000]) -> Text<=20tok {{
           loop <= 1_000_000 {{ loop <= 1_000_000 {{ let a = each x in xs {{ ask(x) }} }} }}
           return \"done\"
         }}
         flow main(xs: Text<=20tok[<=1_000_000]) -> Text<=20tok {{ return inner(xs) }}"
    );
    let found = super::compiled(&text);
    let told: Vec<&str> = found.diagnostics.iter().filter(|of| of.is_error()).map(|of| of.code.as_str()).collect();
    assert_eq!(told, ["E0202"]);
    assert!(found.plan.is_none());
    assert!(found.report.flows.iter().all(|flow| flow.verdict == Verdict::Unbounded));
    assert_eq!(found.report.verdict(), Verdict::Unbounded);
}

#[test]
fn a_list_made_at_run_time_is_counted_at_its_longest() {
    let found = bound(&format!(
        "step split(q: Text<=20tok) -> Text<=20tok[<=6] {{ on unit\n format none\n \"a{{raw q}}\" }}
         {ASK}
         flow main(q: Text<=20tok) -> Text<=10tok[<=6] {{ let xs = split(q)\n return each x in xs {{ ask(x) }} }}"
    ));
    assert_eq!(found.calls, 1 + 6);
}

#[test]
fn a_ladder_is_a_sum_and_not_a_maximum() {
    let found = bound(
        "step ask(q: Text<=20tok) -> Text<=10tok { on unit -> dear -> unit\n accept not empty(it)\n \"a{raw q}\" }
         flow main(q: Text<=20tok) -> Text<=10tok { return ask(q) }",
    );
    assert_eq!(found, sum(&[at_unit(&[(21, 10), (21, 10)]), at_dear(&[(21, 10)])]));
}

#[test]
fn hidden_calls_are_counted() {
    // A judge in `accept`, a gate's own step, a classification: all of them are calls.
    let found = bound(
        "enum Topic { Billing, Bug }
         step fine(q: Text<=20tok) -> Bool { on unit\n format none\n \"a{raw q}\" }
         tool look(q: Text<=20tok) -> Text<=20tok { from exec(\"look\")\n effect read\n price $0\n time <= 1s\n gate fine(q) else deny }
         step ask(q: Text<=20tok) -> Text<=10tok { on unit\n accept fine(it)\n \"a{raw q}\" }
         flow main(q: Text<=20tok) -> Text<=10tok {
           let t = classify(q, into: Topic) by mini
           let r = look(q)
           return ask(r)
         }",
    );
    assert_eq!((found.calls, found.turns, found.tools), (4, 3, 1));
}

#[test]
fn denied_and_failed_tool_calls_count() {
    let found = bound(
        "tool look(q: Text<=20tok) -> Text<=20tok { from exec(\"look\")\n effect read\n price $0.01\n time <= 1s\n gate len(q) > 3 else deny }
         flow main(q: Text<=20tok) -> Text<=20tok { return look(q) else \"none\" }",
    );
    assert_eq!((found.tools, found.cost.nanos()), (1, 10_000_000));
}

#[test]
fn what_a_loop_carries_cannot_grow() {
    // Every round reads a text of the size that the `var` was declared with.
    let found = bound(
        "step mend(q: Text<=20tok) -> Text<=20tok { on unit\n \"a{raw q}\" }
         flow main(q: Text<=20tok) -> Text<=20tok { var d = q\n loop <= 4 { d = mend(d) }\n return d }",
    );
    assert_eq!(found, at_unit(&[(21, 20)]).repeat(4, 4).expect("it fits"));
}

#[test]
fn the_format_and_its_schema_are_read() {
    let text = "step ask(q: Text<=20tok) -> Bool { on unit\n \"a{raw q}\" }
                flow main(q: Text<=20tok) -> Bool { return ask(q) }";
    let plan = whole(text).plan.expect("a plan");
    let format = plan.program.steps[0].format.clone().expect("instructions");
    let fixed: u64 = plan.program.steps[0]
        .prompt
        .iter()
        .map(|part| match part {
            Part::Text(text) => text.len() as u64,
            Part::Format => format.len() as u64,
            Part::Hole(..) | Part::Data(..) | Part::Each { .. } | Part::If { .. } => 0,
        })
        .sum();
    assert_eq!(plan.ceilings.flows[0], at_unit(&[(fixed + 20, 5)]));
}

#[test]
fn a_number_in_a_prompt_is_small() {
    let found = bound(
        "step ask(n: Int in 0..100, s: Score, b: Bool) -> Text<=10tok { on unit\n \"{n} {s} {b}\" }
         flow main(n: Int in 0..100, s: Score, b: Bool) -> Text<=10tok { return ask(n, s, b) }",
    );
    // `100`, `0.85`, `false` and two spaces.
    assert_eq!(found, at_unit(&[(3 + 4 + 5 + 2, 10)]));
}

#[test]
fn a_request_above_its_cap_is_refused() {
    let text = "step ask(q: Text<=20tok) -> Text<=10tok { on unit\n input <= 20tok\n \"a{raw q}\" }
                flow main(q: Text<=20tok) -> Text<=10tok { return ask(q) }";
    assert_eq!(errors(text).iter().map(|told| told.code.as_str()).collect::<Vec<_>>(), ["E0203"]);
    let fits = text.replace("20tok\n \"", "21tok\n \"");
    assert_eq!(bound(&fits), at_unit(&[(21, 10)]));
}

#[test]
fn a_request_above_the_context_is_refused() {
    let text = "step ask(q: Text<=999_990tok) -> Text<=10tok { on unit\n \"a{raw q}\" }
                flow main(q: Text<=999_990tok) -> Text<=10tok { return ask(q) }";
    assert_eq!(errors(text).iter().map(|told| told.code.as_str()).collect::<Vec<_>>(), ["E0204"]);
    whole(&text.replace("999_990", "999_989"));
}

#[test]
fn waits_before_retries_are_counted_to_the_last() {
    let (retries, waits) = (9, (1..=9).map(longest_backoff_ms).sum::<u64>());
    let found = bound(&format!(
        "step ask(q: Text<=20tok) -> Text<=10tok {{ on unit\n retry <= {retries}\n \"a{{raw q}}\" }}
         flow main(q: Text<=20tok) -> Text<=10tok {{ return ask(q) }}"
    ));
    let attempts = at_unit(&[(21, 10)]).repeat(retries + 1, retries + 1).expect("it fits");
    assert_eq!(found, Resources { time_ms: attempts.time_ms + waits, ..attempts });
}

#[test]
fn what_is_made_to_fit_takes_no_more_than_that() {
    let list = |hole: &str| {
        let plan = whole(&format!(
            "type P {{ text: Text<=20tok, n: Int in 0..9 }}
             step ask(ps: P[<=3]) -> Text<=10tok {{ on unit\n \"{hole}\" }}
             flow main(ps: P[<=3]) -> Text<=10tok {{ return ask(ps) }}"
        ))
        .plan
        .expect("a plan");
        plan.ceilings.flows[0].input
    };
    assert_eq!(list("a{each p in ps}{raw p.text}{end}b"), 62);
    assert_eq!(list("a{each p in ps fit 30tok by n}{raw p.text}{end}b"), 32);
    assert_eq!(list("a{each p in ps fit 60tok by n}{raw p.text}{end}b"), 62);
    assert_eq!(list("a{each p in ps fit 99tok by n}{raw p.text}{end}b"), 62);
    assert_eq!(list("a{raw ps fit 30tok by n}b"), 32);
}
