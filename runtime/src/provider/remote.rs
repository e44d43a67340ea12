//! Models behind an API, whatever protocol they speak: generations, always streamed, and embeddings.
//!
//! In: a request whose reservation is held. Out: one HTTP request, and the answer or a fault. What is said on the wire is a
//! [`Dialect`]'s; what it takes to say it is here, and the same for all. Every limit is ours: the time of the whole attempt, the
//! bytes of an event, of an answer and of a body; a server that breaks them is cut off. Keys are read from the environment when
//! a request is made and are never part of an error, a log line or a `Debug`.

pub(super) mod draft;
pub(super) mod fault;
#[cfg(test)]
pub(super) mod testing;
pub(super) mod transport;

use std::fmt;
use std::time::Duration;

use flow_compiler::catalogue::{ModelFacts, Wire};
use flow_compiler::cost::Usage;
use futures_util::future::BoxFuture;
use reqwest::header::{HeaderMap, HeaderName};
use secrecy::SecretString;
use serde_json::Value;

use self::transport::{Key, Unread};
use super::anthropic::Messages;
use super::openai::{self, Chat};
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

/// A protocol: how a request is written and an answer read. It opens no connection.
pub(super) trait Dialect {
    /// What an answer is put together in.
    type Assembly: Assembly;

    /// Where a generation is asked for, below the model's address.
    fn path(model: &ModelFacts) -> String;

    /// What is sent beside the body.
    fn headers() -> HeaderMap;

    /// The header that carries the key, and what stands before it.
    fn key() -> (HeaderName, &'static str);

    /// The body of a generation.
    fn body(request: &Request) -> Value;

    /// The usage that a body reports which is no answer.
    fn usage(body: &Value) -> Option<Usage>;

    /// How long a refusal asks to wait in its body.
    fn wait(_body: &Value) -> Option<Duration> {
        None
    }
}

/// An answer while it arrives.
pub(super) trait Assembly: Sized + Send {
    /// For an answer of at most so many tokens.
    fn new(max_output: u64) -> Self;

    /// Takes the data of the next event.
    fn take(&mut self, data: &[u8]) -> Result<Next, Broken>;

    /// Pieces of output so far; most servers send a token a piece.
    fn pieces(&self) -> u64;

    /// What was reported so far, where it can be charged.
    fn usage(&self) -> Option<Usage>;

    /// The answer, if the stream was whole.
    fn finish(self) -> Result<Answer, Broken>;
}

/// What an event was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// There may be more.
    More,
    /// The end: `[DONE]`, `message_stop`.
    Done,
}

/// Why an answer cannot be put together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// Not JSON, or not a piece of an answer.
    Garbage,
    /// The provider reports an error inside the stream: its code or type, and its message.
    Error { code: String, message: String },
    /// More was sent than the output cap can hold.
    Endless,
    /// The stream ended and nobody said why.
    Cut,
}

impl Broken {
    /// An error object inside a stream.
    pub(super) fn error(error: &Value) -> Broken {
        let (code, message) = fault::code_and_message(error);
        Broken::Error { code, message }
    }
}

/// The adapter. One serves every model behind an API, each by its own protocol; clones share connections.
#[derive(Clone)]
pub struct Remote {
    client: reqwest::Client,
    keys: fn(&str) -> Option<String>,
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Remote")
    }
}

impl Remote {
    /// An adapter that reads keys from the environment.
    ///
    /// # Errors
    /// Where no TLS can be set up on this machine.
    pub fn new() -> Result<Remote, reqwest::Error> {
        Remote::with_keys(|name| std::env::var(name).ok())
    }

    /// An adapter that asks `keys` for the value of a variable.
    ///
    /// # Errors
    /// Where no TLS can be set up on this machine.
    pub fn with_keys(keys: fn(&str) -> Option<String>) -> Result<Remote, reqwest::Error> {
        Ok(Remote { client: transport::client()?, keys })
    }

