//! `flowc build FILE -o PLAN`: the plan, which is what the runtime executes.

use std::path::{Path, PathBuf};

use flow_compiler::diagnostic::code;

use super::disk::in_words;
use super::problem::Problem;
use super::terminal::{self, Colours};
use super::{analysis, exit};

const HELP: &str = "\
A plan is one JSON object with a version and a digest. It holds the whole program with its ceilings, so that `flow run PLAN`
needs no source and enforces the numbers that were proved here.

Example:
  flowc build desk.flow -o desk.plan";

/// Compile a flow file to a plan
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Arguments {
    /// The flow file
    file: PathBuf,
    /// Where to write the plan; `-` for the standard output
    #[arg(short, long, value_name = "PLAN")]
    output: PathBuf,
}

pub(crate) fn run(arguments: &Arguments, colours: Colours) -> Result<u8, Problem> {
    let plan = match analysis::expect_plan(&arguments.file, colours)? {
        Ok((_, _, plan)) => plan,
        Err(analysis) => return Ok(exit::of(analysis.verdict())),
    };
    let json = format!("{}\n", plan.to_json());
    if arguments.output == Path::new("-") {
        terminal::print(&json);
        return Ok(exit::OK);
    }
    write(&arguments.output, &json)?;
    terminal::say(&format!("wrote {} ({})\n", arguments.output.display(), plan.digest));
    Ok(exit::OK)
}

/// Writes a file whole or not at all: beside its place first, then moved there.
fn write(path: &Path, text: &str) -> Result<(), Problem> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    let written = std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, path));
    written.map_err(|error| {
        // What was written of it is of no use to anybody.
        let _ = std::fs::remove_file(&beside);
        let why = in_words(&error.to_string());
        Problem::usage(code::command::E0006, format!("`{}` cannot be written: {why}", path.display()))
            .help("name a file in a folder that exists and that you may write to")
    })
}
