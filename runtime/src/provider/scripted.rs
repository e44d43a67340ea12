//! Answers from a file, played instead of models. In: TOML. Out: a provider that says what the file says, in its order.

mod file;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use flow_compiler::cost::Usage;
use flow_compiler::program::{Reason, Ty};
use flow_compiler::tokens::Counter;
use flow_compiler::tokens::request::count_embedding;
use futures_util::future::BoxFuture;

use super::{
    Answer, Charge, EmbedRequest, Embedded, Fault, Finish, Output, Progress, Provider, Remedy, Request, ToolCall,
};
use crate::budget::Hold;
use crate::error::RunError;
use file::{Entry, Times};

/// Plays answers. Each step has its own, used in their order.
#[derive(Debug)]
pub struct Scripted {
    steps: Mutex<BTreeMap<String, Part>>,
    /// The steps that were asked and had no answer left.
    missing: Mutex<BTreeSet<String>>,
}

/// An answer that is not read from a file.
#[derive(Clone, Debug)]
pub struct Played {
    /// The step or embedding.
    pub step: String,
    /// What it answers.
    pub value: Option<serde_json::Value>,
    /// Why it fails.
    pub fail: Option<Reason>,
    /// The tools that it asks for, with their arguments.
    pub calls: Vec<(String, serde_json::Value)>,
    /// How often; absent: always.
    pub times: Option<u64>,
}

/// The answers of one step.
#[derive(Debug)]
struct Part {
    entries: Vec<Entry>,
    /// The entry that is next, and how often it has been used.
    next: usize,
    used: u64,
    /// How many answers were given, for ids of tool calls.
    given: u64,
}

impl Scripted {
    /// Reads the answers of a file. `path` is for messages.
    ///
    /// # Errors
    /// Where the text is not TOML, or says something that cannot be played.
    pub fn read(path: &str, text: &str) -> Result<Scripted, RunError> {
        let mut steps: BTreeMap<String, Part> = BTreeMap::new();
        for entry in file::read(path, text)? {
            let part = Part { entries: Vec::new(), next: 0, used: 0, given: 0 };
            steps.entry(entry.step.clone()).or_insert(part).entries.push(entry);
        }
        Ok(Scripted { steps: Mutex::new(steps), missing: Mutex::default() })
    }

    /// Plays these answers, each step's in their order.
    #[must_use]
    pub fn of(answers: Vec<Played>) -> Scripted {
        let mut steps: BTreeMap<String, Part> = BTreeMap::new();
        for played in answers {
            let part = Part { entries: Vec::new(), next: 0, used: 0, given: 0 };
            let calls = played.calls.into_iter().map(|(tool, args)| file::Call { tool, args }).collect();
            let entry = Entry {
                step: played.step.clone(),
                value: played.value,
                fail: played.fail,
                calls,
                usage: None,
                omits_usage: false,
                finish: None,
                times: played.times.map_or(Times::Always, Times::Count),
                after_ms: None,
            };
            steps.entry(played.step).or_insert(part).entries.push(entry);
        }
        Scripted { steps: Mutex::new(steps), missing: Mutex::default() }
    }

    /// The steps that were asked and had no answer left, by name.
    #[must_use]
    pub fn missing(&self) -> Vec<String> {
        self.missing.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Skips answers of a step that were given before.
    pub fn skip(&self, step: &str, times: u64) {
        for _ in 0..times {
            if self.next(step).is_err() {
                self.missing.lock().unwrap_or_else(PoisonError::into_inner).remove(step);
                return;
            }
        }
    }

    fn next(&self, step: &str) -> Result<(Entry, u64), Fault> {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        let known = !steps.is_empty();
        let none = |detail: String| {
            self.missing.lock().unwrap_or_else(PoisonError::into_inner).insert(step.to_owned());
            Fault { reason: Reason::Unknown, detail, charge: Charge::Nothing, remedy: Remedy::Stop }
        };
        let Some(part) = steps.get_mut(step) else {
            let but = if known { "" } else { ": there are none at all" };
            return Err(none(format!("the answers have none for `{step}`{but}")));
        };
        while let Some(entry) = part.entries.get(part.next) {
            let more = match entry.times {
                Times::Always => true,
                Times::Count(times) => part.used < times,
            };
            if more {
                part.used += 1;
                part.given += 1;
                return Ok((entry.clone(), part.given));
            }
            part.next += 1;
            part.used = 0;
        }
        Err(none(format!("the answers have no more for `{step}`")))
    }
}

impl Provider for Scripted {
    fn complete<'a>(
        &'a self,
        _: &'a Hold,
        request: &'a Request,
        progress: &'a (dyn Fn(Progress) + Send + Sync),
    ) -> BoxFuture<'a, Result<Answer, Fault>> {
        Box::pin(async move {
            let (entry, number) = self.next(&request.step)?;
            wait(&entry).await;
            if let Some(reason) = entry.fail {
                return Err(fault(&entry, reason));
            }
            let text = entry.value.as_ref().map_or_else(String::new, |value| written(value, &request.output));
            let call = |(index, call): (usize, &file::Call)| ToolCall {
                id: format!("call-{number}-{}", index + 1),
                name: call.tool.clone(),
                arguments: call.args.to_string(),
            };
            let calls: Vec<ToolCall> = entry.calls.iter().enumerate().map(call).collect();
            let usage = usage(&entry, || {
                let counter = Counter::of(&request.model.tokenizer);
                let said = calls.iter().flat_map(|call| [&call.name, &call.arguments]).chain([&text]);
                let output = said.map(|text| counter.count(text)).sum::<u64>();
                (request.input_tokens(), output.min(request.max_output))
            });
            progress(Progress::Tokens(usage.map_or(0, |usage| usage.output())));
            let finish = match entry.finish {
                Some(finish) => finish,
                None if calls.is_empty() => Finish::Stop,
                None => Finish::Tools,
            };
            Ok(Answer { text, calls, finish, usage, model: None })
        })
    }

    fn embed<'a>(&'a self, _: &'a Hold, request: &'a EmbedRequest) -> BoxFuture<'a, Result<Embedded, Fault>> {
        Box::pin(async move {
            let (entry, _) = self.next(&request.step)?;
            wait(&entry).await;
            if let Some(reason) = entry.fail {
                return Err(fault(&entry, reason));
            }
            let texts: Vec<&str> = request.texts.iter().map(String::as_str).collect();
            let usage = usage(&entry, || (count_embedding(&request.model, &texts), 0));
            Ok(Embedded { vectors: vectors(&entry, request), usage })
        })
    }
}