    pub(super) async fn generate<D: Dialect>(
        &self,
        request: &Request,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Answer, Fault> {
        // What was reported outlives the exchange, so that an attempt that runs out of time is charged what it said.
        let mut assembly = D::Assembly::new(request.max_output);
        let exchange = self.exchange::<D>(request, &mut assembly, progress);
        let ended = tokio::time::timeout(request.timeout.saturating_sub(MARGIN), exchange).await;
        let usage = assembly.usage();
        match ended {
            Err(_) => Err(fault::timeout(&request.model, request.timeout, usage)),
            Ok(Err(fault)) => Err(fault),
            Ok(Ok(key)) => {
                assembly.finish().map_err(|broken| fault::broken(&request.model, &broken, usage, secret(key.as_ref())))
            }
        }
    }

    /// Sends the request and reads what comes back into `assembly`, until the answer or the stream ends.
    async fn exchange<D: Dialect>(
        &self,
        request: &Request,
        assembly: &mut D::Assembly,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Option<Key>, Fault> {
        let model = &*request.model;
        let key = self.key::<D>(model)?;
        let (path, body) = (D::path(model), D::body(request));
        let response = transport::post(&self.client, model, &path, D::headers(), key.as_ref(), &body).await?;
        points::at(Point::HeadRead);
        let response = accepted(model, response, key.as_ref(), D::usage, D::wait).await?;
        let limit = request.max_output.saturating_mul(WIRE_BYTES_A_TOKEN).saturating_add(WIRE_SLACK);
        let read = if transport::is_json(response.headers()) {
            read_whole(response, limit, assembly).await
        } else {
            read_stream(response, limit, assembly, progress).await
        };
        read.map_err(|broken| fault::broken(model, &broken, assembly.usage(), secret(key.as_ref())))?;
        Ok(key)
    }

    async fn vectors(&self, request: &EmbedRequest) -> Result<Embedded, Fault> {
        if request.model.wire != Wire::Openai {
            return Err(fault::no_embeddings(&request.model));
        }
        let exchange = self.embedding(request);
        let ended = tokio::time::timeout(request.timeout.saturating_sub(MARGIN), exchange).await;
        ended.unwrap_or_else(|_| Err(fault::timeout(&request.model, request.timeout, None)))
    }

    async fn embedding(&self, request: &EmbedRequest) -> Result<Embedded, Fault> {
        let model = &*request.model;
        let key = self.key::<Chat>(model)?;
        let broken = |broken, usage| fault::broken(model, &broken, usage, secret(key.as_ref()));
        let body = openai::embedding(request);
        let response =
            transport::post(&self.client, model, "embeddings", HeaderMap::new(), key.as_ref(), &body).await?;
        let response = accepted(model, response, key.as_ref(), openai::embedding_usage, Chat::wait).await?;
        let limit = openai::most_bytes(request.texts.len());
        let bytes = transport::read(response, limit).await.map_err(|unread| broken(Broken::from(unread), None))?;
        let body: Value = serde_json::from_slice(&bytes).map_err(|_| broken(Broken::Garbage, None))?;
        let usage = openai::embedding_usage(&body);
        let vectors = openai::vectors(&body, request.texts.len()).ok_or_else(|| broken(Broken::Garbage, usage))?;
        Ok(Embedded { vectors, usage })
    }

    /// The key of a model, if it has one to send.
    fn key<D: Dialect>(&self, model: &ModelFacts) -> Result<Option<Key>, Fault> {
        let Some(variable) = &model.key_env else { return Ok(None) };
        let value = (self.keys)(variable).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let secret = SecretString::from(value.ok_or_else(|| Fault::missing_key(variable))?);
        let (name, word) = D::key();
        Key::new(secret, name, word).map(Some).ok_or_else(|| fault::bad_key(variable))
    }
}

impl Provider for Remote {
    fn complete<'a>(
        &'a self,
        _hold: &'a Hold,
        request: &'a Request,
        progress: &'a (dyn Fn(Progress) + Send + Sync),
    ) -> BoxFuture<'a, Result<Answer, Fault>> {
        match request.model.wire {
            Wire::Anthropic => Box::pin(self.generate::<Messages>(request, progress)),
            // Models that are in no process but this one are reached elsewhere.
            Wire::Openai | Wire::Local | Wire::Scripted => Box::pin(self.generate::<Chat>(request, progress)),
        }
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
    usage: fn(&Value) -> Option<Usage>,
    wait: fn(&Value) -> Option<Duration>,
) -> Result<reqwest::Response, Fault> {
    let status = response.status().as_u16();
    if status == 200 {
        return Ok(response);
    }
    let after = transport::retry_after(response.headers(), jiff::Timestamp::now());
    let body = transport::read_error(response).await;
    let after = after.or_else(|| wait(&body));
    Err(fault::refused(model, status, after, &body, usage(&body), secret(key)))
}

/// Reads an answer that comes in one piece, from a server that does not stream.
async fn read_whole(response: reqwest::Response, limit: u64, assembly: &mut impl Assembly) -> Result<(), Broken> {
    let body = transport::read(response, limit.min(64 << 20)).await?;
    assembly.take(&body).map(|_| ())
}

/// Reads events until the one that ends them or the end. Whether the answer is whole is decided by whoever finishes the assembly.
async fn read_stream(
    mut response: reqwest::Response,
    limit: u64,
    assembly: &mut impl Assembly,
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
