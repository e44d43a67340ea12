//! Counting. In: how a model's tokens are counted, and a text. Out: a number of tokens that holds.

use std::sync::LazyLock;

use tiktoken_rs::CoreBPE;

use crate::catalogue::{TokenizerClass, Vocabulary};

/// Counts the tokens of texts for one model. Cheap to make, to copy and to share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counter {
    class: TokenizerClass,
}

impl Counter {
    /// The counter of a tokenizer class. Its vocabulary is loaded with the first count, once in a process.
    #[must_use]
    pub fn of(class: &TokenizerClass) -> Counter {
        Counter { class: *class }
    }

    /// The number of tokens of a text. Words that are special to a model count as the plain text they are.
    #[must_use]
    pub fn count(&self, text: &str) -> u64 {
        match self.class {
            TokenizerClass::Exact { vocabulary } | TokenizerClass::Counted { vocabulary } => counted(vocabulary, text),
            TokenizerClass::Ceiling { bytes_per_token } => bytes(text).div_ceil(bytes_per_token.max(1)),
        }
    }

    /// Whether a text has at most `limit` tokens.
    #[must_use]
    pub fn fits(&self, text: &str, limit: u64) -> bool {
        self.count(text) <= limit
    }

    /// Whether the counts of texts that are sent apart add up to the count of the whole.
    #[must_use]
    pub fn adds(&self) -> bool {
        matches!(self.class, TokenizerClass::Exact { .. })
    }
}

/// The longest head of `text` that has at most `limit` tokens under every counter and ends at a whole character.
///
/// The number of tokens of a head is not monotone in its length, so a longer one may exist; the one returned fits.
#[must_use]
pub fn cut_to<'t>(text: &'t str, limit: u64, counters: &[Counter]) -> &'t str {
    let mut head = text;
    while let Some(most) = counters.iter().map(|counter| counter.count(head)).filter(|count| *count > limit).max() {
        // Shorten in proportion, and by at least one character, until it fits.
        let keep = u128::from(limit) * head.len() as u128 / u128::from(most);
        let keep = usize::try_from(keep).unwrap_or(0).min(head.len().saturating_sub(1));
        head = &head[..head.floor_char_boundary(keep)];
    }
    head
}

fn counted(vocabulary: Vocabulary, text: &str) -> u64 {
    static O200K: LazyLock<Option<CoreBPE>> = LazyLock::new(|| tiktoken_rs::o200k_base().ok());
    static CL100K: LazyLock<Option<CoreBPE>> = LazyLock::new(|| tiktoken_rs::cl100k_base().ok());
    let bpe = match vocabulary {
        Vocabulary::O200kBase => &O200K,
        Vocabulary::Cl100kBase => &CL100K,
        // Every byte-level vocabulary has at most one token per byte.
        Vocabulary::Smollm2 | Vocabulary::Minilm => return bytes(text),
    };
    bpe.as_ref().map_or_else(|| bytes(text), |bpe| bpe.encode_ordinary(text).len() as u64)
}

fn bytes(text: &str) -> u64 {
    text.len() as u64
}
