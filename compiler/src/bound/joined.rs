//! Whether a bound is reached by some run. In: a bounded flow. Out: the reasons why it may not be, none where it is exact.
//!
//! A maximum over arms is reached by a run that takes the dearest arm. Where two choices look at the same value, the dearest arms
//! of both may exclude each other; then the sum of their maxima may be higher than any run needs, and the report says so. Two
//! values are the same where one can be traced to the other: through names, fields, elements, arguments and pure expressions.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::tree::{Bounded, Skippable, What};
use super::{Bounder, arms, call};
use crate::cost::Resources;
use crate::program::{Body, Builtin, Expr, FlowId, Ladder, Node, NodeKind, Signal, Slot, Step, StepId};

/// A value that a condition looks at: a slot, and the fields on the way into it. `[]` is an element, `len` a length.
pub(super) type Path = (Slot, Vec<String>);

/// What the conditions of a flow look at, in terms of its parameters, and why its bound may not be reached.
#[derive(Clone, Debug, Default)]
pub(super) struct Joined {
    /// What its conditions look at, by what asks: the same asked twice goes the same way.
    tests: BTreeMap<Test, BTreeSet<Path>>,
    /// Reasons, each once.
    pub reasons: Vec<String>,
}

/// What asks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Test {
    /// A choice of a flow, by the slot of its node.
    Choice(FlowId, Slot),
    /// The ladder or the judge of a step, with what it looks at.
    Step(StepId, BTreeSet<Path>),
    /// The length of a list that is gone through; two of them are longest together.
    Length(FlowId, Slot),
}

/// The reasons of a flow; those of the flows it calls are known.
pub(super) fn joined(
    bounder: &Bounder<'_>,
    id: FlowId,
    bounded: &Bounded<'_>,
    callees: &HashMap<FlowId, Joined>,
) -> Joined {
    let Some(flow) = bounder.program.flows.get(id.index()) else { return Joined::default() };
    let mut origins = Origins::default();
    origins.body(&flow.body);
    let mut finder = Finder { bounder, id, callees, origins, found: Joined::default(), rounds: Vec::new() };
    finder.bounded(bounded, None);
    finder.meet();
    finder.found
}

struct Finder<'a, 'p> {
    bounder: &'a Bounder<'p>,
    id: FlowId,
    callees: &'a HashMap<FlowId, Joined>,
    origins: Origins,
    found: Joined,
    /// What is made anew in each round of the loops and lists around the place at hand, the innermost last.
    rounds: Vec<BTreeSet<Slot>>,
}

impl Finder<'_, '_> {
    fn bounded(&mut self, bounded: &Bounded<'_>, node: Option<&Node>) {
        match &bounded.what {
            What::Nothing | What::Embedding(_) => {}
            What::Body(parts, _) => parts.iter().for_each(|part| self.bounded(&part.bounded, Some(part.node))),
            What::Step(id, step) => {
                if let (Some(loose), Some(declared)) = (step.loose, self.step(*id)) {
                    self.say(format!("`{}`: {loose}", declared.name));
                }
                self.call_of_step(*id, node);
            }
            What::Tool(id, _) => {
                let gated = self
                    .bounder
                    .program
                    .tools
                    .get(id.index())
                    .is_some_and(|tool| tool.gate.as_ref().is_some_and(|gate| has_choice(&gate.open)));
                if gated {
                    self.say("the gate of a tool chooses between calls".to_owned());
                }
            }
            What::Flow(id, callee) => self.call_of_flow(*id, callee, node),
            What::Choose(arms, skippable) => {
                let takes = bounded.any() != Resources::ZERO || bounded.exits.leaves();
                let matters = match skippable {
                    Skippable::Yes => takes,
                    Skippable::No => arms.iter().any(|arm| arm.exits != bounded.exits),
                };
                if let (true, Some(node)) = (matters, node) {
                    self.choice(node);
                    if bounded.exits.leaves() {
                        self.leaving(node);
                    }
                }
                arms.iter().for_each(|arm| self.bounded(arm, None));
            }
            What::Each { body, .. } => {
                if let Some(Node { slot, kind: NodeKind::Each { list, .. }, .. }) = node {
                    let lists = self.origins.of(list).into_iter().map(|path| extended(path, "len")).collect();
                    self.found.tests.insert(Test::Length(self.id, *slot), lists);
                }
                self.round(body, node);
            }
            What::Loop { body, .. } => self.round(body, node),
            What::Attempt(body, handler) => {
                self.bounded(body, None);
                self.bounded(handler, None);
            }
        }
    }

    /// What is repeated, with what it makes anew each time.
    fn round(&mut self, body: &Bounded<'_>, node: Option<&Node>) {
        let mut made = BTreeSet::new();
        if let Some(node) = node {
            made_by(node, &mut made);
        }
        self.rounds.push(made);
        self.bounded(body, None);
        self.rounds.pop();
    }

