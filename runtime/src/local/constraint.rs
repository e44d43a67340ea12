//! What may be said next. In: a grammar and the tokens so far. Out: forced tokens, and the best of the allowed ones.

use std::sync::Arc;

use llguidance::api::TopLevelGrammar;
use llguidance::toktrie::{SimpleVob, TokEnv, TokRxInfo, TokTrie, TokenizerEnv};
use llguidance::{Matcher, ParserFactory};

use super::LocalError;
use super::model::TokenId;
use super::tokenizer::Tokenizer;

/// Compiles grammars for one vocabulary.
pub(super) struct Grammars {
    factory: ParserFactory,
    tokenizer: Arc<Tokenizer>,
}

/// The state of one answer under its grammar.
pub(super) struct Constraint {
    matcher: Matcher,
    tokenizer: Arc<Tokenizer>,
    open: Open,
}

/// What the grammar made of the logits.
pub(super) enum Choice {
    Token(TokenId),
    /// The answer is complete and the model prefers to end it.
    End,
}

impl Grammars {
    pub(super) fn new(tokenizer: Arc<Tokenizer>) -> Result<Self, LocalError> {
        let environment: TokEnv = Arc::new(Vocabulary::new(tokenizer.clone()));
        let factory = ParserFactory::new_simple(&environment);
        let mut factory = factory.map_err(|error| LocalError::Grammar { reason: error.to_string() })?;
        factory.quiet();
        factory.limits_mut().verbose_errors = false;
        Ok(Grammars { factory, tokenizer })
    }

    pub(super) fn constraint(&self, lark: &str) -> Result<Constraint, LocalError> {
        let matcher = Matcher::new(self.factory.create_parser(TopLevelGrammar::from_lark(lark.to_owned())));
        match matcher.get_error() {
            Some(reason) => Err(LocalError::Grammar { reason }),
            None => Ok(Constraint { matcher, tokenizer: self.tokenizer.clone(), open: Open::default() }),
        }
    }
}

impl Constraint {
    /// Takes the tokens that the grammar leaves no choice about.
    pub(super) fn forced(&mut self) -> Vec<TokenId> {
        let forced = self.matcher.consume_ff_tokens();
        forced.iter().for_each(|token| self.open.hear(self.tokenizer.bytes(*token)));
        forced
    }

    /// Takes the allowed token with the highest logit, the first of equals.
    pub(super) fn choose(&mut self, logits: &[f32]) -> Result<Choice, LocalError> {
        let mut mask = self.matcher.compute_mask_or_eos().map_err(|error| failed(&error))?;
        loop {
            let id = best(&mask, logits).ok_or_else(|| failed(&"no token is allowed"))?;
            if self.tokenizer.ends(id) {
                return Ok(Choice::End);
            }
            let mut open = self.open.clone();
            open.hear(self.tokenizer.bytes(id));
            if !open.is_empty() && !self.can_be_closed(id, open.clone()) {
                mask.disallow_token(id);
                continue;
            }
            self.matcher.consume_token(id).map_err(|error| failed(&error))?;
            self.open = open;
            return Ok(Choice::Token(id));
        }
    }

    /// Whether what this token leaves open can be closed before the text that it is in reaches its limit: there the grammar
    /// library ends a text wherever it stands, be it in the middle of a character.
    fn can_be_closed(&self, id: TokenId, mut open: Open) -> bool {
        let mut ahead = self.matcher.clone();
        if ahead.consume_token(id).is_err() {
            return false;
        }
        while !open.is_empty() {
            let Ok(mask) = ahead.compute_mask() else { return false };
            let closing = open.closing().iter().find_map(|byte| {
                let id = self.tokenizer.byte(*byte)?;
                mask.is_allowed(id).then_some((id, *byte))
            });
            let Some((id, byte)) = closing else { return false };
            if ahead.consume_token(id).is_err() {
                return false;
            }
            open.hear(&[byte]);
        }
        true
    }

    /// Whether nothing can follow.
    pub(super) fn is_complete(&self) -> bool {
        self.matcher.is_stopped()
    }

    /// Whether the answer may end here, though more could follow.
    pub(super) fn may_end(&mut self) -> bool {
        self.matcher.is_accepting().unwrap_or(false)
    }
}

fn best(mask: &SimpleVob, logits: &[f32]) -> Option<TokenId> {
    let mut best: Option<(TokenId, f32)> = None;
    mask.iter_set_entries(|id| {
        let logit = logits.get(id).copied().unwrap_or(f32::NEG_INFINITY);
        if best.is_none_or(|(_, highest)| logit > highest) {
            best = u32::try_from(id).ok().map(|id| (id, logit));
        }
    });
    best.map(|(id, _)| id)
}

fn failed(error: &dyn std::fmt::Display) -> LocalError {
    LocalError::Grammar { reason: error.to_string() }
}

/// What the bytes said so far have begun and not ended: a part of a character, or the first half of an escape.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Open(Vec<u8>);

impl Open {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn hear(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match self.0.as_slice() {
                [] if *byte == b'\\' || *byte >= 0x80 => self.0.push(*byte),
                [] | [b'\\'] => self.0.clear(),
                [_, ..] => self.0.push(*byte),
            }
            if self.0.first().is_some_and(|first| *first >= 0x80) && self.is_whole() {
                self.0.clear();
            }
        }
    }

    /// Whether a character that was begun is complete, or can no longer be one.
    fn is_whole(&self) -> bool {
        std::str::from_utf8(&self.0).map_or_else(|error| error.error_len().is_some(), |_| true)
    }

    /// Bytes that may come next on the way to closing it; one of them always can.
    fn closing(&self) -> &'static [u8] {
        if self.0.first() == Some(&b'\\') { b"n" } else { &[0x80, 0x90, 0xA0] }
    }
}

/// The vocabulary in the form that the grammar library reads: a trie over the bytes of all tokens.
struct Vocabulary {
    tokenizer: Arc<Tokenizer>,
    trie: TokTrie,
}

impl Vocabulary {
    fn new(tokenizer: Arc<Tokenizer>) -> Self {
        let count = u32::try_from(tokenizer.vocabulary()).unwrap_or(u32::MAX);
        let mut words: Vec<Vec<u8>> = (0..count).map(|id| tokenizer.bytes(id).to_vec()).collect();
        for (name, id) in tokenizer.controls() {
            if let Some(word) = words.get_mut(id as usize) {
                *word = [&[TokTrie::SPECIAL_TOKEN_MARKER], name.as_bytes()].concat();
            }
        }
        let trie = TokTrie::from(&TokRxInfo::new(count, tokenizer.end()), &words);
        Vocabulary { tokenizer, trie }
    }
}

impl TokenizerEnv for Vocabulary {
    fn tok_trie(&self) -> &TokTrie {
        &self.trie
    }

    fn tokenize_bytes(&self, bytes: &[u8]) -> Vec<TokenId> {
        self.trie.tokenize_with_greedy_fallback(bytes, |text| self.tokenizer.encode(text))
    }
}

#[cfg(test)]
mod tests {
    use super::Open;

    #[test]
    fn it_knows_what_is_open() {
        let after = |bytes: &[u8]| {
            let mut open = Open::default();
            open.hear(bytes);
            open.0
        };
        assert_eq!(after("ab\u{1F600}".as_bytes()), b"");
        assert_eq!(after(&"\u{1F600}".as_bytes()[..3]), "\u{1F600}".as_bytes()[..3]);
        assert_eq!(after(br"a\"), br"\");
        assert_eq!(after(br"a\\"), b"");
        assert_eq!(after(br"a\n"), b"");
    }
}
