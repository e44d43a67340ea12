//! Random texts, the same ones in every run.

/// A small generator (xorshift64*).
pub(super) struct Random(u64);

impl Random {
    pub(super) fn seeded(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `limit`.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(number).expect("31 bits") % limit
    }

    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// A text of up to `parts` parts: words, digits, signs, white space, scripts, emoji, any character at all.
    pub(super) fn text(&mut self, parts: usize) -> String {
        (0..self.below(parts) + 1).map(|_| self.part()).collect()
    }

    fn part(&mut self) -> String {
        const WORDS: [&str; 16] = [
            "refund",
            " The",
            "hello",
            "WORLD",
            "camelCase",
            "don't",
            "I'LL",
            " we've",
            "naïve",
            "snake_case",
            "<|im_end|>",
            "<|endoftext|>",
            "[CLS]",
            "##ing",
            "antidisestablishmentarianism",
            "{\"id\": 42}",
        ];
        const SPACES: [&str; 12] =
            [" ", "  ", "\n", "\n\n", "\r\n", "\t", " \n ", "    ", "\u{a0}", "\u{3000}", "\u{85}", "\u{200b}"];
        // First and last of blocks in which every character has long been assigned.
        const SCRIPTS: [(u32, u32); 14] = [
            (0x20, 0x7e),
            (0xa1, 0xff),
            (0x100, 0x17f),
            (0x300, 0x33f),
            (0x391, 0x3a1),
            (0x410, 0x44f),
            (0x5d0, 0x5ea),
            (0x621, 0x63a),
            (0x905, 0x939),
            (0x3041, 0x3096),
            (0x4e00, 0x9f00),
            (0xac00, 0xd7a3),
            (0x1d400, 0x1d454),
            (0x1f600, 0x1f64f),
        ];
        match self.below(8) {
            0 | 1 => self.pick(&WORDS).to_owned(),
            2 => self.pick(&SPACES).repeat(1 + self.below(3)),
            3 => (0..1 + self.below(7))
                .map(|_| char::from(b'0' + u8::try_from(self.below(10)).expect("a digit")))
                .collect(),
            4 => (0..1 + self.below(4))
                .map(|_| self.pick(&['.', ',', '!', '/', '\'', '"', '-', '_', '٣', '½', 'Ⅳ']))
                .collect(),
            5 => self.pick(&["a", "ab", " ", "\u{301}", "=", "\u{1}\u{4}\u{16}\u{1d}"]).repeat(1 + self.below(40)),
            _ => {
                let (first, last) = self.pick(&SCRIPTS);
                let letter = |random: &mut Random| {
                    let offset = u32::try_from(random.below((last - first) as usize + 1)).expect("a block is small");
                    char::from_u32(first + offset).unwrap_or(' ')
                };
                (0..1 + self.below(9)).map(|_| letter(self)).collect()
            }
        }
    }
}
