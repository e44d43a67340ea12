//! The command line of `flow`. In: arguments. Out: a result on the standard output, messages and progress on the standard
//! error, and an exit code.

mod answer;
mod audit;
mod bom;
mod ceilings;
mod completions;
mod eval;
mod exit;
mod fetch;
mod home;
mod models;
mod progress;
mod report;
mod resume;
mod rows;
mod run;
mod test;
mod trace;
mod waiting;

// What `flow` and `flowc` say and do alike is written once, beside `flowc`; each needs a part of it.
#[allow(dead_code, reason = "`flowc` needs the rest")]
#[path = "../../compiler/src/cli/amounts.rs"]
mod amounts;
#[allow(dead_code, reason = "`flowc` needs the rest")]
#[path = "../../compiler/src/cli/analysis.rs"]
mod analysis;
#[allow(dead_code, reason = "`flowc` needs the rest")]
#[path = "../../compiler/src/cli/disk.rs"]
mod disk;
#[allow(dead_code, reason = "`flowc` needs the rest")]
#[path = "../../compiler/src/cli/evals.rs"]
mod evals;
#[allow(dead_code, reason = "`flowc` needs the rest")]
#[path = "../../compiler/src/cli/problem.rs"]
mod problem;
#[allow(dead_code, reason = "`flowc` needs the rest")]
#[path = "../../compiler/src/cli/table.rs"]
mod table;
#[allow(dead_code, reason = "`flowc` needs the rest")]
#[path = "../../compiler/src/cli/terminal.rs"]
mod terminal;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use flow_compiler::diagnostic::code;
use problem::Problem;
use terminal::Colours;

const EXAMPLES: &str = "\
Examples:
  flow run desk.flow --input @ticket.json             run a flow and see what it spent beside what it could spend
  flow run desk.flow --input @ticket.json --dry       only the most that this very input can cost
  flow bom                                            what the last run cost, line by line
  flow report                                         what all runs cost

Exit codes of a run: 0 done, 3 escalated or waiting, 4 failed, 5 refused by a budget, 6 interrupted, 2 does not compile,
64 usage or input, 70 a fault of flow";

/// Runs flows and holds them to the number that `flowc` proved.
#[derive(Debug, Parser)]
#[command(name = "flow", version, after_help = EXAMPLES, max_term_width = 100, disable_help_subcommand = true)]
struct Arguments {
    /// When to colour what is printed
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: Colours,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run a flow
    Run(Box<run::Arguments>),
    /// Go on with a run that was interrupted or waits
    Resume(resume::Arguments),
    /// What runs wait for
    Waiting(waiting::Arguments),
    /// Let a tool call go ahead that a run waits for, or deny it
    Approve(answer::Approve),
    /// Answer the question that a run waits with
    Answer(answer::Answer),
    /// Run the tests of flows on what they give
    Test(test::Arguments),
    /// Say what the evaluations of a file would take
    Eval(eval::Arguments),
    /// What all runs cost, flow by flow
    Report(report::Arguments),
    /// What a run cost, line by line: its bill of materials
    Bom(bom::Arguments),
    /// What happened in a run: attempts, holds and settlements
    Trace(trace::Arguments),
    /// Limits over many runs: what is spent of them, since when they are so, what they said
    Ceilings(ceilings::Arguments),
    /// Recompute every counter of the ledger from its rows
    Audit(audit::Arguments),
    /// The models that run on this machine: list, fetch and check their weights
    Models(models::Arguments),
    /// Print a completion script for a shell
    Completions(completions::Arguments),
}

/// Does what the arguments of the process ask for.
pub(crate) fn main() -> ExitCode {
    terminal::explain_panics("flow");
    let code = std::panic::catch_unwind(|| match Arguments::try_parse() {
        Ok(arguments) => dispatch(&arguments),
        Err(error) => terminal::end_with(&error),
    });
    ExitCode::from(terminal::ending(code.unwrap_or(exit::INTERNAL)))
}

/// Waits for something asynchronous.
fn wait<T>(work: impl Future<Output = T>) -> Result<T, Problem> {
    let executor = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let executor = executor.map_err(|error| {
        Problem::ending_with(exit::INTERNAL, code::command::E0955, format!("no threads can be started: {error}"))
            .help("the system is short of threads or memory")
    })?;
    Ok(executor.block_on(work))
}

fn dispatch(arguments: &Arguments) -> u8 {
    let colours = arguments.color;
    let done = match &arguments.verb {
        Verb::Run(verb) => run::run(verb, colours),
        Verb::Resume(verb) => resume::run(verb),
        Verb::Waiting(verb) => waiting::run(verb),
        Verb::Approve(verb) => answer::approve(verb),
        Verb::Answer(verb) => answer::answer(verb),
        Verb::Test(verb) => test::run(verb, colours),
        Verb::Eval(verb) => eval::run(verb, colours),
        Verb::Report(verb) => report::run(verb),
        Verb::Bom(verb) => bom::run(verb),
        Verb::Trace(verb) => trace::run(verb),
        Verb::Ceilings(verb) => ceilings::run(verb),
        Verb::Audit(verb) => audit::run(verb),
        Verb::Models(verb) => models::run(verb),
        Verb::Completions(verb) => completions::run(verb),
    };
    done.unwrap_or_else(|problem: Problem| problem.end(colours))
}
