//! The vocabularies that ship with the compiler, read when they are first needed. Where each is from stands in
//! `stdlib/tokenizers/README.md`.

use std::ops::ControlFlow;
use std::sync::LazyLock;

use super::bpe::Bpe;
use super::split::Split;
use super::words::Words;
use crate::catalogue::Vocabulary;

/// What turns texts into the tokens of a vocabulary.
pub(super) enum Encoder {
    Bpe(Bpe),
    Words(Words),
}

/// The encoder of a vocabulary, one in a process.
pub(super) fn encoder(vocabulary: Vocabulary) -> &'static Encoder {
    static O200K: LazyLock<Encoder> = LazyLock::new(|| {
        Encoder::Bpe(Bpe::from_ranks(include_bytes!("../../../stdlib/tokenizers/o200k_base.ranks"), Split::o200k()))
    });
    static CL100K: LazyLock<Encoder> = LazyLock::new(|| {
        Encoder::Bpe(Bpe::from_ranks(include_bytes!("../../../stdlib/tokenizers/cl100k_base.ranks"), Split::cl100k()))
    });
    static SMOLLM2: LazyLock<Encoder> = LazyLock::new(|| {
        Encoder::Bpe(Bpe::from_merges(include_bytes!("../../../stdlib/tokenizers/smollm2.merges"), Split::smollm2()))
    });
    static MINILM: LazyLock<Encoder> =
        LazyLock::new(|| Encoder::Words(Words::read(include_str!("../../../stdlib/tokenizers/minilm.words"))));
    match vocabulary {
        Vocabulary::O200kBase => &O200K,
        Vocabulary::Cl100kBase => &CL100K,
        Vocabulary::Smollm2 => &SMOLLM2,
        Vocabulary::Minilm => &MINILM,
    }
}

impl Encoder {
    pub(super) fn count(&self, text: &str) -> u64 {
        let mut count = 0;
        self.encode(text, |_| count += 1);
        count
    }

    pub(super) fn ids(&self, text: &str) -> Vec<u32> {
        let mut ids = Vec::new();
        self.encode(text, |id| ids.push(id));
        ids
    }

    /// The bytes that the first `limit` tokens cover; all of them where there are no more.
    pub(super) fn head(&self, text: &str, limit: u64) -> usize {
        match self {
            Encoder::Bpe(bpe) => head_of_tokens(bpe, text, limit),
            // Normalising loses the places of tokens, so the head is searched for.
            Encoder::Words(_) if self.count(text) <= limit => text.len(),
            Encoder::Words(_) => self.search(text, limit),
        }
    }

    fn encode(&self, text: &str, mut token: impl FnMut(u32)) {
        match self {
            Encoder::Bpe(bpe) => bpe.encode(text, |id, _| {
                token(id);
                ControlFlow::Continue(())
            }),
            Encoder::Words(words) => words.encode(text, token),
        }
    }

    /// The longest head that fits, looked for in steps that double, so that the time is that of the answer and not of the text.
    fn search(&self, text: &str, limit: u64) -> usize {
        let fits = |end: usize| self.count(&text[..text.floor_char_boundary(end)]) <= limit;
        let (mut fitting, mut step) = (0, 64);
        while step > 0 {
            if fitting + step < text.len() && fits(fitting + step) {
                fitting += step;
                step *= 2;
            } else {
                step /= 2;
            }
        }
        text.floor_char_boundary(fitting)
    }
}

fn head_of_tokens(bpe: &Bpe, text: &str, limit: u64) -> usize {
    let (mut count, mut end) = (0, 0);
    bpe.encode(text, |_, after| {
        count += 1;
        if count > limit {
            return ControlFlow::Break(());
        }
        end = after;
        ControlFlow::Continue(())
    });
    if count <= limit { text.len() } else { end }
}
