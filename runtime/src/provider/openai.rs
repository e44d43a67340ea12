//! Models behind OpenAI's protocol, wherever they are served: chat completions, always streamed, and embeddings.
//!
//! In: a request whose reservation is held. Out: one HTTP request, and the answer or a fault. Every limit is ours: the time of
//! the whole attempt, the bytes of an event, of an answer and of a body; a server that breaks them is cut off. Keys are read
//! from the environment when a request is made and are never part of an error, a log line or a `Debug`.

mod body;
mod fault;
mod stream;
#[cfg(test)]
mod tests;
mod transport;
mod usage;
mod vectors;

use std::fmt;
use std::time::Duration;

use flow_compiler::catalogue::ModelFacts;
use futures_util::future::BoxFuture;
use secrecy::SecretString;
use serde_json::Value;

use self::stream::{Assembly, Broken, Next};
use self::transport::{Key, Unread};
use self::usage::Reported;
use super::sse::{Events, MAX_EVENT};
use super::{Answer, EmbedRequest, Embedded, Fault, Progress, Provider, Request};
use crate::budget::Hold;
use crate::fault::{self as points, Point};

/// What is sent around a piece of an answer: an event of a few hundred bytes for each token, more where it carries ids.
const WIRE_BYTES_A_TOKEN: u64 = 8 << 10;
/// Room for comments that keep a connection alive, and for an answer in one piece.
const WIRE_SLACK: u64 = 4 << 20;

/// The caller ends an attempt at its timeout; here it ends a moment before, so that what was reported by then is not lost.
const MARGIN: Duration = Duration::from_millis(3);

/// The adapter. One serves every model of this wire; clones share connections.
#[derive(Clone)]
pub struct OpenAi {
    client: reqwest::Client,
    keys: fn(&str) -> Option<String>,
}

impl fmt::Debug for OpenAi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpenAi")
    }
}

impl OpenAi {
    /// An adapter that reads keys from the environment.
    ///
    /// # Errors
    /// Where no TLS can be set up on this machine.
    pub fn new() -> Result<OpenAi, reqwest::Error> {
        OpenAi::with_keys(|name| std::env::var(name).ok())
    }

    /// An adapter that asks `keys` for the value of a variable.
    ///
    /// # Errors
    /// Where no TLS can be set up on this machine.
    pub fn with_keys(keys: fn(&str) -> Option<String>) -> Result<OpenAi, reqwest::Error> {
        Ok(OpenAi { client: transport::client()?, keys })
    }

    async fn chat(&self, request: &Request, progress: &(dyn Fn(Progress) + Send + Sync)) -> Result<Answer, Fault> {
        // What was reported outlives the exchange, so that an attempt that runs out of time is charged what it said.
        let mut assembly = Assembly::new(request.max_output);
        let exchange = self.exchange(request, &mut assembly, progress);
        let ended = tokio::time::timeout(request.timeout.saturating_sub(MARGIN), exchange).await;
        let usage = assembly.reported().generation();
        match ended {
            Err(_) => Err(fault::timeout(&request.model, request.timeout, usage)),
            Ok(Err(fault)) => Err(fault),
            Ok(Ok(key)) => {
                assembly.finish().map_err(|broken| fault::broken(&request.model, &broken, usage, secret(key.as_ref())))
            }
        }
    }

