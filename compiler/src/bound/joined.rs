//! Whether a bound is reached by some run. In: a bounded flow. Out: the reasons why it may not be, none where it is exact.
//!
//! A maximum over arms is reached by a run that takes the dearest arm. Where two choices look at the same value, the dearest arms
//! of both may exclude each other; then the sum of their maxima may be higher than any run needs, and the report says so. Two
//! values are the same where one can be traced to the other: through names, fields, elements, arguments and pure expressions.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use super::meeting::{Asker, Meeting};
use super::origins::{Origins, Parts, Path};
use super::tree::{Bounded, Skippable, What};
use super::{Bounder, arms, call};
use crate::cost::Resources;
use crate::program::{Body, Builtin, Expr, FlowId, Ladder, Node, NodeKind, Param, Signal, Slot, Step, StepId};

/// A parameter, by its index, and the fields on the way into it.
type Asked = (usize, Vec<Rc<str>>);

/// What the conditions of a flow look at, in terms of its parameters, and why its bound may not be reached.
#[derive(Clone, Debug, Default)]
pub(super) struct Joined {
    /// What its conditions look at.
    looked_at: Rc<BTreeSet<Asked>>,
    /// Reasons, each once.
    pub reasons: Vec<String>,
}

/// What asks.
enum Test {
    /// A choice of a flow, or the choices of a flow that is called.
    Choice,
    /// The ladder or the judge of a step: two that look at the same go the same way.
    Step(StepId),
    /// The length of a list that is gone through.
    Length,
}

/// What the ladder and the judge of a step look at; the same for all of its calls.
#[derive(Default)]
struct Judged {
    looked_at: BTreeSet<Asked>,
    reasons: Vec<String>,
}

/// The reasons of one flow after the other, callees before callers.
#[derive(Default)]
pub(super) struct Joins {
    flows: HashMap<FlowId, Joined>,
    steps: HashMap<StepId, Rc<Judged>>,
    /// How much had to be looked at.
    pub work: u64,
}

impl Joins {
    /// Finds the reasons of a flow; those of the flows that it calls are known.
    pub(super) fn add(&mut self, bounder: &Bounder<'_>, id: FlowId, bounded: &Bounded<'_>) {
        let Some(flow) = bounder.program.flows.get(id.index()) else { return };
        let mut origins = Origins::default();
        origins.body(&flow.body);
        let mut finder = Finder {
            bounder,
            joins: self,
            origins,
            tests: Vec::new(),
            said: HashSet::new(),
            told: HashSet::new(),
            reasons: Vec::new(),
            rounds: Vec::new(),
        };
        finder.bounded(bounded, None);
        finder.meet();
        let all = finder.tests.iter().flat_map(|(_, looked_at)| looked_at).copied().collect();
        let looked_at = Rc::new(asked(&mut finder.origins, &all, &flow.params));
        let joined = Joined { looked_at, reasons: finder.reasons };
        let work = finder.origins.walked;
        self.work = self.work.saturating_add(work);
        self.flows.insert(id, joined);
    }

    /// What was found.
    pub(super) fn get(&self, id: FlowId) -> Option<&Joined> {
        self.flows.get(&id)
    }
}

/// What of it are parameters.
fn asked(origins: &mut Origins, parts: &Parts, params: &[Param]) -> BTreeSet<Asked> {
    let params: HashMap<Slot, usize> = params.iter().enumerate().map(|(index, param)| (param.slot, index)).collect();
    let mut found = BTreeSet::new();
    origins.all_paths(parts, &mut |lists, (slot, fields)| {
        found.extend(params.get(&slot).map(|index| (*index, lists.names(fields))));
    });
    found
}

struct Finder<'a, 'p> {
    bounder: &'a Bounder<'p>,
    joins: &'a mut Joins,
    origins: Origins,
    /// Every question, with what it looks at.
    tests: Vec<(Test, Parts)>,
    said: HashSet<String>,
    /// The flows whose reasons were told.
    told: HashSet<FlowId>,
    reasons: Vec<String>,
    /// What is made anew in each round of the loops and lists around the place at hand, the innermost last.
    rounds: Vec<HashSet<Slot>>,
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
                if let Some(Node { kind: NodeKind::Each { list, .. }, .. }) = node {
                    let list = self.origins.of(list);
                    let length = self.origins.extended(&list, &["len"]);
                    self.tests.push((Test::Length, length));
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
        let mut made = HashSet::new();
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
        let looked_at = self.origins.of_all(arms.iter().filter_map(|arm| arm.when.as_ref()));
        // What is made within a round is made within those around it.
        let Some(made) = self.rounds.last() else { return };
        if !self.origins.some_paths(&looked_at, &mut |_, (slot, _)| made.contains(&slot)) {
            self.say(format!("the choice in line {} looks at the same value in every round", node.place.line));
        }
    }

    fn step(&self, id: StepId) -> Option<&Step> {
        self.bounder.program.steps.get(id.index())
    }

