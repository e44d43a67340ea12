//! Whether every arm of a choice can be taken. In: its conditions, in order. Out: whether some condition may be settled by those
//! before it, so that its arm is counted and never taken.
//!
//! Conditions on different values are independent. On one value, `x is A`, `x is B or x is C` and `x in [A, B]` are read as sets
//! of cases: an arm whose cases are all taken before it is never taken. Anything else on one value is not decided here.

use std::collections::{HashMap, HashSet};

use super::meeting::{Asker, Meeting};
use super::origins::{Origins, Parts};
use crate::program::{EnumId, Expr, Operator, Test};

/// What was asked of one value.
struct Asked<'e> {
    /// The value, where the question is for cases of it.
    value: Option<&'e Expr>,
    taken: HashSet<Case>,
}

/// Whether some arm may never be taken.
pub(super) fn may_be_settled(conditions: &[&Expr], origins: &mut Origins) -> bool {
    let mut meeting = Meeting::default();
    let mut asked: HashMap<Parts, Asked<'_>> = HashMap::new();
    // One value alone meets nothing, so the first is written out only where there is a second.
    let mut first: Option<Parts> = None;
    for (index, condition) in conditions.iter().enumerate() {
        let parts = origins.of(condition);
        // What looks at nothing meets nothing.
        if origins.are_empty(&parts) {
            continue;
        }
        let (value, cases) = cases(condition).map_or((None, Vec::new()), |(value, cases)| (Some(value), cases));
        match asked.get_mut(&parts) {
            // INVARIANT: questions for cases of one value have the same parts, and other questions do not meet.
            Some(before) if before.value == value && value.is_some() => {
                if cases.iter().all(|case| before.taken.contains(case)) {
                    return true;
                }
                before.taken.extend(cases);
            }
            Some(_) => return true,
            None => {
                let mut are_apart = |parts: &Parts, asker| {
                    origins.some_paths(parts, &mut |lists, path| meeting.note(Asker::Choice(asker), path, lists))
                };
                if asked.is_empty() {
                    first = Some(parts.clone());
                } else if !first.take().is_none_or(|first| are_apart(&first, 0)) || !are_apart(&parts, index + 1) {
                    return true;
                }
                asked.insert(parts, Asked { value, taken: cases.into_iter().collect() });
            }
        }
    }
    false
}

/// One case of a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Case {
    Variant(EnumId, u32),
    Other(Test),
}

/// The value that a condition asks for and the cases in which it holds, where it is of that form.
fn cases(condition: &Expr) -> Option<(&Expr, Vec<Case>)> {
    if let Expr::Is(value, test) = condition {
        let case = match test {
            Test::Variant(id, index) => Case::Variant(*id, *index),
            Test::Literal(_) | Test::Empty => Case::Other(test.clone()),
        };
        return Some((value, vec![case]));
    }
    if let Expr::In(value, list) = condition {
        let Expr::List(items) = &**list else { return None };
        let items = items.iter().map(listed);
        return Some((value, items.collect::<Option<Vec<_>>>()?));
    }
    if let Expr::Binary(Operator::Or, left, right) = condition {
        let ((value, mut found), (other, more)) = (cases(left)?, cases(right)?);
        found.extend(more);
        return (value == other).then_some((value, found));
    }
    None
}

/// An element of a list of cases.
fn listed(item: &Expr) -> Option<Case> {
    if let Expr::Variant(id, index, fields) = item {
        return fields.is_empty().then_some(Case::Variant(*id, *index));
    }
    if let Expr::Literal(literal) = item { Some(Case::Other(Test::Literal(literal.clone()))) } else { None }
}