    /// A choice that can leave a round goes the same way in every round where it looks at nothing that is made anew: then no run
    /// goes on for all rounds but the last and leaves in that one.
    fn leaving(&mut self, node: &Node) {
        let NodeKind::Choose(arms) = &node.kind else { return };
        let looked_at = arms.iter().filter_map(|arm| arm.when.as_ref()).flat_map(|when| self.origins.of(when));
        let looked_at: BTreeSet<Path> = looked_at.collect();
        let is_old = |made: &BTreeSet<Slot>| looked_at.iter().any(|(slot, _)| !made.contains(slot));
        if self.rounds.iter().any(is_old) {
            self.say(format!("the choice in line {} looks at the same value in every round", node.place.line));
        }
    }

    fn step(&self, id: StepId) -> Option<&Step> {
        self.bounder.program.steps.get(id.index())
    }

    fn choice(&mut self, node: &Node) {
        let NodeKind::Choose(arms) = &node.kind else { return };
        let conditions: Vec<&Expr> = arms.iter().filter_map(|arm| arm.when.as_ref()).collect();
        if Self::settled(&conditions, &self.origins) {
            self.say(format!(
                "an arm of the choice in line {} may never be taken: the arms before it look at the same value",
                node.place.line
            ));
        }
        let looked_at: BTreeSet<Path> = conditions.iter().flat_map(|when| self.origins.of(when)).collect();
        if looked_at.is_empty() && !conditions.is_empty() {
            self.say(format!("the condition in line {} always goes the same way", node.place.line));
        }
        if conditions.iter().any(|when| asks_length(when)) {
            self.say(format!(
                "the condition in line {} asks for a length, and every text and list is counted at its longest",
                node.place.line
            ));
        }
        self.found.tests.insert(Test::Choice(self.id, node.slot), looked_at);
    }

    fn settled(conditions: &[&Expr], origins: &Origins) -> bool {
        let seen: Vec<(&Expr, BTreeSet<Path>)> = conditions.iter().map(|when| (*when, origins.of(when))).collect();
        arms::may_be_settled(&seen)
    }

    /// The conditions of a step look at its parameters, which are the arguments of the call.
    fn call_of_step(&mut self, id: StepId, node: Option<&Node>) {
        let Some(step) = self.bounder.program.steps.get(id.index()) else { return };
        let mut conditions = Vec::new();
        ladder_conditions(&step.ladder, &mut conditions);
        if conditions.iter().any(|when| asks_signal(when)) {
            self.say(format!(
                "the ladder of `{}` asks for the size of a request, and every request is counted at its largest",
                step.name
            ));
        }
        if Self::settled(&conditions, &Origins::default()) {
            self.say(format!(
                "an arm of the ladder of `{}` may never be taken: the arms before it look at the same value",
                step.name
            ));
        }
        if step.accept.is_none() && matches!(&step.ladder, Ladder::Rungs(rungs) if rungs.len() > 1) {
            self.say(format!("`{}` accepts every answer, so its ladder never climbs", step.name));
        }
        let mut inner = Origins::default();
        if let Some(accept) = &step.accept {
            inner.body(accept);
            choice_conditions(accept, &mut conditions);
        }
        let Some(Node { kind: NodeKind::Step(_, args), .. }) = node else { return };
        let mut looked_at = BTreeSet::new();
        for path in conditions.iter().flat_map(|when| inner.of(when)) {
            if let Some(index) = step.params.iter().position(|param| param.slot == path.0) {
                looked_at.extend(self.argument(args.get(index), &path.1));
            }
        }
        if !looked_at.is_empty() {
            self.found.tests.insert(Test::Step(id, looked_at.clone()), looked_at);
        }
    }

    fn call_of_flow(&mut self, id: FlowId, callee: &Bounded<'_>, node: Option<&Node>) {
        let Some(Node { kind: NodeKind::Flow { args, within, .. }, .. }) = node else { return };
        let program = self.bounder.program;
        let Some(flow) = program.flows.get(id.index()) else { return };
        if call::cuts(callee, within) {
            self.say(format!(
                "a call of `{}` can be stopped by its `within`, which no run has to reach exactly",
                flow.name
            ));
        }
        let callees = self.callees;
        let Some(joined) = callees.get(&id) else { return };
        for reason in &joined.reasons {
            self.say(reason.clone());
        }
        let mut looked_at = BTreeSet::new();
        for path in joined.tests.values().flatten() {
            if let Some(index) = flow.params.iter().position(|param| param.slot == path.0) {
                looked_at.extend(self.argument(args.get(index), &path.1));
            }
        }
        if let (false, Some(node)) = (looked_at.is_empty(), node) {
            self.found.tests.insert(Test::Choice(self.id, node.slot), looked_at);
        }
    }

