//! The action, the templates and the hooks: that they are what their hosts read, and that their steps do what they say.

use std::path::Path;
use std::process::Command;

use github_actions_models::action::{Action, Runs};
use github_actions_models::workflow::Workflow;
use serde_json::Value;

use crate::desk::{Project, Said, commit, desk, git, repository, repository_of};

fn text(path: &str) -> String {
    std::fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn yaml<T: serde::de::DeserializeOwned>(path: &str) -> T {
    yaml_serde::from_str(&text(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The folder of the `flowc` that is tested, first on the PATH.
fn path() -> String {
    let folder = Path::new(env!("CARGO_BIN_EXE_flowc")).parent().expect("a folder").display().to_string();
    format!("{folder}:{}", std::env::var("PATH").unwrap_or_default())
}

fn action(project: &Project, variables: &[(&str, &str)]) -> Said {
    let mut command = Command::new("bash");
    command.arg(repository().join(".github/actions/flow/flow.sh")).current_dir(project.path());
    command.env_remove("GITHUB_BASE_REF").env_remove("GITHUB_OUTPUT").env_remove("GITHUB_STEP_SUMMARY");
    let out = project.path().join(".out");
    std::fs::create_dir_all(&out).expect("a folder");
    command.env("PATH", path()).env("RUNNER_TEMP", &out).env("GITHUB_OUTPUT", out.join("output"));
    command.env("GITHUB_STEP_SUMMARY", out.join("summary.md")).envs(variables.iter().copied());
    Said::of(command.output().expect("bash"))
}

#[test]
fn the_action_and_the_workflow_are_what_github_reads() {
    let action: Action = yaml(".github/actions/flow/action.yml");
    assert!(matches!(action.runs, Runs::Composite(_)));
    let workflow: Workflow = yaml("editors/ci/github-workflow.yml");
    assert_eq!(workflow.jobs.len(), 2);
    let raw: Value = yaml("editors/ci/github-workflow.yml");
    assert_eq!(raw["jobs"]["check"]["permissions"]["contents"], "read", "what reads a change may not write");
    assert!(raw["jobs"]["comment"]["permissions"]["pull-requests"] == "write");
}

#[test]
fn a_pull_request_gets_annotations_a_log_for_scanning_a_summary_and_a_comment() {
    let project = repository_of(desk());
    git(&project, &["checkout", "--quiet", "-b", "topic"]);
    project.edit("desk.flow", "retry <= 1", "retry <= 2");
    commit(&project, "Try again");
    let said = action(&project, &[("FLOW_BASE", "main"), ("FLOW_ID", "desk")]);
    assert_eq!(said.code, 0, "{said:#?}");
    assert!(said.stdout.contains("flowc: 0 errors, 0 warnings"), "{said:#?}");
    assert!(project.read(".out/flow-comment.md").starts_with("<!-- flow:bound:desk -->\n### flow: WARN"));
    let log: Value = serde_json::from_str(&project.read(".out/flow.sarif")).expect("JSON");
    assert_eq!(log["version"], "2.1.0");
    assert!(project.read(".out/summary.md").starts_with("### flowc check: PASS"));
    let output = project.read(".out/output");
    assert!(output.contains("code=0") && output.contains("comment=/") && output.contains("sarif=/"), "{output}");
}

#[test]
fn the_action_fails_with_the_code_of_flowc_and_is_quiet_where_nothing_changed() {
    let project = repository_of(desk());
    git(&project, &["checkout", "--quiet", "-b", "topic"]);
    let said = action(&project, &[("FLOW_BASE", "main")]);
    assert_eq!(said.code, 0, "{said:#?}");
    assert!(project.read(".out/output").contains("comment=\n"));
    project.edit("desk.flow", "cost <= $0.01", "cost <= $0.02");
    commit(&project, "Raise");
    assert_eq!(action(&project, &[("FLOW_BASE", "main")]).code, 1, "a widening that nobody approved");
    project.edit("desk.flow", "return solve(t)", "return solv(t)");
    commit(&project, "Break");
    assert_eq!(action(&project, &[("FLOW_BASE", "main")]).code, 2);
    assert_eq!(action(&project, &[("FLOW_BASE", "nowhere")]).code, 2, "a base that is not here compares nothing");
}

/// Runs `comment.sh` with a `gh` that notes what it is asked and knows these comments.
fn posted(comment: &str, known: &str, arguments: &[&str]) -> (Said, String) {
    let project = Project::new(&[("comment.md", comment), ("known", known)]);
    let gh = "#!/usr/bin/env bash\nif [[ \"$*\" == *--paginate* ]]; then cat known; else echo \"$*\" >> asked; fi\n";
    project.write("bin/gh", gh);
    let made = Command::new("chmod").arg("+x").arg(project.path().join("bin/gh")).status().expect("chmod");
    assert!(made.success());
    let mut command = Command::new("bash");
    command.arg(repository().join(".github/actions/flow/comment.sh")).current_dir(project.path());
    command.args(["comment.md", "7"]).args(arguments).env("GITHUB_REPOSITORY", "team/desk");
    command
        .env("PATH", format!("{}:{}", project.path().join("bin").display(), std::env::var("PATH").unwrap_or_default()));
    let said = Said::of(command.output().expect("bash"));
    let asked = std::fs::read_to_string(project.path().join("asked")).unwrap_or_default();
    (said, asked)
}

#[test]
fn a_comment_takes_the_place_of_the_one_before() {
    let comment = "<!-- flow:bound:desk -->\n### flow: PASS\n";
    let other = "N1\t11\t<!-- flow:bound:other -->\nN2\t12\tjust words\n";
    let (said, asked) = posted(comment, other, &[]);
    assert_eq!(said.code, 0, "{said:#?}");
    assert_eq!(asked, "api --method POST repos/team/desk/issues/7/comments --field body=@comment.md --silent\n");
    let known = format!("{other}N3\t13\t<!-- flow:bound:desk -->\n");
    let (_, asked) = posted(comment, &known, &[]);
    assert_eq!(asked, "api --method PATCH repos/team/desk/issues/comments/13 --field body=@comment.md --silent\n");
    let (_, asked) = posted(comment, &known, &["--behavior", "new"]);
    assert!(asked.contains("POST") && !asked.contains("/13"), "{asked}");
    let (_, asked) = posted(comment, &known, &["--behavior", "delete-and-new"]);
    assert!(asked.contains("DELETE repos/team/desk/issues/comments/13") && asked.contains("POST"), "{asked}");
    let (_, asked) = posted(comment, &known, &["--behavior", "hide-and-new"]);
    assert!(asked.contains("id=N3") && asked.contains("minimizeComment") && asked.contains("POST"), "{asked}");
    let (said, asked) = posted(comment, &known, &["--dry-run"]);
    assert!(asked.is_empty() && said.stdout.contains("PATCH"), "{said:#?}");
}

#[test]
fn what_is_no_comment_is_not_posted() {
    assert_eq!(posted("", "", &[]).1, "");
    let (said, asked) = posted("anything else", "", &[]);
    assert_eq!((said.code, asked.as_str()), (64, ""));
    assert_eq!(posted("<!-- flow:bound:x -->\n", "", &["--behavior", "shout"]).0.code, 64);
}

#[test]
fn the_gitlab_template_runs() {
    let template: Value = yaml("editors/ci/gitlab-ci.yml");
    let job = &template[".flow"];
    assert_eq!(template["flow"]["extends"], ".flow");
    assert_eq!(job["artifacts"]["reports"]["junit"], "flow-report/junit.xml");
    let lines: Vec<&str> = job["script"].as_array().expect("a script").iter().filter_map(Value::as_str).collect();
    let project = repository_of(desk());
    let base = git(&project, &["rev-parse", "HEAD"]);
    let run = |project: &Project| {
        let mut command = Command::new("bash");
        command.args(["-e", "-c", &lines.join("\n")]).current_dir(project.path());
        command.env("PATH", path()).env("FLOWC", "flowc").env("CI_MERGE_REQUEST_DIFF_BASE_SHA", base.trim());
        Said::of(command.output().expect("bash"))
    };
    assert_eq!(run(&project).code, 0);
    project.edit("desk.flow", "cost <= $0.01", "cost <= $0.0001");
    commit(&project, "Lower");
    let said = run(&project);
    assert_eq!(said.code, 1, "{said:#?}");
    let report = quick_junit::Report::deserialize_from_str(&project.read("flow-report/junit.xml")).expect("JUnit");
    assert_eq!(report.failures, 1);
    assert!(project.read("flow-report/comment.md").starts_with("<!-- flow:bound:flow -->"));
}

#[test]
fn the_hooks_call_what_is_there() {
    let hooks: Value = yaml(".pre-commit-hooks.yaml");
    let hooks = hooks.as_array().expect("a list");
    for hook in hooks {
        for key in ["id", "name", "description", "entry", "language", "files"] {
            assert!(hook[key].is_string(), "{key} of {hook}");
        }
        let project = desk();
        assert_eq!(project.flowc(&["lock"]).code, 0);
        let entry: Vec<&str> = hook["entry"].as_str().expect("words").split(' ').collect();
        assert_eq!((entry[0], project.flowc(&entry[1..]).code), ("flowc", 0), "{hook}");
        project.edit("desk.flow", "retry <= 1", "retry <= 2");
        assert_eq!(project.flowc(&entry[1..]).code, 1, "{hook}");
    }
    assert_eq!(hooks.len(), 2);
}
