//! A tool call: its gate, then the call, once. Closed gates and failures count like any call.

use std::collections::BTreeMap;
use std::sync::Arc;

use flow_compiler::cost::{Money, Resources, show_millis};
use flow_compiler::program::{Effect, GateElse, Reason, Slot, Tool, ToolId};
use serde_json::{Map, Value as Json};

use super::action::{Action, Asked, Calling, Sending};
use super::body::BodyJob;
use super::core::{Core, Work};
use super::event::Event;
use super::frame::{At, FrameId, Job, Next, Outcome};
use super::variables::VariablesId;
use crate::failure::Failure;
use crate::ledger::{Cause, Kind};
use crate::tool::ToolCharge;
use crate::value::{Source, Value, read, to_json};

/// Who asks for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AskedBy {
    /// The flow.
    Flow,
    /// A model, in a turn.
    Model,
}

/// A tool call that runs.
pub(super) struct ToolJob<'p> {
    id: ToolId,
    tool: &'p Tool,
    args: Vec<(Slot, Value)>,
    by: AskedBy,
    misused: bool,
    /// What the gate said, while the same call is under way and this one waits for it.
    waits: Option<&'static str>,
    variables: VariablesId,
    /// What is handed on when the call has been counted.
    then: Option<Outcome>,
    /// The key of `once per`, where this call is the first with it.
    once: Option<String>,
    /// What the gate said when the call was made.
    gate: &'static str,
    /// Whether it was under way when its process ended, and is made again.
    again: bool,
    /// How often a model had the very same call made before.
    made: u64,
}

/// What the tools of a run were called with, and what came of calls that are made once.
#[derive(Debug, Default)]
pub(super) struct Memory {
    seen: BTreeMap<ToolId, Vec<Vec<(Slot, Value)>>>,
    once: BTreeMap<(ToolId, String), Once>,
}

/// What is known of a call that is made once.
#[derive(Debug)]
enum Once {
    /// It is under way; these frames repeat it and wait.
    UnderWay(Vec<FrameId>),
    /// What came of it.
    Known(Outcome),
}

impl Memory {
    /// Whether a tool was called with a value: of that parameter, or of any.
    pub(super) fn has_seen(&self, tool: ToolId, parameter: Option<Slot>, value: &Value) -> bool {
        let calls = self.seen.get(&tool).map_or(&[][..], Vec::as_slice);
        let is_it = |(slot, seen): &(Slot, Value)| parameter.is_none_or(|asked| asked == *slot) && seen == value;
        calls.iter().flatten().any(is_it)
    }
}

impl<'p> ToolJob<'p> {
    pub(super) fn new(id: ToolId, tool: &'p Tool, args: Vec<(Slot, Value)>, by: AskedBy) -> ToolJob<'p> {
        ToolJob {
            id,
            tool,
            args,
            by,
            misused: false,
            waits: None,
            variables: 0,
            then: None,
            once: None,
            gate: "none",
            again: false,
            made: 0,
        }
    }

    /// Whether it was not given what the tool takes.
    pub(super) fn lacks_arguments(&self) -> bool {
        self.args.len() < self.tool.params.len()
    }

    /// The same, with arguments that are not of the tool's types: it is counted and fails.
    pub(super) fn misused(mut self) -> ToolJob<'p> {
        self.misused = true;
        self
    }

    pub(super) fn start(&mut self, at: &At, core: &mut Core<'p>) -> Next {
        if let Some(gate) = self.waits.take() {
            return self.open(at, core, gate);
        }
        self.variables = core.variables.open(None, self.args.iter().cloned());
        core.variables.are_of(self.variables, self.id);
        if self.misused {
            let failure = Failure::new(Reason::ToolFailed, "its arguments are not of its types");
            return self.count(at, core, "denied", Outcome::Failed(failure));
        }
        match &self.tool.gate {
            Some(gate) => {
                core.child(at, 0, "", Job::Body(BodyJob::new(&gate.open, self.variables)));
                Next::Waiting
            }
            None => self.open(at, core, "none"),
        }
    }

    /// The gate has been decided.
    pub(super) fn child(&mut self, at: &At, core: &mut Core<'p>, outcome: Outcome) -> Next {
        match outcome {
            Outcome::Value(Value::Bool(true)) => self.open(at, core, "open"),
            Outcome::Value(Value::Bool(false)) => self.closed(at, core),
            Outcome::Value(_) => self.end(core, Outcome::Failed(Failure::broken("a gate is neither true nor false"))),
            Outcome::Failed(_) | Outcome::Left(_) => self.end(core, outcome),
        }
    }

