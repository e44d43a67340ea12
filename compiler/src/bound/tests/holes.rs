//! Holes that others had, one test each: what a bound must not forget.

use super::super::order::callees_first;
use super::super::{REPAIR_NOTE_TOKENS, Verdict, bound as bound_program};
use super::{at_dear, at_unit, bound, compiled, errors, sum, whole};
use crate::catalogue::{TokenizerClass, Vocabulary};
use crate::cost::{Resources, longest_backoff_ms};
use crate::program::{NodeKind, Part};
use crate::source::Sources;
use crate::tokens::Counter;
use crate::tokens::request::tool_text;

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
    let found = compiled(&text);
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

/// A step of one clause more, over a text of 20 tokens.
fn asked(model: &str, clause: &str) -> Resources {
    bound(&format!(
        "step ask(q: Text<=20tok) -> Text<=10tok {{ on {model}\n {clause}\n \"a{{raw q}}\" }}
         flow main(q: Text<=20tok) -> Text<=10tok {{ return ask(q) }}"
    ))
}

/// The same where the report says that no run may need all of it.
fn loosely(model: &str, clause: &str, prompt: &str) -> Resources {
    let text = format!(
        "step ask(q: Text<=20tok) -> Text<=10tok {{ on {model}\n {clause}\n {prompt} }}
         flow main(q: Text<=20tok) -> Text<=10tok {{ return ask(q) }}"
    );
    whole(&text).plan.expect("a plan").ceilings.flows[0]
}

