//! What an attempt costs. In: what was held and what came of it. Out: its one settlement, by a table and not by opinion.
//!
//! | what came of it | settled at | state |
//! |---|---|---|
//! | an answer with usage | the price of the usage | settled |
//! | an answer without usage | the reservation, marked as assumed | presumed |
//! | a fault that provably cost nothing | nothing | released |
//! | a fault with usage | the price of the usage | settled |
//! | any other fault, a timeout, a crash | the reservation | presumed |

use flow_compiler::cost::{Money, Price, Resources, Usage};
use flow_compiler::program::Reason;

use crate::ledger::{Disposition, Settlement, State, UsageSource};
use crate::provider::{Charge, Fault};
use crate::tool::{ToolCharge, ToolFault};

/// The most that a column of a ledger holds.
const MOST: u64 = i64::MAX.unsigned_abs();

/// A settlement, and whether it breaks what was proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Settled {
    pub(super) settlement: Settlement,
    /// What is above the reservation, in words.
    pub(super) breach: Option<String>,
}

/// The attempt that is settled.
pub(super) struct Attempt<'a> {
    pub(super) id: &'a str,
    pub(super) reserved: &'a Resources,
    pub(super) price: &'a Price,
    pub(super) at_ms: u64,
}

impl Attempt<'_> {
    /// An answer.
    pub(super) fn answered(&self, usage: Option<Usage>, answered_by: Option<String>) -> Settled {
        let settled = match usage {
            // INVARIANT I-11: a reported zero is a report.
            Some(usage) => self.reported(usage),
            // INVARIANT I-12: what nobody reported is settled at what was held, and says so.
            None => self.at_the_hold(Disposition::Landed),
        };
        Settled { settlement: Settlement { answered_by, ..settled.settlement }, ..settled }
    }

    /// A fault.
    pub(super) fn faulted(&self, fault: &Fault) -> Settled {
        let settled = match fault.charge {
            // INVARIANT I-5: only what provably cost nothing is released.
            Charge::Nothing => self.released(fault.is_missing_key()),
            Charge::Reported(usage) => self.reported(usage),
            // INVARIANT I-6: in doubt, the whole reservation is presumed.
            Charge::InDoubt => self.at_the_hold(Disposition::InDoubt),
        };
        settled.because(fault.reason, &fault.detail)
    }

    /// A tool that returned.
    pub(super) fn returned(&self) -> Settled {
        let spent = Resources { time_ms: 0, ..*self.reserved };
        let settlement = Settlement { source: None, ..self.settlement(State::Settled, spent, Disposition::Landed) };
        Settled { settlement, breach: None }
    }

    /// A tool that did not.
    pub(super) fn broken(&self, fault: &ToolFault) -> Settled {
        let settled = match fault.charge {
            ToolCharge::Nothing => self.released(false),
            ToolCharge::InDoubt => self.at_the_hold(Disposition::InDoubt),
        };
        settled.because(if fault.timed_out { Reason::Timeout } else { Reason::ToolFailed }, &fault.detail)
    }

    /// An attempt that was held and then not sent.
    pub(super) fn unsent(&self, why: &str) -> Settled {
        self.released(true).because(Reason::Exhausted, why)
    }

    /// An attempt that was dropped while it was on its way.
    pub(super) fn given_up(&self) -> Settled {
        let settled = self.at_the_hold(Disposition::InDoubt);
        Settled { settlement: Settlement { detail: Some("given up".to_owned()), ..settled.settlement }, ..settled }
    }

    fn reported(&self, usage: Usage) -> Settled {
        let reserved = self.reserved;
        let spent = Resources {
            // INVARIANT I-26: a price that does not fit is as large as can be, and breaks the bound.
            cost: self.price.settle(&usage).unwrap_or(Money::MAX),
            input: usage.input(),
            output: usage.output(),
            tokens: usage.input().saturating_add(usage.output()),
            time_ms: 0,
            ..*reserved
        };
        let breach = spent.beyond(&Resources { time_ms: u64::MAX, ..*reserved }).next().map(|dimension| {
            let (is, held) = (dimension.show(spent.get(dimension)), dimension.show(reserved.get(dimension)));
            format!("the provider reported {is} of {}, and {held} was held", dimension.name())
        });
        // The breach says the true number; what is added up is what a ledger can hold.
        let spent = Resources {
            cost: spent.cost.min(Money::from_nanos(MOST)),
            input: spent.input.min(MOST),
            output: spent.output.min(MOST),
            tokens: spent.tokens.min(MOST),
            ..spent
        };
        let settlement = Settlement {
            usage: Some(usage),
            source: Some(UsageSource::Provider),
            ..self.settlement(State::Settled, spent, Disposition::Landed)
        };
        Settled { settlement, breach }
    }

    pub(super) fn at_the_hold(&self, disposition: Disposition) -> Settled {
        let spent = Resources { time_ms: 0, ..*self.reserved };
        let settlement =
            Settlement { source: Some(UsageSource::Assumed), ..self.settlement(State::Presumed, spent, disposition) };
        Settled { settlement, breach: None }
    }

    /// At no cost. The request counts where one was made.
    fn released(&self, unsent: bool) -> Settled {
        let reserved = self.reserved;
        let counts =
            Resources { calls: reserved.calls, turns: reserved.turns, tools: reserved.tools, ..Resources::ZERO };
        let spent = if unsent { Resources::ZERO } else { counts };
        Settled { settlement: self.settlement(State::Released, spent, Disposition::DidNotHappen), breach: None }
    }

    fn settlement(&self, state: State, spent: Resources, disposition: Disposition) -> Settlement {
        Settlement {
            attempt: self.id.to_owned(),
            state,
            spent,
            usage: None,
            source: None,
            disposition,
            reason: None,
            detail: None,
            answered_by: None,
            at_ms: self.at_ms,
            is_held: true,
        }
    }
}