    fn closed(&mut self, at: &At, core: &mut Core<'p>) -> Next {
        let Some(gate) = &self.tool.gate else { return Next::broken("a gate is closed that is none") };
        match &gate.otherwise {
            GateElse::Value(expr) => {
                let value = core.value(self.variables, expr);
                self.count(at, core, "value", value.map_or_else(Outcome::Failed, Outcome::Value))
            }
            GateElse::Deny => {
                let detail = format!("the gate of `{}` is closed", self.tool.name);
                self.count(at, core, "denied", Outcome::Failed(Failure::new(Reason::Denied, detail)))
            }
            GateElse::Approve { role, within_ms } => {
                // INVARIANT: what is shown is what is sent: both are made of the same arguments, which nothing changes.
                let asked = Asked::Approval { tool: self.tool.name.clone(), args: self.shown(core) };
                core.ask_person(at, role, *within_ms, asked);
                Next::Waiting
            }
        }
    }

    fn open(&mut self, at: &At, core: &mut Core<'p>, gate: &'static str) -> Next {
        if let Some(key) = self.once_key(core) {
            match core.memory.once.get_mut(&(self.id, key.clone())) {
                Some(Once::Known(outcome)) => {
                    let outcome = outcome.clone();
                    return self.count(at, core, "repeated", outcome);
                }
                Some(Once::UnderWay(waiting)) => {
                    waiting.push(at.id);
                    self.waits = Some(gate);
                    return Next::Waiting;
                }
                None => {
                    core.memory.once.insert((self.id, key.clone()), Once::UnderWay(Vec::new()));
                    self.once = Some(key);
                }
            }
        }
        let made = core.memory.seen.entry(self.id).or_default();
        // A flow repeats itself where it says so; a model that does is most likely lost.
        if self.by == AskedBy::Model {
            self.made = made.iter().filter(|args| **args == self.args).count() as u64;
        }
        made.push(self.args.clone());
        self.gate = gate;
        self.send(at, core)
    }

    fn send(&mut self, at: &At, core: &mut Core<'p>) -> Next {
        let reserve = Resources { cost: self.tool.price, tools: 1, time_ms: self.tool.time_ms, ..Resources::ZERO };
        let sending = self.sending(at, core, reserve);
        let calling = Box::new(self.calling(core, self.gate));
        core.act(|sending| Action::Call(sending, calling), sending);
        Next::Waiting
    }

    /// Counts a call that is not sent, then hands an outcome on.
    fn count(&mut self, at: &At, core: &mut Core<'p>, gate: &'static str, then: Outcome) -> Next {
        self.then = Some(then);
        let reserve = Resources { cost: Money::ZERO, tools: 1, ..Resources::ZERO };
        let sending = self.sending(at, core, reserve);
        let calling = Box::new(self.calling(core, gate));
        core.act(|sending| Action::Count(sending, calling), sending);
        Next::Waiting
    }

    /// It was under way when its process ended. INVARIANT I-5: only what reads is done again, as a call of its own that has to
    /// fit below the limits; whatever may have changed something is not.
    fn lost(&mut self, at: &At, core: &mut Core<'p>) -> Next {
        if self.tool.effect == Effect::Read {
            self.again = true;
            return self.send(at, core);
        }
        let outcome = self.in_doubt();
        self.settle_once(core, Some(&outcome));
        self.end(core, outcome)
    }

    fn in_doubt(&self) -> Outcome {
        let detail = format!(
            "`{}`: its process ended before it returned, so whether it took place is not known",
            self.tool.name
        );
        Outcome::Failed(Failure::new(Reason::ToolFailed, detail))
    }

    /// A person did not let it go ahead.
    fn denied(&mut self, at: &At, core: &mut Core<'p>, by: &str) -> Next {
        let detail = format!("`{}` was denied by {by}", self.tool.name);
        self.count(at, core, "denied", Outcome::Failed(Failure::new(Reason::Denied, detail)))
    }

    /// Nobody decided about it in time.
    fn expired(&mut self, at: &At, core: &mut Core<'p>) -> Next {
        let (role, within) = match self.tool.gate.as_ref().map(|gate| &gate.otherwise) {
            Some(GateElse::Approve { role, within_ms }) => (role.as_str(), show_millis(*within_ms)),
            Some(GateElse::Value(_) | GateElse::Deny) | None => ("", String::new()),
        };
        let detail = format!("`{}`: nobody of `{role}` answered within {within}", self.tool.name);
        self.count(at, core, "expired", Outcome::Failed(Failure::new(Reason::Timeout, detail)))
    }

