//! What a model does in a turn with tools. In: its answer under a [`Grammar::Turn`]. Out: the call, or the answer.

use serde_json::Value;

/// One turn of a conversation with tools.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// It asks for a tool.
    Call {
        /// The tool.
        name: String,
        /// Its arguments, a JSON object.
        arguments: String,
    },
    /// It answers: with the text itself where the type is a text, else with JSON.
    Answer(String),
}

impl Turn {
    /// Reads what was said; what is neither, as a turn that was cut off, is an answer as it stands.
    pub fn read(said: &str) -> Turn {
        let value: Value = serde_json::from_str(said).unwrap_or_default();
        match (value["call"].as_str(), &value["args"], &value["answer"]) {
            (Some(name), arguments, _) => Turn::Call { name: name.to_owned(), arguments: arguments.to_string() },
            (None, _, Value::String(text)) => Turn::Answer(text.clone()),
            (None, _, Value::Null) if value.get("answer").is_none() => Turn::Answer(said.to_owned()),
            (None, _, answer) => Turn::Answer(answer.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Turn;

    #[test]
    fn a_turn_is_told_from_its_keys() {
        let call = Turn::read(r#"{"call":"search","args":{"query":"refunds"}}"#);
        assert_eq!(call, Turn::Call { name: "search".into(), arguments: r#"{"query":"refunds"}"#.into() });
        assert_eq!(Turn::read(r#"{"answer":"two\nlines"}"#), Turn::Answer("two\nlines".into()));
        assert_eq!(Turn::read(r#"{"answer":{"sure":0.50}}"#), Turn::Answer(r#"{"sure":0.5}"#.into()));
        assert_eq!(Turn::read(r#"{"answer":null}"#), Turn::Answer("null".into()));
        assert_eq!(Turn::read(r#"{"answer":"cut o"#), Turn::Answer(r#"{"answer":"cut o"#.into()));
    }
}
