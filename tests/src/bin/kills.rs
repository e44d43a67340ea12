//! `kills [SCENARIOS] [postgres] [SEED] [--write PAGE]…`: the kill test at length. It builds a `flow` with fault points, kills it,
//! prints what came of it, puts that into pages, and fails where something is wrong.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use flow_tests::command::faulty;
use flow_tests::kills::{kill, never_passed, write_into};
use flow_tests::postgres::Postgres;

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut pages = Vec::new();
    while let Some(at) = arguments.iter().position(|word| word == "--write") {
        pages.extend(arguments.drain(at..arguments.len().min(at + 2)).nth(1));
    }
    let on_a_server = arguments.iter().any(|word| word == "postgres");
    let mut numbers = arguments.iter().filter_map(|word| word.parse::<u64>().ok());
    let (wanted, seed) = (numbers.next().unwrap_or(1_000), numbers.next().unwrap_or(1));
    let server = on_a_server.then(|| Postgres::shared().expect("a server of Postgres is installed"));
    // Most of their time processes wait: for a model that thinks, for one that is silent, for a person.
    let at_once = 4 * std::thread::available_parallelism().map_or(2, usize::from);
    // A copy, which no build replaces meanwhile.
    let folder = tempfile::tempdir().expect("a temporary folder");
    let program = folder.path().join("flow");
    std::fs::copy(faulty(), &program).expect("a copy of flow");
    let tally = kill(&program, server, wanted, at_once, seed);
    let mut out = std::io::stdout();
    let _ = writeln!(out, "{tally}");
    let (processes, undisturbed, on_a_server) = (tally.processes, tally.undisturbed, tally.on_a_server);
    let took = tally.took.as_secs();
    let _ = writeln!(
        out,
        "{processes} processes, {undisturbed} undisturbed, {on_a_server} scenarios on a server, {took} s"
    );
    for (point, deaths) in &tally.died {
        let _ = writeln!(out, "{deaths:>8}  {point}");
    }
    let never = never_passed(&tally);
    let _ = writeln!(out, "never passed: {never:?}");
    for wrong in &tally.first {
        let _ = writeln!(out, "{wrong}");
    }
    if !tally.holds() || !never.is_empty() {
        return ExitCode::FAILURE;
    }
    for page in pages {
        if let Err(error) = write_into(Path::new(&page), &tally.to_string()) {
            let _ = writeln!(out, "{error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
