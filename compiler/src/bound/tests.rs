//! Bounds computed by hand, in a catalogue where that is easy: one token is one byte, nothing is added to a request, and `unit`
//! costs 1,000 nano-dollars per input token and 10,000 per output token, `dear` twice as much, `mini` 100 per token read.

mod attempts;
mod budgets;
mod control;
mod growth;
mod holes;
mod oracle;

mod pages;
mod plans;
mod schedules;
mod sized;
mod standing;
mod turns;

use crate::catalogue::Catalogue;
use crate::cost::Resources;
use crate::diagnostic::Diagnostic;
use crate::source::SourceId;
use crate::testing::Memory;
use crate::{Compiled, compile};

const MODELS: &str = r#"
[models.unit]
provider = "scripted"
tokenizer = { class = "ceiling", bytes_per_token = 1 }
context = 1_000_000
max_output = 100_000
price = { input = "1.00", output = "10.00" }
overhead = { request = 0, message = 0, tool = 0, format = 0 }
timeout = "30s"

[models.dear]
provider = "scripted"
tokenizer = { class = "ceiling", bytes_per_token = 1 }
context = 1_000_000
max_output = 100_000
price = { input = "2.00", output = "20.00" }
overhead = { request = 0, message = 0, tool = 0, format = 0 }
timeout = "10s"

[models.mini]
provider = "scripted"
kind = "embed"
tokenizer = { class = "ceiling", bytes_per_token = 1 }
context = 1_000
price = { input = "0.10" }
overhead = { request = 0, message = 0, tool = 0, format = 0 }
timeout = "5s"

[models.taxed]
provider = "scripted"
tokenizer = { class = "ceiling", bytes_per_token = 1 }
context = 1_000_000
max_output = 100_000
price = { input = "1.00", output = "10.00", request = "0.01", long_context = [{ above = 100, input = "3.00" }] }
overhead = { request = 7, message = 3, tool = 5, tools = 11, format = 2 }
timeout = "30s"

[models.wise]
provider = "scripted"
tokenizer = { class = "ceiling", bytes_per_token = 1 }
context = 1_000_000
max_output = 100_000
price = { input = "1.00", output = "10.00" }
overhead = { request = 0, message = 0, tool = 0, format = 0 }
timeout = "30s"
thinking = true

[models.worded]
provider = "scripted"
tokenizer = { class = "counted", vocabulary = "o200k_base" }
context = 1_000_000
max_output = 100_000
price = { input = "1.00", output = "10.00" }
overhead = { request = 0, message = 0, tool = 0, format = 0 }
timeout = "30s"
"#;

const TIERS: &str = r#"
tier unit  = model("unit")
tier dear  = model("dear")
tier both  = model("unit") | model("dear")
tier mini  = model("mini")
tier taxed = model("taxed")
tier wise  = model("wise")
tier worded = model("worded")
"#;

/// Compiles `main.flow`: the tiers of the catalogue, then a text.
fn compiled(text: &str) -> Compiled {
    let catalogue = Catalogue::read(SourceId::default(), MODELS);
    assert!(catalogue.diagnostics.is_empty(), "{:?}", catalogue.diagnostics);
    compile(&Memory::of(&format!("{TIERS}{text}")), "main.flow", &catalogue.value)
}

/// The errors of a text.
fn errors(text: &str) -> Vec<Diagnostic> {
    compiled(text).diagnostics.into_iter().filter(Diagnostic::is_error).collect()
}

/// A text without errors, compiled.
fn whole(text: &str) -> Compiled {
    let compiled = compiled(text);
    let errors: Vec<_> = compiled.diagnostics.iter().filter(|of| of.is_error()).collect();
    assert!(errors.is_empty(), "{text}\n{errors:#?}");
    compiled
}

/// The bound of the flow `main`, whose choices are all told apart.
fn bound(text: &str) -> Resources {
    let compiled = whole(text);
    let flow = compiled.report.flows.iter().find(|flow| flow.name == "main").expect("there is a flow `main`");
    // What is counted is the question here, and not whether every text of it can be at its longest.
    let sizes = ["given less", "is also sent", "not every call waits", "are left out", "longer than an answer"];
    let joined: Vec<&String> =
        flow.joined.iter().filter(|reason| !sizes.iter().any(|size| reason.contains(size))).collect();
    assert!(joined.is_empty(), "{joined:?}");
    flow.bound.expect("it has a bound")
}

/// Why the bound of `main` may be higher than any run needs.
fn joined(text: &str) -> Vec<String> {
    let compiled = whole(text);
    compiled.report.flows.into_iter().find(|flow| flow.name == "main").expect("there is a flow `main`").joined
}

/// What `count` attempts with these sizes take at `unit`.
fn at_unit(attempts: &[(u64, u64)]) -> Resources {
    at(attempts, 1, 30_000)
}

/// What attempts with these sizes take at `dear`.
fn at_dear(attempts: &[(u64, u64)]) -> Resources {
    at(attempts, 2, 10_000)
}

fn at(attempts: &[(u64, u64)], price: u64, time_ms: u64) -> Resources {
    attempts.iter().fold(Resources::ZERO, |sum, (input, output)| {
        let cost = crate::cost::Money::from_nanos(price * (1_000 * input + 10_000 * output));
        let one = Resources {
            cost,
            calls: 1,
            turns: 1,
            tools: 0,
            input: *input,
            output: *output,
            tokens: input + output,
            time_ms,
        };
        sum.then(&one).expect("it fits")
    })
}

/// One after the other.
fn sum(parts: &[Resources]) -> Resources {
    parts.iter().fold(Resources::ZERO, |sum, part| sum.then(part).expect("it fits"))
}

/// Only time.
fn wait(time_ms: u64) -> Resources {
    Resources { time_ms, ..Resources::ZERO }
}
