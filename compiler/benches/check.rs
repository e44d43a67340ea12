//! How fast programs are checked. `cargo bench -p flow-compiler` prints, for generated programs of growing size, the time of
//! `compile` (read, check, bound, report, plan) and the lines checked per second. The time must grow in proportion.

#![expect(clippy::print_stdout, reason = "a benchmark prints its numbers")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use flow_compiler::catalogue::Catalogue;
use flow_compiler::compile;
use flow_compiler::source::{ReadError, World};

/// How often each program is compiled; the fastest time counts.
const ROUNDS: usize = 5;

struct OneFile(String);

impl World for OneFile {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        if path == "main.flow" { Ok(self.0.clone().into_bytes()) } else { Err(ReadError::Missing) }
    }
}

/// A flow that calls so many steps one after the other, each declared on its own.
fn distinct_steps(count: usize) -> String {
    let mut text = String::from("tier small = local(\"smollm2-135m-instruct\")\n");
    for step in 0..count {
        let _ = write!(
            text,
            "step s{step}(q: Text<=20tok) -> Text<=20tok {{\n  on small\n  retry <= 1\n  \"Step {step} reads this: {{q}}\"\n}}\n"
        );
    }
    text.push_str("flow main(q: Text<=20tok) -> Text<=20tok {\n  budget cost <= $9\n  let v0 = s0(q)\n");
    for step in 1..count {
        let _ = writeln!(text, "  let v{step} = s{step}(v{})", step - 1);
    }
    let _ = writeln!(text, "  return v{}\n}}", count - 1);
    text
}

/// A flow that calls three steps so many times, with a condition, a list and a handler now and then.
fn many_calls(count: usize) -> String {
    let mut text = String::from(
        "tier small = local(\"smollm2-135m-instruct\") | openai(\"gpt-5-mini\")
step ask(q: Text<=20tok) -> Text<=20tok {
  on small
  retry <= 1
  \"Answer: {q}\"
}
step fine(q: Text<=20tok) -> Bool {
  on small
  \"Is it fine? {q}\"
}
flow main(q: Text<=20tok, xs: Text<=20tok[<=3]) -> Text<=20tok {
  budget cost <= $9000
  let v0 = ask(q)
",
    );
    for call in 1..count {
        let _ = match call % 10 {
            3 => writeln!(text, "  let v{call} = if fine(v{}) {{ ask(v{}) }} else {{ \"no\" }}", call - 1, call - 1),
            6 => writeln!(
                text,
                "  let l{call} = each x in xs, parallel <= 2 {{ ask(x) else skip }}\n  let v{call} = ask(v{})",
                call - 1
            ),
            8 => writeln!(text, "  let v{call} = ask(v{}) else \"none\"", call - 1),
            _ => writeln!(text, "  let v{call} = ask(v{})", call - 1),
        };
    }
    let _ = writeln!(text, "  return v{}\n}}", count - 1);
    text
}

fn measure(name: &str, text: String) {
    let lines = text.lines().count();
    let world = OneFile(text);
    let mut fastest = Duration::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let compiled = black_box(compile(&world, "main.flow", Catalogue::standard()));
        fastest = fastest.min(start.elapsed());
        assert!(compiled.plan.is_some(), "it compiles: {:?}", compiled.diagnostics.first());
    }
    let per_second = lines as u128 * 1_000_000_000 / fastest.as_nanos().max(1);
    println!("{name:<28} {lines:>8} lines  {:>10.1?}  {per_second:>10} lines/s", fastest);
}

fn main() {
    for count in [100, 1_000, 10_000] {
        measure(&format!("{count} steps, each declared"), distinct_steps(count));
    }
    for count in [100, 1_000, 10_000] {
        measure(&format!("{count} calls of few steps"), many_calls(count));
    }
}