    /// Sends the request and reads what comes back into `assembly`, until the answer or the stream ends.
    async fn exchange(
        &self,
        request: &Request,
        assembly: &mut Assembly,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Option<Key>, Fault> {
        let model = &*request.model;
        let key = self.key(model)?;
        let response =
            transport::post(&self.client, model, "chat/completions", key.as_ref(), &body::chat(request)).await?;
        points::at(Point::HeadRead);
        let response = accepted(model, response, key.as_ref(), Reported::generation).await?;
        let limit = request.max_output.saturating_mul(WIRE_BYTES_A_TOKEN).saturating_add(WIRE_SLACK);
        let read = if transport::is_json(response.headers()) {
            read_whole(response, limit, assembly).await
        } else {
            read_stream(response, limit, assembly, progress).await
        };
        read.map_err(|broken| fault::broken(model, &broken, assembly.reported().generation(), secret(key.as_ref())))?;
        Ok(key)
    }

    async fn vectors(&self, request: &EmbedRequest) -> Result<Embedded, Fault> {
        let exchange = self.embedding(request);
        let ended = tokio::time::timeout(request.timeout.saturating_sub(MARGIN), exchange).await;
        ended.unwrap_or_else(|_| Err(fault::timeout(&request.model, request.timeout, None)))
    }

    async fn embedding(&self, request: &EmbedRequest) -> Result<Embedded, Fault> {
        let model = &*request.model;
        let key = self.key(model)?;
        let broken = |broken, usage| fault::broken(model, &broken, usage, secret(key.as_ref()));
        let response = transport::post(&self.client, model, "embeddings", key.as_ref(), &body::embed(request)).await?;
        let response = accepted(model, response, key.as_ref(), Reported::embedding).await?;
        let limit = vectors::most_bytes(request.texts.len());
        let bytes = transport::read(response, limit).await.map_err(|unread| broken(Broken::from(unread), None))?;
        let body: Value = serde_json::from_slice(&bytes).map_err(|_| broken(Broken::Garbage, None))?;
        let usage = Reported::of_body(&body).embedding();
        let vectors = vectors::read(&body, request.texts.len()).ok_or_else(|| broken(Broken::Garbage, usage))?;
        Ok(Embedded { vectors, usage })
    }

    /// The key of a model, if it has one to send.
    fn key(&self, model: &ModelFacts) -> Result<Option<Key>, Fault> {
        let Some(variable) = &model.key_env else { return Ok(None) };
        let value = (self.keys)(variable).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let secret = SecretString::from(value.ok_or_else(|| Fault::missing_key(variable))?);
        Key::new(secret).map(Some).ok_or_else(|| fault::bad_key(variable))
    }
}

impl Provider for OpenAi {
    fn complete<'a>(
        &'a self,
        _hold: &'a Hold,
        request: &'a Request,
        progress: &'a (dyn Fn(Progress) + Send + Sync),
    ) -> BoxFuture<'a, Result<Answer, Fault>> {
        Box::pin(self.chat(request, progress))
    }

    fn embed<'a>(&'a self, _hold: &'a Hold, request: &'a EmbedRequest) -> BoxFuture<'a, Result<Embedded, Fault>> {
        Box::pin(self.vectors(request))
    }
}

impl From<Unread> for Broken {
    fn from(unread: Unread) -> Broken {
        match unread {
            Unread::Cut => Broken::Cut,
            Unread::TooLong => Broken::Endless,
        }
    }
}

fn secret(key: Option<&Key>) -> Option<&SecretString> {
    key.map(|key| &key.secret)
}

/// An answer with the status 200, or the fault that another one is.
async fn accepted(
    model: &ModelFacts,
    response: reqwest::Response,
    key: Option<&Key>,
    usage: fn(&Reported) -> Option<flow_compiler::cost::Usage>,
) -> Result<reqwest::Response, Fault> {
    let status = response.status().as_u16();
    if status == 200 {
        return Ok(response);
    }
    let after = transport::retry_after(response.headers(), jiff::Timestamp::now());
    let body = transport::read_error(response).await;
    let usage = usage(&Reported::of_body(&body));
    Err(fault::refused(model, status, after, &body, usage, secret(key)))
}

/// Reads an answer that comes in one piece, from a server that does not stream.
async fn read_whole(response: reqwest::Response, limit: u64, assembly: &mut Assembly) -> Result<(), Broken> {
    let body = transport::read(response, limit.min(64 << 20)).await?;
    assembly.take(&body).map(|_| ())
}

/// Reads events until `[DONE]` or the end. Whether the answer is whole is decided by whoever finishes the assembly.
async fn read_stream(
    mut response: reqwest::Response,
    limit: u64,
    assembly: &mut Assembly,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<(), Broken> {
    let mut parser = Events::new(MAX_EVENT);
    let mut events = Vec::new();
    let (mut read, mut any) = (0u64, false);
    // A broken connection after the last piece loses nothing, so it ends the stream and does not fail it.
    while let Ok(Some(chunk)) = response.chunk().await {
        points::at(Point::PieceRead);
        read = read.saturating_add(chunk.len() as u64);
        let fed = parser.feed(&chunk, |data| events.push(data));
        any |= !events.is_empty();
        for data in events.drain(..) {
            if assembly.take(&data)? == Next::Done {
                return Ok(());
            }
        }
        if fed.is_err() || read > limit {
            return Err(Broken::Endless);
        }
        progress(Progress::Tokens(assembly.pieces()));
    }
    match parser.finish().map(|data| assembly.take(&data)) {
        // What the stream ended inside of counts where it happens to be whole, and else is cut short.
        Some(Err(broken)) if broken != Broken::Garbage => Err(broken),
        Some(_) => Ok(()),
        None if read > 0 && !any => Err(Broken::Garbage),
        None => Ok(()),
    }
}
