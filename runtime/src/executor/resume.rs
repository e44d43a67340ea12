//! A run that another process began. In: its journal and what its attempts came to. Out: the same run, where it stopped.
//!
//! Folding over the journal leads to the same state, and to what the run had begun and not heard of again:
//!
//! | what has no end in the journal | what follows |
//! |---|---|
//! | an attempt that was never held | it was not sent (I-1), so it is sent now |
//! | a look at ceilings | it is looked at again |
//! | an attempt that was held | it is lost: charged as it was settled, and the run is told so |
//! | an attempt that was held and released unsent | another one is sent now, under a hold of its own |
//! | a call that was only to be counted, and was | it is counted, once |
//! | a wait before a retry | the rest of it |
//! | a question that was decided | the decision |
//! | a question whose time is over | nobody answered |
//! | any other question | it still waits |

use std::collections::BTreeMap;
use std::time::Duration;

use flow_compiler::cost::{Money, longest_backoff_ms};
use flow_compiler::plan::Plan;

use super::person::event as decision;
use super::{Due, Executor};
use crate::budget::guard::ScopeId;
use crate::error::RunError;
use crate::execution::{Action, Attempt, Event, Execution, Sending, Timer, Waiting};
use crate::fault::{self, Point};
use crate::journal;
use crate::ledger::{Decided, Decision, Entry, Lived, Past, State};
use crate::run::Runner;

/// Where a journal leads.
#[derive(Default)]
struct Folded {
    /// Every attempt that was to be sent.
    sent: BTreeMap<Attempt, Sending>,
    /// Those without an end.
    open: BTreeMap<Attempt, Action>,
    asked: BTreeMap<Attempt, Waiting>,
    timers: BTreeMap<Timer, Pause>,
    /// When things were under way, by scope.
    spans: Spans,
}

/// Scopes, and from when to when something of them was under way.
type Spans = Vec<(ScopeId, u64, u64)>;

/// A wait before a retry.
struct Pause {
    scope: ScopeId,
    longest_ms: u64,
    since_ms: u64,
}

impl<'a> Executor<'a> {
    /// The run as its journal has it.
    pub(crate) fn resumed(
        runner: &'a Runner,
        plan: &'a Plan,
        execution: Execution<'a>,
        past: &'a Past,
    ) -> Result<Executor<'a>, RunError> {
        let mut executor = Executor::new(runner, plan, &past.run, execution, past.limit);
        executor.caller = past.caller.clone();
        if past.events.is_empty() {
            return Ok(executor);
        }
        executor.events.clear();
        executor.records = past.events.len() as u64;
        let mut folded = executor.fold(past)?;
        executor.take_over(&mut folded, &past.attempts)?;
        let mut spans = std::mem::take(&mut folded.spans);
        if executor.end.is_none() {
            executor.events.push_back(Event::Resumed);
            executor.go_on(folded, past, &mut spans);
        }
        executor.guard.lock().restore_time(&spans);
        fault::at(Point::Folded);
        Ok(executor)
    }

    /// Begins what a resumed run begins with.
    pub(super) fn begin(&mut self) {
        for due in std::mem::take(&mut self.due) {
            match due {
                Due::Do(action) => self.act(action),
                Due::Wait(timer, scope, rest) => self.wait(timer, scope, rest),
                Due::Ask(waiting, rest) => self.pend(&waiting, rest),
            }
        }
    }

    fn fold(&mut self, past: &Past) -> Result<Folded, RunError> {
        let mut folded = Folded::default();
        for (at_ms, event) in &past.events {
            let event = journal::event(event).map_err(|why| RunError::unlike_journal(&past.run, &why))?;
            folded.ended(&event, *at_ms, past);
            for action in self.execution.on(&event) {
                match action {
                    Action::Open { scope, parent, limits } => self.guard.lock().open(scope, parent, &limits),
                    Action::End(end) => self.end = Some(*end),
                    action @ (Action::Ask(..)
                    | Action::Embed(..)
                    | Action::Call(..)
                    | Action::Count(..)
                    | Action::Await(_)
                    | Action::Look { .. }
                    | Action::Wait { .. }) => folded.began(action, *at_ms),
                }
            }
        }
        Ok(folded)
    }

    /// Charges what was spent. INVARIANT: what a run has spent is the sum over all its processes, what was presumed included.
    fn take_over(&mut self, folded: &mut Folded, attempts: &[Lived]) -> Result<(), RunError> {
        for attempt in attempts {
            let sending = folded.sent.get(&attempt.number);
            let known =
                sending.filter(|sending| sending.step == attempt.step && sending.reserve.cost == attempt.reserved);
            let Some(sending) = known else {
                let why = format!("attempt {} of `{}` does not follow from it", attempt.number, attempt.step);
                return Err(RunError::unlike_journal(self.run, &why));
            };
            self.guard.lock().restore(sending.scope, &attempt.spent);
            if attempt.state == State::Presumed {
                self.presumed = self.presumed.checked_add(attempt.spent.cost).unwrap_or(Money::MAX);
            }
            // Nothing was under way between a hold and its release where nothing was sent.
            if attempt.state == State::Released && folded.open.contains_key(&attempt.number) {
                continue;
            }
            // Writing the hold down is no time of the run, so no attempt took longer than it may.
            let longest = attempt.held_at.saturating_add(sending.reserve.time_ms);
            folded.spans.push((sending.scope, attempt.held_at, attempt.ended_at.min(longest)));
        }
        Ok(())
    }

    fn go_on(&mut self, folded: Folded, past: &Past, spans: &mut Spans) {
        let now = self.runner.clock.now_ms();
        let Folded { open, asked, timers, .. } = folded;
        for (attempt, action) in open {
            let lived = past.attempts.iter().find(|lived| lived.number == attempt);
            match (lived.map(|lived| lived.state), &action) {
                (None, _) => self.due.push(Due::Do(action)),
                (Some(_), Action::Count(..)) => self.events.push_back(Event::Counted { attempt }),
                // INVARIANT I-5: what was released has no end in the journal where its process was told to stop before it was sent.
                (Some(State::Released), _) => self.events.push_back(Event::Unsent { attempt }),
                // INVARIANT I-19: whatever was held may have been sent, and is never sent again under the same hold.
                (Some(State::Held | State::Settled | State::Presumed), _) => {
                    self.events.push_back(Event::Lost { attempt })
                }
            }
        }
        for (timer, pause) in timers {
            let longest = Duration::from_millis(pause.longest_ms);
            let gone = Duration::from_millis(now.saturating_sub(pause.since_ms)).min(longest);
            let rest = longest.saturating_sub(gone);
            spans.push((pause.scope, pause.since_ms, pause.since_ms.saturating_add(millis(gone))));
            self.due.push(Due::Wait(timer, pause.scope, rest));
        }
        for (attempt, waiting) in asked {
            self.take_up(attempt, waiting, past, now, spans);
        }
    }

    /// A question that the run waited for when it stopped.
    fn take_up(&mut self, attempt: Attempt, waiting: Waiting, past: &Past, now: u64, spans: &mut Spans) {
        let Some(waited) = past.waits.iter().find(|waited| waited.asked.number == attempt) else {
            return self.due.push(Due::Do(Action::Await(Box::new(waiting))));
        };
        let (since, expires) = (waited.asked.since_ms, waited.asked.expires_ms);
        if let Some(decided) = &waited.decided {
            spans.push((waiting.scope, since, decided.at_ms.min(expires)));
            return self.events.push_back(decision(decided));
        }
        spans.push((waiting.scope, since, now.min(expires)));
        if now >= expires {
            let by = String::new();
            let expired = Decided {
                run: self.run.to_owned(),
                number: attempt,
                decision: Decision::Expired,
                by,
                note: None,
                at_ms: expires,
            };
            self.events.push_back(decision(&expired));
            self.runner.book.write(Entry::Decide(Box::new(expired)));
            return fault::at(Point::Expired);
        }
        self.pending.insert(attempt, waited.asked.clone());
        self.due.push(Due::Ask(Box::new(waiting), Duration::from_millis(expires - now)));
    }
}

