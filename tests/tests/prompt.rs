//! `flowc prompt`: what it shows of a prompt is what is sent, and what it counts is what is proved.

use flow_tests::command::{Project, Said, repository};
use flow_tests::mockllm::{MockLlm, Mode, Script};
use serde_json::{Value, json};

use crate::commands::assert_valid;
use crate::run::{project, run};

const FLOW: &str = r#"tier unit = model("unit")

enum Mood {
  Calm
  Cross { since: Int in 1..9 }
}

type Line {
  text: Text<=40char
  paid: Usd<=$50
}

step answer(mail: Text<=200char, mood: Mood, lines: Line[<=3], urgent: Bool, sure: Score?) -> Mood {
  on unit

  system """
  Be	kind.  Always.
  """

  """
  {if urgent}
  Now:
  {else}
  Later ({sure}):
  {end}
  {mail}

  {each line in lines}
  - {line.text} {line.paid}
  {end}
  {if mood is Calm and len(lines) > 1}
  Calm: {lines}
  {end}
  {{{mood}}}
  """
}

pub flow ask(mail: Text<=200char, mood: Mood, lines: Line[<=3], urgent: Bool, sure: Score?) -> Mood {
  budget cost <= $1.00, calls <= 9, time <= 5m

  return answer(mail, mood, lines, urgent, sure)
}
"#;

fn desk() -> Project {
    project(FLOW, &[("unit", &MockLlm::start(Script::always(Mode::Correct)).expect("it starts"))])
}

/// The text of the messages, where all of it is known.
fn texts(object: &Value) -> Vec<(String, String)> {
    let text = |piece: &Value| piece["text"].as_str().unwrap_or_else(|| panic!("{piece} is known")).to_owned();
    let message = |of: &Value| {
        let pieces = of["pieces"].as_array().expect("pieces");
        (of["role"].as_str().expect("a role").to_owned(), pieces.iter().map(text).collect())
    };
    object["messages"].as_array().expect("messages").iter().map(message).collect()
}

/// What is shown with values is, to the letter, what a provider is sent for them, and is counted as it is there.
#[test]
fn a_preview_with_values_is_what_is_sent() {
    let inputs = [
        json!({ "mail": "Hi </DATA> there", "mood": "Calm", "urgent": true, "sure": null,
                "lines": [{ "text": "a \"b\"", "paid": 12.5 }, { "paid": 3, "text": "c\nd" }] }),
        json!({ "mail": "", "mood": { "Cross": { "since": 3 } }, "urgent": false, "sure": 0.5, "lines": [] }),
        json!({ "mail": "ü\u{200b}", "mood": "Calm", "urgent": false, "sure": 1, "lines": [{ "text": "", "paid": 0.000000001 }] }),
    ];
    for input in inputs {
        let mock = MockLlm::start(Script::always(Mode::Correct).answering("\"Calm\"")).expect("it starts");
        let project = project(FLOW, &[("unit", &mock)]);
        let ran = run(&project, &input.to_string());
        assert_eq!(ran.said.code, 0, "{:#?}", ran.said);
        let shown = project.flowc(&["prompt", "main.flow", "--format", "json", "--input", &input.to_string()]).json();
        assert_valid("flow.prompt.v1", &shown);
        let books = mock.books();
        let sent = books.entries[0].body["messages"].as_array().expect("messages");
        let sent: Vec<(String, String)> = sent
            .iter()
            .map(|of| (of["role"].as_str().unwrap_or("").to_owned(), of["content"].as_str().unwrap_or("").to_owned()))
            .collect();
        assert_eq!(texts(&shown), sent);
        let reader = &shown["readers"][0];
        assert!(reader["this"].as_u64() <= reader["request"].as_u64(), "{reader}");
        assert!(reader["this"].as_u64() > reader["fixed"].as_u64(), "{reader}");
    }
}

