#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use flow_compiler::catalogue::TokenizerClass;
use flow_compiler::cost::Money;
use flow_compiler::program::{Enum, EnumId, Field, Record, RecordId, Slot, TextSize, Variant};
use serde_json::Value;
use tokio::sync::OnceCell;

use super::super::constraint::{Choice, Grammars};
use super::super::gguf::Gguf;
use super::*;
use crate::weights;

const MODEL: &str = "smollm2-135m-instruct";

async fn vocabulary() -> &'static (Arc<Tokenizer>, Grammars) {
    static VOCABULARY: OnceCell<(Arc<Tokenizer>, Grammars)> = OnceCell::const_new();
    let load = || async {
        let folder = weights::folder(&|name| std::env::var_os(name)).unwrap();
        let folder = weights::pull(MODEL, &folder, &()).await.unwrap();
        let gguf = Gguf::open(&weights::find(MODEL).unwrap().gguf(&folder).unwrap()).unwrap();
        let tokenizer = Arc::new(Tokenizer::from_gguf(&gguf).unwrap());
        (tokenizer.clone(), Grammars::new(tokenizer).unwrap())
    };
    VOCABULARY.get_or_init(load).await
}

/// A model that says anything: what it prefers is drawn by lot.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Temper {
    /// Any token.
    Wild,
    /// Short tokens, and never a quotation mark or bracket where there is another way: it fills every text and list.
    Endless,
    /// Tokens that are a part of a character.
    Broken,
}

fn lot(seed: &mut u64) -> f32 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 40) as f32 / 16_777_216.0
}

/// What such a model writes under a grammar, and in how many tokens.
async fn written(grammar: &Grammar, cap: usize, temper: Temper, mut seed: u64) -> (String, usize) {
    let (tokenizer, grammars) = vocabulary().await;
    let lark = grammar.lark(tokenizer, cap).unwrap().unwrap();
    let mut constraint = grammars.constraint(&lark).unwrap_or_else(|error| panic!("{error}\n{lark}"));
    let likes = |id: u32, seed: &mut u64| {
        let bytes = tokenizer.bytes(id);
        let closes = bytes.iter().any(|byte| matches!(byte, b'"' | b']' | b'}'));
        let liked = match temper {
            Temper::Wild => 0.0,
            Temper::Endless => -(bytes.len() as f32) - if closes { 100.0 } else { 0.0 },
            Temper::Broken => {
                if std::str::from_utf8(bytes).is_err() {
                    10.0
                } else {
                    0.0
                }
            }
        };
        liked + lot(seed)
    };
    let mut said = constraint.forced();
    while !constraint.is_complete() {
        let logits: Vec<f32> = (0..).take(tokenizer.vocabulary()).map(|id| likes(id, &mut seed)).collect();
        match constraint.choose(&logits).unwrap() {
            Choice::Token(token) => said.push(token),
            Choice::End => break,
        }
        said.extend(constraint.forced());
        assert!(said.len() < 5000, "it does not end");
    }
    (tokenizer.decode(&said), said.len())
}

fn text(tokens: u64) -> Ty {
    Ty::Text(TextSize { tokens, chars: tokens * 8, bytes: tokens * 8 })
}

fn characters(chars: u64) -> Ty {
    Ty::Text(TextSize { tokens: chars * 4, chars, bytes: chars * 4 })
}

fn field(name: &str, ty: Ty) -> Field {
    Field { name: name.into(), docs: String::new(), ty }
}

fn list(element: Ty, low: u64, high: u64) -> Ty {
    Ty::List { element: Box::new(element), low, high }
}

fn types() -> Arc<Types> {
    let plain = |name: &str| Variant { name: name.into(), docs: String::new(), fields: Vec::new() };
    let refund = Variant {
        fields: vec![field("amount", Ty::Usd { most: Money::from_nanos(50_000_000_000) })],
        ..plain("Refund")
    };
    let line = Record {
        name: "Line".into(),
        docs: String::new(),
        fields: vec![
            field("note", text(6)),
            field("action", Ty::Enum(EnumId(0))),
            field("when", Ty::Optional(Box::new(Ty::Date))),
        ],
    };
    let order = Record {
        name: "Order".into(),
        docs: String::new(),
        fields: vec![
            field("id", Ty::Id),
            field("summary", text(24)),
            field("code", characters(5)),
            field("age", Ty::Int { low: -3, high: 120 }),
            field("sure", Ty::Score),
            field("open", Ty::Bool),
            field("lines", list(Ty::Record(RecordId(0)), 1, 3)),
            field("tags", list(text(3), 0, 4)),
            field("extra", Ty::Json(TextSize { tokens: 80, chars: 640, bytes: 640 })),
        ],
    };
    let action = Enum {
        name: "Action".into(),
        docs: String::new(),
        variants: vec![plain("Bill"), plain("Bug"), refund, plain("Billing")],
    };
    Arc::new(Types { records: vec![line, order], enums: vec![action] })
}

