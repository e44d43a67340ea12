//! `flowc diff`: what a change does to what flows can take.

use crate::desk::{DESK, FLOW_TOML, Project, Said, commit, desk, git, repository_of};

/// A repository in which one edit was committed after the first commit.
fn changed(path: &str, old: &str, new: &str) -> Project {
    let project = repository_of(desk());
    project.edit(path, old, new);
    commit(&project, "Change");
    project
}

fn diff(project: &Project) -> Said {
    project.flowc(&["diff", "HEAD~1..HEAD"])
}

#[track_caller]
fn says(said: &Said, code: i32, parts: &[&str]) {
    assert_eq!(said.code, code, "{said:#?}");
    for part in parts {
        assert!(said.stdout.contains(part), "`{part}` in {}", said.stdout);
    }
}

#[test]
fn a_longer_prompt_is_told_in_money_with_its_line() {
    let project = changed(
        "desk.flow",
        "You answer for the help desk.",
        "You answer for the help desk.\n  Be kind, be brief, and never promise a refund.",
    );
    says(
        &diff(&project),
        0,
        &[
            "WARN",
            "desk.flow:24: the ceiling of `desk` grew: cost $0.001238 → $0.001332",
            "desk.flow:24: system of step `solve` raised: 29 tokens → 76 tokens",
        ],
    );
}

#[test]
fn a_prompt_that_grows_more_than_the_policy_allows_fails_with_file_and_line() {
    let project = desk();
    project.write("flow.toml", format!("{FLOW_TOML}\n[policy]\nprompt_growth = 500\n"));
    let project = repository_of(project);
    project.edit(
        "desk.flow",
        "  You answer for the help desk.",
        &format!("  You answer for the help desk.\n  {}", "again ".repeat(180)),
    );
    commit(&project, "Say more");
    says(
        &diff(&project),
        1,
        &["FAIL  desk.flow:24: the system of `solve` grew by 1,081 tokens, and the policy allows 500"],
    );
}

#[test]
fn a_policy_cannot_be_loosened_by_the_change_that_it_judges() {
    let project = desk();
    project.write("flow.toml", format!("{FLOW_TOML}\n[policy]\ncost_growth = 10\n"));
    let project = repository_of(project);
    project.edit("flow.toml", "cost_growth = 10", "cost_growth = 1000");
    project.edit("desk.flow", "retry <= 1", "retry <= 2");
    commit(&project, "Loosen");
    says(&diff(&project), 1, &["and the policy allows 10 %"]);
}

#[test]
fn one_more_retry_is_named_as_the_cause() {
    let project = changed("desk.flow", "retry <= 1", "retry <= 2");
    let said = project.flowc(&["diff", "HEAD~1..HEAD", "--format", "json"]);
    assert_eq!(said.code, 0, "{said:#?}");
    let json = said.json();
    assert_eq!(json["decision"], "warn");
    let flow = &json["flows"][0];
    assert_eq!((flow["before"]["calls"].as_u64(), flow["after"]["calls"].as_u64()), (Some(2), Some(3)));
    assert_eq!(flow["causes"][0]["what"], "retry");
    assert_eq!((flow["causes"][0]["file"].as_str(), flow["causes"][0]["line"].as_u64()), (Some("desk.flow"), Some(20)));
    assert_eq!(flow["grew"], serde_json::json!(["cost", "calls", "turns", "input", "output", "tokens", "time_ms"]));
}

#[test]
fn a_model_that_is_switched_is_told() {
    let project = changed("desk.flow", "on    unit", "on    large");
    let said = diff(&project);
    says(&said, 0, &["models of step `solve` switched: unit → large", "desk.flow:19"]);
}

#[test]
fn a_dearer_price_is_the_cause_that_it_is() {
    let project = changed("flow.toml", "output = \"10.00\"", "output = \"12.00\"");
    says(
        &diff(&project),
        0,
        &[
            "price of model `unit` changed: $1.00 in, $10.00 out → $1.00 in, $12.00 out",
            "the ceiling of `desk` grew: cost",
        ],
    );
}

#[test]
fn nothing_changed_is_quiet() {
    let project = repository_of(desk());
    project.write("README.md", "more words\n");
    project.edit("desk.flow", "/// Gives money back.", "/// Gives money back.\n// a remark");
    commit(&project, "Say more");
    let said = project.flowc(&["diff", "HEAD~1..HEAD", "--comment-file", "comment.md"]);
    assert_eq!((said.code, said.stdout.as_str()), (0, ""));
    assert_eq!(said.stderr, "nothing changed that a ceiling depends on\n");
    assert!(!project.path().join("comment.md").exists());
}

#[test]
fn a_ceiling_that_shrinks_is_proved_not_to_have_grown() {
    let project = changed("desk.flow", "retry <= 1", "retry <= 0");
    says(&diff(&project), 0, &["PASS", "proved: no bound grew", "retry of step `solve` lowered: 1 → 0"]);
}

