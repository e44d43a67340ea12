//! Does what an execution says: the one loop, the one set of tasks. In: actions. Out: events, rows, notices.
//!
//! reserve → make it durable → send → settle. It decides nothing but whether a limit is in the way, and that is arithmetic.

mod person;
mod resume;
mod settle;
mod task;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use flow_compiler::cost::{Money, Price, Resources, longest_backoff_ms};
use flow_compiler::plan::Plan;
use flow_compiler::program::CeilingId;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::settle::Settled;
use self::task::{Came, Done, Errand};
use crate::budget::Hold;
use crate::budget::ceiling::{self, Claim};
use crate::budget::guard::{Guard, Refusal, ScopeId, Shared};
use crate::error::RunError;
use crate::execution::{Action, Attempt, Caller, Calling, End, Event, Execution, Sending, Status, Waiting};
use crate::fault::{self, Point};
use crate::journal;
use crate::ledger::{Awaited, Entry, Held, Incident, Settlement, State, ToolNote};
use crate::observer::Notice;
use crate::provider::Fault;
use crate::run::{Backoff, Runner};

/// A run under way.
pub(crate) struct Executor<'a> {
    runner: &'a Runner,
    plan: &'a Plan,
    run: &'a str,
    execution: Execution<'a>,
    guard: Shared,
    /// Who calls, for the ceilings that hold for each caller apart.
    caller: Caller,
    /// What happened and was not yet told to the execution.
    events: VecDeque<Event>,
    tasks: JoinSet<Done>,
    /// What is under way.
    flying: HashMap<Id, Flying>,
    /// What a person is asked and has not decided.
    pending: BTreeMap<Attempt, Awaited>,
    /// What the execution wanted done when its process ended, and what provably was not begun.
    due: Vec<Due>,
    /// Whether the run was told to stop: what comes in is still written down, and nothing is begun.
    stopping: bool,
    /// The run has ended or rests, so what is under way ends too.
    given_up: CancellationToken,
    records: u64,
    presumed: Money,
    /// Digests of prices, by model.
    prices: Vec<String>,
    end: Option<End>,
    /// Why the run must not go on, where that is not the run's own failure.
    broken: Option<RunError>,
}

/// Something under way.
enum Flying {
    Attempt(Box<Sending>),
    Timer,
    /// Ceilings are looked at.
    Look,
    /// A person is asked; whether they are here to answer.
    Person {
        is_here: bool,
    },
}

/// Something that a resumed run begins with.
enum Due {
    Do(Action),
    /// A timer, and how long it still runs.
    Wait(u64, ScopeId, Duration),
    /// A question, and how long it may still be answered.
    Ask(Box<Waiting>, Duration),
}

/// What a run came to.
pub(crate) struct Finished {
    pub(crate) end: End,
    /// What it waits for.
    pub(crate) waiting: Vec<Awaited>,
    pub(crate) spent: Resources,
    pub(crate) presumed: Money,
}

