//! Which conditions of a program go together. In: a program. Out: for every step, tool and flow the values that its conditions
//! look at, each cut into the few cases that the conditions can tell apart, and where each value is no longer needed.
//!
//! A value that several conditions look at is followed through the bound: what a construct takes is then a table over the cases
//! of such values, and the table is folded to its largest entry where the last condition on a value stands. Sums and maxima
//! distribute over that, so the bound is what trying every combination would find. A value that one condition looks at alone
//! is folded at once.

mod ask;
mod condition;
mod demand;
mod survey;
mod values;

use std::collections::HashMap;
use std::rc::Rc;

use super::Scope;
use super::order::Order;
use crate::program::{Expr, Program, Slot};
use ask::{Ask, Sample};
pub(super) use condition::{Assigned, Condition, Goes, Split, ways};
pub(super) use survey::outcomes;

/// A value that conditions look at, by its place in [`Survey::values`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct ValueId(pub u32);

impl ValueId {
    /// Its place in the list.
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// Where a value is needed no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// The end of the construct of this node.
    Node(Slot),
    /// The last node that looks at it in the body that begins with this node.
    Body(Slot),
    /// The end of the whole unit.
    Unit,
    /// It is an argument that callers know more about.
    Caller,
}

/// A value that conditions look at.
#[derive(Clone, Debug)]
pub(super) struct Value {
    /// How a person calls it.
    pub label: String,
    /// What is asked of it, as expressions over values that nothing else stands for.
    pub asks: Vec<Expr>,
    kinds: Vec<Ask>,
    /// The cases that can be told apart.
    cells: Vec<Sample>,
    /// Where it is needed no longer.
    pub until: Until,
    /// Whether it is nothing but a value and the questions are for cases of it.
    pub is_whole: bool,
    /// Whether it is made of parameters only.
    pub is_argument: bool,
    /// The loops and lists around the place where it is made.
    home: usize,
    /// The places that look at it, each once, as lines.
    pub lines: Vec<u32>,
    /// The nodes that look at it.
    pub sites: u32,
    /// Whether every one of its cases can happen, as far as its type says.
    pub is_free: bool,
}

/// A choice: the conditions of its arms in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Choices {
    /// One for each arm; absent for an arm without one.
    pub conditions: Vec<Option<Rc<Condition>>>,
    /// What they look at.
    pub values: Vec<ValueId>,
}

/// A call: what the values that the callee looks at are for the caller.
#[derive(Clone, Debug, Default)]
pub(super) struct Passed {
    /// For each value of the callee what its questions are in terms of the caller.
    pub asks: Vec<(ValueId, Vec<Rc<Condition>>)>,
    /// What they look at.
    pub values: Vec<ValueId>,
    /// What the callee compares in ways that are not followed, in terms of the caller.
    pub strays: Vec<Expr>,
}

/// What the conditions of one step, tool or flow look at.
#[derive(Clone, Debug, Default)]
pub(super) struct Survey {
    /// Every value.
    pub values: Vec<Value>,
    /// The choices by their nodes.
    pub choices: HashMap<Slot, Choices>,
    /// The calls by their nodes.
    pub calls: HashMap<Slot, Passed>,
    /// The least lengths of the lists that are gone through, where they are known and not 0.
    pub least: HashMap<Slot, u64>,
    /// The arms of the ladder of a step, those inside of others written out.
    pub ladder: Option<Choices>,
    /// Parameters, or parts of them, that are compared in ways that are not followed.
    pub strays: Vec<Expr>,
}

/// The surveys of a program.
#[derive(Debug, Default)]
pub(super) struct Surveys {
    steps: Vec<Rc<Survey>>,
    tools: Vec<Rc<Survey>>,
    flows: Vec<Rc<Survey>>,
    none: Rc<Survey>,
}

impl Surveys {
    /// Surveys every unit of a program.
    pub(super) fn of(program: &Program, order: &Order) -> Surveys {
        let mut surveys = Surveys {
            steps: vec![Rc::default(); program.steps.len()],
            tools: vec![Rc::default(); program.tools.len()],
            flows: vec![Rc::default(); program.flows.len()],
            none: Rc::default(),
        };
        let known: Vec<_> = order.units.iter().filter(|unit| !order.recursive.contains(unit)).collect();
        for unit in &known {
            let survey = survey::survey(program, &surveys, **unit);
            surveys.set(unit.scope(), survey);
        }
        let mut demanded = HashMap::new();
        for unit in known.iter().rev() {
            demand::settle(program, &mut surveys, **unit, &mut demanded);
        }
        surveys
    }

    /// The survey of one of them.
    pub(super) fn get(&self, scope: Scope) -> &Rc<Survey> {
        match scope {
            Scope::Flow(id) => self.flows.get(id.index()),
            Scope::Step(id) => self.steps.get(id.index()),
            Scope::Tool(id) => self.tools.get(id.index()),
        }
        .unwrap_or(&self.none)
    }

    fn set(&mut self, scope: Scope, survey: Survey) {
        let slot = match scope {
            Scope::Flow(id) => self.flows.get_mut(id.index()),
            Scope::Step(id) => self.steps.get_mut(id.index()),
            Scope::Tool(id) => self.tools.get_mut(id.index()),
        };
        if let Some(slot) = slot {
            *slot = Rc::new(survey);
        }
    }
}

impl Value {
    /// What is asked about, where it is nothing but a value.
    pub(super) fn subject(&self) -> Option<&Expr> {
        let first = self.asks.first().filter(|_| self.is_whole)?;
        let mut inside = None;
        first.parts(&mut |part| inside = inside.or(Some(part)));
        if self.kinds.first() == Some(&Ask::Yes) { Some(first) } else { inside }
    }

    /// The answer to a question in a case.
    pub(super) fn answers(&self, cell: usize, ask: usize) -> bool {
        match (self.cells.get(cell), self.kinds.get(ask)) {
            (Some(sample), Some(ask)) => sample.answers(ask),
            (None, _) | (_, None) => false,
        }
    }

    /// The case with these answers.
    pub(super) fn cell_of(&self, answers: &[bool]) -> Option<usize> {
        let fits = |cell: &usize| answers.iter().enumerate().all(|(ask, answer)| self.answers(*cell, ask) == *answer);
        (0..self.cells.len()).find(fits)
    }

    /// Whether it is asked for whether it has content.
    pub(super) fn asks_content(&self) -> bool {
        self.kinds.contains(&Ask::Empty)
    }
}

impl Survey {
    /// One of its values.
    pub(super) fn value(&self, id: ValueId) -> Option<&Value> {
        self.values.get(id.index())
    }

    /// How many cases a value has.
    pub(super) fn cells(&self, id: ValueId) -> usize {
        self.value(id).map_or(1, |value| value.cells.len().max(1))
    }
}
