//! Text in Markdown, so that nothing that a file says becomes a tag, a table's border or a mention.

/// Text as it stands in a cell of a table.
pub(crate) fn cell(text: &str) -> String {
    plain(&text.replace('\n', " ")).replace('|', "\\|")
}

/// Text that keeps its code spans and is otherwise nothing but text.
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut is_code = false;
    for character in text.chars() {
        match character {
            '`' => {
                is_code = !is_code;
                out.push(character);
            }
            '<' if !is_code => out.push_str("&lt;"),
            '&' if !is_code => out.push_str("&amp;"),
            // A mention would call somebody.
            '@' if !is_code => out.push_str("&#64;"),
            '*' | '_' | '[' | ']' | '~' | '#' if !is_code => {
                out.push('\\');
                out.push(character);
            }
            _ => out.push(character),
        }
    }
    // A span that is not closed would take in what follows.
    if is_code {
        out.push('`');
    }
    out
}

/// A name as code.
pub(crate) fn code(name: &str) -> String {
    format!("`{}`", name.replace('`', "'").replace('|', "\\|"))
}
