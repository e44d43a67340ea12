//! Models in this process. In: messages or texts. Out: answers under a grammar, vectors, and exact token counts.
//!
//! ```text
//! messages ─chat→ tokens ─engine: model × constraint→ tokens ─tokenizer→ text
//! texts ─embedder→ vectors
//! ```
//!
//! Afterwards: the counts are the very numbers the model was fed and said; an answer under a grammar parses; the same
//! request gives the same answer whatever else runs beside it.

mod adapter;
mod chat;
mod constraint;
mod embedder;
mod engine;
mod gguf;
mod grammar;
mod layer;
mod linear;
mod model;
mod rope;
mod sequence;
mod tokenizer;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OnceCell, mpsc, oneshot};

pub use adapter::Local;
pub use chat::{Message, Overhead, Role};
pub use embedder::Embeddings;
pub use grammar::{Grammar, Turn};
pub use model::{Feed, Model, TokenId};
pub use sequence::Sequence;
pub use tokenizer::Tokenizer;

use flow_compiler::tokens::Counter;

use crate::weights;
use chat::Template;
use constraint::Grammars;
use embedder::Embedder;
use engine::{Engine, Job};

/// The local models of this process, each loaded once, when it is first asked for.
pub struct LocalModels {
    folder: PathBuf,
    chats: Mutex<HashMap<String, Arc<OnceCell<Arc<Chat>>>>>,
    embedders: Mutex<HashMap<String, Arc<OnceCell<Arc<Embedder>>>>>,
}

/// A loaded language model.
struct Chat {
    engine: Engine,
    tokenizer: Arc<Tokenizer>,
    template: Template,
    grammars: Grammars,
    context: usize,
}

/// What to say, and within what.
#[derive(Debug, Default)]
pub struct ChatRequest {
    /// The conversation so far.
    pub messages: Vec<Message>,
    /// The form of the answer; free text without.
    pub grammar: Option<Grammar>,
    /// The counters of all models that will read the answer: its texts are held to their sizes under each of them.
    pub readers: Vec<Counter>,
    /// Tokens of the answer at most, forced ones included.
    pub max_tokens: usize,
    /// Where to say the answer piece by piece, while it is made.
    pub pieces: Option<mpsc::UnboundedSender<Piece>>,
}

/// A part of an answer, as soon as it is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Whole characters only.
    pub text: String,
    /// Tokens it took.
    pub tokens: usize,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatResponse {
    /// What was said.
    pub text: String,
    /// Tokens fed: the messages and what the template adds.
    pub input_tokens: usize,
    /// Tokens said, those that the grammar forced included; the one that ends an answer is not counted.
    pub output_tokens: usize,
    /// How it ended.
    pub finish: Finish,
}

