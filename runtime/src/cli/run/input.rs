//! `--input` as the parameters of a flow. In: JSON, `@FILE` or `-`. Out: an object with one field for each parameter.
//!
//! A flow whose only parameter is a record takes the record itself too. Where the two readings are possible at once, because
//! the record has a single field of the parameter's own name, the object of parameters is meant.

use std::io::Read as _;
use std::path::Path;

use flow_compiler::diagnostic::code;
use flow_compiler::program::{Flow, Ty};
use serde_json::{Map, Value};

use crate::cli::disk::in_words;
use crate::cli::problem::Problem;

/// The largest input that is read, in bytes.
const LARGEST: u64 = 64 << 20;

/// Reads what was given; without anything, an object without fields.
pub(super) fn read(given: Option<&str>, flow: &Flow) -> Result<Map<String, Value>, Problem> {
    let Some(given) = given else { return Ok(Map::new()) };
    let text = text(given)?;
    let value: Value = serde_json::from_str(&text).map_err(|error| {
        refused(format!("the input is not JSON: {error}")).help("quote it for the shell, or put it in a file: --input @input.json")
    })?;
    parameters(value, flow)
}

fn text(given: &str) -> Result<String, Problem> {
    let (name, bytes) = match given.strip_prefix('@') {
        Some(file) => (format!("`{file}`"), file_bytes(Path::new(file))),
        None if given == "-" => ("the standard input".to_owned(), all(std::io::stdin().lock())),
        None => return Ok(given.to_owned()),
    };
    let bytes = bytes.map_err(|error| {
        refused(format!("the input in {name} cannot be read: {}", in_words(&error.to_string())))
            .help("the path is taken from the current folder")
    })?;
    if bytes.len() as u64 > LARGEST {
        return Err(refused(format!("the input in {name} is larger than {} MB", LARGEST >> 20)));
    }
    String::from_utf8(bytes).map_err(|_| refused(format!("the input in {name} is not UTF-8")).help("save it as UTF-8"))
}

fn file_bytes(file: &Path) -> std::io::Result<Vec<u8>> {
    all(std::fs::File::open(file)?)
}

fn all(source: impl std::io::Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(LARGEST + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn parameters(value: Value, flow: &Flow) -> Result<Map<String, Value>, Problem> {
    let only = match flow.params.as_slice() {
        [only] => Some(only),
        _ => None,
    };
    match (value, only) {
        (Value::Object(fields), Some(only)) if matches!(only.ty, Ty::Record(_)) && !is_wrapped(&fields, &only.name) => {
            Ok(Map::from_iter([(only.name.clone(), Value::Object(fields))]))
        }
        (Value::Object(fields), _) => Ok(fields),
        (other, _) => {
            let names: Vec<String> = flow.params.iter().map(|param| format!("`{}`", param.name)).collect();
            Err(refused(format!("the input is {}, not an object", kind(&other)))
                .help(format!("give an object with the parameters of `{}`: {}", flow.name, names.join(", "))))
        }
    }
}

fn is_wrapped(fields: &Map<String, Value>, name: &str) -> bool {
    fields.len() == 1 && fields.contains_key(name)
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn refused(message: impl Into<String>) -> Problem {
    Problem::usage(code::command::E0950, message)
}
