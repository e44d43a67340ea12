//! Whether every arm of a choice can be taken. In: its conditions, in order. Out: whether some condition may be settled by those
//! before it, so that its arm is counted and never taken.
//!
//! Conditions on different values are independent. On one value, `x is A`, `x is B or x is C` and `x in [A, B]` are read as sets
//! of cases: an arm whose cases are all taken before it is never taken. Anything else on one value is not decided here.

use std::collections::BTreeSet;

use super::joined::{Path, overlaps};
use crate::program::{EnumId, Expr, Operator, Test};

/// Whether some arm may never be taken. Each condition comes with the paths that it looks at.
pub(super) fn may_be_settled(conditions: &[(&Expr, BTreeSet<Path>)]) -> bool {
    conditions.iter().enumerate().any(|(index, (condition, paths))| {
        let before: Vec<&(&Expr, BTreeSet<Path>)> =
            conditions[..index].iter().filter(|(_, seen)| meet(seen, paths)).collect();
        if before.is_empty() {
            return false;
        }
        let Some((subject, cases)) = cases(condition) else { return true };
        let mut taken = Vec::new();
        for (earlier, _) in before {
            match self::cases(earlier) {
                Some((other, cases)) if other == subject => taken.extend(cases),
                Some(_) | None => return true,
            }
        }
        cases.iter().all(|case| taken.contains(case))
    })
}

fn meet(a: &BTreeSet<Path>, b: &BTreeSet<Path>) -> bool {
    a.iter().any(|a| b.iter().any(|b| a.0 == b.0 && overlaps(&a.1, &b.1)))
}

/// One case of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
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