/// Whether a value is of a type, as the language defines it. Texts are measured in tokens where the type is.
fn check(ty: &Ty, types: &Types, value: &Value, tokenizer: &Tokenizer) -> Result<(), String> {
    let wrong = || Err(format!("{value} is not of {ty:?}"));
    let object = |fields: &[Field], value: &Value| {
        let Some(object) = value.as_object() else { return wrong() };
        if !object.keys().eq(fields.iter().map(|field| &field.name)) {
            return wrong();
        }
        fields.iter().try_for_each(|field| check(&field.ty, types, &object[&field.name], tokenizer))
    };
    let right = match ty {
        Ty::Null => value.is_null(),
        Ty::Bool => value.is_boolean(),
        Ty::Int { low, high } => value.as_i64().is_some_and(|number| (*low..=*high).contains(&number)),
        Ty::Usd { most } => {
            value.as_f64().is_some_and(|dollars| dollars >= 0.0 && dollars * 1e9 <= most.nanos() as f64 + 1.0)
        }
        Ty::Score => value.as_f64().is_some_and(|score| (0.0..=1.0).contains(&score)),
        Ty::Date => value.as_str().is_some_and(|date| date.parse::<jiff::civil::Date>().is_ok()),
        Ty::Id => value.as_str().is_some_and(|id| !id.is_empty() && id.len() <= 64),
        Ty::Text(size) => value.as_str().is_some_and(|text| {
            let in_tokens = size.chars == size.tokens * 8;
            if in_tokens {
                tokenizer.count(text) as u64 <= size.tokens + 3
            } else {
                text.chars().count() as u64 <= size.chars
            }
        }),
        Ty::Json(size) => tokenizer.count(&value.to_string()) as u64 <= size.tokens,
        Ty::List { element, low, high } => {
            let Some(items) = value.as_array() else { return wrong() };
            items.iter().try_for_each(|item| check(element, types, item, tokenizer))?;
            (*low..=*high).contains(&(items.len() as u64))
        }
        Ty::Optional(inner) => return if value.is_null() { Ok(()) } else { check(inner, types, value, tokenizer) },
        Ty::Record(id) => return object(&types.records[id.index()].fields, value),
        Ty::Enum(id) => {
            let variants = &types.enums[id.index()].variants;
            let name = value.as_str().or_else(|| value.as_object()?.keys().next().map(String::as_str));
            let Some(variant) = variants.iter().find(|variant| Some(variant.name.as_str()) == name) else {
                return wrong();
            };
            return if variant.fields.is_empty() { Ok(()) } else { object(&variant.fields, &value[&variant.name]) };
        }
        Ty::Never | Ty::Vector | Ty::Unknown => false,
    };
    if right { Ok(()) } else { wrong() }
}

#[tokio::test]
async fn whatever_a_model_prefers_the_answer_is_of_its_type_and_fits() {
    let (tokenizer, _) = vocabulary().await;
    let types = types();
    let ty = Ty::Record(RecordId(1));
    let json = Grammar::Json { ty: ty.clone(), types: types.clone() };
    for cap in [2000, 520, 420] {
        for seed in 0..2 {
            for temper in [Temper::Wild, Temper::Endless, Temper::Broken] {
                let (answer, tokens) = written(&json, cap, temper, seed).await;
                let value: Value = serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {answer}"));
                check(&ty, &types, &value, tokenizer).unwrap_or_else(|error| panic!("{error} in {answer}"));
                assert!(tokens <= cap, "{temper:?}: {tokens} of {cap} for {answer}");
            }
        }
    }
}

