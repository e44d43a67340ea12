//! What scripts rely on: the objects that the commands print are those of the schemas in `docs/schemas`.

use flow_tests::command::{Project, Said, repository};
use serde_json::Value;

fn validator(schema: &str) -> jsonschema::Validator {
    let path = repository().join(format!("docs/schemas/{schema}.json"));
    let text = std::fs::read_to_string(path).expect("the schema is published");
    let schema: Value = serde_json::from_str(&text).expect("the schema is JSON");
    jsonschema::draft202012::new(&schema).expect("the schema is one")
}

pub(crate) fn assert_valid(schema: &str, object: &Value) {
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

/// The failures that a flow does not handle are part of what is said of it; those that an `else` handles are not.
#[test]
fn check_names_the_failures_that_a_flow_leaves() {
    let whole = flow("cost <= $1");
    let handled = whole.replace("greet(name)\n", "greet(name) else \"Hello\"\n");
    let fails = |text: &str| {
        let said = Project::new(&[("main.flow", text)]).flowc(&["check", "--format", "json"]).json();
        assert_valid("flow.check.v1", &said);
        let all = said["flows"][0]["fails"].as_array().cloned().unwrap_or_default();
        all.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(fails(&whole), ["Invalid", "Truncated", "Refused", "TooLong", "Timeout", "Unavailable", "Unknown"]);
    assert!(fails(&handled).is_empty());
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
         step greet(name: Text<=16tok) -> Text<=40tok {{\n  on mid\n  \"Welcome {{raw name}}.\"\n}}\n\n\
         pub flow hello(name: Text<=16tok) -> Text<=40tok {{\n  budget {budget}\n  let said = greet(name)\n  \
         check not empty(said) else escalate(\"nothing was said\")\n  return said\n}}\n"
    )
}

/// Whoever runs a flow of a project from outside of it reads its ledger with the command that the run names.
#[test]
fn the_last_run_is_found_from_where_it_was_started() {
    let flow = flow("cost <= $1");
    let project = Project::new(&[
        ("a/flow.toml", ""),
        ("a/main.flow", &flow),
        ("b/flow.toml", ""),
        ("b/main.flow", &flow),
        ("answers.toml", "[[answer]]\nstep = \"greet\"\nvalue = \"Welcome\""),
    ]);
    let at = |folder: &str, arguments: &[&str]| {
        let mut command = project.command("flow");
        let home = project.path().join("home");
        command.env_remove("FLOW_HOME").env("HOME", home).env_remove("XDG_DATA_HOME");
        Said::of(command.current_dir(project.path().join(folder)).args(arguments))
    };
    let run = |folder: &str, file: &str, answers: &str| {
        let ran = at(folder, &["run", file, "--input", "{\"name\": \"Ada\"}", "--answers", answers, "--quiet"]);
        assert_eq!(ran.code, 0, "{ran:#?}");
        let id = ran.stderr.split("run ").last().and_then(|end| end.split(':').next()).unwrap_or_default().to_owned();
        let command = ran.stderr.split('`').nth(1).unwrap_or_default().to_owned();
        (id, command)
    };
    let (first, command) = run("", "a/main.flow", "answers.toml");
    assert_eq!(command, "flow bom");
    let said = at("", &["bom"]);
    assert!(said.code == 0 && said.stdout.contains(&first), "{said:#?}");
    assert_eq!(said.stderr, "the ledger of a\n");

    let (second, command) = run("a", "../b/main.flow", "../answers.toml");
    assert_eq!(command, "flow bom --project ../b");
    for (folder, arguments) in [
        ("a", ["bom", "--project", "../b"]),
        ("", ["bom", "--project", "b/main.flow"]),
        ("", ["trace", "--project", "b"]),
        ("", ["report", "--project", "b"]),
    ] {
        let said = at(folder, &arguments);
        assert!(said.code == 0 && said.stdout.contains(&second[..13]), "{said:#?}");
    }
    assert!(at("a", &["bom"]).stdout.contains(&first));
    assert_eq!(at("", &["bom", "--project", "c"]).code, 64);
}

/// Whoever asked for JSON gets JSON, also where there is nothing to say but why not.
#[test]
fn what_cannot_be_done_is_of_its_schema_too() {
    let project = Project::new(&[("main.flow", &flow("cost <= $1")), ("home", "no folder")]);
    let mut elsewhere = project.command("flow");
    elsewhere.env("FLOW_HOME", project.path().join("home")).args(["bom", "--json"]);
    let said = [
        (project.flow(&["run", "main.flow", "--json"]), Some("E0901")),
        (project.flow(&["run", "nowhere.flow", "--json"]), Some("E0001")),
        (project.flow(&["bom", "--json", "0000"]), Some("E0907")),
        (Said::of(&mut elsewhere), Some("E0904")),
        (project.flow(&["run", "--json"]), None),
        (project.flowc(&["check", "nowhere.flow", "--format", "json"]), Some("E0001")),
        (project.flowc(&["check", "--format=json", "--no-such-option"]), None),
    ];
    for (said, code) in said {
        let object = said.json();
        assert_valid("flow.error.v1", &object);
        assert_eq!((said.code, object["code"].as_str()), (64, code), "{said:#?}");
        assert!(!said.stderr.is_empty(), "{said:#?}");
    }
    assert_eq!(project.flow(&["run", "nowhere.flow"]).stdout, "");
}

/// A result that cannot be written is not one, unless its reader had enough.
#[cfg(target_os = "linux")]
#[test]
fn a_result_that_is_lost_is_an_error() {
    let project = Project::new(&[("main.flow", &flow("cost <= $1"))]);
    for (program, arguments) in [("flowc", &["check", "main.flow"][..]), ("flowc", &["--help"]), ("flow", &["report"])]
    {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a device");
        let mut command = project.command(program);
        assert_eq!(project.flow(&["run", "main.flow", "--input", "{\"name\": \"Ada\"}", "--quiet"]).code, 3);
        let said =
            command.args(arguments).stdout(full).stderr(std::process::Stdio::piped()).spawn().expect("it starts");
        let said = said.wait_with_output().expect("it ends");
        let stderr = String::from_utf8_lossy(&said.stderr);
        assert_eq!(said.status.code(), Some(70), "{program}: {stderr}");
        assert!(stderr.contains("cannot be written: no space left on device"), "{stderr}");
    }
}

/// What adds nothing to the worst case is no line of where it goes; scripts still see it.
#[test]
fn where_it_goes_names_what_costs() {
    let text = flow("cost <= $1")
        .replace("  let said =", "  let free = look(name)\n  let said =")
        .replace("return said", "return if empty(free) { said } else { free }");
    let tool = "tool look(name: Text<=16tok) -> Text<=40tok {\n  from exec(\"echo\")\n  effect read\n  price $0.00\n  \
                time <= 1s\n}\n\n";
    let project = Project::new(&[("main.flow", &format!("/// Looks.\n{tool}{text}"))]);
    let said = project.flowc(&["check", "main.flow"]);
    assert_eq!(said.code, 0, "{said:#?}");
    assert!(said.stdout.contains("hello/greet") && !said.stdout.contains("hello/look"), "{said:#?}");
    assert!(project.flowc(&["check", "main.flow", "--format", "json"]).stdout.contains("look"));
}
