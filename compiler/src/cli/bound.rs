//! `flowc bound FILE`: a flow's ceiling as a tree, every construct with its share.

use std::fmt::Write as _;
use std::path::PathBuf;

use flow_compiler::bound::{FlowReport, Share};
use flow_compiler::cost::Dimension;

use super::problem::Problem;
use super::terminal::{self, Colours};
use super::{amounts, analysis, contract, exit, pick};

const HELP: &str = "\
The tree shows the worst case in one dimension: in dollars, or in tokens where a flow costs nothing, or in time. A flow over
its budget is shown too.

Examples:
  flowc bound desk.flow
  flowc bound desk.flow --flow triage
  flowc bound desk.flow --contract --key release.key -o desk.cert.json";

/// Print the ceiling as a tree, every construct with its share
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Arguments {
    /// The flow file
    file: PathBuf,
    /// One flow; without it, every flow
    #[arg(long, value_name = "NAME")]
    flow: Option<String>,
    /// Write a signed certificate of the ceiling instead of the tree
    #[arg(long, requires = "key")]
    contract: bool,
    /// The private key that signs it: a PEM file of `flowc key new`
    #[arg(long, value_name = "KEY", requires = "contract")]
    key: Option<PathBuf>,
    /// Where to write the certificate; without it, to the standard output
    #[arg(short, long, value_name = "CERT", requires = "contract")]
    output: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments, colours: Colours) -> Result<u8, Problem> {
    if let Some(key) = arguments.key.as_deref().filter(|_| arguments.contract) {
        return contract::issue(&arguments.file, arguments.flow.as_deref(), key, arguments.output.as_deref(), colours);
    }
    let analysis = match analysis::expect_plan(&arguments.file, colours)? {
        Ok((_, analysis, _)) | Err(analysis) => analysis,
    };
    let flows = &analysis.report.flows;
    if flows.iter().all(|flow| flow.bound.is_none()) && analysis.has_errors() {
        return Ok(exit::of(analysis.verdict()));
    }
    let trees: Vec<String> = match &arguments.flow {
        None => flows.iter().map(tree).collect(),
        Some(name) => vec![tree(&flows[pick::flow(flows, Some(name), |flow| (&flow.name, false))?])],
    };
    terminal::print(&trees.join("\n"));
    Ok(exit::of(analysis.verdict()))
}

fn tree(flow: &FlowReport) -> String {
    let Some(bound) = &flow.bound else { return format!("{}: no finite bound\n", flow.name) };
    let mut out = format!("{}: {}\n", flow.name, amounts::said(flow.telling, bound.get(flow.telling)));
    branches(&mut out, &flow.parts, flow.telling, "");
    out.push('\n');
    let others = Dimension::ALL.into_iter().filter(|dimension| *dimension != flow.telling);
    let others: Vec<String> = others.map(|dimension| amounts::said(dimension, bound.get(dimension))).collect();
    let _ = writeln!(out, "and at most {}", others.join(", "));
    out
}

fn branches(out: &mut String, parts: &[Share], telling: Dimension, margin: &str) {
    for (index, part) in parts.iter().enumerate() {
        let (corner, below) = if index + 1 == parts.len() { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        let times = if part.count > 1 && part.is_call { format!(" ×{}", part.count) } else { String::new() };
        let line = part.place.as_ref().map(|place| format!("  (line {})", place.line)).unwrap_or_default();
        let amount = amounts::said(telling, part.bound.get(telling));
        let _ = writeln!(out, "{margin}{corner}{}{times}: {amount}{line}", part.label);
        branches(out, &part.parts, telling, &format!("{margin}{below}"));
    }
}
