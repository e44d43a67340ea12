//! Whether a bound is reached by some run. In: a bounded flow. Out: the reasons why it may not be, none where it is exact.
//!
//! A maximum over arms is reached by a run that takes the dearest arm, and choices that look at the same cases of a value are
//! told apart. What is left are conditions that are not looked into: where one of them looks at a value that something else looks
//! at too, the dearest arms of both may exclude each other. Two values are the same where one can be traced to the other: through
//! names, fields, elements, arguments and pure expressions.

mod last;
mod results;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use super::cases::{Survey, Value, ValueId, outcomes};
use super::exits::Exit;
use super::meeting::{Asker, Meeting};
use super::order::Unit;
use super::origins::{Origins, Parts};
use super::tree::{Bounded, Skippable, What};
use super::{Bounder, Scope, call};
use crate::cost::{Dimension, Resources};
use crate::program::{Body, Builtin, Expr, Ladder, Node, NodeKind, Signal, Slot, StepId};

/// The reasons of one unit after the other, callees before callers.
#[derive(Default)]
pub(super) struct Joins {
    units: HashMap<Scope, Rc<Vec<String>>>,
    /// How much had to be looked at.
    pub work: u64,
}

impl Joins {
    /// Finds the reasons of a unit; those of what it calls are known.
    pub(super) fn add(&mut self, bounder: &Bounder<'_>, unit: Unit) {
        let program = bounder.program;
        let scope = unit.scope();
        let mut finder = Finder::new(bounder, self, scope);
        match unit {
            Unit::Flow(id) => {
                let (Some(flow), Some(Some(bounded))) = (program.flows.get(id.index()), bounder.flows.get(id.index()))
                else {
                    return;
                };
                finder.origins.body(&flow.body);
                finder.bounded(bounded, None);
            }
            Unit::Tool(id) => {
                let (Some(tool), Some(Some(bound))) = (program.tools.get(id.index()), bounder.tools.get(id.index()))
                else {
                    return;
                };
                let (Some(gate), Some(bounded)) = (&tool.gate, &bound.gate) else { return };
                finder.origins.body(&gate.open);
                let [can_close, can_open] = outcomes(program, unit);
                if !can_open || (can_close && finder.is_made_of_nothing(&gate.open.value)) {
                    finder.say(format!("the gate of `{}` may always be closed", tool.name));
                }
                finder.bounded(bounded, None);
            }
            Unit::Step(id) => finder.step(id),
        }
        finder.meet();
        finder.dropped();
        let Finder { reasons, origins, .. } = finder;
        self.work = self.work.saturating_add(origins.walked);
        self.units.insert(scope, Rc::new(reasons));
    }

    /// What was found.
    pub(super) fn get(&self, scope: Scope) -> Option<&Rc<Vec<String>>> {
        self.units.get(&scope)
    }
}

struct Finder<'a, 'p> {
    bounder: &'a Bounder<'p>,
    joins: &'a Joins,
    scope: Scope,
    survey: Rc<Survey>,
    origins: Origins,
    /// The values that a choice or a call looks at which matters, in order and each once.
    noted: Vec<ValueId>,
    is_noted: HashSet<ValueId>,
    /// The lengths of lists that are gone through.
    lengths: Vec<Parts>,
    /// What callees compare in ways that are not looked into.
    strays: Vec<Parts>,
    /// Elements of a list that were left out, by the list.
    lists: HashMap<Slot, Element>,
    /// The nodes of this unit by their slots, where they were needed.
    nodes: Option<HashMap<Slot, &'p Node>>,
    said: HashSet<String>,
    /// What was called and told.
    told: HashSet<Scope>,
    reasons: Vec<String>,
}

/// What an element takes where it stays, and where it is left out.
type Element = (Option<Resources>, Option<Resources>);

