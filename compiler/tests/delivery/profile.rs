//! `flowc check --profile`: what runs take beside what they can take.

use serde_json::{Value, json};

use crate::desk::{DESK, FLOW_TOML, Project, Said, desk};

/// The desk with a profile.
fn with(profile: &str) -> Project {
    let project = desk();
    project.write("flow-usage.toml", profile);
    project
}

fn check(project: &Project) -> Said {
    project.flowc(&["check", "--profile", "flow-usage.toml", "--format", "json"])
}

fn profile(said: &Said) -> Value {
    said.json()["flows"][0]["profile"].clone()
}

const USAGE: &str = r#"
[flows.desk]
runs_per_month = 100_000
success = 0.8

[steps.solve]
input = { p50 = 40, max = 100 }
output = { p50 = 10, max = 30 }
time_ms = { max = 1000 }
failed = 0.1
"#;

#[test]
fn a_tree_of_independent_choices_is_computed_exactly() {
    let said = check(&with(USAGE));
    assert_eq!(said.code, 0, "{said:#?}");
    let profile = profile(&said);
    assert_eq!((profile["basis"].as_str(), &profile["samples"]), (Some("expected"), &Value::Null));
    // By hand: an attempt costs (40 or 100) × $1 + (10 or 30) × $10 a million; one in ten is sent again at its ceiling, $0.000619.
    let mean = (70.0 * 1e-6 + 20.0 * 10e-6) + 0.1 * 0.000_619;
    let seen = profile["numbers"]["cost"]["mean"].as_f64().expect("a mean");
    assert!((seen - mean).abs() < 1e-12, "{seen} is {mean}");
    assert_eq!(profile["numbers"]["cost"]["p50"], "0.000340000");
    assert_eq!(profile["numbers"]["cost"]["p99"], "0.001019000");
    assert_eq!(
        (profile["numbers"]["calls"]["p50"].as_u64(), profile["numbers"]["calls"]["p95"].as_u64()),
        (Some(1), Some(2))
    );
    let month = profile["dollars_per_month"].as_f64().expect("dollars");
    assert!((month - mean * 100_000.0).abs() < 1e-6);
    let success = profile["dollars_per_success"].as_f64().expect("dollars");
    assert!((success - mean / 0.8).abs() < 1e-12);
    assert_eq!(profile["at_ceiling"], json!([]));
}

#[test]
fn what_is_not_in_a_profile_is_at_its_ceiling_and_said_to_be() {
    let profile = profile(&check(&with("[steps.solve]\noutput = { max = 10 }\n")));
    assert_eq!(
        profile["at_ceiling"],
        json!(["`input` of `solve`", "`time_ms` of `solve`", "how often requests of `solve` fail"])
    );
    assert_eq!(profile["numbers"]["calls"]["p50"], 2);
    assert_eq!(profile["dollars_per_month"], Value::Null, "unknown is no number");
    let nothing = check(&with("[flows.desk]\nruns_per_month = 10\n")).json();
    assert_eq!(nothing["flows"][0]["profile"]["numbers"]["cost"]["p50"], nothing["flows"][0]["bound"]["cost"]);
}

#[test]
fn text_shows_ceiling_and_expectation_together() {
    let said = with(USAGE).flowc(&["check", "--profile", "flow-usage.toml"]);
    assert_eq!(said.code, 0);
    for part in [
        "cost    $0.001238   $0.01",
        "expected by profile, every combination:",
        "a month: $33.19",
        "a success: $0.0004149",
    ] {
        assert!(said.stdout.contains(part), "`{part}` in {}", said.stdout);
    }
    assert!(!said.stdout.contains("estimate"));
    let markdown = with(USAGE).flowc(&["check", "--profile", "flow-usage.toml", "--format", "markdown"]);
    assert!(
        markdown.stdout.contains("| `desk` | $0.0003319 | $0.000819 | $0.001019 | $0.001238 | $33.19 | $0.0004149 |"),
        "{}",
        markdown.stdout
    );
}

#[test]
fn no_success_is_undefined_and_never_nothing() {
    let said = with(&USAGE.replace("0.8", "0.0")).flowc(&["check", "--profile", "flow-usage.toml"]);
    assert!(said.stdout.contains("a success: undefined (0 outcomes)"), "{}", said.stdout);
    assert_eq!(profile(&check(&with(&USAGE.replace("0.8", "0.0"))))["dollars_per_success"], Value::Null);
}

