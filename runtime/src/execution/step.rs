//! A step: rungs of a ladder, each a conversation of turns; retries, repairs and failovers are attempts of their own.
//!
//! An attempt ends in one of these ways, and each has one consequence:
//!
//! | the attempt | what follows |
//! |---|---|
//! | asks for tools that it may call | they are called, then the next turn |
//! | gives a valid answer | `accept` decides; refused, the ladder climbs |
//! | gives an invalid one | a repair, while there are repairs |
//! | fails, and the same request may be sent again | a retry, while there are retries |
//! | is lost with its process | the same: it is used up, and was charged at its reservation |
//! | fails otherwise | the next model of the tier goes on at the same turn |

mod answer;
mod conversation;
mod round;

use flow_compiler::plan::{ModelCeiling, StepCeiling};
use flow_compiler::program::{CeilingId, Expr, Ladder, ModelId, Reason, Signal, Slot, Step, StepId, TierId};

use super::action::Action;
use super::body::BodyJob;
use super::core::{Core, Seeing, Signals};
use super::event::Event;
use super::frame::{At, Job, Next, Outcome};
use super::variables::VariablesId;
use crate::execution::step::answer::Reading;
use crate::execution::step::conversation::Conversation;
use crate::execution::step::round::Round;
use crate::failure::{Ending, Failure};
use crate::ledger::Cause;
use crate::provider::{Answer, Fault, Finish, Remedy, Request};
use crate::value::Value;
use flow_compiler::cost::longest_backoff_ms;

/// The key of the child that judges; tool calls of a turn have the keys from 0.
pub(crate) const JUDGE: u64 = u64::MAX;
/// The key of the child that asks what the ladder wants to know.
pub(crate) const ASKS: u64 = u64::MAX - 1;

/// A step that runs.
pub(super) struct StepJob<'p> {
    step: &'p Step,
    ceiling: &'p StepCeiling,
    args: Vec<(Slot, Value)>,
    variables: VariablesId,
    rungs: &'p [TierId],
    rung: usize,
    /// The model of the tier that is asked. It stays with the rung.
    lane: usize,
    conversation: Conversation,
    retries: u64,
    repairs: u64,
    round: Option<Round>,
    /// The request that is under way, for sending it again.
    sent: Option<Request>,
    /// Why it was sent.
    cause: Cause,
    /// The answer that is judged.
    answer: Value,
    /// Whether an attempt of its ladder was sent.
    begun: bool,
    /// The ceilings whose tiers were asked instead.
    moved: Vec<CeilingId>,
    /// How much is spent of the ceilings that the ladder looks at, in hundredths.
    spent: Vec<(CeilingId, u8)>,
}

