//! Requests as Anthropic's Messages write them. In: a [`Request`]. Out: the JSON that is sent.
//!
//! INVARIANT I-17: no sampling fields, no cache marks, no containers, no tools of the provider: whatever could bill more than the cap or depend
//! on state at the provider is left out. Every text that is sent was counted; a message that says nothing is not sent, since the
//! protocol refuses it.

use flow_compiler::catalogue::ModelFacts;
use serde::Serialize;
use serde_json::{Value, json};

use crate::provider::remote::draft::arguments;
use crate::provider::{Message, Output, Request, Role, ToolSpec};

/// The least that may be thought.
const LEAST_THINKING: u64 = 1024;

/// The families that are told how much to think in tokens; the later ones decide for themselves, below an effort.
const BY_TOKENS: [&str; 5] = ["claude-3", "-4-0", "-4-1", "-4-2", "-4-5"];

/// A request.
#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    max_tokens: u64,
    stream: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    system: Vec<Block<'a>>,
    messages: Vec<Turn<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<Thinking>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_config: Option<OutputConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_tier: Option<&'static str>,
}

/// A turn of one side.
#[derive(Serialize)]
struct Turn<'a> {
    role: &'static str,
    content: Vec<Block<'a>>,
}

/// A piece of a turn.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Block<'a> {
    Text { text: String },
    ToolUse { id: &'a str, name: &'a str, input: Value },
    ToolResult { tool_use_id: &'a str, content: String },
}

#[derive(Serialize)]
struct Tool<'a> {
    name: &'a str,
    description: &'a str,
    input_schema: &'a Value,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Thinking {
    Enabled { budget_tokens: u64 },
    Adaptive,
}

#[derive(Default, PartialEq, Serialize)]
struct OutputConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    effort: Option<&'static str>,
}

/// The body of a generation.
pub(super) fn messages(request: &Request) -> Value {
    let model = &*request.model;
    let thinking = thinking(request);
    let effort = matches!(thinking, Some(Thinking::Adaptive)).then(|| effort(request.think));
    let config = OutputConfig { format: format(request), effort };
    let first_party = model.base_url.as_deref().is_some_and(|url| url.starts_with("https://api.anthropic.com/"));
    let system = request.messages.iter().filter(|message| message.role == Role::System);
    let body = Body {
        model: &model.id,
        max_tokens: request.max_output,
        stream: true,
        system: system.filter_map(text).collect(),
        messages: turns(&request.messages),
        tools: request.tools.iter().map(tool).collect(),
        thinking,
        output_config: (config != OutputConfig::default()).then_some(config),
        // A project may have a class of service of its own; the price that was reserved is the one of this class.
        service_tier: first_party.then_some("standard_only"),
    };
    serde_json::to_value(body).unwrap_or_default()
}

/// The conversation, a side after the other: results of tools and what follows them are one turn of the user.
fn turns(messages: &[Message]) -> Vec<Turn<'_>> {
    let mut turns: Vec<Turn<'_>> = Vec::new();
    for message in messages.iter().filter(|message| message.role != Role::System) {
        let role = if message.role == Role::Assistant { "assistant" } else { "user" };
        let blocks = blocks(message);
        match turns.last_mut().filter(|turn| turn.role == role) {
            Some(turn) => turn.content.extend(blocks),
            None if blocks.is_empty() => {}
            None => turns.push(Turn { role, content: blocks }),
        }
    }
    turns
}

fn blocks(message: &Message) -> Vec<Block<'_>> {
    if let Role::Tool(id) = &message.role {
        return vec![Block::ToolResult { tool_use_id: id, content: message.text() }];
    }
    let calls = message.calls.iter();
    let calls = calls.map(|call| Block::ToolUse { id: &call.id, name: &call.name, input: arguments(call) });
    text(message).into_iter().chain(calls).collect()
}

fn text<'a>(message: &Message) -> Option<Block<'a>> {
    Some(message.text()).filter(|text| !text.trim().is_empty()).map(|text| Block::Text { text })
}

fn tool(tool: &ToolSpec) -> Tool<'_> {
    Tool { name: &tool.name, description: &tool.description, input_schema: &tool.schema }
}

/// The schema of the answer, for a model that holds to one, as far as its grammar goes: sizes and ranges are in the prompt's
/// instructions and are checked when the answer is read. Only an object can be asked for, and nothing in it may be of any shape.
fn format(request: &Request) -> Option<Value> {
    match &request.output {
        Output::Json { schema, .. } if request.model.structured && schema.get("type") == Some(&json!("object")) => {
            Some(json!({ "type": "json_schema", "schema": shape(schema)? }))
        }
        Output::Json { .. } | Output::Text => None,
    }
}

/// A schema without what the grammar does not know; `None` where a part of it has no shape.
fn shape(schema: &Value) -> Option<Value> {
    let fields = schema.as_object().filter(|fields| fields.contains_key("type") || fields.contains_key("anyOf"))?;
    let mut kept = serde_json::Map::new();
    for (name, value) in fields {
        let value = match name.as_str() {
            "minimum" | "maximum" | "minLength" | "maxLength" | "maxItems" => continue,
            "minItems" if value.as_u64().is_some_and(|least| least > 1) => continue,
            "items" => shape(value)?,
            "anyOf" => value.as_array()?.iter().map(shape).collect::<Option<_>>()?,
            "properties" => {
                let each = value.as_object()?.iter().map(|(name, schema)| Some((name.clone(), shape(schema)?)));
                Value::Object(each.collect::<Option<_>>()?)
            }
            _ => value.clone(),
        };
        kept.insert(name.clone(), value);
    }
    Some(Value::Object(kept))
}

/// How much to think. The cap bounds thinking in any case; this only keeps a model from spending the whole cap on it. A turn that
/// follows a call does not ask for it: the protocol wants the thoughts before the call again, and they are not kept.
fn thinking(request: &Request) -> Option<Thinking> {
    let after_calls = request.messages.iter().any(|message| !message.calls.is_empty());
    if !request.model.thinking || request.think < LEAST_THINKING || after_calls {
        return None;
    }
    if by_tokens(&request.model) {
        return (request.think < request.max_output).then_some(Thinking::Enabled { budget_tokens: request.think });
    }
    Some(Thinking::Adaptive)
}

fn by_tokens(model: &ModelFacts) -> bool {
    BY_TOKENS.iter().any(|family| model.id.contains(family))
}

fn effort(think: u64) -> &'static str {
    match think {
        0..=4096 => "low",
        4097..=16_384 => "medium",
        _ => "high",
    }
}