    pub(super) fn event(&mut self, at: &At, core: &mut Core<'p>, event: &Event) -> Next {
        let outcome = match event {
            Event::Approved { .. } => return self.open(at, core, "approved"),
            Event::Denied { by, .. } => return self.denied(at, core, by),
            Event::Expired { .. } => return self.expired(at, core),
            Event::Lost { .. } => return self.lost(at, core),
            // Nothing happened and nothing was charged: the call that was counted is made now.
            Event::Unsent { .. } => return self.send(at, core),
            // What is made again is no part of the bound: where there is no room for it, it stays in doubt.
            Event::Refused { .. } if self.again => Some(self.in_doubt()),
            Event::Counted { .. } => self.then.take(),
            Event::Returned { result, .. } => Some(self.result(core, result)),
            Event::Broken { fault, .. } => {
                let reason = if fault.timed_out { Reason::Timeout } else { Reason::ToolFailed };
                let detail = format!("`{}`: {}", self.tool.name, fault.detail);
                // What provably did not happen may be tried again; what is in doubt is not.
                if fault.charge == ToolCharge::Nothing {
                    self.settle_once(core, None);
                }
                Some(Outcome::Failed(Failure::new(reason, detail)))
            }
            Event::Refused { scope, detail, .. } => {
                self.settle_once(core, None);
                Some(Outcome::Failed(Failure::refused(*scope == 0, detail)))
            }
            Event::Started
            | Event::Answered { .. }
            | Event::Embedded { .. }
            | Event::Faulted { .. }
            | Event::Looked { .. }
            | Event::Told { .. }
            | Event::Resumed
            | Event::Elapsed { .. }
            | Event::Halted { .. } => None,
            Event::Over { ceiling, detail, .. } => {
                self.settle_once(core, None);
                Some(core.over(*ceiling, detail))
            }
        };
        match outcome {
            Some(outcome) => {
                self.settle_once(core, Some(&outcome));
                self.end(core, outcome)
            }
            None => Next::Waiting,
        }
    }

    /// What came of a call that is made once is known from now on, or it may be made again. Whoever waits looks again.
    fn settle_once(&mut self, core: &mut Core<'p>, outcome: Option<&Outcome>) {
        let Some(key) = self.once.take() else { return };
        let before = match outcome {
            Some(outcome) => core.memory.once.insert((self.id, key), Once::Known(outcome.clone())),
            None => core.memory.once.remove(&(self.id, key)),
        };
        if let Some(Once::UnderWay(waiting)) = before {
            core.work.extend(waiting.into_iter().map(Work::Start));
        }
    }

    /// What the tool returned, cut to its declared size before anyone sees it.
    fn result(&self, core: &Core<'p>, result: &Json) -> Outcome {
        match read(result, &self.tool.result, "", &core.types, &core.sizer, Source::Tool) {
            Ok(value) => Outcome::Value(value),
            Err(misfit) => {
                let detail = format!("the result of `{}` is not of its type: {misfit}", self.tool.name);
                Outcome::Failed(Failure::new(Reason::ToolFailed, detail))
            }
        }
    }

    fn end(&mut self, core: &mut Core<'p>, outcome: Outcome) -> Next {
        core.variables.close(self.variables);
        Next::Done(outcome)
    }

    fn once_key(&self, core: &Core<'p>) -> Option<String> {
        if self.tool.once_per.is_empty() {
            return None;
        }
        let key = self.tool.once_per.iter().map(|index| {
            let parameter = self.tool.params.get(usize::try_from(*index).ok()?)?;
            let (_, value) = self.args.iter().find(|(slot, _)| *slot == parameter.slot)?;
            Some(to_json(value, &core.types))
        });
        Some(Json::Array(key.collect::<Option<_>>()?).to_string())
    }

    fn sending(&self, at: &At, core: &mut Core<'p>, reserve: Resources) -> Sending {
        Sending {
            attempt: core.attempt(at),
            scope: at.scope,
            kind: Kind::Tool,
            step: self.tool.name.clone(),
            path: at.path.clone(),
            address: at.address.clone(),
            model: None,
            tier: None,
            rung: None,
            left_out: 0,
            turn: None,
            cause: if at.judging { Cause::Judge } else { Cause::First },
            reserve,
            under: Arc::clone(&at.under),
        }
    }

    fn calling(&self, core: &Core<'p>, gate: &'static str) -> Calling {
        let args = self.shown(core);
        let by_model = self.by == AskedBy::Model;
        Calling { tool: self.id, args, slots: self.args.clone(), by_model, gate, made: self.made }
    }

    /// The arguments by parameter.
    fn shown(&self, core: &Core<'p>) -> Map<String, Json> {
        let json = |slot: Slot| {
            let value = self.args.iter().find(|(at, _)| *at == slot);
            value.map_or(Json::Null, |(_, value)| to_json(value, &core.types))
        };
        self.tool.params.iter().map(|param| (param.name.clone(), json(param.slot))).collect()
    }
}
