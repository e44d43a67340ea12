//! What may be said next. In: a grammar and the tokens so far. Out: forced tokens, and the best of the allowed ones.

use std::sync::Arc;

use llguidance::api::TopLevelGrammar;
use llguidance::toktrie::{TokEnv, TokRxInfo, TokTrie, TokenizerEnv};
use llguidance::{Matcher, ParserFactory};

use super::LocalError;
use super::model::TokenId;
use super::tokenizer::Tokenizer;

/// Compiles grammars for one vocabulary.
pub(super) struct Grammars {
    factory: ParserFactory,
}

/// The state of one answer under its grammar.
pub(super) struct Constraint {
    matcher: Matcher,
}

/// What the grammar made of the logits.
pub(super) enum Choice {
    Token(TokenId),
    /// The answer is complete and the model prefers to end it.
    End,
}

impl Grammars {
    pub(super) fn new(tokenizer: Arc<Tokenizer>) -> Result<Self, LocalError> {
        let environment: TokEnv = Arc::new(Vocabulary::new(tokenizer));
        let factory = ParserFactory::new_simple(&environment);
        let mut factory = factory.map_err(|error| LocalError::Grammar { reason: error.to_string() })?;
        factory.quiet();
        factory.limits_mut().verbose_errors = false;
        Ok(Grammars { factory })
    }

    pub(super) fn constraint(&self, lark: &str) -> Result<Constraint, LocalError> {
        let matcher = Matcher::new(self.factory.create_parser(TopLevelGrammar::from_lark(lark.to_owned())));
        match matcher.get_error() {
            Some(reason) => Err(LocalError::Grammar { reason }),
            None => Ok(Constraint { matcher }),
        }
    }
}

impl Constraint {
    /// Takes the tokens that the grammar leaves no choice about.
    pub(super) fn forced(&mut self) -> Vec<TokenId> {
        self.matcher.consume_ff_tokens()
    }

    /// Takes the allowed token with the highest logit, the first of equals.
    pub(super) fn choose(&mut self, logits: &[f32], tokenizer: &Tokenizer) -> Result<Choice, LocalError> {
        let failed = |error: &dyn std::fmt::Display| LocalError::Grammar { reason: error.to_string() };
        let mask = self.matcher.compute_mask_or_eos().map_err(|error| failed(&error))?;
        let mut best: Option<(TokenId, f32)> = None;
        mask.iter_set_entries(|id| {
            let logit = logits.get(id).copied().unwrap_or(f32::NEG_INFINITY);
            if best.is_none_or(|(_, highest)| logit > highest) {
                best = u32::try_from(id).ok().map(|id| (id, logit));
            }
        });
        let (id, _) = best.ok_or_else(|| failed(&"no token is allowed"))?;
        if tokenizer.ends(id) {
            return Ok(Choice::End);
        }
        self.matcher.consume_token(id).map_err(|error| failed(&error))?;
        Ok(Choice::Token(id))
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
