//! What is known of a model, in the types that the plan and the runtime share with the compiler.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::cost::{Money, Price, Rate};

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
    /// The machine that its price is imputed from, where nobody bills tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imputed: Option<Imputed>,
    /// How its tokens are counted.
    pub tokenizer: TokenizerClass,
    /// Where the provider counts a request for nothing. This version does not ask there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counting: Option<String>,
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

impl ModelFacts {
    /// What a ceiling assumes of this model and cannot check before it is asked: one sentence each, nothing for a model in
    /// this process.
    #[must_use]
    pub fn assumptions(&self) -> Vec<String> {
        if !self.wire.is_remote() {
            return Vec::new();
        }
        let name = &self.name;
        let listed = self.as_of.as_ref().map_or_else(String::new, |date| format!(" of {date}"));
        let keeps = match &self.output_field {
            Some(field) => {
                format!("`{name}` keeps to `{field}`, thinking included, and costs what its price list{listed} says")
            }
            None => format!("`{name}` costs what its price list{listed} says"),
        };
        let bytes = match self.tokenizer {
            TokenizerClass::Ceiling { bytes_per_token } if bytes_per_token > 1 => {
                Some(format!("a token of `{name}` has {bytes_per_token} bytes or more, on average over a request"))
            }
            TokenizerClass::Ceiling { .. } | TokenizerClass::Counted { .. } | TokenizerClass::Exact { .. } => None,
        };
        let Overhead { request, message, tool, tools, format } = self.overhead;
        let adds = (self.overhead != Overhead::default()).then(|| {
            format!(
                "beside what is sent, `{name}` reads no more than {request} tokens a request, {message} a message, {tool} a tool, \
                 {tools} with any tool and {format} with an output format"
            )
        });
        [Some(keeps), bytes, adds].into_iter().flatten().collect()
    }
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
    pub(super) fn usual_wire(self) -> Wire {
        match self {
            Provider::Local => Wire::Local,
            Provider::Scripted => Wire::Scripted,
            Provider::Anthropic => Wire::Anthropic,
            Provider::Openai
            | Provider::Azure
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
    /// Messages as Anthropic defined them.
    Anthropic,
    /// Calls inside this process.
    Local,
    /// Answers from a file.
    Scripted,
}

impl Wire {
    /// Every protocol.
    pub const ALL: [Wire; 4] = [Wire::Openai, Wire::Anthropic, Wire::Local, Wire::Scripted];

    /// The word of `flow.toml` for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Wire::Openai => "openai",
            Wire::Anthropic => "anthropic",
            Wire::Local => "local",
            Wire::Scripted => "scripted",
        }
    }

    /// The protocol that a word names.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Wire> {
        Wire::ALL.into_iter().find(|wire| wire.name() == name)
    }

    /// Whether a request leaves this process.
    #[must_use]
    pub fn is_remote(self) -> bool {
        match self {
            Wire::Openai | Wire::Anthropic => true,
            Wire::Local | Wire::Scripted => false,
        }
    }
}

impl fmt::Display for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
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

/// A machine that is paid by the hour: its price over what it makes in that time is the price of a token (I-38).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Imputed {
    /// Dollars for an hour of it.
    pub gpu_hour: Money,
    /// How many tokens it reads and writes in a second, all requests together.
    pub tokens_per_second: u64,
}

impl Imputed {
    /// The price of a token, rounded up; `None` where it does not fit or nothing is made.
    #[must_use]
    pub fn rate(&self) -> Option<Rate> {
        let picos = u128::from(self.gpu_hour.nanos()) * 1_000;
        let tokens = u128::from(self.tokens_per_second) * 3_600;
        let rate = picos.checked_add(tokens.checked_sub(1)?)?.checked_div(tokens)?;
        u64::try_from(rate).ok().map(Rate::from_picos_per_token)
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
