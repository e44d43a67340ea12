//! `flowc build FILE -o PLAN`: the plan, which is what the runtime executes.

use std::path::{Path, PathBuf};

use super::problem::Problem;
use super::terminal::{self, Colours};
use super::{analysis, disk, exit, pick};

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
    if plan.program.flows.is_empty() {
        return Err(pick::no_flow());
    }
    let json = format!("{}\n", plan.to_json());
    if arguments.output == Path::new("-") {
        terminal::print(&json);
        return Ok(exit::OK);
    }
    disk::write_whole(&arguments.output, &json)?;
    terminal::say(&format!("wrote {} ({})\n", arguments.output.display(), plan.digest));
    Ok(exit::OK)
}
