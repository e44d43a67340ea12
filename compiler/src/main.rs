//! `flowc`: checks flows and proves what they can cost.

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
