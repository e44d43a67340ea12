//! The plan: a program with its ceilings, versioned and hashed. In: `Program` and `Bounds`. Out: what the runtime executes.
//!
//! It is the only tree of the compiler that is serialised. The numbers in it are the numbers that the runtime enforces.

use serde::{Deserialize, Serialize};

use crate::cost::Resources;
use crate::program::{ModelId, Program};

/// The version of the format; a reader refuses any other.
pub const SCHEMA: &str = "flow.plan.v1";

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
