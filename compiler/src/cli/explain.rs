//! `flowc explain [CODE]`: the page of a code, or the list of all codes.

use std::fmt::Write as _;

use flow_compiler::diagnostic::{Code, code, nearest};

use super::problem::Problem;
use super::{exit, terminal};

/// Explain a code, or list all codes
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  flowc explain E0201\n  flowc explain --list")]
pub(crate) struct Arguments {
    /// The code in the square brackets of a message; without it, every code is listed
    code: Option<String>,
    /// List all codes
    #[arg(long, conflicts_with = "code")]
    list: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<u8, Problem> {
    let Some(typed) = arguments.code.as_ref().filter(|_| !arguments.list) else {
        terminal::print(&list());
        return Ok(exit::OK);
    };
    let code = Code::find(typed.trim()).ok_or_else(|| unknown(typed))?;
    terminal::print(&format!("{}\n", code.page().trim_end()));
    Ok(exit::OK)
}

fn list() -> String {
    let mut entries: Vec<_> = code::entries().collect();
    entries.sort_by_key(|entry| (entry.code.as_str().get(1..), entry.code));
    entries.iter().fold(String::new(), |mut out, entry| {
        let _ = writeln!(out, "{}  {}", entry.code, entry.title);
        out
    })
}

fn unknown(typed: &str) -> Problem {
    let problem = Problem::usage(code::command::E0009, format!("there is no code `{typed}`"));
    let upper = typed.to_uppercase();
    let problem = match nearest(&upper, code::entries().map(|entry| entry.code.as_str())) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem,
    };
    problem.help("`flowc explain` lists all codes")
}
