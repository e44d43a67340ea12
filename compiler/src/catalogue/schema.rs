//! What an entry of `models.toml` or `flow.toml` may say. Every field may be absent, so that an entry can be laid over another.

use serde::Serialize;

use crate::catalogue::{Imputed, Kind, Overhead, Provider, TokenizerClass, Wire};
use crate::cost::{Money, Rate};

/// One `[models.NAME]` table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Entry {
    pub(crate) provider: Option<Provider>,
    pub(crate) id: Option<String>,
    pub(crate) wire: Option<Wire>,
    pub(crate) base_url: Option<String>,
    pub(crate) key_env: Option<String>,
    pub(crate) kind: Option<Kind>,
    pub(crate) price: PriceEntry,
    pub(crate) context: Option<u64>,
    pub(crate) max_output: Option<u64>,
    pub(crate) output_field: Option<String>,
    pub(crate) tokenizer: Option<TokenizerClass>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) counting: Option<String>,
    pub(crate) overhead: OverheadEntry,
    pub(crate) timeout_ms: Option<u64>,
    pub(crate) thinking: Option<bool>,
    pub(crate) structured: Option<bool>,
    pub(crate) as_of: Option<String>,
    pub(crate) retires: Option<String>,
    pub(crate) source: Option<String>,
}

impl Entry {
    /// Takes every field that `over` has.
    pub(crate) fn override_with(&mut self, over: &Entry) {
        let over = over.clone();
        replace(&mut self.provider, over.provider);
        replace(&mut self.id, over.id);
        replace(&mut self.wire, over.wire);
        replace(&mut self.base_url, over.base_url);
        replace(&mut self.key_env, over.key_env);
        replace(&mut self.kind, over.kind);
        self.price.override_with(over.price);
        replace(&mut self.context, over.context);
        replace(&mut self.max_output, over.max_output);
        replace(&mut self.output_field, over.output_field);
        replace(&mut self.tokenizer, over.tokenizer);
        replace(&mut self.counting, over.counting);
        self.overhead.override_with(&over.overhead);
        replace(&mut self.timeout_ms, over.timeout_ms);
        replace(&mut self.thinking, over.thinking);
        replace(&mut self.structured, over.structured);
        replace(&mut self.as_of, over.as_of);
        replace(&mut self.retires, over.retires);
        replace(&mut self.source, over.source);
    }
}

/// The field `price`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct PriceEntry {
    pub(crate) rates: RatesEntry,
    pub(crate) request: Option<Money>,
    pub(crate) long_context: Vec<LongContextEntry>,
    /// Writing to the provider's cache for longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cache_write_1h: Option<Rate>,
    /// Ways of being served that the provider may choose, by their names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) service: Vec<(String, RatesEntry)>,
    /// The machine that the price is imputed from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) imputed: Option<Imputed>,
}

impl PriceEntry {
    fn override_with(&mut self, over: PriceEntry) {
        replace(&mut self.rates.input, over.rates.input);
        replace(&mut self.rates.cached_input, over.rates.cached_input);
        replace(&mut self.rates.cache_write, over.rates.cache_write);
        replace(&mut self.rates.output, over.rates.output);
        replace(&mut self.request, over.request);
        if !over.long_context.is_empty() {
            self.long_context = over.long_context;
        }
        replace(&mut self.cache_write_1h, over.cache_write_1h);
        if !over.service.is_empty() {
            self.service = over.service;
        }
        replace(&mut self.imputed, over.imputed);
    }
}

/// The rates of one price class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct RatesEntry {
    pub(crate) input: Option<Rate>,
    pub(crate) cached_input: Option<Rate>,
    pub(crate) cache_write: Option<Rate>,
    pub(crate) output: Option<Rate>,
}

/// One dearer class of long requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct LongContextEntry {
    pub(crate) above: u64,
    pub(crate) rates: RatesEntry,
}

/// The field `overhead`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct OverheadEntry {
    pub(crate) request: Option<u64>,
    pub(crate) message: Option<u64>,
    pub(crate) tool: Option<u64>,
    pub(crate) tools: Option<u64>,
    pub(crate) format: Option<u64>,
}

impl OverheadEntry {
    fn override_with(&mut self, over: &OverheadEntry) {
        replace(&mut self.request, over.request);
        replace(&mut self.message, over.message);
        replace(&mut self.tool, over.tool);
        replace(&mut self.tools, over.tools);
        replace(&mut self.format, over.format);
    }

    /// What is not said adds nothing.
    pub(crate) fn known(&self) -> Overhead {
        Overhead {
            request: self.request.unwrap_or(0),
            message: self.message.unwrap_or(0),
            tool: self.tool.unwrap_or(0),
            tools: self.tools.unwrap_or(0),
            format: self.format.unwrap_or(0),
        }
    }
}

fn replace<T>(field: &mut Option<T>, over: Option<T>) {
    if over.is_some() {
        *field = over;
    }
}
