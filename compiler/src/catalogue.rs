//! The models that a tier can name, and what is known of each. In: `stdlib/models.toml` and the project's `flow.toml`. Out: a
//! [`Catalogue`] of entries, and for every entry that can be used under a budget its [`ModelFacts`].
//!
//! Nothing is guessed: an entry may lack a price, a context, an output cap or a tokenizer, and says so when a tier uses it
//! ([`Model::usable`]). A price of zero is a fact, a missing price is not.

mod project;
mod read;
mod schema;
mod tier;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

pub use project::ProjectFile;

use crate::cost::{LongContext, Money, Price, Rate, Rates};
use crate::diagnostic::{Checked, nearest};
use crate::source::SourceId;

/// The entries that ship with the compiler.
const STANDARD: &str = include_str!("../../stdlib/models.toml");

/// How long an attempt may take where an entry does not say.
const USUAL_TIMEOUT_MS: u64 = 60_000;

/// All models that a flow can name.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    models: BTreeMap<String, Model>,
}

impl Catalogue {
    /// The models that ship with the compiler. Their file is read once in a process; a test holds it free of problems.
    #[must_use]
    pub fn standard() -> &'static Catalogue {
        static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
        CATALOGUE.get_or_init(|| Catalogue::read(SourceId::default(), STANDARD).value)
    }

    /// A catalogue of nothing but the `[models.NAME]` tables of a text.
    #[must_use]
    pub fn read(source: SourceId, text: &str) -> Checked<Catalogue> {
        let Checked { value: file, diagnostics } = ProjectFile::read(source, text);
        Checked { value: Catalogue::default().with(&file), diagnostics }
    }

    /// This catalogue with the models of a project: new names are added, single fields of known names are overridden.
    #[must_use]
    pub fn with(mut self, project: &ProjectFile) -> Catalogue {
        for (name, entry) in &project.models {
            match self.models.get_mut(name) {
                Some(model) => model.entry.override_with(entry),
                None => {
                    self.models.insert(name.clone(), Model { name: name.clone(), entry: entry.clone() });
                }
            }
        }
        self
    }

    /// The model that `openai("gpt-5-mini")` names: by provider and by what the provider calls it.
    ///
    /// Where several entries have both, the one that is also named so wins, then the first by name.
    #[must_use]
    pub fn by_provider(&self, provider: Provider, id: &str) -> Option<&Model> {
        let is_meant = |model: &&Model| model.entry.provider == Some(provider) && model.id() == id;
        self.models.get(id).filter(is_meant).or_else(|| self.models.values().find(is_meant))
    }

    /// The model that `model("house-llama")` names: by the name of its entry.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Option<&Model> {
        self.models.get(name)
    }

    /// The known name nearest to one that is not known: among the provider's ids where a provider was named, else among all
    /// names of entries. For `did you mean`.
    #[must_use]
    pub fn nearest(&self, provider: Option<Provider>, name: &str) -> Option<&str> {
        match provider {
            Some(provider) => {
                nearest(name, self.models.values().filter(|m| m.provider() == Some(provider)).map(Model::id))
            }
            None => nearest(name, self.models.keys().map(String::as_str)),
        }
    }

    /// Every model, by provider, then by name: the order of `flowc models`.
    #[must_use]
    pub fn list(&self) -> Vec<&Model> {
        let mut models: Vec<&Model> = self.models.values().collect();
        models.sort_by_key(|model| (model.entry.provider, model.name.as_str()));
        models
    }
}

/// One entry of the catalogue, complete or not.
#[derive(Clone, Debug)]
pub struct Model {
    name: String,
    entry: schema::Entry,
}

impl Model {
    /// The name of the entry.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the provider calls the model: the field `id`, else the name of the entry.
    #[must_use]
    pub fn id(&self) -> &str {
        self.entry.id.as_deref().unwrap_or(&self.name)
    }

    /// Who serves it, where the entry says.
    #[must_use]
    pub fn provider(&self) -> Option<Provider> {
        self.entry.provider
    }

