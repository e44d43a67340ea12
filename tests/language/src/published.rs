//! The published grammar beside the parser of the compiler. In: a text. Out: whether both take it, and its shape by the grammar.

mod cooked;
mod expr;
mod item;

use flow_compiler::parse::parse;
use flow_compiler::source::SourceId;
use flow_compiler::syntax::shape::shape;
use pest::Parser as _;
use pest::iterators::Pair;

use rules::{Published, Rule};

mod rules {
    use pest_derive::Parser;

    /// `compiler/grammar/flow.pest`
    #[derive(Parser)]
    #[grammar = "../../compiler/grammar/flow.pest"]
    pub(super) struct Published;
}

type Node<'t> = Pair<'t, Rule>;

/// What the grammar leaves to the checks of the compiler: codes of the parser that are not about the grammar.
const CHECKS: [&str; 5] = ["E0012", "E0013", "E0015", "E0108", "E0112"];

/// Whether both parsers take a text, and make the same tree of it.
///
/// # Errors
/// Says in what they differ.
pub fn agrees(text: &str) -> Result<(), String> {
    let parsed = parse(SourceId(0), text);
    let errors: Vec<_> = parsed.diagnostics.iter().filter(|said| said.is_error()).collect();
    if errors.iter().any(|said| CHECKS.contains(&said.code.as_str())) {
        return Ok(());
    }
    let published = shape_by_grammar(text);
    match (errors.first(), published) {
        (Some(_), Err(_)) => Ok(()),
        (Some(error), Ok(_)) => {
            let place = error.span.unwrap_or_default().range();
            let near = crate::properties::around(text, place.start);
            Err(format!("only the grammar takes it; {} at {place:?}: {}\n{near}", error.code, error.message))
        }
        (None, Err(why)) => Err(format!("only the parser takes it: {why}")),
        (None, Ok(published)) => {
            let own = without_docs(&shape(&parsed.value));
            if own == published { Ok(()) } else { Err(difference(&own, &published)) }
        }
    }
}

/// The shape of a text by the published grammar, without documentation.
///
/// # Errors
/// Says where the text leaves the grammar.
pub fn shape_by_grammar(text: &str) -> Result<String, String> {
    let mut pairs = Published::parse(Rule::file, text).map_err(|error| error.to_string())?;
    let file = pairs.next().ok_or("nothing was read")?;
    let mut parts = vec!["file".to_owned()];
    for item in file.into_inner().filter(|pair| pair.as_rule() == Rule::item) {
        parts.push(item::item(item)?);
    }
    Ok(format!("({})", parts.join(" ")))
}

/// The pieces of a prompt by the grammar.
fn pieces_of(text: &str) -> Result<Vec<Node<'_>>, String> {
    let mut pairs = Published::parse(Rule::template, text).map_err(|error| error.to_string())?;
    let template = pairs.next().ok_or("nothing was read")?;
    Ok(template.into_inner().filter(|pair| pair.as_rule() != Rule::EOI).collect())
}

/// A node of a shape.
fn node(name: &str, parts: impl IntoIterator<Item = String>) -> String {
    let mut made = format!("({name}");
    for part in parts.into_iter().filter(|part| !part.is_empty()) {
        made.push(' ');
        made.push_str(&part);
    }
    made.push(')');
    made
}

/// A shape without its `(docs "…")`: to the grammar they are comments.
fn without_docs(shape: &str) -> String {
    let mut kept = String::new();
    let mut rest = shape;
    while let Some(at) = rest.find(" (docs \"") {
        kept.push_str(&rest[..at]);
        let mut escaped = false;
        let inner = &rest[at + 8..];
        let end = inner.find(|c: char| {
            let closes = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            closes
        });
        rest = end.and_then(|end| inner.get(end + 2..)).unwrap_or("");
    }
    kept + rest
}

fn difference(own: &str, published: &str) -> String {
    let same = own.bytes().zip(published.bytes()).take_while(|(own, published)| own == published).count();
    let near = |text: &str| {
        String::from_utf8_lossy(
            text.as_bytes().get(same.saturating_sub(60)..(same + 80).min(text.len())).unwrap_or(b""),
        )
        .into_owned()
    };
    format!("the trees differ\n  parser:  {}\n  grammar: {}", near(own), near(published))
}
