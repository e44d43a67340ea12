//! `--input` as JSON. In: JSON, `@FILE` or `-`. Out: the value.

use std::io::Read as _;
use std::path::Path;

use flow_compiler::diagnostic::code;
use serde_json::{Map, Value};

use crate::cli::disk::in_words;
use crate::cli::problem::Problem;

/// The largest input that is read, in bytes.
const LARGEST: u64 = 64 << 20;

/// Reads what was given; without anything, an object without fields.
pub(crate) fn read(given: Option<&str>) -> Result<Value, Problem> {
    let Some(given) = given else { return Ok(Value::Object(Map::new())) };
    serde_json::from_str(&text(given)?).map_err(|error| {
        refused(format!("the input is not JSON: {error}"))
            .help("quote it for the shell, or put it in a file: --input @input.json")
    })
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

fn refused(message: impl Into<String>) -> Problem {
    Problem::usage(code::command::E0950, message)
}
