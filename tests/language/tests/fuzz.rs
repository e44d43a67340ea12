//! Every fuzz target on some thousand changed texts: what a fuzzer would do, in seconds and always the same.

use flow_language::corpus::Corpus;
use flow_language::targets;

/// How many texts each target sees here; `many lex 10000000` shows it more.
const TEXTS: u64 = 2_000;

#[test]
fn changed_texts_bring_nothing_down() {
    let corpus = Corpus::of_repository();
    for (name, target) in targets::ALL {
        for seed in 0..TEXTS {
            let text = corpus.changed(seed);
            let ended = std::panic::catch_unwind(|| target(text.as_bytes()));
            assert!(ended.is_ok(), "`many changed 1 {seed}` shows the text that brings `{name}` down");
        }
    }
}
