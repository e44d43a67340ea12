//! Answers, right and wrong. In: a request and a mode. Out: a line for the books, and bytes on the connection.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::http::Request;
use super::{Bill, Entry, Mode, Script};

const EMBEDDINGS: &str = "/v1/embeddings";

/// Whether this answer asks for tools.
fn asks(mode: Mode, body: &Value) -> bool {
    mode == Mode::AsksForTools && body["tools"].as_array().is_some_and(|tools| !tools.is_empty())
}

/// What a request costs in a mode, decided before anything is sent: a provider charges whether or not its answer arrives.
pub(super) fn enter(script: &Script, mode: Mode, request: &Request) -> Entry {
    let body = request.body.clone();
    let cap = ["max_completion_tokens", "max_tokens"].iter().find_map(|field| body.get(field)?.as_u64());
    let input = input_tokens(&body);
    let limit = cap.unwrap_or(u64::MAX);
    let output = match request.path.as_str() {
        EMBEDDINGS => 0,
        _ if asks(mode, &body) => script.calls.iter().map(|(name, args)| (name.len() + args.len()) as u64).sum::<u64>(),
        _ => said(script, cap).len() as u64,
    };
    let full = |output| Bill { fresh: input, cached: 0, output };
    let bill = match mode {
        Mode::UsageZero
        | Mode::Status429
        | Mode::Status429RetryAfter
        | Mode::Status529
        | Mode::Status500
        | Mode::Status401
        | Mode::Status404 => Bill::default(),
        Mode::UsageCached => Bill { fresh: input - input / 2, cached: input / 2, output },
        Mode::ReasoningToCap | Mode::NeverStops | Mode::EndlessEvent => full(limit),
        Mode::ReportsBeyondAll => Bill { fresh: 1 << 63, cached: 0, output },
        Mode::ReportsTooMuch => full(limit.saturating_mul(10)),
        Mode::Correct
        | Mode::UsageMissing
        | Mode::UsageCumulative
        | Mode::UsageTwice
        | Mode::CutBeforeHead
        | Mode::CutAfterHead
        | Mode::CutMidStream
        | Mode::CutInsideCharacter
        | Mode::CutBeforeUsage
        | Mode::HangBeforeHead
        | Mode::HangAfterHead
        | Mode::HangMidStream
        | Mode::Status500Charged
        | Mode::ErrorInStream
        | Mode::NotHttp
        | Mode::NotJson
        | Mode::WebPage
        | Mode::SlowDrip
        | Mode::WrongModel
        | Mode::AsksForTools
        | Mode::NoStream => full(output.min(limit)),
    };
    Entry { mode, path: request.path.clone(), cap, body, bill }
}

/// Sends the answer. `None` where the connection has ended.
#[expect(clippy::wildcard_enum_match_arm, reason = "the modes that are not named differ in a later place")]
pub(super) async fn send(stream: &mut TcpStream, script: &Script, entry: &Entry) -> Option<()> {
    match entry.mode {
        Mode::CutBeforeHead => None,
        Mode::HangBeforeHead => hang(stream).await,
        Mode::Status429 => status(stream, 429, "", "rate limited").await,
        Mode::Status429RetryAfter => status(stream, 429, "retry-after: 1\r\n", "rate limited").await,
        Mode::Status529 => status(stream, 529, "", "overloaded").await,
        Mode::Status500 | Mode::Status500Charged => status(stream, 500, "", "internal error").await,
        Mode::Status401 => status(stream, 401, "", "incorrect API key").await,
        Mode::Status404 => status(stream, 404, "", "no such model").await,
        Mode::NotHttp => write(stream, b"\x16\x03\x01 220 mail.example ESMTP\r\n\r\n").await.and(None),
        Mode::WebPage => whole(stream, "text/html", b"<!doctype html><title>Welcome to nginx!</title>").await,
        _ if entry.path == EMBEDDINGS => {
            whole(stream, "application/json", embedded(entry).to_string().as_bytes()).await
        }
        Mode::NoStream => whole(stream, "application/json", in_one_piece(script, entry).to_string().as_bytes()).await,
        _ => streamed(stream, script, entry).await,
    }
}