#[test]
fn recursion_does_not_compile() {
    let itself = "flow main(q: Text<=20tok) -> Text<=20tok { return main(q) }";
    let each_other = "flow one(q: Text<=20tok) -> Text<=20tok { return main(q) }
         flow main(q: Text<=20tok) -> Text<=20tok { return one(q) }";
    let judged_by_itself = "step ask(q: Text<=20tok) -> Bool { on unit\n accept ask(q)\n \"a{raw q}\" }
         flow main(q: Text<=20tok) -> Bool { return ask(q) }";
    let asked_by_its_gate =
        "tool look(q: Text<=20tok) -> Bool { from exec(\"look\")\n effect read\n price $0\n time <= 1s\n \
         gate fine(q) else false }
         step fine(q: Text<=20tok) -> Bool { on unit\n tools look <= 1\n turns <= 2\n \"a{raw q}\" }
         flow main(q: Text<=20tok) -> Bool { return look(q) }";
    for text in [itself, each_other, judged_by_itself, asked_by_its_gate] {
        let told = errors(text);
        assert_eq!(told.len(), 1, "{text}\n{told:#?}");
        assert!(told[0].message.contains("itself"), "{told:#?}");
        assert!(compiled(text).plan.is_none());
    }
}

#[test]
fn a_repair_is_a_call() {
    // The bad answer and the note come back with the request, and the second repair carries both of what went before.
    let inputs = [21, 21 + 10 + REPAIR_NOTE_TOKENS, 21 + 2 * (10 + REPAIR_NOTE_TOKENS)];
    let found = asked("unit", "repair <= 2");
    assert_eq!(found, at_unit(&inputs.map(|input| (input, 10))));
    assert_eq!(found.calls, 3);
}

#[test]
fn what_a_route_asks_is_counted() {
    let found = bound(
        "step risk(q: Text<=20tok) -> Bool { on unit\n format none\n \"a{raw q}\" }
         route by(q: Text<=20tok) { risk(q) => dear\n _ => unit }
         step ask(q: Text<=20tok) -> Text<=10tok { on by(q)\n \"a{raw q}\" }
         flow main(q: Text<=20tok) -> Text<=10tok { return ask(q) }",
    );
    let (asked, answered) = (at_unit(&[(21, 5)]), at_dear(&[(21, 10)]).either(&at_unit(&[(21, 10)])));
    assert_eq!(found, sum(&[asked, answered]));
}

#[test]
fn a_cache_is_counted_as_a_miss() {
    assert_eq!(asked("unit", "cache for 7d"), at_unit(&[(21, 10)]));
    // Looking for nearly the same request is a call of its own.
    let found = loosely("unit", "cache for 7d like 0.9 by mini", "\"a{raw q}\"");
    assert_eq!((found.calls, found.turns, found.input), (2, 1, 21 + 21));
    assert_eq!(found.cost.nanos(), 21_000 + 100_000 + 21 * 100);
}

#[test]
fn a_value_that_would_grow_in_a_loop_does_not_compile() {
    let text = "flow main(q: Text<=20tok) -> Text<=20tok { var d = q\n loop <= 4 { d = d + q }\n return d }";
    let told = errors(text);
    assert_eq!(told.len(), 1, "{told:#?}");
    assert_eq!((told[0].code.as_str(), told[0].message.as_str()), ("E0507", "`d` would grow to `Text<=42tok`"));
}

#[test]
fn seams_between_text_and_holes_are_counted() {
    // `Say: ` is two tokens of that vocabulary and ` now` is one: two seams of two tokens each beside the hole.
    let found = loosely("worded", "", "\"Say: {raw q} now\"");
    let counter = Counter::of(&TokenizerClass::Counted { vocabulary: Vocabulary::O200kBase });
    let fixed = |text| counter.count(text);
    assert_eq!(found.input, fixed("Say: ") + 20 + fixed(" now") + 2 * 2);
}

#[test]
fn the_schemas_and_the_preamble_of_tools_are_priced() {
    let tool = "/// Looks a word up.
         tool look(q: Text<=20tok) -> Text<=50tok { from exec(\"look\")\n effect read\n price $0\n time <= 1s }\n";
    let input = |clause: &str| {
        let text = format!(
            "{tool} step ask(q: Text<=20tok) -> Text<=10tok {{ on taxed\n {clause}\n \"a{{raw q}}\" }}
             flow main(q: Text<=20tok) -> Text<=10tok {{ return ask(q) }}"
        );
        (bound(&text).input, whole(&text).plan.expect("a plan"))
    };
    // A request has 7, each message 3, each tool 5, and any tool 11 more.
    let (alone, _) = input("");
    assert_eq!(alone, 21 + 7 + 3);
    let (with, plan) = input("tools look <= 1\n turns <= 2");
    let look = &plan.program.tools[0];
    let schema = crate::schema::parameters(&plan.program.types, &look.params);
    let described = tool_text(&look.name, &look.docs, &schema).len() as u64;
    assert!(described > 60);
    // The first answer has room for a call: `look{"q":"…"}`, every byte of the text escaped.
    let call = "look".len() as u64 + r#"{"q":""}"#.len() as u64 + 2 * 20;
    let second = alone + (call + 3) + (50 + 3);
    assert_eq!(with, alone + described + 5 + 11 + second);
}

#[test]
fn thinking_is_priced() {
    let plain = asked("wise", "output <= 10tok");
    let thinking = asked("wise", "output <= 10tok\n think <= 100tok");
    assert_eq!((plain.output, thinking.output), (10, 110));
    assert_eq!(thinking.cost.nanos() - plain.cost.nanos(), 100 * 10_000);
    // A model that does not think is not paid for it.
    assert_eq!(asked("unit", "think <= 100tok"), asked("unit", ""));
}

#[test]
fn no_cap_of_a_bound_is_off_by_one() {
    // One more of what is capped is one more of what it caps, and nothing else: from the least to the third.
    let one = at_unit(&[(21, 10)]);
    for count in 1..=3 {
        let many = one.repeat(count, count).expect("it fits");
        let flow =
            |head: &str, body: &str| bound(&format!("{ASK} flow main({head}) -> Bool {{ {body}\n return true }}"));
        assert_eq!(flow("q: Text<=20tok", &format!("loop <= {count} {{ let a = ask(q) }}")), many);
        assert_eq!(flow(&format!("xs: Text<=20tok[<={count}]"), "let a = each x in xs { ask(x) }"), many);
        let retried = asked("unit", &format!("retry <= {count}"));
        assert_eq!((retried.calls, retried.input, retried.output), (count + 1, 21 * (count + 1), 10 * (count + 1)));
        assert_eq!(asked("unit", &format!("repair <= {count}")).calls, count + 1);
        assert_eq!(asked("unit", &format!("output <= {count}tok")), at_unit(&[(21, count)]));
    }
    let within = |cost: u64| {
        format!("{ASK} flow main(q: Text<=20tok) -> Text<=10tok {{ budget cost <= $0.{cost:09}\n return ask(q) }}")
    };
    assert_eq!(errors(&within(one.cost.nanos())), []);
    let told = errors(&within(one.cost.nanos() - 1));
    assert_eq!(told.iter().map(|told| told.code.as_str()).collect::<Vec<_>>(), ["E0201"]);
}
