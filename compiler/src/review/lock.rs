//! `flow.lock`: what was accepted in review. In: a snapshot, or the text of a lock. Out: the text, the same for the same
//! snapshot; or what it accepts, with everything that is wrong about it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;

use super::facts::WORDS;
use super::snapshot::{Item, Key, Kind, Pinned, Snapshot, Value};
use crate::cost::{Dimension, Money, Resources};
use crate::diagnostic::{Code, Diagnostic, code};
use crate::source::{SourceId, Span};

/// The version of the format; a reader refuses any other.
pub const SCHEMA: &str = "flow.lock.v1";

const HEAD: &str = "\
# What was accepted: the ceilings of flows and steps, their prompts, and the facts of the models that they use.
# `flowc check` fails where a ceiling grew over what stands here. `flowc lock --accept` writes it; do not edit it by hand.
";

/// The table that closes the file.
const SEAL: &str = "\n[seal]\n";

/// What was accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    /// The version of the compiler that proved it.
    pub compiler: String,
    /// The facts of the models.
    pub models: BTreeMap<String, Pinned>,
    /// Flows and steps.
    pub items: BTreeMap<Key, Accepted>,
}

/// What was accepted of a flow or a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Whether others may use it.
    pub public: bool,
    /// The most that one run of it can take.
    pub bound: Resources,
    /// The digest of its prompt, of a step.
    pub prompt: Option<String>,
}

/// A dimension in which a ceiling is above the accepted one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Growth {
    /// Which.
    pub dimension: Dimension,
    /// What was accepted.
    pub accepted: u64,
    /// What is proved now.
    pub now: u64,
}

impl Lock {
    /// What a snapshot would have accepted: every flow and step of which something is proved.
    #[must_use]
    pub fn of(snapshot: &Snapshot) -> Lock {
        let items = snapshot.items.iter().filter_map(|(key, item)| Some((key.clone(), accepted(key, item)?)));
        Lock { compiler: env!("CARGO_PKG_VERSION").to_owned(), models: snapshot.models.clone(), items: items.collect() }
    }

    /// In which dimensions an item is above what was accepted; nothing where it is new.
    #[must_use]
    pub fn growth(&self, key: &Key, bound: &Resources) -> Vec<Growth> {
        let Some(accepted) = self.items.get(key) else { return Vec::new() };
        let grown = bound.beyond(&accepted.bound).map(|dimension| Growth {
            dimension,
            accepted: accepted.bound.get(dimension),
            now: bound.get(dimension),
        });
        grown.collect()
    }

    /// The text of the file, the same for the same lock.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut out = HEAD.to_owned();
        let _ = writeln!(out, "schema   = {}", quoted(SCHEMA));
        let _ = writeln!(out, "compiler = {}", quoted(&self.compiler));
        for (name, model) in &self.models {
            let _ = writeln!(out, "\n[models.{}]", quoted(name));
            let _ = writeln!(out, "price  = {}", quoted(&model.price));
            for (key, value) in [("as_of ", &model.as_of), ("source", &model.source)] {
                if let Some(value) = value {
                    let _ = writeln!(out, "{key} = {}", quoted(value));
                }
            }
            let _ = writeln!(out, "digest = {}", quoted(&model.digest));
        }
        for ((kind, file, name), item) in &self.items {
            let _ = writeln!(out, "\n[{}s.{}.{}]", kind.name(), quoted(file), quoted(name));
            if item.public {
                out.push_str("public = true\n");
            }
            let _ = writeln!(out, "bound  = {}", table(&item.bound));
            if let Some(prompt) = &item.prompt {
                let _ = writeln!(out, "prompt = {}", quoted(prompt));
            }
        }
        let seal = digest(&out);
        let _ = writeln!(out, "{SEAL}digest = {}", quoted(&seal));
        out
    }

    /// Reads a lock.
    ///
    /// # Errors
    /// What is wrong, at its place: conflicts of a merge, another format, changes by hand.
    pub fn read(source: SourceId, text: &str) -> Result<Lock, Box<Diagnostic>> {
        if let Some(at) = conflict(text) {
            let diagnostic = Diagnostic::error(
                code::delivery::E1003,
                Span::new(source, at..text[at..].find('\n').map_or(text.len(), |end| at + end)),
                "`flow.lock` has unresolved merge conflicts",
            );
            return Err(Box::new(diagnostic.label("git marked a conflict here").help(ACCEPT)));
        }
        let file: File = toml::from_str(text).map_err(|error| {
            let span = Span::new(source, error.span().unwrap_or(0..0));
            let why = error.message().lines().next().unwrap_or("not read").trim_end_matches('.').to_owned();
            Box::new(
                Diagnostic::error(code::delivery::E1002, span, "`flow.lock` cannot be read").label(why).help(ACCEPT),
            )
        })?;
        let unread = |code: Code, message: String| {
            let end = text.trim_end().len();
            let start = text.trim_end().rfind('\n').map_or(0, |at| at + 1);
            Box::new(Diagnostic::error(code, Span::new(source, start..end), message).help(ACCEPT))
        };
        if file.schema != SCHEMA {
            let message = format!("`flow.lock` is of format `{}`, and this is `{SCHEMA}`", file.schema);
            return Err(unread(code::delivery::E1002, message));
        }
        let whole = text.replace("\r\n", "\n");
        let sealed = whole.rfind(SEAL).and_then(|at| whole.get(..at)).unwrap_or(&whole);
        if digest(sealed) != file.seal.digest {
            let diagnostic = unread(code::delivery::E1004, "`flow.lock` was changed by hand".to_owned());
            return Err(Box::new(diagnostic.label("the digest of something else")));
        }
        file.lock().map_err(|why| unread(code::delivery::E1002, format!("`flow.lock` cannot be read: {why}")))
    }
}

