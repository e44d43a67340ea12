//! What decides about an item. In: its declaration. Out: its [`Fact`]s by name.

use std::collections::BTreeMap;

use serde::Serialize;

use super::places::Places;
use super::reach;
use super::snapshot::{Fact, Value};
use crate::program::{Body, Flow, Keep, Limit, NodeKind, Part, Place, Program, Step, Template, Tool};
use crate::tokens::Counter;

/// Everything that a step says, for the lock.
pub(super) const WORDS: &str = "words";

/// The budget of a flow: `budget cost`, `budget calls`, …
pub(super) fn budget(limits: Option<&[Limit]>) -> BTreeMap<String, Fact> {
    let mut facts = BTreeMap::new();
    for limit in limits.unwrap_or_default() {
        let value = Value::Limit(limit.dimension, limit.amount);
        let fact = Fact { value, line: limit.place.line, text: None };
        let name = format!("budget {}", limit.dimension.name());
        // Two limits of one dimension: the tighter one holds.
        let is_tighter = facts.get(&name).is_none_or(|known: &Fact| amount(&known.value) > limit.amount);
        if is_tighter {
            facts.insert(name, fact);
        }
    }
    facts
}

fn amount(value: &Value) -> u64 {
    match value {
        Value::Limit(_, amount) | Value::Cap(amount) | Value::Tokens(amount) => *amount,
        Value::Models(_) | Value::Gate { .. } | Value::Word(_) | Value::Digest(_) => 0,
    }
}

/// The caps in the body of a flow, in their order: `loop 1`, `each 2`, `parallel 2`; and the limits that it gives others.
pub(super) fn flow(flow: &Flow) -> BTreeMap<String, Fact> {
    let mut caps = Caps { facts: BTreeMap::new(), loops: 0, eaches: 0, calls: 0 };
    caps.body(&flow.body);
    if let Some(owner) = &flow.owner {
        caps.facts
            .insert("owner".to_owned(), Fact { value: Value::Word(owner.clone()), line: flow.place.line, text: None });
    }
    caps.facts
}

struct Caps {
    facts: BTreeMap<String, Fact>,
    loops: u64,
    eaches: u64,
    calls: u64,
}

impl Caps {
    fn body(&mut self, body: &Body) {
        for node in &body.nodes {
            if let NodeKind::Loop { most, .. } = &node.kind {
                self.loops += 1;
                self.cap(format!("loop {}", self.loops), *most, &node.place);
            }
            if let NodeKind::Each { most, parallel, .. } = &node.kind {
                self.eaches += 1;
                self.cap(format!("each {}", self.eaches), *most, &node.place);
                self.cap(format!("parallel {}", self.eaches), *parallel, &node.place);
            }
            if let NodeKind::Flow { within, .. } = &node.kind {
                self.calls += 1;
                for limit in within {
                    let name = format!("within {} of call {}", limit.dimension.name(), self.calls);
                    let value = Value::Limit(limit.dimension, limit.amount);
                    self.facts.insert(name, Fact { value, line: limit.place.line, text: None });
                }
            }
            reach::bodies(&node.kind).into_iter().for_each(|body| self.body(body));
        }
    }

    fn cap(&mut self, name: String, cap: u64, place: &Place) {
        self.facts.insert(name, Fact { value: Value::Cap(cap), line: place.line, text: None });
    }
}

/// Collects the facts of one declaration with the places of its clauses.
struct Collector<'a> {
    places: &'a Places,
    place: &'a Place,
    item: &'a str,
    facts: BTreeMap<String, Fact>,
}

impl Collector<'_> {
    fn add(&mut self, name: &str, clause: &str, value: Value) {
        let written = self.places.clause(&self.place.file, self.item, clause);
        let line = written.map_or(self.place.line, |clause| clause.line);
        let text = written.map(|clause| clause.text.clone());
        self.facts.insert(name.to_owned(), Fact { value, line, text });
    }

    fn cap(&mut self, name: &str, cap: Option<u64>) {
        if let Some(cap) = cap {
            self.add(name, name, Value::Cap(cap));
        }
    }
}

