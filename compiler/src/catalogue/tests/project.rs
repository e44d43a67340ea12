//! `flow.toml`: what it adds, what it overrides, what it may not say, and what a tier says of a model that is not there.

use super::*;

const UNIT: &str = r#"
[project]
name = "support"

[models.unit]
provider     = "openai"
id           = "unit-1"
base_url     = "http://127.0.0.1:8089/v1"
key_env      = "UNIT_API_KEY"
tokenizer    = { class = "ceiling", bytes_per_token = 1 }
context      = 100_000
max_output   = 10_000
output_field = "max_completion_tokens"
price        = { input = "1.00", output = "10.00", cached_input = "0.10", request = "0" }
overhead     = { request = 0, message = 0, tool = 0, format = 0 }
timeout      = "30s"
as_of        = "2026-11-23"
source       = "price list of the provider"
"#;

#[test]
fn a_project_adds_a_model() {
    let unit = facts(&with_project(UNIT), "unit");
    assert_eq!((unit.provider, unit.wire, unit.id.as_str()), (Provider::Openai, Wire::Openai, "unit-1"));
    assert_eq!(unit.price.rates.input.picos_per_token(), 1_000_000);
    assert_eq!(unit.price.rates.cached_input.map(Rate::picos_per_token), Some(100_000));
    assert_eq!((unit.context, unit.max_output, unit.timeout_ms), (100_000, 10_000, 30_000));
    assert_eq!(unit.overhead, Overhead::default());
    assert!(with_project(UNIT).by_provider(Provider::Openai, "unit-1").is_some());
}

#[test]
fn a_project_overrides_single_fields() {
    let catalogue =
        with_project("[models.gpt-5-mini]\nbase_url = \"http://127.0.0.1:1/v1\"\nprice = { input = \"9\" }");
    let (before, after) = (facts(Catalogue::standard(), "gpt-5-mini"), facts(&catalogue, "gpt-5-mini"));
    assert_eq!(after.base_url.as_deref(), Some("http://127.0.0.1:1/v1"));
    assert_eq!(after.price.rates.input.picos_per_token(), 9_000_000);
    assert_eq!(after.price.rates.output, before.price.rates.output, "what is not said stays");
    assert_eq!(after.max_output, before.max_output);
}

#[test]
fn a_model_of_the_same_provider_and_id_does_not_take_the_place_of_the_named_one() {
    let text = UNIT.replace("unit-1", "gpt-5-mini").replace("models.unit", "models.a-copy");
    let found = with_project(&text).by_provider(Provider::Openai, "gpt-5-mini").map(|model| model.name().to_owned());
    assert_eq!(found.as_deref(), Some("gpt-5-mini"));
}

