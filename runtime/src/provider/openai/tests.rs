//! The adapter against canned answers, one connection each.

use std::sync::Arc;
use std::time::{Duration, Instant};

use flow_compiler::catalogue::{Catalogue, ModelFacts};
use flow_compiler::cost::Usage;
use flow_compiler::program::{Reason, Ty, Types};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::*;
use crate::provider::remote::testing::serve;
use crate::provider::remote::{Assembly as _, Broken, Remote, transport};
use crate::provider::{Answer, Charge, Fault, Finish, Message, Output, Remedy, Role, ToolCall, ToolSpec};

const KEY: &str = "sk-planted-0123456789";
const OK: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
const HI: &str =
    "data: {\"model\":\"unit-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hé\"}}],\"usage\":null}\n\n";
const STOP: &str = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
const USAGE: &str =
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2,\"total_tokens\":11}}\n\n";
const DONE: &str = "data: [DONE]\n\n";

fn usage() -> Usage {
    Usage { input_fresh: 9, cache_read: 0, cache_write: 0, output_text: 2, output_reasoning: 0 }
}

fn facts(base_url: String) -> ModelFacts {
    let mut facts = Catalogue::standard().by_name("gpt-5-mini").expect("ships").usable().expect("complete");
    (facts.name, facts.id, facts.base_url) = ("unit".into(), "unit-1".into(), Some(base_url));
    facts
}

