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

const HEAD: &str = "tier small = local(\"smollm2-135m-instruct\")
step ask(q: Text<=20tok) -> Text<=20tok {
  on small
  retry <= 1
  \"Answer: {q}\"
}
";

/// So many conditions on one parameter, one after the other, with a step in each arm.
fn many_ifs(count: usize) -> String {
    let mut text = format!(
        "{HEAD}flow main(q: Text<=20tok, n: Int in 0..9) -> Text<=20tok {{\n  budget cost <= $9000\n  let v0 = ask(q)\n"
    );
    for call in 1..count {
        let before = call - 1;
        let _ = writeln!(text, "  let v{call} = if n > {} {{ ask(v{before}) }} else {{ ask(q) }}", call % 9);
    }
    let _ = writeln!(text, "  return v{}\n}}", count - 1);
    text
}

/// So many conditions on one `var`, each of which may change it.
fn many_ifs_on_a_var(count: usize) -> String {
    let mut text =
        format!("{HEAD}flow main(q: Text<=20tok) -> Text<=20tok {{\n  budget cost <= $9000\n  var draft = ask(q)\n");
    for call in 0..count {
        let _ = writeln!(text, "  if contains(draft, \"mark {call}\") {{ draft = ask(draft) }}");
    }
    text.push_str("  return draft\n}\n");
    text
}

/// So many arms of `else if`, in choices of a hundred.
fn long_else_if(count: usize) -> String {
    let mut text = format!(
        "{HEAD}flow main(q: Text<=20tok, n: Int in 0..100) -> Text<=20tok {{\n  budget cost <= $9000\n  var draft = q\n"
    );
    for arm in 0..count {
        let word = if arm % 100 == 0 { "if" } else { "else if" };
        let _ = writeln!(text, "  {word} n == {} {{ draft = ask(draft) }}", arm % 100);
    }
    text.push_str("  return draft\n}\n");
    text
}

/// A loop that sets one `var` so many times.
fn many_assignments(count: usize) -> String {
    let mut text = format!(
        "{HEAD}flow main(q: Text<=20tok) -> Text<=20tok {{\n  budget cost <= $9000\n  var draft = ask(q)\n  loop <= 3 {{\n"
    );
    for _ in 0..count {
        text.push_str("    draft = ask(draft)\n");
    }
    text.push_str("  }\n  return draft\n}\n");
    text
}

/// A `match` with so many arms.
fn long_match(count: usize) -> String {
    let mut text = format!("{HEAD}enum Kind {{\n");
    for variant in 0..count {
        let _ = writeln!(text, "  K{variant}");
    }
    text.push_str(
        "}\nflow main(q: Text<=20tok, kind: Kind) -> Text<=20tok {\n  budget cost <= $9000\n  return match kind {\n",
    );
    for variant in 0..count {
        let _ = writeln!(text, "    K{variant} => ask(q),");
    }
    text.push_str("  }\n}\n");
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
    // One of the shapes alone, so many times: `cargo bench … -- ifs 4000`.
    let args: Vec<String> = std::env::args().collect();
    if let [_, shape, count, ..] = args.as_slice()
        && let Ok(count) = count.parse()
    {
        let make = match shape.as_str() {
            "ifs" => many_ifs,
            "var" => many_ifs_on_a_var,
            "else" => long_else_if,
            "assign" => many_assignments,
            _ => long_match,
        };
        return measure(shape, make(count));
    }

    for count in [100, 1_000, 10_000] {
        measure(&format!("{count} steps, each declared"), distinct_steps(count));
    }
    for count in [100, 1_000, 10_000] {
        measure(&format!("{count} calls of few steps"), many_calls(count));
    }
    for count in [100, 1_000, 10_000] {
        measure(&format!("{count} ifs on one value"), many_ifs(count));
        measure(&format!("{count} ifs that set a var"), many_ifs_on_a_var(count));
        measure(&format!("{count} arms of else if"), long_else_if(count));
        measure(&format!("{count} assignments to a var"), many_assignments(count));
        measure(&format!("{count} arms of a match"), long_match(count));
    }
}
