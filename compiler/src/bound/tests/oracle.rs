//! The bound against an evaluator that knows none of its rules: it runs a program step by step, every choice that a model, a
//! tool or a network could make is `choose(k)`, and all sequences of choices are tried. On small programs the largest number it
//! finds is the bound, in every dimension.

use std::collections::HashMap;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::{Resources, TIERS, compiled};
use crate::cost::{Dimension, longest_backoff_ms};
use crate::program::{
    Body, Expr, Flow, Ladder, Leave, Literal, Node, NodeKind, Operator, Program, Slot, Step, Test, TierId, Ty,
};
use crate::size::Measure;

/// A sequence of choices, and the numbers of ways that there were.
#[derive(Default)]
struct Script {
    chosen: Vec<usize>,
    ways: Vec<usize>,
    at: usize,
}

impl Script {
    fn choose(&mut self, ways: usize) -> usize {
        if self.at == self.chosen.len() {
            self.chosen.push(0);
            self.ways.push(ways);
        }
        self.at += 1;
        self.chosen[self.at - 1]
    }

    /// The next sequence, in order; `false` after the last.
    fn advance(&mut self) -> bool {
        self.at = 0;
        while let (Some(last), Some(ways)) = (self.chosen.pop(), self.ways.pop()) {
            if last + 1 < ways {
                self.chosen.push(last + 1);
                self.ways.push(ways);
                return true;
            }
        }
        false
    }
}

/// How a construct ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    Value,
    Fails,
    Break,
    Skip,
    Return,
    Escalate,
}

struct Machine<'a> {
    program: &'a Program,
    script: Script,
    spent: Resources,
    /// What the values of the flows that are running are, the innermost last.
    frames: Vec<HashMap<Slot, Known>>,
}

/// What is known of a value.
#[derive(Clone, Debug)]
enum Known {
    /// It is anything of its type, and is chosen when it is first asked for.
    Any(Ty),
    /// It is what this expression is, in the frame with this number.
    Is(Expr, usize),
    Value(Value),
}

/// What a condition can look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value {
    Truth(bool),
    Variant(u32),
    Number(i64),
    Other,
}

