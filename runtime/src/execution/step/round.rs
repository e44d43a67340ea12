//! The tool calls of one turn: those that are left to the model are made, side by side; the others are dropped.

use flow_compiler::bound::{DENIED, NOTE};
use flow_compiler::program::{Reason, Slot, Tool, ToolId};
use serde_json::Value as Json;

use super::StepJob;
use super::conversation::{Reader, again, can_be_read, readers};
use crate::execution::core::Core;
use crate::execution::frame::{At, Job, Next, Outcome};
use crate::execution::tool::{AskedBy, ToolJob};
use crate::ledger::Cause;
use crate::provider::{Answer, Message, Role, ToolCall};
use crate::value::{Source, Value, read, shown};

/// What the model is told of a call that did not work: as long as [`DENIED`], so that the bound holds.
const FAILED: &str = "Failed.";

/// A turn whose tool calls are under way.
pub(super) struct Round {
    text: String,
    calls: Vec<ToolCall>,
    results: Vec<Option<String>>,
    /// What ends the step when all calls have come back.
    leaving: Option<Outcome>,
}

impl<'p> StepJob<'p> {
    /// Makes the calls that a turn asks for, as far as they are left and every model that may take over has room to read them.
    pub(super) fn call(&mut self, at: &At, core: &mut Core<'p>, answer: &Answer) -> Next {
        let mut round = Round { text: answer.text.clone(), calls: Vec::new(), results: Vec::new(), leaving: None };
        let mut jobs = Vec::new();
        let readers = readers(core, self.step, self.ceiling);
        for call in &answer.calls {
            let Some((index, id, tool)) = self.tool(core, &call.name) else { continue };
            let Some(left) = self.conversation.left.get_mut(index).filter(|left| **left > 0) else { continue };
            round.calls.push(call.clone());
            if !can_be_read(&round.calls, &readers) {
                round.calls.pop();
                continue;
            }
            // INVARIANT: a call counts against its cap when it is asked for, whatever becomes of it.
            *left -= 1;
            jobs.push((id, tool, arguments(core, tool, &call.arguments)));
            round.results.push(None);
        }
        if round.calls.is_empty() {
            return self.decline(at, core, &answer.text);
        }
        for (key, (id, tool, args)) in jobs.into_iter().enumerate() {
            let job = ToolJob::new(id, tool, args.unwrap_or_default(), AskedBy::Model);
            let job = if tool.params.is_empty() || !job.lacks_arguments() { job } else { job.misused() };
            core.child(at, key as u64, &tool.name, Job::Tool(Box::new(job)));
        }
        self.round = Some(round);
        Next::Waiting
    }

    /// The turn asked only for calls that it may not make: it is told so, and that uses up one of those that are left.
    fn decline(&mut self, at: &At, core: &mut Core<'p>, text: &str) -> Next {
        if let Some(left) = self.conversation.left.iter_mut().find(|left| **left > 0) {
            *left -= 1;
        }
        let message = |role, text: &str| Message { role, segments: vec![text.to_owned()], calls: Vec::new() };
        let text = again(text, &[], &readers(core, self.step, self.ceiling));
        self.conversation.said(vec![message(Role::Assistant, text), message(Role::User, NOTE)]);
        self.ask(at, core, Cause::First)
    }

    /// A tool call of this turn has come back.
    pub(super) fn returned(&mut self, at: &At, core: &mut Core<'p>, key: u64, outcome: Outcome) -> Next {
        let Some(round) = &mut self.round else { return Next::broken("a tool came back that was not called") };
        let told = match outcome {
            Outcome::Value(value) => shown(&value, &core.types),
            Outcome::Failed(failure) if failure.reason == Reason::Exhausted || failure.ends_the_run() => {
                Outcome::Failed(failure).leaves(&mut round.leaving);
                String::new()
            }
            Outcome::Failed(failure) if failure.reason == Reason::Denied => DENIED.to_owned(),
            Outcome::Failed(_) => FAILED.to_owned(),
            Outcome::Left(_) => {
                outcome.leaves(&mut round.leaving);
                String::new()
            }
        };
        if let Some(result) = usize::try_from(key).ok().and_then(|key| round.results.get_mut(key)) {
            *result = Some(told);
        }
        if round.results.iter().any(Option::is_none) {
            return Next::Waiting;
        }
        let Some(round) = self.round.take() else { return Next::Waiting };
        if let Some(leaving) = round.leaving {
            return self.end(core, leaving);
        }
        let readers = readers(core, self.step, self.ceiling);
        self.conversation.said(round.messages(&readers));
        self.ask(at, core, Cause::First)
    }

    fn tool(&self, core: &Core<'p>, name: &str) -> Option<(usize, ToolId, &'p Tool)> {
        let tools = self.step.tools.iter().enumerate();
        let mut known = tools.filter_map(|(index, (id, _))| Some((index, *id, core.program().tools.get(id.index())?)));
        known.find(|(_, _, tool)| tool.name == name)
    }
}

impl Round {
    /// What was said in this turn: the calls that were made, and their results.
    fn messages(self, readers: &[Reader]) -> Vec<Message> {
        let text = again(&self.text, &self.calls, readers).to_owned();
        let results = self.calls.iter().zip(self.results).map(|(call, result)| Message {
            role: Role::Tool(call.id.clone()),
            segments: vec![result.unwrap_or_default()],
            calls: Vec::new(),
        });
        let results: Vec<Message> = results.collect();
        let said = Message { role: Role::Assistant, segments: vec![text], calls: self.calls };
        std::iter::once(said).chain(results).collect()
    }
}

/// The arguments that a model wrote, by slot. `None` where they are not of the tool's types.
fn arguments(core: &Core<'_>, tool: &Tool, written: &str) -> Option<Vec<(Slot, Value)>> {
    let written = if written.trim().is_empty() { "{}" } else { written };
    let Json::Object(object) = serde_json::from_str(written).ok()? else { return None };
    let argument = |param: &flow_compiler::program::Param| {
        let json = object.get(&param.name).unwrap_or(&Json::Null);
        let value = read(json, &param.ty, &param.name, &core.types, &core.sizer, Source::Answer).ok()?;
        Some((param.slot, value))
    };
    tool.params.iter().map(argument).collect()
}
