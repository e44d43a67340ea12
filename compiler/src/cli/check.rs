//! x
use super::problem::Problem;
use super::terminal::Colours;

/// Check types, gates, bounds and budgets
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {}
pub(crate) fn run(_arguments: &Arguments, _colours: Colours) -> Result<u8, Problem> {
    Ok(0)
}
