//! An answer as Anthropic's Messages send it. In: the data of events, in order, or a body in one piece. Out: an [`Answer`], or
//! how it came to nothing.
//!
//! A stream is whole when it said why it ended; `message_stop` alone is no reason. Events and blocks of kinds that are not known
//! here may come at any time and say nothing.

use flow_compiler::cost::Usage;
use serde::Deserialize;
use serde_json::Value;

use super::usage::Reported;
use crate::provider::remote::draft::Draft;
use crate::provider::remote::{Assembly, Broken, Next};
use crate::provider::{Answer, Finish};

/// An answer while it arrives.
#[derive(Debug)]
pub(in crate::provider) struct Message {
    draft: Draft,
    reported: Reported,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Event {
    MessageStart {
        message: Head,
    },
    ContentBlockStart {
        index: u64,
        content_block: Block,
    },
    ContentBlockDelta {
        index: u64,
        delta: Delta,
    },
    MessageDelta {
        delta: End,
    },
    MessageStop,
    /// A whole answer, from a server that does not stream.
    Message {
        model: Option<String>,
        content: Vec<Block>,
        stop_reason: Option<String>,
    },
    Error {
        error: Value,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Head {
    model: Option<String>,
}

#[derive(Deserialize)]
struct End {
    stop_reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Block {
    Text {
        text: String,
    },
    ToolUse {
        id: String,
        name: String,
        input: Option<Value>,
    },
    Thinking {
        thinking: String,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Delta {
    #[serde(rename = "text_delta")]
    Text { text: String },
    #[serde(rename = "input_json_delta")]
    Input { partial_json: String },
    #[serde(rename = "thinking_delta")]
    Thinking { thinking: String },
    #[serde(other)]
    Other,
}

impl Assembly for Message {
    fn new(max_output: u64) -> Self {
        Message { draft: Draft::new(max_output), reported: Reported::default() }
    }

    fn take(&mut self, data: &[u8]) -> Result<Next, Broken> {
        if data.trim_ascii().is_empty() {
            return Ok(Next::More);
        }
        let data: Value = serde_json::from_slice(data).map_err(|_| Broken::Garbage)?;
        // Usage first: it counts also where the same event breaks the answer.
        data.pointer("/message/usage").into_iter().for_each(|usage| self.reported.begin(usage));
        data.get("usage").into_iter().for_each(|usage| self.reported.take(usage));
        match Event::deserialize(data).map_err(|_| Broken::Garbage)? {
            Event::MessageStart { message } => self.draft.name(message.model),
            Event::ContentBlockStart { index, content_block } => self.take_block(index, content_block)?,
            Event::ContentBlockDelta { index, delta } => self.take_delta(index, delta)?,
            Event::MessageDelta { delta } => self.end(delta.stop_reason),
            Event::MessageStop => return Ok(Next::Done),
            Event::Message { model, content, stop_reason } => {
                self.draft.name(model);
                for (index, block) in (0..).zip(content) {
                    self.take_block(index, block)?;
                }
                self.end(stop_reason);
            }
            Event::Error { error } => return Err(Broken::error(&error)),
            Event::Other => {}
        }
        Ok(Next::More)
    }

    fn pieces(&self) -> u64 {
        self.draft.pieces()
    }

    fn usage(&self) -> Option<Usage> {
        // Before the end every number is one of so far.
        self.draft.ended()?;
        self.reported.generation()
    }

    fn finish(self) -> Result<Answer, Broken> {
        let usage = self.usage();
        let finish = match self.draft.ended().ok_or(Broken::Cut)? {
            "max_tokens" | "model_context_window_exceeded" => Finish::Length,
            "refusal" => Finish::Refused,
            // Only tools of the provider pause, and none are asked for.
            ended @ "pause_turn" => {
                return Err(Broken::Error { code: ended.to_owned(), message: "the model stopped early".into() });
            }
            _ if self.draft.has_calls() => Finish::Tools,
            _ => Finish::Stop,
        };
        Ok(self.draft.answer(finish, usage))
    }
}

impl Message {
    fn end(&mut self, reason: Option<String>) {
        reason.iter().for_each(|reason| self.draft.end(reason));
    }

    /// A block as it begins, or whole.
    fn take_block(&mut self, index: u64, block: Block) -> Result<(), Broken> {
        match block {
            Block::Text { text } => self.draft.say(&text),
            Block::Thinking { thinking } => self.draft.pass(thinking.len()),
            Block::ToolUse { id, name, input } => {
                // In a stream it begins empty, and its arguments follow.
                let input = input.filter(|input| input.as_object().is_none_or(|fields| !fields.is_empty()));
                let input = input.filter(|input| !input.is_null()).map(|input| input.to_string()).unwrap_or_default();
                self.draft.call(Some(index), Some(id), Some(name), &input)
            }
            Block::Other => Ok(()),
        }
    }

    fn take_delta(&mut self, index: u64, delta: Delta) -> Result<(), Broken> {
        self.draft.piece();
        match delta {
            Delta::Text { text } => self.draft.say(&text),
            Delta::Input { partial_json } => self.draft.call(Some(index), None, None, &partial_json),
            Delta::Thinking { thinking } => self.draft.pass(thinking.len()),
            Delta::Other => Ok(()),
        }
    }
}