    /// What it charges, where the entry says.
    #[must_use]
    pub fn price(&self) -> Option<Price> {
        let rate = |of: fn(&schema::RatesEntry) -> Option<Rate>| of(&self.entry.price.rates);
        // An embedder writes nothing, so it needs no price for output.
        let output = rate(|r| r.output).or((self.kind() == Kind::Embed).then_some(Rate::FREE));
        let rates = Rates {
            input: rate(|r| r.input)?,
            cached_input: rate(|r| r.cached_input),
            cache_write: rate(|r| r.cache_write),
            output: output?,
        };
        // What a long class does not say, it shares with the usual one.
        let long_context = self.entry.price.long_context.iter().map(|class| LongContext {
            above: class.above,
            rates: Rates {
                input: class.rates.input.unwrap_or(rates.input),
                cached_input: class.rates.cached_input.or(rates.cached_input),
                cache_write: class.rates.cache_write.or(rates.cache_write),
                output: class.rates.output.unwrap_or(rates.output),
            },
        });
        let mut long_context: Vec<LongContext> = long_context.collect();
        long_context.sort_by_key(|class| class.above);
        Some(Price { rates, long_context, request: self.entry.price.request.unwrap_or(Money::ZERO) })
    }

    /// How its tokens are counted, where the entry says.
    #[must_use]
    pub fn tokenizer(&self) -> Option<TokenizerClass> {
        self.entry.tokenizer
    }

    /// The largest number of tokens of input and output together, where the entry says.
    #[must_use]
    pub fn context(&self) -> Option<u64> {
        self.entry.context
    }

    /// The largest output in tokens, thinking included, where the entry says.
    #[must_use]
    pub fn max_output(&self) -> Option<u64> {
        self.entry.max_output
    }

    /// The date of the facts, `2026-11-23`, where the entry says.
    #[must_use]
    pub fn as_of(&self) -> Option<&str> {
        self.entry.as_of.as_deref()
    }

    /// The day on which the provider stops serving it, `2026-12-11`, where one is announced.
    #[must_use]
    pub fn retires(&self) -> Option<&str> {
        self.entry.retires.as_deref()
    }

    /// Where the facts are from, where the entry says.
    #[must_use]
    pub fn source(&self) -> Option<&str> {
        self.entry.source.as_deref()
    }

    /// Whether it writes text or turns text into vectors.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.entry.kind.unwrap_or(Kind::Chat)
    }

    /// Everything that a plan needs, or every fact that is missing.
    ///
    /// # Errors
    /// The facts without which the model cannot be used under a budget, in the order of the manual.
    pub fn usable(&self) -> Result<ModelFacts, Vec<MissingFact>> {
        let entry = &self.entry;
        let wire = entry.wire.or(entry.provider.map(Provider::usual_wire));
        let chats_over_http = wire == Some(Wire::Openai) && self.kind() == Kind::Chat;
        let lacks = [
            (MissingFact::Provider, entry.provider.is_none()),
            (MissingFact::BaseUrl, wire == Some(Wire::Openai) && entry.base_url.is_none()),
            (MissingFact::Tokenizer, entry.tokenizer.is_none()),
            (MissingFact::Context, entry.context.is_none()),
            (MissingFact::MaxOutput, self.kind() == Kind::Chat && entry.max_output.is_none()),
            (MissingFact::OutputField, chats_over_http && entry.output_field.is_none()),
            (MissingFact::Price, self.price().is_none()),
        ];
        let missing: Vec<MissingFact> = lacks.into_iter().filter_map(|(fact, lacks)| lacks.then_some(fact)).collect();
        match (entry.provider, wire, entry.tokenizer, entry.context, self.price()) {
            (Some(provider), Some(wire), Some(tokenizer), Some(context), Some(price)) if missing.is_empty() => {
                Ok(ModelFacts {
                    name: self.name.clone(),
                    provider,
                    id: self.id().to_owned(),
                    wire,
                    base_url: entry.base_url.clone(),
                    key_env: entry.key_env.clone(),
                    kind: self.kind(),
                    price,
                    context,
                    max_output: entry.max_output.unwrap_or(0),
                    output_field: entry.output_field.clone(),
                    tokenizer,
                    overhead: entry.overhead.known(),
                    timeout_ms: entry.timeout_ms.unwrap_or(USUAL_TIMEOUT_MS),
                    thinking: entry.thinking.unwrap_or(false),
                    structured: entry.structured.unwrap_or(false),
                    as_of: entry.as_of.clone(),
                    source: entry.source.clone(),
                })
            }
            _ => Err(missing),
        }
    }

    /// A digest of everything the entry says, the same for equal entries: what `flow.lock` pins.
    #[must_use]
    pub fn digest(&self) -> String {
        let entry = serde_json::to_vec(&(&self.name, &self.entry)).expect("an entry is made of texts and numbers");
        blake3::hash(&entry).to_hex().to_string()
    }
}