impl Folded {
    fn began(&mut self, action: Action, at_ms: u64) {
        match action {
            Action::Ask(ref sending, _)
            | Action::Embed(ref sending, _)
            | Action::Call(ref sending, _)
            | Action::Count(ref sending, _) => {
                self.sent.insert(sending.attempt, (**sending).clone());
                self.open.insert(sending.attempt, action);
            }
            // It was looked at or not, and nothing depends on it: it is looked at again.
            Action::Look { attempt, .. } => {
                self.open.insert(attempt, action);
            }
            Action::Await(waiting) => {
                self.asked.insert(waiting.attempt, *waiting);
            }
            Action::Wait { timer, scope, retry, .. } => {
                let longest_ms = longest_backoff_ms(retry);
                self.timers.insert(timer, Pause { scope, longest_ms, since_ms: at_ms });
            }
            Action::Open { .. } | Action::End(_) => {}
        }
    }

    fn ended(&mut self, event: &Event, at_ms: u64, past: &Past) {
        match event {
            Event::Answered { attempt, .. }
            | Event::Embedded { attempt, .. }
            | Event::Faulted { attempt, .. }
            | Event::Returned { attempt, .. }
            | Event::Broken { attempt, .. }
            | Event::Counted { attempt }
            | Event::Over { attempt, .. }
            | Event::Looked { attempt, .. }
            | Event::Lost { attempt }
            | Event::Unsent { attempt } => {
                self.open.remove(attempt);
            }
            Event::Refused { attempt, .. } => {
                self.open.remove(attempt);
                self.asked.remove(attempt);
            }
            Event::Approved { attempt, .. }
            | Event::Denied { attempt, .. }
            | Event::Told { attempt, .. }
            | Event::Expired { attempt } => {
                let waited = past.waits.iter().find(|waited| waited.asked.number == *attempt);
                if let (Some(waiting), Some(waited)) = (self.asked.remove(attempt), waited) {
                    let decided = waited.decided.as_ref().map_or(at_ms, |decided| decided.at_ms);
                    self.spans.push((waiting.scope, waited.asked.since_ms, decided.min(waited.asked.expires_ms)));
                }
            }
            Event::Elapsed { timer } => {
                if let Some(pause) = self.timers.remove(timer) {
                    let longest = pause.since_ms.saturating_add(pause.longest_ms);
                    self.spans.push((pause.scope, pause.since_ms, at_ms.min(longest)));
                }
            }
            Event::Started | Event::Resumed | Event::Halted { .. } => {}
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
