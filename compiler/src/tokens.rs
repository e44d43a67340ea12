//! Counting. In: how a model's tokens are counted, and a text. Out: a number of tokens that holds.
//!
//! Vocabularies are part of the program and are read with the first count, once in a process. Counting takes time in
//! proportion to the text (times the logarithm of the longest run without a break, which is what byte pairs cost), on any
//! text, and never fails.

mod bpe;
mod index;
pub mod request;
mod split;
mod vocabulary;
mod words;

use crate::catalogue::TokenizerClass;

/// Counts the tokens of texts for one model. Cheap to make, to copy and to share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counter {
    class: TokenizerClass,
}

/// What a count is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exactness {
    /// The very ids that the model reads. Counts of texts that are encoded apart add.
    Exact,
    /// The provider's own vocabulary on the rendered text; what the provider adds is declared, not seen.
    Counted,
    /// More than any byte-level vocabulary can make of the text.
    Ceiling,
    /// A ceiling under the assumption that a token has at least this many bytes on average.
    Assumed {
        /// Bytes per token, at least 2.
        bytes_per_token: u64,
    },
}

impl Counter {
    /// The counter of a tokenizer class.
    #[must_use]
    pub fn of(class: &TokenizerClass) -> Counter {
        Counter { class: *class }
    }

    /// The number of tokens of a text, without those that a model puts around it. Words that are special to a model, as
    /// `<|im_end|>`, count as the plain text they are.
    #[must_use]
    pub fn count(&self, text: &str) -> u64 {
        match self.class {
            TokenizerClass::Exact { vocabulary } | TokenizerClass::Counted { vocabulary } => {
                vocabulary::encoder(vocabulary).count(text)
            }
            // INVARIANT I-18: a ceiling is of bytes, so another vocabulary than the one that was thought of cannot pass it.
            TokenizerClass::Ceiling { bytes_per_token } => (text.len() as u64).div_ceil(bytes_per_token.max(1)),
        }
    }

    /// The token ids of a text, where a vocabulary is known: what a model in this process must be fed, so that what was
    /// counted is what is read.
    #[must_use]
    pub fn ids(&self, text: &str) -> Option<Vec<u32>> {
        match self.class {
            TokenizerClass::Exact { vocabulary } | TokenizerClass::Counted { vocabulary } => {
                Some(vocabulary::encoder(vocabulary).ids(text))
            }
            TokenizerClass::Ceiling { .. } => None,
        }
    }

    /// Whether a text has at most `limit` tokens. Short texts are not counted: no vocabulary here has more tokens than bytes.
    #[must_use]
    pub fn fits(&self, text: &str, limit: u64) -> bool {
        text.len() as u64 <= limit || self.count(text) <= limit
    }

    /// What its counts are worth.
    #[must_use]
    pub fn exactness(&self) -> Exactness {
        match self.class {
            TokenizerClass::Exact { .. } => Exactness::Exact,
            TokenizerClass::Counted { .. } => Exactness::Counted,
            TokenizerClass::Ceiling { bytes_per_token: 0 | 1 } => Exactness::Ceiling,
            TokenizerClass::Ceiling { bytes_per_token } => Exactness::Assumed { bytes_per_token },
        }
    }

    /// Tokens to allow for where a text meets another in one request. Ids that are encoded apart add, and so do bytes; a
    /// joined text can have more tokens than its parts only where it is counted as a whole.
    #[must_use]
    pub fn seam(&self) -> u64 {
        match self.class {
            TokenizerClass::Counted { .. } => 2,
            TokenizerClass::Exact { .. } | TokenizerClass::Ceiling { .. } => 0,
        }
    }

    /// The bytes that the first `limit` tokens of a text cover; all of them where it has no more.
    fn head(&self, text: &str, limit: u64) -> usize {
        match self.class {
            TokenizerClass::Exact { vocabulary } | TokenizerClass::Counted { vocabulary } => {
                vocabulary::encoder(vocabulary).head(text, limit)
            }
            TokenizerClass::Ceiling { bytes_per_token } => {
                usize::try_from(limit.saturating_mul(bytes_per_token.max(1))).unwrap_or(usize::MAX).min(text.len())
            }
        }
    }
}

/// A head of `text` that has at most `limit` tokens under every counter and ends at a whole character: the first `limit`
/// tokens, cut back to the last whole character, counted again and shortened until it fits.
///
/// Counts are not monotone in length, so a longer head that fits may exist now and then; the one returned always fits.
#[must_use]
pub fn cut_to<'t>(text: &'t str, limit: u64, counters: &[Counter]) -> &'t str {
    let mut head = text;
    loop {
        let end = counters.iter().map(|counter| counter.head(head, limit)).min().unwrap_or(head.len());
        let shorter = &head[..head.floor_char_boundary(end)];
        if shorter.len() == head.len() {
            return head;
        }
        head = shorter;
    }
}

#[cfg(test)]
mod tests;