#[test]
fn a_wider_budget_needs_an_approval_and_a_narrower_one_does_not() {
    let project = changed("desk.flow", "cost <= $0.01", "cost <= $0.014");
    says(&diff(&project), 1, &["FAIL [E1014]  desk.flow:32: budget cost of flow `desk` widened: $0.01 → $0.014"]);
    git(
        &project,
        &[
            "commit",
            "--quiet",
            "--amend",
            "--message",
            "Raise the budget\n\nFlow-Approved: Ada Lovelace <ada@example.com>",
        ],
    );
    says(&diff(&project), 0, &["WARN", "widening approved by Ada Lovelace <ada@example.com>"]);
    let narrowed = changed("desk.flow", "cost <= $0.01", "cost <= $0.005");
    says(&diff(&narrowed), 0, &["PASS", "budget cost of flow `desk` narrowed: $0.01 → $0.005"]);
    let removed = changed("desk.flow", "cost <= $0.01, ", "");
    says(&diff(&removed), 1, &["budget cost of flow `desk` widened: $0.01 → none"]);
}

#[test]
fn only_those_whom_the_policy_names_may_approve() {
    let project = desk();
    project.write("flow.toml", format!("{FLOW_TOML}\n[policy]\napprovers = [\"ada@example.com\"]\n"));
    let project = repository_of(project);
    project.edit("desk.flow", "cost <= $0.01", "cost <= $0.02");
    commit(&project, "Raise\n\nFlow-Approved: Eve <eve@example.com>");
    assert_eq!(diff(&project).code, 1);
    git(&project, &["commit", "--quiet", "--amend", "--message", "Raise\n\nFlow-Approved: Ada <ada@example.com>"]);
    assert_eq!(diff(&project).code, 0);
}

#[test]
fn gates_are_compared_by_what_they_let_through() {
    let cases = [
        ("amount <= $20 else deny", "amount <= $50 else deny", 1, "widened"),
        ("amount <= $20 else deny", "amount <= $5 else deny", 0, "narrowed"),
        ("amount <= $20 else deny", "amount <= $20 and amount > $1 else deny", 0, "narrowed"),
        ("amount <= $20 else deny", "amount <= $20 or amount > $40 else deny", 1, "widened"),
        ("amount <= $20 else deny", "$20 >= amount else deny", 0, ""),
        ("amount <= $20 else deny", "amount <= $20 else approve(\"lead\", within 1m)", 1, "widened"),
        ("amount <= $20 else deny", "amount == $20 else deny", 0, "narrowed"),
        ("amount <= $20 else deny", "amount > $20 else deny", 1, "widened"),
    ];
    for (old, new, code, label) in cases {
        let with_tool = |project: &Project| {
            project.edit("desk.flow", "retry <= 1", "retry <= 1\n  tools refund <= 1\n  turns <= 2");
        };
        let project = desk();
        with_tool(&project);
        let project = repository_of(project);
        project.edit("desk.flow", old, new);
        commit(&project, "Change the gate");
        let said = diff(&project);
        assert_eq!(said.code, code, "{new}: {said:#?}");
        if label.is_empty() {
            assert_eq!(said.stdout, "", "{new} is the same gate");
        } else {
            says(&said, code, &[&format!("gate of tool `refund` {label}"), "desk.flow:15"]);
        }
    }
}

#[test]
fn new_and_removed_flows_are_told_and_unknown_is_never_a_number() {
    let project = repository_of(desk());
    project.write("more.flow", DESK.replace("flow desk", "flow more").replace("return solve(t)", "return solv(t)"));
    project.edit("desk.flow", "pub flow desk", "pub flow front");
    commit(&project, "Rename and add");
    let said = project.flowc(&["diff", "HEAD~1..HEAD", "--format", "markdown"]);
    says(
        &said,
        2,
        &[
            "### flow: FAIL",
            "| `desk` desk.flow:31 | $0.00",
            "| removed |",
            "| new |",
            "| `more` more.flow:31 | – → unknown | new |",
            "**Blocking**\n\n- more.flow:34:10: error\\[E0301\\]",
        ],
    );
    assert!(!said.stdout.contains("$0.00 "), "{}", said.stdout);
}

#[test]
fn a_base_that_does_not_compile_is_unknown() {
    let project =
        Project::new(&[("flow.toml", FLOW_TOML), ("desk.flow", &DESK.replace("return solve", "return solv"))]);
    let project = repository_of(project);
    project.write("desk.flow", DESK);
    commit(&project, "Repair");
    says(&diff(&project), 0, &["WARN", "what `desk` could take before is unknown", "unknown → $0.001"]);
}

#[test]
fn two_folders_are_compared_without_git() {
    let project = Project::new(&[
        ("old/flow.toml", FLOW_TOML),
        ("old/desk.flow", DESK),
        ("new/flow.toml", FLOW_TOML),
        ("new/desk.flow", &DESK.replace("cost <= $0.01", "cost <= $0.02")),
    ]);
    says(&project.flowc(&["diff", "old", "new"]), 1, &["FAIL: old → new", "budget cost of flow `desk` widened"]);
    says(&project.flowc(&["diff", "old", "new", "--approved-by", "Ada"]), 0, &["WARN: old → new"]);
    assert_eq!(project.flowc(&["diff", "old", "nowhere"]).code, 64);
    assert_eq!(project.flowc(&["diff", "old"]).code, 64);
}

