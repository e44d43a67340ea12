//! The real `flow`: what every verb prints, and every exit code. No model is asked: answers are played.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

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

[models.far]
provider     = "openai"
base_url     = "http://127.0.0.1:1/v1"
key_env      = "FAR_AWAY_KEY"
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
  let answer = solve(t)
  check not empty(answer) else escalate("no answer", to: "support-lead")
  return answer
}
"#;

const ANSWERS: &str = "[[answer]]\nstep = \"solve\"\nvalue = \"Your invoice is on its way.\"\n";
const TICKET: &str = r#"{"subject": "Invoice", "body": "Where is it?"}"#;

/// A project with a ledger of its own.
struct Project(TempDir);

/// What a command did.
struct Said {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Project {
    fn new(files: &[(&str, &str)]) -> Project {
        let project = Project(tempfile::tempdir().expect("a temporary folder"));
        for (path, text) in files {
            fs::write(project.path().join(path), text).expect("a file");
        }
        project
    }

    fn desk() -> Project {
        Project::new(&[
            ("flow.toml", FLOW_TOML),
            ("desk.flow", DESK),
            ("answers.toml", ANSWERS),
            ("ticket.json", TICKET),
        ])
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flow"));
        command.args(arguments).current_dir(self.path()).stdin(Stdio::null());
        command.env_remove("FLOW_HOME").env_remove("FAR_AWAY_KEY").env_remove("NO_COLOR");
        command.env("XDG_STATE_HOME", self.path().join(".state"));
        command
    }

    fn flow(&self, arguments: &[&str]) -> Said {
        said(self.command(arguments).output().expect("flow starts"))
    }

