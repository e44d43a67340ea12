//! The plan: a program with its ceilings, versioned and hashed. In: `Program` and `Bounds`. Out: what the runtime executes.
//!
//! It is the only tree of the compiler that is serialised. The numbers in it are the numbers that the runtime enforces.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::cost::Resources;
use crate::program::{ModelId, Program};
use crate::source::Sources;

/// The version of the format; a reader refuses any other.
pub const SCHEMA: &str = "flow.plan.v2";

/// A program, its ceilings, and where both came from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// [`SCHEMA`].
    pub schema: String,
    /// BLAKE3 of the rest in canonical JSON, in hex.
    pub digest: String,
    /// The version of the compiler that made it.
    pub compiler: String,
    /// The texts it was made from.
    pub sources: Vec<SourceDigest>,
    /// What to do.
    pub program: Program,
    /// The most that it may take.
    pub ceilings: Ceilings,
}

/// Why a plan was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// Not JSON of the shape of a plan; where and what, in the parser's words.
    NotAPlan(String),
    /// Made by another version of the format.
    OtherSchema(String),
    /// Its digest is not the digest of what it says: it was changed after it was made.
    Changed,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::NotAPlan(why) => write!(f, "not a plan: {why}"),
            ReadError::OtherSchema(schema) => write!(f, "a plan of format `{schema}`, and this is `{SCHEMA}`"),
            ReadError::Changed => {
                f.write_str("a plan that was changed after it was made: its digest is not that of its content")
            }
        }
    }
}

impl std::error::Error for ReadError {}

impl Plan {
    /// Puts a program and its ceilings under a digest.
    #[must_use]
    pub fn new(program: Program, ceilings: Ceilings, sources: &Sources) -> Plan {
        let digest = |text: &str| blake3::hash(text.as_bytes()).to_hex().to_string();
        let sources = sources
            .iter()
            .map(|(_, source)| SourceDigest { name: source.name().to_owned(), digest: digest(source.text()) });
        let mut plan = Plan {
            schema: SCHEMA.to_owned(),
            digest: String::new(),
            compiler: env!("CARGO_PKG_VERSION").to_owned(),
            sources: sources.collect(),
            program,
            ceilings,
        };
        plan.digest = plan.content_digest();
        plan
    }

    /// Reads a plan. Unknown fields, another version of the format and a wrong digest are refused.
    ///
    /// # Errors
    /// Says why it is no plan of this version.
    pub fn read(json: &str) -> Result<Plan, ReadError> {
        // The version is looked at first: a plan of another version is no broken plan of this one.
        let any: serde_json::Value =
            serde_json::from_str(json).map_err(|error| ReadError::NotAPlan(error.to_string()))?;
        match any.get("schema").and_then(serde_json::Value::as_str) {
            Some(SCHEMA) => {}
            Some(other) => return Err(ReadError::OtherSchema(other.to_owned())),
            None => return Err(ReadError::NotAPlan("it has no `schema`".to_owned())),
        }
        let plan: Plan = serde_json::from_str(json).map_err(|error| ReadError::NotAPlan(error.to_string()))?;
        if plan.digest == plan.content_digest() { Ok(plan) } else { Err(ReadError::Changed) }
    }

    /// The plan as canonical JSON: compact, fields in the order of their declaration.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a plan is made of texts, numbers and lists")
    }

    /// BLAKE3 of the canonical JSON of everything but the digest.
    fn content_digest(&self) -> String {
        #[derive(Serialize)]
        struct Content<'a> {
            schema: &'a str,
            compiler: &'a str,
            sources: &'a [SourceDigest],
            program: &'a Program,
            ceilings: &'a Ceilings,
        }
        let Plan { schema, digest: _, compiler, sources, program, ceilings } = self;
        let content = Content { schema, compiler, sources, program, ceilings };
        let mut hasher = blake3::Hasher::new();
        serde_json::to_writer(&mut hasher, &content).expect("a hasher takes every byte");
        hasher.finalize().to_hex().to_string()
    }
}

/// A source text by its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceDigest {
    /// Its path relative to the project's root.
    pub name: String,
    /// BLAKE3 of its bytes, in hex.
    pub digest: String,
}

/// Every number that the runtime enforces.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ceilings {
    /// Of each flow, by its id: what one run of it can take at most.
    pub flows: Vec<Resources>,
    /// Of each step, by its id.
    pub steps: Vec<StepCeiling>,
    /// Of each embedding, by its id.
    pub embeddings: Vec<EmbeddingCeiling>,
}

/// What one execution of a step can take at most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepCeiling {
    /// All of it: rungs, turns, retries, repairs, judges, tools.
    pub total: Resources,
    /// How many turns a rung may take: the cap, or fewer where the tools are used up before. The last one is sent without tools.
    pub turns: u64,
    /// Of each model that can answer it.
    pub models: Vec<ModelCeiling>,
}

/// What single attempts of a step at one model can take at most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelCeiling {
    /// The model.
    pub model: ModelId,
    /// Input tokens of the request of each turn, the first turn first. A larger request is `TooLong` and is not sent.
    pub turns: Vec<u64>,
    /// Input tokens of the request of each repair, the first repair first.
    pub repairs: Vec<u64>,
    /// Output tokens of any attempt, thinking included; sent in the field that bounds them.
    pub output: u64,
    /// Milliseconds until an attempt is given up.
    pub time_ms: u64,
}

/// What one embedding can take at most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmbeddingCeiling {
    /// All of it, every model of the tier tried.
    pub total: Resources,
    /// Of each model of the tier, in its order: input tokens of a request and milliseconds until it is given up.
    pub models: Vec<(ModelId, u64, u64)>,
}
