//! `flow completions SHELL`

use clap::CommandFactory;
use clap_complete::Shell;

use super::problem::Problem;
use super::{exit, terminal};

/// Print a completion script for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  flow completions bash > ~/.local/share/bash-completion/completions/flow")]
pub(crate) struct Arguments {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(arguments: &Arguments) -> Result<u8, Problem> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut super::Arguments::command(), "flow", &mut script);
    terminal::print(&String::from_utf8_lossy(&script));
    Ok(exit::OK)
}