const MANY: &str = r#"
pub flow many(ts: Ticket[<=4]) -> Text<=50tok[<=4] {
  budget cost <= $1, calls <= 40, time <= 30m
  owner  "support"
  let first = each t in ts, parallel <= 2 { solve(t) else skip }
  let more = if len(first) > 2 { each t in ts { solve(t) else skip } } else { [] }
  check len(more) >= 0 else escalate("none")
  return first
}
"#;

#[test]
fn what_depends_on_each_other_is_drawn_the_same_each_time() {
    let project = with(&format!(
        "{USAGE}\n[flows.many]\nruns_per_month = 10\nbranches.6 = [0.25, 0.75]\ncounts.5 = {{ 1 = 0.5, 4 = 0.5 }}\ncounts.6 = {{ 4 = 1.0 }}\n"
    ));
    let head = DESK.split("pub flow").next().expect("the declarations");
    project.write("many.flow", format!("use desk {{ Ticket, solve }}{MANY}"));
    project.write("desk.flow", DESK.replace("type Ticket", "pub type Ticket"));
    assert!(head.contains("type Ticket"));
    let said = project.flowc(&["check", "--profile", "flow-usage.toml", "--format", "json"]);
    assert_eq!(said.code, 0, "{said:#?}");
    let flows = said.json();
    let many =
        flows["flows"].as_array().expect("flows").iter().find(|flow| flow["name"] == "many").expect("many").clone();
    assert_eq!(
        (many["profile"]["basis"].as_str(), many["profile"]["samples"].as_u64()),
        (Some("expected"), Some(20_000))
    );
    // 2.5 elements on average, then 4 more in a quarter of the runs, each 1.1 calls.
    let calls = many["profile"]["numbers"]["calls"]["mean"].as_f64().expect("a mean");
    assert!((calls - 1.1 * 3.5).abs() < 0.05, "{calls}");
    for dimension in ["cost", "calls", "time_ms", "tokens"] {
        let number = |value: &Value| value.as_f64().or_else(|| value.as_str()?.parse().ok()).expect("a number");
        assert!(
            number(&many["profile"]["numbers"][dimension]["p99"]) <= number(&many["bound"][dimension]),
            "{dimension}"
        );
    }
    let again = project.flowc(&["check", "--profile", "flow-usage.toml", "--format", "json"]);
    assert_eq!(again.stdout, said.stdout, "the seed is fixed");
}

#[test]
fn what_cannot_be_is_refused_with_its_place() {
    let cases = [
        ("[steps.solve]\noutptu = { max = 1 }\n", "line 2: unknown field `outptu`"),
        ("[steps.solv]\nfailed = 0.1\n", "did you mean `solve`?"),
        ("[flows.desk]\nsuccess = 1.2\n", "a share is from 0 to 1"),
        ("[steps.solve]\nroute = [0.4, 0.4]\n", "adds up to 0.8"),
        ("[steps.solve]\nroute = [0.5, 0.5]\n", "`on` has 1 arms"),
        ("[steps.solve]\ninput = { p50 = 90, p95 = 20 }\n", "do not rise"),
        ("[steps.solve]\ninput = { max = 9999 }\n", "the ceiling is 119"),
        ("[steps.solve]\nturns = [0.5, 0.5]\n", "at most 1 turns"),
        ("not toml", "line 1"),
        ("{ \"schema\": \"flow.ledger.v9\", \"runs\": [] }", "flow.ledger.v9"),
        ("{ \"schema\": \"flow.ledger.v1\", \"rnus\": [] }", "unknown field `rnus`"),
    ];
    for (text, words) in cases {
        let said = with(text).flowc(&["check", "--profile", "flow-usage.toml"]);
        assert_eq!(said.code, 64, "{text}: {said:#?}");
        assert!(
            said.stderr.contains("E1030") && said.stderr.replace("\n  │ ", " ").contains(words),
            "{words}: {}",
            said.stderr
        );
    }
    assert_eq!(desk().flowc(&["check", "--profile", "nowhere.toml"]).code, 64);
}

fn resources(cost: &str, calls: u64, time_ms: u64) -> Value {
    json!({ "cost": cost, "calls": calls, "turns": calls, "tools": 0, "input": 10, "output": 5, "tokens": 15, "time_ms": time_ms })
}

