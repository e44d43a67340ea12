//! Requests as OpenAI's protocol writes them. In: a [`Request`] or [`EmbedRequest`]. Out: the JSON that is sent.
//!
//! One choice, no sampling fields, no ids of earlier requests, no tools of the provider: whatever could bill more than the cap
//! or depend on state at the provider is left out. Usage is always asked for.

use flow_compiler::catalogue::{ModelFacts, Provider};
use serde_json::{Map, Value, json};

use crate::provider::{EmbedRequest, Message, Output, Request, Role, ToolCall, ToolSpec};

/// The body of a generation.
// INVARIANT I-17: the whole conversation is in the request, so nothing that the provider kept is continued and billed: no field names an
// earlier response, a tool that it hosts, or another model to fall back to.
pub(super) fn chat(request: &Request) -> Value {
    let model = &*request.model;
    let mut body = Map::new();
    body.insert("model".into(), json!(model.id));
    body.insert("messages".into(), request.messages.iter().map(message).collect());
    body.insert("stream".into(), json!(true));
    body.insert("stream_options".into(), json!({ "include_usage": true }));
    body.insert(output_field(model).into(), json!(request.max_output));
    // Without tools the choice among them must not be sent, also where the conversation has calls: OpenAI refuses it.
    if !request.tools.is_empty() {
        body.insert("tools".into(), request.tools.iter().map(tool).collect());
    }
    if let Some(format) = response_format(request) {
        body.insert("response_format".into(), format);
    }
    body.extend(thinking(model, request.think));
    if model.base_url.as_deref().is_some_and(|url| url.starts_with("https://api.openai.com/")) {
        // A project may default to a dearer class of service; the price that was reserved is the one of this class.
        body.insert("service_tier".into(), json!("default"));
    }
    Value::Object(body)
}

/// The body of an embedding.
pub(in crate::provider) fn embed(request: &EmbedRequest) -> Value {
    json!({ "model": request.model.id, "input": request.texts, "encoding_format": "float" })
}

fn output_field(model: &ModelFacts) -> &str {
    model.output_field.as_deref().unwrap_or("max_completion_tokens")
}

fn message(message: &Message) -> Value {
    let text = message.text();
    match &message.role {
        Role::System => json!({ "role": "system", "content": text }),
        Role::User => json!({ "role": "user", "content": text }),
        Role::Tool(id) => json!({ "role": "tool", "tool_call_id": id, "content": text }),
        Role::Assistant if message.calls.is_empty() => json!({ "role": "assistant", "content": text }),
        Role::Assistant => {
            let content = if text.is_empty() { Value::Null } else { json!(text) };
            json!({ "role": "assistant", "content": content, "tool_calls": message.calls.iter().map(call).collect::<Value>() })
        }
    }
}

fn call(call: &ToolCall) -> Value {
    json!({ "id": call.id, "type": "function", "function": { "name": call.name, "arguments": call.arguments } })
}

fn tool(tool: &ToolSpec) -> Value {
    json!({ "type": "function", "function": { "name": tool.name, "description": tool.description, "parameters": tool.schema } })
}

/// The schema of the answer, for a model that holds to one. Only an object can be asked for; other types rely on their
/// instructions in the prompt.
fn response_format(request: &Request) -> Option<Value> {
    match &request.output {
        Output::Json { schema, .. } if request.model.structured && schema.get("type") == Some(&json!("object")) => {
            let format = json!({ "name": schema_name(&request.step), "strict": true, "schema": schema });
            Some(json!({ "type": "json_schema", "json_schema": format }))
        }
        Output::Json { .. } | Output::Text => None,
    }
}

/// A name as the protocol wants it: at most 64 letters, digits, `_` and `-`.
fn schema_name(step: &str) -> String {
    let name: String =
        step.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).take(64).collect();
    if name.is_empty() { "answer".into() } else { name }
}

/// How a thinking model is told how much to think. The output cap bounds thinking in any case; this only keeps a model from
/// spending the whole cap on it. Each provider has its own field, and one that is not known here gets none.
fn thinking(model: &ModelFacts, think: u64) -> Option<(String, Value)> {
    if !model.thinking {
        return None;
    }
    match model.provider {
        Provider::Openai | Provider::Azure => Some(("reasoning_effort".into(), json!(openai_effort(&model.id, think)))),
        Provider::Google => Some(("reasoning_effort".into(), json!(effort(think)))),
        Provider::Groq if model.id.contains("gpt-oss") => Some(("reasoning_effort".into(), json!(effort(think)))),
        // The least that Anthropic takes; it thinks only where it is told to.
        Provider::Anthropic if think >= 1024 => {
            Some(("thinking".into(), json!({ "type": "enabled", "budget_tokens": think })))
        }
        Provider::Anthropic
        | Provider::Groq
        | Provider::Mistral
        | Provider::Deepseek
        | Provider::Local
        | Provider::Scripted => None,
    }
}

fn openai_effort(id: &str, think: u64) -> &'static str {
    match think {
        0 if id.starts_with("gpt-5.") => "none",
        0 if id.starts_with("gpt-5") => "minimal",
        _ => effort(think),
    }
}

fn effort(think: u64) -> &'static str {
    match think {
        0..=1024 => "low",
        1025..=8192 => "medium",
        _ => "high",
    }
}
