//! Long runs: `many programs 100000` holds so many generated programs to every property, `many mutated 100000` so many that were
//! changed. It prints each failure and how many there were, and ends with 1 where there was one.

#![expect(clippy::print_stdout, reason = "a long run prints its numbers")]

use std::process::ExitCode;
use std::time::Instant;

use flow_language::generate::program;
use flow_language::mutate::mutated;
use flow_language::properties::{is_laid_out, is_read};

/// After so many failures the rest is not looked for.
const MOST_SHOWN: usize = 5;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, count, rest @ ..] = arguments.as_slice() else { return usage() };
    let (Ok(count), from) = (count.parse::<u64>(), rest.first().map_or(Ok(0), |from| from.parse::<u64>())) else {
        return usage();
    };
    let Ok(from) = from else { return usage() };
    let check: fn(u64) -> Result<(), String> = match what.as_str() {
        "programs" => of_program,
        "mutated" => of_mutated,
        "show" => |seed| Err(program(seed)),
        _ => return usage(),
    };
    let began = Instant::now();
    let mut failures = 0;
    for seed in from..from + count {
        if let Err(why) = check(seed) {
            println!("=== {what} {seed}: {why}");
            failures += 1;
            if failures == MOST_SHOWN {
                break;
            }
        }
    }
    println!("{count} {what} from {from} in {:.1?}: {failures} failures", began.elapsed());
    ExitCode::from(u8::from(failures > 0))
}

fn usage() -> ExitCode {
    println!("many programs|mutated COUNT [FROM]");
    ExitCode::from(64)
}

fn of_program(seed: u64) -> Result<(), String> {
    let text = program(seed);
    is_read(&text)?;
    is_laid_out(&text)
}

fn of_mutated(seed: u64) -> Result<(), String> {
    is_laid_out(&mutated(&program(seed), seed))
}
