//! What holds of every text, as functions: tests call them for some, `many` for many, the fuzzer for whatever it finds.

use flow_compiler::format::format;
use flow_compiler::parse::parse;
use flow_compiler::source::SourceId;
use flow_compiler::syntax::shape::shape;

/// The shape of a text that is read without an error.
#[must_use]
pub fn shape_of(text: &str) -> Option<String> {
    let parsed = parse(SourceId(0), text);
    (!parsed.has_errors()).then(|| shape(&parsed.value))
}

/// Laying a text out keeps its tree, and doing it twice changes nothing; a text with errors is refused.
///
/// # Errors
/// Says what does not hold.
pub fn is_laid_out(text: &str) -> Result<(), String> {
    let before = shape_of(text);
    let made = match format(SourceId(0), text) {
        Ok(made) if before.is_none() => return Err(format!("a text with errors was laid out:\n{made}")),
        Ok(made) => made,
        Err(_) if before.is_none() => return Ok(()),
        Err(said) => return Err(format!("it is refused: {:?}\n{text}", said.first())),
    };
    let after = shape_of(&made);
    if after != before {
        return Err(format!("the tree changed:\n{text}\n---\n{made}"));
    }
    match format(SourceId(0), &made) {
        Ok(again) if again == made => Ok(()),
        Ok(again) => Err(format!("a second time changes it:\n{}", first_difference(&made, &again))),
        Err(said) => Err(format!("a second time it is refused: {said:?}\n{made}")),
    }
}

/// A generated program is read without an error.
///
/// # Errors
/// The first error.
pub fn is_read(text: &str) -> Result<(), String> {
    let parsed = parse(SourceId(0), text);
    match parsed.diagnostics.iter().find(|said| said.is_error()) {
        None => Ok(()),
        Some(said) => {
            let place = said.span.unwrap_or_default().range();
            Err(format!("{} at {place:?}: {}\n{}", said.code, said.message, around(text, place.start)))
        }
    }
}

/// The lines around a byte.
#[must_use]
pub fn around(text: &str, at: usize) -> String {
    let line = text.get(..at).map_or(0, |head| head.matches('\n').count());
    text.lines().skip(line.saturating_sub(3)).take(7).collect::<Vec<_>>().join("\n")
}

fn first_difference(one: &str, other: &str) -> String {
    let same = one.lines().zip(other.lines()).take_while(|(one, other)| one == other).count();
    let shown = |text: &str| text.lines().skip(same.saturating_sub(4)).take(9).collect::<Vec<_>>().join("\n");
    format!("{}\n--- and then\n{}", shown(one), shown(other))
}
