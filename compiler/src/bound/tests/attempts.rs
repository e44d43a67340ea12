//! One step without a second turn: attempts, retries, repairs, rungs, models that stand in, judges, embeddings.

use super::super::{REPAIR_NOTE_TOKENS, StepCeiling};
use super::{at_dear, at_unit, bound, sum, wait, whole};
use crate::cost::{Money, Resources};

/// The prompt is `Say: ` (5 bytes) and the hole, 20; the answer has 10.
const ASK: &str = "step ask(q: Text<=20tok) -> Text<=10tok { on unit
  \"Say: {raw q}\" }
";

fn asked(clauses: &str) -> Resources {
    bound(&format!(
        "step ask(q: Text<=20tok) -> Text<=10tok {{\n{clauses}\n\"Say: {{raw q}}\" }}
         flow main(q: Text<=20tok) -> Text<=10tok {{ return ask(q) }}"
    ))
}

#[test]
fn a_step_is_its_prompt_its_holes_and_its_answer() {
    // 25 in, 10 out: 25·1,000 + 10·10,000 = 125,000 nano-dollars.
    let found = asked("on unit");
    assert_eq!(found.cost, Money::from_nanos(125_000));
    assert_eq!(found, at_unit(&[(25, 10)]));
}

#[test]
fn a_system_message_is_read_too() {
    // `Be brief.` has 9 bytes.
    assert_eq!(asked("on unit\n system \"\"\"\n Be brief.\n \"\"\""), at_unit(&[(34, 10)]));
}

#[test]
fn a_prompt_repeats_and_chooses_at_its_largest() {
    // 3 × (`- ` + 20 + line break) + the larger branch, `long` + 4 of hole.
    let found = bound(
        "step ask(xs: Text<=20tok[<=3], b: Bool) -> Text<=10tok { on unit
           \"\"\"
           {each x in xs}
           - {x}
           {end}
           {if b}yes{else}long{xs[..1]}{end}
           \"\"\" }
         flow main(xs: Text<=20tok[<=3], b: Bool) -> Text<=10tok { return ask(xs, b) }",
    );
    // One text as JSON is 2·20 + 2, in brackets: 44. Marks around data are 13 bytes each.
    assert_eq!(found, at_unit(&[(3 * (2 + 13 + 20 + 1) + 4 + 13 + 44, 10)]));
}

#[test]
fn overheads_and_dearer_classes_are_paid() {
    // 5 + 20 + request 7 + message 3 = 35 in: below the long class; the request costs one cent.
    let found = asked("on taxed");
    assert_eq!(found.input, 35);
    assert_eq!(found.cost, Money::from_nanos(35_000 + 100_000 + 10_000_000));
    // 120 tokens in: the whole request falls into the dearer class.
    let long = bound(
        "step ask(q: Text<=105tok) -> Text<=10tok { on taxed
           \"Say: {raw q}\" }
         flow main(q: Text<=105tok) -> Text<=10tok { return ask(q) }",
    );
    assert_eq!(long.cost, Money::from_nanos(120 * 3_000 + 100_000 + 10_000_000));
}

#[test]
fn a_retry_is_paid_every_time_and_waits() {
    // r + 1 attempts, and before each the longest wait: 250 ms, then 500 ms.
    assert_eq!(asked("on unit\n retry <= 2"), sum(&[at_unit(&[(25, 10); 3]), wait(750)]));
}

#[test]
fn a_repair_is_a_call_on_a_grown_conversation() {
    // The bad answer (10) and the note are sent again: 25 + 10 + 64, then as much again.
    let grown = 10 + REPAIR_NOTE_TOKENS;
    let expected = at_unit(&[(25, 10), (25 + grown, 10), (25 + 2 * grown, 10)]);
    assert_eq!(asked("on unit\n repair <= 2"), expected);
}

#[test]
fn a_retry_repeats_the_dearest_attempt() {
    // The repair is the dearest attempt, so the retry is counted there.
    let repair = 25 + 10 + REPAIR_NOTE_TOKENS;
    let expected = sum(&[at_unit(&[(25, 10), (repair, 10), (repair, 10)]), wait(250)]);
    assert_eq!(asked("on unit\n repair <= 1\n retry <= 1"), expected);
}

