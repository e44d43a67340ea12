//! Programs with something wrong: tokens left out, doubled, swapped or taken from elsewhere, and bytes changed.

use flow_compiler::lex;
use flow_compiler::source::SourceId;

use crate::random::Random;

/// A text with a few changes.
#[must_use]
pub fn mutated(text: &str, seed: u64) -> String {
    let mut random = Random::new(seed);
    let mut text = text.to_owned();
    for _ in 0..=random.below(3) {
        text =
            if random.one_in(4) { with_other_bytes(&text, &mut random) } else { with_other_tokens(&text, &mut random) };
    }
    text
}

fn with_other_tokens(text: &str, random: &mut Random) -> String {
    let lexed = lex::lex(SourceId::default(), text, 0..text.len()).value;
    let mut tokens: Vec<&str> = Vec::new();
    let mut from = 0;
    for token in &lexed.tokens {
        let end = token.end as usize;
        tokens.push(text.get(from..end).unwrap_or(""));
        from = end;
    }
    tokens.push(text.get(from..).unwrap_or(""));
    let (one, other) = (random.below(tokens.len()), random.below(tokens.len()));
    match random.below(4) {
        0 => drop(tokens.remove(one)),
        1 => tokens.insert(one, tokens[one]),
        2 => tokens.swap(one, other),
        _ => tokens[one] = tokens[other],
    }
    tokens.concat()
}

fn with_other_bytes(text: &str, random: &mut Random) -> String {
    const PIECES: [&str; 24] = [
        "\n", " ", "{", "}", "(", ")", "[", "]", ",", ".", "\"", "\"\"\"", "<=", "=", "=>", "-", "//", "x", "X", "9",
        "é", ";", "else ", "?",
    ];
    let mut chars: Vec<char> = text.chars().collect();
    let at = random.below(chars.len());
    let piece = random.of(&PIECES);
    match random.below(3) {
        0 if !chars.is_empty() => drop(chars.remove(at)),
        1 if !chars.is_empty() => drop(chars.splice(at..=at, piece.chars())),
        _ => drop(chars.splice(at..at, piece.chars())),
    }
    chars.into_iter().collect()
}
