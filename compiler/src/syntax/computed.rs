//! Constants, and arithmetic over them where a literal may stand.

use super::{BinaryOp, Literal, Name};
use crate::source::Span;

/// `const max_turns = 6`
#[derive(Clone, Debug)]
pub struct ConstDecl {
    /// Its name.
    pub name: Name,
    /// What it stands for.
    pub value: Literal,
}

/// `2 * note + 40tok`: what the checker makes a literal of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Computed {
    /// `40tok`
    Literal(Literal),
    /// `note`
    Constant(Name),
    /// `a + b`, `a - b`, `a * b`; no other operators.
    Operation(BinaryOp, Box<Computed>, Box<Computed>),
}

impl Computed {
    /// From its first literal or name to its last.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Computed::Literal(literal) => literal.span,
            Computed::Constant(name) => name.span,
            Computed::Operation(_, left, right) => left.span().to(right.span()),
        }
    }
}