impl<'a, 'p> Finder<'a, 'p> {
    fn new(bounder: &'a Bounder<'p>, joins: &'a Joins, scope: Scope) -> Self {
        Finder {
            bounder,
            joins,
            scope,
            survey: Rc::clone(bounder.surveys.get(scope)),
            origins: Origins::default(),
            noted: Vec::new(),
            is_noted: HashSet::new(),
            lengths: Vec::new(),
            strays: Vec::new(),
            lists: HashMap::new(),
            nodes: None,
            said: HashSet::new(),
            told: HashSet::new(),
            reasons: Vec::new(),
        }
    }

    fn bounded(&mut self, bounded: &Bounded<'_>, node: Option<&Node>) {
        match &bounded.what {
            What::Nothing | What::Embedding(_) | What::Ask(_) => {}
            What::Body(parts, _) => parts.iter().for_each(|part| self.bounded(&part.bounded, Some(part.node))),
            What::Step(id, _) => self.call(Scope::Step(*id), node),
            What::Tool(id, _) => self.call(Scope::Tool(*id), node),
            What::Flow(id, callee) => {
                self.call(Scope::Flow(*id), node);
                if let Some(Node { kind: NodeKind::Flow { flow, within, .. }, .. }) = node
                    && call::cuts(callee, within)
                    && let Some(flow) = self.bounder.program.flows.get(flow.index())
                {
                    let name = &flow.name;
                    self.say(format!(
                        "a call of `{name}` can be stopped by its `within`, which no run has to reach exactly"
                    ));
                }
            }
            What::Choose(arms, skippable) => {
                let takes = bounded.any() != Resources::ZERO || bounded.exits.leaves();
                let matters = match skippable {
                    Skippable::Yes => takes,
                    Skippable::No => bounded.table.is_some() || arms.iter().any(|arm| arm.exits != bounded.exits),
                };
                if let (true, Some(node)) = (matters, node) {
                    self.choice(node);
                }
                arms.iter().for_each(|arm| self.bounded(arm, None));
            }
            What::Each { body, .. } => {
                if let Some(Node { slot, kind: NodeKind::Each { list, .. }, .. }) = node {
                    let list = self.origins.of(list);
                    let length = self.origins.extended(&list, &["len"]);
                    self.lengths.push(length);
                    self.lists.insert(*slot, (body.exits.get(Exit::Falls), body.exits.get(Exit::Skips)));
                }
                self.bounded(body, None);
            }
            What::Loop { body, .. } => self.bounded(body, None),
            What::Attempt(body, handler) => {
                self.attempt(body, handler, node);
                self.bounded(body, None);
                self.bounded(handler, None);
            }
        }
    }

    /// What stands before `else` is counted whole, and then the handler: so it has to be able to fail at its very end, in every
    /// case that is told apart.
    fn attempt(&mut self, body: &Bounded<'_>, handler: &Bounded<'_>, node: Option<&Node>) {
        let matters = handler.any() != Resources::ZERO || handler.exits.leaves() || body.exits.leaves();
        let takes_nothing =
            |table: &super::table::Table| table.entries.iter().any(|of| of.exits.any() == Resources::ZERO);
        let nothing = body.table.as_ref().is_some_and(|table| takes_nothing(table));
        let Some(node) = node.filter(|_| matters) else { return };
        let line = node.place.line;
        if nothing || body.any() == Resources::ZERO {
            self.say(format!(
                "what may fail in line {line} does nothing in some cases, and its `else` is counted in all"
            ));
        } else if !last::fails_last(body) {
            self.say(format!(
                "what may fail in line {line} may not fail at its very end, and is counted whole before its `else`"
            ));
        }
    }

    fn note(&mut self, values: &[ValueId]) {
        for value in values {
            if self.is_noted.insert(*value) {
                self.noted.push(*value);
            }
        }
    }

    fn choice(&mut self, node: &Node) {
        let NodeKind::Choose(arms) = &node.kind else { return };
        if arms.iter().filter_map(|arm| arm.when.as_ref()).any(asks_length) {
            self.say(format!(
                "the condition in line {} asks for a length, and every text and list is counted at its longest",
                node.place.line
            ));
        }
        let survey = Rc::clone(&self.survey);
        if let Some(choices) = survey.choices.get(&node.slot) {
            self.note(&choices.values);
        }
    }

