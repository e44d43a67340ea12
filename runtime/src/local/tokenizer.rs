//! Text to tokens and back. In: the vocabulary of a GGUF. Out: ids, counts, bytes.
//!
//! Text is only ever text here: `<|im_end|>` inside it becomes the characters, never the token that ends a message.
//! Control tokens are asked for by name ([`Tokenizer::control`]).

use std::collections::HashMap;

use candle_core::quantized::tokenizer::TokenizerFromGguf;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;

use super::gguf::Gguf;
use super::model::TokenId;

/// The vocabulary of a model.
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    /// The bytes of each token; empty for control tokens, which say nothing.
    bytes: Vec<Vec<u8>>,
    control: HashMap<String, TokenId>,
    /// The tokens that are one byte.
    single: HashMap<u8, TokenId>,
    end: TokenId,
}

/// The kind of a control token in a GGUF vocabulary.
const CONTROL: i32 = 3;

impl Tokenizer {
    pub(super) fn from_gguf(gguf: &Gguf) -> candle_core::Result<Self> {
        let names = gguf.strings("tokenizer.ggml.tokens")?;
        let kinds = gguf.token_kinds()?;
        let end = gguf.token_id("tokenizer.ggml.eos_token_id");
        let end =
            end.ok_or_else(|| candle_core::Error::Msg("the model file names no token that ends an answer".into()))?;

        let mut inner = tokenizers::Tokenizer::from_gguf(&gguf.content)?;
        // What `tokenizer.ggml.pre = "smollm"` stands for; candle takes it for GPT-2, which keeps digits together and puts
        // a space in front. With this the ids equal those of llama.cpp.
        let steps = vec![Digits::new(true).into(), ByteLevel::new(false, true, true).into()];
        inner.with_pre_tokenizer(Some(PreTokenizerWrapper::Sequence(Sequence::new(steps))));
        inner.with_post_processor(None::<tokenizers::PostProcessorWrapper>);
        inner.set_encode_special_tokens(true);

        let letters = byte_letters();
        let mut bytes = Vec::with_capacity(names.len());
        let mut control = HashMap::new();
        for (id, name) in (0..).zip(names) {
            if kinds.get(id as usize) == Some(&CONTROL) {
                bytes.push(Vec::new());
                control.insert(name, id);
            } else {
                bytes.push(name.chars().filter_map(|letter| letters.get(&letter).copied()).collect());
            }
        }
        let single = (0..).zip(&bytes).filter_map(|(id, bytes)| match bytes.as_slice() {
            [byte] => Some((*byte, id)),
            _ => None,
        });
        let single = single.collect();
        Ok(Tokenizer { inner, bytes, control, single, end })
    }

    /// The ids of a piece of text. Pieces are encoded apart and put one behind the other, so that counts add.
    ///
    /// A vocabulary may lack some bytes (SmolLM2's lacks 21 control characters): they vanish here, as they do for the model.
    pub fn encode(&self, text: &str) -> Vec<TokenId> {
        // Encoding fails only in normalisers and models that this vocabulary does not have.
        self.inner.encode_fast(text, false).map(|encoding| encoding.get_ids().to_vec()).unwrap_or_default()
    }

    /// How many tokens a piece of text is.
    pub fn count(&self, text: &str) -> usize {
        self.encode(text).len()
    }

    /// The text of ids. What is not UTF-8 becomes the replacement character, but for a character that the last ids begin and
    /// do not end: that is left out. Control tokens say nothing.
    pub fn decode(&self, ids: &[TokenId]) -> String {
        let mut bytes: Vec<u8> = ids.iter().flat_map(|id| self.bytes(*id)).copied().collect();
        if let Some(last) = bytes.utf8_chunks().last() {
            let tail = last.invalid();
            if std::str::from_utf8(tail).is_err_and(|error| error.error_len().is_none()) {
                bytes.truncate(bytes.len() - tail.len());
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The bytes of one token, which may be a part of a character.
    pub fn bytes(&self, id: TokenId) -> &[u8] {
        self.bytes.get(id as usize).map_or(&[], Vec::as_slice)
    }

    /// The token that is this byte alone.
    pub(super) fn byte(&self, byte: u8) -> Option<TokenId> {
        self.single.get(&byte).copied()
    }

    /// The control token of this name, such as `<|im_start|>`.
    pub fn control(&self, name: &str) -> Option<TokenId> {
        self.control.get(name).copied()
    }

    /// Whether an answer ends where the model says this token. Every control token ends one: none belongs in it.
    pub fn ends(&self, id: TokenId) -> bool {
        id == self.end || self.bytes.get(id as usize).is_none_or(Vec::is_empty)
    }

    /// The token that ends an answer.
    pub fn end(&self) -> TokenId {
        self.end
    }

    /// How many tokens the vocabulary has.
    pub fn vocabulary(&self) -> usize {
        self.bytes.len()
    }

    /// The control tokens, by name.
    pub(super) fn controls(&self) -> impl Iterator<Item = (&str, TokenId)> {
        self.control.iter().map(|(name, id)| (name.as_str(), *id))
    }
}

/// The letters that byte-level vocabularies write bytes with: printable bytes are themselves, the others are numbered from
/// U+0100 on. From GPT-2's `bytes_to_unicode`.
fn byte_letters() -> HashMap<char, u8> {
    let mut next = 0x100u32;
    let mut letters = HashMap::with_capacity(256);
    for byte in 0..=255u8 {
        let letter = match byte {
            b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF => Some(char::from(byte)),
            _ => {
                next += 1;
                char::from_u32(next - 1)
            }
        };
        letters.extend(letter.map(|letter| (letter, byte)));
    }
    letters
}
