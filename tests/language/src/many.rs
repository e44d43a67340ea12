//! Long runs: `many programs 100000` holds so many generated programs to every property, `many mutated 100000` so many that were
//! changed, `many lex|parse|format|check 1000000` runs a fuzz target on so many changed texts. It prints each failure and how many there were, and ends with 1 where there was one.

#![expect(clippy::print_stdout, reason = "a long run prints its numbers")]

use std::process::ExitCode;
use std::time::Instant;

use flow_language::corpus::Corpus;
use flow_language::generate::program;
use flow_language::large::shapes;
use flow_language::mutate::mutated;
use flow_language::properties::{is_laid_out, is_read};
use flow_language::published::agrees;
use flow_language::targets;

/// After so many failures the rest is not looked for.
const MOST_SHOWN: usize = 5;

/// What is done with a seed: nothing to say, or why it failed.
type Check = Box<dyn Fn(&Corpus, u64) -> Result<(), String>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, count, rest @ ..] = arguments.as_slice() else { return usage() };
    let (Ok(count), from) = (count.parse::<u64>(), rest.first().map_or(Ok(0), |from| from.parse::<u64>())) else {
        return usage();
    };
    let Ok(from) = from else { return usage() };
    if what == "large" {
        return large(count);
    }
    let corpus = Corpus::of_repository();
    if let ("seeds", Some(folder)) = (what.as_str(), rest.get(1)) {
        return seeds(&corpus, count, from, folder);
    }
    let fuzz = |target: fn(&[u8])| {
        Box::new(move |corpus: &Corpus, seed| {
            target(corpus.changed(seed).as_bytes());
            Ok(())
        })
    };
    let check: Check = match what.as_str() {
        "programs" => Box::new(|_, seed| of_program(seed)),
        "mutated" => Box::new(|_, seed| of_mutated(seed)),
        "parts" => Box::new(|corpus, seed| of_changed(&corpus.changed(seed))),
        "show" => Box::new(|_, seed| Err(program(seed))),
        "changed" => Box::new(|corpus, seed| Err(corpus.changed(seed))),
        target => match targets::ALL.iter().find(|(name, _)| *name == target) {
            Some((_, target)) => fuzz(*target),
            None => return usage(),
        },
    };
    let began = Instant::now();
    let mut failures = 0;
    for seed in from..from + count {
        if let Err(why) = check(&corpus, seed) {
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

/// How long each target takes for a text of so many bytes.
fn large(size: u64) -> ExitCode {
    let mut slowest = 0;
    for (shape, make) in shapes() {
        let text = make(usize::try_from(size).unwrap_or(usize::MAX));
        for (name, target) in targets::ALL {
            let began = Instant::now();
            target(text.as_bytes());
            let taken = began.elapsed().as_millis();
            slowest = slowest.max(taken);
            if taken > 100 {
                println!("{name:<8} {shape:<28} {taken:>6} ms");
            }
        }
    }
    println!("the slowest takes {slowest} ms for {size} bytes");
    ExitCode::from(u8::from(slowest > 1000))
}

/// Writes changed texts into a folder, for a fuzzer to begin with.
fn seeds(corpus: &Corpus, count: u64, from: u64, folder: &str) -> ExitCode {
    for seed in from..from + count {
        let file = std::path::Path::new(folder).join(format!("seed-{seed}"));
        if let Err(why) = std::fs::write(&file, corpus.changed(seed)) {
            println!("{}: {why}", file.display());
            return ExitCode::from(64);
        }
    }
    ExitCode::SUCCESS
}

fn usage() -> ExitCode {
    println!(
        "many programs|mutated|parts|lex|parse|format|check|show|changed|large COUNT [FROM]\nmany seeds COUNT FROM FOLDER"
    );
    ExitCode::from(64)
}

fn of_program(seed: u64) -> Result<(), String> {
    let text = program(seed);
    is_read(&text)?;
    is_laid_out(&text)?;
    agrees(&text)
}

fn of_changed(text: &str) -> Result<(), String> {
    is_laid_out(text)?;
    agrees(text).map_err(|why| format!("{why}\n{text}"))
}

fn of_mutated(seed: u64) -> Result<(), String> {
    of_changed(&mutated(&program(seed), seed))
}