    fn choice(&mut self, node: &Node) {
        let NodeKind::Choose(arms) = &node.kind else { return };
        let conditions: Vec<&Expr> = arms.iter().filter_map(|arm| arm.when.as_ref()).collect();
        if arms::may_be_settled(&conditions, &mut self.origins) {
            self.say(format!(
                "an arm of the choice in line {} may never be taken: the arms before it look at the same value",
                node.place.line
            ));
        }
        let looked_at = self.origins.of_all(conditions.iter().copied());
        if self.origins.are_empty(&looked_at) && !conditions.is_empty() {
            self.say(format!("the condition in line {} always goes the same way", node.place.line));
        }
        if conditions.iter().any(|when| asks_length(when)) {
            self.say(format!(
                "the condition in line {} asks for a length, and every text and list is counted at its longest",
                node.place.line
            ));
        }
        self.tests.push((Test::Choice, looked_at));
    }

    /// The conditions of a step look at its parameters, which are the arguments of the call.
    fn call_of_step(&mut self, id: StepId, node: Option<&Node>) {
        let Some(step) = self.bounder.program.steps.get(id.index()) else { return };
        let judged = Rc::clone(self.joins.steps.entry(id).or_insert_with(|| Rc::new(judged(step))));
        judged.reasons.iter().for_each(|reason| self.say(reason.clone()));
        let Some(Node { kind: NodeKind::Step(_, args), .. }) = node else { return };
        let looked_at = self.arguments(args, &judged.looked_at);
        if !self.origins.are_empty(&looked_at) {
            self.tests.push((Test::Step(id), looked_at));
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
        let Some(joined) = self.joins.flows.get(&id) else { return };
        let looked_at = Rc::clone(&joined.looked_at);
        let reasons = if self.told.insert(id) { joined.reasons.clone() } else { Vec::new() };
        reasons.into_iter().for_each(|reason| self.say(reason));
        let looked_at = self.arguments(args, &looked_at);
        if !self.origins.are_empty(&looked_at) {
            self.tests.push((Test::Choice, looked_at));
        }
    }

    /// What fields of arguments are in terms of this flow.
    fn arguments(&mut self, args: &[Expr], asked: &BTreeSet<Asked>) -> Parts {
        let mut known: BTreeMap<usize, Parts> = BTreeMap::new();
        let mut all = Vec::new();
        for (index, fields) in asked {
            let Some(arg) = args.get(*index) else { continue };
            let parts = match known.entry(*index) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(self.origins.of(arg)),
            };
            all.extend(self.origins.extended(parts, fields));
        }
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Two tests that look at the same value.
    fn meet(&mut self) {
        let mut meeting = Meeting::default();
        let mut before: HashSet<(StepId, &Parts)> = HashSet::new();
        let mut judged: HashSet<(StepId, BTreeSet<Path>)> = HashSet::new();
        let mut meets = false;
        for (index, (test, looked_at)) in self.tests.iter().enumerate() {
            let mut paths = BTreeSet::new();
            let asker = match test {
                Test::Choice => Asker::Choice(index),
                Test::Length => Asker::Length,
                Test::Step(id) => {
                    if !before.insert((*id, looked_at)) {
                        continue;
                    }
                    let is_whole = self.origins.some_paths(looked_at, &mut |_, path| {
                        paths.insert(path);
                        true
                    });
                    if is_whole && !judged.insert((*id, paths)) {
                        continue;
                    }
                    Asker::Choice(index)
                }
            };
            // It ends at the first: until then, nothing is looked at twice.
            if !self.origins.some_paths(looked_at, &mut |lists, path| meeting.note(asker, path, lists)) {
                meets = true;
                break;
            }
        }
        if meets {
            self.say("two choices look at the same value, and each is counted at its dearest".to_owned());
        }
    }

    fn say(&mut self, reason: String) {
        if self.said.insert(reason.clone()) {
            self.reasons.push(reason);
        }
    }
}

/// What the ladder and the judge of a step look at.
fn judged(step: &Step) -> Judged {
    let mut judged = Judged::default();
    let mut conditions = Vec::new();
    ladder_conditions(&step.ladder, &mut conditions);
    if conditions.iter().any(|when| asks_signal(when)) {
        judged.reasons.push(format!(
            "the ladder of `{}` asks for the size of a request, and every request is counted at its largest",
            step.name
        ));
    }
    if arms::may_be_settled(&conditions, &mut Origins::default()) {
        judged.reasons.push(format!(
            "an arm of the ladder of `{}` may never be taken: the arms before it look at the same value",
            step.name
        ));
    }
    if step.accept.is_none() && super::prompt::arms(&step.ladder).iter().any(|rungs| rungs.len() > 1) {
        judged.reasons.push(format!("`{}` accepts every answer, so its ladder never climbs", step.name));
    }
    let mut inner = Origins::default();
    if let Some(accept) = &step.accept {
        inner.body(accept);
        choice_conditions(accept, &mut conditions);
    }
    let parts = inner.of_all(conditions.into_iter());
    judged.looked_at = asked(&mut inner, &parts, &step.params);
    judged
}

/// Every slot that a node gives a value to, what is inside of it included.
fn made_by(node: &Node, made: &mut HashSet<Slot>) {
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

fn any(expr: &Expr, asks: &dyn Fn(&Expr) -> bool) -> bool {
    let mut found = asks(expr);
    expr.parts(&mut |child| found = found || any(child, asks));
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
