//! What happened in a run. In: its rows. Out: a tree by path, each branch in the order in which it began.

use crate::ledger::query::{AttemptRow, RunRow};

/// A place of a flow, and what happened there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Branch {
    /// The last part of its path: `each`, `solve`.
    pub name: String,
    /// What was sent from here, in order.
    pub attempts: Vec<AttemptRow>,
    /// What is inside of it, in the order in which it began.
    pub inside: Vec<Branch>,
}

/// The tree of a run.
#[must_use]
pub fn trace(run: &RunRow, attempts: &[AttemptRow]) -> Branch {
    let mut root = Branch { name: run.flow.clone(), ..Branch::default() };
    for attempt in attempts {
        let path = attempt.path.strip_prefix(&format!("{}/", run.flow)).unwrap_or(&attempt.path);
        let parts = path.split('/').filter(|part| !part.is_empty() && *part != run.flow);
        root.at(parts).attempts.push(attempt.clone());
    }
    root
}

impl Branch {
    /// The branch at a path below this one.
    fn at<'a>(&mut self, parts: impl Iterator<Item = &'a str>) -> &mut Branch {
        parts.fold(self, |branch, part| {
            let known = branch.inside.iter().position(|inside| inside.name == part);
            let index = known.unwrap_or_else(|| {
                branch.inside.push(Branch { name: part.to_owned(), ..Branch::default() });
                branch.inside.len() - 1
            });
            &mut branch.inside[index]
        })
    }
}
