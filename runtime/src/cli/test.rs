//! `flow test [FILE…]`: the tests of flows, on what they give and nothing else.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use flow_compiler::diagnostic::render;
use flow_runtime::exam::{Outcome, examine};
use flow_runtime::legible::legible;
use serde_json::json;

use super::analysis::analyse;
use super::disk::{Project, flows_of, named_flows};
use super::problem::Problem;
use super::rows::{counted, exactly};
use super::terminal::{self, Colours};
use super::{exit, home};

const HELP: &str = "\
A test gives what models and tools do, runs a flow, and says what must be true then. No model is asked and no tool is called:
a step or tool that is reached and has nothing given fails the test.

Examples:
  flow test                                     every test below this folder
  flow test tests desk.flow                     those below a folder, and those of a file
  flow test desk.flow --format junit > tests.xml

Exit codes: 0 all pass, 1 a test fails, 2 a file does not compile, 64 usage";

/// Run tests on given answers
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Arguments {
    /// Flow files, or folders to look for them; without any, every one below this folder
    files: Vec<PathBuf>,
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One JSON object: the schema flow.test.v1
    Json,
    /// JUnit XML
    Junit,
}

/// What came of the tests of one file.
struct Tested {
    file: String,
    outcomes: Vec<Outcome>,
}

pub(crate) fn run(arguments: &Arguments, colours: Colours) -> Result<u8, Problem> {
    let files = match arguments.files.as_slice() {
        [] => flows_of(Path::new("."), "this folder")?,
        named => named_flows(named)?,
    };
    let (mut all, mut invalid) = (Vec::new(), false);
    for file in &files {
        match tested(file, colours)? {
            Some(tested) => all.push(tested),
            None => invalid = true,
        }
    }
    let text = match arguments.format {
        Format::Text => text(&all),
        Format::Json => format!("{:#}\n", json(&all)),
        Format::Junit => junit(&all),
    };
    terminal::print(&text);
    if arguments.format != Format::Text && all.iter().all(|tested| tested.outcomes.is_empty()) && !invalid {
        terminal::say(&format!("{}\n", none(all.len())));
    }
    let failed = all.iter().flat_map(|of| &of.outcomes).any(|outcome| !outcome.wrong.is_empty());
    Ok(match (invalid, failed) {
        (true, _) => exit::INVALID,
        (false, true) => exit::FAILS,
        (false, false) => exit::OK,
    })
}

/// The tests of a file; `None` where it does not compile, which has been said.
fn tested(file: &Path, colours: Colours) -> Result<Option<Tested>, Problem> {
    let (project, name) = Project::of_file(file)?;
    let analysis = analyse(&project, &name);
    let Some(plan) = analysis.plan else {
        terminal::say(&render::render(&analysis.diagnostics, &analysis.sources, colours.for_stderr()));
        return Ok(None);
    };
    let root = project.root().to_owned();
    let files = move |path: &str| std::fs::read_to_string(root.join(path)).map_err(|error| error.to_string());
    let mut outcomes = Vec::new();
    for test in &plan.program.tests {
        let outcome = super::wait(examine(&plan, test, &files))?;
        outcomes.push(outcome.map_err(home::problem)?);
    }
    Ok(Some(Tested { file: name, outcomes }))
}

