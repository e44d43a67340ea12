//! Names of other files, and facts of models.

use crate::catalogue::Catalogue;
use crate::check;
use crate::resolve;
use crate::source::{SourceId, Sources};
use crate::testing::{Memory, check};

#[test]
fn what_a_file_imports_is_checked_with_it() {
    let kb = r#"
tier small = local("smollm2-135m-instruct")
pub enum Topic { Billing, Bug }
pub type Note { text: Text<=40tok, topic: Topic }
pub step ask(topic: Topic) -> Note {
  on small
  """{topic}"""
}
pub flow inner(topic: Topic) -> Note {
  budget calls <= 1
  return ask(topic)
}
"#;
    let main = r#"
use kb { inner, Note, Topic }
pub flow outer(n: Note) -> Topic {
  budget calls <= 1
  let note = inner(n.topic)
  if n.topic is Bug { return Billing }
  return note.topic
}
"#;
    let (checked, _) = check(&Memory::of(main).with("kb.flow", kb));
    assert_eq!(checked.diagnostics, []);
    let flows: Vec<&str> = checked.value.flows.iter().map(|flow| flow.name.as_str()).collect();
    assert_eq!(flows, ["outer", "inner"], "those of the root first");
    assert_eq!(checked.value.readers.len(), 1);
    assert_eq!(checked.value.flows[1].place.file, "kb.flow");
}

#[test]
fn one_name_is_one_ceiling_whatever_file_it_is_in() {
    let flow = |name: &str| {
        format!("pub flow {name}() -> Int in 0..1 {{\n  budget calls <= 0\n  under team\n  return 1\n}}\n")
    };
    let other = format!("pub ceiling team {{ cost <= $5 per 1d }}\n{}", flow("inner"));
    let own = "ceiling team { cost <= $6 per 1d }";
    let main = |ceiling: &str, names: &str| {
        format!(
            "use ops.kb {{ {names} }}\n{ceiling}\npub flow outer() -> Int in 0..1 {{\n  budget calls <= 0\n  under team\n  return inner()\n}}\n"
        )
    };
    let said = |main: &str| check(&Memory::of(main).with("ops/kb.flow", &other)).0.diagnostics;
    assert_eq!(said(&main("", "inner, team")), []);
    for declared in [own, "ceiling team { cost <= $5 per 1d }"] {
        let [one] = &said(&main(declared, "inner"))[..] else { panic!("{declared}") };
        assert_eq!((one.code.to_string().as_str(), one.labels.len()), ("E0622", 2), "{one:#?}");
        assert!(one.help.iter().any(|help| help.contains("use ops.kb { team }` in `main.flow`")), "{one:#?}");
    }
}

/// What is said with a catalogue of one model that has no price.
fn with_unpriced(text: &str) -> Vec<String> {
    let catalogue = Catalogue::read(
        SourceId::default(),
        "[models.unit]\nprovider = \"scripted\"\ntokenizer = { class = \"ceiling\", bytes_per_token = 1 }\ncontext = 1000\nmax_output = 100\n",
    );
    assert_eq!(catalogue.diagnostics, []);
    let mut sources = Sources::default();
    let resolved = resolve::resolve(&Memory::of(text), "main.flow", &mut sources);
    let checked = resolved.and_then(|resolved| check::check(&resolved, &catalogue.value, &sources));
    checked.diagnostics.iter().map(|of| format!("{} {}", of.code, of.labels.len())).collect()
}

#[test]
fn a_model_without_a_price_is_refused_where_it_is_used() {
    let tier = "tier unit = model(\"unit\")\n";
    assert_eq!(with_unpriced(tier), Vec::<String>::new(), "nothing uses it");
    let step = format!("{tier}step s() -> Text<=9tok {{\n  on unit\n  \"\"\"x\"\"\"\n}}\n");
    assert_eq!(with_unpriced(&step), ["E0807 2"]);
}

#[test]
fn a_literal_counts_under_the_models_of_its_file() {
    let text = "tier mid = openai(\"gpt-5-mini\")\nflow f() -> Text<=4tok {\n  budget calls <= 0\n  return \"one two three four\"\n}\n";
    assert_eq!(check(&Memory::of(text)).0.diagnostics, []);
}
