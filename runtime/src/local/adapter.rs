//! The models of this process as a provider. In: a request whose reservation is held. Out: the answer, with the tokens that
//! were read and said; weights that are missing are fetched first, and that is said.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use flow_compiler::cost::Usage;
use flow_compiler::program::{Reason, TextSize, Ty};
use flow_compiler::tokens::Counter;
use flow_compiler::tokens::request::tool_text;
use futures_util::future::BoxFuture;
use tokio::sync::mpsc;

use super::{ChatRequest, ChatResponse, Embeddings, Finish, Grammar, LocalError, LocalModels, Message, Role, Turn};
use crate::budget::Hold;
use crate::provider::{
    self, Answer, Charge, EmbedRequest, Embedded, Fault, Output, Progress, Provider, Remedy, Request, ToolCall,
};
use crate::weights::{self, Stage};

/// The adapter. One serves all local models, each loaded when it is first asked.
pub struct Local {
    folder: PathBuf,
    models: LocalModels,
    readers: Vec<Counter>,
}

impl Local {
    /// Models whose weights are, or will be, in this folder: see [`weights::folder`]. Texts of answers are held to their sizes
    /// under the counters of all `readers`, the models that may read them.
    pub fn new(folder: impl Into<PathBuf>, readers: Vec<Counter>) -> Local {
        let folder = folder.into();
        Local { models: LocalModels::new(&folder), folder, readers }
    }

    async fn chat(&self, request: &Request, progress: &Notes<'_>) -> Result<Answer, Fault> {
        let name = &request.model.id;
        let said = AtomicU64::new(0);
        let answering = async {
            self.prepare(name, progress).await?;
            let (pieces, heard) = mpsc::unbounded_channel();
            let answer = self.models.chat(name, asked(request, self.readers.clone(), pieces));
            let listening = listen(heard, progress, &said);
            let (answer, ()) = futures_util::future::join(answer, listening).await;
            answer.map(|answer| read(request, answer)).map_err(|error| fault(&error))
        };
        match tokio::time::timeout(request.timeout, answering).await {
            Ok(answer) => answer,
            Err(_) => Err(late(name, request.timeout, said.into_inner())),
        }
    }

    async fn vectors(&self, request: &EmbedRequest) -> Result<Embedded, Fault> {
        let name = &request.model.id;
        let embedding = async {
            self.prepare(name, &|_| {}).await?;
            self.models.embed(name, request.texts.clone()).await.map_err(|error| fault(&error))
        };
        let embedded = tokio::time::timeout(request.timeout, embedding).await;
        let Embeddings { vectors, input_tokens } = embedded.unwrap_or_else(|_| Err(late(name, request.timeout, 0)))?;
        Ok(Embedded { vectors, usage: Some(Usage { input_fresh: input_tokens as u64, ..Usage::default() }) })
    }

    /// Fetches the weights where they are missing and loads them where they are not loaded. An attempt does so too, but has to
    /// be done within its time: a run prepares its models first.
    ///
    /// # Errors
    /// A fault that says what to do: nothing was computed.
    pub async fn prepare(&self, name: &str, progress: &(dyn Fn(Progress) + Send + Sync)) -> Result<(), Fault> {
        if weights::find(name).is_some_and(|weights| !weights.is_in(&self.folder)) {
            progress(Progress::Note(format!("fetching {name}")));
            let fetched = weights::pull(name, &self.folder, &Fetching { name, progress }).await;
            fetched.map_err(|error| refused(Reason::Unavailable, error.to_string()))?;
        }
        if !self.models.is_loaded(name) {
            progress(Progress::Note(format!("loading {name}")));
        }
        self.models.load(name).await.map_err(|error| fault(&error))
    }
}