fn text(all: &[Tested]) -> String {
    let mut out = String::new();
    let (mut passed, mut failed) = (0, 0);
    for tested in all.iter().filter(|tested| !tested.outcomes.is_empty()) {
        let _ = writeln!(out, "{}", tested.file);
        for outcome in &tested.outcomes {
            let mark = if outcome.wrong.is_empty() { "ok  " } else { "FAIL" };
            *(if outcome.wrong.is_empty() { &mut passed } else { &mut failed }) += 1;
            let spent = outcome.report.as_ref().map_or_else(String::new, |report| {
                let (calls, tools) = (report.spent.calls, report.spent.tools);
                let (calls, tools) = (counted(calls, "call", "calls"), counted(tools, "tool", "tools"));
                format!("  ({calls}, {tools}, {})", exactly(report.spent.cost))
            });
            let _ = writeln!(out, "  {mark}  {}{spent}", outcome.name);
            for wrong in &outcome.wrong {
                let (file, line) = &wrong.place;
                let _ = writeln!(out, "        {file}:{line}: {}", wrong.what);
            }
            if let Some(report) = outcome.report.as_ref().filter(|_| !outcome.wrong.is_empty()) {
                let reason = report.reason.as_ref().map_or_else(String::new, |reason| format!(", {reason}"));
                let _ = writeln!(out, "        the run is {}{reason}", report.status.name());
            }
        }
    }
    let _ = match (passed, failed) {
        (0, 0) => writeln!(out, "{}", none(all.len())),
        (passed, 0) => writeln!(out, "{passed} passed"),
        (passed, failed) => writeln!(out, "{passed} passed, {failed} failed"),
    };
    legible(&out).into_owned()
}

/// That there is nothing to run, which is no success.
fn none(files: usize) -> String {
    let files = counted(files as u64, "file", "files");
    format!("no tests in {files}: a test is declared with `test \"…\" {{ … }}`; `flowc explain E0440` shows one")
}

fn json(all: &[Tested]) -> serde_json::Value {
    let test = |file: &str, outcome: &Outcome| {
        let wrong: Vec<_> = (outcome.wrong.iter())
            .map(|wrong| json!({ "message": wrong.what, "file": wrong.place.0, "line": wrong.place.1 }))
            .collect();
        json!({
            "name": outcome.name, "file": file, "line": outcome.place.1, "passed": wrong.is_empty(), "wrong": wrong,
            "run": outcome.report.as_ref().map(flow_runtime::run::RunReport::to_json),
        })
    };
    let tests: Vec<_> = all.iter().flat_map(|of| of.outcomes.iter().map(|outcome| test(&of.file, outcome))).collect();
    let failed = tests.iter().filter(|test| test["passed"] == false).count();
    json!({ "schema": "flow.test.v1", "passed": tests.len() - failed, "failed": failed, "tests": tests })
}

fn junit(all: &[Tested]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for tested in all.iter().filter(|tested| !tested.outcomes.is_empty()) {
        let failures = tested.outcomes.iter().filter(|outcome| !outcome.wrong.is_empty()).count();
        let (file, tests) = (escaped(&tested.file), tested.outcomes.len());
        let _ = writeln!(out, "  <testsuite name=\"{file}\" tests=\"{tests}\" failures=\"{failures}\">");
        for outcome in &tested.outcomes {
            let name = escaped(&outcome.name);
            let seconds = format!("{}.{:03}", outcome.took_ms / 1_000, outcome.took_ms % 1_000);
            let head = format!("    <testcase classname=\"{file}\" name=\"{name}\" time=\"{seconds}\"");
            if outcome.wrong.is_empty() {
                let _ = writeln!(out, "{head}/>");
                continue;
            }
            let _ = writeln!(out, "{head}>");
            for wrong in &outcome.wrong {
                let what = escaped(&wrong.what);
                let (file, line) = (escaped(&wrong.place.0), wrong.place.1);
                let _ = writeln!(out, "      <failure message=\"{what}\">{file}:{line}: {what}</failure>");
            }
            out.push_str("    </testcase>\n");
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

/// Text between tags and quotes of XML; characters that XML cannot carry are left out.
fn escaped(text: &str) -> String {
    let mut made = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => made.push_str("&lt;"),
            '>' => made.push_str("&gt;"),
            '&' => made.push_str("&amp;"),
            '"' => made.push_str("&quot;"),
            '\n' => made.push_str("&#10;"),
            c if c.is_control() => {}
            c => made.push(c),
        }
    }
    made
}
