//! A preview for a person: every message between two lines, white space visible, and a table of what is counted.

use std::fmt::Write as _;

use flow_compiler::cost::show_count;
use flow_compiler::preview::{Message, Piece, Preview};

use crate::cli::table::Table;

/// What a piece of text is, for its colour.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Mark,
    Value,
    Tag,
}

impl Kind {
    fn colour(self) -> Option<&'static str> {
        match self {
            Kind::Text => None,
            Kind::Mark => Some("\u{1b}[2m"),
            Kind::Value => Some("\u{1b}[36m"),
            Kind::Tag => Some("\u{1b}[35m"),
        }
    }
}

pub(super) fn shown(preview: &Preview, file: &str, coloured: bool) -> String {
    let mut out = format!("{} · {file}:{}\n", preview.step, preview.place.line);
    for of in &preview.messages {
        let _ = write!(out, "\n── {} ──\n{}\n", of.role, message(of, coloured));
    }
    for tool in &preview.tools {
        let _ = write!(out, "\n── tool `{}`, {} at most ──\n{}\n", tool.name, times(tool.calls), tool.text);
    }
    if let Some(schema) = &preview.answer_schema {
        let _ = write!(out, "\n── schema of the answer ──\n{schema}\n");
    }
    let _ = write!(out, "\n── tokens ──\n{}", table(preview));
    out
}

fn times(count: u64) -> String {
    if count == 1 { "1 call".to_owned() } else { format!("{} calls", show_count(count)) }
}

/// One row for each model: the parts of its largest first request, and their sum.
fn table(preview: &Preview) -> String {
    let is_known = preview.readers.iter().any(|reader| reader.this.is_some());
    let head = ["tier", "model", "counted", "text", "values", "tools", "schema", "overhead", "request", "answer", ""];
    let mut table = Table::new(head.map(|head| if head.is_empty() && is_known { "this one" } else { head }));
    for of in &preview.readers {
        table.row([
            of.tier.clone(),
            of.model.clone(),
            of.tokenizer.clone(),
            show_count(of.fixed),
            format!("<={}", show_count(of.values)),
            show_count(of.tools),
            show_count(of.answer_schema),
            show_count(of.overhead),
            format!("<={}", show_count(of.request)),
            format!("<={}", show_count(of.answer)),
            of.this.map_or_else(String::new, show_count),
        ]);
    }
    table.right([3, 4, 5, 6, 7, 8, 9, 10]).to_string()
}

/// A message, line by line. Where one ends and a tag or a value stands is shown as well.
fn message(message: &Message, coloured: bool) -> String {
    let mut runs: Vec<(Kind, String)> = Vec::new();
    for piece in &message.pieces {
        match piece {
            Piece::Text(text) | Piece::Format(text) => runs.push((Kind::Text, text.clone())),
            Piece::Value { text, .. } => runs.push((Kind::Value, text.clone())),
            Piece::Hole { written, ty, .. } => runs.push((Kind::Tag, format!("‹{written}: {ty}›"))),
            Piece::Open(written) => runs.push((Kind::Tag, format!("‹{written}›"))),
            Piece::Else => runs.push((Kind::Tag, "‹else›".to_owned())),
            Piece::End => runs.push((Kind::Tag, "‹end›".to_owned())),
        }
    }
    let whole: Vec<(Kind, char)> =
        runs.iter().flat_map(|(kind, text)| text.chars().map(move |letter| (*kind, letter))).collect();
    let mut out = String::new();
    let mut now = Kind::Text;
    for (at, (kind, letter)) in whole.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| whole.get(at)).map_or('\n', |(_, letter)| *letter);
        let after = whole.get(at + 1).map_or('\n', |(_, letter)| *letter);
        let mark = if *kind == Kind::Tag { None } else { marked(*letter, before, after) };
        let (kind, text) = mark.map_or((*kind, letter.to_string()), |mark| (Kind::Mark, mark));
        if coloured && kind != now {
            out.push_str("\u{1b}[0m");
            out.push_str(kind.colour().unwrap_or(""));
            now = kind;
        }
        out.push_str(&text);
    }
    if coloured && now != Kind::Text {
        out.push_str("\u{1b}[0m");
    }
    out
}

/// What is shown instead of a letter that is easily missed, or that a terminal would not show as it is.
fn marked(letter: char, before: char, after: char) -> Option<String> {
    let is_space = |letter: char| matches!(letter, ' ' | '\n' | '\t');
    match letter {
        '\n' => Some("¶\n".to_owned()),
        '\t' => Some("→".to_owned()),
        ' ' => (is_space(before) || is_space(after)).then(|| "·".to_owned()),
        letter if letter.is_control() || is_invisible(letter) => Some(format!("⟨U+{:04X}⟩", u32::from(letter))),
        _ => None,
    }
}

/// Spaces that look like others or like nothing, and what makes text read otherwise than it stands.
fn is_invisible(letter: char) -> bool {
    matches!(
        letter,
        '\u{a0}' | '\u{ad}' | '\u{61c}' | '\u{1680}' | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}'
            | '\u{205f}'..='\u{206f}' | '\u{3000}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}'
    )
}
