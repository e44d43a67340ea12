//! What a model answered as a value of the step's type. What can be repaired for nothing is: fences and prose around JSON.

use flow_compiler::program::{Ty, Types};
use serde_json::Value as Json;

use crate::provider::{Answer, Finish};
use crate::value::{Sizer, Source, Value, read as read_value};

/// What an answer is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Reading {
    /// A value of the type.
    Value(Value),
    /// Not of the type, and why.
    Invalid(String),
    /// Text that ended at the output cap.
    Truncated,
}

/// Reads an answer.
pub(super) fn read(answer: &Answer, result: &Ty, types: &Types, sizer: &Sizer) -> Reading {
    let cut_off = answer.finish == Finish::Length;
    let is_text = matches!(result, Ty::Text(_));
    if is_text && cut_off {
        return Reading::Truncated;
    }
    let text = || Some(Json::String(answer.text.trim().to_owned()));
    let Some(json) = (if is_text { text() } else { json(&answer.text) }) else {
        return Reading::Invalid(if cut_off { "it ended before its JSON did" } else { "it holds no JSON" }.into());
    };
    match read_value(&json, result, "", types, sizer, Source::Answer) {
        Ok(value) => Reading::Value(value),
        Err(misfit) => Reading::Invalid(misfit.to_string()),
    }
}

/// The JSON in an answer: the whole of it, what stands between fences, or the first object or list in prose. A single word is
/// taken for a text, so that a variant needs no quotes.
fn json(text: &str) -> Option<Json> {
    let text = text.trim();
    let whole = || serde_json::from_str(text).ok();
    let fenced = || {
        let (_, rest) = text.split_once("```")?;
        let (inside, _) = rest.split_once("```")?;
        let inside = inside.strip_prefix("json").unwrap_or(inside);
        serde_json::from_str(inside.trim()).ok()
    };
    let embedded = || {
        let starts = text.match_indices(['{', '[']).map(|(at, _)| at).take(16);
        starts.filter_map(|at| text.get(at..)).find_map(|rest| {
            let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Json>();
            values.next()?.ok()
        })
    };
    let word = || {
        let is_word = !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_');
        is_word.then(|| Json::String(text.to_owned()))
    };
    whole().or_else(fenced).or_else(embedded).or_else(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn json_is_found_for_nothing() {
        let cases = [
            ("{\"a\":1}", Some(json!({"a": 1}))),
            (" ```json\n{\"a\":1}\n``` ", Some(json!({"a": 1}))),
            ("Sure! Here it is: {\"a\":1}. Anything else?", Some(json!({"a": 1}))),
            ("I [think] it is {\"a\":[1]}", Some(json!({"a": [1]}))),
            ("Billing", Some(json!("Billing"))),
            ("{\"a\":", None),
            ("no idea at all", None),
            ("", None),
        ];
        for (text, found) in cases {
            assert_eq!(json(text), found, "{text}");
        }
    }
}