/// What decides about a step.
pub(super) fn step(program: &Program, step: &Step, places: &Places) -> BTreeMap<String, Fact> {
    let mut all = Collector { places, place: &step.place, item: &step.name, facts: BTreeMap::new() };
    let arms = reach::arms(&step.ladder);
    let models: Vec<String> = arms.iter().map(|arm| reach::rungs(program, arm)).collect();
    all.add("models", "on", Value::Models(models));
    all.add("route", "on", Value::Digest(digest(&reach::conditions(&step.ladder))));
    if let Some(accept) = &step.accept {
        all.add("accept", "accept", Value::Digest(digest(&accept.value)));
    }
    all.cap("retry", Some(step.retry));
    all.cap("repair", Some(step.repair));
    all.cap("turns", Some(step.turns));
    all.cap("input", step.input);
    all.cap("output", step.output);
    all.cap("think", Some(step.think));
    all.cap("time", step.time_ms);
    if step.turns > 1 {
        let keep = match step.keep {
            Keep::All => "keep all".to_owned(),
            Keep::Last(turns) => format!("keep last {turns}"),
            Keep::Tokens(tokens) => format!("keep <= {tokens}tok"),
        };
        all.add("keep", "turns", Value::Word(keep));
    }
    for (tool, cap) in &step.tools {
        let name = program.tools.get(tool.index()).map_or("", |tool| tool.name.as_str());
        all.add(&format!("tools {name}"), "tools", Value::Cap(*cap));
    }
    let counted = |template: &Template, format: Option<&str>| {
        let models = reach::models_of(program, &step.ladder);
        let counts = models.iter().map(|model| {
            let counter = Counter::of(&model.tokenizer);
            fixed(template, &counter).saturating_add(format.map_or(0, |text| counter.count(text)))
        });
        counts.max().unwrap_or(0)
    };
    if let Some(system) = &step.system {
        all.add("system", "system", Value::Tokens(counted(system, None)));
    }
    all.add("prompt", "prompt", Value::Tokens(counted(&step.prompt, step.format.as_deref())));
    all.add("system text", "system", Value::Digest(digest(&step.system)));
    all.add("prompt text", "prompt", Value::Digest(digest(&(&step.prompt, &step.format))));
    all.add(WORDS, "prompt", Value::Digest(digest(&(&step.system, &step.prompt, &step.format))));
    all.facts
}

/// The tokens of a prompt that are sent whatever its holes hold: the longer of two branches, a repeated part once for each.
fn fixed(template: &Template, counter: &Counter) -> u64 {
    let mut sum = 0u64;
    for part in template {
        let mut tokens = 0;
        if let Part::Text(text) = part {
            tokens = counter.count(text);
        }
        if let Part::Each { most, body, .. } = part {
            tokens = fixed(body, counter).saturating_mul(*most);
        }
        if let Part::If { then, otherwise, .. } = part {
            tokens = fixed(then, counter).max(fixed(otherwise, counter));
        }
        sum = sum.saturating_add(tokens);
    }
    sum
}

/// What decides about a tool.
pub(super) fn tool(tool: &Tool, places: &Places) -> BTreeMap<String, Fact> {
    let mut all = Collector { places, place: &tool.place, item: &tool.name, facts: BTreeMap::new() };
    let effect = serde_json::to_value(tool.effect).ok().and_then(|value| value.as_str().map(str::to_owned));
    all.add("effect", "effect", Value::Word(effect.unwrap_or_default()));
    let keys = tool.once_per.iter().filter_map(|parameter| tool.params.get(*parameter as usize));
    let keys: Vec<&str> = keys.map(|param| param.name.as_str()).collect();
    if !keys.is_empty() {
        all.add("once", "effect", Value::Word(format!("once per {}", keys.join(", "))));
    }
    all.add("price", "price", Value::Cap(tool.price.nanos()));
    all.add("time", "time", Value::Cap(tool.time_ms));
    all.add("from", "from", Value::Digest(digest(&tool.source)));
    if let Some(gate) = &tool.gate {
        let text =
            places.clause(&tool.place.file, &tool.name, "gate").map_or_else(String::new, |gate| gate.words.clone());
        let value = Value::Gate {
            text,
            open: gate.open.value.clone(),
            has_calls: !gate.open.nodes.is_empty(),
            otherwise: gate.otherwise.clone(),
        };
        all.add("gate", "gate", value);
    }
    all.facts
}

/// BLAKE3 of something in canonical JSON, in hex.
fn digest(value: &impl Serialize) -> String {
    let json = serde_json::to_vec(value).unwrap_or_default();
    blake3::hash(&json).to_hex().to_string()
}