fn request(base_url: String) -> Request {
    Request {
        model: Arc::new(facts(base_url)),
        step: "greet".into(),
        messages: vec![Message { role: Role::User, segments: vec!["say ".into(), "hi".into()], calls: vec![] }],
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
    adapter().generate::<Chat>(&request(url), &|_| ()).await
}

fn adapter() -> Remote {
    Remote::with_keys(|_| Some(KEY.into())).expect("a client")
}

#[tokio::test]
async fn a_stream_is_an_answer_with_its_usage() {
    let answer = ask(&[OK, HI, STOP, USAGE, DONE].concat()).await.expect("an answer");
    let expected = Answer {
        text: "hé".into(),
        calls: vec![],
        finish: Finish::Stop,
        usage: Some(usage()),
        model: Some("unit-1".into()),
    };
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn a_stream_may_arrive_byte_by_byte() {
    let pieces = [OK, HI, STOP, USAGE, DONE].concat().bytes().map(|byte| vec![byte]).collect();
    assert_eq!(ask_bytes(pieces, false).await.expect("an answer").usage, Some(usage()));
}

#[tokio::test]
async fn nothing_is_read_after_the_end() {
    let answer = [OK, HI, STOP, USAGE, DONE].concat().into_bytes();
    assert_eq!(ask_bytes(vec![answer], true).await.expect("an answer").text, "hé");
}

#[tokio::test]
async fn a_server_that_does_not_stream_is_understood() {
    let body = json!({"choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 9, "completion_tokens": 2}});
    let answer =
        ask(&format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n{body}")).await;
    assert_eq!(answer.map(|answer| (answer.text, answer.usage)), Ok(("hi".into(), Some(usage()))));
}

#[tokio::test]
async fn what_a_server_sends_twice_or_in_parts_is_an_answer() {
    let part = |choice: Value| format!("data: {}\n\n", json!({"choices": [choice]}));
    for (pieces, text) in [
        (vec![json!({"delta": {"reasoning": "hm", "reasoning_content": "hm", "content": "hi"}})], "hi"),
        (vec![json!({"delta": {"content": "hi"}, "message": {"content": "hi"}})], "hi"),
        (
            vec![json!({"delta": {"content": "h"}}), json!({"delta": {"content": "i"}, "message": {"content": "hi"}})],
            "hi",
        ),
        (vec![json!({"delta": {"content": "hi"}}), json!({"delta": {}, "message": {"content": "hi"}})], "hi"),
        (vec![json!({"delta": {}, "message": {"content": "hi"}})], "hi"),
        (vec![json!({"delta": {"content": [{"type": "text", "text": "h"}, {"type": "text", "text": "i"}]}})], "hi"),
        (vec![json!({"delta": {"content": [{"type": "thinking", "thinking": [{"text": "hm"}]}, "hi"]}})], "hi"),
        (vec![json!({"delta": {"content": null}})], ""),
    ] {
        let sent: String = pieces.into_iter().map(part).collect();
        let answer = ask(&[OK, &sent, STOP, USAGE, DONE].concat()).await.expect("an answer");
        assert_eq!((answer.text.as_str(), answer.usage), (text, Some(usage())), "{sent}");
    }
}

#[tokio::test]
async fn a_call_has_a_short_name_that_no_other_has() {
    let ids = ["call_1", &"x".repeat(5_000), "call_1", "fine", ""];
    let call = |(index, id)| json!({"index": index, "id": id, "function": {"name": "look", "arguments": "{}"}});
    let calls: Vec<Value> = ids.into_iter().enumerate().map(call).collect();
    let sent = format!("data: {}\n\n", json!({"choices": [{"delta": {"tool_calls": calls}}]}));
    let answer = ask(&[OK, &sent, STOP, USAGE, DONE].concat()).await.expect("an answer");
    let ids: Vec<&str> = answer.calls.iter().map(|call| call.id.as_str()).collect();
    assert_eq!(ids, ["call_1", "call_2", "call_3", "fine", "call_4"]);
}

#[tokio::test]
async fn without_usage_nobody_guesses() {
    assert_eq!(ask(&[OK, HI, STOP, DONE].concat()).await.expect("an answer").usage, None);
}

#[tokio::test]
async fn a_cut_stream_is_in_doubt_unless_it_said_what_it_used() {
    let fault = ask(&[OK, HI].concat()).await.expect_err("cut");
    assert_eq!(
        (fault.reason, fault.charge, fault.remedy),
        (Reason::Unavailable, Charge::InDoubt, Remedy::Retry { after: None })
    );
    let fault = ask(&[OK, HI, USAGE].concat()).await.expect_err("cut");
    assert_eq!(fault.charge, Charge::Reported(usage()));
    let mut inside = [OK, HI].concat().into_bytes();
    inside.truncate(inside.len() - "\"}}],\"usage\":null}\n\n".len() - 1);
    let fault = ask_bytes(vec![inside], false).await.expect_err("cut inside a character");
    assert_eq!(fault.charge, Charge::InDoubt);
}

#[tokio::test]
async fn what_was_used_so_far_is_no_report_of_a_stream_that_is_cut() {
    let so_far = HI.replace("null", r#"{"prompt_tokens":9,"completion_tokens":1}"#);
    let fault = ask(&[OK, &so_far].concat()).await.expect_err("cut");
    assert_eq!(fault.charge, Charge::InDoubt, "more was made than the last piece that arrived says");
    let fault = ask(&[OK, USAGE, HI].concat()).await.expect_err("cut");
    assert_eq!(fault.charge, Charge::InDoubt, "something came after the report");
    let ended = ask(&[OK, HI, STOP, USAGE].concat()).await.expect("an answer");
    assert_eq!(ended.usage, Some(usage()));
}

#[tokio::test]
async fn a_hanging_server_costs_its_time_and_no_more() {
    for answer in [vec![], vec![OK.into()], vec![OK.into(), HI.into()]] {
        let start = Instant::now();
        let fault = ask_bytes(answer, true).await.expect_err("no end");
        assert_eq!((fault.reason, fault.charge), (Reason::Timeout, Charge::InDoubt));
        assert!(start.elapsed() < Duration::from_secs(4));
    }
    let fault = ask_bytes(vec![OK.into(), HI.into(), USAGE.into()], true).await.expect_err("no end");
    assert_eq!((fault.reason, fault.charge), (Reason::Timeout, Charge::Reported(usage())));
}

#[tokio::test]
async fn a_server_that_never_stops_is_cut_off() {
    let word = format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{}\"}}}}]}}\n\n", "x".repeat(1000));
    let fault = ask(&[OK, &word.repeat(100)].concat()).await.expect_err("too much");
    assert_eq!(fault.detail, "`unit` sent more than its output cap allows");
    let fault = ask(&[OK, "data: ", &"x".repeat(2 << 20)].concat()).await.expect_err("one endless event");
    assert_eq!((fault.charge, fault.remedy), (Charge::InDoubt, Remedy::Fallback));
}

#[tokio::test]
async fn garbage_is_a_fault_in_doubt() {
    for answer in [
        "not http at all\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\n\r\n<html>",
    ] {
        let fault = ask(answer).await.expect_err("garbage");
        assert_eq!((fault.reason, fault.charge), (Reason::Unavailable, Charge::InDoubt), "{answer}");
    }
    let fault = ask(&[OK, "data: <html>\n\n"].concat()).await.expect_err("garbage");
    assert_eq!(fault.detail, "`unit` answered with something that is no answer");
}

#[tokio::test]
async fn an_error_inside_a_stream_is_in_doubt() {
    let fault = ask(&[OK, HI, "data: {\"error\":{\"code\":\"overloaded\",\"message\":\"busy\"}}\n\n"].concat()).await;
    let fault = fault.expect_err("an error");
    assert_eq!(fault.detail, "`unit` failed in the middle of its answer: overloaded busy");
    assert_eq!(fault.charge, Charge::InDoubt);
}

#[tokio::test]
async fn what_each_status_costs() {
    let retry = Remedy::Retry { after: None };
    let waits = Remedy::Retry { after: Some(Duration::from_secs(7)) };
    let used = "{\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2}}";
    for (status, headers, body, charge, remedy) in [
        (429, "retry-after: 7\r\n", "", Charge::Nothing, waits),
        (429, "", "", Charge::Nothing, retry),
        (429, "", "{\"error\":{\"code\":\"insufficient_quota\"}}", Charge::Nothing, Remedy::Fallback),
        (529, "", "", Charge::Nothing, retry),
        (529, "", used, Charge::Reported(usage()), retry),
        (401, "", "", Charge::Nothing, Remedy::Fallback),
        (404, "", "", Charge::Nothing, Remedy::Fallback),
        (400, "", "", Charge::Nothing, Remedy::Fallback),
        (408, "", "", Charge::InDoubt, retry),
        (500, "", "", Charge::InDoubt, retry),
        (500, "", used, Charge::Reported(usage()), retry),
        (302, "location: http://127.0.0.1:1/\r\n", "", Charge::InDoubt, Remedy::Fallback),
    ] {
        let length = body.len();
        let head = format!("HTTP/1.1 {status} X\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n");
        let fault = ask(&[&head, body].concat()).await.expect_err("a fault");
        assert_eq!((fault.charge, fault.remedy), (charge, remedy), "{status} {headers}{body}");
    }
}

#[tokio::test]
async fn a_request_that_never_left_costs_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let port = listener.local_addr().expect("bound").port();
    drop(listener);
    for url in [format!("http://127.0.0.1:{port}/v1"), "http://no-such-host.invalid/v1".into()] {
        let fault = adapter().generate::<Chat>(&request(url), &|_| ()).await.expect_err("nobody there");
        assert_eq!((fault.reason, fault.charge), (Reason::Unavailable, Charge::Nothing), "{fault}");
    }
    let keyless = Remote::with_keys(|_| None).expect("a client");
    let fault = keyless.generate::<Chat>(&request("http://127.0.0.1:1".into()), &|_| ()).await.expect_err("no key");
    assert_eq!(fault.to_string(), "no key: set `OPENAI_API_KEY`");
    assert_eq!((fault.charge, fault.remedy), (Charge::Nothing, Remedy::Fallback));
}

#[tokio::test]
async fn a_key_is_sent_and_never_shown() {
    let error = json!({"error": {"message": format!("bad key {KEY}\nin {KEY}")}}).to_string();
    for status in [400, 401, 500] {
        let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n{error}", error.len());
        let (url, sent) = serve(vec![head.into_bytes()], false).await;
        let adapter = adapter();
        let fault = adapter.generate::<Chat>(&request(url), &|_| ()).await.expect_err("a fault");
        assert!(String::from_utf8_lossy(&sent.lock().expect("done")).contains(&format!("Bearer {KEY}")));
        assert!(!format!("{fault} {fault:?} {adapter:?}").contains("planted"), "{fault}");
    }
}

#[test]
fn a_request_asks_for_usage_and_sends_the_cap() {
    let mut request = request("https://api.openai.com/v1".into());
    request.output = Output::Json {
        ty: Ty::Bool,
        types: Arc::new(Types::default()),
        schema: json!({"type": "object", "properties": {}, "additionalProperties": false}),
    };
    let body = body::chat(&request);
    assert_eq!(
        body,
        json!({
            "model": "unit-1",
            "messages": [{"role": "user", "content": "say hi"}],
            "stream": true,
            "stream_options": {"include_usage": true},
            "max_completion_tokens": 100,
            "response_format": {"type": "json_schema", "json_schema": {"name": "greet", "strict": true,
                "schema": {"type": "object", "properties": {}, "additionalProperties": false}}},
            "reasoning_effort": "low",
            "service_tier": "default",
        })
    );
}

#[test]
fn a_conversation_with_tools_keeps_its_ids() {
    let mut request = request("http://127.0.0.1:1".into());
    let call = ToolCall { id: "c1".into(), name: "search".into(), arguments: "{\"q\":1}".into() };
    request.messages.push(Message { role: Role::Assistant, segments: vec![], calls: vec![call] });
    request.messages.push(Message { role: Role::Tool("c1".into()), segments: vec!["[]".into()], calls: vec![] });
    request.tools = vec![ToolSpec {
        name: "search".into(),
        description: "Searches.".into(),
        params: vec![],
        schema: json!({"type": "object"}),
    }];
    let body = body::chat(&request);
    assert_eq!(body["tools"][0]["function"]["name"], "search");
    let function = json!({"name": "search", "arguments": "{\"q\":1}"});
    let assistant = json!({"role": "assistant", "content": null, "tool_calls": [{"id": "c1", "type": "function", "function": function}]});
    assert_eq!(body["messages"][1], assistant);
    assert_eq!(body["messages"][2], json!({"role": "tool", "tool_call_id": "c1", "content": "[]"}));
    request.tools.clear();
    assert_eq!(body::chat(&request).get("tool_choice"), None);
}

fn assemble(chunks: &[Value]) -> Result<Answer, Broken> {
    let mut assembly = Completion::new(1000);
    for chunk in chunks {
        assembly.take(chunk.to_string().as_bytes())?;
    }
    assembly.finish()
}

fn delta(delta: Value) -> Value {
    json!({ "choices": [{ "delta": delta }] })
}

#[test]
fn calls_arrive_in_pieces() {
    let ended = json!({"choices": [{"delta": {}, "finish_reason": "stop"}]});
    let answer = assemble(&[
        delta(json!({"tool_calls": [{"index": 0, "id": "a", "function": {"name": "search", "arguments": ""}}]})),
        delta(json!({"tool_calls": [{"index": 0, "function": {"arguments": "{\"q\""}}, {"index": 4_000_000_000u64, "function": {"name": "refund"}}]})),
        delta(json!({"tool_calls": [{"index": 0, "function": {"arguments": ":1}"}}]})),
        ended,
    ])
    .expect("an answer");
    let call = |id: &str, name: &str, arguments: &str| ToolCall {
        id: id.into(),
        name: name.into(),
        arguments: arguments.into(),
    };
    assert_eq!(answer.calls, [call("a", "search", "{\"q\":1}"), call("call_1", "refund", "{}")]);
    assert_eq!(answer.finish, Finish::Tools);
}

#[test]
fn how_an_answer_ends() {
    let ended = |reason: &str| assemble(&[json!({"choices": [{"delta": {"content": "x"}, "finish_reason": reason}]})]);
    assert_eq!(ended("stop").map(|answer| answer.finish), Ok(Finish::Stop));
    assert_eq!(ended("length").map(|answer| answer.finish), Ok(Finish::Length));
    assert_eq!(ended("content_filter").map(|answer| answer.finish), Ok(Finish::Refused));
    assert!(matches!(ended("insufficient_system_resource"), Err(Broken::Error { .. })));
    let refusal = assemble(&[delta(json!({"refusal": "no"})), json!({"choices": [{"finish_reason": "stop"}]})]);
    assert_eq!(refusal.map(|answer| answer.finish), Ok(Finish::Refused));
    assert_eq!(assemble(&[delta(json!({"content": "x"}))]), Err(Broken::Cut));
}

#[test]
fn a_wait_is_seconds_or_a_date() {
    let headers = |text: &str| [(reqwest::header::RETRY_AFTER, text.parse().expect("a header"))].into_iter().collect();
    let now = "2026-11-23T12:00:00Z".parse().expect("a time");
    let seconds = |text| transport::retry_after(&headers(text), now).map(|wait| wait.as_secs());
    assert_eq!(seconds("12"), Some(12));
    assert_eq!(seconds("Mon, 23 Nov 2026 12:00:30 GMT"), Some(30));
    assert_eq!(seconds("Mon, 23 Nov 2026 11:00:00 GMT"), Some(0));
    assert_eq!(seconds("soon"), None);
}
