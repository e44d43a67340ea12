//! Whether everything can be as large as it is counted. In: a program. Out: for each flow the reasons why some request in it may
//! never be that large; none where every text, list and value in it can be at its longest at once.
//!
//! A step is bounded by the sizes of its parameters, whatever it is called with. So a call reaches that only with values that can
//! be anything: what a person, a model or a tool makes, parts of it, and what is cut from it. And a value that a condition looks
//! at cannot be its longest and go the dearest way too, unless somebody made sure of it.

mod decisions;
pub(super) mod steps;
mod traced;

use std::collections::{BTreeSet, HashMap};

use super::order::{Order, Unit};
use crate::program::{Body, Expr, Flow, FlowId, NodeKind, Program, Slot, StepId, Ty};
use decisions::Decisions;
use steps::{StepFacts, Tools};
use traced::{Path, Traced};

/// The reasons of every flow, by its id.
pub(super) fn reasons(
    program: &Program,
    order: &Order,
    loose: &dyn Fn(StepId) -> Option<&'static str>,
) -> HashMap<FlowId, Vec<String>> {
    let (steps, tools) = steps::facts(program, order, loose);
    let mut known: HashMap<FlowId, Vec<String>> = HashMap::new();
    for unit in &order.units {
        let Unit::Flow(id) = unit else { continue };
        let Some(flow) = program.flows.get(id.index()) else { continue };
        let mut finder = Finder::new(program, &steps, &tools, &known);
        finder.flow(flow);
        known.insert(*id, finder.reasons.into_iter().collect());
    }
    known
}

struct Finder<'a> {
    program: &'a Program,
    steps: &'a [StepFacts],
    tools: &'a Tools,
    known: &'a HashMap<FlowId, Vec<String>>,
    /// What can be any value of its type.
    free: HashMap<Slot, Ty>,
    traced: Traced<'a>,
    looked_at: BTreeSet<Path<'a>>,
    shown: BTreeSet<Path<'a>>,
    decisions: Decisions<'a>,
    reasons: BTreeSet<String>,
}

