//! What a construct takes, by the way in which it ends.
//!
//! A construct that ends early spares what comes after it, so its cost is kept apart for every way to end. Each number is the
//! largest over all runs that end so, in each dimension by itself; a way that no run takes is absent.

use crate::cost::{Dimension, Resources};
use crate::mutant::{Mutant, rule};

/// A way to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Exit {
    /// Goes on with what comes next.
    Falls,
    /// `break`: ends the loop around it.
    Breaks,
    /// `skip`: drops the element of the `each` around it.
    Skips,
    /// `return`: ends the flow.
    Returns,
    /// `escalate`: ends the run.
    Escalates,
}

impl Exit {
    /// Every way.
    pub(super) const ALL: [Exit; 5] = [Exit::Falls, Exit::Breaks, Exit::Skips, Exit::Returns, Exit::Escalates];
    /// The ways that leave a body before its end.
    pub(super) const LEAVES: [Exit; 4] = [Exit::Breaks, Exit::Skips, Exit::Returns, Exit::Escalates];
}

/// The most that a construct takes, for every way to end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Exits([Option<Resources>; 5]);

impl Exits {
    /// No way to end.
    pub(super) const NONE: Exits = Exits([None; 5]);

    /// Goes on, after this much.
    #[must_use]
    pub(super) fn falls(cost: Resources) -> Exits {
        let mut exits = Exits::NONE;
        exits.0[Exit::Falls as usize] = Some(cost);
        exits
    }

    /// What is taken where it ends so; `None` where it never does.
    #[must_use]
    pub(super) fn get(&self, exit: Exit) -> Option<Resources> {
        self.0[exit as usize]
    }

    /// Adds a way to end so, or another one with these costs.
    pub(super) fn add(&mut self, exit: Exit, cost: Resources) {
        let slot = &mut self.0[exit as usize];
        *slot = Some(slot.map_or(cost, |most| rule(Mutant::FirstWayOnly, most.either(&cost), || most)));
    }

    /// Either of the two.
    #[must_use]
    pub(super) fn either(mut self, other: &Exits) -> Exits {
        for exit in Exit::ALL {
            if let Some(cost) = other.get(exit) {
                self.add(exit, cost);
            }
        }
        self
    }

    /// The most over the given ways; `None` where none of them is taken.
    #[must_use]
    pub(super) fn most(&self, exits: &[Exit]) -> Option<Resources> {
        exits.iter().filter_map(|exit| self.get(*exit)).reduce(|most, cost| most.either(&cost))
    }

    /// The most, however it ends. A failure comes at any point, so it takes no more than this.
    #[must_use]
    pub(super) fn any(&self) -> Resources {
        self.most(&Exit::ALL).unwrap_or(Resources::ZERO)
    }

    /// Whether it can leave the body it stands in.
    #[must_use]
    pub(super) fn leaves(&self) -> bool {
        Exit::LEAVES.iter().any(|exit| self.get(*exit).is_some())
    }

    /// The way among these that takes the most in a dimension.
    #[must_use]
    pub(super) fn dearest(&self, exits: &[Exit], dimension: Dimension) -> Option<Exit> {
        let taken = exits.iter().filter_map(|exit| self.get(*exit).map(|cost| (*exit, cost.get(dimension))));
        // The first of equals: a run that goes on is easier to follow than one that leaves.
        taken.reduce(|most, next| if next.1 > most.1 { next } else { most }).map(|(exit, _)| exit)
    }
}
