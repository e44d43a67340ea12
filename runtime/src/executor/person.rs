//! People: what they are asked is written down, and a run that has nothing else to do rests until they answer.

use std::sync::Arc;
use std::time::Duration;

use flow_compiler::schema::json_schema;
use flow_compiler::types;
use serde_json::Value as Json;
use tokio::time::Instant;

use super::task::{Came, Done};
use super::{Executor, Flying};
use crate::execution::{Asked, Event, Waiting};
use crate::fault::{self, Point};
use crate::ledger::{Awaited, Decided, Decision, Entry, Question};

/// Who decides where somebody is here to answer.
const HERE: &str = "somebody here";

impl Executor<'_> {
    /// Asks a person, and writes down that the run waits.
    pub(super) fn ask_person(&mut self, waiting: Waiting) {
        // A limit on time that is nearer than the end of the wait ends it, as it ends an attempt.
        let left = match self.guard.lock().time_left(waiting.scope, Instant::now()) {
            Ok(left) => left,
            Err(refusal) => return self.events.push_back(Event::refused(waiting.attempt, &refusal)),
        };
        let within = Duration::from_millis(waiting.within_ms).min(left);
        let since_ms = self.runner.clock.now_ms();
        let awaited = Awaited {
            run: self.run.to_owned(),
            number: waiting.attempt,
            path: waiting.path.to_string(),
            role: waiting.role.clone(),
            question: self.question(&waiting.asked),
            since_ms,
            // INVARIANT: the end of a wait is computed from what is written down here, whoever looks and whenever.
            expires_ms: since_ms.saturating_add(u64::try_from(within.as_millis()).unwrap_or(u64::MAX)),
        };
        self.runner.book.write(Entry::Wait(Box::new(awaited.clone())));
        fault::at(Point::Asked);
        self.pending.insert(waiting.attempt, awaited);
        self.pend(&waiting, within);
    }

    /// Waits for an answer, so long.
    pub(super) fn pend(&mut self, waiting: &Waiting, within: Duration) {
        let (attempt, scope) = (waiting.attempt, waiting.scope);
        let said = self.runner.people.ask(waiting);
        let is_here = said.is_some();
        let (after, decision) = match said {
            Some((after, decision)) if after <= within => (after, decision),
            Some(_) | None => (within, Decision::Expired),
        };
        let (guard, given_up) = (self.guard.clone(), self.given_up.clone());
        let (book, clock, run) = (Arc::clone(&self.runner.book), Arc::clone(&self.runner.clock), self.run.to_owned());
        self.start(Flying::Person { is_here }, async move {
            let under_way = guard.under_way(scope);
            if given_up.run_until_cancelled(tokio::time::sleep(after)).await.is_none() {
                return Done { hold: None, came: Came::Dropped };
            }
            drop(under_way);
            fault::at(Point::TimeIsUp);
            let (by, at_ms) = (HERE.to_owned(), clock.now_ms());
            let decided = Box::new(Decided { run, number: attempt, decision, by, note: None, at_ms });
            // The first decision counts, whoever wrote it down meanwhile in another process.
            let came = match book.write_durably(Entry::Decide(decided.clone())).await {
                Ok(written) => Came::Decided(written.decided.map_or(decided, Box::new)),
                Err(error) => Came::Unheld(error),
            };
            Done { hold: None, came }
        });
    }

    /// Whether nothing is under way but questions to people who are not here.
    pub(super) fn rests(&self) -> bool {
        !self.flying.is_empty()
            && self.flying.values().all(|flying| matches!(flying, Flying::Person { is_here: false }))
    }

    /// A person who is here decided, or the time for it is over.
    pub(super) fn decided(&mut self, decided: &Decided) {
        if self.end.is_some() {
            return;
        }
        self.pending.remove(&decided.number);
        self.tell(&event(decided));
    }

    fn question(&self, asked: &Asked) -> Question {
        let known = &self.plan.program.types;
        match asked {
            Asked::Approval { tool, args } => {
                Question::Approve { tool: tool.clone(), args: Json::Object(args.clone()) }
            }
            Asked::Question { text, ty } => Question::Answer {
                question: text.clone(),
                ty: types::show(ty, known),
                schema: json_schema(known, ty),
                of: ty.clone(),
            },
        }
    }
}

/// What a decision is for the run.
pub(super) fn event(decided: &Decided) -> Event {
    let (attempt, by, note) = (decided.number, decided.by.clone(), decided.note.clone());
    match &decided.decision {
        Decision::Approved => Event::Approved { attempt, by, note },
        Decision::Denied => Event::Denied { attempt, by, note },
        Decision::Answered(value) => Event::Told { attempt, value: value.clone(), by, note },
        Decision::Expired => Event::Expired { attempt },
    }
}
