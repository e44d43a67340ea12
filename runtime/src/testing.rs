//! What the tests of this crate share: plans from a few lines of flow, and runs of them on played answers.

#[path = "../../tests/src/postgres.rs"]
#[allow(
    unreachable_pub,
    dead_code,
    missing_docs,
    reason = "written for all tests of the workspace, in their own crate"
)]
pub(crate) mod postgres;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use flow_compiler::catalogue::{Catalogue, ModelFacts};
use flow_compiler::compile;
use flow_compiler::plan::Plan;
use flow_compiler::program::{FlowId, Limit};
use flow_compiler::source::{ReadError, SourceId, World};
use futures_util::future::BoxFuture;
use serde_json::Value as Json;

use crate::budget::Hold;
use crate::clock::CountingClock;
use crate::ledger::{Entry, MemoryBook};
use crate::provider::scripted::Scripted;
use crate::provider::{Answer, EmbedRequest, Embedded, Fault, Progress, Provider, Request};
use crate::run::{Backoff, RunReport, Runner};
use crate::tool::{ToolFault, ToolHost, ToolRequest};

/// A byte is a token; dollars per million: 1 in and 10 out at `a`, twice that at `b`, ten times at `c`; `reader` embeds.
const MODELS: &str = r#"
[models.a]
provider = "scripted"
tokenizer = { class = "ceiling", bytes_per_token = 1 }
context = 100_000
max_output = 10_000
price = { input = "1", output = "10" }
timeout = "10s"

[models.b]
provider = "scripted"
tokenizer = { class = "ceiling", bytes_per_token = 1 }
context = 100_000
max_output = 10_000
price = { input = "2", output = "20" }
timeout = "10s"

[models.c]
provider = "scripted"
tokenizer = { class = "ceiling", bytes_per_token = 1 }
context = 100_000
max_output = 10_000
price = { input = "10", output = "100" }
timeout = "20s"

[models.reader]
provider = "scripted"
kind = "embed"
tokenizer = { class = "ceiling", bytes_per_token = 1 }
context = 1_000
price = { input = "1" }
timeout = "5s"
"#;

const TIERS: &str = r#"
tier a = model("a")
tier b = model("b")
tier c = model("c")
tier ab = model("a") | model("b")
tier reader = model("reader")
"#;

struct OneFile(String);

impl World for OneFile {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        if path == "main.flow" { Ok(self.0.clone().into_bytes()) } else { Err(ReadError::Missing) }
    }
}

/// The plan of a flow that may use the tiers `a`, `b`, `c`, `ab` (one that stands in for the other) and `reader`.
pub(crate) fn plan(text: &str) -> Plan {
    let world = OneFile(format!("{TIERS}{text}"));
    let catalogue = Catalogue::read(SourceId::default(), MODELS);
    assert!(!catalogue.has_errors(), "{:?}", catalogue.diagnostics);
    let compiled = compile(&world, "main.flow", &catalogue.value);
    compiled.plan.unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics))
}

/// A provider that remembers what it was sent.
pub(crate) struct Listening {
    script: Scripted,
    pub(crate) asked: Mutex<Vec<Request>>,
}

impl Provider for Listening {
    fn complete<'a>(
        &'a self,
        hold: &'a Hold,
        request: &'a Request,
        progress: &'a (dyn Fn(Progress) + Send + Sync),
    ) -> BoxFuture<'a, Result<Answer, Fault>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
        self.script.complete(hold, request, progress)
    }

    fn embed<'a>(&'a self, hold: &'a Hold, request: &'a EmbedRequest) -> BoxFuture<'a, Result<Embedded, Fault>> {
        self.script.embed(hold, request)
    }
}

/// Tools by name that return what they are given here.
#[derive(Default)]
pub(crate) struct Tools {
    pub(crate) results: HashMap<&'static str, Result<Json, ToolFault>>,
    pub(crate) called: Mutex<Vec<(String, Json)>>,
}

impl ToolHost for Tools {
    fn call<'a>(&'a self, _: &'a Hold, call: &'a ToolRequest) -> BoxFuture<'a, Result<Json, ToolFault>> {
        let mut called = self.called.lock().unwrap_or_else(PoisonError::into_inner);
        called.push((call.tool.name.clone(), Json::Object(call.args.clone())));
        let result = self.results.get(call.tool.name.as_str()).cloned();
        Box::pin(async move {
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            result.expect("a tool of the test")
        })
    }
}

