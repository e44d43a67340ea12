//! The worst case of a flow, told by `flowc bound --witness` and played by `flow run --witness`, through the commands.

use flow_tests::command::Project;
use serde_json::Value;

/// Everything that a person writes and that has a witness: tools with a gate, a ladder, a judge, turns, retries, repairs, an
/// `else`, a list and a loop, at models that count bytes.
const FLOW: &str = r#"
tier cheap = model("cheap")
tier dear  = model("dear")
tier any   = model("cheap") | model("dear")

enum Topic { Billing, Bug }

type Note {
  topic: Topic
  text:  Text<=20tok
}

step read(line: Text<=30tok) -> Note {
  on any
  retry <= 2
  "Read {line}"
}

step fine(text: Text<=40tok) -> Bool {
  on cheap
  "Is it fine? {text}"
}

tool find(words: Text<=10tok) -> Text<=50tok {
  from   exec("./find")
  effect read
  price  $0.002
  time   <= 3s
}

step answer(line: Text<=30tok) -> Text<=40tok {
  on cheap -> dear
  accept fine(it)
  tools  find <= 3
  turns  <= 3
  repair <= 1
  "Answer {line}"
}

pub flow desk(lines: Text<=30tok[<=4], urgent: Bool) -> Int in 0..9 {
  budget cost <= $5, calls <= 200, time <= 90m
  let _notes = each line in lines, parallel <= 2 { read(line) }
  let _said  = each line in lines { answer(line) else "sorry" }
  loop <= 2 {
    if urgent { let _more = answer("again") }
  }
  return 3
}
"#;

const MODELS: &str = r#"
[models.cheap]
provider = "scripted"
tokenizer = { class = "ceiling", bytes_per_token = 1 }
context = 20000
max_output = 500
price = { input = "1.00", output = "4.00" }
timeout = "5s"

[models.dear]
provider = "scripted"
tokenizer = { class = "ceiling", bytes_per_token = 1 }
context = 20000
max_output = 500
price = { input = "5.00", output = "20.00", cache_write = "6.25" }
timeout = "9s"
"#;

fn project(flow: &str) -> Project {
    Project::new(&[("main.flow", flow), ("flow.toml", &format!("[project]\nname = \"desk\"\n{MODELS}"))])
}

/// An exact flow: without what is given less than it takes.
fn exact() -> String {
    FLOW.replace("answer(\"again\")", "answer(first)").replace(
        "pub flow desk(lines: Text<=30tok[<=4], urgent: Bool)",
        "pub flow desk(lines: Text<=30tok[<=4], first: Text<=30tok, urgent: Bool)",
    )
}

#[test]
fn the_worst_case_of_an_exact_flow_is_played_to_the_last_unit() {
    let project = project(&exact());
    let said = project.flow(&["run", "main.flow", "--witness", "all", "--json"]);
    assert_eq!(said.code, 0, "{}{}", said.stdout, said.stderr);
    let object = said.json();
    assert_eq!(object["exact"], true, "{object:#}");
    let witnesses = object["witnesses"].as_array().expect("a list");
    assert_eq!(witnesses.len(), 8);
    for witness in witnesses {
        assert_eq!(witness["reached"], witness["bound"], "{witness:#}");
        assert_eq!(witness["differences"], Value::Array(Vec::new()), "{witness:#}");
    }
    // Four are read at two models with two retries; six answers take two rungs of three turns, a repair and two judgements.
    let calls = &witnesses.iter().find(|of| of["dimension"] == "calls").expect("calls")["bound"];
    assert_eq!(*calls, 4 * (2 + 2) + 6 * (2 * 3 + 1 + 2));
}

#[test]
fn a_played_witness_is_of_its_schema_and_leaves_nothing_behind() {
    let project = project(FLOW);
    let said = project.flow(&["run", "main.flow", "--witness", "cost", "--json"]);
    super::commands::assert_valid("flow.witness.v1", &said.json());
    assert!(!project.path().join(".flow").exists(), "a ledger was made");
}

#[test]
fn a_flow_that_is_not_exact_plays_its_best_run_and_says_why() {
    let project = project(FLOW);
    let said = project.flow(&["run", "main.flow", "--witness", "input"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    for part in
        ["below", "`answer` is given less than it takes", "no model and no tool was called", "desk/each: 4 elements"]
    {
        assert!(said.stdout.contains(part), "{part}: {}", said.stdout);
    }
}

#[test]
fn the_compiler_tells_the_same_run() {
    let project = project(&exact());
    let said = project.flowc(&["bound", "main.flow", "--witness", "time"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    for part in ["desk/each: 4 elements", "turns 1 to 3", "`flow run --witness time` plays it"] {
        assert!(said.stdout.contains(part), "{part}: {}", said.stdout);
    }
}

#[test]
fn what_is_no_dimension_and_what_cannot_be_run_is_refused() {
    let project = project(FLOW);
    let said = project.flow(&["run", "main.flow", "--witness", "costs"]);
    assert_eq!(said.code, 64);
    assert!(said.stderr.contains("E0043") && said.stderr.contains("did you mean `cost`?"), "{}", said.stderr);
    let said = project.flow(&["run", "main.flow", "--witness", "cost", "--dry"]);
    assert_eq!(said.code, 64);
    let asks = "pub flow f() -> Bool {\n  budget time <= 5h\n  return ask person(\"lead\", within 4h) -> Bool \"Really?\"\n}\n";
    let project = self::project(asks);
    let said = project.flow(&["run", "main.flow", "--witness", "time"]);
    assert_eq!(said.code, 0, "{said:#?}");
    assert!(said.stdout.contains("4h"), "a person answers at the last moment: {said:#?}");
}