    /// A call: the conditions of what is called look at its parameters, which are the arguments.
    fn call(&mut self, callee: Scope, node: Option<&Node>) {
        if self.told.insert(callee)
            && let Some(reasons) = self.joins.get(callee)
        {
            reasons.iter().for_each(|reason| self.say(reason.clone()));
        }
        let survey = Rc::clone(&self.survey);
        let Some(passed) = node.and_then(|node| survey.calls.get(&node.slot)) else { return };
        self.note(&passed.values);
        for stray in &passed.strays {
            let parts = self.origins.of(stray);
            if !self.origins.are_empty(&parts) {
                self.strays.push(parts);
            }
        }
    }

    /// What the ladder and the judge of a step look at.
    fn step(&mut self, id: StepId) {
        let program = self.bounder.program;
        let (Some(step), Some(Some(bound))) = (program.steps.get(id.index()), self.bounder.steps.get(id.index()))
        else {
            return;
        };
        if let Some(loose) = bound.loose {
            self.say(format!("`{}`: {loose}", step.name));
        }
        let mut conditions = Vec::new();
        ladder_conditions(&step.ladder, &mut conditions);
        if conditions.iter().any(|when| asks_signal(when)) {
            self.say(format!(
                "the ladder of `{}` asks for the size of a request, and every request is counted at its largest",
                step.name
            ));
        }
        if conditions.iter().any(|when| asks_outside(when)) {
            self.say(format!(
                "the ladder of `{}` looks at what is outside of the flow, and each look is counted at its dearest",
                step.name
            ));
        }
        if step.accept.is_none() && super::prompt::arms(&step.ladder).iter().any(|rungs| rungs.len() > 1) {
            self.say(format!("`{}` accepts every answer, so its ladder never climbs", step.name));
        }
        if let Some(accept) = &step.accept {
            self.origins.body(accept);
            if outcomes(program, Unit::Step(id)) != [true, true] || self.is_made_of_nothing(&accept.value) {
                self.say(format!("the judgement of `{}` always goes the same way", step.name));
            }
        }
        if let Some(accept) = &bound.accept {
            self.bounded(accept, None);
        }
        let survey = Rc::clone(&self.survey);
        if let Some(choices) = survey.ladder.as_ref().filter(|_| bound.table.is_some()) {
            self.note(&choices.values);
        }
        for (tool, _, _) in &bound.tools {
            self.call(Scope::Tool(*tool), None);
        }
    }

    fn is_made_of_nothing(&mut self, expr: &Expr) -> bool {
        let parts = self.origins.of(expr);
        self.origins.are_empty(&parts)
    }

    /// Two questions that look at the same value.
    fn meet(&mut self) {
        let survey = Rc::clone(&self.survey);
        let mut meeting = Meeting::default();
        let lengths = std::mem::take(&mut self.lengths);
        let strays = std::mem::take(&mut self.strays);
        let noted = std::mem::take(&mut self.noted);
        for id in noted {
            let Some(value) = survey.value(id) else { continue };
            self.is_reached(value);
            let looked_at = self.looked_at(value);
            let asker = match (value.is_whole, value.asks_content()) {
                (true, false) => Asker::Whole(id),
                (true, true) => Asker::Content(id),
                (false, _) => Asker::Condition(id),
            };
            if !self.is_apart(&mut meeting, asker, &looked_at, &survey) {
                return;
            }
        }
        for (asker, all) in [(Asker::Length, lengths), (Asker::Callee, strays)] {
            for looked_at in &all {
                if !self.is_apart(&mut meeting, asker, looked_at, &survey) {
                    return;
                }
            }
        }
    }

