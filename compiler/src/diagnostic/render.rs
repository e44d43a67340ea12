//! Diagnostics for people. In: diagnostics and the texts they are about. Out: text with the places underlined.
//!
//! This is the only file that names ariadne. It gives ariadne texts that it can always draw: the same bytes at the same
//! places, without characters that would move the cursor, and with very long lines cut around what is underlined.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::ops::Range;

use ariadne::{Color, Config, IndexType, Label, Report, ReportKind};

use super::{Diagnostic, Severity};
use crate::source::{Source, SourceId, Sources, Span};

/// Lines longer than this are cut before they are drawn, in bytes.
const LONGEST_LINE: usize = 400;
/// How much of a cut line is shown on either side of what is underlined, in bytes.
const AROUND: usize = 60;
/// How many diagnostics are drawn; the rest is counted.
pub const MOST: usize = 100;

/// Whether the output may be coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Plain text.
    Never,
    /// With the escape sequences of terminals.
    Always,
}

/// Draws the diagnostics, the errors first, each followed by an empty line. Beyond [`MOST`] they are only counted.
#[must_use]
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, colour: Colour) -> String {
    let mut canvas = Canvas { sources, colour, drawable: HashMap::new() };
    let mut ordered: Vec<&Diagnostic> = diagnostics.iter().collect();
    ordered.sort_by_key(|diagnostic| std::cmp::Reverse(diagnostic.severity));
    let mut out = String::new();
    for diagnostic in ordered.iter().take(MOST) {
        out.push_str(&canvas.draw(diagnostic));
        out.push('\n');
    }
    if ordered.len() > MOST {
        let _ = writeln!(out, "… and {} more\n", ordered.len() - MOST);
    }
    out
}

/// `error[E0201]: what is wrong`, coloured where that is wanted.
pub(super) fn headline(severity: Severity, code: Option<&str>, message: &str, colour: Colour) -> String {
    let (word, paint) = match severity {
        Severity::Error => ("error", "\u{1b}[31m"),
        Severity::Warning => ("warning", "\u{1b}[33m"),
    };
    let kind = code.map_or_else(|| word.to_owned(), |code| format!("{word}[{code}]"));
    let message = one_line(message);
    match colour {
        Colour::Never => format!("{kind}: {message}\n"),
        Colour::Always => format!("{paint}{kind}\u{1b}[0m: {message}\n"),
    }
}

/// What to do now, below what is wrong.
pub(super) fn advice(help: &str) -> String {
    let indented = visible(help).replace('\n', "\n           ");
    // A help that names its own kind (`path: desk > each ×3`) needs no other word before it.
    let kind = if help.starts_with("path: ") { "" } else { "help: " };
    format!("   = {kind}{indented}\n")
}

/// What is kept between the diagnostics of one compilation.
struct Canvas<'a> {
    sources: &'a Sources,
    colour: Colour,
    drawable: HashMap<SourceId, Option<ariadne::Source<String>>>,
}

impl<'a> Canvas<'a> {
    fn draw(&mut self, diagnostic: &Diagnostic) -> String {
        let labels = labels_of(diagnostic);
        let excerpts = self.excerpts(&labels);
        let code = Some(diagnostic.code.as_str());
        let mut out = headline(diagnostic.severity, code, &diagnostic.message, self.colour);
        if let Some(main) = diagnostic.span.and_then(|span| excerpts.iter().find(|e| e.id == span.source)) {
            out.push_str(&self.drawn(diagnostic, main, &excerpts, &labels));
        }
        for help in diagnostic.advice() {
            out.push_str(&advice(help));
        }
        out
    }

