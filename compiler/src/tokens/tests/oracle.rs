//! The same ids as `tiktoken-rs` and `tokenizers`, on thousands of random texts.

use tiktoken_rs::CoreBPE;
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::models::wordpiece::WordPiece;
use tokenizers::normalizers::bert::BertNormalizer;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::{ModelWrapper, NormalizerWrapper, Tokenizer};

use super::texts::Random;
use super::*;

const TEXTS: u64 = 10_000;

fn agree(vocabulary: Vocabulary, theirs: impl Fn(&str) -> Vec<u32>) {
    let ours = counter(vocabulary);
    for seed in 0..TEXTS {
        let text = Random::seeded(seed).text(12);
        let expected = theirs(&text);
        assert_eq!(ours.ids(&text), Some(expected.clone()), "{vocabulary:?} {text:?}");
        assert_eq!(ours.count(&text), expected.len() as u64);
    }
}

/// Every token of the file is the token of that rank.
fn same_tokens(vocabulary: Vocabulary, theirs: &CoreBPE, tokens: u32) {
    let ours = counter(vocabulary);
    for rank in 0..tokens {
        let bytes = theirs.decode_bytes(&[rank]).expect("a rank of the vocabulary");
        if let Ok(text) = String::from_utf8(bytes) {
            assert_eq!(theirs.encode_ordinary(&text), ours.ids(&text).expect("a vocabulary"), "rank {rank}");
        }
    }
    assert!(theirs.decode_bytes(&[tokens]).is_err(), "{tokens} tokens and no more");
}

#[test]
fn o200k_is_the_one_of_tiktoken() {
    let theirs = tiktoken_rs::o200k_base().expect("its own file");
    same_tokens(Vocabulary::O200kBase, &theirs, 199_998);
    agree(Vocabulary::O200kBase, |text| theirs.encode_ordinary(text));
}

#[test]
fn cl100k_is_the_one_of_tiktoken() {
    let theirs = tiktoken_rs::cl100k_base().expect("its own file");
    same_tokens(Vocabulary::Cl100kBase, &theirs, 100_256);
    agree(Vocabulary::Cl100kBase, |text| theirs.encode_ordinary(text));
}

/// The letters that byte-level vocabularies write for bytes.
fn byte_letters() -> Vec<char> {
    let plain = |byte: u32| matches!(byte, 33..=126 | 161..=172 | 174..=255);
    let mut other = 256;
    let letter = |byte| {
        let code = if plain(byte) { byte } else { other };
        other += u32::from(!plain(byte));
        char::from_u32(code).expect("a letter")
    };
    (0..256).map(letter).collect()
}

fn smollm2() -> Tokenizer {
    let file = include_bytes!("../../../../stdlib/tokenizers/smollm2.merges");
    let numbers: Vec<usize> = file.as_chunks::<2>().0.iter().map(|b| usize::from(u16::from_le_bytes(*b))).collect();
    let (skipped, alphabet) = (numbers[0], numbers[1]);
    assert_eq!((skipped, alphabet, numbers.len()), (17, 235, 2 + 235 + 2 * 48_900));
    let letters = byte_letters();
    let mut tokens = vec![String::new(); skipped];
    tokens.extend(numbers[2..2 + alphabet].iter().map(|byte| letters[*byte].to_string()));
    let mut merges = Vec::new();
    for pair in numbers[2 + alphabet..].chunks(2) {
        merges.push((tokens[pair[0]].clone(), tokens[pair[1]].clone()));
        tokens.push(format!("{}{}", tokens[pair[0]], tokens[pair[1]]));
    }
    let ids = (0u32..).zip(&tokens).skip(skipped).map(|(id, token)| (token.clone(), id));
    let model = BPE::builder().vocab_and_merges(ids.collect::<Vocab>(), merges);
    let mut tokenizer = Tokenizer::new(ModelWrapper::BPE(model.build().expect("a vocabulary")));
    let _ = tokenizer.with_pre_tokenizer(Some(PreTokenizerWrapper::Sequence(Sequence::new(vec![
        PreTokenizerWrapper::Digits(Digits::new(true)),
        PreTokenizerWrapper::ByteLevel(ByteLevel::new(false, true, true)),
    ]))));
    tokenizer
}

#[test]
fn smollm2_is_the_one_of_tokenizers() {
    let theirs = smollm2();
    agree(Vocabulary::Smollm2, |text| theirs.encode(text, false).expect("any text").get_ids().to_vec());
}

#[test]
fn minilm_is_the_one_of_tokenizers() {
    let words = include_str!("../../../../stdlib/tokenizers/minilm.words").lines();
    let vocabulary: Vocab = words.map(str::to_owned).zip(0..).collect();
    let model = WordPiece::builder().vocab(vocabulary).unk_token("[UNK]".into());
    let mut theirs = Tokenizer::new(ModelWrapper::WordPiece(model.build().expect("a vocabulary")));
    let _ = theirs.with_normalizer(Some(NormalizerWrapper::BertNormalizer(BertNormalizer::default())));
    let _ = theirs.with_pre_tokenizer(Some(PreTokenizerWrapper::BertPreTokenizer(BertPreTokenizer)));
    agree(Vocabulary::Minilm, |text| theirs.encode(text, false).expect("any text").get_ids().to_vec());
}
