//! How fast programs are checked. `cargo bench -p flow-compiler --bench check` prints, for generated programs of growing size, the time
//! of `compile` (read, check, bound, report, plan), the lines checked per second and the memory; the time must grow in proportion.
//!
//! `… --bench check -- plot FILE.svg` draws time against size up to 100,000 steps; `… -- SHAPE COUNT` measures one program;
//! `… -- format` measures the formatter beside the parser, for 2,000 lines.

#![expect(clippy::print_stdout, reason = "a benchmark prints its numbers")]

mod plot;
mod programs;

use std::hint::black_box;
use std::time::{Duration, Instant};

use flow_compiler::catalogue::Catalogue;
use flow_compiler::source::{ReadError, SourceId, World};
use flow_compiler::{compile, format, parse};

/// How often each program is compiled; the fastest time counts.
const ROUNDS: usize = 5;

struct OneFile(String);

impl World for OneFile {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        if path == "main.flow" { Ok(self.0.clone().into_bytes()) } else { Err(ReadError::Missing) }
    }
}

/// What one program took.
struct Measured {
    lines: usize,
    fastest: Duration,
    /// The most memory the process has had so far, in KiB; 0 where the system does not say.
    memory: u64,
}

/// A shape by its name.
type Shape = (&'static str, fn(usize) -> String);

const SHAPES: [Shape; 7] = [
    ("steps", programs::distinct_steps),
    ("calls", programs::many_calls),
    ("ifs", programs::many_ifs),
    ("var", programs::many_ifs_on_a_var),
    ("else", programs::long_else_if),
    ("assign", programs::many_assignments),
    ("match", programs::long_match),
];

fn measure(text: String, rounds: usize) -> Measured {
    let lines = text.lines().count();
    let world = OneFile(text);
    let mut fastest = Duration::MAX;
    for _ in 0..rounds {
        let start = Instant::now();
        let compiled = black_box(compile(&world, "main.flow", Catalogue::standard()));
        fastest = fastest.min(start.elapsed());
        assert!(compiled.plan.is_some(), "it compiles: {:?}", compiled.diagnostics.first());
    }
    Measured { lines, fastest, memory: peak_memory().unwrap_or(0) }
}

/// The most memory this process has had, in KiB.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

fn print(name: &str, measured: &Measured) {
    let Measured { lines, fastest, memory } = measured;
    let per_second = *lines as u128 * 1_000_000_000 / fastest.as_nanos().max(1);
    println!(
        "{name:<28} {lines:>8} lines  {fastest:>10.1?}  {per_second:>10} lines/s  {:>6} MiB at most so far",
        memory / 1024
    );
}

/// What the formatter takes beside the parser, for one text. It reads the text, lays it out, and reads what it made again.
fn compare_formatter(text: &str) {
    let fastest = |run: &dyn Fn()| {
        let times = (0..8 * ROUNDS).map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        });
        times.min().unwrap_or_default()
    };
    let parser = fastest(&|| drop(black_box(parse::parse(SourceId(0), text))));
    let formatter = fastest(&|| drop(black_box(format::format(SourceId(0), text))));
    let ratio = formatter.as_nanos() * 10 / parser.as_nanos().max(1);
    let lines = text.lines().count();
    println!(
        "{lines} lines: parser {parser:.2?}, formatter {formatter:.2?}, {}.{} times the parser",
        ratio / 10,
        ratio % 10
    );
}

fn main() -> std::io::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match args.as_slice() {
        [what, file] if what == "plot" => return plot::draw(std::path::Path::new(file)),
        [what] if what == "format" => {
            compare_formatter(&programs::distinct_steps(333));
            return Ok(());
        }
        [shape, count] => {
            let known = SHAPES.iter().find(|(name, _)| name == shape).zip(count.parse().ok());
            let Some(((_, make), count)) = known else {
                let names: Vec<&str> = SHAPES.iter().map(|(name, _)| *name).collect();
                println!("a shape is one of {}, and a count a number", names.join(", "));
                std::process::exit(64);
            };
            print(&format!("{count} {shape}"), &measure(make(count), ROUNDS));
            return Ok(());
        }
        _ => {}
    }
    // A project of 2,000 lines, as an editor checks it after each key.
    print("2,000 lines", &measure(programs::distinct_steps(333), 4 * ROUNDS));
    for count in [100, 1_000, 10_000] {
        for (shape, make) in SHAPES {
            print(&format!("{count} {shape}"), &measure(make(count), ROUNDS));
        }
    }
    print("100000 steps", &measure(programs::distinct_steps(100_000), 2));
    Ok(())
}
