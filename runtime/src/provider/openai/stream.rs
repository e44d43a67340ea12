//! The pieces of an answer, put together. In: the data of events, in order. Out: an [`Answer`], or how it came to nothing.
//!
//! A stream is whole when the provider said why it ended; `[DONE]` alone is no reason. Everything that is kept is counted
//! against a limit that follows from the output cap, so a server that never stops is noticed and cannot fill the memory.

use serde::Deserialize;
use serde_json::Value;

use super::usage::Reported;
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
pub(super) struct Assembly {
    text: String,
    refusal: bool,
    calls: Vec<Part>,
    ended: Option<String>,
    model: Option<String>,
    reported: Reported,
    pieces: u64,
    kept: u64,
    limit: u64,
}

/// What an event was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// There may be more.
    More,
    /// `[DONE]`.
    Done,
}

/// Why an answer cannot be put together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// Not JSON, or not a piece of an answer.
    Garbage,
    /// The provider reports an error inside the stream: its code or type, and its message.
    Error { code: String, message: String },
    /// More was sent than the output cap can hold.
    Endless,
    /// The stream ended and nobody said why.
    Cut,
}

/// A call while it arrives.
#[derive(Debug)]
struct Part {
    index: Option<u64>,
    call: ToolCall,
}

#[derive(Deserialize)]
struct Chunk {
    model: Option<String>,
    choices: Option<Vec<Choice>>,
    usage: Option<Value>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    index: Option<u64>,
    delta: Option<Delta>,
    /// A whole answer, from a server that does not stream. Some servers send both.
    message: Option<Delta>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Delta {
    content: Option<Value>,
    refusal: Option<String>,
    reasoning: Option<Value>,
    /// The same under its older name. Some servers send both.
    reasoning_content: Option<Value>,
    tool_calls: Option<Vec<CallDelta>>,
}

#[derive(Deserialize)]
struct CallDelta {
    index: Option<u64>,
    id: Option<String>,
    function: Option<FunctionDelta>,
}

#[derive(Deserialize)]
struct FunctionDelta {
    name: Option<String>,
    arguments: Option<String>,
}

impl Delta {
    fn says_something(&self) -> bool {
        self.content.is_some()
            || self.refusal.is_some()
            || self.reasoning.is_some()
            || self.reasoning_content.is_some()
            || self.tool_calls.is_some()
    }
}

impl Assembly {
    /// For an answer of at most so many tokens.
    pub(super) fn new(max_output: u64) -> Self {
        let limit = max_output.saturating_mul(BYTES_A_TOKEN).saturating_add(SLACK).min(MOST_KEPT);
        Assembly {
            text: String::new(),
            refusal: false,
            calls: Vec::new(),
            ended: None,
            model: None,
            reported: Reported::default(),
            pieces: 0,
            kept: 0,
            limit,
        }
    }

    /// Takes the data of the next event.
    pub(super) fn take(&mut self, data: &[u8]) -> Result<Next, Broken> {
        match data.trim_ascii() {
            b"" => return Ok(Next::More),
            b"[DONE]" => return Ok(Next::Done),
            _ => {}
        }
        let chunk: Chunk = serde_json::from_slice(data).map_err(|_| Broken::Garbage)?;
        // Usage first: it counts also where the same event breaks the answer.
        chunk.usage.iter().for_each(|usage| self.reported.take(usage));
        if let Some(error) = chunk.error.filter(|error| !error.is_null()) {
            return Err(error_in_stream(&error));
        }
        if chunk.choices.is_none() && chunk.usage.is_none() {
            return Err(Broken::Garbage);
        }
        if let Some(model) = chunk.model.filter(|model| !model.is_empty()) {
            self.model = Some(model.chars().take(256).collect());
        }
        for choice in chunk.choices.into_iter().flatten().filter(|choice| choice.index.unwrap_or(0) == 0) {
            self.take_choice(choice)?;
        }
        Ok(Next::More)
    }

    /// Pieces of output so far; most servers send a token a piece.
    pub(super) fn pieces(&self) -> u64 {
        self.pieces
    }

    /// What was reported so far.
    pub(super) fn reported(&self) -> &Reported {
        &self.reported
    }

