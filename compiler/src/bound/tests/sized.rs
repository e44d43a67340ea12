//! Bounds for inputs of certain sizes, and for one input.

use serde_json::{Map, Value, json};

use super::super::{SizeError, for_input, forms, sizes, with_sizes};
use super::{at_dear, at_unit, whole};
use crate::cost::{Dimension, Resources};
use crate::plan::Plan;
use crate::program::FlowId;

const DIGEST: &str = "
enum Kind { Short, Long }
type Article { title: Text<=10tok, text: Text<=100tok }
step brief(a: Text<=100tok) -> Text<=10tok { on unit\n \"a{raw a}\" }
step weigh(a: Article) -> Text<=10tok { on dear\n \"{raw a.title}-{raw a.text}\" }
flow one(a: Article, kind: Kind) -> Text<=10tok {
  return match kind { Short => brief(a.text), Long => weigh(a) }
}
flow main(xs: Article[<=9], kind: Kind) -> Text<=10tok[<=9] {
  return each x in xs { one(x, kind) }
}
";

fn plan(text: &str) -> (Plan, FlowId) {
    let plan = whole(text).plan.expect("a plan");
    let index = plan.program.flows.iter().position(|flow| flow.name == "main").expect("main");
    (plan, FlowId(u32::try_from(index).expect("small")))
}

fn sized(text: &str, set: &[(&str, u64)]) -> Result<Resources, (usize, SizeError)> {
    let (plan, main) = plan(text);
    let set: Vec<(String, u64)> = set.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
    with_sizes(&plan.program, main, &set).map(|bound| bound.expect("it has a bound"))
}

fn input(plan: &Plan, main: FlowId, input: Value) -> Resources {
    let Value::Object(input) = input else { panic!("an object") };
    for_input(&plan.program, main, &input).expect("it has a bound")
}

#[test]
fn the_sizes_of_an_input_have_names() {
    let (plan, main) = plan(DIGEST);
    let names: Vec<(String, u64)> = sizes(&plan.program, main).into_iter().map(|size| (size.name, size.most)).collect();
    let known = [("xs.len", 9), ("xs.title.tok", 10), ("xs.text.tok", 100)];
    assert_eq!(names, known.map(|(name, most)| (name.to_owned(), most)));
}

#[test]
fn a_bound_for_smaller_inputs_is_smaller() {
    let either = |input: u64, count: u64| {
        let short = at_unit(&[(input + 1, 10)]).repeat(count, count).expect("it fits");
        short.either(&at_dear(&[(input + 11, 10)]).repeat(count, count).expect("it fits"))
    };
    assert_eq!(sized(DIGEST, &[]), Ok(either(100, 9)));
    assert_eq!(sized(DIGEST, &[("xs.len", 3)]), Ok(either(100, 3)));
    assert_eq!(sized(DIGEST, &[("xs.text.tok", 20)]), Ok(either(20, 9)));
    assert_eq!(sized(DIGEST, &[("xs.text.tok", 20), ("xs.len", 0)]), Ok(Resources::ZERO));
}

#[test]
fn what_no_input_has_is_refused() {
    assert_eq!(sized(DIGEST, &[("xs.len", 1), ("xs.txt.tok", 20)]), Err((1, SizeError::Unknown)));
    assert_eq!(sized(DIGEST, &[("xs.len", 10)]), Err((0, SizeError::TooLarge(9))));
}

#[test]
fn a_bound_is_a_line_in_the_length_of_a_list() {
    let (plan, main) = plan(DIGEST);
    let found = forms(&plan.program, main, Dimension::Cost);
    let [length, title, text] = &found[..] else { panic!("three: {found:?}") };
    // The dearest element is a call of `weigh` with 111 tokens in and 10 out, at $2 and $20 a million.
    assert_eq!((length.start, length.each, length.is_exact), (0, 422_000, true));
    assert_eq!((title.each, title.is_exact), (18_000, true));
    assert_eq!((text.each, text.is_exact), (18_000, true));
    for form in [length, title, text] {
        let set = [(form.size.name.clone(), form.size.most / 2)];
        let bound = with_sizes(&plan.program, main, &set).expect("known").expect("a bound");
        assert_eq!(form.at(form.size.most / 2), u128::from(bound.cost.nanos()));
    }
}

#[test]
fn a_line_is_never_below_a_bound_that_grows_in_steps() {
    // Over 100 tokens a request of `taxed` costs three times as much.
    let (plan, main) = plan(
        "step ask(q: Text<=200tok) -> Text<=10tok { on taxed\n \"a{raw q}\" }
         flow main(q: Text<=200tok) -> Text<=10tok { return ask(q) }",
    );
    let found = forms(&plan.program, main, Dimension::Cost);
    let [form] = &found[..] else { panic!("one: {found:?}") };
    assert!(!form.is_exact);
    for tokens in 0..=200 {
        let bound = with_sizes(&plan.program, main, &[("q.tok".to_owned(), tokens)]).expect("known").expect("a bound");
        assert!(form.at(tokens) >= u128::from(bound.cost.nanos()), "{tokens}");
    }
}

#[test]
fn one_input_decides_its_choices() {
    let (plan, main) = plan(DIGEST);
    let general = plan.ceilings.flows[main.index()];
    let articles = json!([{"title": "ab", "text": "0123456789"}, {"title": "", "text": "x"}]);
    let short = input(&plan, main, json!({"xs": articles, "kind": "Short"}));
    assert_eq!(short, at_unit(&[(11, 10)]).repeat(2, 2).expect("it fits"));
    let long = input(&plan, main, json!({"xs": articles, "kind": "Long"}));
    assert_eq!(long, at_dear(&[(13, 10)]).repeat(2, 2).expect("it fits"));
    assert_eq!(input(&plan, main, json!({"xs": [], "kind": "Long"})), Resources::ZERO);
    for bound in [short, long] {
        assert_eq!(bound.least(&general), bound);
    }
    assert_eq!(for_input(&plan.program, main, &Map::new()), Some(general));
}
