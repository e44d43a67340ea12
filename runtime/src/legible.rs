//! Texts of somebody else for a terminal. In: what a tool, a model or a server wrote. Out: the same, unable to move the cursor.

use std::borrow::Cow;
use std::fmt::Write as _;

/// A text in which control characters, but for line breaks and tabs, are shown as escapes: `\u{1b}`.
#[must_use]
pub fn legible(text: &str) -> Cow<'_, str> {
    let steers = |c: char| c.is_control() && c != '\n' && c != '\t';
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        // Writing to a string does not fail.
        let _ = if steers(c) { write!(out, "{}", c.escape_default()) } else { write!(out, "{c}") };
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::legible;

    #[test]
    fn nothing_moves_the_cursor() {
        assert_eq!(legible("é\n\tfine"), "é\n\tfine");
        assert_eq!(legible("a\u{1b}[2Jb\rc\u{9b}d\u{7f}\0"), "a\\u{1b}[2Jb\\rc\\u{9b}d\\u{7f}\\u{0}");
    }
}
