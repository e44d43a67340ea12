//! `///` documentation to HTML: paragraphs, emphasis, code, lists, quotes, tables and links. HTML in it is shown as text, a
//! picture as its words, and a link leads to the web, to mail or to a place on these pages and nowhere else.
#![expect(clippy::wildcard_enum_match_arm, reason = "what is not named here is shown as it is")]

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};

/// Documentation as markup; nothing where there is none.
pub(super) fn html(docs: &str) -> String {
    if docs.trim().is_empty() {
        return String::new();
    }
    let mut out = String::from("<div class=\"docs\">");
    html::push_html(&mut out, events(docs).into_iter());
    out.push_str("</div>\n");
    out
}

/// The first paragraph of a documentation, without blocks around it, for lists.
pub(super) fn first_sentence(docs: &str) -> String {
    let paragraph: Vec<&str> = docs.trim().lines().take_while(|line| !line.trim().is_empty()).collect();
    let paragraph = paragraph.join(" ");
    let end = paragraph.match_indices(". ").next().map_or(paragraph.len(), |(at, _)| at + 1);
    let mut out = String::new();
    let inline = events(&paragraph[..end]).into_iter().filter(|event| {
        !matches!(event, Event::Start(Tag::Paragraph | Tag::Link { .. }) | Event::End(TagEnd::Paragraph | TagEnd::Link))
    });
    html::push_html(&mut out, inline);
    out
}

fn events(docs: &str) -> Vec<Event<'_>> {
    let mut dropped = 0u32;
    let parser = Parser::new_ext(docs, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH);
    parser
        .filter_map(|event| match event {
            Event::Html(text) | Event::InlineHtml(text) => Some(Event::Text(text)),
            Event::Start(Tag::HtmlBlock) => Some(Event::Start(Tag::Paragraph)),
            Event::End(TagEnd::HtmlBlock) => Some(Event::End(TagEnd::Paragraph)),
            Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => None,
            Event::Start(Tag::Link { dest_url, .. }) if !is_harmless(&dest_url) => {
                dropped += 1;
                Some(Event::Text(CowStr::from("")))
            }
            Event::End(TagEnd::Link) if dropped > 0 => {
                dropped -= 1;
                None
            }
            // The titles of a page are its own; those in documentation stand below them.
            Event::Start(Tag::Heading { .. }) => Some(Event::Html(CowStr::from("<p class=\"title\">"))),
            Event::End(TagEnd::Heading(_)) => Some(Event::Html(CowStr::from("</p>\n"))),
            _ => Some(event),
        })
        .collect()
}

fn is_harmless(url: &str) -> bool {
    let lower = url.trim().to_ascii_lowercase();
    ["https://", "http://", "mailto:", "#"].iter().any(|start| lower.starts_with(start))
}
