//! What `flowc check` says to other programs: SARIF, annotations, JUnit, Markdown, JSON, and the exit codes.

use std::path::PathBuf;
use std::process::Command;

use quick_junit::{Report, TestCaseStatus};
use serde_json::Value;

use crate::desk::{DESK, FLOW_TOML, Project, Said, desk, repository, repository_of};

/// A project with a mistake at a known place, a warning, and a flow over its budget.
fn faulty() -> Project {
    let over = DESK.replace("$0.01", "$0.0001").replace("  owner  \"support\"\n", "");
    Project::new(&[
        ("flow.toml", FLOW_TOML),
        ("desk.flow", &over),
        ("a folder/typo, here.flow", "pub flow typo(x: Bool) -> Bool {\n  budget calls <= 0\n  return xx\n}\n"),
    ])
}

/// The schema of SARIF 2.1.0 as OASIS published it, from the package that carries it. Only packages of this platform are asked
/// for: those of others are not on a machine that has built nothing but this.
fn sarif_schema() -> Value {
    let host = Command::new("rustc").args(["--print", "host-tuple"]).output().expect("rustc runs");
    let host = String::from_utf8(host.stdout).expect("a name");
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--no-default-features"])
        .args(["--filter-platform", host.trim()])
        .current_dir(repository())
        .output()
        .expect("cargo runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo metadata: {said}");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let package =
        packages.iter().find(|package| package["name"] == "serde-sarif").expect("serde-sarif is a dependency");
    let manifest = PathBuf::from(package["manifest_path"].as_str().expect("a path"));
    let schema = manifest.parent().expect("a folder").join("src/schema.json");
    let text = std::fs::read_to_string(schema).expect("the schema is in the package");
    // One pattern of the published text has a bracket too many, which is no regular expression outside of JavaScript.
    let (broken, repaired) = ("^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$", "^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}$");
    serde_json::from_str(&text.replace(broken, repaired)).expect("the schema is JSON")
}

fn sarif(project: &Project) -> (i32, Value) {
    let said = project.flowc(&["check", "--format", "sarif"]);
    (said.code, said.json())
}

#[test]
fn sarif_is_valid_by_the_published_schema() {
    let schema = sarif_schema();
    assert_eq!(schema["properties"]["version"]["enum"][0], "2.1.0", "it is the schema of 2.1.0");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    for project in [desk(), faulty()] {
        let (_, log) = sarif(&project);
        let errors: Vec<String> = validator.iter_errors(&log).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?} in {log:#}");
    }
    // The schema itself says no to what is none.
    assert!(!validator.is_valid(&serde_json::json!({ "version": "2.1.0" })));
}

