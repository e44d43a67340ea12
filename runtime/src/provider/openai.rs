//! OpenAI's protocol, wherever it is spoken: chat completions and embeddings.
//!
//! In: a request. Out: its body, and the answer or the vectors that a body or a stream holds.

mod body;
mod stream;
#[cfg(test)]
mod tests;
mod usage;
mod vectors;

use flow_compiler::catalogue::ModelFacts;
use flow_compiler::cost::Usage;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName};
use serde_json::Value;

use self::stream::Completion;
use self::usage::Reported;
use super::Request;
use super::remote::Dialect;

pub(super) use self::body::embed as embedding;
pub(super) use self::vectors::{most_bytes, read as vectors};

/// Chat completions.
#[derive(Debug)]
pub(super) struct Chat;

impl Dialect for Chat {
    type Assembly = Completion;

    fn path(_: &ModelFacts) -> String {
        "chat/completions".to_owned()
    }

    fn headers() -> HeaderMap {
        HeaderMap::new()
    }

    fn key() -> (HeaderName, &'static str) {
        (AUTHORIZATION, "Bearer ")
    }

    fn body(request: &Request) -> Value {
        body::chat(request)
    }

    fn usage(body: &Value) -> Option<Usage> {
        Reported::of_body(body).generation()
    }
}

/// The usage that the body of an embedding reports.
pub(super) fn embedding_usage(body: &Value) -> Option<Usage> {
    Reported::of_body(body).embedding()
}