    fn drawn(
        &self,
        diagnostic: &Diagnostic,
        main: &Excerpt<'_>,
        excerpts: &[Excerpt<'_>],
        labels: &[(Span, String)],
    ) -> String {
        let colour = colour_of(diagnostic.severity);
        let span = diagnostic.span.unwrap_or_default();
        let config = Config::default()
            .with_color(self.colour == Colour::Always)
            .with_index_type(IndexType::Byte)
            .with_compact(false)
            .with_tab_width(2);
        let mut report = Report::build(ReportKind::Error, (main.id, main.place(span))).with_config(config);
        for (order, (span, text)) in labels.iter().enumerate() {
            let Some(excerpt) = excerpts.iter().find(|excerpt| excerpt.id == span.source) else { continue };
            let is_main = Some(*span) == diagnostic.span;
            let label = Label::new((excerpt.id, excerpt.place(*span)))
                .with_color(if is_main { colour } else { Color::Cyan })
                .with_order(i32::try_from(order).unwrap_or(i32::MAX));
            report = report.with_label(label.with_message(visible(text)));
        }
        let mut bytes = Vec::new();
        let mut cache = Cache { excerpts, drawable: &self.drawable };
        // Writing into memory does not fail; were it to, the message is there already.
        if report.finish().write(&mut cache, &mut bytes).is_err() {
            return String::new();
        }
        // The first line is the message, which stands above already.
        let drawn = String::from_utf8_lossy(&bytes);
        let drawn = drawn.split_once('\n').map_or("", |(_, places)| places);
        let drawn = main.with_true_column(drawn, span);
        trim_line_ends(&drawn)
    }

    /// The texts that the labels stand in, in a shape that ariadne can draw.
    fn excerpts(&mut self, labels: &[(Span, String)]) -> Vec<Excerpt<'a>> {
        let mut excerpts: Vec<Excerpt<'a>> = Vec::new();
        for (span, _) in labels {
            let Some(source) = self.sources.get(span.source) else { continue };
            if excerpts.iter().any(|excerpt| excerpt.id == span.source) {
                continue;
            }
            let whole = self.drawable.entry(span.source).or_insert_with(|| {
                // A line that must be cut is cut for each diagnostic anew; a text without one is drawn as it is.
                let is_short = source.text().split('\n').all(|line| line.len() <= LONGEST_LINE);
                is_short.then(|| ariadne::Source::from(visible_in_place(source.text())))
            });
            let spans = labels.iter().map(|(span, _)| *span).filter(|other| other.source == span.source);
            let cut = if whole.is_some() { None } else { Some(Cut::around(source, spans)) };
            excerpts.push(Excerpt { id: span.source, source, cut });
        }
        excerpts
    }
}

fn colour_of(severity: Severity) -> Color {
    match severity {
        Severity::Error => Color::Red,
        Severity::Warning => Color::Yellow,
    }
}

/// What is underlined: the labels, and the place itself where no label stands there. Those of the main text come first, and
/// those of one text from top to bottom, as ariadne wants them.
fn labels_of(diagnostic: &Diagnostic) -> Vec<(Span, String)> {
    let Some(main) = diagnostic.span else { return Vec::new() };
    let mut labels: Vec<(Span, String)> = diagnostic.labels.iter().map(|l| (l.span, l.text.clone())).collect();
    if !labels.iter().any(|(span, _)| *span == main) {
        labels.push((main, "here".to_owned()));
    }
    labels.sort_by_key(|(span, _)| (span.source != main.source, span.source, span.end, span.start));
    labels
}

/// One text as it is drawn.
struct Excerpt<'a> {
    id: SourceId,
    source: &'a Source,
    /// Present where lines had to be cut.
    cut: Option<Cut>,
}

impl Excerpt<'_> {
    /// The bytes of a span in what is drawn.
    fn place(&self, span: Span) -> Range<usize> {
        let text = self.source.text();
        let start = text.floor_char_boundary(span.range().start.min(text.len()));
        let end = text.ceil_char_boundary(span.range().end.min(text.len()));
        match &self.cut {
            None => start..end.max(start),
            Some(cut) => cut.place(start)..cut.place(end).max(cut.place(start)),
        }
    }

    /// ariadne numbers columns as it draws them; where a line was cut, the number is that of the whole line.
    fn with_true_column(&self, drawn: &str, span: Span) -> String {
        let Some(cut) = &self.cut else { return drawn.to_owned() };
        let (line, column) = self.source.position(span.start);
        let name = self.source.name();
        let Some(shown) = cut.column(self.place(span).start) else { return drawn.to_owned() };
        drawn.replacen(&format!("{name}:{line}:{shown}"), &format!("{name}:{line}:{column}"), 1)
    }
}

/// A text of which only the lines with labels are left, and of long lines only what is near the labels.
struct Cut {
    drawn: ariadne::Source<String>,
    /// Pieces that were kept: where they are in the text, and where in what is drawn.
    kept: Vec<(Range<usize>, usize)>,
}