impl Machine<'_> {
    /// Runs a body from a point in time; says how it ended and when.
    fn body(&mut self, body: &Body, start: u64) -> (End, u64) {
        let mut finish: Vec<(Slot, u64)> = Vec::new();
        let mut latest = start;
        for node in &body.nodes {
            let needs = node.needs.iter().filter_map(|need| finish.iter().find(|(slot, _)| slot == need));
            let begins = needs.map(|(_, time)| *time).max().unwrap_or(start);
            let (end, ends) = self.node(node, begins);
            latest = latest.max(ends);
            if end != End::Value {
                // What runs beside it is awaited; in these programs it has been run before or comes after.
                return (end, latest);
            }
            finish.push((node.slot, ends));
        }
        (End::Value, latest)
    }

    fn node(&mut self, node: &Node, at: u64) -> (End, u64) {
        match &node.kind {
            NodeKind::Ask(ask) => (End::Value, at + ask.within_ms),
            NodeKind::Value(expr) => {
                let here = self.frames.len() - 1;
                self.frames[here].insert(node.slot, Known::Is(expr.clone(), here));
                (End::Value, at)
            }
            NodeKind::Assign(..) => (End::Value, at),
            NodeKind::Step(id, args) => {
                let step = &self.program.steps[id.index()];
                self.enter(&step.params, args);
                let ended = self.step(step, at);
                self.frames.pop();
                self.frames.last_mut().expect("a frame").insert(node.slot, Known::Any(step.result.clone()));
                ended
            }
            NodeKind::Flow { flow, args, .. } => {
                let flow: &Flow = &self.program.flows[flow.index()];
                self.enter(&flow.params, args);
                let ended = self.body(&flow.body, at);
                self.frames.pop();
                match ended {
                    (End::Return, ends) => (End::Value, ends),
                    ended => ended,
                }
            }
            NodeKind::Choose(arms) => {
                for arm in arms {
                    if arm.when.as_ref().is_none_or(|when| self.truth(when)) {
                        return self.body(&arm.body, at);
                    }
                }
                (End::Value, at)
            }
            NodeKind::Each { most, parallel, body, .. } => self.each(*most, *parallel, body, at),
            NodeKind::Loop { most, body } => {
                let mut now = at;
                for _ in 0..*most {
                    let (end, ends) = self.body(body, now);
                    now = ends;
                    match end {
                        End::Value => {}
                        End::Break => return (End::Value, now),
                        End::Fails | End::Skip | End::Return | End::Escalate => return (end, now),
                    }
                }
                (End::Value, now)
            }
            NodeKind::Attempt { body, handler } => match self.body(body, at) {
                (End::Fails, ends) => self.body(handler, ends),
                ended => ended,
            },
            NodeKind::Signal(leave) => (
                match leave {
                    Leave::Break => End::Break,
                    Leave::Skip => End::Skip,
                    Leave::Return(_) => End::Return,
                    Leave::Escalate { .. } => End::Escalate,
                },
                at,
            ),
            NodeKind::Embedding(..) | NodeKind::Tool(..) => (End::Value, at),
        }
    }

    fn each(&mut self, most: u64, parallel: u64, body: &Body, at: u64) -> (End, u64) {
        let mut slots = vec![at; usize::try_from(parallel).expect("small")];
        let (mut stop, mut latest): (Option<(u64, End)>, u64) = (None, at);
        // The list is as long as it can be, or has nothing in it.
        let length = if self.script.choose(2) == 0 { most } else { 0 };
        for _ in 0..length {
            let (slot, begins) = slots.iter().copied().enumerate().min_by_key(|(_, free)| *free).expect("a slot");
            // Nothing new starts once an element has left.
            if stop.is_some_and(|(left, _)| left <= begins) {
                break;
            }
            let (end, ends) = self.body(body, begins);
            slots[slot] = ends;
            latest = latest.max(ends);
            if !matches!(end, End::Value | End::Skip) && stop.is_none_or(|(left, _)| ends < left) {
                stop = Some((ends, end));
            }
        }
        (stop.map_or(End::Value, |(_, end)| end), latest)
    }

    /// A frame for what is called, with what it is called with.
    fn enter(&mut self, params: &[crate::program::Param], args: &[Expr]) {
        let here = self.frames.len() - 1;
        let bound = params.iter().zip(args).map(|(param, arg)| (param.slot, Known::Is(arg.clone(), here)));
        self.frames.push(bound.collect());
    }

    fn truth(&mut self, when: &Expr) -> bool {
        match self.value(when, self.frames.len() - 1) {
            Value::Truth(truth) => truth,
            // Something that these programs do not look into may be anything.
            Value::Variant(_) | Value::Number(_) | Value::Other => self.script.choose(2) == 1,
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "no condition of these programs looks into anything else")]
    fn value(&mut self, expr: &Expr, frame: usize) -> Value {
        match expr {
            Expr::Literal(Literal::Bool(truth)) => Value::Truth(*truth),
            Expr::Literal(Literal::Int(number)) => Value::Number(*number),
            Expr::Variant(_, index, _) => Value::Variant(*index),
            Expr::Slot(slot) => match self.frames[frame].get(slot).cloned() {
                Some(Known::Value(value)) => value,
                Some(Known::Is(expr, frame)) => self.value(&expr, frame),
                Some(Known::Any(ty)) => {
                    let value = self.any(&ty);
                    self.frames[frame].insert(*slot, Known::Value(value));
                    value
                }
                None => Value::Other,
            },
            Expr::Not(inner) => match self.value(inner, frame) {
                Value::Truth(truth) => Value::Truth(!truth),
                other => other,
            },
            Expr::Is(value, Test::Variant(_, index)) => {
                Value::Truth(self.value(value, frame) == Value::Variant(*index))
            }
            Expr::In(value, list) => {
                let Expr::List(items) = &**list else { return Value::Other };
                let value = self.value(value, frame);
                Value::Truth(items.iter().any(|item| self.value(item, frame) == value))
            }
            Expr::Binary(operator, left, right) => {
                let left = self.value(left, frame);
                match (operator, left) {
                    (Operator::And, Value::Truth(false)) | (Operator::Or, Value::Truth(true)) => left,
                    (Operator::And | Operator::Or, Value::Truth(_)) => self.value(right, frame),
                    (_, Value::Number(left)) => {
                        let Value::Number(right) = self.value(right, frame) else { return Value::Other };
                        match operator {
                            Operator::Less => Value::Truth(left < right),
                            Operator::Greater => Value::Truth(left > right),
                            Operator::Equal => Value::Truth(left == right),
                            _ => Value::Other,
                        }
                    }
                    _ => Value::Other,
                }
            }
            _ => Value::Other,
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "no choice looks at a value of any other type")]
    fn any(&mut self, ty: &Ty) -> Value {
        match ty {
            Ty::Bool => Value::Truth(self.script.choose(2) == 1),
            Ty::Enum(id) => {
                let variants = self.program.types.enums[id.index()].variants.len();
                Value::Variant(u32::try_from(self.script.choose(variants)).expect("small"))
            }
            Ty::Int { low, high } => {
                let count = usize::try_from(high - low + 1).expect("small");
                Value::Number(low + i64::try_from(self.script.choose(count)).expect("small"))
            }
            _ => Value::Other,
        }
    }

    /// The rungs that a step has where it is called.
    fn rungs<'s>(&mut self, ladder: &'s Ladder) -> &'s [TierId] {
        match ladder {
            Ladder::Rungs(rungs) => rungs,
            Ladder::Choose(arms) => {
                let taken = arms.iter().find(|(when, _)| when.as_ref().is_none_or(|when| self.truth(when)));
                self.rungs(&taken.expect("the last arm is always taken").1)
            }
        }
    }

    /// Rungs, models, retries and repairs, each as it happens. There are no tools in these programs.
    fn step(&mut self, step: &Step, start: u64) -> (End, u64) {
        let rungs = self.rungs(&step.ladder);
        let (mut retries, mut repairs, mut now) = (step.retry, step.repair, start);
        for (index, tier) in rungs.iter().enumerate() {
            let models = &self.program.tiers[tier.index()].models;
            let (mut lane, mut bad) = (0, 0);
            loop {
                let model = &self.program.models[models[lane].index()];
                let measure = Measure::of(model, &self.program.types);
                let output = measure.tokens(measure.hole(&step.result).expect("small"));
                // One letter, the hole of 20, and every bad answer with its note.
                let input = 21 + bad * (output + 64);
                let cost = model.price.ceiling(input, output).expect("it fits");
                let one =
                    Resources { cost, calls: 1, turns: 1, tools: 0, input, output, tokens: input + output, time_ms: 0 };
                self.spent = self.spent.then(&one).expect("it fits");
                now += step.time_ms.unwrap_or(model.timeout_ms);
                // A good answer, an invalid one, a failure that may pass, one that does not.
                match self.script.choose(4) {
                    0 => break,
                    1 if repairs > 0 => (repairs, bad) = (repairs - 1, bad + 1),
                    1 => return (End::Fails, now),
                    2 if retries > 0 => {
                        retries -= 1;
                        now += longest_backoff_ms(step.retry - retries);
                    }
                    _ if lane + 1 < models.len() => lane += 1,
                    _ => return (End::Fails, now),
                }
            }
            if step.accept.is_none() || self.script.choose(2) == 0 {
                return (End::Value, now);
            }
            if index + 1 == rungs.len() {
                return (End::Fails, now);
            }
        }
        (End::Fails, now)
    }
}

