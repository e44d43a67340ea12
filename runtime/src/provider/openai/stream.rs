//! The pieces of an answer, put together. In: the data of events, in order. Out: an [`Answer`], or how it came to nothing.
//!
//! A stream is whole when the provider said why it ended; `[DONE]` alone is no reason.

use flow_compiler::cost::Usage;
use serde::Deserialize;
use serde_json::Value;

use super::usage::Reported;
use crate::provider::remote::draft::Draft;
use crate::provider::remote::{Assembly, Broken, Next};
use crate::provider::{Answer, Finish};

/// An answer while it arrives.
#[derive(Debug)]
pub(in crate::provider) struct Completion {
    draft: Draft,
    refusal: bool,
    reported: Reported,
    /// The last report came by itself, and nothing of the answer after it.
    is_last: bool,
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

impl Assembly for Completion {
    fn new(max_output: u64) -> Self {
        Completion { draft: Draft::new(max_output), refusal: false, reported: Reported::default(), is_last: false }
    }

    fn take(&mut self, data: &[u8]) -> Result<Next, Broken> {
        match data.trim_ascii() {
            b"" => return Ok(Next::More),
            b"[DONE]" => return Ok(Next::Done),
            _ => {}
        }
        let chunk: Chunk = serde_json::from_slice(data).map_err(|_| Broken::Garbage)?;
        // Usage first: it counts also where the same event breaks the answer.
        chunk.usage.iter().for_each(|usage| self.reported.take(usage));
        let is_alone = chunk.choices.as_ref().is_none_or(Vec::is_empty);
        self.is_last = is_alone && (self.is_last || chunk.usage.is_some());
        if let Some(error) = chunk.error.filter(|error| !error.is_null()) {
            return Err(Broken::error(&error));
        }
        if chunk.choices.is_none() && chunk.usage.is_none() {
            return Err(Broken::Garbage);
        }
        self.draft.name(chunk.model);
        for choice in chunk.choices.into_iter().flatten().filter(|choice| choice.index.unwrap_or(0) == 0) {
            self.take_choice(choice)?;
        }
        Ok(Next::More)
    }

    fn pieces(&self) -> u64 {
        self.draft.pieces()
    }

    /// INVARIANT I-10: reports may be cumulative, so one that comes along with a piece says what was used so far. It counts once the
    /// answer has said why it ended.
    fn usage(&self) -> Option<Usage> {
        let is_final = self.is_last || self.draft.ended().is_some();
        self.reported.generation().filter(|_| is_final)
    }

    fn finish(self) -> Result<Answer, Broken> {
        let finish = match self.draft.ended().ok_or(Broken::Cut)? {
            "length" | "max_tokens" | "model_length" => Finish::Length,
            "content_filter" | "refusal" | "safety" => Finish::Refused,
            ended @ ("error" | "insufficient_system_resource") => {
                return Err(Broken::Error { code: ended.to_owned(), message: "the model stopped early".into() });
            }
            // Some servers say `stop` also after calls.
            _ if self.draft.has_calls() => Finish::Tools,
            _ if self.refusal => Finish::Refused,
            _ => Finish::Stop,
        };
        Ok(self.draft.answer(finish, self.reported.generation()))
    }
}

impl Completion {
    fn take_choice(&mut self, choice: Choice) -> Result<(), Broken> {
        if let Some(reason) = choice.finish_reason {
            self.draft.end(&reason);
        }
        // What came piece by piece is not taken again as a whole.
        let whole = choice.message.filter(|_| self.draft.is_empty());
        let Some(delta) = choice.delta.filter(Delta::says_something).or(whole) else { return Ok(()) };
        self.draft.piece();
        if let Some(content) = delta.content {
            self.take_content(content)?;
        }
        if let Some(refusal) = delta.refusal {
            self.refusal |= !refusal.is_empty();
            self.draft.say(&refusal)?;
        }
        // Thinking is not kept, and counts all the same.
        let thought = |text: &Option<Value>| text.as_ref().and_then(Value::as_str).map_or(0, str::len);
        self.draft.pass(thought(&delta.reasoning).max(thought(&delta.reasoning_content)))?;
        for call in delta.tool_calls.into_iter().flatten() {
            self.take_call(call)?;
        }
        Ok(())
    }

    /// A text, or a list of parts, of which those with a `text` are the answer.
    fn take_content(&mut self, content: Value) -> Result<(), Broken> {
        match content {
            Value::Null => Ok(()),
            Value::String(text) => self.draft.say(&text),
            Value::Array(parts) => {
                for part in &parts {
                    match part.as_str().or_else(|| part.get("text")?.as_str()) {
                        Some(text) => self.draft.say(text)?,
                        None => self.draft.pass(part.to_string().len())?,
                    }
                }
                Ok(())
            }
            Value::Bool(_) | Value::Number(_) | Value::Object(_) => Err(Broken::Garbage),
        }
    }

    fn take_call(&mut self, delta: CallDelta) -> Result<(), Broken> {
        let (name, arguments) = delta.function.map_or((None, None), |function| (function.name, function.arguments));
        self.draft.call(delta.index, delta.id, name, arguments.as_deref().unwrap_or_default())
    }
}
