//! The pieces of a text between which no token reaches. Each vocabulary was trained with its own rule, written as a pattern
//! that looks ahead (`\s+(?!\S)`); here the pattern is one without, and a run of white space is shortened after the match.

use regex::{Regex, RegexBuilder};

/// How a vocabulary cuts texts before it looks for tokens.
pub(super) struct Split {
    pattern: Option<Regex>,
    style: Style,
}

/// When a run of white space stays whole though a text goes on behind it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    /// Where it ends in a line break.
    LineBreaks,
    /// Where a digit follows.
    Digits,
}

impl Split {
    /// The rule of o200k_base.
    pub(super) fn o200k() -> Split {
        const LOWER: &str = r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]";
        const UPPER: &str = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]";
        const SHORT: &str = "(?i:'s|'t|'re|'ve|'m|'ll|'d)?";
        Split::new(
            &format!(
                r"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+{SHORT}|[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*{SHORT}|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|\s*[\r\n]+|\s+"
            ),
            Style::LineBreaks,
        )
    }

    /// The rule of cl100k_base.
    pub(super) fn cl100k() -> Split {
        Split::new(
            r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s+$|\s*[\r\n]|\s+",
            Style::LineBreaks,
        )
    }

    /// The rule of SmolLM2: digits one by one, then as GPT-2 did. The digits come first, so white space before one is not
    /// taken for the space in front of a word.
    pub(super) fn smollm2() -> Split {
        Split::new(r"\p{N}|'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?[^\s\p{L}\p{N}]+|\s+", Style::Digits)
    }

    fn new(pattern: &str, style: Style) -> Split {
        // A pattern that is not compiled cuts nowhere; a test compares every rule with its original.
        // The cache holds the states of every script that a text mixes; with the usual one such texts are ten times slower.
        let pattern = RegexBuilder::new(pattern).dfa_size_limit(32 << 20).build().ok();
        Split { pattern, style }
    }

    /// The pieces of a text in order. Together they are the text.
    pub(super) fn pieces<'t>(&self, text: &'t str) -> impl Iterator<Item = &'t str> {
        let mut at = 0;
        std::iter::from_fn(move || {
            let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
            let end = self.end_of_piece(text, at).unwrap_or(text.len());
            at = end;
            rest.get(..end - (text.len() - rest.len()))
        })
    }

    fn end_of_piece(&self, text: &str, at: usize) -> Option<usize> {
        let found = self.pattern.as_ref()?.find_at(text, at)?;
        let piece = found.as_str();
        let goes_on = text[found.end()..].chars().next();
        Some(match goes_on {
            // `\s+(?!\S)`: the last space of a run belongs to what follows, unless the run is that one space.
            Some(next) if self.gives_way(piece, next) => {
                found.end() - piece.chars().next_back().map_or(0, char::len_utf8)
            }
            _ => found.end(),
        })
    }

    fn gives_way(&self, piece: &str, next: char) -> bool {
        let stays = match self.style {
            Style::LineBreaks => piece.ends_with(['\r', '\n']),
            Style::Digits => next.is_numeric(),
        };
        !stays && piece.chars().nth(1).is_some() && piece.chars().all(char::is_whitespace)
    }
}
