//! `flow eval FILE`: what an evaluation would run and could take. Running it is not in this version, which is said before anything
//! is sent.

use std::path::PathBuf;

use flow_compiler::diagnostic::{code, render};

use super::analysis::analyse;
use super::disk::Project;
use super::problem::Problem;
use super::terminal::{self, Colours};
use super::{evals, exit};

const HELP: &str = "\
An evaluation runs a flow on many cases and says what must hold over all of them. This version checks and bounds evaluations and
runs none: it prints the cases that are there and the most that they can take, and ends with 5.

Examples:
  flow eval desk.flow
  flowc check desk.flow --format json      the same as data: `evals`";

/// Say what the evaluations of a file would take
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Arguments {
    /// The flow file
    file: PathBuf,
}

pub(crate) fn run(arguments: &Arguments, colours: Colours) -> Result<u8, Problem> {
    let (project, name) = Project::of_file(&arguments.file)?;
    let analysis = analyse(&project, &name);
    if analysis.plan.is_none() {
        terminal::say(&render::render(&analysis.diagnostics, &analysis.sources, colours.for_stderr()));
        return Ok(exit::INVALID);
    }
    let evals = &analysis.report.evals;
    if evals.is_empty() {
        return Err(Problem::usage(code::run::E0967, "the file has no evaluation")
            .help("declare one: `eval desk over \"cases/*.json\" { … }`"));
    }
    terminal::print(&evals.iter().map(|eval| evals::summary(eval, &project)).collect::<String>());
    Err(Problem::ending_with(exit::REFUSED, code::run::E0967, "this version runs no evaluations")
        .help("nothing was sent; `flow test` runs tests on given answers"))
}
