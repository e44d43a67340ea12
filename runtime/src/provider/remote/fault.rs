//! What went wrong, what it may have cost and what can be done, decided here for every way to fail.
//!
//! | what happened | charge | remedy |
//! |---|---|---|
//! | no key, no address, connection refused, no such host, TLS, connect timeout | nothing | fallback; retry where a connection failed |
//! | 401, 403 (the key), 404 (the model or the address) | nothing | fallback |
//! | 400, 402, 405, 413, 415, 422 and other 4xx: refused before generation | nothing | fallback |
//! | 429, 529: too many requests | nothing | retry, not before `Retry-After`; fallback where a quota is used up |
//! | 408, 409, 499: ended in between | in doubt | retry |
//! | 5xx, also before the first byte of an answer: a gateway fails after the model behind it was paid | in doubt | retry |
//! | 3xx, 1xx, an answer that is no answer | in doubt | fallback |
//! | a connection that breaks after the request was written, a stream that is cut, an error inside it | in doubt | retry |
//! | more output than the cap allows | in doubt | fallback |
//! | no answer in time | in doubt | retry |
//!
//! Wherever usage was reported before the failure, the charge is that usage instead. Texts of a provider are shown short, on one
//! line and without the key; addresses are shown without their path and query.

use std::time::Duration;

use flow_compiler::catalogue::ModelFacts;
use flow_compiler::cost::Usage;
use flow_compiler::program::Reason;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::Broken;
use crate::legible::legible;
use crate::provider::{Charge, Fault, Remedy};

/// Retry, whenever the caller likes.
const RETRY: Remedy = Remedy::Retry { after: None };

/// The key cannot be sent as a header; nothing was sent.
pub(in crate::provider) fn bad_key(variable: &str) -> Fault {
    let detail = format!("the key in `{variable}` has characters that no key has");
    fault(Reason::Unavailable, detail, Charge::Nothing, Remedy::Stop)
}

/// The protocol of the model has no embeddings; nothing was sent.
pub(in crate::provider) fn no_embeddings(model: &ModelFacts) -> Fault {
    let detail = format!("`{}` is asked by the protocol `{}`, which embeds nothing here", model.name, model.wire);
    fault(Reason::Unavailable, detail, Charge::Nothing, Remedy::Stop)
}

/// There is nowhere to send to.
pub(in crate::provider) fn no_address(model: &ModelFacts) -> Fault {
    let detail = format!("`{}` has no address: set `base_url`", model.name);
    fault(Reason::Unavailable, detail, Charge::Nothing, Remedy::Stop)
}

/// No answer in time.
pub(in crate::provider) fn timeout(model: &ModelFacts, after: Duration, usage: Option<Usage>) -> Fault {
    let detail = format!("`{}` did not answer within {} ms", model.name, after.as_millis());
    fault(Reason::Timeout, detail, sent(usage), RETRY)
}

/// The request could not be sent, or broke before the head of an answer.
pub(in crate::provider) fn unsent(model: &ModelFacts, error: &reqwest::Error) -> Fault {
    let host = host(model);
    if error.is_builder() {
        let detail = format!("the address of `{}` is not one: check `base_url`", model.name);
        return fault(Reason::Unavailable, detail, Charge::Nothing, Remedy::Stop);
    }
    if error.is_connect() {
        let detail = format!("`{}` cannot be reached at `{host}`: {}", model.name, root_cause(error));
        return fault(Reason::Unavailable, detail, Charge::Nothing, RETRY);
    }
    let detail = format!("`{}` at `{host}` broke the connection before it answered", model.name);
    fault(Reason::Unavailable, detail, Charge::InDoubt, RETRY)
}