/// A clock that goes with virtual time.
pub(crate) struct VirtualClock(tokio::time::Instant);

impl VirtualClock {
    pub(crate) fn new() -> VirtualClock {
        VirtualClock(tokio::time::Instant::now())
    }
}

impl crate::clock::Clock for VirtualClock {
    fn now_ms(&self) -> u64 {
        1_000_000 + u64::try_from(self.0.elapsed().as_millis()).expect("a short test")
    }
}

/// A run that has ended.
pub(crate) struct Played {
    pub(crate) report: RunReport,
    pub(crate) asked: Vec<Request>,
    pub(crate) called: Vec<(String, Json)>,
    pub(crate) entries: Vec<Entry>,
}

/// A flow, answers, tools, limits.
pub(crate) struct Play<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) input: Json,
    pub(crate) answers: &'a str,
    pub(crate) tools: Tools,
    pub(crate) limits: Vec<Limit>,
}

impl<'a> Play<'a> {
    pub(crate) fn new(plan: &'a Plan, answers: &'a str) -> Play<'a> {
        Play { plan, input: serde_json::json!({}), answers, tools: Tools::default(), limits: Vec::new() }
    }

    pub(crate) fn input(mut self, input: Json) -> Play<'a> {
        self.input = input;
        self
    }

    pub(crate) fn tool(mut self, name: &'static str, result: Json) -> Play<'a> {
        self.tools.results.insert(name, Ok(result));
        self
    }

    pub(crate) fn broken_tool(mut self, name: &'static str, fault: ToolFault) -> Play<'a> {
        self.tools.results.insert(name, Err(fault));
        self
    }

    pub(crate) fn limit(mut self, dimension: flow_compiler::cost::Dimension, amount: u64) -> Play<'a> {
        self.limits.push(Limit { dimension, amount, place: Default::default() });
        self
    }

    /// Runs the last flow of the plan, and holds every run to what is always true.
    pub(crate) async fn run(self) -> Played {
        let script = Scripted::read("answers.toml", self.answers).expect("answers");
        let provider = Arc::new(Listening { script, asked: Mutex::default() });
        let book = Arc::new(MemoryBook::default());
        let tools = Arc::new(self.tools);
        let (told, host) = (Arc::clone(&provider), Arc::clone(&tools));
        let providers =
            move |_: &ModelFacts| -> Result<Arc<dyn Provider>, Fault> { Ok(Arc::clone(&told) as Arc<dyn Provider>) };
        let runner = Runner {
            tools: host,
            clock: Arc::new(CountingClock::default()),
            backoff: Backoff::Longest,
            ..Runner::new(Arc::clone(&book) as _, Arc::new(providers))
        };
        let flow = FlowId(u32::try_from(self.plan.program.flows.len() - 1).expect("few flows"));
        let report = runner.run(self.plan, flow, &self.input, &self.limits).await.expect("a report");
        let entries = book.entries();
        always(self.plan, flow, &self.input, &report, &entries);
        let asked = std::mem::take(&mut *provider.asked.lock().expect("asked"));
        let called = std::mem::take(&mut *tools.called.lock().expect("called"));
        Played { report, asked, called, entries }
    }
}

/// What is true of every run.
pub(crate) fn always(plan: &Plan, flow: FlowId, input: &Json, report: &RunReport, entries: &[Entry]) {
    let over: Vec<_> = report.spent.beyond(&report.bound).collect();
    assert!(over.is_empty(), "over the bound in {over:?}: {:?} of {:?}", report.spent, report.bound);
    let (mut held, mut settled, mut events) = (0, 0, Vec::new());
    for entry in entries {
        match entry {
            Entry::Hold(_) => held += 1,
            Entry::Settle(_) => settled += 1,
            Entry::Record(record) => events.push(crate::journal::event(&record.event).expect("an event")),
            Entry::Open(_)
            | Entry::Incident(_)
            | Entry::Wait(_)
            | Entry::Decide(_)
            | Entry::Rest(_)
            | Entry::Look(_)
            | Entry::End(_)
            | Entry::Together(_) => {}
        }
    }
    assert_eq!(held, settled, "every hold is settled once");
    if report.status.rests() {
        return;
    }
    let values = crate::run::read(plan, flow, input).expect("an input");
    let end = crate::journal::replay(plan, flow, values, crate::execution::Caller::new(), events).expect("an end");
    assert_eq!((end.status, &end.result, &end.reason), (report.status, &report.result, &report.reason), "replay = run");
    assert_eq!(end.partial, report.partial);
}
