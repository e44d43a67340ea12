//! The dialect against hand-made exchanges after the public reference, one connection each.

use std::sync::Arc;
use std::time::Duration;

use flow_compiler::catalogue::{Catalogue, Wire};
use flow_compiler::cost::Usage;
use flow_compiler::program::{Reason, Ty, Types};
use flow_compiler::tokens::request::tool_text;
use serde_json::{Value, json};

use super::*;
use crate::provider::remote::testing::serve;
use crate::provider::remote::{Assembly as _, Broken, Remote};
use crate::provider::sse::{Events, MAX_EVENT};
use crate::provider::{
    Answer, Charge, Fault, Finish, Message as Said, Output, Remedy, Request, Role, ToolCall, ToolSpec,
};

const KEY: &str = "sk-ant-planted-0123456789";
const OK: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\nconnection: close\r\n\r\n";

/// A stream with a thought, text, a call and a ping, as the reference shows them.
const STREAM: &str = include_str!("fixtures/tools.sse");
/// A stream of text alone.
const TEXT: &str = include_str!("fixtures/text.sse");
/// The same answer in one piece.
const WHOLE: &str = include_str!("fixtures/text.json");

fn usage() -> Usage {
    Usage { input_fresh: 25, cache_read: 0, cache_write: 0, output_text: 15, output_reasoning: 0 }
}

fn request(base_url: String) -> Request {
    let mut facts = Catalogue::standard().by_name("claude-haiku-4-5").expect("ships").usable().expect("complete");
    assert_eq!(facts.wire, Wire::Anthropic);
    (facts.name, facts.base_url) = ("unit".into(), Some(base_url));
    Request {
        model: Arc::new(facts),
        step: "greet".into(),
        messages: vec![
            Said { role: Role::System, segments: vec!["Be brief.".into()], calls: vec![] },
            Said { role: Role::User, segments: vec!["say ".into(), "hi".into()], calls: vec![] },
        ],
        tools: vec![],
        output: Output::Text,
        max_output: 100,
        think: 0,
        timeout: Duration::from_millis(1500),
    }
}

async fn ask(answer: &str) -> Result<Answer, Fault> {
    ask_bytes(vec![answer.as_bytes().to_vec()], false).await
}

async fn ask_bytes(answer: Vec<Vec<u8>>, hang: bool) -> Result<Answer, Fault> {
    let (url, _) = serve(answer, hang).await;
    adapter().generate::<Messages>(&request(url), &|_| ()).await
}

fn adapter() -> Remote {
    Remote::with_keys(|_| Some(KEY.into())).expect("a client")
}

/// An answer whose bytes arrive in these pieces.
fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Answer, Broken> {
    let (mut parser, mut message) = (Events::new(MAX_EVENT), Message::new(1000));
    let mut events = Vec::new();
    for piece in pieces {
        parser.feed(piece, |data| events.push(data)).expect("events are short");
    }
    events.extend(parser.finish());
    for data in events {
        message.take(&data)?;
    }
    message.finish()
}

#[test]
fn a_recorded_stream_is_an_answer_however_it_is_cut() {
    let whole = read([STREAM.as_bytes()]).expect("an answer");
    let call = |id: &str, name: &str, arguments: &str| ToolCall {
        id: id.into(),
        name: name.into(),
        arguments: arguments.into(),
    };
    let expected = Answer {
        text: "Okay, let me check: é🙂.".into(),
        calls: vec![
            call("toolu_01T1x1fJ34qAmk2tNTrN7Up6", "get_weather", "{\"location\": \"San Francisco, CA\"}"),
            call("toolu_02", "now", "{}"),
        ],
        finish: Finish::Tools,
        usage: Some(Usage { input_fresh: 472, cache_read: 100, cache_write: 20, output_text: 89, output_reasoning: 0 }),
        model: Some("claude-haiku-4-5-20251001".into()),
    };
    assert_eq!(whole, expected);
    let bytes = STREAM.as_bytes();
    for at in 0..=bytes.len() {
        assert_eq!(read([&bytes[..at], &bytes[at..]]).as_ref(), Ok(&whole), "split at byte {at}");
    }
    assert_eq!(read(bytes.chunks(1)), Ok(whole));
}