impl Settled {
    fn because(self, reason: Reason, detail: &str) -> Settled {
        let settlement = Settlement { reason: Some(reason), detail: Some(detail.to_owned()), ..self.settlement };
        Settled { settlement, ..self }
    }
}

#[cfg(test)]
mod tests {
    use flow_compiler::cost::{Rate, Rates};

    use super::*;
    use crate::provider::Remedy;

    fn price() -> Price {
        let rate = Rate::per_million;
        let rates = Rates {
            input: rate("1").unwrap(),
            cached_input: Some(rate("0.1").unwrap()),
            cache_write: None,
            output: rate("10").unwrap(),
        };
        Price { rates, ..Price::default() }
    }

    fn reserved() -> Resources {
        let cost = price().ceiling(100, 10).unwrap();
        Resources { cost, calls: 1, turns: 1, tools: 0, input: 100, output: 10, tokens: 110, time_ms: 9 }
    }

    fn settled(with: impl FnOnce(&Attempt<'_>) -> Settled) -> Settled {
        with(&Attempt { id: "a", reserved: &reserved(), price: &price(), at_ms: 0 })
    }

    fn usage(input_fresh: u64, output_text: u64) -> Usage {
        Usage { input_fresh, output_text, ..Usage::default() }
    }

    fn fault(charge: Charge) -> Fault {
        Fault { reason: Reason::Unavailable, detail: "gone".into(), charge, remedy: Remedy::Stop }
    }

    #[test]
    fn usage_is_the_price() {
        let settled = settled(|attempt| attempt.answered(Some(usage(50, 5)), None)).settlement;
        assert_eq!((settled.state, settled.spent.cost), (State::Settled, Money::from_nanos(50_000 + 50_000)));
        assert_eq!((settled.spent.input, settled.spent.output, settled.spent.tokens), (50, 5, 55));
        assert_eq!((settled.spent.calls, settled.spent.turns), (1, 1));
    }

    #[test]
    fn a_reported_zero_is_a_report_and_nothing_is_assumed() {
        let zero = settled(|attempt| attempt.answered(Some(usage(0, 0)), None)).settlement;
        assert_eq!(
            (zero.state, zero.spent.cost, zero.source),
            (State::Settled, Money::ZERO, Some(UsageSource::Provider))
        );
        let missing = settled(|attempt| attempt.answered(None, None)).settlement;
        assert_eq!((missing.state, missing.source), (State::Presumed, Some(UsageSource::Assumed)));
        assert_eq!((missing.spent.cost, missing.usage), (reserved().cost, None));
    }

    #[test]
    fn only_what_provably_cost_nothing_is_released() {
        let free = settled(|attempt| attempt.faulted(&fault(Charge::Nothing))).settlement;
        assert_eq!((free.state, free.spent.cost, free.spent.calls), (State::Released, Money::ZERO, 1));
        let doubt = settled(|attempt| attempt.faulted(&fault(Charge::InDoubt))).settlement;
        assert_eq!((doubt.state, doubt.spent.cost), (State::Presumed, reserved().cost));
        let reported = settled(|attempt| attempt.faulted(&fault(Charge::Reported(usage(1, 1))))).settlement;
        assert_eq!((reported.state, reported.spent.cost), (State::Settled, Money::from_nanos(11_000)));
        let unsent = settled(|attempt| attempt.faulted(&Fault::missing_key("KEY"))).settlement;
        assert_eq!((unsent.state, unsent.spent), (State::Released, Resources::ZERO));
    }

    #[test]
    fn more_than_was_held_is_a_breach_and_the_true_number_is_kept() {
        let more = settled(|attempt| attempt.answered(Some(usage(100, 11)), None));
        assert_eq!(more.settlement.spent.output, 11);
        assert_eq!(more.settlement.spent.cost, Money::from_nanos(210_000));
        assert!(more.breach.is_some());
        let exact = settled(|attempt| attempt.answered(Some(usage(100, 10)), None));
        assert_eq!(exact.breach, None);
    }

    #[test]
    fn a_number_that_no_ledger_holds_is_settled_at_the_most_and_told_as_it_is() {
        let more = settled(|attempt| attempt.answered(Some(usage(1 << 63, 5)), None));
        assert_eq!((more.settlement.spent.input, more.settlement.spent.cost), (MOST, Money::from_nanos(MOST)));
        assert!(more.breach.is_some());
        let free = Attempt { id: "a", reserved: &reserved(), price: &Price::default(), at_ms: 0 };
        let told = free.answered(Some(usage(1 << 63, 5)), None).breach.unwrap();
        assert!(told.contains("9,223,372,036,854,775,808 of input"), "{told}");
    }

    #[test]
    fn buckets_are_disjoint() {
        // INVARIANT I-14: a cached token is paid once, at its own price.
        let usage = Usage { input_fresh: 60, cache_read: 40, output_text: 4, output_reasoning: 6, ..Usage::default() };
        let settled = settled(|attempt| attempt.answered(Some(usage), None)).settlement;
        assert_eq!(settled.spent.cost, Money::from_nanos(60_000 + 4_000 + 100_000));
        assert_eq!((settled.spent.input, settled.spent.output), (100, 10));
    }
}
