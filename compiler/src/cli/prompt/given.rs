//! What `--input` and `--set` say of the parameters of a step.

use std::io::Read as _;
use std::path::Path;

use flow_compiler::diagnostic::{code, nearest};
use flow_compiler::preview::{Misfit, Values};
use flow_compiler::program::{Program, Step};
use serde_json::{Map, Value};

use crate::cli::disk::in_words;
use crate::cli::problem::Problem;

/// The largest input that is read, in bytes.
const LARGEST: u64 = 64 << 20;

pub(super) fn values(program: &Program, step: &Step, input: Option<&str>, set: &[String]) -> Result<Values, Problem> {
    let mut given = match input {
        Some(input) => parsed(&read(input)?)?,
        None => Value::Object(Map::new()),
    };
    for one in set {
        let Some((path, value)) = one.split_once('=').filter(|(path, _)| !path.trim().is_empty()) else {
            return Err(wrong(format!("`{one}` sets nothing")).help("write it as in `--set q.topic=Bug`"));
        };
        // A word stands for itself, so that texts and variants need no second quotes.
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
        put(&mut given, path.trim(), value)?;
    }
    Values::read(program, step, &given).map_err(|misfit| refused(&misfit))
}

fn read(given: &str) -> Result<String, Problem> {
    let (name, source): (String, Box<dyn std::io::Read>) = match given.strip_prefix('@') {
        Some(file) => {
            let opened = std::fs::File::open(Path::new(file));
            let opened = opened.map_err(|error| unreadable(&format!("`{file}`"), &error))?;
            (format!("`{file}`"), Box::new(opened))
        }
        None if given == "-" => ("the standard input".to_owned(), Box::new(std::io::stdin())),
        None => return Ok(given.to_owned()),
    };
    let mut bytes = Vec::new();
    source.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| unreadable(&name, &error))?;
    if bytes.len() as u64 > LARGEST {
        return Err(wrong(format!("the input in {name} is larger than {} MB", LARGEST >> 20)));
    }
    String::from_utf8(bytes).map_err(|_| wrong(format!("the input in {name} is not UTF-8")).help("save it as UTF-8"))
}

fn unreadable(name: &str, error: &std::io::Error) -> Problem {
    wrong(format!("the input in {name} cannot be read: {}", in_words(&error.to_string())))
        .help("the path is taken from the current folder")
}

fn parsed(text: &str) -> Result<Value, Problem> {
    serde_json::from_str(text).map_err(|error| {
        wrong(format!("the input is not JSON: {error}"))
            .help("quote it for the shell, or put it in a file: --input @input.json")
    })
}

/// Puts a value at a path of fields; objects on the way are made.
fn put(object: &mut Value, path: &str, value: Value) -> Result<(), Problem> {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let Value::Object(fields) = object else {
        return Err(wrong(format!("`{path}` is set in what is no object")));
    };
    match rest {
        None => {
            fields.insert(first.to_owned(), value);
            Ok(())
        }
        Some(rest) => put(fields.entry(first).or_insert_with(|| Value::Object(Map::new())), rest, value),
    }
}

fn refused(misfit: &Misfit) -> Problem {
    let place = if misfit.path.is_empty() { "the input".to_owned() } else { format!("`{}`", misfit.path) };
    let problem = wrong(format!("{place} {}", misfit.problem));
    let listed = || misfit.known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match nearest(&misfit.named, misfit.known.iter().map(String::as_str)) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None if misfit.known.is_empty() => problem,
        None => problem.help(format!("there is {}", listed())),
    }
}

fn wrong(message: impl Into<String>) -> Problem {
    Problem::usage(code::command::E0042, message)
}
