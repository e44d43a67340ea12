//! Source text as markup: words of the language, types, texts and comments apart, and every name that leads to a declaration as
//! a link to it.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a few kinds of tokens are shown apart; every other one is as it is"
)]

use std::collections::BTreeMap;

use super::html::escaped;
use super::site::{Module, Site};
use crate::lex::{self, Kind, Token};
use crate::source::{SourceId, Span};

/// The words that the language gives a meaning; which of them are special depends on the place, so a name that is declared or
/// stands before `:` or behind `.` is none.
const WORDS: &[&str] = &[
    "accept", "alias", "all", "and", "approve", "ask", "break", "budget", "by", "cache", "ceiling", "check", "class",
    "classify", "const", "cut", "deny", "each", "effect", "else", "embed", "enum", "escalate", "eval", "false", "fit",
    "flow", "for", "format", "from", "gate", "given", "if", "in", "index", "input", "into", "is", "keep", "last",
    "let", "loop", "match", "none", "not", "null", "on", "once", "or", "outcome", "output", "over", "owner",
    "parallel", "per", "person", "price", "pub", "raw", "repair", "require", "retry", "return", "route", "run",
    "score", "skip", "slo", "step", "success", "system", "test", "then", "think", "tier", "time", "tool", "tools",
    "true", "turns", "type", "under", "use", "var", "when", "with", "within",
];

/// The text under a span, as it was written.
pub(super) fn code(site: &Site<'_>, module: &Module<'_>, span: Span) -> String {
    let range = span.range();
    let text = module.source.text();
    let lexed = lex::lex(SourceId::default(), text, range.clone()).value;
    let mut marks: Vec<(usize, usize, String)> = Vec::new();
    for (index, token) in lexed.tokens.iter().enumerate() {
        let word = at(text, token);
        let (before, behind) = (index.checked_sub(1).and_then(|i| lexed.tokens.get(i)), lexed.tokens.get(index + 1));
        if let Some(marked) = marked(site, module, token.kind, word, before.map(|t| t.kind), behind.map(|t| t.kind)) {
            marks.push((token.start as usize, token.end as usize, marked));
        }
    }
    for trivia in &lexed.trivia {
        let (start, end) = (trivia.start as usize, trivia.end as usize);
        let comment = text.get(start..end).unwrap_or("");
        if comment.starts_with("//") {
            marks.push((start, end, format!("<i class=\"c\">{}</i>", escaped(comment))));
        }
    }
    marks.sort_by_key(|(start, _, _)| *start);
    let mut out = String::new();
    let mut done = range.start;
    for (start, end, marked) in marks {
        if start < done || end > range.end {
            continue;
        }
        out.push_str(&escaped(text.get(done..start).unwrap_or("")));
        out.push_str(&marked);
        done = end;
    }
    out.push_str(&escaped(text.get(done..range.end).unwrap_or("")));
    out
}

fn at<'t>(text: &'t str, token: &Token) -> &'t str {
    text.get(token.start as usize..token.end as usize).unwrap_or("")
}

fn marked(
    site: &Site<'_>,
    module: &Module<'_>,
    kind: Kind,
    text: &str,
    before: Option<Kind>,
    behind: Option<Kind>,
) -> Option<String> {
    let class = |class: &str| Some(format!("<span class=\"{class}\">{}</span>", escaped(text)));
    match kind {
        Kind::Word if before == Some(Kind::Dot) || behind == Some(Kind::Colon) => None,
        Kind::Word => match site.lookup(module, text) {
            Some((other, name)) => {
                let class = if text.starts_with(|c: char| c.is_ascii_uppercase()) { "t" } else { "l" };
                let link = module.link(site, other, name);
                Some(format!("<a class=\"{class}\" href=\"{}\">{}</a>", escaped(&link), escaped(text)))
            }
            None if WORDS.contains(&text) => class("k"),
            None if text.starts_with(|c: char| c.is_ascii_uppercase()) => class("t"),
            None => None,
        },
        Kind::Number | Kind::Dollars => class("n"),
        Kind::Text | Kind::Block => class("s"),
        _ => None,
    }
}

/// The head of a declaration: all before the brace that opens its body, or all of it.
pub(super) fn head(module: &Module<'_>, span: Span) -> Span {
    let text = module.source.text();
    let lexed = lex::lex(SourceId::default(), text, span.range()).value;
    let mut depth = 0usize;
    for token in &lexed.tokens {
        match token.kind {
            Kind::LeftParen | Kind::LeftBracket => depth += 1,
            Kind::RightParen | Kind::RightBracket => depth = depth.saturating_sub(1),
            Kind::LeftBrace if depth == 0 => {
                let before = text.get(span.start as usize..token.start as usize).unwrap_or("").trim_end();
                return Span { end: span.start + u32::try_from(before.len()).unwrap_or(0), ..span };
            }
            _ => {}
        }
    }
    span
}

/// Which declarations mention which, each once, in the order of modules.
pub(super) fn mentions(site: &Site<'_>) -> BTreeMap<(usize, String), Vec<(usize, String)>> {
    let mut found: BTreeMap<(usize, String), Vec<(usize, String)>> = BTreeMap::new();
    for (index, module) in site.modules.iter().enumerate() {
        for entry in module.entries() {
            let lexed = lex::lex(SourceId::default(), module.source.text(), entry.item.span.range()).value;
            for token in lexed.tokens.iter().filter(|token| token.kind == Kind::Word) {
                let Some((other, name)) = site.lookup(module, at(module.source.text(), token)) else { continue };
                let mentioned = (other, name.to_owned());
                let by = (index, entry.name.to_owned());
                if mentioned != by {
                    let list = found.entry(mentioned).or_default();
                    if !list.contains(&by) {
                        list.push(by);
                    }
                }
            }
        }
    }
    found
}
