//! The conditions of one step, tool or flow. In: the unit, and the surveys of what it calls. Out: its values, and what looks at
//! which of them.

use std::collections::HashMap;
use std::rc::Rc;

use super::condition::{Assigned, Condition, Goes, Split, ways};
use super::values::{Reader, rewritten};
use super::{Choices, Passed, Survey, Surveys, ValueId};
use crate::bound::Scope;
use crate::bound::order::Unit;
use crate::program::{Arm, Body, Expr, Ladder, Node, NodeKind, Param, Program, Slot};

/// How many questions about arguments of one call are followed. Of what is asked beyond, the largest counts.
const MOST_PASSED: usize = 200;

/// How many lines that look at a value are kept, to be told.
const MOST_LINES: usize = 4;

/// Surveys a unit whose callees are surveyed.
pub(super) fn survey(program: &Program, surveys: &Surveys, unit: Unit) -> Survey {
    let mut surveyor = Surveyor { program, surveys, reader: Reader::new(program), survey: Survey::default() };
    match unit {
        Unit::Flow(id) => {
            let Some(flow) = program.flows.get(id.index()) else { return Survey::default() };
            surveyor.reader.params(&flow.params);
            surveyor.reader.body(&flow.body, 0);
            surveyor.body(&flow.body);
        }
        Unit::Tool(id) => {
            let Some(tool) = program.tools.get(id.index()) else { return Survey::default() };
            surveyor.reader.params(&tool.params);
            if let Some(gate) = &tool.gate {
                surveyor.reader.body(&gate.open, 0);
                surveyor.body(&gate.open);
                surveyor.decided(&gate.open, &tool.params);
            }
        }
        Unit::Step(id) => {
            let Some(step) = program.steps.get(id.index()) else { return Survey::default() };
            surveyor.reader.params(&step.params);
            if let Some(asks) = &step.asks {
                surveyor.reader.body(&asks.body, 0);
            }
            surveyor.ladder(&step.ladder);
            if let Some(accept) = &step.accept {
                surveyor.reader.made(step.it, "it", Some(&step.result), 0);
                surveyor.reader.body(accept, 0);
                surveyor.body(accept);
                surveyor.decided(accept, &step.params);
            }
        }
    }
    let Surveyor { mut reader, mut survey, .. } = surveyor;
    survey.least = std::mem::take(&mut reader.least);
    survey.strays.extend(reader.strays());
    survey.values = reader.finished();
    survey
}

/// Whether a judgement or a gate can be false, and whether it can be true, as far as the cases of values tell.
pub(in crate::bound) fn outcomes(program: &Program, unit: Unit) -> [bool; 2] {
    let mut reader = Reader::new(program);
    let body = match unit {
        Unit::Step(id) => program.steps.get(id.index()).and_then(|step| {
            reader.params(&step.params);
            reader.made(step.it, "it", Some(&step.result), 0);
            step.accept.as_ref()
        }),
        Unit::Tool(id) => program.tools.get(id.index()).and_then(|tool| {
            reader.params(&tool.params);
            tool.gate.as_ref().map(|gate| &gate.open)
        }),
        Unit::Flow(_) => None,
    };
    let Some(body) = body else { return [true, true] };
    reader.body(body, 0);
    let condition = reader.condition(&body.value);
    let survey = Survey { values: reader.finished(), ..Survey::default() };
    let mut found = [false, false];
    let whole = ways(&survey, &mut Assigned::default(), 1, &mut |assigned| match condition.holds(&survey, assigned) {
        Ok(truth) => {
            found[usize::from(truth)] = true;
            Split::Done(if found == [true, true] { Goes::Ends } else { Goes::On })
        }
        Err(value) => Split::On(value),
    });
    if whole { found } else { [true, true] }
}

struct Surveyor<'a, 'p> {
    program: &'p Program,
    surveys: &'a Surveys,
    reader: Reader<'p>,
    survey: Survey,
}

