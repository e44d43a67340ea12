//! A budget one nano-dollar below the bound fails, with a factor, a path and a fix that passes when it is applied.

use flow_tests::command::Project;
use serde_json::Value;

/// Flows whose ceiling in dollars is above zero, each dear for another reason.
const FLOWS: [(&str, &str); 6] = [
    ("retries", "flow f(x: Text<=100tok) -> Answer {\n  BUDGET\n  return retried(x)\n}\n"),
    ("ladders", "flow f(x: Text<=100tok) -> Answer {\n  BUDGET\n  return climbing(x)\n}\n"),
    ("turns", "flow f(x: Text<=100tok) -> Answer {\n  BUDGET\n  return looking(x)\n}\n"),
    (
        "rounds",
        "flow f(x: Text<=100tok) -> Answer {\n  BUDGET\n  var a = plain(x)\n  loop <= 3 { a = plain(a.text) }\n  return a\n}\n",
    ),
    (
        "elements",
        "flow f(xs: Text<=100tok[<=4]) -> Answer[<=4] {\n  BUDGET\n  return each x in xs, parallel <= 2 { retried(x) else skip }\n}\n",
    ),
    ("nothing to lower", "flow f(x: Text<=100tok) -> Answer {\n  BUDGET\n  return plain(x)\n}\n"),
];

const STEPS: &str = r#"
tier unit   = model("unit")
tier strong = model("strong")

type Answer { text: Text<=100tok, sure: Score }

tool search(query: Text<=20tok) -> Text<=80tok {
  from   exec("true")
  effect read
  price  $0.0001
  time   <= 1s
}

step plain(x: Text<=100tok) -> Answer {
  on unit
  """
  {raw x}
  """
}

step retried(x: Text<=100tok) -> Answer {
  on     unit
  retry  <= 2
  repair <= 1
  """
  {raw x}
  """
}

step climbing(x: Text<=100tok) -> Answer {
  on     unit -> strong
  accept .sure >= 0.5
  """
  {raw x}
  """
}

step looking(x: Text<=100tok) -> Answer {
  on    unit
  tools search <= 3
  turns <= 4
  """
  {raw x}
  """
}
"#;

const MODELS: &str = r#"
[models.unit]
provider     = "openai"
base_url     = "http://127.0.0.1:9/v1"
tokenizer    = { class = "ceiling", bytes_per_token = 1 }
context      = 100_000
max_output   = 10_000
output_field = "max_completion_tokens"
price        = { input = "1.00", output = "10.00" }

[models.strong]
provider     = "openai"
base_url     = "http://127.0.0.1:9/v1"
tokenizer    = { class = "ceiling", bytes_per_token = 1 }
context      = 100_000
max_output   = 10_000
output_field = "max_completion_tokens"
price        = { input = "5.00", output = "50.00" }
"#;

/// Dollars with nine digits in nano-dollars.
fn nanos(dollars: &Value) -> u64 {
    dollars.as_str().expect("money is a string").replace('.', "").parse().expect("digits")
}

/// The text with the fix of a diagnostic applied.
fn repaired(text: &str, fix: &Value) -> String {
    let at = |line: &str, column: &str| {
        let number = |key: &str| usize::try_from(fix[key].as_u64().expect("a number")).expect("small");
        let start: usize = text.split_inclusive('\n').take(number(line) - 1).map(str::len).sum();
        start + number(column) - 1
    };
    let replacement = fix["replacement"].as_str().expect("a text");
    format!("{}{replacement}{}", &text[..at("line", "column")], &text[at("end_line", "end_column")..])
}

#[test]
fn one_nano_dollar_too_much_names_factor_path_and_a_fix_that_passes() {
    for (name, flow) in FLOWS {
        let source = |budget: u64| {
            let budget = format!("budget cost <= ${}.{:09}", budget / 1_000_000_000, budget % 1_000_000_000);
            format!("{STEPS}{}", flow.replace("BUDGET", &budget))
        };
        let project = Project::new(&[("flow.toml", MODELS), ("main.flow", &source(1_000_000_000_000))]);
        let roomy = project.flowc(&["check", "main.flow", "--format", "json"]);
        assert_eq!(roomy.code, 0, "{name}: {roomy:#?}");
        let bound = nanos(&roomy.json()["flows"][0]["bound"]["cost"]);
        assert!(bound > 0, "{name} costs something");

        project.write("main.flow", source(bound));
        assert_eq!(project.flowc(&["check", "main.flow"]).code, 0, "{name}: a budget that is the bound holds");

        let text = source(bound - 1);
        project.write("main.flow", &text);
        let said = project.flowc(&["check", "main.flow", "--format", "json"]);
        assert_eq!(said.code, 1, "{name}: {said:#?}");
        let json = said.json();
        assert_eq!(json["verdict"], "over", "{name}");
        let over = json["diagnostics"].as_array().expect("a list").iter().find(|d| d["code"] == "E0201");
        let over = over.unwrap_or_else(|| panic!("{name}: E0201 is said"));
        let message = over["message"].as_str().expect("a message");
        assert!(message.contains("times its budget"), "{name}: no factor in {message}");
        let help: Vec<&str> = over["help"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
        assert!(help.iter().any(|line| line.starts_with("path: f > ")), "{name}: no path in {help:?}");

        let fixed = repaired(&text, &over["fix"]);
        project.write("main.flow", &fixed);
        let after = project.flowc(&["check", "main.flow"]);
        assert_eq!(after.code, 0, "{name}: the fix does not pass\n{fixed}\n{after:#?}");
    }
}
