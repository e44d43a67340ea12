//! One attempt: hold, send, wait no longer than allowed. In: an errand. Out: what came of it, with its hold still open.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use flow_compiler::plan::Plan;
use flow_compiler::program::{CeilingId, Expr, Reason, Slot, ToolSource, Ty};
use secrecy::SecretString;
use serde_json::Value as Json;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::settle::{Attempt, Settled};
use crate::budget::Hold;
use crate::budget::ceiling::Over;
use crate::budget::guard::{Refusal, Shared};
use crate::eval::{Evaluator, Surroundings};
use crate::execution::{Calling, Event, Sending, Timer};
use crate::fault::{self, Point};
use crate::ledger::{BookError, Decided, Disposition, Held};
use crate::observer::Notice;
use crate::provider::{Answer, Charge, EmbedRequest, Embedded, Fault, Progress, Provider, Remedy, Request};
use crate::run::Runner;
use crate::tool::{Key, ToolCharge, ToolFault, ToolHost, ToolRequest, ToolTarget};
use crate::value::{Sizer, Value, shown};

/// What is to be sent, and to whom.
pub(super) enum Errand {
    Ask(Arc<dyn Provider>, Box<Request>),
    Embed(Arc<dyn Provider>, Box<EmbedRequest>),
    Call(Arc<dyn ToolHost>, Box<ToolRequest>),
}

/// The end of a task.
pub(super) struct Done {
    /// The hold of an attempt; absent for a timer, and where nothing could be held.
    pub(super) hold: Option<Hold>,
    pub(super) came: Came,
}

/// What came of it.
pub(super) enum Came {
    Answered(Answer),
    Embedded(Embedded),
    Faulted(Fault),
    Returned(Json),
    Broken(ToolFault),
    /// The run's own time was used up before it was sent.
    Unsent(Refusal),
    Elapsed(Timer),
    /// How much of ceilings is spent.
    Looked(crate::execution::Attempt, Vec<(CeilingId, u8)>),
    /// A person decided, or nobody did in time.
    Decided(Box<Decided>),
    Unheld(BookError),
    /// The run ended while it was on its way.
    Dropped,
    /// The run ended before it was sent.
    Ended,
    /// A ceiling over many runs was in the way, so it was neither held nor sent.
    Over(Box<Over>),
}

/// An attempt as a task.
pub(super) fn run(
    runner: &Runner,
    held: Held,
    sending: Sending,
    errand: Errand,
    guard: Shared,
    given_up: CancellationToken,
) -> impl Future<Output = Done> + Send + use<> {
    let (book, clock, observer) = (Arc::clone(&runner.book), Arc::clone(&runner.clock), Arc::clone(&runner.observer));
    async move {
        let hold = match Hold::take(book, clock, held).await {
            Ok((hold, written)) => {
                written.alerts.iter().for_each(|alert| observer.notice(&Notice::Alert { text: alert }));
                hold
            }
            Err(BookError::Over(over)) => return Done { hold: None, came: Came::Over(over) },
            Err(error) => return Done { hold: None, came: Came::Unheld(error) },
        };
        let (id, step) = (hold.attempt().to_owned(), sending.step);
        let progress = move |progress: Progress| {
            observer.notice(&Notice::Progress { attempt: &id, step: &step, progress: &progress });
        };
        if given_up.is_cancelled() {
            return Done { hold: Some(hold), came: Came::Ended };
        }
        // Only from here on something is under way: waiting for the disk is no time of the run.
        let left = match guard.lock().time_left(sending.scope, Instant::now()) {
            Ok(left) => left,
            Err(refusal) => return Done { hold: Some(hold), came: Came::Unsent(refusal) },
        };
        // INVARIANT I-31: the time of the run is one for all attempts of it: each has what those before it left.
        let _under_way = guard.under_way(sending.scope);
        let own = errand.timeout();
        // The caller's clock is the one that counts: an adapter that does not hold to the timeout is dropped.
        fault::at(Point::Dispatching);
        let timed = tokio::time::timeout(own.min(left), fault::during(Point::Underway, errand.run(&hold, &progress)));
        // INVARIANT I-9: a run that is stopped drops what it sent, and it is settled like any attempt in doubt.
        let Some(timed) = given_up.run_until_cancelled(timed).await else {
            return Done { hold: Some(hold), came: Came::Dropped };
        };
        fault::at(Point::Answered);
        let came = match timed {
            Ok(came) => came,
            // The run's own time was used up before the attempt's: nothing that is sent again could end in time.
            Err(_) if left < own => errand.timed_out("the time of the run is used up".into(), Remedy::Stop),
            Err(_) => {
                let detail = format!("no answer within {}", flow_compiler::cost::show_millis(millis(own)));
                errand.timed_out(detail, Remedy::Retry { after: None })
            }
        };
        Done { hold: Some(hold), came }
    }
}

impl Errand {
    fn timeout(&self) -> Duration {
        match self {
            Errand::Ask(_, request) => request.timeout,
            Errand::Embed(_, request) => request.timeout,
            Errand::Call(_, request) => request.timeout,
        }
    }

    async fn run(&self, hold: &Hold, progress: &(dyn Fn(Progress) + Send + Sync)) -> Came {
        match self {
            Errand::Ask(provider, request) => {
                provider.complete(hold, request, progress).await.map_or_else(Came::Faulted, Came::Answered)
            }
            Errand::Embed(provider, request) => {
                provider.embed(hold, request).await.map_or_else(Came::Faulted, Came::Embedded)
            }
            Errand::Call(host, request) => host.call(hold, request).await.map_or_else(Came::Broken, Came::Returned),
        }
    }