    /// What a value is made of. A list that was gone through is a value of its own.
    fn looked_at(&mut self, value: &Value) -> Parts {
        let is_own = |asked: &Expr| if let Expr::Slot(slot) = asked { self.lists.contains_key(slot) } else { false };
        match value.subject().filter(|subject| is_own(subject)) {
            Some(Expr::Slot(slot)) => self.origins.itself(*slot),
            _ => self.origins.of_all(value.asks.iter()),
        }
    }

    /// Notes what something looks at; says so where something else looks at the same.
    fn is_apart(&mut self, meeting: &mut Meeting, asker: Asker, looked_at: &Parts, survey: &Survey) -> bool {
        let mut met = None;
        let is_whole = self.origins.some_paths(looked_at, &mut |lists, path| match meeting.note(asker, path, lists) {
            Ok(()) => true,
            Err(other) => {
                met = Some(other);
                false
            }
        });
        if is_whole {
            return true;
        }
        let reason = match met {
            Some(other) => {
                format!(
                    "{} and {} look at the same value in ways that are not compared: each is counted at its dearest",
                    told(other, survey),
                    told(asker, survey)
                )
            }
            None => "there are too many conditions to compare: each is counted at its dearest".to_owned(),
        };
        self.say(reason);
        false
    }

    /// Values that are too many to be told apart.
    fn dropped(&mut self) {
        let mut dropped: Vec<ValueId> =
            self.bounder.dropped.iter().filter(|(scope, _)| *scope == self.scope).map(|(_, value)| *value).collect();
        dropped.sort_unstable();
        let survey = Rc::clone(&self.survey);
        for value in dropped.into_iter().filter_map(|id| survey.value(id)) {
            self.say(format!(
                "too many values are looked at together: the choices on `{}` in {} are each counted at their dearest",
                value.label,
                lines(&value.lines)
            ));
        }
    }

    fn say(&mut self, reason: String) {
        if self.said.insert(reason.clone()) {
            self.reasons.push(reason);
        }
    }
}

fn told(asker: Asker, survey: &Survey) -> String {
    let value = |id: ValueId| survey.value(id);
    match asker {
        Asker::Whole(id) | Asker::Content(id) => {
            value(id).map_or_else(String::new, |of| format!("the choice on `{}` in {}", of.label, lines(&of.lines)))
        }
        Asker::Condition(id) => {
            value(id).map_or_else(String::new, |of| format!("the condition on `{}` in {}", of.label, lines(&of.lines)))
        }
        Asker::Callee => "a condition of something that is called".to_owned(),
        Asker::Length => "a list that is gone through".to_owned(),
    }
}

/// `line 4`, `lines 4 and 9`
fn lines(lines: &[u32]) -> String {
    let all: BTreeSet<u32> = lines.iter().copied().collect();
    let shown: Vec<String> = all.iter().map(u32::to_string).collect();
    match shown.split_last() {
        None => "a ladder".to_owned(),
        Some((only, [])) => format!("line {only}"),
        Some((last, before)) => format!("lines {} and {last}", before.join(", ")),
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

/// Whether it looks at the caller, or at what other runs have measured.
fn asks_outside(expr: &Expr) -> bool {
    let signal = |signal: &Signal| !matches!(signal, Signal::Context | Signal::Output);
    any(expr, &|expr| matches!(expr, Expr::Caller(_)) || matches!(expr, Expr::Signal(of) if signal(of)))
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

/// A larger number in some dimension.
fn is_beyond(one: &Resources, other: &Resources) -> bool {
    Dimension::ALL.iter().any(|dimension| one.get(*dimension) > other.get(*dimension))
}

/// The values that a body ends with: its own, and those of every `return` in it.
fn returned<'e>(body: &'e Body, found: &mut Vec<&'e Expr>) {
    for node in &body.nodes {
        if let NodeKind::Signal(crate::program::Leave::Return(value)) = &node.kind {
            found.push(value);
        }
        node.bodies().for_each(|body| returned(body, found));
    }
}