/// The largest number in each dimension over all choices; `None` where there are too many.
fn largest(program: &Program, most_runs: u32) -> Option<[u64; 8]> {
    let flow = program.flows.iter().find(|flow| flow.name == "main").expect("there is a flow `main`");
    assert_eq!(flow.result, Ty::Bool);
    let mut script = Script::default();
    let mut most = [0u64; 8];
    for _ in 0..most_runs {
        let params = flow.params.iter().map(|param| (param.slot, Known::Any(param.ty.clone())));
        let mut machine = Machine { program, script, spent: Resources::ZERO, frames: vec![params.collect()] };
        let (_, time_ms) = machine.body(&flow.body, 0);
        let spent = Resources { time_ms, ..machine.spent };
        for (most, dimension) in most.iter_mut().zip(Dimension::ALL) {
            *most = (*most).max(spent.get(dimension));
        }
        script = machine.script;
        if !script.advance() {
            return Some(most);
        }
    }
    None
}

/// A statement, as text. `b` to `d` are `Bool` parameters, `q` a text, `xs` a list of 2 texts.
fn statement(depth: u32) -> BoxedStrategy<String> {
    let call = prop_oneof![Just("plain"), Just("retried"), Just("mended"), Just("judged"), Just("backed")];
    let call = call.prop_map(|step| format!("let NAME = {step}(q)\n"));
    if depth == 0 {
        return call.boxed();
    }
    let block = prop::collection::vec(statement(depth - 1), 1..3).prop_map(|lines| lines.concat());
    let flag = prop_oneof![Just("b"), Just("c"), Just("d"), Just("not b")];
    prop_oneof![
        4 => call,
        2 => (flag.clone(), block.clone(), block.clone()).prop_map(|(b, x, y)| format!("if {b} {{\n{x}}} else {{\n{y}}}\n")),
        1 => (flag.clone(), block.clone()).prop_map(|(b, x)| format!("if {b} {{\n{x}return true\n}}\n")),
        1 => (flag, block.clone(), block.clone()).prop_map(|(b, x, y)| format!("loop <= 2 {{\n{x}if {b} {{ break }}\n{y}}}\n")),
        1 => (1u64..3, block.clone()).prop_map(|(p, x)| format!("let NAME = each x in xs, parallel <= {p} {{\n{x}true\n}}\n")),
        1 => (block.clone(), block).prop_map(|(x, y)| format!("let NAME = {{\n{x}true\n}} else {{\n{y}false\n}}\n")),
    ]
    .boxed()
}