/// How an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// It was complete.
    Stop,
    /// It reached `max_tokens` before it was.
    Length,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LocalError {
    /// The name is not in the table of weights.
    #[error("there is no local model `{name}`")]
    Unknown {
        /// The name asked for.
        name: String,
    },
    /// An embedding model was asked to speak, or the other way round.
    #[error("`{name}` {problem}")]
    WrongKind {
        /// The name asked for.
        name: String,
        /// What it does instead.
        problem: &'static str,
    },
    /// The weights are not on this machine.
    #[error("the weights of `{name}` are not in `{}`: run `flow models pull {name}`", folder.display())]
    NotPulled {
        /// The model.
        name: String,
        /// Where they should be.
        folder: PathBuf,
    },
    /// The weights cannot be used.
    #[error("`{}` cannot be used: {reason}", file.display())]
    Load {
        /// The file or folder.
        file: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The vocabulary lacks what a chat needs.
    #[error("the model was not made for chat: its vocabulary lacks `{missing}`")]
    NotChat {
        /// The token that it lacks.
        missing: &'static str,
    },
    /// Prompt and answer together are longer than the model can hold. Nothing was computed.
    #[error("{tokens} tokens do not fit: the model holds {context}")]
    TooLong {
        /// Prompt and largest answer, or the text to embed.
        tokens: usize,
        /// What fits.
        context: usize,
    },
    /// The grammar cannot be compiled or followed.
    #[error("the grammar cannot be followed: {reason}")]
    Grammar {
        /// What is wrong.
        reason: String,
    },
    /// Arithmetic failed.
    #[error("the local model failed: {reason}")]
    Compute {
        /// What is wrong.
        reason: String,
    },
    /// The thread that runs the model is gone.
    #[error("the local model stopped")]
    Stopped,
}

impl LocalModels {
    /// The models whose weights are in this folder, see [`weights::folder`]. Nothing is read yet.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        LocalModels { folder: folder.into(), chats: Mutex::default(), embedders: Mutex::default() }
    }

    /// Answers a conversation. Dropping the future stops the work.
    ///
    /// # Errors
    /// [`LocalError::TooLong`] before anything is computed; [`LocalError::NotPulled`] where the weights are missing.
    pub async fn chat(&self, model: &str, request: ChatRequest) -> Result<ChatResponse, LocalError> {
        let chat = self.loaded(model).await?;
        let (reply, response) = oneshot::channel();
        let ChatRequest { grammar, readers, .. } = &request;
        let (grammar, readers) = (grammar.clone(), readers.clone());
        let engine = chat.engine.clone();
        let job = off_thread(move || chat.job(request, reply)).await?;
        let answered = match engine.submit(job) {
            Ok(()) => response.await.unwrap_or(Err(LocalError::Stopped)),
            Err(error) => Err(error),
        };
        if answered == Err(LocalError::Stopped) {
            // Its thread is gone, and with it what it was doing: the next request loads the model anew.
            self.chats.lock().unwrap_or_else(PoisonError::into_inner).remove(model);
        }
        let response = answered?;
        Ok(match grammar {
            Some(grammar) => grammar.finish(response, &readers),
            None => response,
        })
    }

    /// Embeds texts, in their order.
    ///
    /// # Errors
    /// [`LocalError::TooLong`] where one text is longer than the model can read: nothing is cut, nothing is computed.
    pub async fn embed(&self, model: &str, texts: Vec<String>) -> Result<Embeddings, LocalError> {
        let embedder = self.embedder(model).await?;
        off_thread(move || embedder.embed(&texts)).await
    }

    /// Loads a model, unless it is loaded.
    ///
    /// # Errors
    /// [`LocalError::NotPulled`] where the weights are missing.
    pub async fn load(&self, model: &str) -> Result<(), LocalError> {
        match weights::find(model).map(|weights| weights.kind) {
            Some(weights::Kind::Embedding) => self.embedder(model).await.map(drop),
            Some(weights::Kind::Chat) | None => self.loaded(model).await.map(drop),
        }
    }

    /// Whether a model is loaded, so that its next answer begins at once.
    pub fn is_loaded(&self, model: &str) -> bool {
        cell(&self.chats, model).initialized() || cell(&self.embedders, model).initialized()
    }

    /// The tokens of a conversation as this model reads it: what `chat` will report as input.
    ///
    /// # Errors
    /// Where the model cannot be loaded.
    pub async fn count(&self, model: &str, messages: &[Message]) -> Result<usize, LocalError> {
        let chat = self.loaded(model).await?;
        Ok(chat.template.render(&chat.tokenizer, messages).len())
    }

    /// The tokens of a text as an embedding model reads it.
    ///
    /// # Errors
    /// Where the model cannot be loaded.
    pub async fn count_embedding(&self, model: &str, text: &str) -> Result<usize, LocalError> {
        self.embedder(model).await?.count(text)
    }

    /// The vocabulary of a language model, for counting pieces of text.
    ///
    /// # Errors
    /// Where the model cannot be loaded.
    pub async fn tokenizer(&self, model: &str) -> Result<Arc<Tokenizer>, LocalError> {
        Ok(self.loaded(model).await?.tokenizer.clone())
    }

    /// What the chat template adds.
    ///
    /// # Errors
    /// Where the model cannot be loaded.
    pub async fn overhead(&self, model: &str) -> Result<Overhead, LocalError> {
        Ok(self.loaded(model).await?.template.overhead())
    }

    /// Tokens that the model holds: prompt and answer together, or one text to embed.
    ///
    /// # Errors
    /// Where the model cannot be loaded.
    pub async fn context(&self, model: &str) -> Result<usize, LocalError> {
        match weights::find(model).map(|weights| weights.kind) {
            Some(weights::Kind::Embedding) => Ok(self.embedder(model).await?.context()),
            Some(weights::Kind::Chat) | None => Ok(self.loaded(model).await?.context),
        }
    }

    async fn loaded(&self, model: &str) -> Result<Arc<Chat>, LocalError> {
        let folder = self.weights(model, weights::Kind::Chat)?;
        let cell = cell(&self.chats, model);
        let name = model.to_owned();
        cell.get_or_try_init(|| off_thread(move || Chat::load(&name, &folder).map(Arc::new))).await.cloned()
    }

    async fn embedder(&self, model: &str) -> Result<Arc<Embedder>, LocalError> {
        let folder = self.weights(model, weights::Kind::Embedding)?;
        let cell = cell(&self.embedders, model);
        cell.get_or_try_init(|| off_thread(move || Embedder::load(&folder).map(Arc::new))).await.cloned()
    }

    /// The folder of a model's weights, where they are all there.
    fn weights(&self, model: &str, kind: weights::Kind) -> Result<PathBuf, LocalError> {
        let name = model.to_owned();
        let weights = weights::find(model).ok_or_else(|| LocalError::Unknown { name: name.clone() })?;
        match (weights.kind, kind) {
            (weights::Kind::Embedding, weights::Kind::Chat) => {
                Err(LocalError::WrongKind { name, problem: "makes embeddings and cannot answer" })
            }
            (weights::Kind::Chat, weights::Kind::Embedding) => {
                Err(LocalError::WrongKind { name, problem: "answers and makes no embeddings" })
            }
            _ if weights.is_in(&self.folder) => Ok(weights.folder(&self.folder)),
            _ => Err(LocalError::NotPulled { name, folder: self.folder.clone() }),
        }
    }
}

