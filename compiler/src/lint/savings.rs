//! What a change saves. In: a program, and a change of it. Out: how much less a run of a flow takes, as words.
//!
//! The changed program is bounded anew, so that the number is one of the bound and no guess.

use super::Linted;
use crate::bound;
use crate::cost::{Money, Resources, show_count};
use crate::program::Program;

/// What is saved, in the flow that it saves most.
pub(super) struct Saving {
    flow: String,
    before: Resources,
    after: Resources,
}

/// What a change saves; `None` where it saves nothing, or cannot be computed.
pub(super) fn saving(linted: &Linted<'_>, change: impl FnOnce(&mut Program)) -> Option<Saving> {
    let before = linted.ceilings.map(|ceilings| &ceilings.flows)?;
    if !linted.may_try() {
        return None;
    }
    let mut program = linted.program.clone();
    change(&mut program);
    let after = bound::totals(&program);
    let flows = linted.program.flows.iter().zip(before).zip(&after);
    let savings = flows.filter_map(|((flow, before), after)| {
        Some(Saving { flow: flow.name.clone(), before: *before, after: (*after)? })
    });
    savings
        .filter(|saving| saving.tokens() > 0 || saving.cost() > Money::ZERO || saving.calls() > 0)
        .max_by_key(|saving| (saving.cost(), saving.tokens(), saving.calls()))
}

impl Saving {
    /// Dollars.
    pub(super) fn cost(&self) -> Money {
        self.before.cost.saturating_sub(self.after.cost)
    }

    /// Input and output tokens.
    pub(super) fn tokens(&self) -> u64 {
        self.before.tokens.saturating_sub(self.after.tokens)
    }

    fn calls(&self) -> u64 {
        self.before.calls.saturating_sub(self.after.calls)
    }

    /// `a run of `desk` takes up to 1,200 tokens and $0.0034 less`
    pub(super) fn words(&self) -> String {
        let tokens = format!("{} tokens", show_count(self.tokens()));
        let amount = match (self.tokens(), self.cost()) {
            (0, Money::ZERO) => format!("{} calls", show_count(self.calls())),
            (_, Money::ZERO) => tokens,
            (0, cost) => cost.rounded_up(),
            (_, cost) => format!("{tokens} and {}", cost.rounded_up()),
        };
        format!("a run of `{}` takes up to {amount} less without it", self.flow)
    }
}