/// What is known of a model that can be used under a budget. Part of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelFacts {
    /// The name of the entry.
    pub name: String,
    /// Who serves the model.
    pub provider: Provider,
    /// What the provider calls it.
    pub id: String,
    /// The protocol it is asked by.
    pub wire: Wire,
    /// Where it is asked; absent for models in this process and scripted ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// The name of the environment variable that holds the key; absent: no key is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_env: Option<String>,
    /// Whether it writes text or turns text into vectors.
    pub kind: Kind,
    /// What it charges.
    pub price: Price,
    /// The largest number of tokens of input and output together.
    pub context: u64,
    /// The largest output in tokens, thinking included; 0 for an embedder.
    pub max_output: u64,
    /// The request field that bounds the output, thinking included; absent where no request is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_field: Option<String>,
    /// How its tokens are counted.
    pub tokenizer: TokenizerClass,
    /// Tokens that the provider adds to what is sent.
    pub overhead: Overhead,
    /// The longest that one attempt may take, in milliseconds, where the step does not say less.
    pub timeout_ms: u64,
    /// Whether it thinks before it answers, at the price of output.
    pub thinking: bool,
    /// Whether it takes a JSON schema for its answer.
    pub structured: bool,
    /// The date of the facts, `2026-11-23`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
    /// Where the facts are from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// Who serves a model. The word of the language for each is its name here: `openai("gpt-5-mini")`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// OpenAI, and servers that speak its protocol.
    Openai,
    /// OpenAI's models on Azure.
    Azure,
    /// Anthropic.
    Anthropic,
    /// Google.
    Google,
    /// Mistral.
    Mistral,
    /// DeepSeek.
    Deepseek,
    /// Groq.
    Groq,
    /// A model in this process.
    Local,
    /// Answers from a file.
    Scripted,
}

impl Provider {
    /// Every provider.
    pub const ALL: [Provider; 9] = [
        Provider::Openai,
        Provider::Azure,
        Provider::Anthropic,
        Provider::Google,
        Provider::Mistral,
        Provider::Deepseek,
        Provider::Groq,
        Provider::Local,
        Provider::Scripted,
    ];

    /// The word of the language and of `flow.toml` for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Provider::Openai => "openai",
            Provider::Azure => "azure",
            Provider::Anthropic => "anthropic",
            Provider::Google => "google",
            Provider::Mistral => "mistral",
            Provider::Deepseek => "deepseek",
            Provider::Groq => "groq",
            Provider::Local => "local",
            Provider::Scripted => "scripted",
        }
    }

    /// The provider that a word names.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Provider> {
        Provider::ALL.into_iter().find(|provider| provider.name() == name)
    }

    /// The protocol of an entry that does not name one.
    fn usual_wire(self) -> Wire {
        match self {
            Provider::Local => Wire::Local,
            Provider::Scripted => Wire::Scripted,
            Provider::Openai
            | Provider::Azure
            | Provider::Anthropic
            | Provider::Google
            | Provider::Mistral
            | Provider::Deepseek
            | Provider::Groq => Wire::Openai,
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The protocol by which a model is asked; the runtime has an adapter for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Wire {
    /// Chat completions and embeddings as OpenAI defined them and many servers speak them.
    Openai,
    /// Calls inside this process.
    Local,
    /// Answers from a file.
    Scripted,
}

/// What a model does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It writes text.
    Chat,
    /// It turns text into vectors: `classify` and `embed`.
    Embed,
}

/// How the tokens of a text are counted for a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "class", rename_all = "lowercase", deny_unknown_fields)]
pub enum TokenizerClass {
    /// The model runs in this process: its own token ids are counted, and the counts of segments add.
    Exact {
        /// Its vocabulary.
        vocabulary: Vocabulary,
    },
    /// The provider published the vocabulary: the rendered text is counted, overheads are declared.
    Counted {
        /// The published vocabulary.
        vocabulary: Vocabulary,
    },
    /// No public tokenizer: at most one token per so many bytes. 1 is always true for byte-level BPE; more is an assumption.
    Ceiling {
        /// Bytes per token, at least 1.
        bytes_per_token: u64,
    },
}

impl fmt::Display for TokenizerClass {
    /// `exact (smollm2)`, `counted (o200k_base)`, `ceiling (2 bytes a token)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TokenizerClass::Exact { vocabulary } => write!(f, "exact ({})", vocabulary.name()),
            TokenizerClass::Counted { vocabulary } => write!(f, "counted ({})", vocabulary.name()),
            TokenizerClass::Ceiling { bytes_per_token: 1 } => f.write_str("ceiling (1 byte a token)"),
            TokenizerClass::Ceiling { bytes_per_token } => write!(f, "ceiling ({bytes_per_token} bytes a token)"),
        }
    }
}

