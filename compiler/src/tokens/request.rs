//! The input tokens of one request. In: a model and what is sent to it, rendered. Out: the number that is reserved.
//!
//! The bound is computed with the same rules over sizes instead of texts, and the runtime counts with these functions before it
//! sends, so the number that was proved is the number that is enforced.

use serde_json::{Value, json};

use crate::catalogue::{Kind, ModelFacts, TokenizerClass, Wire};
use crate::program::{TextSize, Ty};
use crate::tokens::Counter;

/// What is sent in one request to a generating model.
#[derive(Clone, Copy, Debug, Default)]
pub struct RequestShape<'a> {
    /// The messages, each in the pieces it was rendered in: fixed texts and holes.
    pub messages: &'a [&'a [&'a str]],
    /// The tools that are offered, each as [`tool_text`] writes it.
    pub tool_schemas: &'a [&'a str],
    /// The schema of the answer, where the request carries one ([`sends_schema`]).
    pub answer_schema: Option<&'a str>,
}

/// Whether a request for an answer of this type carries the schema of the answer to this model.
///
/// A model in this process decodes under the grammar of the type and reads no schema.
#[must_use]
pub fn sends_schema(model: &ModelFacts, result: &Ty) -> bool {
    model.structured && model.kind == Kind::Chat && model.wire != Wire::Local && !matches!(result, Ty::Text(_))
}

/// A tool as a request carries it, for counting: the same JSON that an OpenAI-compatible request has in its `tools`.
#[must_use]
pub fn tool_text(name: &str, docs: &str, parameters: &Value) -> String {
    json!({"type": "function", "function": {"name": name, "description": docs, "parameters": parameters}}).to_string()
}

/// The input tokens of a request, overheads included. Saturates, so that what cannot be counted is never small.
#[must_use]
pub fn count_request(model: &ModelFacts, shape: &RequestShape<'_>) -> u64 {
    let counter = Counter::of(&model.tokenizer);
    let messages = shape.messages.iter().map(|segments| count_message(&counter, &model.tokenizer, segments));
    let schemas = shape.tool_schemas.iter().chain(shape.answer_schema.iter()).map(|text| counter.count(text));
    let texts = messages.chain(schemas).fold(0, u64::saturating_add);
    let overhead = model.overhead.of_request(
        shape.messages.len() as u64,
        shape.tool_schemas.len() as u64,
        shape.answer_schema.is_some(),
    );
    overhead.map_or(u64::MAX, |overhead| texts.saturating_add(overhead))
}

/// The input tokens of a request to an embedding model: one text, then the labels of a classification.
#[must_use]
pub fn count_embedding(model: &ModelFacts, texts: &[&str]) -> u64 {
    let counter = Counter::of(&model.tokenizer);
    let each = texts.iter().map(|text| counter.count(text).saturating_add(model.overhead.message));
    each.fold(model.overhead.request, u64::saturating_add)
}

/// Whether pieces of a message have a size together under a reader, counted as they are in a request.
#[must_use]
pub fn pieces_fit(counter: &Counter, segments: &[&str], most: &TextSize) -> bool {
    let bytes = segments.iter().map(|piece| piece.len() as u64).fold(0, u64::saturating_add);
    let chars = segments.iter().map(|piece| piece.chars().count() as u64).fold(0, u64::saturating_add);
    bytes <= most.bytes && chars <= most.chars && count_message(counter, &counter.class, segments) <= most.tokens
}

/// Ids of pieces that are encoded apart add up; every other class counts the joined text.
fn count_message(counter: &Counter, class: &TokenizerClass, segments: &[&str]) -> u64 {
    match class {
        TokenizerClass::Exact { .. } => segments.iter().map(|piece| counter.count(piece)).fold(0, u64::saturating_add),
        TokenizerClass::Counted { .. } | TokenizerClass::Ceiling { .. } => counter.count(&segments.concat()),
    }
}
