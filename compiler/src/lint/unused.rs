//! Declarations and parameters that nothing reads.

use std::collections::BTreeMap;

use super::Linted;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::lint::{W1010, W1011};
use crate::source::Span;
use crate::syntax::{Field, Item, ItemKind};

pub(super) fn check(linted: &Linted<'_>, said: &mut Vec<Diagnostic>) {
    for file in linted.files {
        let Some(source) = linted.sources.get(file.source) else { continue };
        let text = source.text();
        if source.name().starts_with("std/") {
            continue;
        }
        let words = words(text);
        for item in &file.items {
            if item.public.is_none() && !is_entry(item) {
                said.extend(unused_item(item, text, &words));
            }
            said.extend(params(item).iter().filter_map(|param| unused_parameter(item, param, text)));
        }
    }
}

/// Whether something outside of the program uses it.
fn is_entry(item: &Item) -> bool {
    let named = item.name().is_some_and(|name| !name.text.starts_with('_'));
    matches!(item.kind, ItemKind::Flow(_) | ItemKind::Use(_) | ItemKind::Error) || !named
}

fn unused_item(item: &Item, text: &str, words: &BTreeMap<&str, usize>) -> Option<Diagnostic> {
    let name = item.name()?;
    let own = self::words(text.get(item.span.range()).unwrap_or(""));
    let stands_elsewhere = |word: &str| words.get(word) > own.get(word);
    let is_used = stands_elsewhere(&name.text)
        || match &item.kind {
            ItemKind::Enum(decl) => decl.variants.iter().any(|variant| stands_elsewhere(&variant.name.text)),
            _ => false,
        };
    if is_used {
        return None;
    }
    let problem = Diagnostic::warning(W1010, name.span, format!("nothing uses `{}`", name.text)).label("declared here");
    Some(problem.help("leave it out, or make it `pub` for other files"))
}

/// The parameters that their declaration should read.
fn params(item: &Item) -> &[Field] {
    match &item.kind {
        ItemKind::Step(decl) => &decl.params,
        ItemKind::Flow(decl) => &decl.params,
        ItemKind::Route(decl) => &decl.params,
        _ => &[],
    }
}

fn unused_parameter(item: &Item, param: &Field, text: &str) -> Option<Diagnostic> {
    let name = &param.name;
    let behind = Span { start: param.ty.span.end, ..item.span };
    if name.text.starts_with('_') || holds_word(text.get(behind.range()).unwrap_or(""), &name.text) {
        return None;
    }
    let of = item.name().map_or("", |name| name.text.as_str());
    let problem = Diagnostic::warning(W1011, name.span, format!("nothing in `{of}` reads `{}`", name.text));
    let problem = problem.label("given for nothing");
    Some(problem.help(format!("leave it out, or call it `_{}` where callers give it anyway", name.text)))
}

/// How often each word stands in a text, comments left out.
fn words(text: &str) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
        for word in line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|word| !word.is_empty()) {
            *counts.entry(word).or_insert(0) += 1;
        }
    }
    counts
}

/// Whether a word stands in a text, comments left out.
fn holds_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, found)| {
        let before = text.get(..at).unwrap_or("");
        let behind = text.get(at + found.len()..).and_then(|behind| behind.chars().next());
        let in_comment = before.rsplit('\n').next().is_some_and(|line| line.trim_start().starts_with("//"));
        !in_comment && !before.chars().next_back().is_some_and(is_part) && !behind.is_some_and(is_part)
    })
}
