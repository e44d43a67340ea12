//! `flow run FILE`: one flow, from the compiler to the result.

mod budget;
pub(super) mod host;
pub(super) mod input;
mod reach;
pub(super) mod said;
mod witness;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use flow_compiler::diagnostic::{code, render};
use flow_compiler::plan::Plan;
use flow_compiler::program::{FlowId, LONGEST_FACT, Limit, Place};
use flow_runtime::error::RunError;
use flow_runtime::execution::Caller;
use flow_runtime::execution::Status;
use flow_runtime::ledger::Ledger;
use flow_runtime::ledger::query::Reader;
use flow_runtime::run::{RunReport, able, pick, read, saves};
use serde_json::Value;

use super::analysis::analyse;
use super::disk::Project;
use super::problem::Problem;
use super::terminal::{self, Colours};
use super::{exit, home};

const HELP: &str = "\
Models that run on this machine need no key; their weights are fetched on first use. Other models need the key that
`flowc models` names; without it, a run that needs them ends escalated and costs nothing. The result goes to the standard
output; progress, and what was spent beside the ceiling, to the standard error. Every run is written to the ledger in
$FLOW_HOME, else in .flow beside flow.toml, else in the user's data folder.

Examples:
  flow run desk.flow --input '{\"subject\": \"hello\", \"body\": \"Where is my invoice?\"}'
  flow run desk.flow --input @ticket.json --budget 'cost <= $0.05, time <= 30s'
  cat ticket.json | flow run desk.flow --input - --json
  flow run desk.flow --input @ticket.json --answers answers.toml   no model is asked
  flow run desk.flow --witness cost                                the worst case, played

A run that waits for a person, or was interrupted, goes on with `flow resume`; `flow waiting` says what runs wait for.

Exit codes: 0 done, 3 escalated or waiting, 4 failed, 5 refused by a budget, 6 interrupted, 2 does not compile,
64 usage or input";

/// Run a flow
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Arguments {
    /// A flow file, or a plan that `flowc build` made
    file: PathBuf,
    /// The flow; without it, the only one or the only public one
    #[arg(long, value_name = "NAME")]
    flow: Option<String>,
    /// The parameters as one JSON object, `@FILE` to read it from a file, `-` from the standard input. A flow with one
    /// parameter that is a record takes the record itself too
    #[arg(long, value_name = "JSON|@FILE|-", allow_hyphen_values = true)]
    input: Option<String>,
    /// Limits for this run, as in a flow; they lower its ceiling and never raise it
    #[arg(long, value_name = "LIMITS")]
    budget: Vec<String>,
    /// A fact about the caller, which routes see: `caller.tenant`
    #[arg(long, value_name = "NAME=VALUE")]
    caller: Vec<String>,
    /// Print the most that this run could take, and run nothing
    #[arg(long)]
    dry: bool,
    /// Play the run that takes the most in a dimension, or in each with `all`, and print what it takes beside its ceiling.
    /// Its input and its answers are made up, its time is virtual, and nothing is asked or written down
    #[arg(long, value_name = "DIMENSION|all", conflicts_with_all = ["input", "budget", "caller", "dry", "answers"])]
    witness: Option<String>,
    /// Print one JSON object: the schema flow.run.v1, or flow.witness.v1
    #[arg(long)]
    json: bool,
    /// Play the answers of a file instead of asking models
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
    /// Say nothing while it runs
    #[arg(long, short)]
    quiet: bool,
}

/// What is to be run.
struct Order {
    project: Project,
    plan: Plan,
    flow: FlowId,
    input: Value,
    limits: Vec<Limit>,
    caller: Caller,
}

pub(crate) fn run(arguments: &Arguments, colours: Colours) -> Result<u8, Problem> {
    let caller = caller(&arguments.caller)?;
    let Some((project, plan)) = plan(&arguments.file, colours)? else { return Ok(exit::INVALID) };
    let flow = pick(&plan, arguments.flow.as_deref()).map_err(home::problem)?;
    if let Some(named) = &arguments.witness {
        return witness::run(plan, flow, named, arguments.json);
    }
    let input = input::read(arguments.input.as_deref())?;
    // Refused at the door, also where nothing is to be run.
    read(&plan, flow, &input).map_err(|error| refused(arguments, error))?;
    let limits = limits(&arguments.budget)?;
    let order = Order { project, plan, flow, input, limits, caller };
    if arguments.dry {
        terminal::print(&said::dry(&order.plan, flow, &order.input, &order.limits, arguments.json));
        return Ok(exit::OK);
    }
    able(&order.plan, flow).map_err(home::problem)?;
    if !arguments.quiet {
        terminal::say(&said::left_out(&saves(&order.plan, flow)));
    }
    let home = home::of(&order.project)?;
    let reader = home::remember(&order.project, &home);
    let report = carry_out(&order, &home, arguments)?;
    said::told(&report, &reader, arguments.json);
    Ok(report.exit_code())
}