const ACCEPT: &str = "take back the version that was reviewed, or accept what is there now: `flowc lock --accept`";

/// The part of an item that a lock keeps; nothing of what has no ceiling.
fn accepted(key: &Key, item: &Item) -> Option<Accepted> {
    let prompt = item.facts.get(WORDS).and_then(|fact| match &fact.value {
        Value::Digest(digest) => Some(digest.clone()),
        Value::Limit(..)
        | Value::Cap(_)
        | Value::Tokens(_)
        | Value::Models(_)
        | Value::Gate { .. }
        | Value::Word(_) => None,
    });
    (key.0 != Kind::Tool).then_some(Accepted { public: item.public, bound: item.bound?, prompt })
}

/// Where git marked a conflict.
fn conflict(text: &str) -> Option<usize> {
    let is_mark =
        |line: &str| ["<<<<<<< ", ">>>>>>> "].iter().any(|mark| line.starts_with(mark)) || line.trim_end() == "=======";
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if is_mark(line) {
            return Some(at);
        }
        at += line.len();
    }
    None
}

/// BLAKE3 of what stands above the seal, whatever the ends of its lines are.
fn digest(text: &str) -> String {
    blake3::hash(text.replace("\r\n", "\n").as_bytes()).to_hex().to_string()
}

/// A TOML string.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn table(bound: &Resources) -> String {
    let fields = Dimension::ALL.map(|dimension| {
        let name = if dimension == Dimension::Time { "time_ms" } else { dimension.name() };
        match dimension {
            Dimension::Cost => format!("{name} = {}", quoted(&bound.cost.exact())),
            Dimension::Calls
            | Dimension::Turns
            | Dimension::Tools
            | Dimension::Input
            | Dimension::Output
            | Dimension::Tokens
            | Dimension::Time => format!("{name} = {}", bound.get(dimension)),
        }
    });
    format!("{{ {} }}", fields.join(", "))
}

/// The file as TOML.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: String,
    compiler: String,
    #[serde(default)]
    models: BTreeMap<String, ModelTable>,
    #[serde(default)]
    flows: BTreeMap<String, BTreeMap<String, ItemTable>>,
    #[serde(default)]
    steps: BTreeMap<String, BTreeMap<String, ItemTable>>,
    seal: Seal,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelTable {
    price: String,
    as_of: Option<String>,
    source: Option<String>,
    digest: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ItemTable {
    #[serde(default)]
    public: bool,
    bound: BoundTable,
    prompt: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BoundTable {
    cost: String,
    calls: u64,
    turns: u64,
    tools: u64,
    input: u64,
    output: u64,
    tokens: u64,
    time_ms: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seal {
    digest: String,
}

impl File {
    fn lock(self) -> Result<Lock, String> {
        let models = self.models.into_iter().map(|(name, model)| {
            let ModelTable { price, as_of, source, digest } = model;
            (name, Pinned { digest, as_of, source, price })
        });
        let mut lock = Lock { compiler: self.compiler, models: models.collect(), items: BTreeMap::new() };
        for (kind, files) in [(Kind::Flow, self.flows), (Kind::Step, self.steps)] {
            for (file, items) in files {
                for (name, item) in items {
                    let accepted = Accepted { public: item.public, bound: item.bound.read()?, prompt: item.prompt };
                    lock.items.insert((kind, file.clone(), name), accepted);
                }
            }
        }
        Ok(lock)
    }
}

impl BoundTable {
    fn read(self) -> Result<Resources, String> {
        let cost: Money = self.cost.parse().map_err(|why| format!("`{}` is {why}", self.cost))?;
        let BoundTable { cost: _, calls, turns, tools, input, output, tokens, time_ms } = self;
        Ok(Resources { cost, calls, turns, tools, input, output, tokens, time_ms })
    }
}
