//! What flow adds to a request: a chain of 10 steps and a fan of 1, 50 and 1, with the ledger on disk and in memory, beside a
//! bare loop of the same HTTP client against the same server on loopback. The server answers at once, so all that is left is
//! overhead.
//!
//! `cargo bench -p flow-tests --no-default-features --bench overhead`; with `-- load` a run of 10,000 steps, a fan of 1,000 and 1,000 runs
//! at once, with the memory that they take.

#[path = "overhead/load.rs"]
mod load;

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use flow_compiler::catalogue::{Catalogue, ModelFacts};
use flow_compiler::cost::Money;
use flow_compiler::plan::Plan;
use flow_compiler::source::{ReadError, SourceId, World};
use flow_runtime::ledger::query::Reader;
use flow_runtime::ledger::{Book, Ledger, MemoryBook};
use flow_runtime::provider::remote::Remote;
use flow_runtime::provider::{Fault, Provider};
use flow_runtime::run::{Runner, pick};
use flow_tests::mockllm::{MockLlm, Mode, Script};
use serde_json::{Value, json};
use tokio::task::JoinSet;

const ROUNDS: usize = 40;
const WIDTH: usize = 50;

const FLOWS: &str = r#"
tier unit = model("unit")

step say(t: Text<=200char) -> Text<=60char {
  on unit

  "Say {t}"
}

pub flow chain(t: Text<=60char) -> Text<=60char {
  budget cost <= $1.00, calls <= 10, time <= 10m

  let a = say(t)
  let b = say(a)
  let c = say(b)
  let d = say(c)
  let e = say(d)
  let f = say(e)
  let g = say(f)
  let h = say(g)
  let i = say(h)
  return say(i)
}

pub flow fan(ts: Text<=60char[<=50]) -> Text<=60char {
  budget cost <= $1.00, calls <= 52, time <= 60m

  let first = say("first")
  let each_of = each t in ts, parallel <= 50 { say(t + first) }
  return say(join(each_of, " ") cut 200char)
}
"#;

struct OneFile(&'static str);

impl World for OneFile {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        if path == "main.flow" { Ok(self.0.into()) } else { Err(ReadError::Missing) }
    }
}

fn plan(text: &'static str, url: &str) -> Plan {
    let models = format!(
        r#"
[models.unit]
provider     = "openai"
base_url     = "{url}"
tokenizer    = {{ class = "ceiling", bytes_per_token = 1 }}
context      = 100_000
max_output   = 10_000
output_field = "max_completion_tokens"
price        = {{ input = "1.00", output = "10.00" }}
timeout      = "30s"
"#
    );
    let catalogue = Catalogue::read(SourceId::default(), &models).value;
    let compiled = flow_compiler::compile(&OneFile(text), "main.flow", &catalogue);
    compiled.plan.unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics))
}

/// What `load` runs.
const LONG: &str = r#"
tier unit = model("unit")

step say(t: Text<=200char) -> Text<=60char {
  on unit

  "Say {t}"
}

pub flow long(ts: Text<=60char[<=10000]) -> Text<=60char[<=10000] {
  budget cost <= $100.00, calls <= 10_000, time <= 400h

  return each t in ts, parallel <= 1 { say(t) }
}

pub flow wide(ts: Text<=60char[<=1000]) -> Text<=60char[<=1000] {
  budget cost <= $10.00, calls <= 1_000, time <= 400h

  return each t in ts, parallel <= 1000 { say(t) }
}

pub flow short(t: Text<=60char) -> Text<=60char {
  budget cost <= $0.10, calls <= 3, time <= 1h

  let a = say(t)
  let b = say(a)
  return say(b)
}
"#;

/// What is measured: a chain or a fan.
#[derive(Clone, Copy)]
enum Shape {
    Chain,
    Fan,
}

impl Shape {
    fn name(self) -> &'static str {
        match self {
            Shape::Chain => "chain",
            Shape::Fan => "fan",
        }
    }

    fn steps(self) -> u32 {
        match self {
            Shape::Chain => 10,
            Shape::Fan => 52,
        }
    }

    fn input(self) -> Value {
        let texts: Vec<String> = (0..WIDTH).map(|number| format!("text {number}")).collect();
        match self {
            Shape::Chain => json!({ "t": "hello" }),
            Shape::Fan => json!({ "ts": texts }),
        }
    }
}