#[test]
fn a_stream_that_stops_anywhere_charges_its_end_or_nothing() {
    let bytes = STREAM.as_bytes();
    for at in 0..bytes.len() {
        let (mut parser, mut message) = (Events::new(MAX_EVENT), Message::new(1000));
        let mut events = Vec::new();
        parser.feed(&bytes[..at], |data| events.push(data)).expect("short");
        events.iter().for_each(|data| drop(message.take(data)));
        let output = message.usage().map(|usage| usage.output());
        assert!(output.is_none() || output == Some(89), "cut at byte {at}: {output:?}");
    }
}

#[tokio::test]
async fn a_stream_and_a_whole_answer_are_the_same() {
    let json = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n";
    let expected = Answer {
        text: "Hello!".into(),
        calls: vec![],
        finish: Finish::Stop,
        usage: Some(usage()),
        model: Some("claude-haiku-4-5-20251001".into()),
    };
    assert_eq!(ask(&[OK, TEXT].concat()).await.as_ref(), Ok(&expected));
    assert_eq!(ask(&[json, WHOLE].concat()).await.as_ref(), Ok(&expected));
    let drip = [OK, TEXT].concat().bytes().map(|byte| vec![byte]).collect();
    assert_eq!(ask_bytes(drip, true).await, Ok(expected), "nothing is read after the end");
}

#[tokio::test]
async fn a_cut_stream_is_in_doubt_until_it_says_why_it_ended() {
    let (before, _) = TEXT.split_once("event: message_delta").expect("an end");
    let fault = ask(&[OK, before].concat()).await.expect_err("cut");
    assert_eq!((fault.reason, fault.charge), (Reason::Unavailable, Charge::InDoubt));
    let (before, _) = TEXT.split_once("event: message_stop").expect("an end");
    assert_eq!(ask(&[OK, before].concat()).await.expect("whole").usage, Some(usage()));
    let fault = ask_bytes(vec![[OK, TEXT].concat().split_at(600).0.into()], true).await.expect_err("no end");
    assert_eq!((fault.reason, fault.charge), (Reason::Timeout, Charge::InDoubt));
}

#[tokio::test]
async fn an_error_inside_a_stream_is_in_doubt() {
    let (before, _) = TEXT.split_once("event: message_delta").expect("an end");
    let error = "event: error\ndata: {\"type\": \"error\", \"error\": {\"type\": \"overloaded_error\", \"message\": \"Overloaded\"}}\n\n";
    let fault = ask(&[OK, before, error].concat()).await.expect_err("an error");
    assert_eq!(fault.detail, "`unit` failed in the middle of its answer: overloaded_error Overloaded");
    assert_eq!((fault.charge, fault.remedy), (Charge::InDoubt, Remedy::Retry { after: None }));
}