impl<'p> StepJob<'p> {
    /// A step on its arguments. `None` where the plan has no such step.
    pub(super) fn new(core: &mut Core<'p>, id: StepId, args: Vec<(Slot, Value)>) -> Option<StepJob<'p>> {
        let step = core.program().steps.get(id.index())?;
        let ceiling = core.plan.ceilings.steps.get(id.index())?;
        Some(StepJob {
            step,
            ceiling,
            args,
            variables: 0,
            rungs: &[],
            rung: 0,
            lane: 0,
            conversation: Conversation::new(step, (Vec::new(), 0)),
            retries: step.retry,
            repairs: step.repair,
            round: None,
            sent: None,
            cause: Cause::First,
            answer: Value::Null,
            begun: false,
            moved: Vec::new(),
            spent: Vec::new(),
        })
    }

    pub(super) fn start(&mut self, at: &At, core: &mut Core<'p>) -> Next {
        self.variables = core.variables.open(None, self.args.drain(..));
        match conversation::base(core, self.step, self.variables) {
            Ok(base) => self.conversation = Conversation::new(self.step, base),
            Err(failure) => return self.end(core, Outcome::Failed(failure)),
        }
        let Some(asks) = &self.step.asks else { return self.begin(at, core) };
        core.child(at, ASKS, "", Job::Body(BodyJob::new(&asks.body, self.variables)));
        Next::Waiting
    }

    /// Looks at the ceilings that the ladder is chosen by, where there are any.
    fn begin(&mut self, at: &At, core: &mut Core<'p>) -> Next {
        let mut ceilings = Vec::new();
        looked_at(&self.step.ladder, &mut ceilings);
        if ceilings.is_empty() {
            return self.climb(at, core);
        }
        core.look(at, ceilings);
        Next::Waiting
    }

    /// Chooses the ladder and asks its first rung.
    fn climb(&mut self, at: &At, core: &mut Core<'p>) -> Next {
        match self.choose(core, &self.step.ladder) {
            Ok(rungs) => self.rungs = rungs,
            Err(failure) => return self.end(core, Outcome::Failed(failure)),
        }
        self.ask(at, core, Cause::First)
    }

    /// What the ladder wanted to know is there.
    fn told(&mut self, at: &At, core: &mut Core<'p>, outcome: Outcome) -> Next {
        let answers = match outcome {
            Outcome::Value(Value::List(answers)) => answers,
            Outcome::Value(_) => return self.end(core, Outcome::Failed(Failure::broken("no answers for the ladder"))),
            Outcome::Failed(_) | Outcome::Left(_) => return self.end(core, outcome),
        };
        let into = self.step.asks.iter().flat_map(|asks| &asks.into);
        for (slot, answer) in into.zip(answers.iter()) {
            core.variables.set(self.variables, *slot, answer.clone());
        }
        self.begin(at, core)
    }

    pub(super) fn event(&mut self, at: &At, core: &mut Core<'p>, event: &Event) -> Next {
        match event {
            Event::Answered { answer, .. } => {
                self.begun = true;
                self.answered(at, core, answer)
            }
            Event::Faulted { fault, .. } => {
                self.begun = true;
                self.faulted(at, core, fault)
            }
            // INVARIANT I-7: an attempt that was lost is used up; another one is one of those that were counted.
            Event::Lost { .. } => {
                self.begun = true;
                self.faulted(at, core, &Fault::lost())
            }
            // Nothing was sent and nothing was charged: the attempt that was counted is made now, and no retry is used up.
            // It is made for the same reason.
            Event::Unsent { .. } => {
                let sent = self.sent.take();
                self.send(at, core, self.cause, sent)
            }
            Event::Refused { scope, detail, .. } => {
                // INVARIANT I-8: a limit is no fault of a provider: it is neither retried nor handed to another model.
                self.end(core, Outcome::Failed(Failure::refused(*scope == 0, detail)))
            }
            Event::Over { ceiling, detail, .. } => self.over(at, core, *ceiling, detail),
            Event::Looked { spent, .. } => {
                self.spent.clone_from(spent);
                self.climb(at, core)
            }
            Event::Elapsed { .. } => self.ask(at, core, Cause::Retry),
            Event::Started
            | Event::Embedded { .. }
            | Event::Returned { .. }
            | Event::Broken { .. }
            | Event::Counted { .. }
            | Event::Approved { .. }
            | Event::Denied { .. }
            | Event::Told { .. }
            | Event::Expired { .. }
            | Event::Resumed
            | Event::Halted { .. } => Next::Waiting,
        }
    }

    /// A ceiling over many runs is in the way: its tiers answer, where this step has taken nothing yet. What has begun is not handed
    /// over, for the bound is the dearer of both ladders and not their sum.
    fn over(&mut self, at: &At, core: &mut Core<'p>, id: CeilingId, detail: &str) -> Next {
        let instead = core.program().ceilings.get(id.index()).map_or(&[][..], |ceiling| &ceiling.on);
        if self.begun || instead.is_empty() || self.moved.contains(&id) {
            let outcome = core.over(id, detail);
            return self.end(core, outcome);
        }
        self.moved.push(id);
        (self.rungs, self.rung, self.lane) = (instead, 0, 0);
        self.conversation.begin_again(self.step);
        self.ask(at, core, Cause::Ceiling)
    }

    pub(super) fn child(&mut self, at: &At, core: &mut Core<'p>, key: u64, outcome: Outcome) -> Next {
        match key {
            JUDGE => self.judged(at, core, outcome),
            ASKS => self.told(at, core, outcome),
            tool => self.returned(at, core, tool, outcome),
        }
    }

    /// The rungs of the first arm whose condition holds.
    fn choose(&self, core: &Core<'p>, ladder: &'p Ladder) -> Result<&'p [TierId], Failure> {
        let arms = match ladder {
            Ladder::Rungs(rungs) => return Ok(rungs),
            Ladder::Choose(arms) => arms,
        };
        let signals = || {
            let lanes = self.ceiling.models.iter();
            let output = lanes.clone().map(|lane| lane.output).max().unwrap_or(0);
            let sizes = lanes.map(|lane| self.conversation.first(core, self.step, self.ceiling, lane.model));
            let (context, output) = (sizes.max().unwrap_or(0), self.step.output.unwrap_or(output));
            Signals { context, output, spent: &self.spent }
        };
        let mut request = None;
        for (condition, ladder) in arms {
            let holds = condition.as_ref().map_or(Ok(true), |condition| {
                let request = Some(*request.get_or_insert_with(signals));
                let seeing = Seeing { core, variables: self.variables, request };
                core.evaluating(&seeing, |on| on.truth(condition))
            })?;
            if holds {
                return self.choose(core, ladder);
            }
        }
        Err(Failure::broken("no arm of the ladder holds"))
    }

