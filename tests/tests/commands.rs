//! What scripts rely on: the objects that the commands print are those of the schemas in `docs/schemas`.

use flow_tests::command::{Project, Said, repository};
use serde_json::Value;

fn validator(schema: &str) -> jsonschema::Validator {
    let path = repository().join(format!("docs/schemas/{schema}.json"));
    let text = std::fs::read_to_string(path).expect("the schema is published");
    let schema: Value = serde_json::from_str(&text).expect("the schema is JSON");
    jsonschema::draft202012::new(&schema).expect("the schema is one")
}

fn assert_valid(schema: &str, object: &Value) {
    let wrong: Vec<String> =
        validator(schema).iter_errors(object).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(wrong.is_empty(), "{schema}: {}\n{object:#}", wrong.join("\n"));
}

/// What `flowc check --format json` prints of the examples and of what is wrong with them is of its schema.
#[test]
fn check_prints_what_its_schema_says() {
    let examples = repository().join("examples").display().to_string();
    let project = Project::new(&[
        ("over.flow", &flow("cost <= $0.00")),
        ("broken.flow", "flow broken( -> Text {"),
        ("wrong.flow", &flow("cost <= $1").replace("on mid", "on high")),
    ]);
    let check = |files: &[&str]| project.flowc(&[&["check", "--format", "json"], files].concat());
    let said: Vec<(Said, i32, &str)> = vec![
        (check(&[&examples]), 0, "ok"),
        (check(&["over.flow"]), 1, "over"),
        (check(&["broken.flow"]), 2, "invalid"),
        (check(&["wrong.flow"]), 2, "invalid"),
        (check(&[]), 2, "invalid"),
    ];
    for (said, code, verdict) in said {
        let object = said.json();
        assert_valid("flow.check.v1", &object);
        assert_eq!((said.code, object["verdict"].as_str()), (code, Some(verdict)), "{object:#}");
    }
}

/// What `flow run --json` prints of runs that end in every way is of its schema.
#[test]
fn run_prints_what_its_schema_says() {
    let project = Project::new(&[("main.flow", &flow("cost <= $1"))]);
    let run = |answers: &str, more: &[&str]| {
        project.write("answers.toml", answers);
        let arguments = ["run", "main.flow", "--input", "{\"name\": \"Ada\"}", "--answers", "answers.toml", "--json"];
        project.flow(&[&arguments[..], more].concat())
    };
    let answer = "[[answer]]\nstep = \"greet\"\n";
    let said = [
        (run(&format!("{answer}value = \"Welcome\""), &[]), 0, "done"),
        (run(&format!("{answer}value = \" \""), &[]), 3, "escalated"),
        (run(&format!("{answer}fail = \"Refused\""), &[]), 4, "failed"),
        (run(&format!("{answer}value = \"Welcome\""), &["--budget", "cost <= $0.00"]), 5, "refused"),
    ];
    for (said, code, status) in said {
        let object = said.json();
        assert_valid("flow.run.v1", &object);
        assert_eq!((said.code, object["status"].as_str()), (code, Some(status)), "{object:#}");
    }
}

/// A flow of one step at a model with a price.
fn flow(budget: &str) -> String {
    format!(
        "tier mid = openai(\"gpt-5.4-mini\")\n\n\
         step greet(name: Text<=16tok) -> Text<=40tok {{\n  on mid\n  \"Welcome {{name}}.\"\n}}\n\n\
         pub flow hello(name: Text<=16tok) -> Text<=40tok {{\n  budget {budget}\n  let said = greet(name)\n  \
         check not empty(said) else escalate(\"nothing was said\")\n  return said\n}}\n"
    )
}
