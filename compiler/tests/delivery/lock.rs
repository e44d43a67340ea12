//! `flow.lock`: what was accepted, and what happens when something grows.

use crate::desk::{DESK, FLOW_TOML, Project, desk};

/// The project with its lock.
fn locked() -> Project {
    let project = desk();
    let said = project.flowc(&["lock"]);
    assert_eq!((said.code, said.stderr.as_str()), (0, "wrote flow.lock\n"), "{said:#?}");
    project
}

#[test]
fn a_lock_is_readable_and_the_same_each_time() {
    let project = locked();
    let text = project.read("flow.lock");
    for line in [
        "schema   = \"flow.lock.v1\"",
        "[models.\"unit\"]",
        "as_of  = \"2026-11-01\"",
        "price  = \"$1.00 in, $10.00 out\"",
        "[flows.\"desk.flow\".\"desk\"]",
        "[steps.\"desk.flow\".\"solve\"]",
        "public = true",
    ] {
        assert!(text.lines().any(|found| found == line), "`{line}` in {text}");
    }
    assert!(!text.contains("large"), "only what is in use is pinned: {text}");
    assert_eq!(project.flowc(&["lock"]).stdout, "flow.lock is up to date\n");
    assert_eq!(project.read("flow.lock"), text);
    assert_eq!(project.flowc(&["lock", "--check"]).code, 0);
    assert_eq!(project.flowc(&["check", "--strict"]).code, 0, "a project that is locked holds");
    let entries = std::fs::read_dir(project.path()).expect("the folder").count();
    assert_eq!(entries, 3, "nothing is left beside the lock");
}

#[test]
fn a_ceiling_that_grew_fails_until_it_is_accepted() {
    let project = locked();
    let before = project.read("flow.lock");
    project.edit("desk.flow", "retry <= 1", "retry <= 2");
    let said = project.flowc(&["check"]);
    assert_eq!(said.code, 1, "{said:#?}");
    assert!(
        said.stdout.contains("error[E1005]: the ceiling of flow `desk` grew over the accepted one: cost $0.00"),
        "{}",
        said.stdout
    );
    assert!(said.stdout.contains("calls 2 → 3"), "{}", said.stdout);
    assert!(said.stdout.contains("error[E1005]: the ceiling of step `solve` grew"), "{}", said.stdout);
    assert_eq!(project.flowc(&["check", "--format", "json"]).json()["verdict"], "policy");

    let refused = project.flowc(&["lock"]);
    assert_eq!(refused.code, 1);
    assert!(refused.stdout.contains("grew     flow desk (desk.flow): calls 2 → 3"), "{}", refused.stdout);
    assert_eq!(project.read("flow.lock"), before, "nothing was written");

    assert_eq!(project.flowc(&["lock", "--accept"]).code, 0);
    assert_eq!(project.flowc(&["check", "--strict"]).code, 0);
    assert_ne!(project.read("flow.lock"), before);
}

#[test]
fn growth_by_the_smallest_amount_is_growth() {
    let project = locked();
    project.edit("flow.toml", "price        = { input = \"1.00\"", "price        = { input = \"1.000001\"");
    let said = project.flowc(&["check"]);
    assert_eq!(said.code, 1, "{said:#?}");
    assert!(
        said.stdout
            .contains("warning[W1051]: the facts of model `unit` are not those of 2026-11-01 that were accepted"),
        "{}",
        said.stdout
    );
}

#[test]
fn what_shrinks_or_is_new_needs_no_acceptance() {
    let project = locked();
    project.edit("desk.flow", "retry <= 1", "retry <= 0");
    assert_eq!(project.flowc(&["check", "--strict"]).code, 0, "smaller is fine");
    project.write("more.flow", DESK.replace("pub flow desk", "pub flow more"));
    let said = project.flowc(&["check"]);
    assert_eq!(said.code, 0);
    assert!(said.stdout.contains("warning[W1053]: the flow `more` is not in `flow.lock`"), "{}", said.stdout);
    assert_eq!(project.flowc(&["lock", "--check"]).code, 1);
    let said = project.flowc(&["lock"]);
    assert_eq!(said.code, 0, "{said:#?}");
    assert!(
        said.stdout.contains("smaller  flow desk (desk.flow): calls 2 → 1")
            && said.stdout.contains("new      flow more (more.flow)"),
        "{}",
        said.stdout
    );
    assert_eq!(project.flowc(&["check", "--strict"]).code, 0);
}