    /// What a field of an argument is in terms of this flow.
    fn argument(&self, arg: Option<&Expr>, fields: &[String]) -> Vec<Path> {
        let origins = arg.map(|arg| self.origins.of(arg)).unwrap_or_default();
        origins.into_iter().map(|path| fields.iter().fold(path, |path, field| extended(path, field))).collect()
    }

    /// Two tests that look at the same value.
    fn meet(&mut self) {
        let mut seen: BTreeMap<Slot, Vec<(&Test, &Path)>> = BTreeMap::new();
        let mut meets = None;
        'tests: for (test, paths) in &self.found.tests {
            for path in paths {
                let others = seen.entry(path.0).or_default();
                let is_length = |test: &Test| matches!(test, Test::Length(..));
                if others.iter().any(|(other, seen)| {
                    *other != test && !(is_length(other) && is_length(test)) && overlaps(&seen.1, &path.1)
                }) {
                    meets = Some(path.0);
                    break 'tests;
                }
                // Lists of one length settle nothing, so one of them is kept; other tests are settled by their first pair.
                if !is_length(test) || !others.iter().any(|(other, seen)| is_length(other) && seen.1 == path.1) {
                    others.push((test, path));
                }
            }
        }
        if meets.is_some() {
            self.say("two choices look at the same value, and each is counted at its dearest".to_owned());
        }
    }

    fn say(&mut self, reason: String) {
        if !self.found.reasons.contains(&reason) {
            self.found.reasons.push(reason);
        }
    }
}

/// Every slot that a node gives a value to, what is inside of it included.
fn made_by(node: &Node, made: &mut BTreeSet<Slot>) {
    made.insert(node.slot);
    let mut all = |body: &Body| body.nodes.iter().for_each(|node| made_by(node, made));
    match &node.kind {
        NodeKind::Each { element, body, .. } => {
            all(body);
            made.insert(*element);
        }
        NodeKind::Loop { body, .. } => all(body),
        NodeKind::Attempt { body, handler } => {
            all(body);
            all(handler);
        }
        NodeKind::Choose(arms) => {
            arms.iter().for_each(|arm| all(&arm.body));
            made.extend(arms.iter().flat_map(|arm| arm.binds.iter().map(|(slot, _)| *slot)));
        }
        NodeKind::Value(_)
        | NodeKind::Step(..)
        | NodeKind::Embedding(..)
        | NodeKind::Tool(..)
        | NodeKind::Flow { .. }
        | NodeKind::Assign(..)
        | NodeKind::Signal(_) => {}
    }
}

/// One is inside of the other.
pub(super) fn overlaps(a: &[String], b: &[String]) -> bool {
    a.iter().zip(b).all(|(a, b)| a == b)
}

fn extended((slot, mut fields): Path, field: &str) -> Path {
    fields.push(field.to_owned());
    (slot, fields)
}

/// Where values come from.
#[derive(Default)]
struct Origins {
    known: HashMap<Slot, BTreeSet<Path>>,
}

impl Origins {
    /// Notes where the values of a body come from. Needs come before what needs them, so one pass is enough; a `var` is a value
    /// of its own, and so is everything that a model, a tool or a person makes.
    fn body(&mut self, body: &Body) {
        for node in &body.nodes {
            match &node.kind {
                NodeKind::Value(expr) => {
                    let mut from = self.of(expr);
                    from.insert((node.slot, Vec::new()));
                    self.known.insert(node.slot, from);
                }
                NodeKind::Choose(arms) => {
                    let mut from = BTreeSet::from([(node.slot, Vec::new())]);
                    for arm in arms {
                        from.extend(arm.when.iter().flat_map(|when| self.of(when)));
                        for (slot, expr) in &arm.binds {
                            let bound = self.of(expr);
                            self.known.insert(*slot, bound);
                        }
                        self.body(&arm.body);
                        from.extend(self.of(&arm.body.value));
                    }
                    self.known.insert(node.slot, from);
                }
                NodeKind::Each { list, element, body, .. } => {
                    let elements = self.of(list).into_iter().map(|path| extended(path, "[]")).collect();
                    self.known.insert(*element, elements);
                    self.body(body);
                    let mut from = self.of(list);
                    from.insert((node.slot, Vec::new()));
                    self.known.insert(node.slot, from);
                }
                NodeKind::Loop { body, .. } => self.body(body),
                NodeKind::Attempt { body, handler } => {
                    self.body(body);
                    self.body(handler);
                    let mut from = self.of(&body.value);
                    from.extend(self.of(&handler.value));
                    from.insert((node.slot, Vec::new()));
                    self.known.insert(node.slot, from);
                }
                NodeKind::Assign(slot, expr) => {
                    let from = self.of(expr);
                    self.known.entry(*slot).or_default().extend(from);
                }
                NodeKind::Step(..)
                | NodeKind::Embedding(..)
                | NodeKind::Tool(..)
                | NodeKind::Flow { .. }
                | NodeKind::Signal(_) => {}
            }
        }
    }

