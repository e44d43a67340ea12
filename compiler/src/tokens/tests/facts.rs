//! The facts that bounds are built on, on the vocabularies that ship.

use std::time::{Duration, Instant};

use super::texts::Random;
use super::*;

fn o200k() -> Counter {
    counter(Vocabulary::O200kBase)
}

#[test]
fn a_joined_text_can_have_more_tokens_than_its_parts() {
    // Each part is one token; together they are nine.
    let (left, right) = (" Pennsylvania", "ployment");
    assert_eq!((o200k().count(left), o200k().count(right)), (1, 1));
    assert_eq!(o200k().count(&format!("{left}{right}")), 9);
}

#[test]
fn groups_of_digits_shift_where_texts_meet() {
    // `२०७` is a token and nothing shifted is: behind two more digits every group is cut anew. No constant per seam is enough, and
    // a model that wrote these 1,001 tokens is billed for three times as many when they are read again.
    let digits = "२०७".repeat(1_000);
    assert_eq!((o200k().count("२०"), o200k().count(&digits)), (1, 1_000));
    assert_eq!(o200k().count(&format!("२०{digits}")), 3_001);
}

#[test]
fn no_byte_level_vocabulary_has_more_tokens_than_bytes() {
    for seed in 0..4_000 {
        let text = Random::seeded(seed).text(10);
        for vocabulary in Vocabulary::ALL {
            let tokens = counter(vocabulary).count(&text);
            assert!(tokens <= text.len() as u64, "{vocabulary:?}: {tokens} tokens of {} bytes in {text:?}", text.len());
        }
    }
}

#[test]
fn no_single_character_has_more_tokens_than_bytes() {
    // Two planes hold the scripts; behind them are ideographs, all alike, and nothing.
    for letter in (0..0x2_0000).chain((0x2_0000..=0x10_ffff).step_by(97)).filter_map(char::from_u32) {
        let mut room = [0; 4];
        let text = &*letter.encode_utf8(&mut room);
        for vocabulary in Vocabulary::ALL {
            assert!(counter(vocabulary).count(text) <= text.len() as u64, "{vocabulary:?} {letter:?}");
        }
    }
}

#[test]
fn framed_holes_add() {
    for seed in 0..3_000 {
        let mut random = Random::seeded(seed);
        let fixed = "Answer the question from these notes.";
        let value = random.text(8);
        let (value, tail) = (value.trim(), "Say \"unknown\" where they do not help.");
        if value.is_empty() {
            continue;
        }
        for vocabulary in BYTE_LEVEL {
            let counter = counter(vocabulary);
            let parts =
                counter.count(&format!("{fixed}\n")) + counter.count(value) + counter.count(&format!("\n{tail}"));
            let whole = counter.count(&format!("{fixed}\n{value}\n{tail}"));
            assert!(whole <= parts, "{vocabulary:?} {value:?}");
            // A sign takes the line break behind it into its own token, which makes the whole shorter; otherwise it is exact.
            if value.starts_with(char::is_alphanumeric) && value.ends_with(char::is_alphanumeric) {
                assert_eq!(whole, parts, "{vocabulary:?} {value:?}");
            }
        }
    }
}

#[test]
fn a_longer_text_can_have_fewer_tokens() {
    // A word is one piece where a part of it is several: so what fits is found by counting, never by halving.
    let grows = |vocabulary: Vocabulary, text: &str| {
        let counts: Vec<u64> = text
            .char_indices()
            .map(|(at, letter)| counter(vocabulary).count(&text[..at + letter.len_utf8()]))
            .collect();
        counts.windows(2).any(|pair| pair[1] < pair[0])
    };
    for vocabulary in BYTE_LEVEL {
        let words = ["indivisible", "strawberry", "unbelievable", "antidisestablishmentarianism", "straightforward"];
        assert!(words.iter().any(|word| grows(vocabulary, word)), "{vocabulary:?}");
    }
}

#[test]
fn ids_and_counts_agree() {
    for seed in 0..500 {
        let text = Random::seeded(seed).text(12);
        for vocabulary in BYTE_LEVEL {
            let counter = counter(vocabulary);
            let ids = counter.ids(&text).map(|ids| ids.len() as u64);
            assert_eq!(ids, Some(counter.count(&text)), "{vocabulary:?} {text:?}");
        }
    }
}

#[test]
fn joined_texts_grow_by_a_little_and_no_seam_allowance_is_a_proof() {
    // The share of pairs that grow, and by how much at most: the request as a whole is counted before it is sent, because no
    // constant for a seam is enough.
    for (vocabulary, least) in [(Vocabulary::O200kBase, 10), (Vocabulary::Cl100kBase, 10), (Vocabulary::Smollm2, 10)] {
        let counter = counter(vocabulary);
        let (mut grown, mut most) = (0, 0);
        for seed in 0..4_000 {
            let mut random = Random::seeded(seed);
            let (left, right) = (random.text(4), random.text(4));
            let (parts, whole) =
                (counter.count(&left) + counter.count(&right), counter.count(&format!("{left}{right}")));
            grown += u64::from(whole > parts);
            most = most.max(whole.saturating_sub(parts));
        }
        assert!(grown >= least, "{vocabulary:?}: {grown} of 4000 grow");
        assert!(grown < 400 && (1..=8).contains(&most), "{vocabulary:?}: {grown} of 4000 grow, by {most} at most");
    }
}

