//! The command line of `flowc`. In: arguments. Out: a result on the standard output, messages on the standard error, and an
//! exit code. It has no network, runs no model and starts in milliseconds.

mod amounts;
mod analysis;
mod bound;
mod build;
mod calendar;
mod check;
mod completions;
mod contract;
mod diff;
mod disk;
mod doc;
mod evals;
mod exit;
mod explain;
mod fix;
mod fmt;
mod git;
mod graph;
mod inputs;
mod key;
mod lint;
mod lock;
mod markdown;
mod models;
mod new;
mod pick;
mod problem;
mod prompt;
mod sized;
mod snapshot;
mod table;
mod terminal;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use problem::Problem;
use terminal::Colours;

const EXAMPLES: &str = "\
Examples:
  flowc new hello                      make a project that checks and runs without a key
  flowc check                          check every flow of this project
  flowc check desk.flow --format json  for scripts
  flowc explain E0201                  what a message means and how to repair its cause

Exit codes: 0 holds, 1 over a budget, 2 does not compile, 3 no finite bound, 64 usage, 70 a fault of flowc";

/// Checks flows and proves what they can cost at most.
#[derive(Debug, Parser)]
#[command(name = "flowc", version, after_help = EXAMPLES, max_term_width = 100, disable_help_subcommand = true)]
struct Arguments {
    /// When to colour what is printed
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: Colours,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Check types, gates, bounds and budgets
    Check(check::Arguments),
    /// Lay flow files out in the one style
    Fmt(fmt::Arguments),
    /// Print the ceiling as a tree, every construct with its share
    Bound(bound::Arguments),
    /// Compare two revisions or two folders: ceilings, caps, prompts, models, gates, budgets
    Diff(diff::Arguments),
    /// Write down what was accepted: ceilings, prompts, facts of models
    Lock(lock::Arguments),
    /// Verify a certificate of `flowc bound --contract`
    Verify(contract::Arguments),
    /// Make a key to sign certificates with
    Key(key::Arguments),
    /// Draw a flow: what runs when, coloured by cost
    Graph(graph::Arguments),
    /// Print what a flow takes, as a JSON Schema
    Inputs(inputs::Arguments),
    /// Show the prompt of a step as it is sent, and what each model counts of it
    Prompt(prompt::Arguments),
    /// Compile a flow file to a plan
    Build(build::Arguments),
    /// Write the documentation of a project as HTML
    Doc(doc::Arguments),
    /// Say which habits cost, and how much
    Lint(lint::Arguments),
    /// Explain a code, or list all codes
    Explain(explain::Arguments),
    /// List the models that a flow can name, with prices and limits
    Models(models::Arguments),
    /// Make a project that checks and runs without a key
    New(new::Arguments),
    /// Print a completion script for a shell
    Completions(completions::Arguments),
}

/// Does what the arguments of the process ask for.
pub(crate) fn main() -> ExitCode {
    terminal::explain_panics("flowc");
    let code = std::panic::catch_unwind(|| match Arguments::try_parse() {
        Ok(arguments) => run(&arguments),
        Err(error) => terminal::end_with(&error),
    });
    ExitCode::from(terminal::ending(code.unwrap_or(exit::INTERNAL)))
}

fn run(arguments: &Arguments) -> u8 {
    let colours = arguments.color;
    let done = match &arguments.verb {
        Verb::Check(verb) => check::run(verb, colours),
        Verb::Fmt(verb) => fmt::run(verb, colours),
        Verb::Bound(verb) => bound::run(verb, colours),
        Verb::Diff(verb) => diff::run(verb),
        Verb::Lock(verb) => lock::run(verb, colours),
        Verb::Verify(verb) => contract::run(verb, colours),
        Verb::Key(verb) => key::run(verb),
        Verb::Graph(verb) => graph::run(verb, colours),
        Verb::Inputs(verb) => inputs::run(verb, colours),
        Verb::Prompt(verb) => prompt::run(verb, colours),
        Verb::Build(verb) => build::run(verb, colours),
        Verb::Doc(verb) => doc::run(verb, colours),
        Verb::Lint(verb) => lint::run(verb, colours),
        Verb::Explain(verb) => explain::run(verb),
        Verb::Models(verb) => models::run(verb, colours),
        Verb::New(verb) => new::run(verb),
        Verb::Completions(verb) => completions::run(verb),
    };
    done.unwrap_or_else(|problem: Problem| problem.end(colours))
}