/// The plan of a file, which is a flow file or a plan itself; `None` where it does not compile, which has been said.
fn plan(file: &Path, colours: Colours) -> Result<Option<(Project, Plan)>, Problem> {
    let (project, name) = Project::of_file(file)?;
    if file.extension().is_none_or(|extension| extension != "flow") {
        let text = std::fs::read_to_string(file).map_err(|error| no_plan(file, &error.to_string()))?;
        let plan = Plan::read(&text).map_err(|error| no_plan(file, &error.to_string()))?;
        return Ok(Some((project, plan)));
    }
    let analysis = analyse(&project, &name);
    terminal::say(&render::render(&analysis.diagnostics, &analysis.sources, colours.for_stderr()));
    Ok(analysis.plan.map(|plan| (project, plan)))
}

/// An input that does not fit; where none was given, how to give one.
fn refused(arguments: &Arguments, error: RunError) -> Problem {
    let problem = home::problem(error);
    let file = arguments.file.display();
    let flow = arguments.flow.as_ref().map(|name| format!(" --flow {name}")).unwrap_or_default();
    let example = format!("`flowc inputs {file}{flow} --example` prints one that fits");
    problem.help(if arguments.input.is_some() { example } else { format!("give it with `--input`; {example}") })
}

fn no_plan(file: &Path, why: &str) -> Problem {
    Problem::usage(code::command::E0955, format!("`{}` is neither a flow file nor a plan: {why}", file.display()))
        .help("flow files end in `.flow`; `flowc build FILE -o PLAN` makes a plan")
}

/// What is known about the caller, each fact once.
fn caller(facts: &[String]) -> Result<Caller, Problem> {
    let wrong = |message: String, help: &str| Err(Problem::usage(code::command::E0952, message).help(help));
    let mut caller = Caller::new();
    for fact in facts {
        let Some((name, value)) = fact.split_once('=').map(|(name, value)| (name.trim(), value)) else {
            let help = "write it as name=value: --caller tenant=acme";
            return wrong(format!("`{fact}` is no fact about a caller"), help);
        };
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if name.is_empty() || !name.chars().all(is_name) {
            let help = "write it as name=value, with a name as in `caller.tenant`: --caller tenant=acme";
            return wrong(format!("`{fact}` is no fact about a caller"), help);
        }
        if value.len() as u64 > LONGEST_FACT {
            let message =
                format!("`{name}` has {} bytes; a fact about a caller has at most {LONGEST_FACT}", value.len());
            return wrong(message, "give a key instead of what it stands for");
        }
        if caller.insert(name.to_owned(), value.to_owned()).is_some() {
            return wrong(format!("`{name}` is given twice"), "give every fact about the caller once");
        }
    }
    Ok(caller)
}

fn limits(budgets: &[String]) -> Result<Vec<Limit>, Problem> {
    let mut limits = Vec::new();
    for budget in budgets {
        limits.extend(budget::read(budget)?);
    }
    let limit = |(dimension, amount)| Limit { dimension, amount, place: Place::default() };
    Ok(limits.into_iter().map(limit).collect())
}

/// Runs it, and tells about it while it runs.
fn carry_out(order: &Order, home: &Path, arguments: &Arguments) -> Result<RunReport, Problem> {
    let at = home::location(home)?;
    let ledger = Arc::new(Ledger::open(at.clone()).map_err(home::problem)?);
    let how = host::How { answers: arguments.answers.as_deref(), quiet: arguments.quiet };
    let mut host = host::Host::new(ledger, &order.plan, order.project.root(), &how)?;
    host.runner.caller = order.caller.clone();
    let report = host.wait(host.runner.run(&order.plan, order.flow, &order.input, &order.limits))?;
    if report.status != Status::Waiting {
        return Ok(report);
    }
    host.until_it_rests(&Reader::open(at).map_err(home::problem)?, &order.plan, report)
}