    /// The answer, if the stream was whole.
    pub(super) fn finish(self) -> Result<Answer, Broken> {
        let ended = self.ended.ok_or(Broken::Cut)?;
        let finish = match ended.as_str() {
            "length" | "max_tokens" | "model_length" => Finish::Length,
            "content_filter" | "refusal" | "safety" => Finish::Refused,
            "error" | "insufficient_system_resource" => {
                return Err(Broken::Error { code: ended, message: "the model stopped early".into() });
            }
            // Some servers say `stop` also after calls.
            _ if !self.calls.is_empty() => Finish::Tools,
            _ if self.refusal => Finish::Refused,
            _ => Finish::Stop,
        };
        let usage = self.reported.generation();
        Ok(Answer { text: self.text, calls: named(self.calls), finish, usage, model: self.model })
    }

    fn take_choice(&mut self, choice: Choice) -> Result<(), Broken> {
        if let Some(reason) = choice.finish_reason {
            self.ended = Some(reason.chars().take(64).collect());
        }
        // What came piece by piece is not taken again as a whole.
        let whole = choice.message.filter(|_| self.text.is_empty() && self.calls.is_empty());
        let Some(delta) = choice.delta.filter(Delta::says_something).or(whole) else { return Ok(()) };
        self.pieces += 1;
        if let Some(content) = delta.content {
            self.take_content(content)?;
        }
        if let Some(refusal) = delta.refusal {
            self.keep(refusal.len())?;
            self.refusal |= !refusal.is_empty();
            self.text.push_str(&refusal);
        }
        // Thinking is not kept, and counts all the same.
        let thought = |text: &Option<Value>| text.as_ref().and_then(Value::as_str).map_or(0, str::len);
        self.keep(thought(&delta.reasoning).max(thought(&delta.reasoning_content)))?;
        for call in delta.tool_calls.into_iter().flatten() {
            self.take_call(call)?;
        }
        Ok(())
    }

    /// A text, or a list of parts, of which those with a `text` are the answer.
    fn take_content(&mut self, content: Value) -> Result<(), Broken> {
        match content {
            Value::Null => Ok(()),
            Value::String(text) => self.say(&text),
            Value::Array(parts) => {
                for part in &parts {
                    match part.as_str().or_else(|| part.get("text")?.as_str()) {
                        Some(text) => self.say(text)?,
                        None => self.keep(part.to_string().len())?,
                    }
                }
                Ok(())
            }
            Value::Bool(_) | Value::Number(_) | Value::Object(_) => Err(Broken::Garbage),
        }
    }

    fn say(&mut self, text: &str) -> Result<(), Broken> {
        self.keep(text.len())?;
        self.text.push_str(text);
        Ok(())
    }

    fn take_call(&mut self, delta: CallDelta) -> Result<(), Broken> {
        let (name, arguments) = delta.function.map_or((None, None), |function| (function.name, function.arguments));
        let id = delta.id.filter(|id| !id.is_empty());
        self.keep([&id, &name, &arguments].into_iter().flatten().map(String::len).sum())?;
        let part = self.part(delta.index, id.as_deref())?;
        if let (true, Some(id)) = (part.call.id.is_empty(), id) {
            part.call.id = id;
        }
        if let (true, Some(name)) = (part.call.name.is_empty(), name) {
            part.call.name = name;
        }
        part.call.arguments.push_str(arguments.as_deref().unwrap_or_default());
        Ok(())
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
            self.calls.push(Part {
                index,
                call: ToolCall { id: String::new(), name: String::new(), arguments: String::new() },
            });
        }
        if at >= MOST_CALLS { Err(Broken::Endless) } else { self.calls.get_mut(at).ok_or(Broken::Garbage) }
    }

    fn keep(&mut self, bytes: usize) -> Result<(), Broken> {
        self.kept = self.kept.saturating_add(bytes as u64);
        if self.kept > self.limit { Err(Broken::Endless) } else { Ok(()) }
    }
}

/// The calls, each with an id that no other has, and that is short: it is sent back in every turn from now on.
fn named(parts: Vec<Part>) -> Vec<ToolCall> {
    let mut calls: Vec<ToolCall> = Vec::with_capacity(parts.len());
    for (number, part) in parts.into_iter().enumerate() {
        let mut call = part.call;
        let taken = |id: &str| calls.iter().any(|other| other.id == id);
        if call.id.is_empty() || call.id.len() > LONGEST_ID || taken(&call.id) {
            call.id = (number..).map(|number| format!("call_{number}")).find(|id| !taken(id)).unwrap_or_default();
        }
        if call.arguments.is_empty() {
            call.arguments = "{}".into();
        }
        calls.push(call);
    }
    calls
}

fn error_in_stream(error: &Value) -> Broken {
    let (code, message) = super::fault::code_and_message(error);
    Broken::Error { code, message }
}
