//! Bodies: order, choice, lists, loops, failures, calls of flows.

use super::{at_dear, at_unit, bound, joined, sum, whole};
use crate::cost::Resources;

/// `cheap`: 20 in, 10 out at `unit`. `dear`: the same at `dear`. No fixed text but one letter: 21 in.
const STEPS: &str = "
step cheap(q: Text<=20tok) -> Text<=10tok { on unit\n \"a{raw q}\" }
step costly(q: Text<=20tok) -> Text<=10tok { on dear\n \"a{raw q}\" }
step fine(q: Text<=20tok) -> Bool { on unit\n format none\n \"a{raw q}\" }
";

fn cheap() -> Resources {
    at_unit(&[(21, 10)])
}

fn costly() -> Resources {
    at_dear(&[(21, 10)])
}

fn fine() -> Resources {
    at_unit(&[(21, 5)])
}

fn main_of(params: &str, result: &str, body: &str) -> Resources {
    bound(&format!("{STEPS}\nflow main({params}) -> {result} {{\n{body}\n}}"))
}

#[test]
fn what_does_not_need_each_other_runs_at_once() {
    let found =
        main_of("q: Text<=20tok", "Text<=20tok", "let a = cheap(q)\n let b = costly(q)\n return (a + b) cut 20tok");
    assert_eq!(found, Resources { time_ms: 30_000, ..sum(&[cheap(), costly()]) });
}

#[test]
fn what_needs_each_other_comes_one_after_the_other() {
    let found = main_of("q: Text<=20tok", "Text<=10tok", "let a = cheap(q)\n return costly(a)");
    assert_eq!(found, sum(&[cheap(), costly()]));
}

#[test]
fn a_choice_takes_what_its_dearest_arm_takes() {
    let found = main_of("q: Text<=20tok, b: Bool", "Text<=10tok", "return if b { cheap(q) } else { costly(q) }");
    // `costly` in dollars, `cheap` in time.
    assert_eq!(found, Resources { time_ms: 30_000, ..costly() });
}

#[test]
fn a_match_takes_its_dearest_arm() {
    let found = bound(&format!(
        "{STEPS}
         enum Topic {{ Billing, Bug }}
         flow main(q: Text<=20tok, t: Topic) -> Text<=10tok {{
           return match t {{ Billing => cheap(q), Bug => costly(q) }}
         }}"
    ));
    assert_eq!(found, Resources { time_ms: 30_000, ..costly() });
}

#[test]
fn a_route_takes_its_dearest_arm() {
    let found = bound(
        "enum Topic { Billing, Bug }
         route who(t: Topic) { t is Bug => dear\n _ => unit }
         step ask(q: Text<=20tok, t: Topic) -> Text<=10tok { on who(t)\n \"a{raw q}\" }
         flow main(q: Text<=20tok, t: Topic) -> Text<=10tok { return ask(q, t) }",
    );
    assert_eq!(found, Resources { time_ms: 30_000, ..costly() });
}

#[test]
fn what_returns_early_spares_the_rest() {
    // Either `costly` and out, or on to `cheap`: never both.
    let body = "if b { return costly(q) }\n return cheap(q)";
    let found = main_of("q: Text<=20tok, b: Bool", "Text<=10tok", body);
    assert_eq!(found, Resources { time_ms: 30_000, ..costly() });
}

#[test]
fn a_list_is_paid_for_every_element_and_waits_in_rounds() {
    let one_by_one = main_of("xs: Text<=20tok[<=7]", "Text<=10tok[<=7]", "return each x in xs { cheap(x) }");
    assert_eq!(one_by_one, cheap().repeat(7, 7).expect("it fits"));
    let three_at_once =
        main_of("xs: Text<=20tok[<=7]", "Text<=10tok[<=7]", "return each x in xs, parallel <= 3 { cheap(x) }");
    assert_eq!(three_at_once, cheap().repeat(7, 3).expect("it fits"));
}

#[test]
fn a_skipped_element_has_been_paid() {
    let found = main_of("xs: Text<=20tok[<=4]", "Text<=10tok[<=4]", "return each x in xs { cheap(x) else skip }");
    assert_eq!(found, cheap().repeat(4, 4).expect("it fits"));
}

#[test]
fn a_loop_is_paid_for_every_round() {
    let body = "var d = q\n loop <= 3 { if fine(d) { break }\n d = cheap(d) }\n return d";
    let found = main_of("q: Text<=20tok", "Text<=20tok", body);
    assert_eq!(found, sum(&[fine(), cheap()]).repeat(3, 3).expect("it fits"));
}

#[test]
fn a_round_that_is_left_early_may_be_the_dearest_last() {
    // `b` is the same in every round: two rounds of `cheap`, or `costly` at once.
    let body = "loop <= 2 { if b { let x = costly(q)\n break }\n let y = cheap(q) }\n return q";
    let found = main_of("q: Text<=20tok, b: Bool", "Text<=20tok", body);
    assert_eq!(found, costly().either(&cheap().repeat(2, 2).expect("it fits")));
    // The answer of a step is another one in every round: one of `cheap`, and then `costly` on the way out.
    let body = "loop <= 2 { if fine(q) { let x = costly(q)\n break }\n let y = cheap(q) }\n return q";
    let found = main_of("q: Text<=20tok", "Text<=20tok", body);
    let out = sum(&[fine(), cheap(), fine(), costly()]);
    assert_eq!(found, out.either(&sum(&[fine(), cheap()]).repeat(2, 2).expect("it fits")));
}

#[test]
fn a_failure_is_paid_before_its_handler() {
    assert_eq!(main_of("q: Text<=20tok", "Text<=10tok", "return costly(q) else cheap(q)"), sum(&[costly(), cheap()]));
}

#[test]
fn a_check_costs_nothing() {
    let body = "let a = cheap(q)\n check not empty(a) else escalate(\"nothing\", to: \"us\")\n return costly(a)";
    assert_eq!(main_of("q: Text<=20tok", "Text<=10tok", body), sum(&[cheap(), costly()]));
}

#[test]
fn a_called_flow_is_paid_where_it_is_called() {
    let found = bound(&format!(
        "{STEPS}
         flow inner(q: Text<=20tok) -> Text<=10tok {{ let a = cheap(q)\n return costly(a) }}
         flow main(q: Text<=20tok) -> Text<=10tok {{ let a = inner(q)\n return inner(a) }}"
    ));
    assert_eq!(found, sum(&[cheap(), costly()]).repeat(2, 2).expect("it fits"));
}

#[test]
fn within_caps_a_call() {
    let text = format!(
        "{STEPS}
         flow inner(q: Text<=20tok) -> Text<=10tok {{ let a = cheap(q)\n return costly(a) }}
         flow main(q: Text<=20tok) -> Text<=10tok {{ return inner(q) within cost <= $0.0002, calls <= 1 }}"
    );
    let reasons = joined(&text);
    assert!(reasons.iter().any(|reason| reason.contains("`within`")), "{reasons:?}");
    let compiled = whole(&text);
    let found = compiled.report.flows.iter().find(|flow| flow.name == "main").and_then(|flow| flow.bound);
    let both = sum(&[cheap(), costly()]);
    let cost = crate::cost::Money::from_nanos(200_000);
    assert_eq!(found, Some(Resources { cost, calls: 1, turns: 1, ..both }));
}

#[test]
fn two_choices_on_one_value_exclude_each_other() {
    let found = bound(&format!(
        "{STEPS}
         enum Topic {{ Billing, Bug }}
         flow main(q: Text<=20tok, t: Topic) -> Text<=20tok {{
           let a = if t is Billing {{ cheap(q) }} else {{ q cut 10tok }}
           let b = if t is Bug {{ cheap(q) }} else {{ q cut 10tok }}
           return (a + b) cut 20tok
         }}"
    ));
    assert_eq!(found, cheap());
}

#[test]
fn conditions_that_are_not_looked_into_are_said_to_be_joined() {
    let text = format!(
        "{STEPS}
         flow main(q: Text<=20tok) -> Text<=20tok {{
           let a = if contains(q, \"x\") {{ cheap(q) }} else {{ q cut 10tok }}
           let b = if q is \"y\" {{ cheap(q) }} else {{ q cut 10tok }}
           return (a + b) cut 20tok
         }}"
    );
    let reasons = joined(&text);
    let named = |reason: &String| {
        reason.contains("the condition on `q` in line") && reason.contains("the choice on `q` in line")
    };
    assert!(reasons.iter().any(named), "{reasons:?}");
    // The same one twice is one.
    let twice = text.replace("q is \"y\"", "contains(q, \"x\")");
    assert_eq!(bound(&twice), cheap().repeat(2, 1).expect("it fits"));
}

#[test]
fn more_values_than_can_be_told_apart_are_said_by_name() {
    let params: String = (0..14).map(|n| format!(", b{n}: Bool")).collect();
    let choice = |n: usize| format!("if b{n} {{ let x{n} = cheap(q) }}\n");
    let again = |n: usize| format!("if not b{n} {{ let y{n} = cheap(q) }}\n");
    let body: String = (0..14).map(choice).chain((0..14).map(again)).collect();
    let text = format!("{STEPS}flow main(q: Text<=20tok{params}) -> Text<=20tok {{\n{body} return q }}");
    let reasons = joined(&text);
    assert_eq!(reasons.len(), 6, "{reasons:?}");
    assert!(reasons[0].contains("the choices on `b8` in lines"), "{reasons:?}");
}

#[test]
fn choices_on_different_fields_are_exact() {
    let found = bound(&format!(
        "{STEPS}
         type T {{ a: Bool, b: Bool }}
         flow main(q: Text<=20tok, t: T) -> Text<=20tok {{
           let a = if t.a {{ cheap(q) }} else {{ q cut 10tok }}
           let b = if t.b {{ cheap(q) }} else {{ q cut 10tok }}
           return (a + b) cut 20tok
         }}"
    ));
    assert_eq!(found, cheap().repeat(2, 1).expect("it fits"));
}

#[test]
fn many_handlers_in_a_row_are_not_deep() {
    let body: String = (0..300).map(|n| format!("let v{n} = cheap(q) else \"none\"\n")).collect();
    let found = main_of("q: Text<=20tok", "Text<=10tok", &format!("{body} return v0"));
    assert_eq!(found, cheap().repeat(300, 1).expect("it fits"));
}

#[test]
fn an_arm_that_is_settled_before_is_not_counted() {
    let choice = |second: &str| {
        bound(&format!(
            "{STEPS}
             enum Topic {{ Billing, Bug, Legal }}
             flow main(q: Text<=20tok, t: Topic) -> Text<=10tok {{
               return if t is Billing {{ q cut 10tok }} else if {second} {{ cheap(q) }} else {{ q cut 9tok }}
             }}"
        ))
    };
    assert_eq!(choice("t is Bug"), cheap());
    assert_eq!(choice("t in [Billing, Bug]"), cheap());
    assert_eq!(choice("t is Billing"), Resources::ZERO);
}

#[test]
fn an_answer_that_is_judged_and_then_asked_is_said_to_be_joined() {
    let told = "what decides whether an answer is accepted, or a gate open, also decides a choice";
    let judged = "enum Kind { Good, Bad }
         step sort(q: Text<=4tok) -> Kind { on unit -> dear\n accept it is Good\n \"Sort: {raw q}\" }
         step work(q: Text<=4tok) -> Text<=4tok { on unit\n \"Work: {raw q}\" }\n";
    let then = |body: &str| format!("{judged}flow main(q: Text<=4tok) -> Text<=4tok {{ {body}\n return q }}");
    let says = |text: &str| joined(text).iter().any(|reason| reason == told);
    assert!(says(&then("let kind = sort(q)\n if kind is Bad { let done = work(q) }")));
    assert!(says(&then("let kind = sort(q)\n let same = kind\n let done = work(q) when same is Bad else q")));
    assert!(!says(&then("let kind = sort(q)\n let done = work(q)")));
    assert!(!says(&then("let one = sort(q)\n let done = work(q)\n let two = sort(done)")));
    // A judge, and a choice on what it is given.
    let by = "step say(sure: Bool) -> Text<=4tok { on unit -> dear\n accept sure\n \"Say it.\" }
         step work(q: Text<=4tok) -> Text<=4tok { on unit\n \"Work: {raw q}\" }
         flow main(sure: Bool, q: Text<=4tok) -> Text<=4tok { let said = say(sure)\n if sure { let done = work(q) }\n return q }";
    assert!(says(by), "{:?}", joined(by));
}