#[test]
fn a_price_of_zero_is_a_price_and_a_missing_one_is_not() {
    let usable = |price: &str| {
        let text = UNIT.replace(r#"{ input = "1.00", output = "10.00", cached_input = "0.10", request = "0" }"#, price);
        with_project(&text).by_name("unit").expect("a model").usable()
    };
    assert!(usable(r#"{ input = "0", output = "0" }"#).is_ok());
    assert_eq!(usable(r#"{ input = "0" }"#), Err(vec![MissingFact::Price]));
    assert_eq!(usable(r#"{ output = "0" }"#), Err(vec![MissingFact::Price]));
}

/// A project whose model charges so.
fn charging(price: &str) -> String {
    UNIT.replace(r#"{ input = "1.00", output = "10.00", cached_input = "0.10", request = "0" }"#, price)
}

#[test]
fn the_dearest_way_of_being_served_is_the_price() {
    let rates = |price: &str| facts(&with_project(&charging(price)), "unit").price.rates;
    let per_million = |text: &str| Rate::per_million(text).expect("a rate");
    let usual = r#"input = "1.00", output = "10.00", cached_input = "0.10""#;
    let served = |services: &str| rates(&format!("{{ {usual}, service = {{ {services} }} }}"));
    let priority = served(r#"priority = { input = "2.00", output = "18.00", cached_input = "0.20" }"#);
    assert_eq!((priority.input, priority.output), (per_million("2.00"), per_million("18.00")));
    assert_eq!(priority.cached_input, Some(per_million("0.20")));
    // A cheaper way lowers nothing: nobody knows in which a request is served.
    assert_eq!(served(r#"flex = { input = "0.50", output = "5.00" }"#), rates(&format!("{{ {usual} }}")));
    // Writing to the cache for an hour is dearer than for five minutes, and what is not said costs what fresh input costs.
    let kept = |writes: &str| rates(&format!("{{ {usual}, {writes} }}")).cache_write;
    assert_eq!(kept(r#"cache_write = "1.25", cache_write_1h = "2.00""#), Some(per_million("2.00")));
    assert_eq!(kept(r#"cache_write_1h = "0.50""#), Some(per_million("1.00")));
}

#[test]
fn a_machine_that_is_paid_by_the_hour_has_a_price_for_a_token() {
    let unit = |price: &str| facts(&with_project(&charging(price)), "unit");
    // $3.60 an hour are $0.001 a second; of 1,500 tokens a second each costs two thirds of a micro-dollar, rounded up.
    let model = unit(r#"{ gpu_hour = "3.60", tokens_per_second = 1_500 }"#);
    assert_eq!(
        (model.price.rates.input.picos_per_token(), model.price.rates.output.picos_per_token()),
        (666_667, 666_667)
    );
    // A price that stands there is the price.
    let said = unit(r#"{ gpu_hour = "3.60", tokens_per_second = 1_500, input = "0.10" }"#);
    assert_eq!(said.price.rates.input, Rate::per_million("0.10").expect("a rate"));
    for price in
        [r#"{ gpu_hour = "3.60" }"#, "{ tokens_per_second = 9 }", r#"{ gpu_hour = "3.60", tokens_per_second = 0 }"#]
    {
        let told = problems(&charging(price));
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains("E0804") && told[0].contains("tokens_per_second"), "{told:?}");
    }
}

#[test]
fn every_missing_fact_is_named_where_the_model_is_used() {
    for (field, fact) in [
        ("provider", MissingFact::Provider),
        ("base_url", MissingFact::BaseUrl),
        ("tokenizer", MissingFact::Tokenizer),
        ("context", MissingFact::Context),
        ("max_output", MissingFact::MaxOutput),
        ("output_field", MissingFact::OutputField),
        ("price", MissingFact::Price),
    ] {
        let lines = UNIT.lines().filter(|line| !line.starts_with(field));
        let text = lines.collect::<Vec<_>>().join("\n");
        let missing = with_project(&text).by_name("unit").expect("a model").usable().err().unwrap_or_default();
        assert!(missing.contains(&fact), "{field}: {missing:?}");
        // The line that is offered repairs it.
        let repaired = format!("{text}\n{}", fact.example());
        let rest = with_project(&repaired).by_name("unit").expect("a model").usable().err().unwrap_or_default();
        assert!(!rest.contains(&fact), "{field}: {rest:?}");
    }
}

#[test]
fn an_embedder_needs_no_cap_and_no_price_of_output() {
    let text = "[models.e]\nprovider = \"openai\"\nkind = \"embed\"\nbase_url = \"http://127.0.0.1:1\"\ncontext = 10\n\
                tokenizer = { class = \"ceiling\", bytes_per_token = 1 }\nprice = { input = \"1\" }";
    let model = facts(&with_project(text), "e");
    assert_eq!((model.kind, model.max_output, model.price.rates.output), (Kind::Embed, 0, Rate::FREE));
}

#[test]
fn a_scripted_model_needs_no_address() {
    let text = "[models.s]\nprovider = \"scripted\"\ncontext = 10\nmax_output = 5\nprice = { input = \"1\", output = \"1\" }\n\
                tokenizer = { class = \"counted\", vocabulary = \"o200k_base\" }";
    assert_eq!(facts(&with_project(text), "s").wire, Wire::Scripted);
}

#[test]
fn a_protocol_follows_from_the_provider_and_can_be_chosen() {
    let claude = "[models.claude]\nprovider = \"anthropic\"\nbase_url = \"http://127.0.0.1:1\"\ncontext = 10\nmax_output = 5\n\
                  tokenizer = { class = \"ceiling\", bytes_per_token = 1 }\nprice = { input = \"1\", output = \"1\" }";
    let usual = facts(&with_project(claude), "claude");
    assert_eq!((usual.wire, usual.output_field.as_deref()), (Wire::Anthropic, Some("max_tokens")));
    let chosen = facts(&with_project(&UNIT.replace("[models.unit]", "[models.unit]\nwire = \"anthropic\"")), "unit");
    assert_eq!((chosen.provider, chosen.wire), (Provider::Openai, Wire::Anthropic));
    assert_eq!(chosen.output_field.as_deref(), Some("max_tokens"), "the protocol has one name for it");
    let nowhere = claude.replace("base_url = \"http://127.0.0.1:1\"\n", "");
    let missing = with_project(&nowhere).by_name("claude").map(Model::usable);
    assert_eq!(missing, Some(Err(vec![MissingFact::BaseUrl])));
    let text = "[models.unit]\nwire = \"grpc\"";
    let Checked { diagnostics, .. } = ProjectFile::read(SourceId::default(), text);
    let shown = format!("{} {:?}", diagnostics[0].message, diagnostics[0].help);
    for wire in Wire::ALL {
        assert!(shown.contains(wire.name()), "{shown}");
    }
}

#[test]
fn unknown_keys_are_refused_with_the_nearest_known_one() {
    let text = "[projct]\n[models.unit]\nmax_ouput = 1\nprice = { inptu = \"1\" }\noverhead = { qux = 1 }";
    assert_eq!(
        problems(text),
        [
            "E0802 at `projct`: unknown key `projct` in the project file",
            "E0802 at `max_ouput`: unknown key `max_ouput` in `models.unit`",
            "E0802 at `inptu`: unknown key `inptu` in `models.unit.price`",
            "E0802 at `qux`: unknown key `qux` in `models.unit.overhead`",
        ]
    );
    let Checked { diagnostics, .. } = ProjectFile::read(SourceId::default(), text);
    assert_eq!(diagnostics[1].help, ["did you mean `max_output`?"]);
    assert_eq!(diagnostics[1].fix.as_ref().map(|fix| fix.replacement.as_str()), Some("max_output"));
    assert_eq!(diagnostics[3].help, ["known keys: `request`, `message`, `tool`, `tools`, `format`"]);
}

#[test]
fn tables_of_others_are_left_to_them() {
    assert_eq!(problems("[lints]\nunused_item = \"deny\"\n[profile]\nelse = true"), Vec::<String>::new());
}

#[test]
fn wrong_kinds_of_values_are_refused_where_they_stand() {
    assert_eq!(
        problems("[models.unit]\nprice = { input = 1.5 }\ncontext = \"many\"\nmax_output = -1\nthinking = 1\nid = 7"),
        [
            "E0803 at `1.5`: `models.unit.price.input` is not a decimal number in quotes",
            "E0803 at `\"many\"`: `models.unit.context` is not a whole number, 0 or more",
            "E0803 at `-1`: `models.unit.max_output` is not a whole number, 0 or more",
            "E0803 at `1`: `models.unit.thinking` is not `true` or `false`",
            "E0803 at `7`: `models.unit.id` is not a text in quotes",
        ]
    );
    assert_eq!(problems("models = 3"), ["E0803 at `3`: `models` is not a table"]);
    assert_eq!(problems("[models]\nunit = 3"), ["E0803 at `3`: `models.unit` is not a table"]);
}

#[test]
fn impossible_values_are_refused_where_they_stand() {
    assert_eq!(
        problems("[models.unit]\nprovider = \"opnai\"\nprice = { input = \"1e3\", output = \"0.0000001\" }"),
        [
            "E0804 at `\"opnai\"`: `opnai` is not a value of `provider`",
            "E0804 at `\"1e3\"`: `models.unit.price.input` is no amount of dollars: not a decimal number",
            "E0804 at `\"0.0000001\"`: `models.unit.price.output` is no amount of dollars: more decimals than can be counted",
        ]
    );
    for tokenizer in
        [r#"{ class = "ceiling" }"#, r#"{ class = "ceiling", bytes_per_token = 0 }"#, r#"{ class = "counted" }"#]
    {
        let said = problems(&format!("[models.unit]\ntokenizer = {tokenizer}"));
        assert!(said.len() == 1 && said[0].starts_with("E0804") && said[0].contains("a tokenizer needs"), "{said:?}");
    }
    for (timeout, fine) in [("30s", true), ("250ms", true), ("3m", true), ("30", false), ("s", false), ("0s", false)] {
        assert_eq!(problems(&format!("[models.unit]\ntimeout = \"{timeout}\"")).is_empty(), fine, "{timeout}");
    }
}

#[test]
fn a_file_that_is_not_toml_says_where() {
    let said = problems("[models.unit]\ncontext = 100_000,\nmax_output = 5");
    assert!(said.first().is_some_and(|said| said.starts_with("E0801")), "{said:?}");
    for text in ["{".repeat(10_000), "[".repeat(10_000), "a = [".repeat(5_000), "\u{0}\u{fffd}".to_owned()] {
        assert!(!problems(&text).is_empty());
    }
}

#[test]
fn a_dearer_class_of_long_requests_takes_over_what_it_does_not_say() {
    let long = "price = { input = \"1\", output = \"10\", cached_input = \"0.1\", long_context = [{ above = 50, input = \"2\" }] }";
    let text =
        UNIT.lines().map(|line| if line.starts_with("price") { long } else { line }).collect::<Vec<_>>().join("\n");
    let price = facts(&with_project(&text), "unit").price;
    let class = price.long_context.first().expect("a class");
    assert_eq!((class.above, class.rates.input.picos_per_token()), (50, 2_000_000));
    assert_eq!((class.rates.output, class.rates.cached_input), (price.rates.output, price.rates.cached_input));
    let without_above = text.replace("above = 50, ", "");
    assert!(problems(&without_above)[0].contains("has no `above`"));
}

/// What a tier says: its message and its help.
fn refused(catalogue: &Catalogue, provider: &str, id: &str) -> (String, Vec<String>) {
    let here = Span::default();
    let diagnostic = catalogue.facts((provider, here), (id, here)).expect_err("something is wrong");
    (format!("{}: {}", diagnostic.code, diagnostic.message), diagnostic.help)
}

#[test]
fn a_tier_finds_its_model_or_says_what_is_wrong() {
    let catalogue = with_project("[models.house-llama]\nprovider = \"local\"");
    let here = Span::default();
    let found = catalogue.facts(("anthropic", here), ("claude-sonnet-4-5", here)).expect("a usable model");
    assert_eq!(found.provider, Provider::Anthropic);

    let (message, help) = refused(&catalogue, "openai", "gpt-5-mni");
    assert_eq!(message, "E0805: `openai` has no model `gpt-5-mni` that is known");
    assert_eq!(help[0], "did you mean `gpt-5-mini`?");

    let (_, help) = refused(&catalogue, "openai", "claude-sonnet-4-5");
    assert_eq!(help[0], "did you mean `anthropic(\"claude-sonnet-4-5\")`?");

    let (message, help) = refused(&catalogue, "model", "hous-llama");
    assert_eq!(
        (message.as_str(), help[0].as_str()),
        ("E0805: unknown model `hous-llama`", "did you mean `house-llama`?")
    );

    let (message, help) = refused(&catalogue, "opnai", "gpt-5-mini");
    assert_eq!((message.as_str(), help[0].as_str()), ("E0806: unknown provider `opnai`", "did you mean `openai`?"));

    let (message, help) = refused(&catalogue, "model", "house-llama");
    assert!(message.starts_with("E0807: `house-llama` has no tokenizer, no context length"), "{message}");
    assert!(help[0].contains("[models.house-llama]\ntokenizer = "), "{help:?}");
}