/// The same requests without flow.
async fn bare(client: &reqwest::Client, url: &str, shape: Shape) {
    match shape {
        Shape::Chain => {
            for _ in 0..10 {
                ask(client.clone(), url.to_owned()).await;
            }
        }
        Shape::Fan => {
            ask(client.clone(), url.to_owned()).await;
            let mut all = JoinSet::new();
            for _ in 0..WIDTH {
                all.spawn(ask(client.clone(), url.to_owned()));
            }
            all.join_all().await;
            ask(client.clone(), url.to_owned()).await;
        }
    }
}

async fn ask(client: reqwest::Client, url: String) {
    let body = json!({
        "model": "unit",
        "messages": [{"role": "user", "content": "Say hello"}],
        "stream": true,
        "stream_options": {"include_usage": true},
        "max_completion_tokens": 240,
    });
    let answer = client.post(format!("{url}/chat/completions")).json(&body).send().await.expect("an answer");
    let bytes = answer.bytes().await.expect("a body");
    assert!(bytes.ends_with(b"[DONE]\n\n"), "a whole answer");
}

async fn flow(runner: &Runner, plan: &Plan, shape: Shape) {
    let flow = pick(plan, Some(shape.name())).expect("a flow");
    let report = runner.run(plan, flow, &shape.input(), &[]).await.expect("a report");
    assert_eq!((report.exit_code(), report.spent.calls), (0, u64::from(shape.steps())), "{:?}", report.reason);
}

fn runner(book: Arc<dyn Book>) -> Runner {
    let adapter: Arc<dyn Provider> = Arc::new(Remote::new().expect("a client"));
    let reach = move |_: &ModelFacts| -> Result<Arc<dyn Provider>, Fault> { Ok(Arc::clone(&adapter)) };
    Runner::new(book, Arc::new(reach))
}

fn on_disk(folder: &Path) -> Runner {
    runner(ledger_of(folder))
}

/// A ledger in a folder.
pub(crate) fn ledger_of(folder: &Path) -> Arc<dyn Book> {
    let ledger = Ledger::open(folder).expect("a ledger");
    // What is measured here is worth more than a new ledger allows a day; nobody is paid.
    let most = Money::from_nanos(i64::MAX.unsigned_abs());
    Reader::open(folder).and_then(|ledger| ledger.set_workspace(most, "the benchmark", None, 0)).expect("it is set");
    Arc::new(ledger)
}

fn main() {
    if std::env::args().any(|word| word == "load") {
        return load::measure();
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mock = MockLlm::start(Script::always(Mode::Correct).answering("fine")).expect("a port");
    let folder = tempfile::tempdir().expect("a folder");
    let (plan, url) = (plan(FLOWS, &mock.base_url()), mock.base_url());
    let mut out = std::io::stdout();
    runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let (disk, memory) = (on_disk(folder.path()), runner(Arc::new(MemoryBook::default())));
        for shape in [Shape::Chain, Shape::Fan] {
            let mut times: [Vec<Duration>; 3] = Default::default();
            // One after the other in every round, so that whatever else the machine does falls on all of them.
            for round in 0..ROUNDS + 3 {
                for (way, times) in times.iter_mut().enumerate() {
                    let start = Instant::now();
                    match way {
                        0 => bare(&client, &url, shape).await,
                        1 => flow(&memory, &plan, shape).await,
                        _ => flow(&disk, &plan, shape).await,
                    }
                    if round >= 3 {
                        times.push(start.elapsed());
                    }
                }
            }
            let [bare, memory, disk] = times.map(median);
            for (name, time) in [("bare", bare), ("flow, ledger in memory", memory), ("flow, ledger on disk", disk)] {
                let step = time / shape.steps();
                let more = time.saturating_sub(bare) / shape.steps();
                let ratio = time.as_secs_f64() / bare.as_secs_f64();
                let line = format!(
                    "{:6} {name:24} {:9.2} ms a run {:8.1} µs a step {:8.1} µs more a step {ratio:6.2} × bare",
                    shape.name(),
                    time.as_secs_f64() * 1e3,
                    step.as_secs_f64() * 1e6,
                    more.as_secs_f64() * 1e6,
                );
                writeln!(out, "{line}").expect("standard output");
            }
        }
    });
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
