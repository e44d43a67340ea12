//! Anthropic's protocol: Messages.
//!
//! In: a request. Out: its body, and the answer that a body or a stream holds.

mod body;
mod stream;
#[cfg(test)]
mod tests;
mod usage;

use flow_compiler::catalogue::ModelFacts;
use flow_compiler::cost::Usage;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use self::stream::Message;
use self::usage::Reported;
use super::Request;
use super::remote::Dialect;

/// The version of the protocol: the only one there is.
const VERSION: &str = "2023-06-01";

/// Messages.
#[derive(Debug)]
pub(super) struct Messages;

impl Dialect for Messages {
    type Assembly = Message;

    fn path(_: &ModelFacts) -> String {
        "messages".to_owned()
    }

    fn headers() -> HeaderMap {
        [(HeaderName::from_static("anthropic-version"), HeaderValue::from_static(VERSION))].into_iter().collect()
    }

    fn key() -> (HeaderName, &'static str) {
        (HeaderName::from_static("x-api-key"), "")
    }

    fn body(request: &Request) -> Value {
        body::messages(request)
    }

    fn usage(body: &Value) -> Option<Usage> {
        Reported::of_body(body).generation()
    }
}
