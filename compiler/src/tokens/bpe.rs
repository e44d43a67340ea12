//! Byte pair encoding. In: a text. Out: the token ids of a vocabulary for it.
//!
//! Of all neighbours that make a token the pair of the lowest rank is joined first, the leftmost of equal ones, until none is
//! left. In every vocabulary here the rank of a joined token is its id. A heap keeps that within n log n on runs of any length.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::ControlFlow;

use super::index::{Index, hash_bytes, hash_pair};
use super::split::Split;

/// A byte-level vocabulary with its rule for cutting texts.
pub(super) struct Bpe {
    split: Split,
    joins: Joins,
}

/// Which neighbours make a token.
enum Joins {
    /// Those whose bytes are a token, however it came about: tiktoken.
    Bytes(Ranks),
    /// Those of a list of pairs: `tokenizers`, and so SmolLM2.
    Pairs(Merges),
}

impl Bpe {
    /// From a file of ranks: token after token, one byte of length before each.
    pub(super) fn from_ranks(file: &'static [u8], split: Split) -> Bpe {
        Bpe { split, joins: Joins::Bytes(Ranks::read(file)) }
    }

    /// From a file of merges: numbers of two bytes; see the README beside the files.
    pub(super) fn from_merges(file: &[u8], split: Split) -> Bpe {
        Bpe { split, joins: Joins::Pairs(Merges::read(file)) }
    }

    /// Hands the tokens of the text to `token`, each with the byte of the text after it, until `token` has enough.
    pub(super) fn encode(&self, text: &str, mut token: impl FnMut(u32, usize) -> ControlFlow<()>) {
        let mut work = Work::default();
        let mut start = 0;
        for piece in self.split.pieces(text) {
            let enough = match self.whole(piece.as_bytes()) {
                Some(id) => token(id, start + piece.len()),
                None => {
                    self.join(piece.as_bytes(), &mut work);
                    work.tokens().try_for_each(|part| token(part.id, start + part.end))
                }
            };
            if enough.is_break() {
                return;
            }
            start += piece.len();
        }
    }

    /// The token that a whole piece is, where the vocabulary takes it without joining.
    fn whole(&self, piece: &[u8]) -> Option<u32> {
        match &self.joins {
            Joins::Bytes(ranks) => ranks.find(piece),
            Joins::Pairs(_) => None,
        }
    }

    fn join(&self, piece: &[u8], work: &mut Work) {
        work.start(piece, |byte| self.letter(byte));
        for left in 0..work.parts.len().saturating_sub(1) {
            self.offer(piece, work, left);
        }
        while let Some(Reverse((rank, left))) = work.heap.pop() {
            // An offer that was overtaken: one of the two was joined to another part meanwhile.
            if work.parts[left].offered != rank {
                continue;
            }
            let right = work.parts[left].next;
            let after = work.parts[right].next;
            work.parts[right].offered = NONE;
            work.parts[left] =
                Part { id: rank, end: work.parts[right].end, next: after, offered: NONE, ..work.parts[left] };
            if let Some(part) = work.parts.get_mut(after) {
                part.before = left;
                self.offer(piece, work, left);
            }
            if left > 0 {
                self.offer(piece, work, work.parts[left].before);
            }
        }
    }

    /// Offers to join a part and its neighbour to the right, if they make a token.
    fn offer(&self, piece: &[u8], work: &mut Work, left: usize) {
        let part = &work.parts[left];
        let Some(right) = work.parts.get(part.next) else { return };
        let joined = match &self.joins {
            Joins::Bytes(ranks) => piece.get(part.start..right.end).and_then(|bytes| ranks.find(bytes)),
            Joins::Pairs(merges) => merges.find(part.id, right.id),
        };
        work.parts[left].offered = joined.unwrap_or(NONE);
        if let Some(rank) = joined {
            work.heap.push(Reverse((rank, left)));
        }
    }

    /// The id of a single byte; a vocabulary may lack some, which then vanish.
    fn letter(&self, byte: u8) -> Option<u32> {
        match &self.joins {
            Joins::Bytes(ranks) => ranks.find(&[byte]),
            Joins::Pairs(merges) => merges.letters.get(usize::from(byte)).copied().flatten(),
        }
    }
}

