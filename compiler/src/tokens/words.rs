//! WordPiece as BERT uses it. In: a text. Out: the token ids of a vocabulary of words and their continuations.
//!
//! The text is normalised first: control characters go, letters lose accents and case, ideographs and marks stand alone. A
//! word is then the longest known beginnings, one after the other; one that cannot be made so is one unknown token.

use unicode_categories::UnicodeCategories;
use unicode_normalization_alignments::UnicodeNormalization;

use super::index::{Index, hash_bytes};

/// A longer word is unknown.
const LONGEST_WORD: usize = 100;

/// A vocabulary of words.
pub(super) struct Words {
    words: Vec<&'static str>,
    index: Index,
    unknown: u32,
}

impl Words {
    /// From a file with one word a line; `##` begins those that continue a word.
    pub(super) fn read(file: &'static str) -> Words {
        let words: Vec<&'static str> = file.lines().collect();
        let mut index = Index::for_keys(words.len());
        for (id, word) in (0u32..).zip(&words) {
            index.insert(hash_bytes(word.as_bytes()), id);
        }
        let mut words = Words { words, index, unknown: 0 };
        words.unknown = words.find("[UNK]").unwrap_or(0);
        words
    }

    /// Hands every token id of the text to `token`.
    pub(super) fn encode(&self, text: &str, mut token: impl FnMut(u32)) {
        let normal = normalized(text);
        let mut ids = Vec::new();
        for word in normal.split(char::is_whitespace).flat_map(|run| run.split_inclusive(is_mark).flat_map(apart)) {
            ids.clear();
            if self.make(word, &mut ids).is_none() {
                ids.clear();
                ids.push(self.unknown);
            }
            ids.iter().for_each(|id| token(*id));
        }
    }

    /// The longest known beginnings of a word, one after the other, or `None` where they do not make it up.
    fn make(&self, word: &str, ids: &mut Vec<u32>) -> Option<()> {
        if word.chars().count() > LONGEST_WORD {
            return None;
        }
        let mut rest = word;
        while !rest.is_empty() {
            let continues = if ids.is_empty() { "" } else { "##" };
            let ends = rest.char_indices().rev().map(|(at, letter)| at + letter.len_utf8());
            let (id, end) = ends
                .into_iter()
                .find_map(|end| self.find(&format!("{continues}{}", &rest[..end])).map(|id| (id, end)))?;
            ids.push(id);
            rest = &rest[end..];
        }
        Some(())
    }

    fn find(&self, word: &str) -> Option<u32> {
        let is_sought = |id: u32| self.words.get(id as usize).is_some_and(|known| *known == word);
        self.index.find(hash_bytes(word.as_bytes()), is_sought)
    }
}

/// A run that may end in a mark: the word before it and the mark, each if it is there.
fn apart(run: &str) -> impl Iterator<Item = &str> {
    let mark = run.char_indices().next_back().filter(|(_, last)| is_mark(*last)).map_or(run.len(), |(at, _)| at);
    let (word, mark) = run.split_at(mark);
    [word, mark].into_iter().filter(|part| !part.is_empty())
}

fn normalized(text: &str) -> String {
    let clean = text.chars().filter(|c| !is_noise(*c)).map(|c| if c.is_whitespace() { ' ' } else { c });
    let spaced: String = clean
        .flat_map(|c| if is_ideograph(c) { [' ', c, ' '] } else { ['\0', c, '\0'] })
        .filter(|c| *c != '\0')
        .collect();
    spaced.nfd().map(|(c, _)| c).filter(|c| !c.is_mark_nonspacing()).flat_map(char::to_lowercase).collect()
}

/// Control characters, unassigned ones and the replacement character. Tabs and line breaks are white space.
fn is_noise(c: char) -> bool {
    !matches!(c, '\t' | '\n' | '\r') && (c == '\0' || c == '\u{fffd}' || c.is_other())
}

/// The blocks of CJK ideographs that BERT knew.
fn is_ideograph(c: char) -> bool {
    matches!(
        u32::from(c),
        0x4E00..=0x9FFF
            | 0x3400..=0x4DBF
            | 0x2_0000..=0x2_A6DF
            | 0x2_A700..=0x2_B73F
            | 0x2_B740..=0x2_B81F
            | 0x2_B920..=0x2_CEAF
            | 0xF900..=0xFAFF
            | 0x2_F800..=0x2_FA1F
    )
}

/// Punctuation: every ASCII sign that is no letter or digit, and what Unicode calls punctuation.
fn is_mark(c: char) -> bool {
    c.is_ascii_punctuation() || c.is_punctuation()
}
