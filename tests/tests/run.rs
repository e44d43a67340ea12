//! A run of the real `flow`, looked at from outside: what it said, what its ledger holds, and what the provider charged.

use std::time::{Duration, Instant};

use flow_tests::command::{Project, Said};
use flow_tests::mockllm::{Bill, Dialect, MockLlm};
use serde_json::Value;

/// A key that must be seen nowhere.
pub(crate) const KEY: &str = "sk-planted-0123456789";

/// A project whose models are at these addresses: `unit`, `spare`, …; `reader` embeds, the others write.
pub(crate) fn project(flow: &str, models: &[(&str, &MockLlm)]) -> Project {
    project_over(Dialect::OpenAi, flow, models)
}

/// The same, asked by another protocol.
pub(crate) fn project_over(dialect: Dialect, flow: &str, models: &[(&str, &MockLlm)]) -> Project {
    let wire = dialect.wire();
    let mut config = "[project]\nname = \"lies\"\n".to_owned();
    for (name, mock) in models {
        let url = mock.base_url();
        let kind = match *name {
            "reader" => "kind         = \"embed\"",
            _ => "max_output   = 10_000\noutput_field = \"max_completion_tokens\"\nstructured   = true",
        };
        config += &format!(
            r#"
[models.{name}]
{kind}
provider     = "openai"
wire         = "{wire}"
id           = "{name}-1"
base_url     = "{url}"
key_env      = "UNIT_API_KEY"
tokenizer    = {{ class = "ceiling", bytes_per_token = 1 }}
context      = 100_000
price        = {{ input = "1.00", output = "10.00", cached_input = "0.10" }}
overhead     = {{ request = 0, message = 0, tool = 0, format = 0 }}
timeout      = "1s"
as_of        = "2026-11-23"
source       = "the books of the test"
"#
        );
    }
    Project::new(&[("flow.toml", &config), ("main.flow", flow)])
}

/// What a bill is in nano-dollars at the prices of [`project`].
pub(crate) fn nanos(bill: Bill) -> u64 {
    let parts = [(bill.fresh, 1_000), (bill.cached, 100), (bill.output, 10_000)];
    let sum = parts.into_iter().fold(0, |sum: u64, (tokens, price)| sum.saturating_add(tokens.saturating_mul(price)));
    // No ledger holds more.
    sum.min(i64::MAX.unsigned_abs())
}

/// A run, looked at from outside: what it said, and what its ledger holds.
pub(crate) struct Run {
    pub(crate) said: Said,
    pub(crate) took: Duration,
    pub(crate) rows: Vec<Row>,
    pub(crate) incidents: u64,
}

/// An attempt in the ledger.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) kind: String,
    pub(crate) state: String,
    pub(crate) cost: u64,
    pub(crate) reserved: u64,
    pub(crate) usage_source: Option<String>,
}

/// Runs `main.flow`, and reads the ledger afterwards.
pub(crate) fn run(project: &Project, input: &str) -> Run {
    run_with(project, input, &[])
}

/// The same with variables of the environment.
pub(crate) fn run_with(project: &Project, input: &str, variables: &[(&str, &str)]) -> Run {
    // Making the command may build the program, which is no part of its time.
    let mut command = project.command("flow");
    command.env("UNIT_API_KEY", KEY).envs(variables.iter().copied()).args([
        "run",
        "main.flow",
        "--json",
        "--input",
        input,
    ]);
    let start = Instant::now();
    let said = Said::of(&mut command);
    let took = start.elapsed();
    let path = project.path().join(".flow/ledger.db");
    let ledger = rusqlite::Connection::open(&path).unwrap_or_else(|error| panic!("{error} after {said:#?}"));
    let query = "SELECT kind, state, cost, reserved_cost, usage_source FROM attempts ORDER BY number";
    let mut attempts = ledger.prepare(query).expect("the ledger has attempts");
    let rows = attempts.query_map([], |row| {
        let number = |at| row.get::<_, Option<i64>>(at).map(|n| n.and_then(|n| u64::try_from(n).ok()).unwrap_or(0));
        Ok(Row {
            kind: row.get(0)?,
            state: row.get(1)?,
            cost: number(2)?,
            reserved: number(3)?,
            usage_source: row.get(4)?,
        })
    });
    let rows = rows.expect("rows").collect::<Result<_, _>>().expect("rows can be read");
    let incidents = ledger.query_row("SELECT count(*) FROM incidents", [], |row| row.get::<_, i64>(0));
    Run { said, took, rows, incidents: incidents.ok().and_then(|n| u64::try_from(n).ok()).expect("incidents") }
}

impl Run {
    pub(crate) fn json(&self) -> Value {
        self.said.json()
    }

    /// The cost of all rows.
    pub(crate) fn ledger(&self) -> u64 {
        self.rows.iter().map(|row| row.cost).sum()
    }

    pub(crate) fn dollars(&self, pointer: &str) -> u64 {
        let json = self.json();
        let text = json.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer} in {json}"));
        text.parse::<flow_compiler::cost::Money>().expect("an amount").nanos()
    }

    /// What holds whatever a provider does.
    pub(crate) fn hold(&self, name: &str, mock: &MockLlm) {
        let books = mock.books();
        let (charged, ledger) = (nanos(books.total()), self.ledger());
        let context = format!("{name}: {:#?}\n{:#?}\ncharged {charged}", self.said, self.rows);
        assert!([0, 3, 4, 5].contains(&self.said.code), "an exit code of the closed set\n{context}");
        assert!(self.took < Duration::from_secs(30), "it hangs\n{context}");
        assert!(!self.said.stderr.contains("panicked"), "{context}");
        let asked = self.rows.iter().filter(|row| row.kind != "tool").count();
        assert_eq!(asked, books.entries.len(), "a row for every request\n{context}");
        assert!(self.rows.iter().all(|row| row.state != "held"), "nothing is left open\n{context}");
        assert!(charged <= ledger, "the ledger holds what was charged\n{context}");
        assert_eq!(ledger, self.dollars("/spent/cost"), "the report is the ledger\n{context}");
        if self.incidents == 0 {
            assert!(ledger <= self.dollars("/bound/cost"), "nothing beyond the bound\n{context}");
            assert!(self.rows.iter().all(|row| row.cost <= row.reserved), "nothing beyond a reservation\n{context}");
        }
        let json = self.json();
        for dimension in ["calls", "turns", "tools", "input", "output", "tokens", "time_ms"] {
            let number =
                |of: &str| json[of][dimension].as_u64().unwrap_or_else(|| panic!("no {of} {dimension}\n{context}"));
            let exceeds = number("spent") > number("bound");
            assert!(!exceeds || self.incidents > 0, "{dimension} exceeds its bound\n{context}");
        }
        for text in [&self.said.stdout, &self.said.stderr] {
            assert!(!text.contains(KEY), "a key is shown\n{context}");
        }
    }
}