    /// Runs the ticket on played answers, with more arguments.
    fn run(&self, more: &[&str]) -> Said {
        let arguments = ["run", "desk.flow", "--input", "@ticket.json", "--answers", "answers.toml"];
        self.flow(&[&arguments[..], more].concat())
    }
}

fn said(output: Output) -> Said {
    let Output { status, stdout, stderr } = output;
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Said { code: status.code().expect("an exit code"), stdout: text(stdout), stderr: text(stderr) }
}

/// Everything that was said, with what differs from run to run left out.
fn all(said: &Said) -> String {
    let text = format!("exit {}\n--- stdout\n{}--- stderr\n{}", said.code, said.stdout, said.stderr);
    let lines = text.lines().map(|line| {
        let words = line.split_inclusive(' ').map(|word| {
            let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '+');
            let is_id = bare.len() >= 13 && bare.bytes().all(|byte| byte.is_ascii_hexdigit());
            let is_time = ["ms", "s", "Z"].iter().any(|unit| {
                bare.strip_suffix(unit).is_some_and(|number| {
                    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit() || b"+.:".contains(&byte))
                })
            });
            let is_day = bare.len() == 10 && bare.starts_with("20") && bare.as_bytes()[4] == b'-';
            if is_id {
                word.replace(bare, "<id>")
            } else if is_time {
                word.replace(bare, "<t>")
            } else if is_day {
                word.replace(bare, "<day>")
            } else {
                word.to_owned()
            }
        });
        let line: String = words.collect();
        // Columns are as wide as what was left out.
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn every_verb_has_a_help() {
    let here = Project::new(&[]);
    insta::assert_snapshot!("help", here.flow(&["--help"]).stdout);
    for verb in [
        "run",
        "resume",
        "waiting",
        "approve",
        "answer",
        "test",
        "report",
        "bom",
        "trace",
        "ceilings",
        "models",
        "completions",
    ] {
        let said = here.flow(&[verb, "--help"]);
        assert_eq!(said.code, 0);
        insta::assert_snapshot!(format!("help_{verb}"), said.stdout);
    }
}

#[test]
fn a_run_prints_its_result_and_what_it_spent_beside_its_ceiling() {
    let said = Project::desk().run(&[]);
    assert_eq!((said.code, said.stdout.as_str()), (0, "Your invoice is on its way.\n"));
    insta::assert_snapshot!(all(&said));
}

#[test]
fn quiet_says_nothing_while_it_runs() {
    let said = Project::desk().run(&["--quiet"]);
    assert!(said.stderr.starts_with("\ndesk done\n"), "{}", all(&said));
}

#[test]
fn json_is_one_object_on_stdout() {
    let said = Project::desk().run(&["--json", "--quiet"]);
    assert_eq!((said.code, said.stderr.as_str()), (0, ""));
    let object: Value = serde_json::from_str(&said.stdout).expect("JSON");
    assert_eq!(object["schema"], "flow.run.v1");
    assert_eq!(object["status"], "done");
    assert_eq!(object["result"], "Your invoice is on its way.");
    assert_eq!(object["spent"]["calls"], 1);
    assert_eq!(object["bound"]["calls"], 2);
}

#[test]
fn bom_trace_and_report_tell_about_the_last_run() {
    let project = Project::desk();
    assert_eq!(project.run(&[]).code, 0);
    for verb in ["bom", "trace", "report"] {
        let said = project.flow(&[verb]);
        assert_eq!(said.code, 0, "{}", all(&said));
        insta::assert_snapshot!(format!("after_a_run_{verb}"), all(&said));
    }
}

#[test]
fn a_bill_sums_up_to_the_nano_dollar() {
    let project = Project::desk();
    project.flow(&["run", "desk.flow", "--input", "@ticket.json", "--answers", "answers.toml"]);
    let bom: Value = serde_json::from_str(&project.flow(&["bom", "--last", "--json"]).stdout).expect("JSON");
    let nanos = |value: &Value| value.as_str().expect("money").replace('.', "").parse::<u64>().expect("digits");
    let kinds = bom["kinds"].as_array().expect("kinds");
    let names: Vec<&str> = kinds.iter().filter_map(|kind| kind["item"].as_str()).collect();
    assert_eq!(names, ["tokens", "retrieval context", "tool calls", "retries", "latency"]);
    let total = nanos(&bom["total"]);
    assert!(total > 0);
    assert_eq!(kinds.iter().map(|kind| nanos(&kind["cost"])).sum::<u64>(), total);
    assert_eq!(bom["lines"].as_array().expect("lines").iter().map(|line| nanos(&line["cost"])).sum::<u64>(), total);
    assert_eq!(nanos(&bom["spent"]["cost"]), total);
}

#[test]
fn a_run_is_found_by_the_beginning_of_its_id() {
    let project = Project::desk();
    let run: Value = serde_json::from_str(&project.run(&["--json"]).stdout).expect("JSON");
    let id = run["run"].as_str().expect("an id");
    assert_eq!(project.flow(&["trace", &id[..16]]).code, 0);
    let unknown = project.flow(&["bom", "ffff"]);
    assert_eq!(unknown.code, 64);
    assert!(unknown.stderr.contains("E0954"), "{}", all(&unknown));
}

#[test]
fn input_comes_from_an_argument_a_file_or_the_standard_input() {
    let project = Project::desk();
    let answers = ["--answers", "answers.toml", "--quiet"];
    let wrapped = format!("{{\"t\": {TICKET}}}");
    for input in [TICKET, &wrapped, "@ticket.json"] {
        let said = project.flow(&[&["run", "desk.flow", "--input", input][..], &answers].concat());
        assert_eq!(said.code, 0, "{}", all(&said));
    }
    let mut command = project.command(&[&["run", "desk.flow", "--input", "-"][..], &answers].concat());
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    child.stdin.take().expect("a pipe").write_all(TICKET.as_bytes()).expect("it reads");
    assert_eq!(said(child.wait_with_output().expect("it ends")).code, 0);
}

#[test]
fn dry_prints_the_ceiling_and_runs_nothing() {
    let project = Project::desk();
    let said = project.run(&["--dry", "--budget", "cost <= $0.001"]);
    assert_eq!(said.code, 0);
    insta::assert_snapshot!(all(&said));
    assert_eq!(project.flow(&["bom"]).code, 64, "there is no run");
}

#[test]
fn an_escalated_run_exits_3_with_its_reason() {
    let project = Project::desk();
    fs::write(project.path().join("answers.toml"), "[[answer]]\nstep = \"solve\"\nvalue = \" \"\n").expect("a file");
    let said = project.run(&["--quiet"]);
    assert_eq!((said.code, said.stdout.as_str()), (3, ""));
    assert!(said.stderr.contains("desk escalated to support-lead: no answer"), "{}", all(&said));
}

#[test]
fn a_missing_key_escalates_and_costs_nothing() {
    let project = Project::desk();
    fs::write(project.path().join("desk.flow"), DESK.replace("model(\"unit\")", "model(\"far\")")).expect("a file");
    let said = project.flow(&["run", "desk.flow", "--input", "@ticket.json", "--json", "--quiet"]);
    assert_eq!(said.code, 3, "{}", all(&said));
    let object: Value = serde_json::from_str(&said.stdout).expect("JSON");
    assert_eq!(object["status"], "escalated");
    assert_eq!(object["reason"], "no key: set `FAR_AWAY_KEY`");
    assert_eq!(object["spent"]["cost"], "0.000000000");
}

#[test]
fn a_failed_run_exits_4() {
    let project = Project::desk();
    let answers = "[[answer]]\nstep = \"solve\"\nfail = \"Refused\"\n";
    fs::write(project.path().join("answers.toml"), answers).expect("a file");
    let said = project.run(&["--quiet"]);
    assert_eq!(said.code, 4, "{}", all(&said));
    assert!(said.stderr.contains("desk failed: Refused"), "{}", all(&said));
}

#[test]
fn a_budget_below_the_bound_refuses_what_does_not_fit() {
    let said = Project::desk().run(&["--quiet", "--budget", "cost <= $0.0001"]);
    assert_eq!(said.code, 5, "{}", all(&said));
    assert!(said.stderr.contains("desk refused"), "{}", all(&said));
}

#[test]
fn what_does_not_compile_exits_2() {
    let project = Project::desk();
    fs::write(project.path().join("desk.flow"), DESK.replace("solve(t)", "solv(t)")).expect("a file");
    let said = project.run(&[]);
    assert_eq!((said.code, said.stdout.as_str()), (2, ""));
    assert!(said.stderr.contains("error[E03"), "{}", all(&said));
}

#[test]
fn wrong_usage_and_wrong_input_exit_64() {
    let project = Project::desk();
    fs::write(project.path().join("bytes.json"), [0xff, 0xfe]).expect("a file");
    let long = format!(r#"{{"subject": "Invoice", "body": "{}"}}"#, "word ".repeat(1000));
    let run = |more: &[&str]| project.flow(&[&["run", "desk.flow", "--answers", "answers.toml"], more].concat());
    let said = [
        run(&[]),
        run(&["--input", "subject: hello"]),
        run(&["--input", "[1]"]),
        run(&["--input", r#"{"subject": "Invoice"}"#]),
        run(&["--input", &long]),
        run(&["--input", "@nowhere.json"]),
        run(&["--input", "@bytes.json"]),
        run(&["--input", TICKET, "--budget", "cost < 5"]),
        run(&["--input", TICKET, "--caller", "acme"]),
        run(&["--input", TICKET, "--flow", "dsek"]),
        project.flow(&["run", "nowhere.flow"]),
        project.flow(&["run", "ticket.json"]),
        project.flow(&["run", "desk.flow", "--input", TICKET, "--answers", "nowhere.toml"]),
        project.flow(&["models", "pull", "gpt-9"]),
        project.flow(&["bom"]),
    ];
    for said in &said {
        assert_eq!(said.code, 64, "{}", all(said));
        assert_eq!(said.stdout, "");
    }
    insta::assert_snapshot!(said.iter().map(all).collect::<Vec<_>>().join("\n"));
    assert_eq!(project.flow(&["serve"]).code, 64, "a verb of a later version is not accepted");
}

#[test]
fn a_ledger_that_cannot_be_used_stops_a_run_before_it_begins() {
    let project = Project::desk();
    let at = |home: &str, verb: &[&str]| {
        let mut command = project.command(verb);
        said(command.env("FLOW_HOME", project.path().join(home)).output().expect("flow starts"))
    };
    let run = ["run", "desk.flow", "--input", "@ticket.json", "--answers", "answers.toml"];
    fs::create_dir(project.path().join("broken")).expect("a folder");
    fs::write(project.path().join("broken/ledger.db"), "no database").expect("a file");
    for (home, code) in [("ticket.json", "E0904"), ("broken", "E0905")] {
        for verb in [&run[..], &["bom"]] {
            let said = at(home, verb);
            assert_eq!(said.code, 64, "{}", all(&said));
            assert!(said.stderr.contains(code), "{}", all(&said));
        }
    }
}

/// Of runs whose ids begin alike, none is meant.
#[test]
fn an_id_that_names_no_run_says_why() {
    let project = Project::desk();
    assert_eq!((project.run(&[]).code, project.run(&[]).code), (0, 0));
    for (id, why) in [("0", "2 runs"), ("zzz", "no run"), ("", "is empty")] {
        let said = project.flow(&["bom", id]);
        assert_eq!(said.code, 64);
        assert!(said.stderr.contains(why), "{}", all(&said));
    }
}

#[test]
fn models_are_listed_with_whether_they_are_here() {
    let project = Project::desk();
    let mut command = project.command(&["models", "list"]);
    let said = said(command.env("FLOW_MODELS", project.path().join("models")).output().expect("flow starts"));
    assert_eq!(said.code, 0);
    let names = ["smollm2-135m-instruct", "all-minilm-l6-v2"];
    assert!(names.iter().all(|name| said.stdout.contains(name)), "{}", all(&said));
    assert!(!said.stdout.contains("yes"), "{}", all(&said));
}

#[test]
fn completions_are_made_for_each_shell() {
    let project = Project::new(&[]);
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let said = project.flow(&["completions", shell]);
        assert!(said.code == 0 && said.stdout.contains("flow"), "{shell}");
    }
}

/// A flow that only waits for a program.
const WAITS: &str = "
tool wait(how: Text<=8tok) -> Text<=8tok {
  from   exec(\"sh\", \"-c\", \"touch began; sleep 5; touch ended\")
  effect read
  price  $0
  time   <= 20s
}
pub flow main(how: Text<=8tok) -> Text<=8tok {
  budget tools <= 1
  return wait(how)
}
";

#[cfg(unix)]
#[test]
fn a_run_that_is_told_to_end_settles_and_takes_its_tools_with_it() {
    let project = Project::new(&[("main.flow", WAITS), ("flow.toml", "[project]\nname = \"waits\"\n")]);
    let mut command = project.command(&["run", "main.flow", "--json", "--input", "{\"how\": \"x\"}"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("flow starts");
    let began = std::time::Instant::now();
    while !project.path().join("began").exists() && began.elapsed().as_secs() < 20 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let told = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
    assert!(told.expect("kill").success());
    let said = said(child.wait_with_output().expect("it ends"));
    assert!(said.code == 6 && said.stdout.contains("it was stopped"), "{}", all(&said));
    std::thread::sleep(std::time::Duration::from_secs(6));
    assert!(!project.path().join("ended").exists(), "the tool went on");
}
