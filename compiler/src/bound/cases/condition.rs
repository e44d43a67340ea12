//! Conditions as questions about values, and the ways in which a choice between them can go.

use std::collections::HashMap;
use std::rc::Rc;

use super::{Survey, ValueId};

/// A condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::bound) enum Condition {
    /// It always goes this way.
    Always(bool),
    /// A question about a value, by its number.
    Ask(ValueId, u32),
    /// Not this.
    Not(Rc<Condition>),
    /// Both.
    And(Rc<Condition>, Rc<Condition>),
    /// One of both.
    Or(Rc<Condition>, Rc<Condition>),
}

impl Condition {
    /// Not this.
    pub(super) fn not(this: &Rc<Condition>) -> Rc<Condition> {
        match &**this {
            Condition::Always(truth) => Rc::new(Condition::Always(!truth)),
            Condition::Not(inner) => Rc::clone(inner),
            Condition::Ask(..) | Condition::And(..) | Condition::Or(..) => Rc::new(Condition::Not(Rc::clone(this))),
        }
    }

    /// Both.
    pub(super) fn and(left: &Rc<Condition>, right: &Rc<Condition>) -> Rc<Condition> {
        match (&**left, &**right) {
            (Condition::Always(true), _) | (_, Condition::Always(false)) => Rc::clone(right),
            (Condition::Always(false), _) | (_, Condition::Always(true)) => Rc::clone(left),
            _ => Rc::new(Condition::And(Rc::clone(left), Rc::clone(right))),
        }
    }

    /// One of both.
    pub(super) fn or(left: &Rc<Condition>, right: &Rc<Condition>) -> Rc<Condition> {
        match (&**left, &**right) {
            (Condition::Always(false), _) | (_, Condition::Always(true)) => Rc::clone(right),
            (Condition::Always(true), _) | (_, Condition::Always(false)) => Rc::clone(left),
            _ => Rc::new(Condition::Or(Rc::clone(left), Rc::clone(right))),
        }
    }

    /// What it looks at, each once.
    pub(in crate::bound) fn values(&self, found: &mut Vec<ValueId>) {
        match self {
            Condition::Always(_) => {}
            Condition::Ask(value, _) => {
                if !found.contains(value) {
                    found.push(*value);
                }
            }
            Condition::Not(inner) => inner.values(found),
            Condition::And(left, right) | Condition::Or(left, right) => {
                left.values(found);
                right.values(found);
            }
        }
    }

    /// Whether it holds where these cases are known; otherwise a value that has to be known first.
    pub(in crate::bound) fn holds(&self, survey: &Survey, assigned: &Assigned) -> Result<bool, ValueId> {
        match self {
            Condition::Always(truth) => Ok(*truth),
            Condition::Ask(value, ask) => match assigned.get(*value) {
                Some(cell) => Ok(survey.value(*value).is_some_and(|value| value.answers(cell, *ask as usize))),
                None => Err(*value),
            },
            Condition::Not(inner) => inner.holds(survey, assigned).map(|truth| !truth),
            Condition::And(left, right) => match left.holds(survey, assigned) {
                Ok(true) => right.holds(survey, assigned),
                Ok(false) => Ok(false),
                Err(value) => {
                    if right.holds(survey, assigned) == Ok(false) {
                        Ok(false)
                    } else {
                        Err(value)
                    }
                }
            },
            Condition::Or(left, right) => match left.holds(survey, assigned) {
                Ok(false) => right.holds(survey, assigned),
                Ok(true) => Ok(true),
                Err(value) => {
                    if right.holds(survey, assigned) == Ok(true) {
                        Ok(true)
                    } else {
                        Err(value)
                    }
                }
            },
        }
    }
}

/// The cases of values that are known.
#[derive(Clone, Debug, Default)]
pub(in crate::bound) struct Assigned {
    known: HashMap<ValueId, usize>,
    order: Vec<(ValueId, usize)>,
}

impl Assigned {
    /// The case of a value, where it is known.
    pub(in crate::bound) fn get(&self, value: ValueId) -> Option<usize> {
        self.known.get(&value).copied()
    }

    /// Makes a case known, of a value of which none was.
    pub(in crate::bound) fn push(&mut self, value: ValueId, cell: usize) {
        self.known.insert(value, cell);
        self.order.push((value, cell));
    }

    /// Forgets what was made known last.
    pub(in crate::bound) fn pop(&mut self) {
        if let Some((value, _)) = self.order.pop() {
            self.known.remove(&value);
        }
    }

    /// How much is known.
    pub(in crate::bound) fn len(&self) -> usize {
        self.order.len()
    }

    /// What was made known after the first so many.
    pub(in crate::bound) fn since(&self, start: usize) -> &[(ValueId, usize)] {
        self.order.get(start..).unwrap_or_default()
    }
}

/// What is found out about the cases that are known.
pub(in crate::bound) enum Split {
    /// Enough; with whether the search goes on.
    Done(Goes),
    /// It depends on this value.
    On(ValueId),
}

/// Whether a search goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::bound) enum Goes {
    On,
    Ends,
}

/// How much is tried for one construct: cases, each as often as there are questions.
const MOST_TRIED: usize = 200_000;

/// Tries the cases of values until `look` has enough in each; `false` where there are too many.
pub(in crate::bound) fn ways(
    survey: &Survey,
    assigned: &mut Assigned,
    questions: usize,
    look: &mut dyn FnMut(&Assigned) -> Split,
) -> bool {
    let mut left = MOST_TRIED / questions.max(1);
    split(survey, assigned, look, &mut left).is_some()
}

fn split(
    survey: &Survey,
    assigned: &mut Assigned,
    look: &mut dyn FnMut(&Assigned) -> Split,
    left: &mut usize,
) -> Option<Goes> {
    *left = left.checked_sub(1)?;
    match look(assigned) {
        Split::Done(goes) => Some(goes),
        Split::On(value) => {
            for cell in 0..survey.cells(value) {
                assigned.push(value, cell);
                let goes = split(survey, assigned, look, left);
                assigned.pop();
                if goes? == Goes::Ends {
                    return Some(Goes::Ends);
                }
            }
            Some(Goes::On)
        }
    }
}
