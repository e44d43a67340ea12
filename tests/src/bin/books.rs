//! `books ATTEMPTS [postgres] [kill] [SEED]`: the books test at length. It prints what came of it, and fails where the books differ.

use std::io::Write;
use std::process::ExitCode;

use flow_tests::books::{compare, work};
use flow_tests::postgres::Postgres;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "work") {
        work(&arguments[1..]);
        return ExitCode::SUCCESS;
    }
    let has = |word: &str| arguments.iter().any(|argument| argument == word);
    let mut numbers = arguments.iter().filter_map(|argument| argument.parse::<u64>().ok());
    let (attempts, seed) = (numbers.next().unwrap_or(10_000), numbers.next().unwrap_or(1));
    let server = has("postgres").then(|| Postgres::shared().expect("a server of Postgres is installed"));
    let database = server.map(Postgres::database);
    let program = std::env::current_exe().expect("its own path");
    let compared = compare(&program, database.as_deref(), attempts, has("kill"), seed);
    let mut out = std::io::stdout();
    let _ = writeln!(out, "{compared}");
    match compared.wrong() {
        Some(wrong) => {
            let _ = writeln!(out, "{wrong}");
            ExitCode::FAILURE
        }
        None => ExitCode::SUCCESS,
    }
}