impl Provider for Local {
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

type Notes<'a> = dyn Fn(Progress) + Send + Sync + 'a;

/// The request in the model's terms. Tools are told as the JSON that they are counted as, behind the first message.
fn asked(request: &Request, readers: Vec<Counter>, pieces: mpsc::UnboundedSender<super::Piece>) -> ChatRequest {
    let mut messages: Vec<Message> = request.messages.iter().map(message).collect();
    if let Some(first) = messages.first_mut() {
        let tools = request.tools.iter().map(|tool| tool_text(&tool.name, &tool.description, &tool.schema));
        first.segments.extend(tools);
    }
    let max_tokens = usize::try_from(request.max_output).unwrap_or(usize::MAX);
    ChatRequest { messages, grammar: Some(grammar(request)), readers, max_tokens, pieces: Some(pieces) }
}

fn message(message: &provider::Message) -> Message {
    let role = match message.role {
        provider::Role::System => Role::System,
        // The template knows no role for tools: their results are told as a user would.
        provider::Role::User | provider::Role::Tool(_) => Role::User,
        provider::Role::Assistant => Role::Assistant,
    };
    // A call that was made is told in the pieces that it is counted in.
    let calls = message.calls.iter().flat_map(|call| [&call.name, &call.arguments]);
    Message { role, segments: message.segments.iter().chain(calls).cloned().collect() }
}

fn grammar(request: &Request) -> Grammar {
    // The size of a text answer is the cap on its tokens: no other is known here.
    let size = || {
        let tokens = request.max_output;
        TextSize { tokens, chars: tokens.saturating_mul(8), bytes: tokens.saturating_mul(8) }
    };
    let tools = || request.tools.iter().map(|tool| (tool.name.clone(), tool.params.clone())).collect();
    match &request.output {
        Output::Text if request.tools.is_empty() => Grammar::Text(size()),
        Output::Text => Grammar::Turn { tools: tools(), answer: Ty::Text(size()), types: Default::default() },
        Output::Json { ty, types, .. } if request.tools.is_empty() => {
            Grammar::Json { ty: ty.clone(), types: types.clone() }
        }
        Output::Json { ty, types, .. } => Grammar::Turn { tools: tools(), answer: ty.clone(), types: types.clone() },
    }
}

fn read(request: &Request, answer: ChatResponse) -> Answer {
    let usage =
        Usage { input_fresh: answer.input_tokens as u64, output_text: answer.output_tokens as u64, ..Usage::default() };
    let turn = if request.tools.is_empty() { Turn::Answer(answer.text) } else { Turn::read(&answer.text) };
    let (text, calls, finish) = match (turn, answer.finish) {
        (Turn::Call { name, arguments }, _) => {
            // One call a turn, so its place in the conversation names it.
            let id = format!("call_{}", request.messages.len());
            (String::new(), vec![ToolCall { id, name, arguments }], provider::Finish::Tools)
        }
        (Turn::Answer(text), Finish::Stop) => (text, Vec::new(), provider::Finish::Stop),
        (Turn::Answer(text), Finish::Length) => (text, Vec::new(), provider::Finish::Length),
    };
    Answer { text, calls, finish, usage: Some(usage), model: Some(request.model.id.clone()) }
}

/// Tells how many tokens there are, until the last one is said.
async fn listen(mut pieces: mpsc::UnboundedReceiver<super::Piece>, progress: &Notes<'_>, said: &AtomicU64) {
    while let Some(piece) = pieces.recv().await {
        let tokens = piece.tokens as u64;
        progress(Progress::Tokens(said.fetch_add(tokens, Ordering::Relaxed) + tokens));
    }
}

/// Bytes of weights, as a provider tells them.
struct Fetching<'a> {
    name: &'a str,
    progress: &'a Notes<'a>,
}

impl weights::Progress for Fetching<'_> {
    fn stage(&self, stage: Stage) {
        if stage == Stage::Waiting {
            (self.progress)(Progress::Note(format!("waiting for another process that fetches {}", self.name)));
        }
    }

    fn bytes(&self, done: u64, total: u64) {
        (self.progress)(Progress::Fetched(done, total));
    }
}

fn fault(error: &LocalError) -> Fault {
    let detail = error.to_string();
    match error {
        LocalError::TooLong { .. } => refused(Reason::TooLong, detail),
        LocalError::NotPulled { .. } | LocalError::Load { .. } | LocalError::NotChat { .. } => {
            refused(Reason::Unavailable, detail)
        }
        LocalError::Unknown { .. } | LocalError::WrongKind { .. } | LocalError::Grammar { .. } => {
            refused(Reason::Unknown, detail)
        }
        LocalError::Compute { .. } | LocalError::Stopped => {
            Fault { charge: Charge::InDoubt, ..refused(Reason::Unavailable, detail) }
        }
    }
}

/// Refused before anything was computed; the same request would be refused again.
fn refused(reason: Reason, detail: String) -> Fault {
    Fault { reason, detail, charge: Charge::Nothing, remedy: Remedy::Fallback }
}

fn late(name: &str, timeout: std::time::Duration, said: u64) -> Fault {
    Fault {
        reason: Reason::Timeout,
        detail: format!("`{name}` had said {said} tokens after {} s", timeout.as_secs_f64()),
        // How much of the prompt was read is known to nobody here.
        charge: Charge::InDoubt,
        remedy: Remedy::Retry { after: None },
    }
}

#[cfg(test)]
mod tests;
