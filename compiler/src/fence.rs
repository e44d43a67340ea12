//! Marks around data in a prompt. In: a value as it is shown. Out: the same, unable to end the marks around it.
//!
//! The checker writes the marks into a prompt as fixed text, so that they are counted as such; the runtime shows the value
//! between them through [`defused`]. A defused text has as many bytes as before.

use std::borrow::Cow;

/// Stands before data.
pub const OPEN: &str = "<data>";

/// Stands behind data.
pub const CLOSE: &str = "</data>";

/// What data must not contain, in any case of letters.
const END: &[u8] = b"</data";

/// The text with every `</data` written `<\data`.
#[must_use]
pub fn defused(text: &str) -> Cow<'_, str> {
    let places: Vec<usize> = ends(text).collect();
    if places.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut made = String::with_capacity(text.len());
    let mut from = 0;
    for at in places {
        made.push_str(text.get(from..=at).unwrap_or(""));
        made.push('\\');
        from = at + 2;
    }
    made.push_str(text.get(from..).unwrap_or(""));
    Cow::Owned(made)
}

/// Where a text would end the marks around it.
fn ends(text: &str) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    text.match_indices("</")
        .map(|(at, _)| at)
        .filter(move |at| bytes.get(*at..*at + END.len()).is_some_and(|found| found.eq_ignore_ascii_case(END)))
}

#[cfg(test)]
mod tests {
    use super::defused;

    #[test]
    fn data_cannot_end_its_marks() {
        let cases = [
            ("plain", "plain"),
            ("a </data> b", "a <\\data> b"),
            ("</DATA></data></Data", "<\\DATA><\\data><\\Data"),
            ("<</data", "<<\\data"),
            ("</ data> <data> </dat", "</ data> <data> </dat"),
            ("é</dataé", "é<\\dataé"),
        ];
        for (text, shown) in cases {
            assert_eq!(defused(text), shown);
            assert_eq!(defused(text).len(), text.len());
            assert_eq!(defused(&defused(text)), defused(text));
        }
    }
}