#[test]
fn the_checkout_is_not_touched_and_what_is_not_committed_is_not_read() {
    let project = changed("desk.flow", "retry <= 1", "retry <= 2");
    project.write("desk.flow", "this is no flow");
    let before = git(&project, &["status", "--porcelain"]);
    says(&diff(&project), 0, &["retry of step `solve` raised: 1 → 2"]);
    assert_eq!(git(&project, &["status", "--porcelain"]), before);
    assert_eq!(project.read("desk.flow"), "this is no flow");
}

#[test]
fn three_dots_compare_with_what_two_branches_share() {
    let project = repository_of(desk());
    git(&project, &["checkout", "--quiet", "-b", "topic"]);
    project.write("notes.md", "notes");
    commit(&project, "Notes");
    git(&project, &["checkout", "--quiet", "main"]);
    project.edit("desk.flow", "retry <= 1", "retry <= 0");
    commit(&project, "Main goes on");
    says(&project.flowc(&["diff", "main..topic"]), 0, &["retry of step `solve` raised: 0 → 1"]);
    assert_eq!(project.flowc(&["diff", "main...topic"]).stdout, "");
}

#[test]
fn revisions_that_are_none_are_told() {
    let project = repository_of(desk());
    for range in ["nowhere..HEAD", "HEAD..--all", "main"] {
        let said = project.flowc(&["diff", "--", range]);
        assert_eq!(said.code, 64, "{range}: {said:#?}");
        assert!(said.stderr.contains("E101"), "{said:#?}");
    }
    assert_eq!(desk().flowc(&["diff", "a..b"]).code, 64);
}

#[test]
fn a_comment_has_a_marker_by_which_it_is_found_again() {
    let project = changed("desk.flow", "retry <= 1", "retry <= 2");
    let said = project.flowc(&["diff", "HEAD~1..HEAD", "--comment-file", "comment.md", "--id", "team/desk"]);
    assert_eq!(said.code, 0);
    let comment = project.read("comment.md");
    assert!(comment.starts_with("<!-- flow:bound:team/desk -->\n### flow: WARN\n"), "{comment}");
    assert!(comment.contains("| `desk` desk.flow:31 | $0.001"), "{comment}");
    assert!(comment.contains("(+50.0 %)"), "{comment}");
    assert_eq!(project.flowc(&["diff", "HEAD~1..HEAD", "--id", "x --> y"]).code, 64);
}

#[test]
fn a_profile_tells_what_a_change_costs_a_month() {
    let project = desk();
    project.write("flow.toml", format!("{FLOW_TOML}\n[policy]\nmonthly_growth = \"30\"\n"));
    let project = repository_of(project);
    project.edit("desk.flow", "retry <= 1", "retry <= 2");
    commit(&project, "Try again");
    let usage = "[flows.desk]\nruns_per_month = 100_000\n";
    project.write("flow-usage.toml", usage);
    let with =
        |format: &str| project.flowc(&["diff", "HEAD~1..HEAD", "--profile", "flow-usage.toml", "--format", format]);
    let month = "a month of `desk` grew by profile from $123.80 to $185.70, and the policy allows $30.00 more";
    says(&with("text"), 1, &[month, "desk: $123.80 → $185.70"]);
    says(&with("markdown"), 1, &["**A month, expected by profile**\n\n- `desk`: $123.80 → $185.70"]);
    let json = with("json").json();
    assert!((json["flows"][0]["dollars_per_month"]["after"].as_f64().expect("dollars") - 185.7).abs() < 1e-9);
    project.write("flow-usage.toml", usage.replace("100_000", "100"));
    assert_eq!(with("text").code, 0);
    project.write("flow-usage.toml", "[steps.solve]\nfailed = 0.5\n");
    let unknown = with("json").json();
    assert_eq!(unknown["flows"][0]["dollars_per_month"]["after"], serde_json::Value::Null, "unknown is no number");
}

#[test]
fn json_is_what_its_schema_says() {
    let schema =
        std::fs::read_to_string(crate::desk::repository().join("docs/schemas/flow.diff.v1.json")).expect("the schema");
    let schema: serde_json::Value = serde_json::from_str(&schema).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    for (path, old, new) in [
        ("desk.flow", "retry <= 1", "retry <= 2"),
        ("desk.flow", "return solve(t)", "return solv(t)"),
        ("flow.toml", "output = \"10.00\"", "output = \"12.00\""),
        ("desk.flow", "flow desk", "flow front"),
    ] {
        let project = changed(path, old, new);
        let json = project.flowc(&["diff", "HEAD~1..HEAD", "--format", "json"]).json();
        let errors: Vec<String> = validator.iter_errors(&json).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?} in {json:#}");
    }
}