fn runs(count: usize, edit: impl Fn(usize, &mut Value)) -> String {
    let runs: Vec<Value> = (0..count)
        .map(|index| {
            let mut run = json!({
                "run": format!("run-{index}"), "flow": "desk", "plan": "p", "started_at_ms": 1_000 + index as u64 * 86_400_000,
                "status": "done", "scripted": false,
                "spent": resources("0.000100000", 1, 900), "bound": resources("0.001238000", 2, 60_000),
            });
            edit(index, &mut run);
            run
        })
        .collect();
    json!({ "schema": "flow.ledger.v1", "runs": runs }).to_string()
}

#[test]
fn recorded_runs_are_seen_and_not_expected() {
    let text = runs(31, |index, run| {
        if index % 2 == 1 {
            run["status"] = "failed".into();
            run["spent"] = resources("0.000300000", 2, 2_000);
        }
        run["scripted"] = (index == 30).into();
    });
    let said = check(&with(&text));
    assert_eq!(said.code, 0, "{said:#?}");
    let profile = profile(&said);
    assert_eq!(
        (profile["basis"].as_str(), profile["samples"].as_u64()),
        (Some("seen"), Some(30)),
        "played answers are left out"
    );
    assert_eq!(
        (profile["numbers"]["cost"]["p50"].as_str(), profile["numbers"]["cost"]["p95"].as_str()),
        (Some("0.000100000"), Some("0.000300000"))
    );
    assert_eq!(profile["success"], 0.5);
    let per_success = profile["dollars_per_success"].as_f64().expect("dollars");
    assert!((per_success - 0.0004).abs() < 1e-12);
    let month = profile["dollars_per_month"].as_f64().expect("dollars");
    assert!((month - 0.0002 * 30.0 / 29.0 * 30.0).abs() < 1e-9, "{month}");
}

#[test]
fn a_recorded_run_above_its_ceiling_is_always_an_error() {
    let text = runs(5, |index, run| {
        if index == 3 {
            run["spent"] = resources("0.001238001", 2, 900);
        }
    });
    let said = with(&text).flowc(&["check", "--profile", "flow-usage.toml"]);
    assert_eq!(said.code, 1, "{said:#?}");
    assert!(
        said.stdout
            .contains("error[E1031]: run run-3 of `desk` took more than its ceiling: cost $0.001238001 of $0.001238"),
        "{}",
        said.stdout
    );
}

#[test]
fn a_profile_of_nothing_says_nothing() {
    assert_eq!(profile(&check(&with(&runs(0, |_, _| {})))), Value::Null);
    let project =
        Project::new(&[("flow.toml", FLOW_TOML), ("desk.flow", &DESK.replace("return solve", "return solv"))]);
    project.write("flow-usage.toml", USAGE);
    assert_eq!(check(&project).code, 2, "what does not compile is said first");
}

#[test]
fn the_profiles_and_policies_of_the_pages_are_read() {
    let mut profiles = 0;
    for page in ["docs/ci.md", "compiler/src/diagnostic/codes/E1030.md"] {
        let text = std::fs::read_to_string(crate::desk::repository().join(page)).expect("the page");
        for block in text.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()) {
            if block.contains("[policy]") {
                let project = desk();
                project.write("flow.toml", format!("{FLOW_TOML}\n{block}"));
                assert_eq!(project.flowc(&["check"]).code, 0, "{block}");
                continue;
            }
            let usage: flow_compiler::profile::usage::Usage =
                toml::from_str(block).unwrap_or_else(|error| panic!("{page}: {error}"));
            assert_eq!(usage.impossible(), None, "{page}");
            profiles += 1;
        }
    }
    assert_eq!(profiles, 2);
}

#[test]
fn json_with_a_profile_is_what_its_schema_says() {
    let schema =
        std::fs::read_to_string(crate::desk::repository().join("docs/schemas/flow.check.v1.json")).expect("a file");
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    for text in [USAGE.to_owned(), runs(5, |_, _| {}), runs(2, |_, run| run["spent"] = resources("1.000000000", 9, 9))]
    {
        let json = check(&with(&text)).json();
        let errors: Vec<String> = validator.iter_errors(&json).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?} in {json:#}");
    }
}
