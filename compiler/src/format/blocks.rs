//! Block texts at another indentation. Their value stays what it is.

/// A block text as written, moved so that its lines and closing quotes stand at `indent`.
pub(super) fn moved(written: &str, indent: usize) -> String {
    let written = written.replace('\r', "");
    let mut lines: Vec<&str> = written.split('\n').collect();
    let closing = lines.pop().unwrap_or("");
    let old = closing.strip_suffix("\"\"\"").unwrap_or(closing);
    if lines.is_empty() || !old.trim().is_empty() {
        return written; // its closing quotes stand behind text, and nothing is dedented
    }
    let margin = " ".repeat(indent);
    let mut made = String::with_capacity(written.len());
    for (index, line) in lines.iter().enumerate() {
        if index == 0 {
            let text = line.strip_prefix("\"\"\"").unwrap_or(line);
            made.push_str(if text.trim().is_empty() { "\"\"\"" } else { line });
        } else {
            // A line shorter than the margin holds nothing.
            let kept = line.strip_prefix(old).unwrap_or("");
            if !kept.is_empty() {
                made.push_str(&margin);
                made.push_str(kept);
            }
        }
        made.push('\n');
    }
    made.push_str(&margin);
    made.push_str("\"\"\"");
    made
}
