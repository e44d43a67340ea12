//! The protocols that the provider speaks. In: a request, or what an answer says. Out: what of the request is charged, and the
//! events of the answer, in the protocol of the path that was asked.

use serde_json::{Value, json};

use super::{Bill, Mode};

/// A protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Chat completions.
    OpenAi,
    /// Messages.
    Anthropic,
}

impl Dialect {
    /// Every protocol.
    pub const ALL: [Dialect; 2] = [Dialect::OpenAi, Dialect::Anthropic];

    /// The word of `flow.toml` for it.
    #[must_use]
    pub fn wire(self) -> &'static str {
        match self {
            Dialect::OpenAi => "openai",
            Dialect::Anthropic => "anthropic",
        }
    }

    /// Where a generation is asked for.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Dialect::OpenAi => "/v1/chat/completions",
            Dialect::Anthropic => "/v1/messages",
        }
    }

    /// The results of tools that a request brings, as text.
    #[must_use]
    pub fn results(self, body: &Value) -> Vec<String> {
        let messages = body["messages"].as_array().into_iter().flatten();
        let shown = |result: &Value| result["content"].as_str().unwrap_or_default().to_owned();
        match self {
            Dialect::OpenAi => messages.filter(|message| message["role"] == "tool").map(shown).collect(),
            Dialect::Anthropic => {
                let blocks = messages.flat_map(|turn| turn["content"].as_array().into_iter().flatten());
                blocks.filter(|block| block["type"] == "tool_result").map(shown).collect()
            }
        }
    }

    /// The protocol of a path.
    pub(super) fn of(path: &str) -> Dialect {
        if path.ends_with("/messages") { Dialect::Anthropic } else { Dialect::OpenAi }
    }

    /// The output cap of a request.
    pub(super) fn cap(self, body: &Value) -> Option<u64> {
        let fields: &[&str] = match self {
            Dialect::OpenAi => &["max_completion_tokens", "max_tokens"],
            Dialect::Anthropic => &["max_tokens"],
        };
        fields.iter().find_map(|field| body.get(field)?.as_u64())
    }

    /// Whether a request offers tools.
    pub(super) fn offers_tools(self, body: &Value) -> bool {
        body["tools"].as_array().is_some_and(|tools| !tools.is_empty())
    }

    /// The input of a request in tokens: a byte of whatever reaches the model is one.
    pub(super) fn input_tokens(self, body: &Value) -> u64 {
        let each = |field: &str| body[field].as_array().cloned().unwrap_or_default();
        let tools: u64 = each("tools").iter().map(|tool| tool.to_string().len() as u64).sum();
        let rest: u64 = match self {
            Dialect::OpenAi => {
                each("messages").iter().map(chat_message).sum::<u64>() + each("input").iter().map(text).sum::<u64>()
            }
            Dialect::Anthropic => {
                let turns = each("messages");
                let blocks = turns.iter().flat_map(|turn| turn["content"].as_array().into_iter().flatten());
                let schema = &body["output_config"]["format"]["schema"];
                let schema = if schema.is_null() { 0 } else { schema.to_string().len() as u64 };
                blocks.chain(&each("system")).map(block).sum::<u64>() + schema
            }
        };
        rest + tools
    }

    /// What comes before anything is said. `usage` is what is said of the input at once, by who says it at once.
    pub(super) fn opening(self, body: &Value, model: &Value, usage: Option<Value>) -> Vec<Vec<u8>> {
        match self {
            Dialect::OpenAi => vec![event(&chat_piece(body, "role", "assistant"))],
            Dialect::Anthropic => {
                let mut message = json!({"type": "message", "role": "assistant", "model": model, "content": []});
                if let Some(usage) = usage {
                    message["usage"] = usage;
                    message["usage"]["output_tokens"] = json!(1);
                }
                let start =
                    json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}});
                vec![
                    event(&json!({"type": "message_start", "message": message})),
                    event(&start),
                    event(&json!({"type": "ping"})),
                ]
            }
        }
    }

    /// A piece of the text, with the usage so far where it is said with every piece.
    pub(super) fn text(self, body: &Value, text: &str, usage: Option<Value>) -> Vec<u8> {
        match self {
            Dialect::OpenAi => {
                let mut piece = chat_piece(body, "content", text);
                if let Some(usage) = usage {
                    piece["usage"] = usage;
                }
                event(&piece)
            }
            Dialect::Anthropic => {
                let piece =
                    json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}});
                let so_far = usage.map(|usage| {
                    event(&json!({"type": "message_delta", "delta": {"stop_reason": null}, "usage": usage}))
                });
                [event(&piece), so_far.unwrap_or_default()].concat()
            }
        }
    }

    /// How an event with text begins.
    pub(super) fn unfinished(self) -> &'static str {
        match self {
            Dialect::OpenAi => "data: {\"choices\":[{\"delta\":{\"content\":\"",
            Dialect::Anthropic => {
                "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\""
            }
        }
    }

    /// A thought.
    pub(super) fn thought(self, body: &Value, text: &str) -> Vec<u8> {
        event(&match self {
            Dialect::OpenAi => chat_piece(body, "reasoning_content", text),
            Dialect::Anthropic => {
                json!({"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": text}})
            }
        })
    }

    /// A call of a tool.
    pub(super) fn call(self, index: usize, name: &str, arguments: &str) -> Vec<u8> {
        match self {
            Dialect::OpenAi => {
                let function = json!({"name": name, "arguments": arguments});
                let call =
                    json!({"index": index, "id": format!("call_{index}"), "type": "function", "function": function});
                event(&json!({"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]}))
            }
            Dialect::Anthropic => {
                let (block, index) =
                    (json!({"type": "tool_use", "id": format!("toolu_{index}"), "name": name, "input": {}}), index + 1);
                let start = json!({"type": "content_block_start", "index": index, "content_block": block});
                let input = json!({"type": "input_json_delta", "partial_json": arguments});
                let delta = json!({"type": "content_block_delta", "index": index, "delta": input});
                [event(&start), event(&delta)].concat()
            }
        }
    }

    /// Another model's name, where it comes in an event of its own.
    pub(super) fn another_model(self) -> Vec<u8> {
        match self {
            Dialect::OpenAi => event(&json!({"model": "another-model", "choices": []})),
            Dialect::Anthropic => Vec::new(),
        }
    }

    /// Why it ended and what it used, as often as that is said.
    pub(super) fn ending(self, end: End, usage: Option<Value>, times: usize) -> Vec<Vec<u8>> {
        match self {
            Dialect::OpenAi => {
                let reason = ["stop", "length", "tool_calls"][end as usize];
                let mut events = vec![event(&json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}))];
                let report = usage.map(|usage| event(&json!({"choices": [], "usage": usage})));
                events.extend(std::iter::repeat_n(report, times).flatten());
                events.push(b"data: [DONE]\n\n".to_vec());
                events
            }
            Dialect::Anthropic => {
                let reason = ["end_turn", "max_tokens", "tool_use"][end as usize];
                let mut delta =
                    json!({"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": null}});
                if let Some(usage) = usage {
                    delta["usage"] = usage;
                }
                let mut events = vec![event(&delta); times];
                events.push(event(&json!({"type": "message_stop"})));
                events
            }
        }
    }

    /// An error in the middle.
    pub(super) fn error(self) -> Vec<u8> {
        event(&match self {
            Dialect::OpenAi => json!({"error": {"code": "overloaded", "message": "try again later"}}),
            Dialect::Anthropic => {
                json!({"type": "error", "error": {"type": "overloaded_error", "message": "try again later"}})
            }
        })
    }

    /// The body of a refusal.
    pub(super) fn refusal(self, message: &str) -> Value {
        match self {
            Dialect::OpenAi => json!({"error": {"message": message, "type": "mock", "code": null}}),
            Dialect::Anthropic => json!({"type": "error", "error": {"type": "mock", "message": message}}),
        }
    }

    /// A whole answer.
    pub(super) fn whole(self, body: &Value, text: &str, usage: &Value) -> Value {
        match self {
            Dialect::OpenAi => json!({
                "object": "chat.completion",
                "model": body["model"],
                "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
                "usage": usage,
            }),
            Dialect::Anthropic => json!({
                "type": "message",
                "role": "assistant",
                "model": body["model"],
                "content": [{"type": "text", "text": text}],
                "stop_reason": "end_turn",
                "usage": usage,
            }),
        }
    }

    /// A bill as a usage object.
    pub(super) fn usage(self, mode: Mode, bill: Bill) -> Value {
        let reasoning = if mode == Mode::ReasoningToCap { bill.output } else { 0 };
        let input = bill.fresh + bill.cached;
        match self {
            Dialect::OpenAi => json!({
                "prompt_tokens": input,
                "completion_tokens": bill.output,
                "total_tokens": input.saturating_add(bill.output),
                "prompt_tokens_details": {"cached_tokens": bill.cached},
                "completion_tokens_details": {"reasoning_tokens": reasoning},
            }),
            Dialect::Anthropic => json!({
                "input_tokens": bill.fresh,
                "cache_read_input_tokens": bill.cached,
                "cache_creation_input_tokens": 0,
                "output_tokens": bill.output,
            }),
        }
    }
}

/// Why an answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It is done.
    Done,
    /// The cap.
    Cap,
    /// It asks for tools.
    Tools,
}

/// An event of a stream.
pub(super) fn event(data: &Value) -> Vec<u8> {
    format!("data: {data}\n\n").into_bytes()
}

fn chat_piece(body: &Value, field: &str, text: &str) -> Value {
    json!({
        "object": "chat.completion.chunk",
        "model": body["model"],
        "choices": [{"index": 0, "delta": {field: text}, "finish_reason": null}],
    })
}

fn chat_message(message: &Value) -> u64 {
    let calls = message["tool_calls"].as_array().into_iter().flatten();
    let calls = calls.map(|call| text(&call["function"]["name"]) + text(&call["function"]["arguments"]));
    text(&message["content"]) + calls.sum::<u64>()
}

/// A block of a turn of Messages.
fn block(block: &Value) -> u64 {
    let input = &block["input"];
    let input = if input.is_null() { 0 } else { input.to_string().len() as u64 };
    text(&block["text"]) + text(&block["content"]) + text(&block["name"]) + input
}

fn text(value: &Value) -> u64 {
    value.as_str().map_or(0, str::len) as u64
}