/// A vocabulary that ships with the compiler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Vocabulary {
    /// OpenAI's, of GPT-4o and later.
    O200kBase,
    /// OpenAI's, of GPT-4 and the embedders.
    Cl100kBase,
    /// The one of SmolLM2.
    Smollm2,
    /// The one of all-MiniLM-L6-v2, which is BERT's.
    Minilm,
}

impl Vocabulary {
    /// Every vocabulary.
    pub const ALL: [Vocabulary; 4] =
        [Vocabulary::O200kBase, Vocabulary::Cl100kBase, Vocabulary::Smollm2, Vocabulary::Minilm];

    /// Its name in `models.toml` and `flow.toml`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Vocabulary::O200kBase => "o200k_base",
            Vocabulary::Cl100kBase => "cl100k_base",
            Vocabulary::Smollm2 => "smollm2",
            Vocabulary::Minilm => "minilm",
        }
    }

    /// The vocabulary of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Vocabulary> {
        Vocabulary::ALL.into_iter().find(|vocabulary| vocabulary.name() == name)
    }
}

/// Tokens that a provider adds to what is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overhead {
    /// Per request.
    pub request: u64,
    /// Per message.
    pub message: u64,
    /// Per tool, beside its schema.
    pub tool: u64,
    /// Once per request that has any tool: the provider's own instructions for tools.
    #[serde(default)]
    pub tools: u64,
    /// Once per request with an output format, beside its schema.
    pub format: u64,
}

impl Overhead {
    /// The overhead of one request, or `None` where it does not fit.
    #[must_use]
    pub fn of_request(&self, messages: u64, tools: u64, formatted: bool) -> Option<u64> {
        let preamble = if tools > 0 { self.tools } else { 0 };
        let format = if formatted { self.format } else { 0 };
        self.message
            .checked_mul(messages)?
            .checked_add(self.tool.checked_mul(tools)?)?
            .checked_add(self.request)?
            .checked_add(preamble)?
            .checked_add(format)
    }
}

/// A fact without which a model cannot be used under a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MissingFact {
    /// Who serves it.
    Provider,
    /// Where it is asked.
    BaseUrl,
    /// How its tokens are counted.
    Tokenizer,
    /// The largest number of tokens of input and output together.
    Context,
    /// The largest output.
    MaxOutput,
    /// The request field that bounds the output.
    OutputField,
    /// The price of input and of output.
    Price,
}

impl MissingFact {
    /// What is missing, in words, behind `no`: `price`.
    #[must_use]
    pub fn what(self) -> &'static str {
        match self {
            MissingFact::Provider => "provider",
            MissingFact::BaseUrl => "address",
            MissingFact::Tokenizer => "tokenizer",
            MissingFact::Context => "context length",
            MissingFact::MaxOutput => "largest output",
            MissingFact::OutputField => "request field that bounds its output",
            MissingFact::Price => "price",
        }
    }

    /// A line for `[models.NAME]` of `flow.toml` that would add it, with a value to replace.
    #[must_use]
    pub fn example(self) -> &'static str {
        match self {
            MissingFact::Provider => "provider = \"openai\"",
            MissingFact::BaseUrl => "base_url = \"http://127.0.0.1:8080/v1\"",
            MissingFact::Tokenizer => "tokenizer = { class = \"ceiling\", bytes_per_token = 1 }",
            MissingFact::Context => "context = 128_000",
            MissingFact::MaxOutput => "max_output = 16_000",
            MissingFact::OutputField => "output_field = \"max_completion_tokens\"",
            MissingFact::Price => "price = { input = \"1.00\", output = \"4.00\" }",
        }
    }
}

#[cfg(test)]
mod tests;
