//! Conversations with tools: turns, results, windows, gates.

use super::super::NOTE;
use super::{at_unit, bound, compiled, sum, whole};
use crate::cost::{Money, Resources};
use crate::diagnostic::Diagnostic;

/// Results of 100 and of 60 tokens; the note is shorter than both.
const TOOLS: &str = "
tool big(q: Text<=4tok) -> Text<=100tok { from exec(\"big\")\n effect read\n price $0.002\n time <= 2s }
tool small(q: Text<=4tok) -> Text<=60tok { from exec(\"small\")\n effect read\n price $0.001\n time <= 1s }
";

/// The last turn is offered no tool: `Say: ` and the hole.
const LAST: u64 = 25;

fn agent(clauses: &str) -> (Resources, u64, Vec<u64>) {
    let text = format!(
        "{TOOLS}
         step ask(q: Text<=20tok) -> Text<=10tok {{ on unit\n output <= 10tok\n{clauses}\n\"Say: {{raw q}}\" }}
         flow main(q: Text<=20tok) -> Text<=10tok {{ return ask(q) }}"
    );
    let plan = whole(&text).plan.expect("a plan");
    let model = &plan.ceilings.steps[0].models[0];
    (plan.ceilings.flows[0], model.turns[0], model.turns.clone())
}

/// So many calls of both tools.
fn tools(big: u64, small: u64) -> Resources {
    Resources {
        cost: Money::from_nanos(big * 2_000_000 + small * 1_000_000),
        tools: big + small,
        time_ms: big * 2_000 + small * 1_000,
        ..Resources::ZERO
    }
}

#[test]
fn the_schemas_of_tools_are_read_in_every_turn_but_the_last() {
    let (_, base, turns) = agent("tools big <= 1, small <= 1\n turns <= 3");
    assert!(NOTE.len() < 60);
    assert!(base > 25 + "big".len() as u64 + "small".len() as u64);
    assert_eq!(turns, [base, base + 10 + 160, LAST + 20 + 160]);
}

#[test]
fn turns_grow_by_answers_and_results_largest_first() {
    // Three calls, four turns: one result a turn, the largest first.
    let (found, base, _) = agent("tools big <= 2, small <= 1\n turns <= 9");
    let inputs = [base, base + 10 + 100, base + 20 + 200, LAST + 30 + 260];
    assert_eq!(found, sum(&[at_unit(&inputs.map(|input| (input, 10))), tools(2, 1)]));
}

#[test]
fn calls_that_do_not_get_a_turn_are_made_in_the_first() {
    // Five calls, three turns: 5 - (3 - 2) = 4 in the first turn, one in the second.
    let (found, base, _) = agent("tools big <= 2, small <= 3\n turns <= 3");
    let inputs = [base, base + 10 + 2 * 100 + 2 * 60, LAST + 20 + 2 * 100 + 3 * 60];
    // The calls of a turn are made side by side: two turns wait for a long one each.
    let side_by_side = Resources { time_ms: 4_000, ..tools(2, 3) };
    assert_eq!(found, sum(&[at_unit(&inputs.map(|input| (input, 10))), side_by_side]));
}

#[test]
fn every_turn_may_have_every_result() {
    let (_, base, turns) = agent("tools big <= 2, small <= 1\n turns <= 9");
    assert_eq!(turns, [base, base + 10 + 260, base + 20 + 260, LAST + 30 + 260]);
}

#[test]
fn a_step_without_calls_takes_one_turn() {
    let (found, base, _) = agent("turns <= 5");
    assert_eq!(base, 25);
    assert_eq!(found, at_unit(&[(25, 10)]));
}

#[test]
fn one_turn_is_offered_no_tool() {
    let (found, base, _) = agent("tools big <= 2\n turns <= 1");
    assert_eq!((base, found), (25, at_unit(&[(25, 10)])));
}

#[test]
fn keep_last_makes_it_linear() {
    // Each turn sees the answer and the result of the one before it: 100, 100, 60.
    let (found, base, _) = agent("tools big <= 2, small <= 1\n turns <= 4, keep last 1");
    let inputs = [base, base + 110, base + 110, LAST + 70];
    assert_eq!(found, sum(&[at_unit(&inputs.map(|input| (input, 10))), tools(2, 1)]));
}

#[test]
fn keep_tokens_caps_what_was_said() {
    let (found, base, _) = agent("tools big <= 2, small <= 1\n turns <= 4, keep <= 150tok");
    let inputs = [base, base + 110, base + 150, LAST + 150];
    assert_eq!(found, sum(&[at_unit(&inputs.map(|input| (input, 10))), tools(2, 1)]));
}

#[test]
fn input_caps_what_has_grown() {
    let (found, base, _) = agent("tools big <= 2, small <= 1\n turns <= 4\n input <= 500tok");
    assert!(base < 500);
    let inputs = [base, base + 110, base + 220, LAST + 290].map(|input| input.min(500));
    assert_eq!(found, sum(&[at_unit(&inputs.map(|input| (input, 10))), tools(2, 1)]));
}

#[test]
fn a_gate_pays_for_its_own_calls() {
    // The gate asks a step before every call: `Ok? ` and the text, 4 + 4 in, `false` out.
    let found = bound(
        "step fine(q: Text<=4tok) -> Bool { on unit\n format none\n \"Ok? {raw q}\" }
         tool look(q: Text<=4tok) -> Text<=60tok { from exec(\"look\")\n effect read\n price $0.001\n time <= 1s\n gate fine(q) else deny }
         flow main(q: Text<=4tok) -> Text<=60tok { return look(q) }",
    );
    let call = Resources { cost: Money::from_nanos(1_000_000), tools: 1, time_ms: 1_000, ..Resources::ZERO };
    assert_eq!(found, sum(&[at_unit(&[(8, 5)]), call]));
}

#[test]
fn a_gate_that_asks_a_person_waits() {
    let found = bound(
        "tool pay(id: Text<=8tok) -> Text<=6tok { from exec(\"pay\")\n effect money\n price $0\n time <= 1s
           gate len(id) > 3 else approve(\"lead\", within 1h) }
         flow main(id: Text<=8tok) -> Text<=6tok { return pay(id) }",
    );
    assert_eq!((found.tools, found.time_ms), (1, 3_601_000));
}

#[test]
fn more_turns_than_are_planned_for_are_refused() {
    let text = format!(
        "{TOOLS}
         step ask(q: Text<=20tok) -> Text<=10tok {{ on unit\n repair <= 200\n \"Say: {{raw q}}\" }}
         flow main(q: Text<=20tok) -> Text<=10tok {{ return ask(q) }}"
    );
    let found: Vec<Diagnostic> = compiled(&text).diagnostics.into_iter().filter(Diagnostic::is_error).collect();
    assert_eq!(found.iter().map(|error| error.code.as_str()).collect::<Vec<_>>(), ["E0205"]);
}

#[test]
fn an_answer_has_room_for_the_longest_call_of_a_tool() {
    let output = |tools: &str| {
        let text = format!(
            "tool look(word: Text<=30tok, far: Bool) -> Text<=60tok {{ from exec(\"look\")\n effect read\n price $0\n time <= 1s }}
             step ask(q: Text<=20tok) -> Text<=10tok {{ on unit\n{tools}\n \"Say: {{raw q}}\" }}
             flow main(q: Text<=20tok) -> Text<=10tok {{ return ask(q) }}"
        );
        whole(&text).plan.expect("a plan").ceilings.steps[0].models[0].output
    };
    // `look{"word":"…","far":false}`, every byte of the word escaped.
    let call = "look".len() as u64 + r#"{"word":"","far":false}"#.len() as u64 + 2 * 30;
    assert_eq!(output("tools look <= 1\n turns <= 2"), call);
    // Without a turn for it no call is made.
    assert_eq!(output("tools look <= 1\n turns <= 1"), 10);
    assert_eq!(output("tools look <= 1\n turns <= 2\n output <= 12tok"), 12);
    assert_eq!(output(""), 10);
}