#[test]
fn sarif_says_where_with_escaped_paths_and_how_to_repair() {
    let (code, log) = sarif(&faulty());
    assert_eq!(code, 2);
    let run = &log["runs"][0];
    let results = run["results"].as_array().expect("results");
    let find = |rule: &str| {
        results.iter().find(|result| result["ruleId"] == rule).unwrap_or_else(|| panic!("{rule} in {log:#}"))
    };
    let unknown = &find("E0301")["locations"][0]["physicalLocation"];
    assert_eq!(unknown["artifactLocation"]["uri"], "a%20folder/typo%2C%20here.flow");
    assert_eq!(
        unknown["region"],
        serde_json::json!({ "startLine": 3, "startColumn": 10, "endLine": 3, "endColumn": 12 })
    );
    assert_eq!(find("E0201")["level"], "error");
    for result in results {
        let rule = &run["tool"]["driver"]["rules"]
            [usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small")];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(rule["help"]["markdown"].as_str().is_some_and(|page| page.starts_with("# ")), "{rule}");
    }
}

#[test]
fn a_sarif_fingerprint_outlives_a_line_that_moves() {
    let project = faulty();
    let prints = |log: &Value| -> Vec<String> {
        let results = log["runs"][0]["results"].as_array().expect("results");
        results.iter().map(|result| result["partialFingerprints"]["flow/v1"].to_string()).collect()
    };
    let before = prints(&sarif(&project).1);
    project.write(
        "a folder/typo, here.flow",
        "// moved\n\npub flow typo(x: Bool) -> Bool {\n  budget calls <= 0\n  return xx\n}\n",
    );
    assert_eq!(prints(&sarif(&project).1), before);
    assert!(before.windows(2).all(|pair| pair[0] != pair[1]), "{before:?}");
}

/// Twelve unused imports of warnings would do; twelve unknown names are errors.
fn many(count: usize) -> String {
    (0..count)
        .map(|index| {
            format!("flow wrong_{index}(x: Bool) -> Bool {{\n  budget calls <= 0\n  return missing_{index}\n}}\n")
        })
        .collect()
}

#[test]
fn annotations_are_ten_at_most_and_then_counted() {
    let project = Project::new(&[("flow.toml", FLOW_TOML), ("many.flow", &many(14))]);
    let said = project.flowc(&["check", "--format", "github"]);
    assert_eq!(said.code, 2);
    let lines: Vec<&str> = said.stdout.lines().collect();
    assert_eq!(lines.iter().filter(|line| line.starts_with("::")).count(), 10, "{}", said.stdout);
    assert_eq!(
        lines.last(),
        Some(&"flowc: 14 errors, 0 warnings; 10 of them are annotations, `flowc check` prints all")
    );
}

#[test]
fn annotations_begin_with_the_lines_that_are_new() {
    let project = repository_of(Project::new(&[("flow.toml", FLOW_TOML), ("many.flow", &many(12))]));
    project.write("many.flow", many(12).replace("missing_11", "missing_in_a_new_line"));
    let said = project.flowc(&["check", "--format", "github", "--since", "main"]);
    let first = said.stdout.lines().next().expect("a line");
    assert!(first.contains("missing_in_a_new_line") && first.contains("line=47"), "{}", said.stdout);
    assert!(said.stdout.lines().nth(1).is_some_and(|line| line.contains("missing_0`")), "{}", said.stdout);
}

#[test]
fn a_revision_that_is_none_is_said_with_what_to_do() {
    let project = repository_of(desk());
    for revision in ["nowhere", "--output=x", "main:desk.flow"] {
        let said = project.flowc(&["check", "--format", "github", "--since", revision]);
        let said = if revision.starts_with('-') {
            project.flowc(&["check", "--format", "github", &format!("--since={revision}")])
        } else {
            said
        };
        assert_eq!(said.code, 64, "{said:#?}");
        assert!(said.stderr.contains("E1012") && said.stderr.contains("no revision"), "{said:#?}");
    }
    let alone = desk();
    let said = alone.flowc(&["check", "--since", "main"]);
    assert_eq!((said.code, said.stderr.contains("E1012")), (64, true), "{said:#?}");
}

#[test]
fn junit_is_read_by_a_test_runner() {
    let report = |said: &Said| {
        Report::deserialize_from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}: {}", said.stdout))
    };
    let good = desk().flowc(&["check", "--format", "junit"]);
    assert_eq!((good.code, report(&good).failures), (0, 0));
    assert_eq!(report(&good).tests, 2, "{}", good.stdout);

    let said = faulty().flowc(&["check", "--format", "junit"]);
    let report = report(&said);
    assert_eq!((said.code, report.tests, report.failures), (2, 4, 3), "{}", said.stdout);
    let cases: Vec<_> = report.test_suites.iter().flat_map(|suite| &suite.test_cases).collect();
    let desk = cases.iter().find(|case| case.name.as_str() == "desk").expect("a test for the flow");
    let TestCaseStatus::NonSuccess { message, ty, .. } = &desk.status else { panic!("{desk:#?}") };
    assert_eq!(ty.as_ref().map(|ty| ty.as_str()), Some("E0201"));
    let message = message.as_ref().map(|message| message.as_str()).unwrap_or_default();
    assert!(message.starts_with("cost can reach $0.00") && message.ends_with("allowed is $0.0001"), "{message}");
}

