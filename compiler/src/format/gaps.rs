//! The space between two tokens on one line.

use super::prepared::Flags;
use crate::lex::Kind;

/// How many spaces stand before a token.
pub(super) fn gap(before: (Kind, Flags), token: (Kind, Flags)) -> usize {
    usize::from(!is_close(before, token))
}

#[expect(clippy::wildcard_enum_match_arm, reason = "all other tokens stand apart")]
fn is_close((before, before_flags): (Kind, Flags), (kind, flags): (Kind, Flags)) -> bool {
    use Kind::{Colon, Comma, Dot, DotDot, LeftBrace, LeftBracket, LeftParen, LessEqual, Question};
    use Kind::{RightBrace, RightBracket, RightParen};
    if matches!(before, LeftParen | LeftBracket | Dot | DotDot) || before_flags.has(Flags::PREFIX) {
        return true;
    }
    if before == LessEqual && before_flags.has(Flags::TIGHT) {
        return true;
    }
    match kind {
        Comma | RightParen | RightBracket | Question | Colon | DotDot => true,
        Dot => !flags.has(Flags::PREFIX),
        LeftParen => !flags.has(Flags::GROUP),
        RightBrace => before == LeftBrace,
        LessEqual | LeftBracket => flags.has(Flags::TIGHT),
        _ => false,
    }
}