    /// Sends the request of this turn, where it is within its ceiling.
    fn ask(&mut self, at: &At, core: &mut Core<'p>, cause: Cause) -> Next {
        let again = self.sent.take().filter(|_| cause == Cause::Retry);
        self.send(at, core, cause, again)
    }

    /// Sends a request again, or the one that the conversation comes to.
    fn send(&mut self, at: &At, core: &mut Core<'p>, cause: Cause, again: Option<Request>) -> Next {
        self.cause = cause;
        // INVARIANT I-7: whatever the cause, this is an attempt with a reservation of its own.
        let asked = self.lane(core).and_then(|(tier, model, ceiling)| {
            let request = match again {
                Some(request) => request,
                None => self.conversation.request(core, self.step, self.ceiling, ceiling)?,
            };
            let sending = self.conversation.sending(core, at, self.step, ceiling, &request)?;
            let cause = if cause == Cause::First && at.judging { Cause::Judge } else { cause };
            let rung = Some(self.rung as u64 + 1);
            Ok((super::Sending { model: Some(model), tier: Some(tier), rung, cause, ..sending }, request))
        });
        match asked {
            Ok((sending, request)) => {
                self.sent = Some(request.clone());
                core.act(|sending| Action::Ask(sending, Box::new(request)), sending);
                Next::Waiting
            }
            Err(failure) => self.end(core, Outcome::Failed(failure)),
        }
    }

    /// The tier of this rung, the model of it that is asked, and the ceilings of that model.
    fn lane(&self, core: &Core<'p>) -> Result<(String, ModelId, &'p ModelCeiling), Failure> {
        let tier = self.rungs.get(self.rung).and_then(|tier| core.program().tiers.get(tier.index()));
        let found = tier.and_then(|tier| {
            let model = *tier.models.get(self.lane)?;
            let ceiling = self.ceiling.models.iter().find(|ceiling| ceiling.model == model)?;
            Some((tier.name.clone(), model, ceiling))
        });
        found.ok_or_else(|| Failure::broken(format!("`{}` has no model to ask", self.step.name)))
    }

    fn answered(&mut self, at: &At, core: &mut Core<'p>, answer: &Answer) -> Next {
        if answer.finish == Finish::Refused {
            let detail = format!("`{}`: the model declined to answer", self.step.name);
            return self.fall_over(at, core, Failure::new(Reason::Refused, detail));
        }
        if !answer.calls.is_empty() && self.sent.as_ref().is_some_and(|sent| !sent.tools.is_empty()) {
            return self.call(at, core, answer);
        }
        let reading = if !answer.calls.is_empty() && answer.text.trim().is_empty() {
            Reading::Invalid("it asks for a tool where it should answer".to_owned())
        } else {
            answer::read(answer, &self.step.result, &core.types, &core.sizer)
        };
        match reading {
            Reading::Value(value) => self.judge(at, core, value),
            Reading::Truncated => {
                let detail = format!("`{}`: the answer reached its output cap before its end", self.step.name);
                self.end(core, Outcome::Failed(Failure::new(Reason::Truncated, detail)))
            }
            Reading::Invalid(problem) => match self.repairs.checked_sub(1) {
                Some(left) => {
                    self.repairs = left;
                    let readers = conversation::readers(core, self.step, self.ceiling);
                    self.conversation.repair(&answer.text, &problem, &readers);
                    self.ask(at, core, Cause::Repair)
                }
                None => {
                    let detail = format!("the answer of `{}` is not valid: {problem}", self.step.name);
                    self.end(core, Outcome::Failed(Failure::new(Reason::Invalid, detail)))
                }
            },
        }
    }

