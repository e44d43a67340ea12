//! What is fuzzed: each takes any bytes, must end without a panic, and holds what it says to a property. `tests/fuzz` hands them to
//! libFuzzer, the tests and `many` to their own mutator.

use flow_compiler::catalogue::Catalogue;
use flow_compiler::diagnostic::render::{Colour, render};
use flow_compiler::source::{ReadError, SourceId, World};
use flow_compiler::{compile, lex, parse};

use crate::properties::is_laid_out;

/// A target by its name.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const ALL: [Target; 4] = [("lex", lex), ("parse", parse), ("format", format), ("check", check)];

/// Tokens cover the text in order.
pub fn lex(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let lexed = lex::lex(SourceId(0), text, 0..text.len()).value;
    let mut end = 0;
    for token in &lexed.tokens {
        assert!(token.start >= end && token.end >= token.start, "tokens go on: {token:?}");
        assert!(
            text.get(token.start as usize..token.end as usize).is_some(),
            "a token is a part of the text: {token:?}"
        );
        end = token.end;
    }
}

/// Every message is about a place of the text.
pub fn parse(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for said in parse::parse(SourceId(0), text).diagnostics {
        let labels = said.labels.iter().map(|label| label.span);
        for place in labels.chain(said.span).chain(said.fix.map(|fix| fix.span)) {
            assert!(text.get(place.range()).is_some(), "{}: {place:?} is no place of the text", said.message);
        }
    }
}

/// Laying out keeps the tree and the comments, and a second time changes nothing.
pub fn format(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Err(why) = is_laid_out(text) {
        panic!("{why}");
    }
}

/// The whole compiler ends, and what it says can be drawn.
pub fn check(bytes: &[u8]) {
    struct OneFile<'b>(&'b [u8]);
    impl World for OneFile<'_> {
        fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
            if path == "main.flow" { Ok(self.0.to_vec()) } else { Err(ReadError::Missing) }
        }
    }
    let compiled = compile(&OneFile(bytes), "main.flow", Catalogue::standard());
    let _ = render(&compiled.diagnostics, &compiled.sources, Colour::Never);
}
