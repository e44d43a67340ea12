//! What stands for longer than a run, through the real commands: what routes see of the caller and of classifiers, keys of
//! tools, gates, and what this version refuses before anything is sent.

use flow_tests::command::{Project, Said};
use serde_json::Value;

/// Played models: one token is one byte; `gold` costs twice what `plain` does.
const MODELS: &str = r#"
[project]
name = "standing"

[models.plain]
provider   = "scripted"
tokenizer  = { class = "ceiling", bytes_per_token = 1 }
context    = 10_000
max_output = 1_000
price      = { input = "1.00", output = "10.00" }

[models.gold]
provider   = "scripted"
tokenizer  = { class = "ceiling", bytes_per_token = 1 }
context    = 10_000
max_output = 1_000
price      = { input = "2.00", output = "20.00" }

[models.reader]
provider   = "scripted"
kind       = "embed"
tokenizer  = { class = "ceiling", bytes_per_token = 1 }
context    = 1_000
price      = { input = "0.10" }

[mcp.help-centre]
command = "help-server"
args    = ["--stdio"]
"#;

const TIERS: &str = "tier plain = model(\"plain\")\ntier gold = model(\"gold\")\ntier reader = model(\"reader\")\n";

const ANSWERS: &str = r#"
[[answer]]
step  = "reply"
value = "hello"
times = "always"

[[answer]]
step  = "risk"
value = true

[[answer]]
step  = "risk"
value = false
"#;

fn project(flow: &str) -> Project {
    Project::new(&[("flow.toml", MODELS), ("main.flow", &format!("{TIERS}{flow}")), ("answers.toml", ANSWERS)])
}

fn run(project: &Project, args: &[&str]) -> Said {
    let usual = ["run", "main.flow", "--json", "--answers", "answers.toml"];
    project.flow(&[&usual[..], args].concat())
}

/// The tiers of the attempts at a step of the last run, in their order.
fn tiers(project: &Project, step: &str) -> Vec<String> {
    let ledger = rusqlite::Connection::open(project.path().join(".flow/ledger.db")).expect("a ledger");
    let query = "SELECT tier FROM attempts WHERE step = ?1 AND run = (SELECT max(run) FROM attempts) ORDER BY number";
    let mut found = ledger.prepare(query).expect("attempts");
    let rows = found.query_map([step], |row| row.get(0)).expect("rows");
    rows.collect::<Result<_, _>>().expect("tiers")
}

const BY_CALLER: &str = r#"
route by_caller() {
  caller.tier == "gold" and caller.tenant not in ["acme"] => gold
  caller.region != "eu" => gold
  _ => plain
}

step reply(name: Text<=16tok) -> Text<=20tok {
  on by_caller()
  "Greet {name}."
}

pub flow main(name: Text<=16tok) -> Text<=20tok {
  budget cost <= $0.01, calls <= 1
  return reply(name)
}
"#;

