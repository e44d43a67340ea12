//! Models, wherever they run: one request, one answer, and never a second request on its own.
//!
//! In: a request whose reservation is held. Out: the answer with its usage, or a fault that says what it may have cost.
//! Retries, fallbacks and repairs are new attempts with reservations of their own; they are decided elsewhere.

mod anthropic;
mod openai;
pub mod remote;
pub mod scripted;
mod size;
pub mod sse;

use std::sync::Arc;
use std::time::Duration;

use flow_compiler::catalogue::ModelFacts;
use flow_compiler::cost::Usage;
use flow_compiler::program::{Param, Reason, Ty, Types};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::budget::Hold;

/// A way to reach models.
pub trait Provider: Send + Sync {
    /// Sends one request and waits for its answer. The [`Hold`] shows that the worst case of this attempt is reserved.
    ///
    /// The caller drops the future to cancel; an implementation keeps nothing running after that.
    ///
    /// INVARIANT I-27: this and [`Provider::embed`] are the only ways to a model, streamed or not, and both want the hold.
    fn complete<'a>(
        &'a self,
        hold: &'a Hold,
        request: &'a Request,
        progress: &'a (dyn Fn(Progress) + Send + Sync),
    ) -> BoxFuture<'a, Result<Answer, Fault>>;

    /// Has texts embedded, in one request.
    fn embed<'a>(&'a self, hold: &'a Hold, request: &'a EmbedRequest) -> BoxFuture<'a, Result<Embedded, Fault>>;
}

/// One request to a generating model.
#[derive(Clone, Debug)]
pub struct Request {
    /// Who is asked.
    pub model: Arc<ModelFacts>,
    /// The step, for names in schemas and for scripted answers.
    pub step: String,
    /// The conversation.
    pub messages: Vec<Message>,
    /// The tools that may be called in this turn; empty where none may.
    pub tools: Vec<ToolSpec>,
    /// What the answer must be.
    pub output: Output,
    /// The cap on output tokens, thinking included.
    pub max_output: u64,
    /// How much of it is for thinking; 0 where the model does not think.
    pub think: u64,
    /// How long to wait. The caller holds to it too.
    pub timeout: Duration,
}

/// A message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who says it.
    pub role: Role,
    /// Its text in pieces: fixed text and holes. A model in this process encodes them apart, so that counts add; others get
    /// them joined.
    pub segments: Vec<String>,
    /// The tool calls of an assistant's turn.
    pub calls: Vec<ToolCall>,
}

impl Message {
    /// Its whole text.
    #[must_use]
    pub fn text(&self) -> String {
        self.segments.concat()
    }
}

/// Who says a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// The system message.
    System,
    /// The prompt.
    User,
    /// An earlier turn of the model.
    Assistant,
    /// The result of a tool call, by the call's id.
    Tool(String),
}

/// A tool as a model sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolSpec {
    /// Its name.
    pub name: String,
    /// What it does.
    pub description: String,
    /// Its parameters, typed.
    pub params: Vec<Param>,
    /// Its parameters as a JSON Schema.
    pub schema: serde_json::Value,
}

/// What an answer must be.
#[derive(Clone, Debug)]
pub enum Output {
    /// Plain text.
    Text,
    /// JSON of a type.
    Json {
        /// The type.
        ty: Ty,
        /// The records and enums it may name.
        types: Arc<Types>,
        /// The type as a JSON Schema.
        schema: serde_json::Value,
    },
}

/// A tool call that a model asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCall {
    /// The provider's id for it.
    pub id: String,
    /// The tool.
    pub name: String,
    /// Its arguments as the model wrote them: JSON, or not.
    pub arguments: String,
}

/// What a model answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Its text.
    pub text: String,
    /// The tool calls it asks for.
    pub calls: Vec<ToolCall>,
    /// Why it ended.
    pub finish: Finish,
    /// What the provider says it used; absent where it said nothing. Zero is a statement, absence is none.
    pub usage: Option<Usage>,
    /// The model that answered, as the provider names it.
    pub model: Option<String>,
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Finish {
    /// The model was done.
    Stop,
    /// The output cap.
    Length,
    /// It asks for tools.
    Tools,
    /// It, or a filter of the provider, declined.
    Refused,
}

/// Texts to embed.
#[derive(Clone, Debug)]
pub struct EmbedRequest {
    /// Who reads.
    pub model: Arc<ModelFacts>,
    /// The place, for scripted answers.
    pub step: String,
    /// The texts.
    pub texts: Vec<String>,
    /// For a classification: the variants' names, in the order of the labels that end `texts`.
    pub labels: Vec<String>,
    /// How long to wait.
    pub timeout: Duration,
}

/// Vectors of unit length, one for each text.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedded {
    /// One vector for each text, in order.
    pub vectors: Vec<Vec<f32>>,
    /// What the provider says it used.
    pub usage: Option<Usage>,
}

/// What there is to see while an attempt runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Something worth a line: `loading smollm2-135m-instruct`.
    Note(String),
    /// Bytes of weights fetched, of how many.
    Fetched(u64, u64),
    /// Output tokens so far, as far as they can be counted.
    Tokens(u64),
}

/// An attempt that gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{detail}")]
pub struct Fault {
    /// Its reason code.
    pub reason: Reason,
    /// What happened, in a user's words; never a secret.
    pub detail: String,
    /// What it may have cost.
    pub charge: Charge,
    /// What can be done.
    pub remedy: Remedy,
}

/// What a failed attempt may have cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Charge {
    /// Provably nothing: refused before generation.
    Nothing,
    /// What the provider reported before it failed.
    Reported(Usage),
    /// Nobody can say; the whole reservation is presumed.
    InDoubt,
}

/// What can be done about a fault, decided where it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Remedy {
    /// The same request may be sent again, after at least this long.
    Retry {
        /// What the provider asked for, if it did.
        after: Option<Duration>,
    },
    /// Another model may do: the same request will fail here again.
    Fallback,
    /// Nothing here helps: a missing key, a bad address.
    Stop,
}

impl Fault {
    /// How the detail of a fault begins that says which key is missing.
    pub const NO_KEY: &'static str = "no key";

    /// A model whose key is not in the environment. Nothing was sent.
    #[must_use]
    pub fn missing_key(variable: &str) -> Fault {
        Fault {
            reason: Reason::Unavailable,
            detail: format!("{}: set `{variable}`", Fault::NO_KEY),
            charge: Charge::Nothing,
            remedy: Remedy::Fallback,
        }
    }

    /// An attempt whose process ended before it had an answer. It may have been served, so it is used up; the same request may
    /// be sent again.
    #[must_use]
    pub fn lost() -> Fault {
        Fault {
            reason: Reason::Unavailable,
            detail: "its process ended before it was answered".to_owned(),
            charge: Charge::InDoubt,
            remedy: Remedy::Retry { after: None },
        }
    }

    /// Whether it is about a missing key: nothing was sent, and a person can help.
    #[must_use]
    pub fn is_missing_key(&self) -> bool {
        self.charge == Charge::Nothing && self.detail.starts_with(Fault::NO_KEY)
    }
}
