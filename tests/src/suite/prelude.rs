//! Declarations that a case may use without making them. In: `tests/suite/prelude.flow`, its declarations parted by empty lines.
//! Out: those that a text needs, and those that they need.

use std::collections::BTreeSet;

const ITEMS: [&str; 11] =
    ["type", "enum", "alias", "tier", "route", "step", "tool", "flow", "const", "index", "ceiling"];

/// The declarations of `prelude` that `text` uses and does not make.
#[must_use]
pub fn needed(prelude: &str, text: &str) -> String {
    let blocks: Vec<&str> = prelude.split("\n\n").map(str::trim).filter(|block| !block.starts_with("//!")).collect();
    let own: BTreeSet<String> = text.lines().filter_map(declared).collect();
    let mut words = words(text);
    let mut taken = vec![false; blocks.len()];
    loop {
        let before = words.len();
        for (block, taken) in blocks.iter().zip(&mut taken) {
            let names = made(block);
            let is_own = names.first().is_none_or(|name| own.contains(name));
            if !*taken && !is_own && names.iter().any(|name| words.contains(name)) {
                *taken = true;
                words.extend(self::words(block));
            }
        }
        if words.len() == before {
            break;
        }
    }
    let chosen = blocks.iter().zip(&taken).filter(|(_, taken)| **taken);
    chosen.map(|(block, _)| format!("\n{block}\n")).collect()
}

/// The name that a line declares.
fn declared(line: &str) -> Option<String> {
    let line = line.strip_prefix("pub ").unwrap_or(line);
    let (word, rest) = line.split_once(' ')?;
    ITEMS.contains(&word).then(|| first_word(rest))
}

/// The name that a block declares, and the variants where it is an enum.
fn made(block: &str) -> Vec<String> {
    let item = block.lines().find(|line| !line.starts_with("//")).unwrap_or("");
    let mut names: Vec<String> = declared(item).into_iter().collect();
    if item.starts_with("enum ") {
        names.extend(words(item).into_iter().filter(|word| word.starts_with(|c: char| c.is_ascii_uppercase())));
    }
    names
}

fn first_word(text: &str) -> String {
    text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
}

/// The words of a text, its comments left out.
fn words(text: &str) -> BTreeSet<String> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.flat_map(|line| line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')))
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}
