//! A table from keys to small numbers that is filled once and fast: a vocabulary of 200,000 tokens in a few milliseconds.
//! It keeps the numbers only; whoever asks knows the key of each.

const EMPTY: u32 = u32::MAX;

/// An open-addressing table, at most half full.
pub(super) struct Index {
    slots: Vec<u32>,
    mask: usize,
}

impl Index {
    pub(super) fn for_keys(count: usize) -> Index {
        let slots = (count * 2).next_power_of_two().max(2);
        Index { slots: vec![EMPTY; slots], mask: slots - 1 }
    }

    /// Adds a number under the hash of its key. No more are added than the table was made for, so a free slot exists.
    pub(super) fn insert(&mut self, hash: u64, number: u32) {
        let mut at = self.start(hash);
        while self.slots[at] != EMPTY {
            at = (at + 1) & self.mask;
        }
        self.slots[at] = number;
    }

    /// The number under that hash whose key is the one that is sought.
    pub(super) fn find(&self, hash: u64, is_sought: impl Fn(u32) -> bool) -> Option<u32> {
        let mut at = self.start(hash);
        loop {
            match self.slots[at] {
                EMPTY => return None,
                number if is_sought(number) => return Some(number),
                _ => at = (at + 1) & self.mask,
            }
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "any bits of a hash will do")]
    fn start(&self, hash: u64) -> usize {
        (hash ^ (hash >> 32)) as usize & self.mask
    }
}

/// A hash of bytes (FNV-1a): the keys are the fixed tokens of a vocabulary, so nobody can choose them to collide.
pub(super) fn hash_bytes(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// A hash of two numbers.
pub(super) fn hash_pair(left: u32, right: u32) -> u64 {
    (u64::from(left) << 32 | u64::from(right)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