#[test]
fn a_ladder_is_a_sum() {
    let found = asked("on unit -> dear\n accept not empty(it)");
    assert_eq!(found, sum(&[at_unit(&[(25, 10)]), at_dear(&[(25, 10)])]));
}

#[test]
fn a_model_that_stands_in_is_tried_after_the_one_before_it() {
    assert_eq!(asked("on both"), sum(&[at_unit(&[(25, 10)]), at_dear(&[(25, 10)])]));
}

#[test]
fn a_retry_goes_to_the_dearest_model() {
    // In dollars the retry is at `dear`, in time at `unit`, which waits longer.
    let found = asked("on both\n retry <= 1");
    let once = sum(&[at_unit(&[(25, 10)]), at_dear(&[(25, 10)])]);
    let expected = Resources { time_ms: once.time_ms + 30_000 + 250, ..sum(&[once, at_dear(&[(25, 10)])]) };
    assert_eq!(found, expected);
}

#[test]
fn repairs_go_to_one_rung_and_every_rung_is_judged() {
    // The judge reads `OK? ` and the answer, 4 + 10, and says `false`, 5 bytes, after 2 answers. Its prompt ends with the
    // instructions for the format.
    let compiled = whole(&format!(
        "{ASK}
         step judge(a: Text<=10tok) -> Bool {{ on unit
           format none
           \"OK? {{raw a}}\" }}
         step better(q: Text<=20tok) -> Text<=10tok {{ on unit -> dear
           accept judge(it)
           repair <= 1
           \"Say: {{raw q}}\" }}
         flow main(q: Text<=20tok) -> Text<=10tok {{ return better(q) }}"
    ));
    let judged = at_unit(&[(14, 5)]);
    let repair = (25 + 10 + REPAIR_NOTE_TOKENS, 10);
    // The repair is dearer at `dear`; in time it is longer at `unit`.
    let attempts = sum(&[at_unit(&[(25, 10)]), at_dear(&[(25, 10), repair])]);
    let expected = sum(&[attempts, judged, judged]);
    let expected = Resources { time_ms: 30_000 + 30_000 + 10_000 + 2 * 30_000, ..expected };
    assert_eq!(compiled.report.flows[0].bound, Some(expected));
}

#[test]
fn thinking_is_output() {
    let models = |think| {
        let text = format!(
            "step ask(q: Text<=20tok) -> Text<=10tok {{ on unit\n {think}\n \"Say: {{raw q}}\" }}
             flow main(q: Text<=20tok) -> Text<=10tok {{ return ask(q) }}"
        );
        let steps: Vec<StepCeiling> = whole(&text).plan.expect("a plan").ceilings.steps;
        steps[0].models[0].output
    };
    // `unit` does not think, so nothing is added for it.
    assert_eq!(models("think <= 40tok"), 10);
}

#[test]
fn an_output_cap_replaces_the_size_of_the_answer() {
    assert_eq!(asked("on unit\n output <= 300tok"), at_unit(&[(25, 300)]));
}

#[test]
fn an_embedding_is_a_call_and_no_turn() {
    let found = bound(
        "enum Topic {
           /// money
           Billing
           Bug }
         flow main(q: Text<=20tok) -> Topic { return classify(q, into: Topic) by mini }",
    );
    let compiled = whole(
        "enum Topic {
           /// money
           Billing
           Bug }
         flow main(q: Text<=20tok) -> Topic { return classify(q, into: Topic) by mini }",
    );
    let plan = compiled.plan.expect("a plan");
    let crate::program::EmbeddingInto::Label { labels, .. } = &plan.program.embeddings[0].into else {
        panic!("labels")
    };
    let read = 20 + labels.iter().map(|label| label.len() as u64).sum::<u64>();
    let expected = Resources {
        cost: Money::from_nanos(100 * read),
        calls: 1,
        input: read,
        tokens: read,
        time_ms: 5_000,
        ..Resources::ZERO
    };
    assert_eq!(found, expected);
}