async fn wait(entry: &Entry) {
    if let Some(after) = entry.after_ms {
        tokio::time::sleep(Duration::from_millis(after)).await;
    }
}

/// The failure that an answer plays. What it may have cost follows from its reason, as with real providers.
fn fault(entry: &Entry, reason: Reason) -> Fault {
    let usage = entry.usage.map(|usage| usage.usage());
    let (free, remedy) = match reason {
        Reason::Unavailable => (true, Remedy::Retry { after: None }),
        Reason::Timeout => (false, Remedy::Retry { after: None }),
        Reason::TooLong => (true, Remedy::Fallback),
        Reason::Invalid
        | Reason::Truncated
        | Reason::Refused
        | Reason::Denied
        | Reason::NotAccepted
        | Reason::Exhausted
        | Reason::ToolFailed
        | Reason::Unknown => (false, Remedy::Fallback),
    };
    let charge = match usage {
        Some(usage) => Charge::Reported(usage),
        None if free => Charge::Nothing,
        None => Charge::InDoubt,
    };
    Fault { reason, detail: format!("played: {}", reason.name()), charge, remedy }
}

/// A value as the model would write it: a text as it is, everything else as JSON. A string where JSON is asked for is
/// played as it stands, so that bad answers can be played too.
fn written(value: &serde_json::Value, output: &Output) -> String {
    match (value, output) {
        (serde_json::Value::String(text), Output::Text) => text.clone(),
        (serde_json::Value::String(text), Output::Json { ty, .. }) if !is_text(ty) => text.clone(),
        _ => value.to_string(),
    }
}

/// Whether a JSON string is a value of the type.
fn is_text(ty: &Ty) -> bool {
    match ty {
        Ty::Id | Ty::Date | Ty::Text(_) | Ty::Json(_) => true,
        Ty::Optional(inner) => is_text(inner),
        Ty::Never
        | Ty::Null
        | Ty::Bool
        | Ty::Int { .. }
        | Ty::Usd { .. }
        | Ty::Score
        | Ty::Vector
        | Ty::List { .. }
        | Ty::Record(_)
        | Ty::Enum(_)
        | Ty::Unknown => false,
    }
}

fn usage(entry: &Entry, counted: impl FnOnce() -> (u64, u64)) -> Option<Usage> {
    if entry.omits_usage {
        return None;
    }
    Some(entry.usage.map_or_else(
        || {
            let (input_fresh, output_text) = counted();
            Usage { input_fresh, output_text, ..Usage::default() }
        },
        |usage| usage.usage(),
    ))
}

/// Vectors that make the played variant the nearest, or the played vector itself.
fn vectors(entry: &Entry, request: &EmbedRequest) -> Vec<Vec<f32>> {
    let played = entry.value.as_ref();
    if request.labels.is_empty() {
        let numbers = played.and_then(|value| serde_json::from_value::<Vec<f32>>(value.clone()).ok());
        return vec![numbers.unwrap_or_else(|| vec![1.0]); request.texts.len()];
    }
    let axes = request.labels.len();
    let axis = |at: usize| (0..axes).map(|axis| if axis == at { 1.0 } else { 0.0 }).collect::<Vec<f32>>();
    let name = played.and_then(serde_json::Value::as_str).unwrap_or_default();
    let chosen = request.labels.iter().position(|label| label == name).unwrap_or(0);
    std::iter::once(axis(chosen)).chain((0..axes).map(axis)).collect()
}

#[cfg(test)]
mod tests;
