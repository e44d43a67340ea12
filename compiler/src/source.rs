//! Source texts and places in them. [`World`] is the only door out of the compiler.

use std::fmt;
use std::ops::Range;

/// What the compiler may ask of the outside. Paths are `/`-separated and relative to the project's root.
pub trait World {
    /// The bytes of a file.
    ///
    /// # Errors
    /// Says in a user's words why the file was not read.
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError>;
}

/// Why a file was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// There is no such file.
    Missing,
    /// It is there and cannot be read; the reason in the system's words.
    Unreadable(String),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::Missing => f.write_str("no such file"),
            ReadError::Unreadable(why) => f.write_str(why),
        }
    }
}

/// Names one source text of a compilation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub u32);

/// A range of bytes of one source text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The text it is in.
    pub source: SourceId,
    /// The first byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

impl Span {
    /// A span of `source` over `range`. Texts are at most [`Source::LARGEST`] bytes, so offsets fit.
    #[must_use]
    pub fn new(source: SourceId, range: Range<usize>) -> Self {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span { source, start: offset(range.start), end: offset(range.end) }
    }

    /// The smallest span that covers both; they are of one text.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        Span { source: self.source, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The place just after this span.
    #[must_use]
    pub fn after(self) -> Span {
        Span { start: self.end, ..self }
    }

    /// The bytes it covers.
    #[must_use]
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// One source text with its line index.
#[derive(Clone, Debug)]
pub struct Source {
    name: String,
    text: String,
    lines: Vec<u32>,
}

impl Source {
    /// The largest source text, in bytes. Larger ones are refused before they are read as text.
    pub const LARGEST: usize = 32 << 20;

    /// A text under its path relative to the project's root.
    #[must_use]
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = breaks.map(|(at, _)| u32::try_from(at + 1).unwrap_or(u32::MAX));
        let lines = std::iter::once(0).chain(starts).collect();
        Source { name: name.into(), text, lines }
    }

    /// Its path as the user knows it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The line of a byte, from 1.
    #[must_use]
    pub fn line(&self, offset: u32) -> usize {
        self.lines.partition_point(|start| *start <= offset).max(1)
    }

    /// Line and column of a byte, both from 1; the column counts characters, and so takes as long as its line is.
    #[must_use]
    pub fn position(&self, offset: u32) -> (usize, usize) {
        let line = self.line(offset);
        let start = self.lines.get(line - 1).map_or(0, |start| *start as usize);
        let column = self.text.get(start..offset as usize).map_or(0, |head| head.chars().count());
        (line, column + 1)
    }
}

/// The source texts of one compilation, in the order in which they were first read.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    all: Vec<Source>,
}

impl Sources {
    /// Keeps a text and names it.
    pub fn add(&mut self, source: Source) -> SourceId {
        self.all.push(source);
        SourceId(u32::try_from(self.all.len() - 1).unwrap_or(u32::MAX))
    }

    /// The text of that name. Ids come from [`Sources::add`] of the same set.
    #[must_use]
    pub fn get(&self, id: SourceId) -> Option<&Source> {
        self.all.get(id.0 as usize)
    }

    /// All texts with their ids.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        self.all.iter().enumerate().map(|(index, source)| (SourceId(u32::try_from(index).unwrap_or(u32::MAX)), source))
    }

    /// The text under a span.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.get(span.source).and_then(|source| source.text().get(span.range())).unwrap_or("")
    }
}