impl Chat {
    fn load(name: &str, folder: &Path) -> Result<Self, LocalError> {
        let file = weights::find(name).and_then(|weights| weights.gguf(folder));
        let file = file.ok_or_else(|| LocalError::Unknown { name: name.to_owned() })?;
        let (model, tokenizer) =
            Model::load(&file).map_err(|error| LocalError::Load { file, reason: error.to_string() })?;
        let tokenizer = Arc::new(tokenizer);
        let context = model.context();
        Ok(Chat {
            engine: Engine::start(name, Arc::new(model), tokenizer.clone())?,
            template: Template::new(&tokenizer)?,
            grammars: Grammars::new(tokenizer.clone())?,
            tokenizer,
            context,
        })
    }

    fn job(
        &self,
        request: ChatRequest,
        reply: oneshot::Sender<Result<ChatResponse, LocalError>>,
    ) -> Result<Job, LocalError> {
        let prompt = self.template.render(&self.tokenizer, &request.messages);
        let (constraint, most) = match &request.grammar {
            None => (None, request.max_tokens),
            Some(Grammar::Text(size)) => {
                let most = usize::try_from(size.tokens).unwrap_or(usize::MAX);
                (None, request.max_tokens.min(most))
            }
            Some(grammar @ (Grammar::Json { .. } | Grammar::Turn { .. } | Grammar::Lark(_))) => {
                let lark = grammar.lark(&self.tokenizer, request.max_tokens)?;
                let constraint = lark.map(|lark| self.grammars.constraint(&lark)).transpose()?;
                (constraint, request.max_tokens)
            }
        };
        let tokens = prompt.len().saturating_add(most);
        if tokens > self.context {
            return Err(LocalError::TooLong { tokens, context: self.context });
        }
        Ok(Job { prompt, constraint, most, pieces: request.pieces, reply })
    }
}

fn cell<T>(cells: &Mutex<HashMap<String, Arc<OnceCell<T>>>>, name: &str) -> Arc<OnceCell<T>> {
    cells.lock().unwrap_or_else(PoisonError::into_inner).entry(name.to_owned()).or_default().clone()
}

/// Runs what computes for long on a thread that may block.
async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, LocalError> + Send + 'static,
) -> Result<T, LocalError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(LocalError::Compute { reason: error.to_string() }))
}