#[test]
fn a_route_sees_the_caller() {
    let project = project(BY_CALLER);
    // What is not known makes no comparison true, neither `==` nor `!=` nor `not in`.
    let cases: [(&[&str], &str); 6] = [
        (&[], "plain"),
        (&["--caller", "tier=gold"], "plain"),
        (&["--caller", "tier=gold", "--caller", "tenant=blue"], "gold"),
        (&["--caller", "tier=gold", "--caller", "tenant=acme"], "plain"),
        (&["--caller", "region=eu"], "plain"),
        (&["--caller", "region=us"], "gold"),
    ];
    for (facts, tier) in cases {
        let said = run(&project, &[&["--input", r#"{"name": "Ada"}"#], facts].concat());
        assert_eq!(said.code, 0, "{said:#?}");
        assert_eq!(tiers(&project, "reply"), [tier], "{facts:?}");
        let json = said.json();
        let dollars =
            |of: &str| json[of]["cost"].as_str().and_then(|cost| cost.parse::<flow_compiler::cost::Money>().ok());
        assert!(dollars("spent") <= dollars("bound"), "{json}");
    }
}

#[test]
fn a_fact_about_the_caller_is_given_once_and_is_short() {
    let project = project(BY_CALLER);
    let long = format!("tier={}", "x".repeat(257));
    let cases: [(&[&str], &str); 4] = [
        (&["--caller", "gold"], "`gold` is no fact about a caller"),
        (&["--caller", "Tier=gold"], "`Tier=gold` is no fact about a caller"),
        (&["--caller", "tier=a", "--caller", "tier=b"], "`tier` is given twice"),
        (&["--caller", &long], "`tier` has 257 bytes; a fact about a caller has at most 256"),
    ];
    for (facts, why) in cases {
        let said = run(&project, &[&["--input", r#"{"name": "Ada"}"#], facts].concat());
        assert_eq!(said.code, 64, "{said:#?}");
        assert_eq!(said.json()["code"], "E0952", "{said:#?}");
        assert_eq!(said.json()["message"], why, "{said:#?}");
    }
    assert!(!project.path().join(".flow/ledger.db").exists(), "nothing was begun");
}

#[test]
fn a_route_asks_a_classifier_before_it_chooses() {
    let project = project(
        r#"
step risk(text: Text<=16tok) -> Bool {
  on plain
  "Is this risky? {text}"
}

route by_risk(text: Text<=16tok) {
  risk(text) => gold
  _ => plain
}

step reply(name: Text<=16tok) -> Text<=20tok {
  on by_risk(name)
  "Greet {name}."
}

pub flow main(names: Text<=16tok[<=2]) -> Text<=20tok[<=2] {
  budget cost <= $0.05, calls <= 4
  return each name in names { reply(name) }
}
"#,
    );
    let said = run(&project, &["--input", r#"{"names": ["Ada", "Bob"]}"#]);
    assert_eq!(said.code, 0, "{said:#?}");
    assert_eq!(tiers(&project, "risk"), ["plain", "plain"], "once for each use of the route");
    assert_eq!(tiers(&project, "reply"), ["gold", "plain"]);
    assert_eq!((&said.json()["spent"]["calls"], &said.json()["bound"]["calls"]), (&Value::from(4), &Value::from(4)));
}

#[test]
fn a_tool_with_several_keys_is_called_once_for_equal_ones() {
    let project = project(
        r#"
/// Notes that it was called.
tool note(order: Id, customer: Id, words: Text<=8tok) -> Text<=20tok {
  from   exec("sh", "-c", "cat >> calls.txt; echo >> calls.txt; echo done")
  effect write, once per order, customer
  price  $0.01
  time   <= 5s
  gate   words is not empty else deny
}

pub flow main() -> Text<=20tok[<=4] {
  budget cost <= $0.05, tools <= 5
  let a = note("1", "x", "a")
  let b = if a == "done" { note("1", "x", "b") } else { "no" }
  let c = if b == "done" { note("1", "y", "c") } else { "no" }
  let d = note("2", "y", "") else "denied"
  return [a, b, c, d]
}
"#,
    );
    let said = run(&project, &[]);
    assert_eq!(said.code, 0, "{said:#?}");
    assert_eq!(said.json()["result"], serde_json::json!(["done", "done", "done", "denied"]));
    let calls = std::fs::read_to_string(project.path().join("calls.txt")).expect("it was called");
    assert_eq!(calls.lines().count(), 2, "{calls}");
    assert_eq!(said.json()["spent"]["tools"], 4, "closed gates and repeated calls count");
}

#[test]
fn a_gate_gives_a_value_denies_or_asks_for_approval() {
    let project = project(
        r#"
/// Pays.
tool pay(amount: Usd<=$50) -> Text<=20tok {
  from   exec("echo", "paid")
  effect money
  price  $0.00
  time   <= 5s
  gate   amount <= $20 else approve("support-lead", within 4h)
}

/// Searches.
tool look(query: Text<=8tok) -> Text<=20tok {
  from   exec("echo", "found")
  effect read
  price  $0.00
  time   <= 5s
  gate   len(query) > 1 else "nothing"
}

/// Sends.
tool send(to: Id) -> Text<=20tok {
  from   exec("echo", "sent")
  effect send
  price  $0.00
  time   <= 5s
  gate   to == "ada" else deny
}

pub flow main(amount: Usd<=$50, query: Text<=8tok, to: Id) -> Text<=20tok[<=3] {
  budget cost <= $0.00, tools <= 3
  let found = look(query)
  let sent = send(to) else "denied"
  return [found, sent, pay(amount)]
}
"#,
    );
    let open = run(&project, &["--input", r#"{"amount": 20, "query": "abc", "to": "ada"}"#]);
    assert_eq!(open.json()["result"], serde_json::json!(["found", "sent", "paid"]), "{open:#?}");
    let closed = run(&project, &["--input", r#"{"amount": 20, "query": "a", "to": "bob"}"#]);
    assert_eq!(closed.json()["result"], serde_json::json!(["nothing", "denied", "paid"]), "{closed:#?}");
    let waits = run(&project, &["--input", r#"{"amount": 21, "query": "abc", "to": "ada"}"#]);
    assert_eq!((waits.code, &waits.json()["status"]), (3, &Value::from("waiting")), "{waits:#?}");
    assert_eq!(waits.json()["waiting"][0]["tool"], "pay");
    // The wait is in the bound: three tools side by side, the longest with its four hours.
    assert_eq!(waits.json()["bound"]["time_ms"], 4 * 3_600_000 + 5_000);
}

/// What this version does not do: a flow that reaches it, and what is said.
const REFUSED: [(&str, &str, &str); 3] = [
    (
        "E0960",
        "/// Searches.\ntool look(query: Text<=8tok) -> Text<=20tok {\n from mcp(\"help-centre\").search\n effect read\n \
         price $0\n time <= 2s\n}\n\
         pub flow main(q: Text<=8tok) -> Text<=20tok {\n budget tools <= 1\n return look(q)\n}\n",
        "`look` is of the server `help-centre`, and this version asks no servers (main.flow:5)",
    ),
    (
        "E0961",
        "index help = files(\"*.md\", chunk <= 20tok) by reader\ntype Piece { text: Text<=20tok }\n/// Searches.\n\
         tool look(query: Text<=8tok) -> Piece[<=2] {\n from index(help)\n effect read\n price $0\n time <= 2s\n}\n\
         step reply(name: Text<=8tok) -> Text<=20tok {\n on plain\n tools look <= 1\n turns <= 2\n \"{name}\"\n}\n\
         pub flow main(q: Text<=8tok) -> Text<=20tok {\n budget cost <= $1\n return reply(q)\n}\n",
        "`look` looks into the index `help`, and this version has no indexes (main.flow:7)",
    ),
    (
        "E0964",
        "route by() {\n failing(plain) > 10% => gold\n _ => plain\n}\n\
         step reply(name: Text<=8tok) -> Text<=20tok {\n on by()\n \"{name}\"\n}\n\
         pub flow main(q: Text<=8tok) -> Text<=20tok {\n budget cost <= $1\n return reply(q)\n}\n",
        "`reply` looks at how a tier does, and this version does not measure tiers (main.flow:8)",
    ),
];

#[test]
fn what_this_version_does_not_do_is_refused_before_anything_is_sent() {
    for (code, flow, why) in REFUSED {
        let project = project(flow);
        let checked = project.flowc(&["check", "main.flow"]);
        assert_eq!(checked.code, 0, "{code} compiles and is bounded: {checked:#?}");
        let said = run(&project, &["--input", r#"{"q": "abc"}"#]);
        assert_eq!((said.code, &said.json()["code"]), (64, &Value::from(code)), "{said:#?}");
        assert_eq!(said.json()["message"], why, "{said:#?}");
        assert!(said.stderr.contains("help"), "it says what to do: {said:#?}");
        assert!(!project.path().join(".flow/ledger.db").exists(), "{code}: nothing was begun");
        let dry = run(&project, &["--input", r#"{"q": "abc"}"#, "--dry"]);
        assert_eq!(dry.code, 0, "{code} has a ceiling: {dry:#?}");
        // A plan that was built says the same.
        let built = project.flowc(&["build", "main.flow", "-o", "main.plan"]);
        assert_eq!(built.code, 0, "{built:#?}");
        let said = project.flow(&["run", "main.plan", "--json", "--input", r#"{"q": "abc"}"#]);
        assert_eq!((said.code, &said.json()["code"]), (64, &Value::from(code)), "{said:#?}");
    }
}

#[test]
fn what_is_not_reached_is_not_refused() {
    let (_, flow, _) = REFUSED[2];
    let project =
        project(&format!("{flow}\nflow other(q: Text<=8tok) -> Text<=8tok {{\n budget calls <= 0\n return q\n}}\n"));
    let said = run(&project, &["--flow", "other", "--input", r#"{"q": "abc"}"#]);
    assert_eq!((said.code, &said.json()["result"]), (0, &Value::from("abc")), "{said:#?}");
}

#[test]
fn what_only_saves_is_left_out_and_said_once() {
    let project = project(
        r#"
step reply(name: Text<=16tok) -> Text<=20tok {
  on    plain
  cache for 7d like 0.95 by reader
  class background, window <= 3s
  "Greet {name}."
}

pub flow main(names: Text<=16tok[<=2]) -> Text<=20tok[<=2] {
  budget cost <= $0.05, calls <= 4
  return each name in names { reply(name) }
}
"#,
    );
    let input = r#"{"names": ["Ada", "Ada"]}"#;
    let said = run(&project, &["--input", input]);
    assert_eq!(said.code, 0, "{said:#?}");
    for (count, text) in [(1, "`reply` has a `cache`"), (1, "`reply` is of class `background`"), (2, "warning[W0966]")]
    {
        assert_eq!(said.stderr.matches(text).count(), count, "{said:#?}");
    }
    let (spent, bound) = (&said.json()["spent"], &said.json()["bound"]);
    assert_eq!(
        (&spent["calls"], &bound["calls"]),
        (&Value::from(2), &Value::from(4)),
        "the cache is counted as missed"
    );
    // Two attempts of a minute, two windows, two readings by the model of the cache.
    assert_eq!(bound["time_ms"], 2 * (60_000 + 3_000 + 60_000));
    let quiet = run(&project, &["--input", input, "--quiet"]);
    assert!(!quiet.stderr.contains("W0966"), "{quiet:#?}");
}

#[test]
fn servers_of_tools_are_declared_in_the_project_file() {
    let cases = [
        (
            "command = \"x\"\nargs = [\"a\"]\npin = \"blake3:0000000000000000000000000000000000000000000000000000000000000000\"",
            "",
        ),
        ("url = \"https://tools.example\"", ""),
        ("comand = \"x\"", "E0802"),
        ("command = \"x\"\nurl = \"https://tools.example\"", "E0804"),
        ("url = \"https://tools.example\"\nargs = [\"a\"]", "E0804"),
        ("command = 3", "E0803"),
        ("command = \"x\"\nargs = \"a\"", "E0803"),
        ("command = \"x\"\npin = \"sha1:00\"", "E0803"),
        ("", "E0804"),
    ];
    for (table, code) in cases {
        let toml = format!("[mcp.help]\n{table}\n");
        let flow = "pub flow main() -> Text<=8tok {\n  budget calls <= 0\n  return \"x\"\n}\n";
        let project = Project::new(&[("flow.toml", &toml), ("main.flow", flow)]);
        let said = project.flowc(&["check", "--format", "json"]);
        let json = said.json();
        let codes: Vec<&str> =
            json["diagnostics"].as_array().into_iter().flatten().filter_map(|of| of["code"].as_str()).collect();
        let expected: Vec<&str> = Some(code).filter(|code| !code.is_empty()).into_iter().collect();
        assert_eq!(codes, expected, "{table}\n{said:#?}");
    }
}