impl Cut {
    fn around(source: &Source, spans: impl Iterator<Item = Span>) -> Cut {
        let text = source.text();
        let mut wanted: Vec<Range<usize>> = spans
            .flat_map(|span| [span.range().start, span.range().end])
            .map(|at| at.min(text.len()))
            .map(|at| {
                text.floor_char_boundary(at.saturating_sub(AROUND))
                    ..text.ceil_char_boundary((at + AROUND).min(text.len()))
            })
            .collect();
        wanted.sort_by_key(|range| range.start);
        let mut drawn = String::new();
        let mut kept: Vec<(Range<usize>, usize)> = Vec::new();
        let mut done = 0;
        for range in wanted {
            let range = range.start.max(done)..range.end.max(done);
            let between = text.get(done..range.start).unwrap_or("");
            // Every line keeps its number, so line breaks stay; the rest of what lies between does not.
            let breaks = between.bytes().filter(|byte| *byte == b'\n').count();
            drawn.extend(std::iter::repeat_n('\n', breaks));
            if !between.is_empty() && !between.ends_with('\n') {
                drawn.push('…');
            }
            kept.push((range.clone(), drawn.len()));
            drawn.push_str(&visible_in_place(text.get(range.clone()).unwrap_or("")));
            done = range.end;
        }
        if text.get(done..).is_some_and(|rest| !rest.is_empty() && !rest.starts_with('\n')) {
            drawn.push('…');
        }
        Cut { drawn: ariadne::Source::from(drawn), kept }
    }

    /// Where a byte of the text is in what is drawn. Both ends of every label are in a kept piece.
    fn place(&self, at: usize) -> usize {
        let piece = self.kept.iter().find(|(range, _)| range.start <= at && at <= range.end);
        piece.map_or(0, |(range, start)| start + (at - range.start))
    }

    fn column(&self, place: usize) -> Option<usize> {
        let head = self.drawn.text().get(..place)?;
        Some(head.rsplit('\n').next().unwrap_or(head).chars().count() + 1)
    }
}

/// The texts as ariadne asks for them.
struct Cache<'a> {
    excerpts: &'a [Excerpt<'a>],
    drawable: &'a HashMap<SourceId, Option<ariadne::Source<String>>>,
}

impl ariadne::Cache<SourceId> for Cache<'_> {
    type Storage = String;

    fn fetch(&mut self, id: &SourceId) -> Result<&ariadne::Source<String>, impl std::fmt::Debug> {
        let cut = self.excerpts.iter().find(|excerpt| excerpt.id == *id).and_then(|excerpt| excerpt.cut.as_ref());
        let whole = || self.drawable.get(id).and_then(Option::as_ref);
        cut.map(|cut| &cut.drawn).or_else(whole).ok_or("no such text")
    }

    fn display<'a>(&self, id: &'a SourceId) -> Option<impl std::fmt::Display + 'a> {
        self.excerpts.iter().find(|excerpt| excerpt.id == *id).map(|excerpt| visible(excerpt.source.name()))
    }
}

/// The text with every character that moves the cursor or reorders the line replaced by one of the same length in bytes,
/// so that places stay where they are. Line feeds and tabs stay.
fn visible_in_place(text: &str) -> String {
    let same_length = |c: char| match c {
        '\n' | '\t' => c,
        c if !is_unsafe(c) => c,
        c => match c.len_utf8() {
            1 => ' ',
            2 => '¿',
            _ => '␦',
        },
    };
    text.chars().map(same_length).collect()
}

/// A message with characters that would move the cursor shown as `␦`.
fn visible(text: &str) -> String {
    text.chars().map(|c| if is_unsafe(c) && c != '\n' { '␦' } else { c }).collect()
}

fn one_line(text: &str) -> String {
    visible(text).replace('\n', " ")
}

/// Control characters, other line breaks than a line feed, and marks that change the direction of the text after them.
fn is_unsafe(c: char) -> bool {
    (c.is_control() && c != '\t')
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn trim_line_ends(drawn: &str) -> String {
    let mut out = String::with_capacity(drawn.len());
    for line in drawn.lines() {
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests;