/// Sends a stream, as far as the mode goes.
#[expect(clippy::wildcard_enum_match_arm, reason = "the modes that are not named differ in a later place")]
async fn streamed(stream: &mut TcpStream, script: &Script, entry: &Entry) -> Option<()> {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    write(stream, head.as_bytes()).await?;
    let text = said(script, entry.cap);
    match entry.mode {
        Mode::CutAfterHead => None,
        Mode::HangAfterHead => hang(stream).await,
        Mode::NeverStops => for_ever(stream, &event(&piece(&entry.body, "content", &"word ".repeat(20)))).await,
        Mode::EndlessEvent => {
            chunk(stream, b"data: {\"choices\":[{\"delta\":{\"content\":\"").await?;
            for_ever(stream, "word ".repeat(200).as_bytes()).await
        }
        Mode::NotJson => chunk(stream, b"data: <html>\n\n").await.and(finish(stream).await),
        Mode::CutMidStream => chunk(stream, &event(&piece(&entry.body, "content", &text))).await.and(None),
        Mode::HangMidStream => {
            chunk(stream, &event(&piece(&entry.body, "content", &text))).await?;
            hang(stream).await
        }
        Mode::CutInsideCharacter => {
            let whole = event(&piece(&entry.body, "content", "é"));
            let inside = whole.iter().position(|byte| *byte == 0xC3).map_or(whole.len(), |at| at + 1);
            chunk(stream, &whole[..inside]).await.and(None)
        }
        Mode::ErrorInStream => {
            chunk(stream, &event(&piece(&entry.body, "content", &text))).await?;
            chunk(stream, &event(&json!({"error": {"code": "overloaded", "message": "try again later"}}))).await?;
            finish(stream).await
        }
        Mode::SlowDrip => {
            for few in events(script, entry, &text).concat().chunks(7) {
                chunk(stream, few).await?;
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            finish(stream).await
        }
        Mode::CutBeforeUsage => {
            for event in events(script, entry, &text) {
                if !event.starts_with(b"data: [DONE]") && !find_usage(&event) {
                    chunk(stream, &event).await?;
                }
            }
            None
        }
        _ => chunk(stream, &events(script, entry, &text).concat()).await.and(finish(stream).await),
    }
}

/// The events of a whole answer, told in the way of the mode.
fn events(script: &Script, entry: &Entry, text: &str) -> Vec<Vec<u8>> {
    let (body, bill) = (&entry.body, entry.bill);
    let mut events = vec![event(&piece(body, "role", "assistant"))];
    let mut so_far = 0;
    for part in parts(text) {
        if entry.mode == Mode::ReasoningToCap || asks(entry.mode, body) {
            break;
        }
        let mut piece = piece(body, "content", &part);
        so_far += part.len() as u64;
        if entry.mode == Mode::UsageCumulative {
            piece["usage"] = usage(Mode::Correct, Bill { output: so_far, ..bill });
        }
        events.push(event(&piece));
    }
    if entry.mode == Mode::ReasoningToCap {
        events.push(event(&piece(body, "reasoning_content", "hmm")));
    }
    for (index, (name, arguments)) in script.calls.iter().enumerate().filter(|_| asks(entry.mode, body)) {
        let function = json!({"name": name, "arguments": arguments});
        let call = json!({"index": index, "id": format!("call_{index}"), "type": "function", "function": function});
        events.push(event(&json!({"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]})));
    }
    if entry.mode == Mode::WrongModel {
        events.push(event(&json!({"model": "another-model", "choices": []})));
    }
    let capped = entry.mode == Mode::ReasoningToCap || entry.cap == Some(text.len() as u64);
    let reason = match capped {
        _ if asks(entry.mode, body) => "tool_calls",
        true => "length",
        false => "stop",
    };
    events.push(event(&json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})));
    let report = event(&json!({"choices": [], "usage": usage(entry.mode, bill)}));
    if entry.mode == Mode::UsageTwice {
        events.push(report.clone());
    }
    if entry.mode != Mode::UsageMissing {
        events.push(report);
    }
    events.push(b"data: [DONE]\n\n".to_vec());
    events
}

fn in_one_piece(script: &Script, entry: &Entry) -> Value {
    let message = json!({"role": "assistant", "content": said(script, entry.cap)});
    json!({
        "object": "chat.completion",
        "model": entry.body["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": usage(entry.mode, entry.bill),
    })
}

/// A vector that depends on the text and on nothing else.
fn embedded(entry: &Entry) -> Value {
    let texts = entry.body["input"].as_array().cloned().unwrap_or_default();
    let data = texts.iter().enumerate().map(|(index, text)| {
        let mut vector = [1u64; 8];
        let bytes = text.as_str().unwrap_or_default().bytes().enumerate();
        bytes.for_each(|(at, byte)| vector[(at + usize::from(byte)) % 8] += u64::from(byte));
        json!({"object": "embedding", "index": index, "embedding": vector})
    });
    let data: Vec<Value> = data.collect();
    json!({"object": "list", "model": entry.body["model"], "data": data,
        "usage": {"prompt_tokens": entry.bill.fresh, "total_tokens": entry.bill.fresh}})
}

fn usage(mode: Mode, bill: Bill) -> Value {
    let input = bill.fresh + bill.cached;
    let reasoning = if mode == Mode::ReasoningToCap { bill.output } else { 0 };
    json!({
        "prompt_tokens": input,
        "completion_tokens": bill.output,
        "total_tokens": input.saturating_add(bill.output),
        "prompt_tokens_details": {"cached_tokens": bill.cached},
        "completion_tokens_details": {"reasoning_tokens": reasoning},
    })
}

fn piece(body: &Value, field: &str, text: &str) -> Value {
    json!({
        "object": "chat.completion.chunk",
        "model": body["model"],
        "choices": [{"index": 0, "delta": {field: text}, "finish_reason": null}],
    })
}

/// The answer, as far as the cap lets it: a byte is a token.
fn said(script: &Script, cap: Option<u64>) -> String {
    let most = cap.and_then(|cap| usize::try_from(cap).ok()).unwrap_or(usize::MAX);
    script.answer[..script.answer.floor_char_boundary(most)].to_owned()
}

/// A text in pieces of a few characters.
fn parts(text: &str) -> Vec<String> {
    text.chars().collect::<Vec<_>>().chunks(3).map(|part| part.iter().collect()).collect()
}

/// The input of a request in tokens: a byte of whatever reaches the model is one.
fn input_tokens(body: &Value) -> u64 {
    let texts = |value: &Value| value.as_str().map_or(0, str::len) as u64;
    let message = |message: &Value| {
        let calls = message["tool_calls"].as_array().into_iter().flatten();
        let calls = calls.map(|call| texts(&call["function"]["name"]) + texts(&call["function"]["arguments"]));
        texts(&message["content"]) + calls.sum::<u64>()
    };
    let each = |field: &str| body[field].as_array().cloned().unwrap_or_default();
    let tools = each("tools").iter().map(|tool| tool.to_string().len() as u64).sum::<u64>();
    each("messages").iter().map(message).sum::<u64>() + each("input").iter().map(texts).sum::<u64>() + tools
}

fn find_usage(event: &[u8]) -> bool {
    event.windows(7).any(|window| window == b"\"usage\"")
}

fn event(data: &Value) -> Vec<u8> {
    format!("data: {data}\n\n").into_bytes()
}

async fn status(stream: &mut TcpStream, status: u16, headers: &str, message: &str) -> Option<()> {
    let body = json!({"error": {"message": message, "type": "mock", "code": null}}).to_string();
    let head = format!("HTTP/1.1 {status} Mock\r\n{headers}content-type: application/json\r\n");
    write(stream, format!("{head}content-length: {}\r\n\r\n{body}", body.len()).as_bytes()).await
}

async fn whole(stream: &mut TcpStream, kind: &str, body: &[u8]) -> Option<()> {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n", body.len());
    write(stream, &[head.as_bytes(), body].concat()).await
}

async fn chunk(stream: &mut TcpStream, bytes: &[u8]) -> Option<()> {
    write(stream, &[format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()).await
}

async fn finish(stream: &mut TcpStream) -> Option<()> {
    write(stream, b"0\r\n\r\n").await
}

async fn for_ever(stream: &mut TcpStream, bytes: &[u8]) -> Option<()> {
    loop {
        chunk(stream, bytes).await?;
    }
}

/// Waits until the other side goes away.
async fn hang(stream: &mut TcpStream) -> Option<()> {
    while stream.read(&mut [0; 64]).await.ok()? > 0 {}
    None
}

async fn write(stream: &mut TcpStream, bytes: &[u8]) -> Option<()> {
    stream.write_all(bytes).await.ok()
}
