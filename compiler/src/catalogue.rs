//! The models that a tier can name, and what is known of each. In: `stdlib/models.toml` and the project's `flow.toml`. Out: a
//! [`Catalogue`] of entries, and for every entry that can be used under a budget its [`ModelFacts`].
//!
//! Nothing is guessed: an entry may lack a price, a context, an output cap or a tokenizer, and says so when a tier uses it
//! ([`Model::usable`]). A price of zero is a fact, a missing price is not.

mod facts;
mod policy;
mod project;
mod read;
mod schema;
mod server;
mod tier;

use std::collections::BTreeMap;
use std::sync::OnceLock;

pub use facts::{Imputed, Kind, MissingFact, ModelFacts, Overhead, Provider, TokenizerClass, Vocabulary, Wire};
pub use policy::Policy;
pub use project::ProjectFile;

use crate::cost::{LongContext, Money, Price, Rate, Rates};
use crate::diagnostic::{Checked, nearest};
use crate::source::SourceId;

pub use server::Server;

/// The entries that ship with the compiler.
const STANDARD: &str = include_str!("../../stdlib/models.toml");

/// How long an attempt may take where an entry does not say.
const USUAL_TIMEOUT_MS: u64 = 60_000;

/// The request field that bounds the output, in a protocol that has one name for it.
fn usual_output_field(wire: Wire) -> Option<&'static str> {
    match wire {
        Wire::Anthropic => Some("max_tokens"),
        Wire::Openai | Wire::Local | Wire::Scripted => None,
    }
}

/// All models that a flow can name.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    models: BTreeMap<String, Model>,
    servers: BTreeMap<String, Server>,
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
        self.servers.extend(project.servers.clone());
        self
    }

    /// The server of tools that `mcp("help-centre")` names.
    #[must_use]
    pub fn server(&self, name: &str) -> Option<&Server> {
        self.servers.get(name)
    }

    /// The names of all servers of tools, sorted.
    pub fn servers(&self) -> impl Iterator<Item = &str> {
        self.servers.keys().map(String::as_str)
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
        let price = &self.entry.price;
        let rate = |of: fn(&schema::RatesEntry) -> Option<Rate>| of(&price.rates);
        let imputed = price.imputed.as_ref().and_then(Imputed::rate);
        // An embedder writes nothing, so it needs no price for output.
        let output = rate(|r| r.output).or((self.kind() == Kind::Embed).then_some(Rate::FREE)).or(imputed);
        // A provider that may serve a request in several ways, or keep it for longer, does it in the dearest one: a report of
        // usage does not say in which it was, so it is settled at that price too.
        let dearest = |rates: Rates| self.dearest(rates);
        let rates = dearest(Rates {
            input: rate(|r| r.input).or(imputed)?,
            cached_input: rate(|r| r.cached_input),
            cache_write: rate(|r| r.cache_write),
            output: output?,
        });
        // What a long class does not say, it shares with the usual one.
        let long_context = self.entry.price.long_context.iter().map(|class| LongContext {
            above: class.above,
            rates: dearest(Rates {
                input: class.rates.input.unwrap_or(rates.input),
                cached_input: class.rates.cached_input.or(rates.cached_input),
                cache_write: class.rates.cache_write.or(rates.cache_write),
                output: class.rates.output.unwrap_or(rates.output),
            }),
        });
        let mut long_context: Vec<LongContext> = long_context.collect();
        long_context.sort_by_key(|class| class.above);
        Some(Price { rates, long_context, request: price.request.unwrap_or(Money::ZERO) })
    }

    /// The rates of a class, each at the dearest of the ways in which a request of it may be served.
    fn dearest(&self, rates: Rates) -> Rates {
        let price = &self.entry.price;
        let either = |rate: Rate, other: Option<Rate>| other.map_or(rate, |other| other.max(rate));
        // What has no rate of its own costs what fresh input costs.
        let cached = |rate: Option<Rate>, input: Rate, other: Option<Rate>| match other {
            Some(other) => Some(rate.unwrap_or(input).max(other)),
            None => rate,
        };
        let longer = Rates { cache_write: cached(rates.cache_write, rates.input, price.cache_write_1h), ..rates };
        price.service.iter().fold(longer, |rates, (_, served)| Rates {
            input: either(rates.input, served.input),
            cached_input: cached(rates.cached_input, rates.input, served.cached_input),
            cache_write: cached(rates.cache_write, rates.input, served.cache_write),
            output: either(rates.output, served.output),
        })
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
        let remote = wire.is_some_and(Wire::is_remote);
        // The field is the server's to choose in OpenAI's protocol alone; the others have one.
        let chats_over_http = wire == Some(Wire::Openai) && self.kind() == Kind::Chat;
        let lacks = [
            (MissingFact::Provider, entry.provider.is_none()),
            (MissingFact::BaseUrl, remote && entry.base_url.is_none()),
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
                    imputed: entry.price.imputed.clone(),
                    context,
                    max_output: entry.max_output.unwrap_or(0),
                    output_field: usual_output_field(wire).map(str::to_owned).or_else(|| entry.output_field.clone()),
                    tokenizer,
                    counting: entry.counting.clone(),
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

#[cfg(test)]
mod tests;
