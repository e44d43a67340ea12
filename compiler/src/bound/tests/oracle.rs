//! The bound against an evaluator that knows none of its rules: it runs a program step by step, every choice that a model, a
//! tool or a network could make is `choose(k)`, and all sequences of choices are tried. On small programs the largest number it
//! finds is the bound, in every dimension.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::{Resources, TIERS, compiled};
use crate::cost::{Dimension, longest_backoff_ms};
use crate::program::{Body, Expr, Ladder, Leave, Node, NodeKind, Program, Slot, Step, Ty};
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
    /// What every `Bool` parameter is, chosen when it is first asked for.
    truths: Vec<(Slot, bool)>,
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
            NodeKind::Value(_) | NodeKind::Assign(..) => (End::Value, at),
            NodeKind::Step(id, _) => {
                let step = &self.program.steps[id.index()];
                self.step(step, at)
            }
            NodeKind::Flow { flow, .. } => {
                let body = &self.program.flows[flow.index()].body;
                match self.body(body, at) {
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
        for _ in 0..most {
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

    /// The condition is a parameter, or the answer of a step: either may be anything.
    #[expect(clippy::wildcard_enum_match_arm, reason = "any other condition may be anything")]
    fn truth(&mut self, when: &Expr) -> bool {
        match when {
            Expr::Slot(slot) => {
                if let Some((_, truth)) = self.truths.iter().find(|(known, _)| known == slot) {
                    return *truth;
                }
                let truth = self.script.choose(2) == 1;
                self.truths.push((*slot, truth));
                truth
            }
            Expr::Not(inner) => !self.truth(inner),
            _ => self.script.choose(2) == 1,
        }
    }

    /// Rungs, models, retries and repairs, each as it happens. There are no tools in these programs.
    fn step(&mut self, step: &Step, start: u64) -> (End, u64) {
        let Ladder::Rungs(rungs) = &step.ladder else { panic!("no routes here") };
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
                now += model.timeout_ms;
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
fn largest(program: &Program) -> Option<[u64; 8]> {
    let flow = program.flows.iter().find(|flow| flow.name == "main").expect("there is a flow `main`");
    assert_eq!(flow.result, Ty::Bool);
    let mut script = Script::default();
    let mut most = [0u64; 8];
    for _ in 0..6_000 {
        let mut machine = Machine { program, script, spent: Resources::ZERO, truths: Vec::new() };
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
step plain(q: Text<=20tok) -> Text<=3tok { on unit\n \"a{q}\" }
step retried(q: Text<=20tok) -> Text<=3tok { on both\n retry <= 1\n \"a{q}\" }
step mended(q: Text<=20tok) -> Text<=3tok { on dear\n repair <= 1\n retry <= 1\n \"a{q}\" }
step judged(q: Text<=20tok) -> Text<=3tok { on unit -> dear\n accept not empty(it)\n repair <= 1\n \"a{q}\" }
step backed(q: Text<=20tok) -> Text<=3tok { on both\n \"a{q}\" }
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
        "{STEPS}flow main(q: Text<=20tok, xs: Text<=20tok[2..2], b: Bool, c: Bool, d: Bool) -> Bool {{\n{body}return true\n}}\n"
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
        let Some(largest) = largest(&plan.program) else { return Ok(()) };
        for (largest, dimension) in largest.into_iter().zip(Dimension::ALL) {
            let bound = plan.ceilings.flows[index].get(dimension);
            prop_assert!(largest <= bound, "{dimension:?}: a run takes {largest}, the bound is {bound}\n{text}");
            if flow.is_exact() {
                prop_assert_eq!(largest, bound, "{:?} is not reached\n{}", dimension, text);
            }
        }
    }
}
