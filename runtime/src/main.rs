//! `flow`: runs flows and tells what they cost.

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
