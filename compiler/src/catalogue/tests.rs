use super::*;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::tokens::Counter;

mod project;

/// What is wrong with the text of a `flow.toml`, each as `E0802 at `text`: message`.
fn problems(text: &str) -> Vec<String> {
    let Checked { diagnostics, .. } = ProjectFile::read(SourceId::default(), text);
    diagnostics.iter().map(|diagnostic| shown(diagnostic, text)).collect()
}

fn shown(diagnostic: &Diagnostic, text: &str) -> String {
    let place = diagnostic.span.and_then(|span| text.get(span.range())).unwrap_or("nowhere");
    format!("{} at `{place}`: {}", diagnostic.code, diagnostic.message)
}

/// The standard catalogue under the models of a `flow.toml`.
fn with_project(text: &str) -> Catalogue {
    let Checked { value, diagnostics } = ProjectFile::read(SourceId::default(), text);
    assert_eq!(diagnostics, []);
    Catalogue::standard().clone().with(&value)
}

fn facts(catalogue: &Catalogue, name: &str) -> ModelFacts {
    catalogue.by_name(name).expect("a model of that name").usable().expect("a usable model")
}

#[test]
fn the_models_that_ship_are_read_without_a_remark() {
    let Checked { value, diagnostics } = Catalogue::read(SourceId::default(), STANDARD);
    assert_eq!(diagnostics, []);
    assert!(value.list().len() >= 25, "{}", value.list().len());
}

#[test]
fn every_model_that_ships_can_be_used_and_says_where_its_facts_are_from() {
    for model in Catalogue::standard().list() {
        let missing = model.usable().err();
        let own_address = model.provider() == Some(Provider::Azure);
        assert_eq!(missing, own_address.then(|| vec![MissingFact::BaseUrl]), "{}", model.name());
        assert!(model.as_of().is_some() && model.source().is_some(), "{}", model.name());
        assert!(model.max_output().unwrap_or(0) <= model.context().unwrap_or(0), "{}", model.name());
    }
}

#[test]
fn the_dearest_class_of_a_long_request_is_never_cheaper_than_a_short_one() {
    for model in Catalogue::standard().list() {
        let price = model.price().expect("a price");
        for class in &price.long_context {
            assert!(
                class.rates.input > price.rates.input && class.rates.output > price.rates.output,
                "{}",
                model.name()
            );
        }
    }
}

#[test]
fn the_tiers_of_the_manual_exist() {
    let catalogue = Catalogue::standard();
    for (provider, id) in [
        (Provider::Openai, "gpt-5"),
        (Provider::Openai, "gpt-5-mini"),
        (Provider::Azure, "gpt-5-mini"),
        (Provider::Anthropic, "claude-sonnet-4-5"),
        (Provider::Mistral, "mistral-small-latest"),
        (Provider::Groq, "openai/gpt-oss-120b"),
        (Provider::Local, "smollm2-135m-instruct"),
        (Provider::Local, "all-minilm-l6-v2"),
    ] {
        let model = catalogue.by_provider(provider, id).expect("a model of that provider");
        assert_eq!((model.provider(), model.id()), (Some(provider), id));
    }
    assert!(catalogue.by_provider(Provider::Anthropic, "gpt-5-mini").is_none());
}

#[test]
fn the_chat_template_of_the_local_model_is_counted_token_by_token() {
    let model = facts(Catalogue::standard(), "smollm2-135m-instruct");
    let counter = Counter::of(&model.tokenizer);
    let role = ["system\n", "user\n", "assistant\n"].map(|role| counter.count(role)).into_iter().max();
    // `<|im_start|>` role text `<|im_end|>` and a line break for each message, `<|im_start|>assistant` once for the answer.
    let message = 2 + role.unwrap_or(0) + counter.count("\n");
    let request = 1 + counter.count("assistant\n");
    assert_eq!((model.overhead.message, model.overhead.request), (message, request));
}

#[test]
fn models_are_listed_by_provider_and_then_by_name() {
    let list = Catalogue::standard().list();
    let keys: Vec<_> = list.iter().map(|model| (model.provider(), model.name())).collect();
    assert!(keys.is_sorted());
}

#[test]
fn a_digest_changes_with_every_fact() {
    let standard = Catalogue::standard().by_name("gpt-5-mini").expect("a model").digest();
    let changed = |field: &str| {
        with_project(&format!("[models.gpt-5-mini]\n{field}")).by_name("gpt-5-mini").expect("a model").digest()
    };
    assert_eq!(changed("context = 400_000"), standard, "the same fact said again");
    for field in ["context = 1", "price = { cached_input = \"0\" }", "timeout = \"1s\"", "overhead = { tools = 1 }"] {
        assert_ne!(changed(field), standard, "{field}");
    }
}

#[test]
fn facts_survive_the_plan() {
    for model in Catalogue::standard().list().into_iter().filter_map(|model| model.usable().ok()) {
        let text = serde_json::to_string(&model).expect("facts are plain data");
        assert_eq!(serde_json::from_str::<ModelFacts>(&text).expect("what was written"), model);
    }
}

#[test]
fn overheads_add_up_or_are_no_number() {
    let overhead = Overhead { request: 1, message: 10, tool: 100, tools: 1_000, format: 10_000 };
    assert_eq!(overhead.of_request(2, 0, false), Some(21));
    assert_eq!(overhead.of_request(2, 3, true), Some(11_321));
    assert_eq!(overhead.of_request(u64::MAX, 0, false), None);
}

#[test]
fn a_ceiling_says_what_it_assumes_of_a_remote_model() {
    let said = |name| facts(Catalogue::standard(), name).assumptions();
    assert_eq!(said("smollm2-135m-instruct"), Vec::<String>::new());
    assert_eq!(
        said("claude-sonnet-4-5"),
        [
            "`claude-sonnet-4-5` keeps to `max_tokens`, thinking included, and costs what its price list of 2026-10-24 says",
            "a token of `claude-sonnet-4-5` has 2 bytes or more, on average over a request",
            "beside what is sent, `claude-sonnet-4-5` reads no more than 16 tokens a request, 8 a message, 32 a tool, 1000 with any \
             tool and 0 with an output format",
        ]
    );
}