impl<'a> Executor<'a> {
    pub(crate) fn new(
        runner: &'a Runner,
        plan: &'a Plan,
        run: &'a str,
        execution: Execution<'a>,
        limit: Resources,
    ) -> Executor<'a> {
        let digest = |price: &Price| {
            let json = serde_json::to_vec(price).unwrap_or_default();
            blake3::hash(&json).to_hex()[..16].to_owned()
        };
        Executor {
            runner,
            plan,
            run,
            execution,
            guard: Shared::new(Guard::new(limit)),
            caller: runner.caller.clone(),
            events: VecDeque::from([Event::Started]),
            tasks: JoinSet::new(),
            flying: HashMap::new(),
            pending: BTreeMap::new(),
            due: Vec::new(),
            stopping: false,
            given_up: CancellationToken::new(),
            records: 0,
            presumed: Money::ZERO,
            prices: plan.program.models.iter().map(|model| digest(&model.price)).collect(),
            end: None,
            broken: None,
        }
    }

    /// Runs to the end, or until it rests. Whatever happens, nothing is under way and every hold is settled when it returns.
    pub(crate) async fn run(mut self) -> Result<Finished, RunError> {
        self.begin();
        while self.end.is_none() {
            while let Some(event) = self.events.pop_front() {
                self.tell(&event);
            }
            if self.end.is_some() {
                break;
            }
            if self.rests() {
                self.end = Some(self.execution.resting(Status::Waiting, None));
                break;
            }
            tokio::select! {
                biased;
                () = self.runner.stop.cancelled() => self.stop().await,
                done = self.tasks.join_next_with_id() => match done {
                    Some(Ok((id, done))) => self.done(id, done),
                    Some(Err(error)) => self.died(&error),
                    None => self.halt("nothing is under way and the run has no end".to_owned()),
                },
            }
        }
        self.give_up().await;
        let spent = self.guard.lock().settled(Instant::now());
        match (self.broken, self.end) {
            (Some(error), _) => Err(error),
            (None, Some(end)) => {
                let waiting = if end.status.rests() { self.pending.into_values().collect() } else { Vec::new() };
                Ok(Finished { end, waiting, spent, presumed: self.presumed })
            }
            (None, None) => Err(RunError::stopped_writing(&"it has no end")),
        }
    }

    /// Tells the execution what happened, and does what it says.
    fn tell(&mut self, event: &Event) {
        if self.end.is_some() {
            return;
        }
        let record = self.record(event);
        self.runner.book.write(record);
        fault::at(Point::Told);
        self.take_in(event);
    }

    /// An event as it is written down, under the number that is next.
    fn record(&mut self, event: &Event) -> Entry {
        let record = journal::record(self.run, self.records, event, self.runner.clock.now_ms());
        self.records += 1;
        Entry::Record(Box::new(record))
    }

    /// Does what follows from an event that is written down.
    fn take_in(&mut self, event: &Event) {
        for action in self.execution.on(event) {
            self.act(action);
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::End(end) => self.end = Some(*end),
            // What is not begun here is begun by whoever resumes the run: the journal leads to it again.
            _ if self.stopping => {}
            Action::Await(waiting) => self.ask_person(*waiting),
            Action::Open { scope, parent, limits } => self.guard.lock().open(scope, parent, &limits),
            Action::Ask(sending, request) => {
                let provider = self.runner.providers.provider(&request.model);
                self.send(*sending, None, provider.map(|provider| Errand::Ask(provider, request)));
            }
            Action::Embed(sending, request) => {
                let provider = self.runner.providers.provider(&request.model);
                self.send(*sending, None, provider.map(|provider| Errand::Embed(provider, request)));
            }
            Action::Call(sending, calling) => self.call(*sending, &calling),
            Action::Look { attempt, ceilings } => self.look(attempt, ceilings),
            Action::Count(sending, calling) => self.count(&sending, &calling),
            Action::Wait { timer, scope, retry, least } => {
                let longest = longest_backoff_ms(retry);
                let wait = match self.runner.backoff {
                    Backoff::Longest => longest,
                    Backoff::Jittered => jitter(longest),
                };
                let wait = Duration::from_millis(wait).max(least).min(Duration::from_millis(longest));
                self.wait(timer, scope, wait);
            }
        }
    }

    fn wait(&mut self, timer: u64, scope: ScopeId, wait: Duration) {
        let (guard, given_up) = (self.guard.clone(), self.given_up.clone());
        self.start(Flying::Timer, async move {
            let _under_way = guard.under_way(scope);
            let elapsed = given_up.run_until_cancelled(tokio::time::sleep(fault::pause(wait))).await;
            Done { hold: None, came: elapsed.map_or(Came::Dropped, |()| Came::Elapsed(timer)) }
        });
    }

    /// Reserves, and sends where nothing is in the way.
    fn send(&mut self, sending: Sending, note: Option<ToolNote>, errand: Result<Errand, Fault>) {
        let attempt = sending.attempt;
        let errand = match errand {
            Ok(errand) => errand,
            // Nothing can be sent, so nothing is reserved.
            Err(fault) => return self.events.push_back(Event::Faulted { attempt, fault }),
        };
        let now = Instant::now();
        if let Err(refusal) = self.reserve(&sending, now) {
            return self.events.push_back(Event::refused(attempt, &refusal));
        }
        let mut held = self.held(&sending, note);
        if !self.runner.scripted {
            // INVARIANT: `able` has seen that the caller's facts are there. Answers that are played cost nobody anything.
            match ceiling::claims(&self.plan.program, &sending.under, &self.caller, &sending.reserve, held.at_ms) {
                Ok(claims) => {
                    held.claims = claims;
                    held.claims.extend(ceiling::of_workspace(&sending.reserve, held.at_ms));
                }
                Err(unclaimed) => {
                    self.guard.lock().settle(sending.scope, &sending.reserve, &Resources::ZERO);
                    return self.halt(unclaimed.to_string());
                }
            }
        }
        let so_far = self.guard.lock().committed(now);
        let model = self.model(&sending);
        self.runner.observer.notice(&Notice::Held {
            attempt: &held.attempt,
            step: &sending.step,
            model,
            reserved: &sending.reserve,
            so_far: &so_far,
        });
        let (guard, given_up) = (self.guard.clone(), self.given_up.clone());
        let task = task::run(self.runner, held, sending.clone(), errand, guard, given_up);
        self.start(Flying::Attempt(Box::new(sending)), task);
    }

    fn reserve(&self, sending: &Sending, now: Instant) -> Result<(), Refusal> {
        let mut guard = self.guard.lock();
        guard.time_left(sending.scope, now)?;
        guard.reserve(sending.scope, &sending.reserve)
    }

    /// Looks at how much of ceilings is spent, as the ledger has it at one moment. What it was then is written down, so that a replay
    /// and a resumed run choose the same.
    fn look(&mut self, attempt: Attempt, ceilings: Vec<CeilingId>) {
        if self.runner.scripted {
            // Answers that are played cost nobody anything.
            let spent = ceilings.into_iter().map(|id| (id, 0)).collect();
            return self.events.push_back(Event::Looked { attempt, spent });
        }
        let now_ms = self.runner.clock.now_ms();
        let claims = match ceiling::looks(&self.plan.program, &ceilings, &self.caller, now_ms) {
            Ok(claims) => claims,
            Err(unclaimed) => return self.halt(unclaimed.to_string()),
        };
        let book = Arc::clone(&self.runner.book);
        self.start(Flying::Look, async move {
            let came = match book.write_durably(Entry::Look(claims.clone())).await {
                Ok(written) => Came::Looked(attempt, largest(&ceilings, &claims, &written.spent)),
                Err(error) => Came::Unheld(error),
            };
            Done { hold: None, came }
        });
    }

    /// INVARIANT: this is the only place that spawns, into the set that [`Executor::run`] awaits.
    fn start(&mut self, what: Flying, task: impl Future<Output = Done> + Send + 'static) {
        let id = self.tasks.spawn(task).id();
        self.flying.insert(id, what);
    }

    fn call(&mut self, sending: Sending, calling: &Calling) {
        let note = noted(calling);
        match task::tool_request(self.runner, self.plan, calling) {
            Ok(request) => {
                let errand = Errand::Call(Arc::clone(&self.runner.tools), Box::new(request));
                self.send(sending, Some(note), Ok(errand));
            }
            Err(fault) => self.events.push_back(Event::Broken { attempt: sending.attempt, fault }),
        }
    }

    /// Counts a call that is not sent: one tool, at no cost.
    fn count(&mut self, sending: &Sending, calling: &Calling) {
        let attempt = sending.attempt;
        if let Err(refusal) = self.guard.lock().reserve(sending.scope, &sending.reserve) {
            return self.events.push_back(Event::refused(attempt, &refusal));
        }
        let note = noted(calling);
        let held = self.held(sending, Some(note));
        let settlement = Settlement {
            state: State::Released,
            disposition: crate::ledger::Disposition::DidNotHappen,
            source: None,
            detail: None,
            ..Settlement::presumed(&held.attempt, &sending.reserve, self.runner.clock.now_ms(), "")
        };
        self.guard.lock().settle(sending.scope, &sending.reserve, &settlement.spent);
        let both = vec![Entry::Hold(Box::new(held)), Entry::Settle(Box::new(settlement))];
        self.runner.book.write(Entry::Together(both));
        fault::at(Point::Counted);
        self.events.push_back(Event::Counted { attempt });
    }

    fn held(&self, sending: &Sending, tool: Option<ToolNote>) -> Held {
        // INVARIANT I-34: the price is the one of the plan that the run began with, and the row names it; it is settled at the same one.
        let price = sending.model.and_then(|model| self.prices.get(model.index()).cloned());
        Held {
            attempt: format!("{}-{}", self.run, sending.attempt),
            run: self.run.to_owned(),
            number: sending.attempt,
            kind: sending.kind,
            step: sending.step.clone(),
            path: sending.path.to_string(),
            address: sending.address.clone(),
            model: self.model(sending).map(str::to_owned),
            tier: sending.tier.clone(),
            rung: sending.rung,
            turn: sending.turn,
            cause: sending.cause,
            left_out: sending.left_out,
            reserved: sending.reserve,
            price,
            tool,
            claims: Vec::new(),
            at_ms: self.runner.clock.now_ms(),
        }
    }

    fn model(&self, sending: &Sending) -> Option<&'a str> {
        let model = sending.model.and_then(|model| self.plan.program.models.get(model.index()));
        model.map(|model| model.name.as_str())
    }

    /// Something that was under way has ended.
    fn done(&mut self, id: Id, done: Done) {
        let Some(flying) = self.flying.remove(&id) else { return };
        let now = Instant::now();
        let Flying::Attempt(sending) = flying else {
            return match done.came {
                Came::Decided(decided) => self.decided(&decided),
                Came::Unheld(error) => {
                    self.broken = Some(RunError::stopped_writing(&error));
                    self.halt("the ledger cannot be written".to_owned());
                }
                Came::Elapsed(timer) => self.tell(&Event::Elapsed { timer }),
                Came::Looked(attempt, spent) => self.tell(&Event::Looked { attempt, spent }),
                Came::Answered(_)
                | Came::Embedded(_)
                | Came::Faulted(_)
                | Came::Returned(_)
                | Came::Broken(_)
                | Came::Unsent(_)
                | Came::Dropped
                | Came::Ended
                | Came::Over(_) => {}
            };
        };
        let Some(hold) = done.hold else {
            // INVARIANT I-1: what could not be written down was not sent, and the run does not go on without a ledger.
            self.guard.lock().settle(sending.scope, &sending.reserve, &Resources::ZERO);
            if let Came::Over(_) = &done.came {
                return self.events.extend(done.came.event(sending.attempt));
            }
            if let Came::Unheld(error) = &done.came {
                self.broken = Some(RunError::stopped_writing(error));
            }
            return self.halt("the ledger cannot be written".to_owned());
        };
        // INVARIANT I-13: a model that can be asked has a price, since the plan has none without; only tools have no rates.
        let free = Price::default();
        let price = sending.model.and_then(|model| self.plan.program.models.get(model.index()));
        let attempt = settle::Attempt {
            id: hold.attempt(),
            reserved: &sending.reserve,
            price: price.map_or(&free, |model| &model.price),
            at_ms: self.runner.clock.now_ms(),
        };
        let settled = done.came.settled(&attempt);
        fault::at(Point::Settling);
        self.settle(&sending, &settled, now);
        if let Some(breach) = settled.breach {
            return self.breach(hold, settled.settlement, breach);
        }
        let event = done.came.event(sending.attempt).filter(|_| self.end.is_none());
        let record = event.as_ref().map(|event| self.record(event));
        // INVARIANT I-19: what was paid and what came of it are one write: whoever resumes the run has both or presumes.
        hold.settle_with(settled.settlement, record.into_iter().collect());
        fault::at(Point::Settled);
        if let Some(event) = event {
            self.take_in(&event);
        }
    }

    fn settle(&mut self, sending: &Sending, settled: &Settled, now: Instant) {
        let settlement = &settled.settlement;
        self.guard.lock().settle(sending.scope, &sending.reserve, &settlement.spent);
        let presumed = settlement.state == State::Presumed;
        if presumed {
            self.presumed = self.presumed.checked_add(settlement.spent.cost).unwrap_or(Money::MAX);
        }
        let fault = settlement.reason.zip(settlement.detail.as_deref());
        let so_far = self.guard.lock().committed(now);
        self.runner.observer.notice(&Notice::Settled {
            attempt: &settlement.attempt,
            step: &sending.step,
            spent: &settlement.spent,
            presumed,
            fault,
            so_far: &so_far,
        });
    }

    /// More was reported than was held: what was proved does not hold for this provider, so nothing more is sent to it.
    fn breach(&mut self, hold: Hold, settlement: Settlement, detail: String) {
        let incident = Incident {
            run: self.run.to_owned(),
            attempt: settlement.attempt.clone(),
            kind: "bound_breach",
            detail: detail.clone(),
            at_ms: self.runner.clock.now_ms(),
        };
        self.events.clear();
        let halted = Some(Event::Halted { detail }).filter(|_| self.end.is_none());
        let mut told = vec![Entry::Incident(Box::new(incident))];
        told.extend(halted.as_ref().map(|event| self.record(event)));
        // INVARIANT I-19: what is above its hold, the incident that says so, and the end of the run are one write. A crash between
        // them would leave a run that asks this provider again.
        hold.settle_with(settlement, told);
        fault::at(Point::Settled);
        if let Some(event) = halted {
            self.take_in(&event);
        }
    }

    /// A task ended without a word: its hold was presumed when it was dropped.
    fn died(&mut self, error: &JoinError) {
        let Some(Flying::Attempt(sending)) = self.flying.remove(&error.id()) else { return };
        self.lost(&sending);
        let detail = "the adapter ended in the middle of an attempt".to_owned();
        self.events.push_back(match sending.kind {
            crate::ledger::Kind::Model | crate::ledger::Kind::Embedding => {
                let fault = Fault {
                    reason: flow_compiler::program::Reason::Unknown,
                    detail,
                    charge: crate::provider::Charge::InDoubt,
                    remedy: crate::provider::Remedy::Fallback,
                };
                Event::Faulted { attempt: sending.attempt, fault }
            }
            crate::ledger::Kind::Tool => {
                let charge = crate::tool::ToolCharge::InDoubt;
                let fault = crate::tool::ToolFault { detail, timed_out: false, charge };
                Event::Broken { attempt: sending.attempt, fault }
            }
        });
    }

    /// INVARIANT I-6: an attempt that was dropped is presumed, here as in the ledger.
    fn lost(&mut self, sending: &Sending) {
        let spent = Resources { time_ms: 0, ..sending.reserve };
        self.guard.lock().settle(sending.scope, &sending.reserve, &spent);
        self.presumed = self.presumed.checked_add(spent.cost).unwrap_or(Money::MAX);
    }

    fn halt(&mut self, detail: String) {
        self.events.clear();
        self.tell(&Event::Halted { detail });
    }

    /// Somebody stops the run. What has come in is written down; everything else is dropped, and resumed from what is written.
    async fn stop(&mut self) {
        self.stopping = true;
        fault::at(Point::Stopping);
        self.give_up().await;
        fault::at(Point::Stopped);
        if self.end.is_none() {
            self.end = Some(self.execution.resting(Status::Interrupted, Some("it was stopped".to_owned())));
        }
    }

    /// Ends what is still under way: what was sent is presumed, what was not is released. What is just being written down is waited for,
    /// so that the report is the ledger.
    async fn give_up(&mut self) {
        self.given_up.cancel();
        while let Some(done) = self.tasks.join_next_with_id().await {
            match done {
                // It was done before it could be ended: it is settled at what it says.
                Ok((id, done)) => self.done(id, done),
                Err(error) => {
                    if let Some(Flying::Attempt(sending)) = self.flying.remove(&error.id()) {
                        self.lost(&sending);
                    }
                }
            }
        }
        self.events.clear();
    }
}

/// What is written down of a tool call.
fn noted(calling: &Calling) -> ToolNote {
    let Calling { by_model, gate, made, .. } = *calling;
    ToolNote { by_model, gate, args: calling.args.clone().into(), made }
}

/// The largest share that is spent of any limit of each ceiling. `shares` are those of the claims; of a book that knows none, nothing is.
fn largest(ceilings: &[CeilingId], claims: &[Claim], shares: &[u8]) -> Vec<(CeilingId, u8)> {
    let of = |id: CeilingId| claims.iter().zip(shares).filter(move |(claim, _)| claim.ceiling == id);
    ceilings.iter().map(|id| (*id, of(*id).map(|(_, share)| *share).max().unwrap_or(0))).collect()
}

/// A random part of the longest wait, at least half of it.
fn jitter(longest_ms: u64) -> u64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    let random = RandomState::new().build_hasher().finish();
    longest_ms / 2 + random % (longest_ms / 2 + 1)
}