/// An answer with a status that is not success. `body` is what could be read of it.
pub(in crate::provider) fn refused(
    model: &ModelFacts,
    status: u16,
    after: Option<Duration>,
    body: &Value,
    usage: Option<Usage>,
    key: Option<&SecretString>,
) -> Fault {
    let (code, message) = body.get("error").map(code_and_message).unwrap_or_default();
    let said = if message.is_empty() { String::new() } else { format!(": {}", shown(&message, key)) };
    let name = &model.name;
    let plain = format!("`{name}` answered {status}{said}");
    let nothing = usage.map_or(Charge::Nothing, Charge::Reported);
    let unavailable = |detail, charge, remedy| fault(Reason::Unavailable, detail, charge, remedy);
    match status {
        // The text of a provider about a key may hold the key.
        401 | 403 => unavailable(key_refused(model, status), nothing, Remedy::Fallback),
        404 => unavailable(format!("`{}` does not know `{}`{said}", host(model), model.id), nothing, Remedy::Fallback),
        413 => fault(Reason::TooLong, plain, nothing, Remedy::Fallback),
        400 if code == "context_length_exceeded" || message.starts_with("prompt is too long") => {
            fault(Reason::TooLong, plain, nothing, Remedy::Fallback)
        }
        400 if code == "content_filter" => fault(Reason::Refused, plain, nothing, Remedy::Fallback),
        429 if code == "insufficient_quota" => unavailable(plain, nothing, Remedy::Fallback),
        429 | 529 => unavailable(plain, nothing, Remedy::Retry { after }),
        408 | 409 | 499 => unavailable(plain, sent(usage), Remedy::Retry { after }),
        400..=498 => unavailable(plain, nothing, Remedy::Fallback),
        500.. => unavailable(plain, sent(usage), Remedy::Retry { after }),
        _ => unavailable(plain, sent(usage), Remedy::Fallback),
    }
}

/// An answer began and came to nothing.
pub(in crate::provider) fn broken(
    model: &ModelFacts,
    broken: &Broken,
    usage: Option<Usage>,
    key: Option<&SecretString>,
) -> Fault {
    let name = &model.name;
    let (detail, remedy) = match broken {
        Broken::Garbage => (format!("`{name}` answered with something that is no answer"), Remedy::Fallback),
        Broken::Endless => (format!("`{name}` sent more than its output cap allows"), Remedy::Fallback),
        Broken::Cut => (format!("`{name}` broke off in the middle of its answer"), RETRY),
        Broken::Error { code, message } => {
            let said = [code, message].map(|text| shown(text, key)).join(" ");
            (format!("`{name}` failed in the middle of its answer: {}", said.trim()), RETRY)
        }
    };
    fault(Reason::Unavailable, detail, sent(usage), remedy)
}

/// The code (or else the status or the type) and the message of an error object; some servers send a text instead.
pub(in crate::provider) fn code_and_message(error: &Value) -> (String, String) {
    let text = |key: &str| error.get(key).and_then(Value::as_str).map(str::to_owned);
    let code = text("code").or_else(|| text("status")).or_else(|| text("type")).unwrap_or_default();
    let message = text("message").or_else(|| error.as_str().map(str::to_owned)).unwrap_or_default();
    (code, message)
}

/// Where a model is asked: scheme, host and port, never a path, a query or a password.
fn host(model: &ModelFacts) -> String {
    let url = model.base_url.as_deref().and_then(|url| reqwest::Url::parse(url).ok());
    url.map_or_else(String::new, |url| {
        let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
        format!("{}://{}{port}", url.scheme(), url.host_str().unwrap_or_default())
    })
}

fn key_refused(model: &ModelFacts, status: u16) -> String {
    match &model.key_env {
        Some(variable) => format!("`{}` refused the key in `{variable}` ({status})", host(model)),
        None => format!("`{}` wants a key ({status}): set `key_env` of `{}`", host(model), model.name),
    }
}

/// The innermost cause: `Connection refused (os error 111)`. The outer ones repeat the address.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    shown(&cause.to_string(), None)
}

/// A text of somebody else for one line of ours: short, without control characters, without the key.
fn shown(text: &str, key: Option<&SecretString>) -> String {
    let key = key.map(ExposeSecret::expose_secret).filter(|key| !key.is_empty());
    let clean = key.map_or_else(|| text.to_owned(), |key| text.replace(key, "…"));
    let line = clean.replace(['\r', '\n', '\t'], " ");
    let line = legible(&line);
    if line.chars().count() <= 300 { line.into_owned() } else { line.chars().take(300).chain(['…']).collect() }
}

/// The charge of a request that was sent.
fn sent(usage: Option<Usage>) -> Charge {
    usage.map_or(Charge::InDoubt, Charge::Reported)
}

fn fault(reason: Reason, detail: String, charge: Charge, remedy: Remedy) -> Fault {
    Fault { reason, detail, charge, remedy }
}
