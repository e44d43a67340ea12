//! Answers, right and wrong. In: a request and a mode. Out: a line for the books, and bytes on the connection.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::dialect::{Dialect, End};
use super::http::Request;
use super::{Bill, Entry, Mode, Script};

const EMBEDDINGS: &str = "/v1/embeddings";

/// Whether this answer asks for tools.
fn asks(entry: &Entry) -> bool {
    entry.mode == Mode::AsksForTools && Dialect::of(&entry.path).offers_tools(&entry.body)
}

/// What a request costs in a mode, decided before anything is sent: a provider charges whether or not its answer arrives.
pub(super) fn enter(script: &Script, mode: Mode, request: &Request) -> Entry {
    let body = request.body.clone();
    let dialect = Dialect::of(&request.path);
    let cap = dialect.cap(&body);
    let input = dialect.input_tokens(&body);
    let limit = cap.unwrap_or(u64::MAX);
    let output = match request.path.as_str() {
        EMBEDDINGS => 0,
        _ if mode == Mode::AsksForTools && dialect.offers_tools(&body) => {
            script.calls.iter().map(|(name, args)| (name.len() + args.len()) as u64).sum::<u64>()
        }
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
    let status = async |stream: &mut TcpStream, status: u16, headers: &str, message: &str| {
        refuse(stream, status, headers, &Dialect::of(&entry.path).refusal(message)).await
    };
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
    let (text, dialect) = (said(script, entry.cap), Dialect::of(&entry.path));
    let piece = |text: &str| dialect.text(&entry.body, text, None);
    match entry.mode {
        Mode::CutAfterHead => None,
        Mode::HangAfterHead => hang(stream).await,
        Mode::NeverStops => for_ever(stream, &piece(&"word ".repeat(20))).await,
        Mode::EndlessEvent => {
            chunk(stream, dialect.unfinished().as_bytes()).await?;
            for_ever(stream, "word ".repeat(200).as_bytes()).await
        }
        Mode::NotJson => chunk(stream, b"data: <html>\n\n").await.and(finish(stream).await),
        Mode::CutMidStream => chunk(stream, &piece(&text)).await.and(None),
        Mode::HangMidStream => {
            chunk(stream, &piece(&text)).await?;
            hang(stream).await
        }
        Mode::CutInsideCharacter => {
            let whole = piece("é");
            let inside = whole.iter().position(|byte| *byte == 0xC3).map_or(whole.len(), |at| at + 1);
            chunk(stream, &whole[..inside]).await.and(None)
        }
        Mode::ErrorInStream => {
            chunk(stream, &piece(&text)).await?;
            chunk(stream, &dialect.error()).await?;
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
    let (body, bill, mode) = (&entry.body, entry.bill, entry.mode);
    let dialect = Dialect::of(&entry.path);
    let says = mode != Mode::UsageMissing;
    let another = json!("another-model");
    let model = if mode == Mode::WrongModel { &another } else { &body["model"] };
    let mut events = dialect.opening(body, model, says.then(|| dialect.usage(mode, bill)));
    let mut so_far = 0;
    for part in parts(text) {
        if mode == Mode::ReasoningToCap || asks(entry) {
            break;
        }
        so_far += part.len() as u64;
        let sum = Bill { output: so_far, ..bill };
        events.push(dialect.text(body, &part, (mode == Mode::UsageCumulative).then(|| dialect.usage(mode, sum))));
    }
    if mode == Mode::ReasoningToCap {
        events.push(dialect.thought(body, "hmm"));
    }
    for (index, (name, arguments)) in script.calls.iter().enumerate().filter(|_| asks(entry)) {
        events.push(dialect.call(index, name, arguments));
    }
    if mode == Mode::WrongModel {
        events.push(dialect.another_model());
    }
    let end = match mode == Mode::ReasoningToCap || entry.cap == Some(text.len() as u64) {
        _ if asks(entry) => End::Tools,
        true => End::Cap,
        false => End::Done,
    };
    let times = if mode == Mode::UsageTwice { 2 } else { 1 };
    events.extend(dialect.ending(end, says.then(|| dialect.usage(mode, bill)), times));
    events.retain(|event| !event.is_empty());
    events
}

fn in_one_piece(script: &Script, entry: &Entry) -> Value {
    let dialect = Dialect::of(&entry.path);
    dialect.whole(&entry.body, &said(script, entry.cap), &dialect.usage(entry.mode, entry.bill))
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

/// The answer, as far as the cap lets it: a byte is a token.
fn said(script: &Script, cap: Option<u64>) -> String {
    let most = cap.and_then(|cap| usize::try_from(cap).ok()).unwrap_or(usize::MAX);
    script.answer[..script.answer.floor_char_boundary(most)].to_owned()
}

/// A text in pieces of a few characters.
fn parts(text: &str) -> Vec<String> {
    text.chars().collect::<Vec<_>>().chunks(3).map(|part| part.iter().collect()).collect()
}

fn find_usage(event: &[u8]) -> bool {
    event.windows(7).any(|window| window == b"\"usage\"")
}

async fn refuse(stream: &mut TcpStream, status: u16, headers: &str, body: &Value) -> Option<()> {
    let body = body.to_string();
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