#[tokio::test]
async fn a_turn_is_a_call_or_an_answer() {
    let param = |name: &str, ty| Param { name: name.into(), docs: String::new(), slot: Slot(0), ty };
    let tools = vec![
        ("search".to_owned(), vec![param("query", text(8))]),
        (
            "refund".to_owned(),
            vec![param("order", Ty::Id), param("amount", Ty::Usd { most: Money::from_nanos(990_000_000) })],
        ),
    ];
    let turn = Grammar::Turn { tools, answer: text(12), types: types() };
    let mut called = std::collections::BTreeSet::new();
    for seed in 0..12 {
        let (answer, _) = written(&turn, 200, Temper::Wild, seed).await;
        let value: Value = serde_json::from_str(&answer).unwrap();
        let keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
        match value["call"].as_str() {
            Some("search") => assert!(value["args"]["query"].is_string()),
            Some("refund") => assert!(value["args"]["amount"].as_f64().unwrap() <= 0.99),
            Some(other) => panic!("{other}"),
            None => assert!(keys == ["answer"] && value["answer"].is_string()),
        }
        called.insert(keys.join(" "));
    }
    assert_eq!(called.len(), 2, "both happen");
}

#[tokio::test]
async fn what_cannot_vary_is_forced() {
    let (_, grammars) = vocabulary().await;
    let (tokenizer, _) = vocabulary().await;
    let order = Grammar::Json { ty: Ty::Record(RecordId(0)), types: types() };
    let mut constraint = grammars.constraint(&order.lark(tokenizer, 500).unwrap().unwrap()).unwrap();
    assert!(tokenizer.decode(&constraint.forced()).starts_with("{\"note"));
}

#[test]
fn texts_are_held_to_their_size_under_every_reader() {
    let bytes = Counter::of(&TokenizerClass::Ceiling { bytes_per_token: 1 });
    let grammar = Grammar::Json { ty: Ty::Record(RecordId(0)), types: types() };
    let trim = |answer: &str| grammar.trim(answer.to_owned(), &[bytes]);
    assert_eq!(
        trim(r#"{"note":"short","action":"Bug","when":null}"#),
        r#"{"note":"short","action":"Bug","when":null}"#
    );
    let long = r#"{"note":"too léng","action":{"Refund":{"amount":3.50}},"when":"2026-11-23"}"#;
    assert_eq!(trim(long), r#"{"note":"too l","action":{"Refund":{"amount":3.5}},"when":"2026-11-23"}"#);
    assert_eq!(trim("{\"note\":\"cut o"), "{\"note\":\"cut o");
    let param = Param { name: "query".into(), docs: String::new(), slot: Slot(0), ty: text(4) };
    let turn = Grammar::Turn { tools: vec![("search".into(), vec![param])], answer: text(3), types: types() };
    let call = r#"{"call":"search","args":{"query":"refunds"}}"#;
    assert_eq!(turn.trim(call.into(), &[bytes]), r#"{"call":"search","args":{"query":"refu"}}"#);
    assert_eq!(turn.trim(r#"{"answer":"none"}"#.into(), &[bytes]), r#"{"answer":"non"}"#);
    let five = TextSize { tokens: 99, chars: 5, bytes: 99 };
    assert_eq!(Grammar::Text(five).trim("ünïcödé".into(), &[bytes]), "ünïcö");
}

#[test]
fn a_text_that_is_full_ends_with_a_sentence() {
    assert_eq!(sentences("One of 3.5 kinds. It is red. But th"), "One of 3.5 kinds. It is red.");
    assert_eq!(sentences("One. But then it went on and on and"), "One. But then it went on and on and");
    assert_eq!(sentences("- first\n- second\n- thi"), "- first\n- second");
    assert_eq!(sentences(""), "");
}

#[test]
fn the_grammar_reads_well() {
    let lark = |ty| lark::write(&Form::of(&ty, &types()).unwrap());
    assert_eq!(
        lark(list(Ty::Bool, 0, 2)),
        "start: \"[\" ((\"true\" | \"false\") (\",\" (\"true\" | \"false\")){0,1})? \"]\"\n"
    );
    assert_eq!(
        lark(Ty::Record(RecordId(0))).lines().next().unwrap(),
        r#"start: "{\"note\":\"" r0? "\",\"action\":" ("\"Bill\"" | "\"Bug\"" | "{\"Refund\":{\"amount\":" r1 "}}" | "\"Billing\"") ",\"when\":" ("null" | "\"" r2 "\"") "}""#
    );
    assert!(Form::of(&Ty::Vector, &types()).is_err());
}
