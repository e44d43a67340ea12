//! The wire itself. In: a body and where to send it. Out: the head of an answer, and bytes within limits.
//!
//! One connection attempt, one request: no retries, no redirects, no proxy from the environment, no compression that could
//! unpack into more than was sent.

use std::time::Duration;

use reqwest::header::{ACCEPT, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Response, redirect, retry};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::fault;
use crate::provider::Fault;
use flow_compiler::catalogue::ModelFacts;

/// The longest that a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(10);
/// The most that is read of an answer that is an error.
const MOST_OF_AN_ERROR: u64 = 64 << 10;

/// A client that sends once.
pub(in crate::provider) fn client() -> reqwest::Result<Client> {
    Client::builder()
        .connect_timeout(CONNECT)
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .no_proxy()
        .tcp_nodelay(true)
        .user_agent(concat!("flow/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// The key as it is sent.
pub(in crate::provider) struct Key {
    pub(in crate::provider) secret: SecretString,
    name: HeaderName,
    value: HeaderValue,
}

impl Key {
    /// A key behind a word, as a header; `None` where it cannot be one.
    pub(in crate::provider) fn new(secret: SecretString, name: HeaderName, word: &str) -> Option<Key> {
        let mut value = HeaderValue::from_str(&format!("{word}{}", secret.expose_secret())).ok()?;
        value.set_sensitive(true);
        Some(Key { secret, name, value })
    }
}

/// Sends a body and waits for the head of an answer.
pub(in crate::provider) async fn post(
    client: &Client,
    model: &ModelFacts,
    path: &str,
    headers: HeaderMap,
    key: Option<&Key>,
    body: &Value,
) -> Result<Response, Fault> {
    let base = model.base_url.as_deref().ok_or_else(|| fault::no_address(model))?;
    let url = format!("{}/{path}", base.trim_end_matches('/'));
    let mut request =
        client.post(url).header(ACCEPT, "text/event-stream, application/json").headers(headers).json(body);
    if let Some(key) = key {
        request = request.header(key.name.clone(), key.value.clone());
    }
    request.send().await.map_err(|error| fault::unsent(model, &error))
}

/// How reading a body ended early.
#[derive(Debug)]
pub(in crate::provider) enum Unread {
    /// The connection broke.
    Cut,
    /// The body is longer than the limit.
    TooLong,
}

/// Reads a body to its end, but at most `limit` bytes.
pub(in crate::provider) async fn read(mut response: Response, limit: u64) -> Result<Vec<u8>, Unread> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| Unread::Cut)? {
        if body.len() as u64 + chunk.len() as u64 > limit {
            return Err(Unread::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The body of an error, as far as it is JSON that can be read.
pub(in crate::provider) async fn read_error(response: Response) -> Value {
    let body = read(response, MOST_OF_AN_ERROR).await.unwrap_or_default();
    serde_json::from_slice(&body).unwrap_or(Value::Null)
}

/// Whether the answer says that it is JSON in one piece.
pub(in crate::provider) fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(reqwest::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.trim_start().to_ascii_lowercase().starts_with("application/json")
}

/// How long a provider asks to wait: seconds, or a date.
pub(in crate::provider) fn retry_after(headers: &HeaderMap, now: jiff::Timestamp) -> Option<Duration> {
    let text = headers.get(reqwest::header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let until = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    // A date that has passed asks for no wait.
    Some(Duration::try_from(until.duration_since(now)).unwrap_or(Duration::ZERO))
}
