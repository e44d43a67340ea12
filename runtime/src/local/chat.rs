//! Messages to tokens. In: roles and the pieces of their text. Out: the ids that the model was trained to read.
//!
//! The template is ChatML, written out as fixed pieces so that what it adds is a constant:
//! `<|im_start|>role\n` text `<|im_end|>\n` for every message, then `<|im_start|>assistant\n`. The default system message
//! that the model file's own template would slip in is left out: a prompt holds what its author wrote.

use super::LocalError;
use super::model::TokenId;
use super::tokenizer::Tokenizer;

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Sets the scene.
    System,
    /// Asks. Results of tools are told in this role too.
    User,
    /// Answered before.
    Assistant,
}

/// One message. Its pieces are encoded apart, so the tokens of the message are the sum of theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said, in the pieces that the compiler counted.
    pub segments: Vec<String>,
}

/// The tokens that the template adds to the text of the messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overhead {
    /// Once for each request: the opening of the answer.
    pub request: usize,
    /// Once for each message, of the role that costs the most.
    pub message: usize,
}

/// The pieces of the template in one vocabulary.
pub(super) struct Template {
    start: TokenId,
    end: TokenId,
    line: Vec<TokenId>,
    system: Vec<TokenId>,
    user: Vec<TokenId>,
    assistant: Vec<TokenId>,
}

impl Template {
    pub(super) fn new(tokenizer: &Tokenizer) -> Result<Self, LocalError> {
        let control = |name: &'static str| tokenizer.control(name).ok_or(LocalError::NotChat { missing: name });
        Ok(Template {
            start: control("<|im_start|>")?,
            end: control("<|im_end|>")?,
            line: tokenizer.encode("\n"),
            system: tokenizer.encode("system\n"),
            user: tokenizer.encode("user\n"),
            assistant: tokenizer.encode("assistant\n"),
        })
    }

    pub(super) fn render(&self, tokenizer: &Tokenizer, messages: &[Message]) -> Vec<TokenId> {
        let mut tokens = Vec::new();
        for message in messages {
            tokens.push(self.start);
            tokens.extend_from_slice(self.role(message.role));
            for segment in &message.segments {
                tokens.extend(tokenizer.encode(segment));
            }
            tokens.push(self.end);
            tokens.extend_from_slice(&self.line);
        }
        tokens.push(self.start);
        tokens.extend_from_slice(&self.assistant);
        tokens
    }

    pub(super) fn overhead(&self) -> Overhead {
        let longest = [&self.system, &self.user, &self.assistant].map(Vec::len).into_iter().max().unwrap_or(0);
        Overhead { request: 1 + self.assistant.len(), message: 2 + longest + self.line.len() }
    }

    fn role(&self, role: Role) -> &[TokenId] {
        match role {
            Role::System => &self.system,
            Role::User => &self.user,
            Role::Assistant => &self.assistant,
        }
    }
}