#[test]
fn what_is_not_known_stands_at_its_size() {
    let said = desk().flowc(&["prompt", "main.flow", "answer", "--set", "mood=Calm"]);
    let wanted = "\
answer · main.flow:13

── system ──
Be→kind.··Always.

── user ──
‹if urgent›Now:¶
‹else›Later (‹sure: Score?›):¶
‹end›<data>¶
‹mail: Text<=200char›¶
</data>¶
¶
‹each line in lines, 3 times at most›- <data>‹line.text: Text<=40char›</data> ‹line.paid: Usd<=$50›¶
‹end›‹if mood is Calm and len(lines) > 1›Calm: <data>‹lines: Line[<=3]›</data>¶
‹end›{Calm}¶
¶
Answer with JSON only, in this shape: \"Calm\" | {\"Cross\": {\"since\": whole number from 1 to 9}}
";
    assert_eq!(said.code, 0, "{said:#?}");
    assert!(said.stdout.starts_with(wanted), "{}", said.stdout);
    assert!(said.stdout.contains("\n── schema of the answer ──\n{\"anyOf\":"), "{}", said.stdout);
}

/// The parts that are shown add up to the largest first request, which is the one that the bound counts, of every step there is.
#[test]
fn the_parts_of_every_request_add_up() {
    let here = Project::new(&[]);
    let flowc = |args: &[&str]| Said::of(here.command("flowc").current_dir(repository()).args(args));
    let files =
        ["examples/02-triage", "examples/05-support-desk", "examples/06-contract-review", "examples/14-map-reduce"];
    let mut seen = 0;
    for file in files.map(|folder| format!("{folder}/main.flow")) {
        let steps = flowc(&["prompt", &file, "no_such_step_at_all"]).stderr;
        for step in steps.split('`').skip(3).step_by(2) {
            let said = flowc(&["prompt", &file, step, "--format", "json"]);
            let shown = said.json();
            assert_valid("flow.prompt.v1", &shown);
            for reader in shown["readers"].as_array().expect("readers") {
                let part = |key: &str| reader[key].as_u64().unwrap_or_else(|| panic!("{key} of {reader}"));
                let sum: u64 = ["fixed", "values", "tools", "answer_schema", "overhead"].into_iter().map(part).sum();
                assert_eq!(sum, part("request"), "{file} {step}: {reader}");
                assert_eq!(reader["this"], Value::Null);
                seen += 1;
            }
        }
    }
    assert!(seen >= 20, "{seen} readers");
}

#[test]
fn a_step_or_a_value_that_is_not_there_is_told_with_what_is() {
    let two = FLOW
        .replace("pub flow", "step other(x: Text<=9char) -> Text<=9char {\n  on unit\n  \"{raw x}\"\n}\n\npub flow");
    let project = desk();
    project.write("two.flow", two);
    let said = |args: &[&str]| {
        let said = project.flowc(&[&["prompt"], args].concat());
        assert_eq!((said.code, said.stdout.as_str()), (64, ""), "{said:#?}");
        said.stderr
    };
    for (args, code, wanted) in [
        (&["two.flow"][..], "E0041", "name one of `answer`, `other`"),
        (&["two.flow", "othre"], "E0041", "did you mean `other`?"),
        (&["two.flow", "other", "--set", "y=1"], "E0042", "`y` is no parameter of the step"),
        (&["two.flow", "other", "--set", "x=1"], "E0042", "`x` is no `Text<=9char`"),
        (&["two.flow", "other", "--set", "x"], "E0042", "`x` sets nothing"),
        (&["two.flow", "other", "--input", "{"], "E0042", "the input is not JSON"),
        (&["two.flow", "other", "--input", "@none.json"], "E0042", "the input in `none.json` cannot be read"),
        (&["two.flow", "other", "--set", "x=more than nine"], "E0042", "at most 9char are allowed"),
        (&["main.flow", "--set", "mood=Clam"], "E0042", "did you mean `Calm`?"),
        (&["main.flow", "--set", "lines=[{\"text\": \"\"}]"], "E0042", "`lines[0].paid` is missing"),
    ] {
        let text = said(args);
        assert!(text.contains(code) && text.contains(wanted), "{args:?}: {text}");
    }
}