    fn timed_out(&self, detail: String, remedy: Remedy) -> Came {
        match self {
            Errand::Ask(..) | Errand::Embed(..) => {
                Came::Faulted(Fault { reason: Reason::Timeout, detail, charge: Charge::InDoubt, remedy })
            }
            Errand::Call(..) => Came::Broken(ToolFault { detail, timed_out: true, charge: ToolCharge::InDoubt }),
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl Came {
    /// The settlement of the attempt that it came of.
    pub(super) fn settled(&self, attempt: &Attempt<'_>) -> Settled {
        match self {
            Came::Answered(answer) => attempt.answered(answer.usage, answer.model.clone()),
            Came::Embedded(embedded) => attempt.answered(embedded.usage, None),
            Came::Faulted(fault) => attempt.faulted(fault),
            Came::Returned(_) => attempt.returned(),
            Came::Broken(fault) => attempt.broken(fault),
            Came::Unsent(refusal) => attempt.unsent(&refusal.to_string()),
            Came::Dropped => attempt.given_up(),
            Came::Ended => attempt.unsent("the run ended before it was sent"),
            Came::Elapsed(_) | Came::Looked(..) | Came::Decided(..) | Came::Unheld(_) | Came::Over(_) => {
                attempt.at_the_hold(Disposition::InDoubt)
            }
        }
    }

    /// What is told to the execution.
    pub(super) fn event(self, attempt: u64) -> Option<Event> {
        Some(match self {
            Came::Answered(answer) => Event::Answered { attempt, answer },
            Came::Embedded(embedded) => Event::Embedded { attempt, vectors: embedded.vectors },
            Came::Faulted(fault) => Event::Faulted { attempt, fault },
            Came::Returned(result) => Event::Returned { attempt, result },
            Came::Broken(fault) => Event::Broken { attempt, fault },
            Came::Unsent(refusal) => Event::refused(attempt, &refusal),
            Came::Elapsed(timer) => Event::Elapsed { timer },
            Came::Looked(attempt, spent) => Event::Looked { attempt, spent },
            Came::Over(over) => Event::Over { attempt, ceiling: over.claim.ceiling, detail: over.to_string() },
            Came::Decided(..) | Came::Unheld(_) | Came::Dropped | Came::Ended => return None,
        })
    }
}

/// A tool call with everything in its source evaluated. The environment is read here and nowhere else.
pub(super) fn tool_request(runner: &Runner, plan: &Plan, calling: &Calling) -> Result<ToolRequest, ToolFault> {
    let broken = |detail: String| ToolFault { detail, timed_out: false, charge: ToolCharge::Nothing };
    let tool = plan.program.tools.get(calling.tool.index()).ok_or_else(|| broken("there is no such tool".into()))?;
    let sizer = Sizer::default();
    let surroundings = Source { slots: &calling.slots, variable: &*runner.environment };
    let on = Evaluator { types: &plan.program.types, sizer: &sizer, surroundings: &surroundings };
    let text = |expr: &Expr| match on.value(expr) {
        Ok(value) => Ok(shown(&value, &plan.program.types)),
        Err(failure) => Err(broken(failure.detail)),
    };
    let target = match &tool.source {
        ToolSource::Http { method, url } => ToolTarget::Http { method: method.clone(), url: text(url)? },
        ToolSource::Exec { command } => {
            ToolTarget::Exec { command: command.iter().map(text).collect::<Result<_, _>>()? }
        }
        // INVARIANT: `run::able` has refused the run.
        ToolSource::Mcp { .. } | ToolSource::Index { .. } => {
            return Err(broken("this version has neither servers of tools nor indexes".into()));
        }
    };
    Ok(ToolRequest {
        target,
        args: calling.args.clone(),
        timeout: Duration::from_millis(tool.time_ms),
        max_bytes: result_bytes(&tool.result),
        keys: keys(runner, plan),
        tool: Arc::new(tool.clone()),
    })
}

/// The variables that hold keys of the models of a plan.
fn keys(runner: &Runner, plan: &Plan) -> Vec<Key> {
    let variables: BTreeSet<&String> = plan.program.models.iter().filter_map(|model| model.key_env.as_ref()).collect();
    let value = |variable: &str| (runner.environment)(variable).map(SecretString::from);
    variables.into_iter().map(|variable| Key { variable: variable.clone(), value: value(variable) }).collect()
}

/// The most bytes of a result that are of any use: a text is cut anyway, JSON may be more verbose than its values.
fn result_bytes(result: &Ty) -> u64 {
    const JSON: u64 = 4 << 20;
    if let Ty::Text(size) = result { size.bytes.saturating_mul(8).saturating_add(1024).min(JSON) } else { JSON }
}

struct Source<'a> {
    slots: &'a [(Slot, Value)],
    variable: &'a (dyn Fn(&str) -> Option<String> + Send + Sync),
}

impl Surroundings for Source<'_> {
    fn slot(&self, slot: Slot) -> Option<Value> {
        self.slots.iter().find(|(at, _)| *at == slot).map(|(_, value)| value.clone())
    }

    fn variable(&self, name: &str) -> Option<String> {
        (self.variable)(name)
    }
}