impl<'a> Finder<'a> {
    fn new(
        program: &'a Program,
        steps: &'a [StepFacts],
        tools: &'a Tools,
        known: &'a HashMap<FlowId, Vec<String>>,
    ) -> Finder<'a> {
        Finder {
            program,
            steps,
            tools,
            known,
            free: HashMap::new(),
            traced: Traced::default(),
            looked_at: BTreeSet::new(),
            shown: BTreeSet::new(),
            decisions: Decisions::default(),
            reasons: BTreeSet::new(),
        }
    }

    fn flow(&mut self, flow: &'a Flow) {
        self.free.extend(flow.params.iter().map(|param| (param.slot, param.ty.clone())));
        self.body(&flow.body);
        let inside =
            |path: &Path<'a>| self.looked_at.range(path.clone()..).next().is_some_and(|next| path.is_around(next));
        let around = |path: &Path<'a>| path.prefixes().any(|before| self.looked_at.contains(&before));
        if self.shown.iter().any(|path| inside(path) || around(path)) {
            self.say("a value that a condition looks at is also sent, where it is counted at its longest");
        }
        if self.decisions.meet() {
            self.say("what decides whether an answer is accepted, or a gate open, also decides a choice");
        }
    }

    fn say(&mut self, reason: &str) {
        if !self.reasons.contains(reason) {
            self.reasons.insert(reason.to_owned());
        }
    }

    fn body(&mut self, body: &'a Body) {
        for node in &body.nodes {
            let made = self.node(node);
            if let Some(made) = made {
                self.free.insert(node.slot, made);
            }
        }
    }

    /// What a node makes, where that can be anything.
    fn node(&mut self, node: &'a crate::program::Node) -> Option<Ty> {
        let program = self.program;
        match &node.kind {
            NodeKind::Value(value) => {
                self.traced.name(node.slot, value);
                self.any(value)
            }
            NodeKind::Step(id, args) => {
                let step = program.steps.get(id.index())?;
                let facts = self.steps.get(id.index())?;
                facts.reasons.iter().for_each(|reason| self.say(reason));
                for (index, arg) in args.iter().enumerate() {
                    let param = step.params.get(index)?;
                    if facts.uses.contains(&index) && !self.can_be(arg, &param.ty) {
                        self.say(&format!("`{}` is given less than it takes", step.name));
                    }
                    self.decided(facts, index, arg, &step.name);
                    self.mark(node.slot, arg, index, facts);
                }
                for fields in &facts.judged {
                    let judged = Path::of(node.slot).taken(fields);
                    self.decisions.decides(node.slot, judged.iter());
                    self.looked_at.extend(judged);
                }
                Some(step.result.clone())
            }
            NodeKind::Embedding(id, text) => {
                let embedding = program.embeddings.get(id.index())?;
                if !self.can_be(text, &Ty::Text(embedding.text)) {
                    self.say("a text that is read is shorter than it may be");
                }
                if steps::readers_differ(program) || steps::reads_pieces(program, embedding.tier) {
                    self.say("a text that is read is counted by a vocabulary, or by several: it may have fewer tokens");
                }
                self.shown.extend(self.traced.of(text));
                match &embedding.into {
                    crate::program::EmbeddingInto::Vector => None,
                    crate::program::EmbeddingInto::Label { labels_of, .. } => Some(Ty::Enum(*labels_of)),
                }
            }
            NodeKind::Tool(id, args) => {
                let tool = program.tools.get(id.index())?;
                let facts = self.tools.get(id.index())?;
                facts.reasons.iter().for_each(|reason| self.say(reason));
                for (index, arg) in args.iter().enumerate() {
                    let param = tool.params.get(index)?;
                    if facts.uses.contains(&index) && !self.can_be(arg, &param.ty) {
                        self.say(&format!("the gate of `{}` is given less than it takes", tool.name));
                    }
                    self.decided(facts, index, arg, &tool.name);
                    self.mark(node.slot, arg, index, facts);
                }
                Some(tool.result.clone())
            }
            NodeKind::Flow { flow, args, .. } => {
                self.known.get(flow).into_iter().flatten().for_each(|reason| self.say(reason));
                let callee = program.flows.get(flow.index())?;
                for (param, arg) in callee.params.iter().zip(args) {
                    if !self.can_be(arg, &param.ty) {
                        self.say(&format!("`{}` is given less than it takes", callee.name));
                    }
                    // What becomes of it there is not traced.
                    let paths = self.traced.of(arg);
                    self.decisions.asks(node.slot, paths.iter());
                    self.looked_at.extend(paths.iter().cloned());
                    self.shown.extend(paths);
                }
                None
            }
            NodeKind::Choose(arms) => {
                for arm in arms {
                    if let Some(when) = &arm.when {
                        let paths = self.traced.of(when);
                        if paths.is_empty() {
                            self.say("a condition looks at nothing that can change");
                        }
                        self.decisions.asks(node.slot, paths.iter());
                        self.looked_at.extend(paths);
                    }
                    for (slot, bound) in &arm.binds {
                        self.traced.name(*slot, bound);
                    }
                    self.body(&arm.body);
                }
                self.traced.parts(node.slot, arms.iter().map(|arm| &arm.body.value));
                None
            }
            NodeKind::Each { list, element, most, body, .. } => {
                let whole = self.any(list);
                match whole {
                    Some(Ty::List { element: inner, high, .. }) if high == *most => {
                        self.free.insert(*element, *inner);
                    }
                    _ => self.say("a list that is gone through is shorter than it may be"),
                }
                self.shown.extend(self.traced.of(list).into_iter().map(|path| path.field("len")));
                self.traced.element(*element, list);
                self.body(body);
                self.traced.parts(node.slot, std::iter::once(&body.value));
                let made = self.any(&body.value).filter(|_| !skips(body))?;
                Some(Ty::List { element: Box::new(made), low: 0, high: *most })
            }
            NodeKind::Loop { body, .. } => {
                self.body(body);
                None
            }
            NodeKind::Attempt { body, handler } => {
                self.body(body);
                self.body(handler);
                self.traced.parts(node.slot, [&body.value, &handler.value].into_iter());
                None
            }
            NodeKind::Assign(slot, value) => {
                let before = self.free.get(slot).cloned();
                if before.is_some_and(|before| !self.can_be(value, &before)) {
                    self.say("a `var` is given less than it can hold");
                }
                self.traced.also(*slot, value);
                None
            }
            // What a person answers can be any value of its type, and is made by no model: nothing is promised of it.
            NodeKind::Ask(_) | NodeKind::Signal(_) => None,
        }
    }

    /// A judgement or a gate that goes by an argument: it goes either way where the argument can be anything.
    fn decided(&mut self, facts: &StepFacts, index: usize, arg: &Expr, name: &str) {
        if facts.decides.contains(&index) && self.any(arg).is_none() {
            self.say(&format!("what `{name}` is given may always be judged in the same way"));
        }
    }

    /// What of an argument is looked at and sent by what is called with it.
    fn mark(&mut self, call: Slot, arg: &'a Expr, index: usize, facts: &'a StepFacts) {
        let paths = self.traced.of(arg);
        if facts.decides.contains(&index) {
            self.decisions.decides(call, paths.iter());
        }
        for path in &paths {
            let of = |(at, fields): &'a (usize, Vec<String>)| (*at == index).then(|| path.clone().taken(fields));
            let asked: Vec<Path<'a>> = facts.looked_at.iter().filter_map(of).flatten().collect();
            self.decisions.asks(call, asked.iter());
            self.looked_at.extend(asked);
            self.shown.extend(facts.shown.iter().filter_map(of).flatten());
        }
    }

    /// Whether an expression can be the longest value of a type.
    fn can_be(&self, expr: &Expr, ty: &Ty) -> bool {
        self.any(expr).is_some_and(|made| is_as_long(&made, ty))
    }

    /// The type of an expression that can be any value of it.
    fn any(&self, expr: &Expr) -> Option<Ty> {
        let types = &self.program.types;
        match expr {
            Expr::Slot(slot) => self.free.get(slot).cloned(),
            Expr::Field(value, name) => {
                let Ty::Record(id) = self.any(value)? else { return None };
                let fields = &types.records.get(id.index())?.fields;
                fields.iter().find(|field| field.name == *name).map(|field| field.ty.clone())
            }
            Expr::Pluck(value, name) => {
                let Ty::List { element, low, high } = self.any(value)? else { return None };
                let Ty::Record(id) = *element else { return None };
                let field = types.records.get(id.index())?.fields.iter().find(|field| field.name == *name)?;
                Some(Ty::List { element: Box::new(field.ty.clone()), low, high })
            }
            Expr::Cut(value, size) => {
                let Ty::Text(whole) = self.any(value)? else { return None };
                let fits = size.tokens <= whole.tokens && size.bytes <= whole.bytes && size.chars <= whole.chars;
                fits.then_some(Ty::Text(*size))
            }
            Expr::Slice { value, from: 0, to: Some(to) } => {
                let Ty::List { element, high, .. } = self.any(value)? else { return None };
                Some(Ty::List { element, low: 0, high: high.min(*to) })
            }
            Expr::Record(id, values) => {
                let fields = &types.records.get(id.index())?.fields;
                let whole = fields.iter().zip(values).all(|(field, value)| self.can_be(value, &field.ty));
                whole.then_some(Ty::Record(*id))
            }
            Expr::List(values) => {
                let element = self.any(values.first()?)?;
                let whole = values.iter().all(|value| self.can_be(value, &element));
                let length = values.len() as u64;
                whole.then(|| Ty::List { element: Box::new(element), low: length, high: length })
            }
            Expr::Literal(_)
            | Expr::Payload { .. }
            | Expr::Index(..)
            | Expr::Slice { .. }
            | Expr::Builtin(..)
            | Expr::Quantify { .. }
            | Expr::Variant(..)
            | Expr::Not(_)
            | Expr::Negate(_)
            | Expr::Binary(..)
            | Expr::Is(..)
            | Expr::In(..)
            | Expr::If(..)
            | Expr::Fit(..)
            | Expr::Seen(_)
            | Expr::Signal(_)
            | Expr::Caller(_)
            | Expr::Env(_) => None,
        }
    }
}

/// Whether the longest value of a type is as long as that of another one.
fn is_as_long(made: &Ty, wanted: &Ty) -> bool {
    match (made, wanted) {
        (Ty::List { element: made, high: has, .. }, Ty::List { element: wanted, high, .. }) => {
            has == high && is_as_long(made, wanted)
        }
        (Ty::Optional(made), Ty::Optional(wanted)) => is_as_long(made, wanted),
        _ => made == wanted,
    }
}

/// Whether something in a body drops the element of the `each` that it is of.
fn skips(body: &Body) -> bool {
    body.nodes.iter().any(|node| match &node.kind {
        NodeKind::Signal(leave) => matches!(leave, crate::program::Leave::Skip),
        NodeKind::Choose(arms) => arms.iter().any(|arm| skips(&arm.body)),
        NodeKind::Loop { body, .. } => skips(body),
        NodeKind::Attempt { body, handler } => skips(body) || skips(handler),
        NodeKind::Value(_)
        | NodeKind::Ask(_)
        | NodeKind::Step(..)
        | NodeKind::Embedding(..)
        | NodeKind::Tool(..)
        | NodeKind::Flow { .. }
        | NodeKind::Each { .. }
        | NodeKind::Assign(..) => false,
    })
}