#[tokio::test]
async fn what_each_status_costs() {
    let retry = Remedy::Retry { after: None };
    let waits = Remedy::Retry { after: Some(Duration::from_secs(7)) };
    let error = |kind: &str, message: &str| {
        json!({"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}).to_string()
    };
    for (status, headers, body, reason, charge, remedy) in [
        (
            400,
            "",
            error("invalid_request_error", "max_tokens: too many"),
            Reason::Unavailable,
            Charge::Nothing,
            Remedy::Fallback,
        ),
        (
            400,
            "",
            error("invalid_request_error", "prompt is too long: 2 > 1"),
            Reason::TooLong,
            Charge::Nothing,
            Remedy::Fallback,
        ),
        (
            401,
            "",
            error("authentication_error", "invalid x-api-key"),
            Reason::Unavailable,
            Charge::Nothing,
            Remedy::Fallback,
        ),
        (402, "", error("billing_error", "no credit"), Reason::Unavailable, Charge::Nothing, Remedy::Fallback),
        (403, "", error("permission_error", "no"), Reason::Unavailable, Charge::Nothing, Remedy::Fallback),
        (404, "", error("not_found_error", "model: x"), Reason::Unavailable, Charge::Nothing, Remedy::Fallback),
        (413, "", error("request_too_large", "32 MB"), Reason::TooLong, Charge::Nothing, Remedy::Fallback),
        (429, "retry-after: 7\r\n", error("rate_limit_error", "slow"), Reason::Unavailable, Charge::Nothing, waits),
        (500, "", error("api_error", "oops"), Reason::Unavailable, Charge::InDoubt, retry),
        (504, "", error("timeout_error", "oops"), Reason::Unavailable, Charge::InDoubt, retry),
        (529, "", error("overloaded_error", "Overloaded"), Reason::Unavailable, Charge::Nothing, retry),
        (
            500,
            "",
            json!({"usage": {"input_tokens": 25, "output_tokens": 15}}).to_string(),
            Reason::Unavailable,
            Charge::Reported(usage()),
            retry,
        ),
    ] {
        let head =
            format!("HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n", body.len());
        let fault = ask(&[&head, body.as_str()].concat()).await.expect_err("a fault");
        assert_eq!((fault.reason, fault.charge, fault.remedy), (reason, charge, remedy), "{status} {headers}{body}");
    }
}

#[tokio::test]
async fn a_key_is_sent_in_its_header_and_never_shown() {
    let error =
        json!({"type": "error", "error": {"type": "api_error", "message": format!("bad key {KEY}")}}).to_string();
    let head = format!("HTTP/1.1 500 X\r\ncontent-length: {}\r\n\r\n{error}", error.len());
    let (url, sent) = serve(vec![head.into_bytes()], false).await;
    let fault = adapter().generate::<Messages>(&request(url), &|_| ()).await.expect_err("a fault");
    let sent = String::from_utf8_lossy(&sent.lock().expect("done")).into_owned();
    for line in ["POST /v1/messages HTTP/1.1", &format!("x-api-key: {KEY}"), "anthropic-version: 2023-06-01"] {
        assert!(sent.contains(line), "{line} in {sent}");
    }
    assert!(!sent.contains("Bearer") && !format!("{fault} {fault:?}").contains("planted"), "{fault}");
}

#[test]
fn how_an_answer_ends() {
    let ended = |reason: &str| read([TEXT.replace("end_turn", reason).as_bytes()]).map(|answer| answer.finish);
    for (reason, finish) in [
        ("end_turn", Finish::Stop),
        ("stop_sequence", Finish::Stop),
        ("max_tokens", Finish::Length),
        ("model_context_window_exceeded", Finish::Length),
        ("refusal", Finish::Refused),
    ] {
        assert_eq!(ended(reason), Ok(finish), "{reason}");
    }
    assert!(matches!(ended("pause_turn"), Err(Broken::Error { .. })));
}

#[test]
fn a_request_sends_the_cap_and_the_shape() {
    let mut request = request("https://api.anthropic.com/v1".into());
    request.output = Output::Json {
        ty: Ty::Bool,
        types: Arc::new(Types::default()),
        schema: json!({"type": "object", "properties": {"why": {"type": "string", "maxLength": 9},
            "n": {"anyOf": [{"type": "integer", "minimum": 0, "maximum": 9}, {"type": "null"}]},
            "all": {"type": "array", "items": {"type": "string", "maxLength": 3}, "minItems": 2, "maxItems": 3}},
            "required": ["why", "n", "all"], "additionalProperties": false}),
    };
    request.model = Arc::new(ModelFacts { structured: true, ..(*request.model).clone() });
    let schema = json!({"type": "object", "properties": {"why": {"type": "string"},
        "n": {"anyOf": [{"type": "integer"}, {"type": "null"}]}, "all": {"type": "array", "items": {"type": "string"}}},
        "required": ["why", "n", "all"], "additionalProperties": false});
    assert_eq!(
        Messages::body(&request),
        json!({
            "model": "claude-haiku-4-5",
            "max_tokens": 100,
            "stream": true,
            "system": [{"type": "text", "text": "Be brief."}],
            "messages": [{"role": "user", "content": [{"type": "text", "text": "say hi"}]}],
            "output_config": {"format": {"type": "json_schema", "schema": schema}},
            "service_tier": "standard_only",
        })
    );
    let Output::Json { schema, .. } = &mut request.output else { panic!("JSON") };
    schema["properties"]["why"] = json!({});
    assert_eq!(Messages::body(&request).get("output_config"), None, "nothing of any shape is asked for");
}

#[test]
fn thinking_is_asked_for_within_the_cap_and_not_behind_a_call() {
    let mut asked = request("http://127.0.0.1:1".into());
    (asked.think, asked.max_output) = (2_048, 4_096);
    assert_eq!(Messages::body(&asked)["thinking"], json!({"type": "enabled", "budget_tokens": 2_048}));
    let later = ModelFacts { id: "claude-opus-5-5".into(), ..(*asked.model).clone() };
    let later = Request { model: Arc::new(later), ..asked.clone() };
    let body = Messages::body(&later);
    assert_eq!((&body["thinking"], &body["output_config"]), (&json!({"type": "adaptive"}), &json!({"effort": "low"})));
    let call = ToolCall { id: "c1".into(), name: "search".into(), arguments: "{}".into() };
    asked.messages.push(Said { role: Role::Assistant, segments: vec![], calls: vec![call] });
    assert_eq!(Messages::body(&asked).get("thinking"), None);
}

#[test]
fn a_conversation_with_tools_is_turns_of_two_sides() {
    let mut asked = request("http://127.0.0.1:1".into());
    let call =
        |id: &str, arguments: &str| ToolCall { id: id.into(), name: "search".into(), arguments: arguments.into() };
    let said = |role, text: &str, calls| Said { role, segments: vec![text.into()], calls };
    asked.messages.extend([
        said(Role::Assistant, "", vec![call("c1", "{\"q\": 1}"), call("c2", "not JSON"), call("c3", "{\"n\":1e5}")]),
        said(Role::Tool("c1".into()), "[]", vec![]),
        said(Role::Tool("c2".into()), "no", vec![]),
        said(Role::User, "go on", vec![]),
        said(Role::Assistant, " ", vec![]),
        said(Role::User, "and?", vec![]),
    ]);
    let schema = json!({"type": "object", "properties": {}, "required": [], "additionalProperties": false});
    asked.tools = vec![ToolSpec { name: "search".into(), description: "Searches.".into(), params: vec![], schema }];
    let body = Messages::body(&asked);
    let uses = |id: &str, input: Value| json!({"type": "tool_use", "id": id, "name": "search", "input": input});
    let result = |id: &str, text: &str| json!({"type": "tool_result", "tool_use_id": id, "content": text});
    let text = |text: &str| json!({"type": "text", "text": text});
    assert_eq!(
        body["messages"],
        json!([
            {"role": "user", "content": [text("say hi")]},
            // What is no object, and what would be longer than it was counted, is sent empty.
            {"role": "assistant", "content": [uses("c1", json!({"q": 1})), uses("c2", json!({})), uses("c3", json!({}))]},
            {"role": "user", "content": [result("c1", "[]"), result("c2", "no"), text("go on"), text("and?")]},
        ])
    );
    let tool = &asked.tools[0];
    let counted = tool_text(&tool.name, &tool.description, &tool.schema);
    assert!(body["tools"][0].to_string().len() <= counted.len(), "a tool is no longer than it was counted");
}

#[test]
fn what_is_no_answer_is_garbage_and_what_is_unknown_says_nothing() {
    let take = |text: &str| Message::new(10).take(text.as_bytes());
    for text in ["<html>", "[]", "{}", "{\"type\": \"content_block_delta\", \"index\": 0}"] {
        assert_eq!(take(text), Err(Broken::Garbage), "{text}");
    }
    for text in ["{\"type\": \"ping\"}", "{\"type\": \"of_tomorrow\", \"x\": 1}", " "] {
        assert!(take(text).is_ok(), "{text}");
    }
}
