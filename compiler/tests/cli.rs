//! The real `flowc`: what every verb prints, and every exit code.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// A project for one test.
struct Project(TempDir);

/// What a command did.
struct Said {
    code: i32,
    stdout: String,
    stderr: String,
}

const FLOW_TOML: &str = r#"
[project]
name = "desk"

[models.unit]
provider     = "scripted"
tokenizer    = { class = "ceiling", bytes_per_token = 1 }
context      = 100_000
max_output   = 10_000
output_field = "max_tokens"
price        = { input = "1.00", output = "10.00" }
timeout      = "30s"
"#;

const DESK: &str = r#"tier unit = model("unit")

type Ticket {
  subject: Text<=10tok
  body: Text<=90tok
}

step solve(t: Ticket) -> Text<=50tok {
  on    unit
  retry <= 1
  """
  {raw t.body}
  """
}

pub flow desk(t: Ticket) -> Text<=50tok {
  budget cost <= $0.01, calls <= 2, time <= 2m
  return solve(t)
}
"#;

impl Project {
    fn new(files: &[(&str, &str)]) -> Project {
        let project = Project(tempfile::tempdir().expect("a temporary folder"));
        for (path, text) in files {
            let path = project.0.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        project
    }

    /// The project with its `flow.toml` and this `desk.flow`.
    fn desk(flow: &str) -> Project {
        Project::new(&[("flow.toml", FLOW_TOML), ("desk.flow", flow)])
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn flowc(&self, arguments: &[&str]) -> Said {
        flowc(self.path(), arguments)
    }
}

fn flowc(folder: &Path, arguments: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowc"));
    command.args(arguments).current_dir(folder).env_remove("NO_COLOR").env("TERM", "xterm");
    let Output { status, stdout, stderr } = command.output().expect("flowc starts");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Said { code: status.code().expect("an exit code"), stdout: text(stdout), stderr: text(stderr) }
}

/// Everything that was said, for a snapshot.
fn all(said: &Said) -> String {
    format!("exit {}\n--- stdout\n{}--- stderr\n{}", said.code, said.stdout, said.stderr)
}

#[test]
fn every_verb_has_a_help() {
    let here = Project::new(&[]);
    insta::assert_snapshot!("help", here.flowc(&["--help"]).stdout);
    for verb in [
        "check",
        "fmt",
        "bound",
        "graph",
        "inputs",
        "prompt",
        "build",
        "doc",
        "explain",
        "models",
        "new",
        "completions",
    ] {
        let said = here.flowc(&[verb, "--help"]);
        assert_eq!(said.code, 0);
        insta::assert_snapshot!(format!("help_{verb}"), said.stdout);
    }
}

#[test]
fn files_are_laid_out_in_place_and_checked() {
    let odd = DESK.replace("  retry <= 1\n", "  retry<=1 // why\n");
    let broken = "flow f( {\n";
    let project = Project::new(&[
        ("flow.toml", FLOW_TOML),
        ("desk.flow", &odd),
        ("broken.flow", broken),
        ("b/fine.flow", "alias A = Id\n"),
    ]);
    let read = |file: &str| fs::read_to_string(project.path().join(file)).expect("the file is there");

    let checked = project.flowc(&["fmt", "--check", "desk.flow", "b"]);
    assert_eq!((checked.code, read("desk.flow")), (1, odd));
    insta::assert_snapshot!("fmt_check", all(&checked));

    let done = project.flowc(&["fmt"]);
    assert_eq!((done.code, read("broken.flow").as_str()), (2, broken), "a file with errors stays as it is");
    insta::assert_snapshot!("fmt", all(&done));
    assert!(read("desk.flow").contains("  on      unit\n  retry   <= 1  // why\n"), "{}", read("desk.flow"));
    let left: Vec<_> =
        fs::read_dir(project.path()).expect("a folder").flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(left.len(), 4, "nothing else is left behind: {left:?}");

    let again = project.flowc(&["fmt", "--check", "desk.flow"]);
    assert_eq!((again.code, again.stdout.as_str()), (0, "no files would change, 1 already in style\n"));
}

#[test]
fn the_standard_input_is_laid_out_to_the_standard_output() {
    use std::io::Write as _;
    let with = |arguments: &[&str], text: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flowc"));
        let pipe = std::process::Stdio::piped;
        let mut child =
            command.args(arguments).stdin(pipe()).stdout(pipe()).stderr(pipe()).spawn().expect("flowc starts");
        child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("it is read");
        let Output { status, stdout, stderr } = child.wait_with_output().expect("flowc ends");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        (status.code(), text(stdout), text(stderr))
    };
    assert_eq!(with(&["fmt", "-"], "alias  A=Id"), (Some(0), "alias A = Id\n".to_owned(), String::new()));
    let (code, stdout, stderr) = with(&["fmt", "-"], "alias  A=");
    assert_eq!((code, stdout.as_str()), (Some(2), ""));
    assert!(stderr.contains("standard input:1"), "{stderr}");
    assert_eq!(with(&["fmt", "--check", "-"], "alias  A=Id").0, Some(1));
}

#[test]
fn a_flow_that_holds_is_told_with_its_ceiling() {
    let said = Project::desk(DESK).flowc(&["check"]);
    insta::assert_snapshot!(all(&said));
}

#[test]
fn a_flow_over_its_budget_exits_1_with_factor_path_and_fix() {
    let said = Project::desk(&DESK.replace("$0.01", "$0.001")).flowc(&["check", "desk.flow"]);
    assert_eq!(said.code, 1);
    insta::assert_snapshot!(all(&said));
}

#[test]
fn what_does_not_compile_exits_2() {
    let said = Project::desk(&DESK.replace("solve(t)\n}", "solv(t)\n}")).flowc(&["check"]);
    assert_eq!(said.code, 2);
    insta::assert_snapshot!(all(&said));
}

#[test]
fn what_cannot_be_counted_exits_3() {
    let nested = "each a in xs { each b in xs { each c in xs { each d in xs { solve(t) } } } }";
    let huge = DESK.replace("desk(t: Ticket)", "desk(t: Ticket, xs: Text<=4tok[<=1_000_000])").replace(
        "return solve(t)",
        &format!("let all = {nested}\n  check len(all) > 0 else escalate(\"none\")\n  return solve(t)"),
    );
    let said = Project::desk(&huge).flowc(&["check"]);
    assert_eq!(said.code, 3, "{}", all(&said));
    assert!(said.stdout.contains("error[E0202]"), "{}", all(&said));
}

#[test]
fn wrong_usage_exits_64() {
    let project = Project::desk(DESK);
    for arguments in [
        &["chek"][..],
        &[],
        &["check", "--format", "yaml"],
        &["check", "nowhere.flow"],
        &["graph", "."],
        &["graph", "desk.flow", "--flow", "dsek"],
        &["explain", "E9999"],
        &["new", "Not A Name"],
        &["build", "desk.flow", "-o", "nowhere/desk.plan"],
        &["completions", "cobol"],
        &["fmt", "nowhere.flow"],
        &["fmt", "-", "desk.flow"],
        &["format"],
    ] {
        let said = project.flowc(arguments);
        assert_eq!(said.code, 64, "{arguments:?}: {}", all(&said));
        assert!(!said.stderr.is_empty() && said.stdout.is_empty(), "{arguments:?}: {}", all(&said));
    }
}

#[test]
fn problems_say_a_code_a_reason_and_what_to_do() {
    let project = Project::desk(DESK);
    let empty = Project::new(&[]);
    let said = [
        project.flowc(&["check", "nowhere.flow"]),
        project.flowc(&["graph", "."]),
        project.flowc(&["inputs", "desk.flow", "--flow", "dsek"]),
        project.flowc(&["build", "desk.flow", "-o", "nowhere/desk.plan"]),
        project.flowc(&["explain", "E021"]),
        project.flowc(&["new", "desk.flow"]),
        empty.flowc(&["check"]),
    ];
    insta::assert_snapshot!(said.iter().map(all).collect::<Vec<_>>().join("\n"));
}

#[test]
fn bytes_that_are_no_text_are_refused_as_a_mistake_in_the_file() {
    let project = Project::desk(DESK);
    fs::write(project.path().join("bytes.flow"), [0xff, 0xfe, 0x00]).expect("a file");
    let said = project.flowc(&["check", "bytes.flow"]);
    assert_eq!(said.code, 2);
    assert!(said.stdout.contains("error[E0002]"), "{}", all(&said));
}

#[test]
fn ten_megabytes_of_braces_are_answered_with_a_few_lines() {
    let project = Project::desk(&"{".repeat(10_000_000));
    let said = project.flowc(&["check"]);
    assert_eq!(said.code, 2);
    assert!(said.stdout.len() < 5_000, "{} bytes", said.stdout.len());
}

#[test]
fn a_broken_project_file_is_told_at_its_place() {
    let project = Project::new(&[("flow.toml", "[models.unit]\ncontxt = 5\n"), ("desk.flow", DESK)]);
    let said = project.flowc(&["check"]);
    assert_eq!(said.code, 2);
    insta::assert_snapshot!(all(&said));
}

#[test]
fn strict_lets_warnings_fail() {
    let warned = DESK.replace("pub flow", "flow").replace("  budget cost <= $0.01, calls <= 2, time <= 2m\n", "");
    let project = Project::desk(&warned);
    let said = project.flowc(&["check"]);
    assert!(said.code == 0 && said.stdout.contains("warning["), "{}", all(&said));
    assert_eq!(project.flowc(&["check", "--strict"]).code, 1);
}

#[test]
fn json_is_one_object_on_stdout() {
    let project = Project::desk(&DESK.replace("$0.01", "$0.001"));
    let said = project.flowc(&["check", "--format", "json"]);
    assert_eq!((said.code, said.stderr.as_str()), (1, ""));
    insta::assert_snapshot!(said.stdout);
}

#[test]
fn annotations_name_file_line_and_column() {
    let project = Project::desk(&DESK.replace("$0.01", "$0.001"));
    insta::assert_snapshot!(project.flowc(&["check", "--format", "github"]).stdout);
}

#[test]
fn paths_are_those_from_the_current_folder() {
    let project =
        Project::new(&[("flow.toml", FLOW_TOML), ("flows/desk.flow", &DESK.replace("solve(t)\n}", "solv(t)\n}"))]);
    let inside = flowc(&project.path().join("flows"), &["check"]);
    assert!(inside.stdout.contains("[ desk.flow:"), "{}", all(&inside));
    let above = flowc(project.path(), &["check"]);
    assert!(above.stdout.contains("[ flows/desk.flow:"), "{}", all(&above));
}

#[test]
fn a_module_that_two_files_import_is_spoken_of_once() {
    let project = Project::new(&[
        ("flow.toml", FLOW_TOML),
        ("kb.flow", "pub alias Draft = Text\n"),
        ("one.flow", "use kb { Draft }\n"),
        ("two.flow", "use kb { Draft }\n"),
    ]);
    let said = project.flowc(&["check", "--format", "github"]);
    assert_eq!(said.stdout.matches("title=E05").count(), 1, "{}", all(&said));
}

#[test]
fn colours_come_only_where_they_are_asked_for() {
    let project = Project::desk(&DESK.replace("$0.01", "$0.001"));
    assert!(!project.flowc(&["check"]).stdout.contains('\u{1b}'), "a pipe is no terminal");
    assert!(project.flowc(&["check", "--color", "always"]).stdout.contains('\u{1b}'));
}

#[test]
fn the_ceiling_is_a_tree() {
    insta::assert_snapshot!(Project::desk(DESK).flowc(&["bound", "desk.flow"]).stdout);
}

#[test]
fn inputs_are_a_schema() {
    insta::assert_snapshot!(Project::desk(DESK).flowc(&["inputs", "desk.flow"]).stdout);
}

#[test]
fn a_graph_is_drawn_in_three_ways() {
    let project = Project::desk(DESK);
    insta::assert_snapshot!("graph_dot", project.flowc(&["graph", "desk.flow"]).stdout);
    insta::assert_snapshot!("graph_mermaid", project.flowc(&["graph", "desk.flow", "--format", "mermaid"]).stdout);
    assert!(project.flowc(&["graph", "desk.flow", "--format", "svg"]).stdout.starts_with("<svg"));
}

#[test]
fn a_plan_is_written_whole_and_the_same_each_time() {
    let project = Project::desk(DESK);
    let said = project.flowc(&["build", "desk.flow", "-o", "desk.plan"]);
    assert_eq!((said.code, said.stdout.as_str()), (0, ""));
    let plan = fs::read_to_string(project.path().join("desk.plan")).expect("the plan");
    assert_eq!(project.flowc(&["build", "desk.flow", "-o", "-"]).stdout, plan);
    let entries = fs::read_dir(project.path()).expect("the folder").count();
    assert_eq!(entries, 3, "nothing is left beside the plan");
}

#[test]
fn every_code_is_explained() {
    let project = Project::new(&[]);
    let list = project.flowc(&["explain"]).stdout;
    assert!(list.lines().count() > 80, "{list}");
    for code in list.lines().filter_map(|line| line.split(' ').next()) {
        let page = project.flowc(&["explain", &code.to_lowercase()]).stdout;
        assert!(page.starts_with(&format!("# {code}")), "{code}: {page}");
    }
}

#[test]
fn models_are_listed_with_those_of_the_project() {
    let project = Project::desk(DESK);
    let table = project.flowc(&["models"]).stdout;
    let unit = table.lines().find(|line| line.starts_with("unit ")).expect("the project's model");
    assert!(unit.contains("$1.00") && unit.contains("$10.00"), "{unit}");
    let object: serde_json::Value = serde_json::from_str(&project.flowc(&["models", "--json"]).stdout).expect("JSON");
    let models = object["models"].as_array().expect("a list");
    assert!(models.len() > 25);
    assert!(models.iter().any(|model| model["name"] == "unit" && model["price"]["input"] == "1.00"));
}

#[test]
fn a_new_project_checks() {
    let folder = Project::new(&[]);
    let made = folder.flowc(&["new", "support"]);
    insta::assert_snapshot!(all(&made));
    let said = flowc(&folder.path().join("support"), &["check", "--strict"]);
    assert_eq!(said.code, 0, "{}", all(&said));
    assert_eq!(folder.flowc(&["new", "support"]).code, 64, "nothing is overwritten");
}

#[test]
fn completions_are_made_for_each_shell() {
    let project = Project::new(&[]);
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let said = project.flowc(&["completions", shell]);
        assert!(said.code == 0 && said.stdout.contains("flowc"), "{shell}");
    }
}

#[test]
fn a_reader_that_leaves_early_is_no_failure() {
    let script = format!("{} explain | head -1", env!("CARGO_BIN_EXE_flowc"));
    let output = Command::new("bash").args(["-o", "pipefail", "-c", &script]).output().expect("bash");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
