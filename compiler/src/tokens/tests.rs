//! Ours against other people's tokenizers, and the facts that bounds are built on.

mod facts;
mod oracle;
mod texts;

use super::*;
use crate::catalogue::Vocabulary;

/// The counter that counts with a vocabulary.
fn counter(vocabulary: Vocabulary) -> Counter {
    Counter::of(&TokenizerClass::Counted { vocabulary })
}

/// The byte-level vocabularies.
const BYTE_LEVEL: [Vocabulary; 3] = [Vocabulary::O200kBase, Vocabulary::Cl100kBase, Vocabulary::Smollm2];
