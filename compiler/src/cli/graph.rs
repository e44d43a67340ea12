//! `flowc graph FILE`: a flow as a picture, what costs most in the strongest colour.

use std::path::PathBuf;

use clap::ValueEnum;
use flow_compiler::graph::Graph;
use flow_compiler::program::{Flow, FlowId};

use super::problem::Problem;
use super::terminal::{self, Colours};
use super::{analysis, exit, pick};

const HELP: &str = "\
Arrows lead from what makes a value to what needs it; what has no arrow between it may run at the same time.

Examples:
  flowc graph desk.flow --format svg > desk.svg
  flowc graph desk.flow | dot -Tpng > desk.png";

/// Draw a flow: what runs when, coloured by cost
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Arguments {
    /// The flow file
    file: PathBuf,
    /// The flow; without it, the only one or the only public one
    #[arg(long, value_name = "NAME")]
    flow: Option<String>,
    /// What to draw it for
    #[arg(long, value_name = "FORMAT", default_value = "dot")]
    format: Format,
}

/// `--format`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For Graphviz
    Dot,
    /// For Markdown
    Mermaid,
    /// A picture that browsers show
    Svg,
}

pub(crate) fn run(arguments: &Arguments, colours: Colours) -> Result<u8, Problem> {
    let plan = match analysis::expect_plan(&arguments.file, colours)? {
        Ok((_, _, plan)) => plan,
        Err(analysis) => return Ok(exit::of(analysis.verdict())),
    };
    let flows: Vec<&Flow> = plan.program.flows.iter().collect();
    let index = pick::flow(&flows, arguments.flow.as_deref(), |flow| (&flow.name, flow.public))?;
    let id = FlowId(u32::try_from(index).unwrap_or(u32::MAX));
    // A plan exists only where every flow has a finite bound, and so has a graph.
    let Some(graph) = Graph::of(&plan.program, id) else { return Ok(exit::UNBOUNDED) };
    terminal::print(&match arguments.format {
        Format::Dot => graph.dot(),
        Format::Mermaid => graph.mermaid(),
        Format::Svg => graph.svg(),
    });
    Ok(exit::OK)
}