    /// What an expression is made of.
    fn of(&self, expr: &Expr) -> BTreeSet<Path> {
        if let Some((slot, fields)) = path(expr) {
            let from = self.known.get(&slot).cloned().unwrap_or_else(|| BTreeSet::from([(slot, Vec::new())]));
            let extend = |path| fields.iter().fold(path, |path, field| extended(path, field));
            return from.into_iter().map(extend).collect();
        }
        let mut from = BTreeSet::new();
        children(expr, &mut |child| from.extend(self.of(child)));
        from
    }
}

/// A slot and the fields into it, where an expression is nothing but that.
fn path(expr: &Expr) -> Option<(Slot, Vec<String>)> {
    let step = |value: &Expr, field: &str| path(value).map(|path| extended(path, field));
    match expr {
        Expr::Slot(slot) => Some((*slot, Vec::new())),
        Expr::Field(value, field) | Expr::Payload { value, field } => step(value, field),
        Expr::Pluck(value, field) => step(value, "[]").map(|path| extended(path, field)),
        Expr::Index(value, _) => step(value, "[]"),
        Expr::Literal(_)
        | Expr::Slice { .. }
        | Expr::Builtin(..)
        | Expr::Quantify { .. }
        | Expr::Record(..)
        | Expr::Variant(..)
        | Expr::List(_)
        | Expr::Not(_)
        | Expr::Negate(_)
        | Expr::Binary(..)
        | Expr::Is(..)
        | Expr::In(..)
        | Expr::Cut(..)
        | Expr::If(..)
        | Expr::Seen(_)
        | Expr::Signal(_)
        | Expr::Env(_) => None,
    }
}

/// The expressions inside of an expression.
fn children(expr: &Expr, each: &mut dyn FnMut(&Expr)) {
    match expr {
        Expr::Literal(_) | Expr::Slot(_) | Expr::Signal(_) | Expr::Env(_) => {}
        Expr::Field(value, _)
        | Expr::Pluck(value, _)
        | Expr::Payload { value, .. }
        | Expr::Slice { value, .. }
        | Expr::Not(value)
        | Expr::Negate(value)
        | Expr::Is(value, _)
        | Expr::Cut(value, _)
        | Expr::Seen(value) => each(value),
        Expr::Index(a, b) | Expr::Binary(_, a, b) | Expr::In(a, b) => {
            each(a);
            each(b);
        }
        Expr::Builtin(_, parts) | Expr::Record(_, parts) | Expr::Variant(_, _, parts) | Expr::List(parts) => {
            parts.iter().for_each(each);
        }
        Expr::Quantify { list, test, .. } => {
            each(list);
            each(test);
        }
        Expr::If(a, b, c) => {
            each(a);
            each(b);
            each(c);
        }
    }
}

fn any(expr: &Expr, asks: &dyn Fn(&Expr) -> bool) -> bool {
    let mut found = asks(expr);
    children(expr, &mut |child| found = found || any(child, asks));
    found
}

fn asks_length(expr: &Expr) -> bool {
    any(expr, &|expr| matches!(expr, Expr::Builtin(Builtin::Len, _)))
}

fn asks_signal(expr: &Expr) -> bool {
    any(expr, &|expr| matches!(expr, Expr::Signal(Signal::Context | Signal::Output)))
}

fn ladder_conditions<'e>(ladder: &'e Ladder, found: &mut Vec<&'e Expr>) {
    if let Ladder::Choose(arms) = ladder {
        for (when, ladder) in arms {
            found.extend(when);
            ladder_conditions(ladder, found);
        }
    }
}

fn has_choice(body: &Body) -> bool {
    let mut conditions = Vec::new();
    choice_conditions(body, &mut conditions);
    !conditions.is_empty()
}

fn choice_conditions<'e>(body: &'e Body, found: &mut Vec<&'e Expr>) {
    for node in &body.nodes {
        match &node.kind {
            NodeKind::Choose(arms) => {
                for arm in arms {
                    found.extend(&arm.when);
                    choice_conditions(&arm.body, found);
                }
            }
            NodeKind::Each { body, .. } | NodeKind::Loop { body, .. } => choice_conditions(body, found),
            NodeKind::Attempt { body, handler } => {
                choice_conditions(body, found);
                choice_conditions(handler, found);
            }
            NodeKind::Value(_)
            | NodeKind::Step(..)
            | NodeKind::Embedding(..)
            | NodeKind::Tool(..)
            | NodeKind::Flow { .. }
            | NodeKind::Assign(..)
            | NodeKind::Signal(_) => {}
        }
    }
}