impl<'p> Surveyor<'_, 'p> {
    /// What a gate or a judgement goes by: it is not told apart by cases.
    fn decided(&mut self, body: &'p Body, params: &[Param]) {
        let mut open = vec![&body.value];
        while let Some(expr) = open.pop() {
            match root(expr) {
                Some(slot) if params.iter().any(|param| param.slot == slot) => {
                    if !self.survey.strays.contains(expr) {
                        self.survey.strays.push(expr.clone());
                    }
                }
                Some(slot) => {
                    let node = body.nodes.iter().find(|node| node.slot == slot).map(|node| &node.kind);
                    open.extend(if let Some(NodeKind::Value(value)) = node { Some(value) } else { None });
                }
                None => expr.parts(&mut |part| open.push(part)),
            }
        }
    }

    fn body(&mut self, body: &'p Body) {
        body.nodes.iter().for_each(|node| self.node(node));
    }

    fn node(&mut self, node: &'p Node) {
        match &node.kind {
            NodeKind::Choose(arms) => self.choice(node, arms),
            NodeKind::Step(id, args) => {
                let params = self.program.steps.get(id.index()).map_or(&[][..], |step| &step.params);
                self.call(node, Scope::Step(*id), params, args);
            }
            NodeKind::Tool(id, args) => {
                let params = self.program.tools.get(id.index()).map_or(&[][..], |tool| &tool.params);
                self.call(node, Scope::Tool(*id), params, args);
            }
            NodeKind::Flow { flow, args, .. } => {
                let params = self.program.flows.get(flow.index()).map_or(&[][..], |flow| &flow.params);
                self.call(node, Scope::Flow(*flow), params, args);
            }
            NodeKind::Value(_)
            | NodeKind::Embedding(..)
            | NodeKind::Each { .. }
            | NodeKind::Loop { .. }
            | NodeKind::Attempt { .. }
            | NodeKind::Assign(..)
            | NodeKind::Ask(_)
            | NodeKind::Signal(_) => {}
        }
        for body in node.bodies() {
            self.body(body);
        }
    }

    fn choice(&mut self, node: &Node, arms: &'p [Arm]) {
        let mut choices = Choices::default();
        for arm in arms {
            let condition = arm.when.as_ref().map(|when| self.reader.condition(when));
            condition.iter().for_each(|condition| condition.values(&mut choices.values));
            choices.conditions.push(condition);
        }
        self.looks(&choices.values, node.place.line);
        self.survey.choices.insert(node.slot, choices);
    }

    /// A call: the questions of the callee about its parameters, asked of the arguments.
    fn call(&mut self, node: &Node, callee: Scope, params: &[Param], args: &[Expr]) {
        let survey = Rc::clone(self.surveys.get(callee));
        let mut passed = Passed::default();
        let arguments: HashMap<Slot, &Expr> = params.iter().map(|param| param.slot).zip(args).collect();
        let mut argument = |expr: &Expr| {
            let Expr::Slot(slot) = expr else { return Some(None) };
            Some(arguments.get(slot).map(|of| (*of).clone()))
        };
        let asked = survey.values.iter().enumerate().filter(|(_, value)| value.is_argument);
        for (index, value) in asked.take(MOST_PASSED) {
            let asks = value.asks.iter().map(|ask| rewritten(ask, &mut argument));
            let Some(asks) = asks.collect::<Option<Vec<Expr>>>() else { continue };
            let asks: Vec<Rc<Condition>> = asks.iter().map(|ask| self.reader.condition(ask)).collect();
            asks.iter().for_each(|ask| ask.values(&mut passed.values));
            passed.asks.push((ValueId(u32::try_from(index).unwrap_or(u32::MAX)), asks));
        }
        passed.strays = survey.strays.iter().filter_map(|stray| rewritten(stray, &mut argument)).collect();
        if !passed.asks.is_empty() || !passed.strays.is_empty() {
            self.looks(&passed.values, node.place.line);
            self.survey.calls.insert(node.slot, passed);
        }
    }

    fn ladder(&mut self, ladder: &'p Ladder) {
        let mut choices = Choices::default();
        self.arms(ladder, &Rc::new(Condition::Always(true)), &mut choices);
        for condition in choices.conditions.iter().flatten() {
            condition.values(&mut choices.values);
        }
        if choices.conditions.len() > 1 {
            self.looks(&choices.values, 0);
            self.survey.ladder = Some(choices);
        }
    }

    /// The arms of a ladder and of the ladders in them, in the order of [`super::super::prompt::arms`].
    fn arms(&mut self, ladder: &'p Ladder, outer: &Rc<Condition>, choices: &mut Choices) {
        let Ladder::Choose(arms) = ladder else {
            choices.conditions.push(Some(Rc::clone(outer)));
            return;
        };
        for (when, ladder) in arms {
            let inner = match when {
                Some(when) => Condition::and(outer, &self.reader.condition(when)),
                None => Rc::clone(outer),
            };
            self.arms(ladder, &inner, choices);
        }
    }

    fn looks(&mut self, values: &[ValueId], line: u32) {
        for id in values {
            if let Some(value) = self.reader.values.get_mut(id.index()) {
                value.sites += 1;
                if line > 0 && value.lines.len() < MOST_LINES && !value.lines.contains(&line) {
                    value.lines.push(line);
                }
            }
        }
    }
}

/// What a path starts at.
#[expect(clippy::wildcard_enum_match_arm, reason = "nothing else is a path")]
fn root(expr: &Expr) -> Option<Slot> {
    match expr {
        Expr::Slot(slot) => Some(*slot),
        Expr::Field(value, _) | Expr::Payload { value, .. } => root(value),
        _ => None,
    }
}
