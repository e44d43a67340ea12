//! What is kept of an answer while it arrives. In: its pieces, whatever protocol they came by. Out: an [`Answer`].
//!
//! Everything that is kept is counted against a limit that follows from the output cap, so a server that never stops is noticed
//! and cannot fill the memory.

use flow_compiler::cost::Usage;
use serde_json::Value;

use super::Broken;
use crate::provider::{Answer, Finish, ToolCall};

/// No known vocabulary has a token of more bytes: the longest of `o200k_base` is 128 spaces.
const BYTES_A_TOKEN: u64 = 256;
/// Room for what is kept beside tokens: names, ids, and the few bytes of an empty answer.
const SLACK: u64 = 16 << 10;
/// An answer of more bytes is refused whatever its cap.
const MOST_KEPT: u64 = 64 << 20;
/// A call with a longer id gets another one.
const LONGEST_ID: usize = 64;
/// More calls in one turn are refused.
const MOST_CALLS: usize = 256;

/// An answer while it arrives.
#[derive(Debug)]
pub(in crate::provider) struct Draft {
    text: String,
    calls: Vec<Part>,
    ended: Option<String>,
    model: Option<String>,
    pieces: u64,
    kept: u64,
    limit: u64,
}

/// A call while it arrives.
#[derive(Debug)]
struct Part {
    index: Option<u64>,
    call: ToolCall,
}

impl Draft {
    /// For an answer of at most so many tokens.
    pub(in crate::provider) fn new(max_output: u64) -> Draft {
        let limit = max_output.saturating_mul(BYTES_A_TOKEN).saturating_add(SLACK).min(MOST_KEPT);
        Draft { text: String::new(), calls: Vec::new(), ended: None, model: None, pieces: 0, kept: 0, limit }
    }

    /// Counts something that is not kept: thinking.
    pub(in crate::provider) fn pass(&mut self, bytes: usize) -> Result<(), Broken> {
        self.kept = self.kept.saturating_add(bytes as u64);
        if self.kept > self.limit { Err(Broken::Endless) } else { Ok(()) }
    }

    /// Takes a piece of the text.
    pub(in crate::provider) fn say(&mut self, text: &str) -> Result<(), Broken> {
        self.pass(text.len())?;
        self.text.push_str(text);
        Ok(())
    }

    /// Takes a piece of a call. What it is called is said once, its arguments piece by piece.
    pub(in crate::provider) fn call(
        &mut self,
        index: Option<u64>,
        id: Option<String>,
        name: Option<String>,
        arguments: &str,
    ) -> Result<(), Broken> {
        let id = id.filter(|id| !id.is_empty());
        let named = [&id, &name].into_iter().flatten().map(String::len).sum::<usize>();
        self.pass(named.saturating_add(arguments.len()))?;
        let part = self.part(index, id.as_deref())?;
        if let (true, Some(id)) = (part.call.id.is_empty(), id) {
            part.call.id = id;
        }
        if let (true, Some(name)) = (part.call.name.is_empty(), name) {
            part.call.name = name;
        }
        part.call.arguments.push_str(arguments);
        Ok(())
    }

    /// Another piece of output.
    pub(in crate::provider) fn piece(&mut self) {
        self.pieces = self.pieces.saturating_add(1);
    }

    /// How many pieces there were.
    pub(in crate::provider) fn pieces(&self) -> u64 {
        self.pieces
    }

    /// The model that answers, as the provider names it.
    pub(in crate::provider) fn name(&mut self, model: Option<String>) {
        if let Some(model) = model.filter(|model| !model.is_empty()) {
            self.model = Some(model.chars().take(256).collect());
        }
    }

    /// Why it ended, in the provider's word.
    pub(in crate::provider) fn end(&mut self, reason: &str) {
        self.ended = Some(reason.chars().take(64).collect());
    }

    /// The provider's word for why it ended, if it said.
    pub(in crate::provider) fn ended(&self) -> Option<&str> {
        self.ended.as_deref()
    }

    /// Whether it asks for tools.
    pub(in crate::provider) fn has_calls(&self) -> bool {
        !self.calls.is_empty()
    }

    /// Whether nothing was said yet.
    pub(in crate::provider) fn is_empty(&self) -> bool {
        self.text.is_empty() && self.calls.is_empty()
    }

    /// The answer.
    pub(in crate::provider) fn answer(self, finish: Finish, usage: Option<Usage>) -> Answer {
        Answer { text: self.text, calls: named(self.calls), finish, usage, model: self.model }
    }

    /// The call that a piece belongs to: by its index, else by its id, else the one before; a new one where there is none.
    fn part(&mut self, index: Option<u64>, id: Option<&str>) -> Result<&mut Part, Broken> {
        let at = match (index, id) {
            (Some(_), _) => self.calls.iter().position(|part| part.index == index),
            (None, Some(id)) => self.calls.iter().position(|part| part.call.id == id),
            (None, None) => self.calls.len().checked_sub(1),
        };
        let at = at.unwrap_or(self.calls.len());
        if at == self.calls.len() {
            let call = ToolCall { id: String::new(), name: String::new(), arguments: String::new() };
            self.calls.push(Part { index, call });
        }
        if at >= MOST_CALLS { Err(Broken::Endless) } else { self.calls.get_mut(at).ok_or(Broken::Garbage) }
    }
}

/// The arguments of an earlier call, for a protocol that wants them as an object. What is none, or would be longer than what
/// was counted once it is written anew, is sent empty: what came of the call stands right behind it.
pub(in crate::provider) fn arguments(call: &ToolCall) -> Value {
    let read = serde_json::from_str::<Value>(&call.arguments).ok().filter(Value::is_object);
    read.filter(|value| value.to_string().len() <= call.arguments.len())
        .unwrap_or_else(|| Value::Object(Default::default()))
}

/// The calls, each with an id that no other has, that is short and that every protocol takes: it is sent back in every turn from
/// now on. Arguments are two bytes or more, as an empty object is.
fn named(parts: Vec<Part>) -> Vec<ToolCall> {
    let mut calls: Vec<ToolCall> = Vec::with_capacity(parts.len());
    for (number, part) in parts.into_iter().enumerate() {
        let mut call = part.call;
        let taken = |id: &str| calls.iter().any(|other| other.id == id);
        let plain = |id: &str| id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
        if call.id.is_empty() || call.id.len() > LONGEST_ID || !plain(&call.id) || taken(&call.id) {
            call.id = (number..).map(|number| format!("call_{number}")).find(|id| !taken(id)).unwrap_or_default();
        }
        if call.arguments.len() < 2 {
            call.arguments = "{}".into();
        }
        calls.push(call);
    }
    calls
}
