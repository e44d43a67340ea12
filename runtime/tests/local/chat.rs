//! Answers: free and under a grammar, alone and beside others, whole and given up.

use std::sync::Arc;
use std::time::Duration;

use flow_compiler::program::{Enum, EnumId, Field, Record, RecordId, TextSize, Ty, Types, Variant};
use flow_runtime::local::{ChatRequest, Finish, Grammar, LocalError, LocalModels};

use super::{MINILM, SMOLLM, models, user};

fn ask(text: &str, grammar: Option<Grammar>, max_tokens: usize) -> ChatRequest {
    ChatRequest { messages: vec![user(text)], grammar, max_tokens, ..ChatRequest::default() }
}

#[tokio::test]
async fn it_answers() {
    let request = ask("What is the capital of France? Answer in one short sentence.", None, 24);
    let answer = models().await.chat(SMOLLM, request).await.unwrap();
    assert!(answer.text.contains("Paris"), "{answer:?}");
    assert_eq!(answer.finish, Finish::Stop);
    assert!(answer.output_tokens > 0 && answer.output_tokens <= 24);
}

#[tokio::test]
async fn an_answer_is_cut_at_its_cap_and_says_so() {
    let models = models().await;
    let question = "Tell a long story about the sea.";
    let cut = models.chat(SMOLLM, ask(question, None, 5)).await.unwrap();
    assert_eq!((cut.output_tokens, cut.finish), (5, Finish::Length));
    let ended = models
        .chat(SMOLLM, ask(question, Some(Grammar::Text(TextSize { tokens: 5, chars: 40, bytes: 40 })), 100))
        .await
        .unwrap();
    assert_eq!((ended.output_tokens, ended.finish, ended.text), (5, Finish::Stop, cut.text));
}

#[tokio::test]
async fn a_grammar_is_kept_and_its_tokens_are_counted() {
    let models = models().await;
    let lark = "start: \"{\\\"mood\\\":\\\"\" (\"glad\" | \"sad\") \"\\\"}\"";
    let request = ask("I won the race!", Some(Grammar::Lark(lark.into())), 32);
    let (sender, mut pieces) = tokio::sync::mpsc::unbounded_channel();
    let answer = models.chat(SMOLLM, ChatRequest { pieces: Some(sender), ..request }).await.unwrap();
    assert!(["{\"mood\":\"glad\"}", "{\"mood\":\"sad\"}"].contains(&answer.text.as_str()), "{answer:?}");
    assert_eq!(answer.finish, Finish::Stop);
    let (mut text, mut tokens) = (String::new(), 0);
    while let Some(piece) = pieces.recv().await {
        text += &piece.text;
        tokens += piece.tokens;
    }
    assert_eq!((text, tokens), (answer.text, answer.output_tokens));
}

#[tokio::test]
async fn an_answer_is_of_its_type() {
    let variant = |name: &str| Variant { name: name.into(), docs: String::new(), fields: Vec::new() };
    let field = |name: &str, ty| Field { name: name.into(), docs: String::new(), ty };
    let topics =
        Enum { name: "Topic".into(), docs: String::new(), variants: ["Billing", "Bug", "Other"].map(variant).into() };
    let text = Ty::Text(TextSize { tokens: 12, chars: 96, bytes: 96 });
    let ticket = Record {
        name: "Ticket".into(),
        docs: String::new(),
        fields: vec![field("topic", Ty::Enum(EnumId(0))), field("urgent", Ty::Bool), field("summary", text)],
    };
    let types = Arc::new(Types { records: vec![ticket], enums: vec![topics] });
    let grammar = Grammar::Json { ty: Ty::Record(RecordId(0)), types };
    let question = "I was charged twice for my order and I want my money back now!\n\
        Answer with JSON: topic (Billing, Bug or Other), urgent, summary.";
    let answer = models().await.chat(SMOLLM, ask(question, Some(grammar), 48)).await.unwrap();
    let value: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
    assert_eq!(value["topic"], "Billing", "{answer:?}");
    assert!(value["urgent"].is_boolean() && value["summary"].is_string(), "{answer:?}");
    assert_eq!(answer.finish, Finish::Stop);
    assert!(answer.output_tokens <= 48);
}

#[tokio::test]
async fn answers_do_not_depend_on_the_company() {
    let models = models().await;
    let questions = ["Name a colour.", "Name an animal that swims, and say why.", "Count from one to five."];
    let mut alone = Vec::new();
    for question in questions {
        alone.push(models.chat(SMOLLM, ask(question, None, 12)).await.unwrap());
    }
    let together = futures_util::future::join_all(questions.map(|q| models.chat(SMOLLM, ask(q, None, 12)))).await;
    let together: Vec<_> = together.into_iter().map(Result::unwrap).collect();
    assert_eq!(alone, together);
}

#[tokio::test]
async fn an_answer_nobody_waits_for_is_given_up() {
    let models = models().await;
    models.tokenizer(SMOLLM).await.unwrap();
    let long = models.chat(SMOLLM, ask("Tell a very long story.", None, 4000));
    assert!(tokio::time::timeout(Duration::from_millis(200), long).await.is_err());
    // 4000 tokens would take minutes: the next answer comes at once.
    let next = models.chat(SMOLLM, ask("Say hello.", None, 3));
    tokio::time::timeout(Duration::from_secs(20), next).await.expect("it is not kept waiting").unwrap();
}

#[tokio::test]
async fn what_cannot_be_done_is_said() {
    let models = models().await;
    let refused = |model: &'static str, request| async move { models.chat(model, request).await.unwrap_err() };
    assert!(matches!(refused("gpt-9", ask("", None, 1)).await, LocalError::Unknown { .. }));
    assert!(matches!(refused(MINILM, ask("", None, 1)).await, LocalError::WrongKind { .. }));
    assert!(matches!(refused(SMOLLM, ask("x", None, 9000)).await, LocalError::TooLong { context: 8192, .. }));
    let bad = Some(Grammar::Lark("start: nothing".into()));
    assert!(matches!(refused(SMOLLM, ask("x", bad, 9)).await, LocalError::Grammar { .. }));
    let elsewhere = LocalModels::new("/nowhere");
    let error = elsewhere.chat(SMOLLM, ask("x", None, 1)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the weights of `smollm2-135m-instruct` are not in `/nowhere`: run `flow models pull smollm2-135m-instruct`"
    );
}