    fn faulted(&mut self, at: &At, core: &mut Core<'p>, fault: &Fault) -> Next {
        let ending = ending(fault);
        // The words about a missing key are the reason of the run, so they stand alone.
        let detail = match ending {
            Ending::Escalated => fault.detail.clone(),
            Ending::Failed | Ending::Exceeded | Ending::Refused => format!("`{}`: {}", self.step.name, fault.detail),
        };
        let failure = Failure { reason: fault.reason, detail, ending };
        let may_pass = matches!(fault.reason, Reason::Timeout | Reason::Unavailable);
        match fault.remedy {
            Remedy::Retry { after } if may_pass && self.retries > 0 => {
                let retry = self.step.retry - self.retries + 1;
                let least = after.unwrap_or_default();
                // A provider that wants a longer wait than the bound has time for is left for another one.
                if least.as_millis() > u128::from(longest_backoff_ms(retry)) {
                    return self.fall_over(at, core, failure);
                }
                self.retries -= 1;
                core.wait(at, retry, least);
                Next::Waiting
            }
            Remedy::Retry { .. } | Remedy::Fallback => self.fall_over(at, core, failure),
            Remedy::Stop => self.end(core, Outcome::Failed(failure)),
        }
    }

    /// The next model of the tier goes on where this one failed.
    fn fall_over(&mut self, at: &At, core: &mut Core<'p>, failure: Failure) -> Next {
        self.lane += 1;
        if self.lane(core).is_ok() {
            return self.ask(at, core, Cause::Fallback);
        }
        self.end(core, Outcome::Failed(failure))
    }

    fn judge(&mut self, at: &At, core: &mut Core<'p>, value: Value) -> Next {
        let Some(accept) = &self.step.accept else { return self.end(core, Outcome::Value(value)) };
        self.answer = value.clone();
        let body = BodyJob::new(accept, self.variables).given([(self.step.it, value)]);
        core.child(&At { judging: true, ..at.clone() }, JUDGE, "", Job::Body(body));
        Next::Waiting
    }

    fn judged(&mut self, at: &At, core: &mut Core<'p>, outcome: Outcome) -> Next {
        match outcome {
            Outcome::Value(Value::Bool(true)) => {
                let answer = std::mem::replace(&mut self.answer, Value::Null);
                self.end(core, Outcome::Value(answer))
            }
            Outcome::Value(Value::Bool(false)) if self.rung + 1 < self.rungs.len() => {
                self.rung += 1;
                self.lane = 0;
                self.conversation.begin_again(self.step);
                self.ask(at, core, Cause::Escalation)
            }
            Outcome::Value(Value::Bool(false)) => {
                let detail = format!("`{}`: no answer was acceptable", self.step.name);
                self.end(core, Outcome::Failed(Failure::new(Reason::NotAccepted, detail)))
            }
            Outcome::Value(_) => self.end(core, Outcome::Failed(Failure::broken("`accept` is neither true nor false"))),
            Outcome::Failed(_) | Outcome::Left(_) => self.end(core, outcome),
        }
    }

    fn end(&mut self, core: &mut Core<'p>, outcome: Outcome) -> Next {
        core.variables.close(self.variables);
        Next::Done(outcome)
    }
}

/// The ceilings that the conditions of a ladder look at, each once.
fn looked_at(ladder: &Ladder, found: &mut Vec<CeilingId>) {
    let Ladder::Choose(arms) = ladder else { return };
    for (condition, ladder) in arms {
        condition.iter().for_each(|condition| ceilings_in(condition, found));
        looked_at(ladder, found);
    }
}

fn ceilings_in(expr: &Expr, found: &mut Vec<CeilingId>) {
    if let Expr::Signal(Signal::Spent(id) | Signal::Left(id)) = expr
        && !found.contains(id)
    {
        found.push(*id);
    }
    expr.parts(&mut |part| ceilings_in(part, found));
}

/// A missing key ends a run as escalated: a person can help.
fn ending(fault: &Fault) -> Ending {
    if fault.is_missing_key() { Ending::Escalated } else { Ending::Failed }
}
