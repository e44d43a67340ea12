//! `flowc check [FILE…]`: types, gates, bounds and budgets.

mod json;
mod report;
mod text;

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use flow_compiler::diagnostic::{Diagnostic, code, github, json as diagnostic_json, render};

use super::analysis::{Analysis, analyse};
use super::disk::{Project, flows_under};
use super::problem::Problem;
use super::terminal::Colours;
use super::{exit, terminal};
use report::{FlowReport, Verdict};

const HELP: &str = "\
Without files, every `.flow` file of the project is checked: of the nearest folder with a `flow.toml`, looking upwards.

Examples:
  flowc check
  flowc check desk.flow kb.flow
  flowc check examples --format json
  flowc check --strict --format github    in a workflow of GitHub Actions

Exit codes: 0 holds, 1 over a budget (with --strict: a warning), 2 does not compile, 3 no finite bound";

/// Check types, gates, bounds and budgets
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Arguments {
    /// Flow files, or folders to look for them; without any, the whole project
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// How to say it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Let warnings fail the check
    #[arg(long)]
    strict: bool,
}

/// `--format`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One object, for scripts: the schema flow.check.v1
    Json,
    /// Annotations of GitHub Actions
    Github,
}

/// One root file with what was found.
struct Found {
    analysis: Analysis,
    flows: Vec<FlowReport>,
}

pub(crate) fn run(arguments: &Arguments, colours: Colours) -> Result<u8, Problem> {
    let mut found = Vec::new();
    for file in files(&arguments.files)? {
        let (project, name) = Project::of_file(&file)?;
        let analysis = analyse(&project, &name);
        let flows = Vec::new();
        found.push(Found { analysis, flows });
    }
    let verdict = found.iter().map(verdict).max().unwrap_or(Verdict::Ok);
    terminal::print(&match arguments.format {
        Format::Text => text(&found, colours),
        Format::Json => json(verdict, &found),
        Format::Github => {
            found.iter().map(|f| github::annotations(&f.analysis.diagnostics, &f.analysis.sources)).collect()
        }
    });
    let has_warnings = found.iter().any(|found| !found.analysis.diagnostics.is_empty());
    Ok(match verdict {
        Verdict::Ok if arguments.strict && has_warnings => exit::OVER,
        Verdict::Ok => exit::OK,
        Verdict::Over => exit::OVER,
        Verdict::Unbounded => exit::UNBOUNDED,
        Verdict::Invalid => exit::INVALID,
    })
}

/// The files to check: those that were named, those under named folders, or those of the project.
fn files(named: &[PathBuf]) -> Result<Vec<PathBuf>, Problem> {
    if named.is_empty() {
        let project = Project::around(Path::new("."));
        return flows_of(&project.shown_root(), "this project");
    }
    let mut files = Vec::new();
    for path in named {
        if path.is_dir() {
            files.extend(flows_of(path, &format!("`{}`", path.display()))?);
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

fn flows_of(folder: &Path, shown: &str) -> Result<Vec<PathBuf>, Problem> {
    let files = flows_under(folder);
    if files.is_empty() {
        return Err(Problem::usage(code::command::E0005, format!("there is no `.flow` file in {shown}"))
            .help("name a flow file, or make a project with `flowc new NAME`"));
    }
    Ok(files)
}

/// The worst of a file: what does not compile, or the worst of its flows.
fn verdict(found: &Found) -> Verdict {
    let worst = found.flows.iter().map(|flow| flow.verdict).max();
    let has_errors = found.analysis.diagnostics.iter().any(Diagnostic::is_error);
    match worst {
        Some(worst) if worst > Verdict::Ok || !has_errors => worst,
        None if !has_errors => Verdict::Ok,
        Some(_) | None => Verdict::Invalid,
    }
}

fn text(found: &[Found], colours: Colours) -> String {
    let mut out = String::new();
    for Found { analysis, flows } in found {
        out.push_str(&render::render(&analysis.diagnostics, &analysis.sources, colours.for_stdout()));
        for flow in flows {
            out.push_str(&text::summary(flow));
            out.push('\n');
        }
    }
    let (errors, warnings) = counts(found);
    let flows = found.iter().map(|found| found.flows.len()).sum::<usize>();
    out.push_str(&format!(
        "{} in {}, {} and {}\n",
        counted(flows, "flow"),
        counted(found.len(), "file"),
        counted(errors, "error"),
        counted(warnings, "warning"),
    ));
    out
}

fn counts(found: &[Found]) -> (usize, usize) {
    let all = found.iter().flat_map(|found| &found.analysis.diagnostics);
    let errors = all.clone().filter(|diagnostic| diagnostic.is_error()).count();
    (errors, all.count() - errors)
}

fn counted(count: usize, what: &str) -> String {
    match count {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

fn json(verdict: Verdict, found: &[Found]) -> String {
    let objects = found.iter().flat_map(|f| diagnostic_json::objects(&f.analysis.diagnostics, &f.analysis.sources));
    let flows: Vec<&FlowReport> = found.iter().flat_map(|found| &found.flows).collect();
    json::document(verdict, &flows, &objects.collect::<Vec<_>>())
}
