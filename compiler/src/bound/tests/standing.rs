//! What stands for longer than a run, in the bound: caches are missed, windows waited for, indexes read, people waited for,
//! ceilings reached, and classifiers of routes asked.

use super::{at_dear, at_unit, bound, joined, sum, wait, whole};
use crate::cost::{Money, Resources};

/// What is read by `mini`: 100 nano-dollars a token, 5 seconds.
fn read(input: u64) -> Resources {
    Resources { cost: Money::from_nanos(100 * input), calls: 1, input, tokens: input, ..wait(5_000) }
}

/// The most that `main` takes, exact or not.
fn most(text: &str) -> Resources {
    let compiled = whole(text);
    compiled.report.flows.iter().find(|flow| flow.name == "main").and_then(|flow| flow.bound).expect("a bound")
}

fn asked(clauses: &str) -> String {
    format!(
        "step ask(q: Text<=20tok) -> Text<=10tok {{ on unit\n{clauses}\n\"Say: {{raw q}}\" }}
         flow main(q: Text<=20tok) -> Text<=10tok {{ return ask(q) }}"
    )
}

#[test]
fn a_cache_is_missed() {
    assert_eq!(bound(&asked("cache for 7d")), at_unit(&[(25, 10)]));
}

#[test]
fn a_cache_that_looks_for_likeness_reads_the_request_once() {
    // The request is read once, whatever is sent again: 25 tokens.
    let text = asked("cache for 7d like 0.95 by mini\n retry <= 1\n system \"\"\"\n Be brief.\n \"\"\"");
    let attempt = at_unit(&[(34, 10)]);
    assert_eq!(most(&text), sum(&[read(34), attempt, attempt, wait(crate::cost::longest_backoff_ms(1))]));
    assert_eq!(joined(&text).len(), 1, "the model of the cache may read less than that");
}

#[test]
fn a_cache_reads_no_more_than_its_model_holds() {
    let text = "step ask(q: Text<=5_000tok) -> Text<=10tok { on unit\n cache for 1d like 0.9 by mini\n \"{raw q}\" }
         flow main(q: Text<=5_000tok) -> Text<=10tok { return ask(q) }";
    assert_eq!(most(text), sum(&[read(1_000), at_unit(&[(5_000, 10)])]));
}

#[test]
fn a_window_is_waited_for_before_every_attempt() {
    let text = asked("class background, window <= 7s\n retry <= 2");
    let attempts = at_unit(&[(25, 10), (25, 10), (25, 10)]);
    let backoff = crate::cost::longest_backoff_ms(1) + crate::cost::longest_backoff_ms(2);
    assert_eq!(most(&text), sum(&[attempts, wait(3 * 7_000 + backoff)]));
    let ceiling = &whole(&text).plan.expect("a plan").ceilings.steps[0];
    assert_eq!(ceiling.models[0].time_ms, 30_000, "an attempt itself is given up as before");
    assert_eq!(bound(&asked("class interactive")), at_unit(&[(25, 10)]));
}

#[test]
fn a_tool_of_an_index_reads_its_query_in_every_call() {
    let found = bound(
        "index help = files(\"./help/*.md\", chunk <= 200tok) by mini
         type Passage { text: Text<=200tok }
         tool look(query: Text<=20tok) -> Passage[<=3] {
           from index(help)
           effect read
           price $0.002
           time <= 2s
           gate len(query) > 0 else [] }
         flow main(q: Text<=20tok) -> Passage[<=3] { return look(q) }",
    );
    let call = Resources { cost: Money::from_nanos(2_000_000), tools: 1, ..wait(2_000) };
    assert_eq!(found, sum(&[call, read(20)]));
}

#[test]
fn a_model_that_looks_into_an_index_reads_a_query_each_time() {
    let text = "index help = files(\"./help/*.md\", chunk <= 9tok) by mini
         type Passage { text: Text<=9tok }
         tool look(query: Text<=20tok) -> Passage[<=3] {
           from index(help)
           effect read
           price $0
           time <= 2s }
         step ask(q: Text<=20tok) -> Text<=10tok { on unit\n tools look <= 3\n turns <= 4\n \"Say: {raw q}\" }
         flow main(q: Text<=20tok) -> Text<=10tok { return ask(q) }";
    let total = most(text);
    assert_eq!((total.calls, total.turns, total.tools), (4 + 3, 4, 3));
    assert_eq!(total.time_ms, 4 * 30_000 + 3 * (2_000 + 5_000));
}

#[test]
fn a_person_takes_time_and_nothing_else() {
    let found = bound(
        "flow main(q: Text<=20tok) -> Bool {
           let a = ask person(\"lead\", within 4h) -> Bool \"Is it? {q}\"
           let b = ask person(\"lead\", within 3h) -> Bool \"Is it? {q}\"
           return a and b
         }",
    );
    assert_eq!(found, wait(4 * 3_600_000), "two who do not need each other are asked at once");
}

#[test]
fn a_reached_ceiling_may_hand_every_step_below_to_other_tiers() {
    let text = |under: &str| {
        format!(
            "ceiling all {{ cost <= $500 per 1d, over => on dear -> dear | escalate(\"too much\") }}
             step ask(q: Text<=20tok) -> Text<=10tok {{ on unit\n accept len(it) > 2\n \"Say: {{raw q}}\" }}
             flow inner(q: Text<=20tok) -> Text<=10tok {{ return ask(q) }}
             flow main(q: Text<=20tok) -> Text<=10tok {{ budget cost <= $1\n {under}\n return inner(q) }}"
        )
    };
    assert_eq!(most(&text("")), at_unit(&[(25, 10)]));
    // Each dimension at its larger: two attempts at `dear` cost more, one at `unit` takes longer.
    let (over, usual) = (at_dear(&[(25, 10), (25, 10)]), at_unit(&[(25, 10)]));
    assert_eq!(most(&text("under all")), over.either(&usual));
    assert!(!joined(&text("under all")).is_empty());
}

#[test]
fn a_route_that_asks_pays_for_it_once() {
    let found = most(
        "enum Topic { Law, Other }
         step risk(q: Text<=20tok) -> Bool { on dear\n format none\n output <= 5tok\n \"Risk: {raw q}\" }
         route by(q: Text<=20tok) {
           risk(q) => dear
           classify(q, into: Topic) by mini is Law => unit
           not risk(q) => unit
           _ => unit
         }
         step ask(q: Text<=20tok) -> Text<=10tok { on by(q)\n retry <= 1\n \"Say: {raw q}\" }
         flow main(q: Text<=20tok) -> Text<=10tok { return ask(q) }",
    );
    // `risk` once, the classification once (the text, `law` and `other`), then the dearer arm with its retry.
    let asks = sum(&[at_dear(&[(26, 5)]), read(20 + 3 + 5)]);
    let asks = Resources { time_ms: 10_000, ..asks };
    let arm = at_dear(&[(25, 10), (25, 10)]).either(&at_unit(&[(25, 10), (25, 10)]));
    assert_eq!(found, sum(&[asks, arm, wait(crate::cost::longest_backoff_ms(1))]));
}

#[test]
fn the_caller_chooses_and_the_dearest_choice_is_counted() {
    let text = "route by() {
           caller.tier == \"gold\" => dear
           _ => unit
         }
         step ask(q: Text<=20tok) -> Text<=10tok { on by()\n \"Say: {raw q}\" }
         flow main(q: Text<=20tok) -> Text<=10tok { return ask(q) }";
    assert_eq!(most(text), at_dear(&[(25, 10)]).either(&at_unit(&[(25, 10)])));
    assert_eq!(joined(text).len(), 1);
}
