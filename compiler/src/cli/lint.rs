//! `flowc lint [FILE…]`: habits that cost, with the money in them; `--fix` repairs what can be repaired without asking.

use std::collections::HashSet;
use std::path::PathBuf;

use flow_compiler::diagnostic::code::lint;
use flow_compiler::diagnostic::code::lint::LINTS;
use flow_compiler::diagnostic::json::{self as diagnostic_json, Object};
use flow_compiler::diagnostic::render;

use super::analysis::{Analysis, analyse_in};
use super::check::{counted, files};
use super::disk::Project;
use super::problem::Problem;
use super::table::Table;
use super::terminal::Colours;
use super::{exit, fix, terminal};

const HELP: &str = "\
Levels stand in flow.toml: `[lints]`, then `unused_item = \"allow\"`, `\"warn\"` or `\"deny\"`. One place is spared by a comment on the
line before it: `// lint: allow(unused_item): reason`.

Examples:
  flowc lint
  flowc lint desk.flow --format json
  flowc lint --fix
  flowc lint --list

Exit codes: 0 nothing is denied, 1 a lint is denied (with --strict: any), 2 does not compile";

/// Say which habits cost, and how much
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Arguments {
    /// Flow files, or folders to look for them; without any, the whole project
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// How to say it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Repair what can be repaired without asking, then say what is left
    #[arg(long)]
    fix: bool,
    /// Let every lint that is said fail the command
    #[arg(long)]
    strict: bool,
    /// List all lints with their levels in this project
    #[arg(long)]
    list: bool,
}

/// `--format`
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One object, for scripts: the schema flow.lint.v1
    Json,
}

pub(crate) fn run(arguments: &Arguments, colours: Colours) -> Result<u8, Problem> {
    if arguments.list {
        terminal::print(&list());
        return Ok(exit::OK);
    }
    let files = files(&arguments.files)?;
    if arguments.fix {
        terminal::say(&fix::repair(&files, |problem| lint::of(problem.code).is_some())?);
    }
    let mut found = Vec::new();
    for file in &files {
        let (project, name) = Project::of_file(file)?;
        let mut analysis = analyse_in(&project, &project, &name);
        analysis.diagnostics.retain(|problem| problem.is_error() || lint::of(problem.code).is_some());
        found.push(analysis);
    }
    once(&mut found);
    let count = found.iter().map(|found| found.diagnostics.len()).sum::<usize>();
    terminal::print(&match arguments.format {
        Format::Text => text(&found, count, colours),
        Format::Json => {
            let objects = found.iter().flat_map(|found| diagnostic_json::objects(&found.diagnostics, &found.sources));
            document(&objects.collect::<Vec<_>>())
        }
    });
    let broken = found.iter().any(|found| found.is_broken());
    let denied = found.iter().any(|found| found.has_denied());
    Ok(match (broken, denied || arguments.strict && count > 0) {
        (true, _) => exit::INVALID,
        (false, true) => exit::OVER,
        (false, false) => exit::OK,
    })
}

/// What is said of a module that several files import is said once.
fn once(found: &mut [Analysis]) {
    let mut said = HashSet::new();
    for analysis in found {
        let sources = &analysis.sources;
        analysis.diagnostics.retain(|problem| {
            let Some(span) = problem.span else { return true };
            let file = sources.get(span.source).map_or("", |source| source.name()).to_owned();
            said.insert((file, span.start, span.end, problem.code, problem.message.clone()))
        });
    }
}

fn document(objects: &[Object]) -> String {
    let document = serde_json::json!({ "schema": "flow.lint.v1", "diagnostics": objects });
    format!("{document:#}\n")
}

fn text(found: &[Analysis], count: usize, colours: Colours) -> String {
    let drawn = found.iter().map(|found| render::render(&found.diagnostics, &found.sources, colours.for_stdout()));
    let drawn: String = drawn.collect();
    format!("{drawn}{} in {}\n", counted(count, "remark"), counted(found.len(), "file"))
}

fn list() -> String {
    let levels = super::analysis::Models::of(&Project::around(std::path::Path::new("."))).levels;
    let mut table = Table::new(["lint", "level", "code", ""]);
    for lint in LINTS {
        let level = levels.level(lint).name();
        table.row([lint.name, level, lint.code.as_str(), lint.code.title()].map(str::to_owned));
    }
    table.to_string()
}