/// No token.
const NONE: u32 = u32::MAX;

/// A run of bytes of a piece that is one token so far. A part that was joined to the one before it is skipped by `next`.
#[derive(Clone, Copy)]
struct Part {
    id: u32,
    start: usize,
    end: usize,
    before: usize,
    next: usize,
    /// The token that this part and the next would make, or [`NONE`].
    offered: u32,
}

/// Room for joining, kept from piece to piece.
#[derive(Default)]
struct Work {
    parts: Vec<Part>,
    heap: BinaryHeap<Reverse<(u32, usize)>>,
}

impl Work {
    fn start(&mut self, piece: &[u8], letter: impl Fn(u8) -> Option<u32>) {
        self.parts.clear();
        self.heap.clear();
        for (at, byte) in piece.iter().enumerate() {
            if let Some(id) = letter(*byte) {
                let index = self.parts.len();
                let before = index.saturating_sub(1);
                self.parts.push(Part { id, start: at, end: at + 1, before, next: index + 1, offered: NONE });
            }
        }
    }

    fn tokens(&self) -> impl Iterator<Item = &Part> {
        std::iter::successors(self.parts.first(), |part| self.parts.get(part.next))
    }
}

/// The tokens of a vocabulary by their bytes.
struct Ranks {
    file: &'static [u8],
    /// Where each token begins in the file; its length is the byte before.
    starts: Vec<u32>,
    index: Index,
}

impl Ranks {
    fn read(file: &'static [u8]) -> Ranks {
        let mut starts = Vec::with_capacity(file.len() / 7);
        let mut at = 0usize;
        while let Some(length) = file.get(at) {
            starts.push(u32::try_from(at + 1).unwrap_or(NONE));
            at += 1 + usize::from(*length);
        }
        let mut ranks = Ranks { file, index: Index::for_keys(starts.len()), starts };
        for rank in 0..u32::try_from(ranks.starts.len()).unwrap_or(0) {
            let hash = hash_bytes(ranks.token(rank));
            ranks.index.insert(hash, rank);
        }
        ranks
    }

    fn token(&self, rank: u32) -> &'static [u8] {
        let start = self.starts.get(rank as usize).map_or(0, |start| *start as usize);
        let length = start.checked_sub(1).and_then(|at| self.file.get(at)).map_or(0, |length| usize::from(*length));
        self.file.get(start..start + length).unwrap_or_default()
    }

    fn find(&self, bytes: &[u8]) -> Option<u32> {
        // No token is longer than a byte can say.
        if bytes.len() > usize::from(u8::MAX) {
            return None;
        }
        self.index.find(hash_bytes(bytes), |rank| self.token(rank) == bytes)
    }
}

/// The pairs of a vocabulary, by their rank.
struct Merges {
    letters: Vec<Option<u32>>,
    /// The id that the first pair makes; every further pair makes the next.
    first: u32,
    pairs: Vec<(u32, u32)>,
    index: Index,
}

impl Merges {
    fn read(file: &[u8]) -> Merges {
        let mut numbers = file.as_chunks::<2>().0.iter().map(|bytes| u32::from(u16::from_le_bytes(*bytes)));
        let (skipped, alphabet) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        let mut letters = vec![None; 256];
        for (id, byte) in (skipped..skipped + alphabet).zip(numbers.by_ref()) {
            if let Some(letter) = letters.get_mut(byte as usize) {
                *letter = Some(id);
            }
        }
        let mut pairs = Vec::with_capacity(file.len() / 4);
        while let (Some(left), Some(right)) = (numbers.next(), numbers.next()) {
            pairs.push((left, right));
        }
        let mut index = Index::for_keys(pairs.len());
        for (rank, (left, right)) in (0u32..).zip(&pairs) {
            index.insert(hash_pair(*left, *right), rank);
        }
        Merges { letters, first: skipped + alphabet, pairs, index }
    }

    fn find(&self, left: u32, right: u32) -> Option<u32> {
        let sought = |rank: u32| self.pairs.get(rank as usize) == Some(&(left, right));
        self.index.find(hash_pair(left, right), sought).map(|rank| self.first + rank)
    }
}
