//! What the tokens of a text are to its layout, as the parser has read them. The tree says what was written; these say where
//! its parts begin, so that a formatter needs no grammar of its own.

/// What a token is to the layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mark {
    /// A declaration begins here.
    Item,
    /// A clause begins here.
    Clause,
    /// A statement begins here.
    Statement,
    /// An element of a bracketed list begins here.
    Element,
    /// Opens a list: its elements stand between commas, in braces also on lines of their own.
    List,
    /// Opens the body of a declaration, in which clauses and statements stand on lines of their own.
    Body,
    /// Opens a block of statements.
    Block,
    /// Opens the fields of a pattern.
    Pattern,
    /// Opens an expression in brackets.
    Group,
    /// A sign in front of what it belongs to: `-3`, `.sure`.
    Prefix,
    /// Stands close to what is before it: the `<=` of a type, the `[` of an index.
    Tight,
    /// `->` between two rungs.
    Rung,
}

/// All marks of a text, with the index of their token, in the order in which they were made.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    all: Vec<(u32, Mark)>,
}

impl Marks {
    pub(super) fn push(&mut self, token: usize, mark: Mark) {
        self.all.push((u32::try_from(token).unwrap_or(u32::MAX), mark));
    }

    /// The index of a token and what it is.
    pub fn iter(&self) -> impl Iterator<Item = (usize, Mark)> {
        self.all.iter().map(|(token, mark)| (*token as usize, *mark))
    }
}
