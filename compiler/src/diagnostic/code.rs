//! The table of codes. Each has a title and a page; a code without a page does not compile.
//!
//! Ranges: E00 files and projects · E01 syntax · E02 bounds and budgets · E03 names · E04 types · E05 sizes · E06 tools,
//! effects, gates · E07 control · E08 catalogue · E09 running · E10 locks, comparisons, certificates, profiles. Warnings are
//! numbered in the same ranges, with a W; lints: W1001 to W1049.

use std::fmt;

/// Names one kind of diagnostic. Codes are never reused.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(&'static str);

impl Code {
    /// The code as it is printed: `E0201`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// What it is about, in a few words.
    #[must_use]
    pub fn title(self) -> &'static str {
        entries().find(|entry| entry.code == self).map_or("", |entry| entry.title)
    }

    /// Its page: what, why, a bad flow, its repair. Markdown.
    #[must_use]
    pub fn page(self) -> &'static str {
        entries().find(|entry| entry.code == self).map_or("", |entry| entry.page)
    }

    /// The code that is written so, in any case of letters.
    #[must_use]
    pub fn find(text: &str) -> Option<Code> {
        entries().find(|entry| entry.code.0.eq_ignore_ascii_case(text)).map(|entry| entry.code)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The code.
    pub code: Code,
    /// What it is about, in a few words.
    pub title: &'static str,
    /// Its page in Markdown.
    pub page: &'static str,
}

/// Every code, by area.
pub fn entries() -> impl Iterator<Item = &'static Entry> {
    TABLES.iter().flat_map(|table| table.iter())
}

/// Declares the codes of one area: a constant each, and the area's `TABLE`.
macro_rules! codes {
    ($($code:ident $title:literal;)*) => {
        use super::{Code, Entry};
        $(
            #[doc = $title]
            pub const $code: Code = Code(stringify!($code));
        )*
        /// The codes of this area.
        pub(super) const TABLE: &[Entry] = &[
            $(Entry { code: $code, title: $title, page: include_str!(concat!("../codes/", stringify!($code), ".md")) },)*
        ];
    };
}

pub mod bound;
pub mod catalogue;
pub mod check;
pub mod command;
pub mod delivery;
pub mod lint;
pub mod run;
pub mod syntax;
pub mod values;

const TABLES: &[&[Entry]] = &[
    command::TABLE,
    syntax::TABLE,
    check::TABLE,
    bound::TABLE,
    catalogue::TABLE,
    run::TABLE,
    values::TABLE,
    delivery::TABLE,
    lint::TABLE,
];