#[test]
fn cheaper_facts_warn_and_grow_nothing() {
    let project = locked();
    project.edit("flow.toml", "input = \"1.00\"", "input = \"0.50\"");
    let said = project.flowc(&["check"]);
    assert_eq!(said.code, 0, "{said:#?}");
    assert!(said.stdout.contains("warning[W1051]"), "{}", said.stdout);
    assert_eq!(project.flowc(&["check", "--strict"]).code, 1);
    let said = project.flowc(&["lock"]);
    assert!(
        said.stdout.contains("facts    model unit: $1.00 in, $10.00 out → $0.50 in, $10.00 out"),
        "{}",
        said.stdout
    );
    assert_eq!(project.flowc(&["check", "--strict"]).code, 0);
}

#[test]
fn old_facts_are_a_warning_where_the_policy_asks() {
    let project = desk();
    project.write("flow.toml", format!("{FLOW_TOML}\n[policy]\nfacts_days = 30\n").replace("2026-11-01", "2024-01-01"));
    let said = project.flowc(&["check"]);
    assert_eq!(said.code, 0);
    assert!(
        said.stdout.contains("warning[W1052]: the facts of model `unit` are ")
            && said.stdout.contains("the policy allows 30"),
        "{}",
        said.stdout
    );
}

#[test]
fn conflicts_hand_edits_and_other_formats_are_told_and_lose_nothing() {
    let project = locked();
    let good = project.read("flow.lock");
    let calls = good.replacen("calls = 2", "calls = 9", 1);
    let conflict = good.replacen("[models", "<<<<<<< HEAD\n[models", 1);
    let other = good.replacen("flow.lock.v1", "flow.lock.v9", 1);
    let unknown = good.replacen("compiler =", "complier =", 1);
    let cut = good.get(..good.len() / 2).expect("half of it");
    let cases = [
        (calls.as_str(), "E1004", "changed by hand"),
        (&conflict, "E1003", "unresolved merge conflicts"),
        (&other, "E1002", "of format `flow.lock.v9`"),
        (&unknown, "E1002", "unknown field"),
        (cut, "E1002", "cannot be read"),
        ("", "E1002", "cannot be read"),
    ];
    for (text, code, words) in cases {
        project.write("flow.lock", text);
        let said = project.flowc(&["check"]);
        assert_eq!(said.code, 1, "{code}: {said:#?}");
        assert!(said.stdout.contains(code) && said.stdout.contains(words), "{code} {words}: {}", said.stdout);
        let said = project.flowc(&["lock"]);
        assert_eq!((said.code, said.stderr.contains(code)), (1, true), "{said:#?}");
        assert_eq!(project.read("flow.lock"), text, "nothing is lost");
    }
    assert_eq!(project.flowc(&["lock", "--accept"]).code, 0);
    assert_eq!(project.read("flow.lock"), good);
    project.write("flow.lock", good.replace('\n', "\r\n"));
    assert_eq!(project.flowc(&["check", "--strict"]).code, 0, "the ends of lines are not an edit");
}

#[test]
fn a_lock_is_of_flows_that_hold() {
    let project =
        Project::new(&[("flow.toml", FLOW_TOML), ("desk.flow", &DESK.replace("return solve", "return solv"))]);
    let said = project.flowc(&["lock"]);
    assert_eq!((said.code, said.stderr.contains("E0301")), (2, true), "{said:#?}");
    assert!(!project.path().join("flow.lock").exists());
    assert_eq!(Project::new(&[("flow.toml", "")]).flowc(&["lock"]).code, 64);
}

#[test]
fn projects_inside_of_a_project_keep_their_own_lock() {
    let project = desk();
    project.write("inner/flow.toml", FLOW_TOML);
    project.write("inner/inner.flow", DESK.replace("flow desk", "flow inner"));
    project.write("sub/far.flow", DESK.replace("flow desk", "flow far"));
    assert_eq!(project.flowc(&["lock"]).code, 0);
    let text = project.read("flow.lock");
    assert!(text.contains("sub/far.flow") && !text.contains("inner"), "{text}");
    assert_eq!(project.flowc(&["check", "--strict"]).code, 0);
}