const STEPS: &str = "
step plain(q: Text<=20tok) -> Text<=3tok { on unit\n \"a{raw q}\" }
step retried(q: Text<=20tok) -> Text<=3tok { on both\n retry <= 1\n \"a{raw q}\" }
step mended(q: Text<=20tok) -> Text<=3tok { on dear\n repair <= 1\n retry <= 1\n \"a{raw q}\" }
step judged(q: Text<=20tok) -> Text<=3tok { on unit -> dear\n accept not empty(it)\n repair <= 1\n \"a{raw q}\" }
step backed(q: Text<=20tok) -> Text<=3tok { on both\n \"a{raw q}\" }
";

/// A program of these statements; every name is another one.
fn source(statements: &[String]) -> String {
    let mut body = statements.concat();
    let mut count = 0;
    while body.contains("NAME") {
        body = body.replacen("NAME", &format!("v{count}"), 1);
        count += 1;
    }
    format!(
        "{STEPS}flow main(q: Text<=20tok, xs: Text<=20tok[<=2], b: Bool, c: Bool, d: Bool) -> Bool {{\n{body}return true\n}}\n"
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, rng_seed: RngSeed::Fixed(0x666c_6f77), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_run_takes_more_and_where_it_is_exact_some_run_takes_as_much(statements in prop::collection::vec(statement(2), 1..3)) {
        let text = source(&statements);
        let compiled = compiled(&text);
        let errors: Vec<_> = compiled.diagnostics.iter().filter(|of| of.is_error()).collect();
        prop_assert!(errors.is_empty(), "{TIERS}{text}\n{errors:#?}");
        let plan = compiled.plan.expect("a plan");
        let index = plan.program.flows.iter().position(|flow| flow.name == "main").expect("main");
        let flow = &compiled.report.flows[index];
        let Some(largest) = largest(&plan.program, 6_000) else { return Ok(()) };
        for (largest, dimension) in largest.into_iter().zip(Dimension::ALL) {
            let bound = plan.ceilings.flows[index].get(dimension);
            prop_assert!(largest <= bound, "{dimension:?}: a run takes {largest}, the bound is {bound}\n{text}");
            if flow.is_exact() {
                prop_assert_eq!(largest, bound, "{:?} is not reached\n{}", dimension, text);
            }
        }
    }
}

/// A condition on the parameters: `b` and `c` are `Bool`, `t` one of three topics, `n` a number from 0 to 3.
fn condition() -> BoxedStrategy<String> {
    let one = prop::sample::select(vec![
        "b",
        "c",
        "not b",
        "t is Bug",
        "t is Legal",
        "t in [Bug, Praise]",
        "n < 2",
        "n > 2",
        "n == 1",
    ]);
    let both = (one.clone(), prop::sample::select(vec!["", "", "", "", "and", "or"]), one);
    both.prop_map(|(x, word, y)| if word.is_empty() { x.to_owned() } else { format!("({x} {word} {y})") }).boxed()
}

/// A statement whose conditions look at the same few values, over and over.
fn correlated(depth: u32) -> BoxedStrategy<String> {
    let step = prop_oneof![Just("cheap"), Just("costly"), Just("slow")];
    let call = prop_oneof![
        4 => step.prop_map(|step| format!("let NAME = {step}(q)\n")),
        1 => Just("let NAME = routed(q, t)\n".to_owned()),
        1 => condition().prop_map(|when| format!("let NAME = inner(q, {when}, t)\n")),
        1 => Just("let NAME = inner(q, true, Legal)\n".to_owned()),
    ];
    if depth == 0 {
        return call.boxed();
    }
    let block = prop::collection::vec(correlated(depth - 1), 1..3).prop_map(|lines| lines.concat());
    let shape = prop::sample::select(vec![
        "if WHEN {\nX} else {\nY}\n",
        "if WHEN {\nX} else {\nY}\n",
        "if WHEN {\nX}\n",
        "if WHEN {\nXreturn true\n}\n",
        "match t {\nBug => {\nX}\nLegal => {\nY}\nPraise => {\nlet NAME = slow(q)\n}\n}\n",
        "loop <= 2 {\nXif WHEN { break }\nY}\n",
        "let NAME = each x in xs, parallel <= 2 {\nif WHEN {\nX}\ntrue\n}\n",
        "let SAME = WHEN\nif SAME {\nX}\n",
    ]);
    let nested = (shape, condition(), block.clone(), block)
        .prop_map(|(shape, when, x, y)| shape.replace("WHEN", &when).replace('X', &x).replace('Y', &y));
    prop_oneof![1 => call, 4 => nested].boxed()
}

const CORRELATED: &str = "
enum Topic { Bug, Legal, Praise }
route who(t: Topic) { t is Legal => dear\n _ => unit }
step cheap(q: Text<=20tok) -> Text<=3tok { on unit\n \"a{raw q}\" }
step costly(q: Text<=20tok) -> Text<=9tok { on dear\n \"a{raw q}\" }
step slow(q: Text<=20tok) -> Text<=1tok { on unit\n time <= 90s\n \"a{raw q}\" }
step routed(q: Text<=20tok, t: Topic) -> Text<=3tok { on who(t)\n \"a{raw q}\" }
flow inner(q: Text<=20tok, b: Bool, t: Topic) -> Bool {
  if b { let x = costly(q) } else { let y = slow(q) }
  if t is Bug { return b }
  let z = routed(q, t)
  return true
}
";

/// A flow of these statements; every name is another one.
fn correlated_source(statements: &[String]) -> String {
    let mut body = statements.concat();
    for count in 0.. {
        let same = format!("s{count}");
        if let Some(at) = body.find("SAME") {
            let rest = body[at + 4..].replacen("SAME", &same, 1);
            body = format!("{}{same}{rest}", &body[..at]);
        } else if body.contains("NAME") {
            body = body.replacen("NAME", &format!("v{count}"), 1);
        } else {
            break;
        }
    }
    format!(
        "{CORRELATED}flow main(q: Text<=20tok, xs: Text<=20tok[<=2], b: Bool, c: Bool, t: Topic, n: Int in 0..3) -> Bool {{\n{body}return true\n}}\n"
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, rng_seed: RngSeed::Fixed(0x7061_7468), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn choices_on_the_same_values_are_counted_together(statements in prop::collection::vec(correlated(2), 1..5)) {
        let text = correlated_source(&statements);
        let compiled = compiled(&text);
        let errors: Vec<_> = compiled.diagnostics.iter().filter(|of| of.is_error()).collect();
        prop_assert!(errors.is_empty(), "{TIERS}{text}\n{errors:#?}");
        let plan = compiled.plan.expect("a plan");
        let index = plan.program.flows.iter().position(|flow| flow.name == "main").expect("main");
        // What is counted is the question here, and not whether every text of it can be at its longest.
        let sizes = ["given less", "is also sent"];
        let joined = &compiled.report.flows[index].joined;
        let joined: Vec<_> = joined.iter().filter(|reason| !sizes.iter().any(|size| reason.contains(size))).collect();
        prop_assert!(joined.is_empty(), "{:?}\n{}", joined, text);
        let Some(largest) = largest(&plan.program, 6_000) else { return Ok(()) };
        for (largest, dimension) in largest.into_iter().zip(Dimension::ALL) {
            let bound = plan.ceilings.flows[index].get(dimension);
            prop_assert_eq!(largest, bound, "{:?}\n{}", dimension, text);
            let witness = compiled.report.flows[index].witness(dimension).map(|witness| witness.amount);
            prop_assert_eq!(witness, Some(bound), "{:?}\n{}", dimension, text);
        }
    }
}