#[test]
fn bytes_of_a_token_are_from_one_to_six() {
    let prose =
        "The customer was charged twice for the same order and would like to have the second payment returned. ";
    let armenian = "Բոլոր մարդիկ ծնվում են ազատ ու հավասար իրենց արժանապատվությամբ ու իրավունքներով։ ";
    let ids = "3f2b8c1e-9d47-4a60-b5f3-7c0e91d2a8b6 e1a9-77c4-0b3d ";
    let digits = "8204417795530186642907315 ";
    // In hundredths of a byte a token, over a thousand bytes and more.
    let ratio = |vocabulary, text: &str| {
        let text = text.repeat(20);
        text.len() as u64 * 100 / counter(vocabulary).count(&text)
    };
    for vocabulary in BYTE_LEVEL {
        assert!((350..=620).contains(&ratio(vocabulary, prose)), "{vocabulary:?} {}", ratio(vocabulary, prose));
        assert!((100..=260).contains(&ratio(vocabulary, ids)), "{vocabulary:?} {}", ratio(vocabulary, ids));
        assert!((100..=310).contains(&ratio(vocabulary, digits)), "{vocabulary:?} {}", ratio(vocabulary, digits));
        assert!(ratio(vocabulary, armenian) >= 100, "{vocabulary:?}");
    }
    // A script that a vocabulary has hardly seen has as many tokens as bytes: the only ceiling that needs no vocabulary is `r = 1`.
    assert!(ratio(Vocabulary::Cl100kBase, armenian) < 120, "{}", ratio(Vocabulary::Cl100kBase, armenian));
    assert!(ratio(Vocabulary::O200kBase, armenian) > 200, "{}", ratio(Vocabulary::O200kBase, armenian));
}

#[test]
fn what_is_cut_fits_and_ends_at_a_character() {
    let classes = [
        TokenizerClass::Counted { vocabulary: Vocabulary::O200kBase },
        TokenizerClass::Exact { vocabulary: Vocabulary::Smollm2 },
        TokenizerClass::Exact { vocabulary: Vocabulary::Minilm },
        TokenizerClass::Ceiling { bytes_per_token: 2 },
    ];
    for seed in 0..1_000 {
        let mut random = Random::seeded(seed);
        let text = random.text(20);
        let limit = random.below(30) as u64;
        for class in &classes {
            let one = [Counter::of(class)];
            let head = cut_to(&text, limit, &one);
            assert!(text.starts_with(head) && one[0].count(head) <= limit, "{class} {limit} {text:?}");
            assert_eq!(head == text, one[0].fits(&text, limit), "a text that fits is not cut: {class} {text:?}");
        }
        let all = classes.map(|class| Counter::of(&class));
        let head = cut_to(&text, limit, &all);
        assert!(all.iter().all(|counter| counter.fits(head, limit)));
    }
}

#[test]
fn a_cut_keeps_what_it_can() {
    let text = "word ".repeat(200);
    let head = cut_to(&text, 60, &[o200k()]);
    assert_eq!(o200k().count(head), 60);
    // An emoji is several tokens here; half of one is none.
    assert_eq!(cut_to("🫨🫨", 1, &[counter(Vocabulary::Cl100kBase)]), "");
    assert_eq!(cut_to("héllo", 0, &[o200k()]), "");
}

#[test]
fn special_words_in_a_text_are_plain_text() {
    for vocabulary in Vocabulary::ALL {
        for word in ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "[CLS]", "[SEP]"] {
            assert!(counter(vocabulary).count(word) > 1, "{vocabulary:?} {word}");
        }
    }
}

#[test]
fn a_ceiling_rounds_up() {
    let two = Counter::of(&TokenizerClass::Ceiling { bytes_per_token: 2 });
    assert_eq!(["", "a", "ab", "abc", "é"].map(|text| two.count(text)), [0, 1, 1, 2, 1]);
    assert_eq!(two.exactness(), Exactness::Assumed { bytes_per_token: 2 });
}

/// 100 kB of one letter is one piece, on which joining pairs naively takes quadratic time; so do white space, digits and signs.
#[test]
fn long_runs_take_no_longer_than_their_length() {
    for vocabulary in Vocabulary::ALL {
        assert!(counter(vocabulary).count("loads the vocabulary") > 0);
    }
    let start = Instant::now();
    for run in ["a", "A", " ", "\n", "1", "!", "é", "\u{301}", "好", "ab c", " \n", "aB"] {
        let text = run.repeat(100_000 / run.len());
        for vocabulary in Vocabulary::ALL {
            assert!(counter(vocabulary).count(&text) <= 100_000);
            assert!(text.starts_with(cut_to(&text, 100, &[counter(vocabulary)])));
        }
    }
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}

#[test]
#[ignore = "prints how long loading and counting take"]
fn speed() {
    let text: String = (0..2_000).map(|seed| Random::seeded(seed).text(12)).collect();
    let prose = "The quick brown fox jumps over the lazy dog, again and again. ".repeat(8_000);
    let run = "a".repeat(100_000);
    for vocabulary in Vocabulary::ALL {
        let timed = |text: &str| {
            let start = Instant::now();
            let tokens = counter(vocabulary).count(text);
            format!("{tokens} tokens of {} kB in {:?}", text.len() / 1000, start.elapsed())
        };
        eprintln!(
            "{vocabulary:?}: load {}; word {}; mixed {}; prose {}; run {}",
            timed(""),
            timed("word"),
            timed(&text),
            timed(&prose),
            timed(&run)
        );
    }
}
