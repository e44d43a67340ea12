//! The file of `--answers`. In: TOML. Out: its entries, or the first thing in it that cannot be played.

use flow_compiler::cost::Usage;
use flow_compiler::program::Reason;
use serde::Deserialize;
use serde_json::Value as Json;

use crate::error::RunError;
use crate::provider::Finish;

/// One answer.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) step: String,
    pub(super) value: Option<Json>,
    pub(super) fail: Option<Reason>,
    pub(super) calls: Vec<Call>,
    pub(super) usage: Option<Used>,
    pub(super) omits_usage: bool,
    pub(super) finish: Option<Finish>,
    pub(super) times: Times,
    pub(super) after_ms: Option<u64>,
}

/// A tool call that is asked for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Call {
    pub(super) tool: String,
    #[serde(default = "no_arguments")]
    pub(super) args: Json,
}

fn no_arguments() -> Json {
    Json::Object(serde_json::Map::new())
}

/// What an answer says that it used.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Used {
    input: u64,
    output: u64,
    #[serde(default)]
    cached: u64,
    #[serde(default)]
    thinking: u64,
}

impl Used {
    /// In disjoint buckets: cached tokens are a part of the input, thinking of the output.
    pub(super) fn usage(self) -> Usage {
        Usage {
            input_fresh: self.input.saturating_sub(self.cached),
            cache_read: self.cached,
            cache_write: 0,
            output_text: self.output.saturating_sub(self.thinking),
            output_reasoning: self.thinking,
        }
    }
}

/// How often an answer is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Times {
    /// So often.
    Count(u64),
    /// From its turn on, always.
    Always,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    answer: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    step: String,
    value: Option<Json>,
    fail: Option<String>,
    #[serde(default)]
    calls: Vec<Call>,
    usage: Option<WrittenUsage>,
    finish: Option<String>,
    times: Option<WrittenTimes>,
    after: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum WrittenUsage {
    Word(String),
    Used(Used),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum WrittenTimes {
    Count(u64),
    Word(String),
}

/// Reads the entries of a file.
pub(super) fn read(path: &str, text: &str) -> Result<Vec<Entry>, RunError> {
    let file: File = toml::from_str(text).map_err(|error| {
        let line = error.span().and_then(|span| text.get(..span.start)).map(|head| head.matches('\n').count() + 1);
        let place = line.map_or_else(|| path.to_owned(), |line| format!("{path}:{line}"));
        RunError::answers(&place, error.message())
    })?;
    file.answer.into_iter().enumerate().map(|(index, written)| entry(path, index + 1, written)).collect()
}

fn entry(path: &str, number: usize, written: Written) -> Result<Entry, RunError> {
    let refuse = |why: String| RunError::answers(path, format!("answer {number} {why}"));
    let fail = match &written.fail {
        None => None,
        Some(name) => Some(reason(name).ok_or_else(|| refuse(format!("fails with `{name}`, which is no reason")))?),
    };
    if written.value.is_none() && fail.is_none() && written.calls.is_empty() {
        return Err(refuse("has neither `value` nor `fail` nor `calls`".into()));
    }
    if fail.is_some() && (written.value.is_some() || !written.calls.is_empty()) {
        return Err(refuse("has `fail` and something else too".into()));
    }
    let (usage, omits_usage) = match written.usage {
        None => (None, false),
        Some(WrittenUsage::Used(used)) => (Some(used), false),
        Some(WrittenUsage::Word(word)) if word == "none" => (None, true),
        Some(WrittenUsage::Word(word)) => {
            return Err(refuse(format!("has usage `{word}`: write {{ input = …, output = … }} or \"none\"")));
        }
    };
    let times = match written.times {
        None => Times::Count(1),
        Some(WrittenTimes::Count(times)) => Times::Count(times),
        Some(WrittenTimes::Word(word)) if word == "always" => Times::Always,
        Some(WrittenTimes::Word(word)) => {
            return Err(refuse(format!("is used `{word}` times: write a number or \"always\"")));
        }
    };
    let finish = match written.finish.as_deref() {
        None => None,
        Some("stop") => Some(Finish::Stop),
        Some("length") => Some(Finish::Length),
        Some("refused") => Some(Finish::Refused),
        Some(word) => return Err(refuse(format!("finishes with `{word}`: write \"stop\", \"length\" or \"refused\""))),
    };
    let after_ms = match &written.after {
        None => None,
        Some(text) => Some(millis(text).ok_or_else(|| refuse(format!("comes after `{text}`, which is no time")))?),
    };
    Ok(Entry {
        step: written.step,
        value: written.value,
        fail,
        calls: written.calls,
        usage,
        omits_usage,
        finish,
        times,
        after_ms,
    })
}

fn reason(name: &str) -> Option<Reason> {
    serde_json::from_value(Json::String(name.to_owned())).ok()
}

/// `250ms`, `8s`, `3m`.
fn millis(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = digits.parse().ok()?;
    match &text[digits.len()..] {
        "ms" => Some(number),
        "s" => number.checked_mul(1_000),
        "m" => number.checked_mul(60_000),
        _ => None,
    }
}
