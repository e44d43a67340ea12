//! `flowc bound FILE`: a flow's ceiling as a tree, every construct with its share.

use std::fmt::Write as _;
use std::path::PathBuf;

use flow_compiler::bound::{FlowReport, Share};
use flow_compiler::cost::Dimension;
use flow_compiler::diagnostic::code;

use super::disk::Project;
use super::problem::Problem;
use super::terminal::{self, Colours};
use super::{amounts, analysis, contract, evals, exit, pick, sized};

const HELP: &str = "\
The tree shows the worst case in one dimension: in dollars, or in tokens where a flow costs nothing, or in time. A flow over
its budget is shown too.

Examples:
  flowc bound desk.flow
  flowc bound desk.flow --flow triage
  flowc bound desk.flow --set t.body.tok=200       for tickets of at most 200 tokens
  flowc bound digest.flow --set articles.len=3 --format json
  flowc bound digest.flow --sizes                  as a formula in each size of the input
  flowc bound desk.flow --witness cost             the run that takes the most; `flow run --witness` plays it
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
    /// A size of the input, as often as there are sizes to set: the length of a list, the tokens of a text
    #[arg(long, value_name = "PATH.len|tok=N", conflicts_with = "contract")]
    set: Vec<String>,
    /// Print the ceiling as a formula in each size of the input
    #[arg(long, conflicts_with_all = ["contract", "set"])]
    sizes: bool,
    /// Tell the run that takes the most in a dimension, or in each with `all`, choice by choice
    #[arg(long, value_name = "DIMENSION|all", conflicts_with_all = ["contract", "set", "sizes"])]
    witness: Option<String>,
    /// How to say it; JSON where sizes are set or formulas are asked for
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: sized::Format,
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
    if arguments.sizes || !arguments.set.is_empty() {
        return sized::run(&arguments.file, arguments.flow.as_deref(), &arguments.set, arguments.format, colours);
    }
    if arguments.format != sized::Format::Text {
        return Err(Problem::usage(code::command::E0008, "`--format json` goes with `--set` or `--sizes`")
            .help("the whole report is `flowc check --format json`"));
    }
    let analysis = match analysis::expect_plan(&arguments.file, colours)? {
        Ok((_, analysis, _)) | Err(analysis) => analysis,
    };
    let flows = &analysis.report.flows;
    let told = match arguments.witness.as_deref() {
        None => Vec::new(),
        Some("all") => Dimension::ALL.to_vec(),
        Some(named) => vec![amounts::dimension(named)?],
    };
    let tree = |flow: &FlowReport| match told.as_slice() {
        [] => tree(flow),
        told => told.iter().map(|dimension| story(flow, *dimension)).collect::<Vec<_>>().join("\n"),
    };
    if flows.iter().all(|flow| flow.bound.is_none()) && analysis.is_broken() {
        return Ok(exit::of(analysis.verdict()));
    }
    if flows.is_empty() {
        return Err(pick::no_flow());
    }
    let trees: Vec<String> = match &arguments.flow {
        None => flows.iter().map(&tree).collect(),
        Some(name) => vec![tree(&flows[pick::flow(flows, Some(name), |flow| (&flow.name, false))?])],
    };
    terminal::print(&trees.join("\n"));
    if arguments.flow.is_none() {
        let (project, _) = Project::of_file(&arguments.file)?;
        analysis.report.evals.iter().for_each(|eval| terminal::print(&format!("\n{}", evals::summary(eval, &project))));
    }
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

/// The choices of a run that takes the most in a dimension.
fn story(flow: &FlowReport, dimension: Dimension) -> String {
    let Some(witness) = flow.witness(dimension) else { return format!("{}: no finite bound\n", flow.name) };
    let mut out = format!("{}: {}\n", flow.name, amounts::said(dimension, witness.amount));
    for choice in &witness.choices {
        let line = if choice.line > 0 { format!("  (line {})", choice.line) } else { String::new() };
        let _ = writeln!(out, "  {}{line}", choice.said());
    }
    if flow.is_exact() {
        let _ = writeln!(out, "some run takes exactly this: `flow run --witness {}` plays it", dimension.name());
    } else {
        let _ = writeln!(out, "no run may take this much:");
        flow.joined.iter().for_each(|reason| {
            let _ = writeln!(out, "  {reason}");
        });
    }
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
