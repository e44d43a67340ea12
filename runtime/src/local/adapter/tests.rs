use std::sync::{Arc, Mutex};
use std::time::Duration;

use flow_compiler::catalogue::{Catalogue, ModelFacts};
use flow_compiler::program::{Param, Slot, Types};
use flow_compiler::tokens::request::{RequestShape, count_request};
use serde_json::json;

use super::*;
use crate::provider::ToolSpec;

const MODEL: &str = "smollm2-135m-instruct";

fn facts(name: &str) -> Arc<ModelFacts> {
    Arc::new(Catalogue::standard().by_name(name).unwrap().usable().unwrap())
}

fn local() -> Local {
    let folder = weights::folder(&|name| std::env::var_os(name)).unwrap();
    Local::new(folder, vec![Counter::of(&facts(MODEL).tokenizer)])
}

fn request(text: &str, output: Output, max_output: u64) -> Request {
    let segments = ["Ticket: ".to_owned(), text.to_owned()];
    Request {
        model: facts(MODEL),
        step: "answer".into(),
        messages: vec![provider::Message { role: provider::Role::User, segments: segments.into(), calls: Vec::new() }],
        tools: Vec::new(),
        output,
        max_output,
        think: 0,
        timeout: Duration::from_secs(60),
    }
}

fn counted(request: &Request) -> u64 {
    let segments: Vec<Vec<&str>> = request.messages.iter().map(|message| pieces(message).collect()).collect();
    let messages: Vec<&[&str]> = segments.iter().map(Vec::as_slice).collect();
    let tools: Vec<String> =
        request.tools.iter().map(|tool| tool_text(&tool.name, &tool.description, &tool.schema)).collect();
    let tools: Vec<&str> = tools.iter().map(String::as_str).collect();
    let shape = RequestShape { messages: &messages, tool_schemas: &tools, answer_schema: None };
    count_request(&request.model, &shape)
}

/// As the runtime counts a message: its text, and the calls that it repeats.
fn pieces(message: &provider::Message) -> impl Iterator<Item = &str> {
    let calls = message.calls.iter().flat_map(|call| [call.name.as_str(), call.arguments.as_str()]);
    message.segments.iter().map(String::as_str).chain(calls)
}

#[tokio::test]
async fn a_text_is_answered_within_its_cap_and_what_was_counted() {
    let notes = Mutex::new(Vec::new());
    let request = request("I was charged twice. Write one friendly sentence in reply.", Output::Text, 24);
    let answer = local().chat(&request, &|note| notes.lock().unwrap().push(note)).await.unwrap();
    let usage = answer.usage.unwrap();
    assert_eq!((answer.finish, answer.calls.len()), (provider::Finish::Stop, 0));
    assert!(!answer.text.is_empty() && usage.output_text <= 24, "{answer:?}");
    assert!(usage.input_fresh <= counted(&request) && usage.input_fresh > 10, "{usage:?}");
    let notes = notes.into_inner().unwrap();
    // On a machine that has none yet, the weights are fetched first.
    assert!(notes.contains(&Progress::Note(format!("loading {MODEL}"))), "{notes:?}");
    assert_eq!(notes.last(), Some(&Progress::Tokens(usage.output_text)));
}

#[tokio::test]
async fn a_tool_is_asked_for_by_its_name_and_types() {
    let query = Ty::Text(TextSize { tokens: 8, chars: 64, bytes: 64 });
    let params = vec![Param { name: "query".into(), docs: String::new(), slot: Slot(0), ty: query }];
    let schema = json!({"type": "object", "properties": {"query": {"type": "string"}}});
    let tool = ToolSpec { name: "search".into(), description: "Searches the help centre.".into(), params, schema };
    let yes = Output::Json { ty: Ty::Bool, types: Arc::new(Types::default()), schema: json!({"type": "boolean"}) };
    let mut request = request("how do I get a refund? Use a tool to find out.", yes, 60);
    request.tools.push(tool);
    let local = local();
    let answer = local.chat(&request, &|_| {}).await.unwrap();
    match answer.calls.as_slice() {
        [] => assert!(["true", "false"].contains(&answer.text.as_str()), "{answer:?}"),
        [call] => {
            assert_eq!((call.name.as_str(), answer.finish), ("search", provider::Finish::Tools));
            let arguments: serde_json::Value = serde_json::from_str(&call.arguments).unwrap();
            assert!(arguments["query"].is_string(), "{call:?}");
        }
        more => panic!("{more:?}"),
    }
    assert!(answer.usage.unwrap().input_fresh <= counted(&request));

    // The result goes back, the tools are withheld, and the answer is one.
    let assistant =
        provider::Message { role: provider::Role::Assistant, segments: vec![answer.text], calls: answer.calls };
    let result = provider::Role::Tool("call_1".into());
    let result = provider::Message { role: result, segments: vec!["Refunds take 3 days.".into()], calls: Vec::new() };
    request.messages.extend([assistant, result]);
    request.tools.clear();
    let last = local.chat(&request, &|_| {}).await.unwrap();
    assert!(["true", "false"].contains(&last.text.as_str()), "{last:?}");
    assert!(last.usage.unwrap().input_fresh <= counted(&request));
}

#[tokio::test]
async fn what_takes_too_long_or_is_too_long_is_a_fault() {
    let local = local();
    let mut slow = request("Tell a long story.", Output::Text, 4000);
    slow.timeout = Duration::from_millis(1);
    let late = local.chat(&slow, &|_| {}).await.unwrap_err();
    assert_eq!((late.reason, late.charge), (Reason::Timeout, Charge::InDoubt));
    let long = local.chat(&request(&"word ".repeat(8200), Output::Text, 10), &|_| {}).await.unwrap_err();
    assert_eq!((long.reason, long.charge, long.remedy), (Reason::TooLong, Charge::Nothing, Remedy::Fallback));
}

#[tokio::test]
async fn texts_are_embedded_and_counted() {
    let texts = vec!["Billing".to_owned(), "A bug in the app".to_owned()];
    let model = facts("all-minilm-l6-v2");
    let request =
        EmbedRequest { model, step: "classify".into(), texts, labels: Vec::new(), timeout: Duration::from_secs(60) };
    let embedded = local().vectors(&request).await.unwrap();
    assert_eq!(embedded.vectors.len(), 2);
    assert_eq!(embedded.usage.unwrap().input_fresh, 3 + 7);
}
