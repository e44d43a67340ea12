//! Everything of a project that a review is about. In: the plans and reports of its files. Out: one [`Item`] for each flow, step
//! and tool, and the facts of every model in use.

use std::collections::{BTreeMap, BTreeSet};

use super::{facts, places, reach};
use crate::bound::{Report, Verdict};
use crate::catalogue::ModelFacts;
use crate::cost::{Dimension, Resources};
use crate::plan::Plan;
use crate::program::{Expr, GateElse, Program};
use crate::source::Sources;

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A flow.
    Flow,
    /// A step.
    Step,
    /// A tool.
    Tool,
}

impl Kind {
    /// The word of the language for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Flow => "flow",
            Kind::Step => "step",
            Kind::Tool => "tool",
        }
    }
}

/// Which item: what it is, in which file, and its name.
pub type Key = (Kind, String, String);

/// A flow, a step or a tool.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Its line.
    pub line: u32,
    /// Whether others may use it.
    pub public: bool,
    /// How it came out, of a flow.
    pub verdict: Verdict,
    /// The most that one run of it can take; absent of tools, and where nothing is proved.
    pub bound: Option<Resources>,
    /// Whether some run reaches the bound.
    pub is_exact: bool,
    /// What decides about it, by name.
    pub facts: BTreeMap<String, Fact>,
    /// The items that it uses, through others too.
    pub uses: BTreeSet<Key>,
    /// The models that it uses, through others too.
    pub models: BTreeSet<String>,
    /// What is taken to be true, of a flow.
    pub assumes: Vec<String>,
}

/// Something that decides about an item.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// What it is.
    pub value: Value,
    /// The line where it is written.
    pub line: u32,
    /// The text around it, where the first line that differs is what changed.
    pub text: Option<String>,
}

/// The value of a fact.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A limit that an author gives a flow; more allows more.
    Limit(Dimension, u64),
    /// A cap; more can take more.
    Cap(u64),
    /// Tokens of text that is always sent.
    Tokens(u64),
    /// Models in the order in which they are asked.
    Models(Vec<String>),
    /// What decides before a tool is called.
    Gate {
        /// As it is written.
        text: String,
        /// What must hold.
        open: Expr,
        /// Whether more than the parameters is looked at.
        has_calls: bool,
        /// What happens where it does not hold.
        otherwise: GateElse,
    },
    /// Something that is only the same or not, as it is shown.
    Word(String),
    /// Something that is only the same or not, and is not shown.
    Digest(String),
}

/// The facts of a model, pinned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pinned {
    /// BLAKE3 of the facts in canonical JSON.
    pub digest: String,
    /// Their date.
    pub as_of: Option<String>,
    /// Where they are from.
    pub source: Option<String>,
    /// Dollars a million tokens in and out, for people.
    pub price: String,
}

/// Everything of a project that a review is about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// Flows, steps and tools.
    pub items: BTreeMap<Key, Item>,
    /// The models in use, by name.
    pub models: BTreeMap<String, Pinned>,
}

impl Snapshot {
    /// Adds what a file came to. `named` gives the path of a file as the whole project knows it; `plan` is absent where
    /// something is wrong, and then nothing but the flows is known.
    pub fn add(&mut self, plan: Option<&Plan>, report: &Report, sources: &Sources, named: &dyn Fn(&str) -> String) {
        for flow in &report.flows {
            let key = (Kind::Flow, named(&flow.place.file), flow.name.clone());
            let item = Item {
                line: flow.place.line,
                public: flow.public,
                verdict: flow.verdict,
                bound: flow.bound,
                is_exact: flow.is_exact(),
                facts: facts::budget(flow.budget.as_deref()),
                uses: BTreeSet::new(),
                models: BTreeSet::new(),
                assumes: flow.assumes.iter().map(|assumption| assumption.text.clone()).collect(),
            };
            // A flow that another file imports is known from its own file, where it may be the one that is wrong.
            self.items.entry(key).or_insert(item);
        }
        let Some(plan) = plan else { return };
        let written = places::Places::of(sources);
        for model in &plan.program.models {
            self.models.entry(model.name.clone()).or_insert_with(|| pinned(model));
        }
        self.add_program(&plan.program, plan, &written, named);
    }

    fn add_program(
        &mut self,
        program: &Program,
        plan: &Plan,
        written: &places::Places,
        named: &dyn Fn(&str) -> String,
    ) {
        let reach = reach::Reach::of(program);
        let keys = |used: &BTreeSet<reach::Used>| -> BTreeSet<Key> {
            used.iter().filter_map(|one| reach::key(program, *one, named)).collect()
        };
        for (index, step) in program.steps.iter().enumerate() {
            let used = reach.step(index);
            let item = Item {
                line: step.place.line,
                public: written.is_public(&step.place.file, &step.name),
                verdict: Verdict::Ok,
                bound: plan.ceilings.steps.get(index).map(|ceiling| ceiling.total),
                is_exact: true,
                facts: facts::step(program, step, written),
                uses: keys(&used.items),
                models: used.models.clone(),
                assumes: Vec::new(),
            };
            self.items.insert((Kind::Step, named(&step.place.file), step.name.clone()), item);
        }
        for tool in &program.tools {
            let item = Item {
                line: tool.place.line,
                public: written.is_public(&tool.place.file, &tool.name),
                verdict: Verdict::Ok,
                bound: None,
                is_exact: true,
                facts: facts::tool(tool, written),
                uses: BTreeSet::new(),
                models: BTreeSet::new(),
                assumes: Vec::new(),
            };
            self.items.insert((Kind::Tool, named(&tool.place.file), tool.name.clone()), item);
        }
        for (index, flow) in program.flows.iter().enumerate() {
            let used = reach.flow(index);
            if let Some(item) = self.items.get_mut(&(Kind::Flow, named(&flow.place.file), flow.name.clone())) {
                item.facts.extend(facts::flow(flow));
                item.uses = keys(&used.items);
                item.models = used.models.clone();
            }
        }
    }
}

/// BLAKE3 of the facts of a model in canonical JSON, in hex.
#[must_use]
pub fn digest_of(model: &ModelFacts) -> String {
    let json = serde_json::to_vec(model).unwrap_or_default();
    blake3::hash(&json).to_hex().to_string()
}

fn pinned(model: &ModelFacts) -> Pinned {
    let rates = &model.price.rates;
    let dollars =
        |rate: crate::cost::Rate| crate::cost::Money::from_nanos(rate.picos_per_token().saturating_mul(1000)).written();
    Pinned {
        digest: digest_of(model),
        as_of: model.as_of.clone(),
        source: model.source.clone(),
        price: format!("{} in, {} out", dollars(rates.input), dollars(rates.output)),
    }
}
