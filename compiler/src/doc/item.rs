//! One declaration: its signature, its documentation, what is proved of it, who uses it, and its source.
#![expect(clippy::wildcard_enum_match_arm, reason = "a few kinds of declarations have more to show than their source")]

use super::html::escaped;
use super::site::{Entry, Module, Site};
use super::{code, fields, flow, markdown, step};
use crate::source::Span;
use crate::syntax::ItemKind;

/// The section of a declaration.
pub(super) fn section(site: &Site<'_>, module: &Module<'_>, entry: &Entry<'_>) -> String {
    let name = escaped(entry.name);
    let is_public = entry.item.public.is_some();
    let badge = if is_public { " <span class=\"badge public\">pub</span>" } else { "" };
    let mut out = format!(
        "<section class=\"item {kind}\" id=\"{name}\">\n<h3><span class=\"kind\">{kind}</span> <a href=\"#{name}\">{name}</a>{badge}{more} \
         <span class=\"line\">line {line}</span></h3>\n",
        kind = escaped(entry.kind),
        more = badges(module, entry),
        line = module.line(entry.item.span),
    );
    let head = match entry.kind {
        "step" | "tool" | "flow" => code::head(module, entry.item.span),
        _ => entry.item.span,
    };
    out.push_str(&block(&code::code(site, module, head)));
    out.push_str(&markdown::html(&entry.item.docs));
    out.push_str(&match &entry.item.kind {
        ItemKind::Flow(decl) => flow::section(site, module, entry, decl),
        ItemKind::Step(decl) => step::section(site, module, entry, decl),
        ItemKind::Tool(decl) => {
            fields::params(site, module, &decl.params) + &clauses(site, module, decl.clauses.iter().map(|c| c.span))
        }
        ItemKind::Type(decl) => fields::fields(site, module, &decl.fields),
        ItemKind::Enum(decl) => fields::variants(site, module, &decl.variants),
        _ => String::new(),
    });
    out.push_str(&used_by(site, module, entry.name));
    if head != entry.item.span {
        out.push_str(&format!(
            "<details><summary>Source</summary>{}</details>\n",
            block(&code::code(site, module, entry.item.span))
        ));
    }
    out.push_str("</section>\n");
    out
}

/// Code that is markup already, as a block.
pub(super) fn block(code: &str) -> String {
    format!("<pre tabindex=\"0\"><code>{code}</code></pre>\n")
}

/// Clauses as they were written, one a line.
pub(super) fn clauses(site: &Site<'_>, module: &Module<'_>, spans: impl Iterator<Item = Span>) -> String {
    let lines: Vec<String> = spans.map(|span| code::code(site, module, span)).collect();
    if lines.is_empty() { String::new() } else { block(&lines.join("\n")) }
}

/// What a reader looks for first: what a tool does to the world.
fn badges(module: &Module<'_>, entry: &Entry<'_>) -> String {
    let ItemKind::Tool(decl) = &entry.item.kind else { return String::new() };
    let mut words =
        decl.clauses.iter().map(|clause| module.text(clause.span)).filter(|text| text.starts_with("effect"));
    let effect = words.next().and_then(|text| text.split_whitespace().nth(1)).unwrap_or("").trim_end_matches(',');
    let gated = decl.clauses.iter().any(|clause| module.text(clause.span).starts_with("gate"));
    let mut out = String::new();
    if !effect.is_empty() {
        out.push_str(&format!(" <span class=\"badge effect-{0}\">{0}</span>", escaped(effect)));
    }
    if gated {
        out.push_str(" <span class=\"badge\">gated</span>");
    }
    out
}

fn used_by(site: &Site<'_>, module: &Module<'_>, name: &str) -> String {
    let by = site.mentions(module, name);
    if by.is_empty() {
        return String::new();
    }
    let links: Vec<String> = by
        .iter()
        .map(|(other, name)| {
            let link = module.link(site, *other, name);
            format!("<a href=\"{}\"><code>{}</code></a>", escaped(&link), escaped(name))
        })
        .collect();
    format!("<p class=\"used\">Used by {}</p>\n", links.join(", "))
}