#[test]
fn junit_escapes_what_a_file_says() {
    let project = Project::new(&[
        ("flow.toml", FLOW_TOML),
        ("odd \"<&>\".flow", "pub flow typo() -> Bool { return \"]]>&\u{1}\" }\n"),
    ]);
    let said = project.flowc(&["check", "--format", "junit"]);
    let report = Report::deserialize_from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}: {}", said.stdout));
    assert_eq!(report.test_suites[0].name.as_str(), "odd \"<&>\".flow");
}

#[test]
fn markdown_has_a_table_the_findings_and_the_assumptions() {
    let said = desk().flowc(&["check", "--format", "markdown"]);
    assert_eq!(said.code, 0);
    assert!(said.stdout.starts_with("### flowc check: PASS\n"), "{}", said.stdout);
    assert!(said.stdout.contains("| `desk` desk.flow:31 | holds | $0.001238 | $0.01 | 2 of 4 |"), "{}", said.stdout);

    let said = faulty().flowc(&["check", "--format", "markdown"]);
    assert!(said.stdout.starts_with("### flowc check: FAIL\n"), "{}", said.stdout);
    assert!(
        said.stdout.contains("- a folder/typo, here.flow:3:10: error\\[E0301\\]: unknown name `xx`"),
        "{}",
        said.stdout
    );
    assert!(said.stdout.contains("| unknown |"), "what is not known is no number: {}", said.stdout);
}

#[test]
fn markdown_lets_no_file_write_tags_or_call_people() {
    let project =
        Project::new(&[("flow.toml", FLOW_TOML), ("@all <img>.flow", "pub flow typo() -> Bool { return oops }\n")]);
    let said = project.flowc(&["check", "--format", "markdown"]);
    assert!(!said.stdout.contains("@all") && !said.stdout.contains("<img>"), "{}", said.stdout);
}

#[test]
fn strict_asks_for_an_owner_and_lets_warnings_fail() {
    let project = Project::new(&[("flow.toml", FLOW_TOML), ("desk.flow", &DESK.replace("  owner  \"support\"\n", ""))]);
    assert_eq!(project.flowc(&["check"]).code, 0);
    let said = project.flowc(&["check", "--strict"]);
    assert_eq!(said.code, 1);
    assert!(said.stdout.contains("error[E1001]: nobody answers for the public flow `desk`"), "{}", said.stdout);
    let json = project.flowc(&["check", "--strict", "--format", "json"]);
    assert_eq!((json.code, json.json()["verdict"].as_str()), (1, Some("policy")));
    assert_eq!(desk().flowc(&["check", "--strict"]).code, 0);
}

#[test]
fn every_format_ends_with_the_same_code() {
    let unbounded = DESK.replace("desk(t: Ticket)", "desk(t: Ticket, xs: Text<=4tok[<=1_000_000])").replace(
        "  return solve(t)",
        "  let all = each a in xs { each b in xs { each c in xs { each d in xs { solve(t) } } } }\n  check len(all) > 0 else escalate(\"none\")\n  return solve(t)",
    );
    let cases = [
        (DESK.to_owned(), 0),
        (DESK.replace("$0.01", "$0.0001"), 1),
        (DESK.replace("return solve(t)", "return solv(t)"), 2),
        (unbounded, 3),
    ];
    for (flow, code) in cases {
        let project = Project::new(&[("flow.toml", FLOW_TOML), ("desk.flow", &flow)]);
        for format in ["text", "json", "sarif", "github", "junit", "markdown"] {
            let said = project.flowc(&["check", "--format", format]);
            assert_eq!((said.code, said.stderr.as_str()), (code, ""), "{format}: {}", said.stdout);
            assert!(!said.stdout.is_empty());
        }
    }
}
