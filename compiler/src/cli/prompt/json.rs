//! A preview as one object: the schema flow.prompt.v1.

use flow_compiler::preview::{Message, Piece, Preview, Reader};
use serde_json::{Value, json};

pub(super) fn object(preview: &Preview) -> Value {
    let tools: Vec<Value> =
        preview.tools.iter().map(|tool| json!({ "name": tool.name, "calls": tool.calls, "text": tool.text })).collect();
    json!({
        "schema": "flow.prompt.v1",
        "step": preview.step,
        "file": preview.place.file,
        "line": preview.place.line,
        "messages": preview.messages.iter().map(message).collect::<Vec<_>>(),
        "tools": tools,
        "answer_schema": preview.answer_schema,
        "readers": preview.readers.iter().map(reader).collect::<Vec<_>>(),
    })
}

fn message(message: &Message) -> Value {
    json!({ "role": message.role, "pieces": message.pieces.iter().map(piece).collect::<Vec<_>>() })
}

fn piece(piece: &Piece) -> Value {
    match piece {
        Piece::Text(text) => json!({ "kind": "text", "text": text }),
        Piece::Hole { written, ty, is_data } => {
            json!({ "kind": "hole", "written": written, "type": ty, "data": is_data })
        }
        Piece::Value { written, text, is_data } => {
            json!({ "kind": "value", "written": written, "text": text, "data": is_data })
        }
        Piece::Open(written) => json!({ "kind": "open", "written": written }),
        Piece::Else => json!({ "kind": "else" }),
        Piece::End => json!({ "kind": "end" }),
        Piece::Format(text) => json!({ "kind": "format", "text": text }),
    }
}

fn reader(reader: &Reader) -> Value {
    json!({
        "tier": reader.tier,
        "model": reader.model,
        "tokenizer": reader.tokenizer,
        "fixed": reader.fixed,
        "values": reader.values,
        "tools": reader.tools,
        "answer_schema": reader.answer_schema,
        "overhead": reader.overhead,
        "request": reader.request,
        "answer": reader.answer,
        "this": reader.this,
    })
}
