//! What a tool gave back, as a value. In: the bytes that were read of it. Out: JSON, or why it is none.
//!
//! For a `Text` the bytes are the text, unless they are one JSON string, which then is the text. Any other type is JSON. What
//! leaves here is never longer than the call allows (I-35), so it never reaches a prompt longer than it was priced.

use flow_compiler::program::Ty;
use serde_json::Value as Json;

use super::ToolRequest;

/// How many bytes are read of a result; the rest is not looked at. A JSON string may need six bytes for one of its text.
pub(super) fn most_read(call: &ToolRequest) -> usize {
    let bytes = if is_text(call) { call.max_bytes.saturating_mul(6).saturating_add(2) } else { call.max_bytes };
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

/// Reads a result. `bytes` holds one byte more than [`most_read`] where there was more.
pub(super) fn read(call: &ToolRequest, bytes: Vec<u8>) -> Result<Json, String> {
    let name = &call.tool.name;
    if is_text(call) {
        return text(bytes, call.max_bytes)
            .map(Json::String)
            .ok_or_else(|| format!("`{name}` answered with text that is not UTF-8"));
    }
    if bytes.len() > most_read(call) {
        return Err(format!("`{name}` answered with more than {} bytes", call.max_bytes));
    }
    serde_json::from_slice(&bytes)
        .map_err(|error| format!("`{name}` answered with something that is not JSON: {error}"))
}

fn is_text(call: &ToolRequest) -> bool {
    matches!(call.tool.result, Ty::Text(_))
}

fn text(bytes: Vec<u8>, most: u64) -> Option<String> {
    if let Ok(Json::String(text)) = serde_json::from_slice(&bytes) {
        return Some(cut(text, most));
    }
    let plain = match String::from_utf8(bytes) {
        Ok(text) => text,
        // Bytes that end inside a character were cut there.
        Err(error) if error.utf8_error().error_len().is_none() => {
            let whole = error.utf8_error().valid_up_to();
            let mut bytes = error.into_bytes();
            bytes.truncate(whole);
            String::from_utf8(bytes).ok()?
        }
        Err(_) => return None,
    };
    Some(cut(plain, most))
}

/// The head of a text, ending at a whole character.
fn cut(mut text: String, most: u64) -> String {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most));
    }
    text
}
