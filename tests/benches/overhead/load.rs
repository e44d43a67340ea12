//! Much at once, and much after each other: 10,000 steps of one run, 1,000 steps side by side, 1,000 runs of 3 steps at once. In: a server
//! on loopback that answers at once. Out: how long each takes, and how much memory, beside the same requests by a bare client.

use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use flow_compiler::plan::Plan;
use flow_runtime::ledger::{Book, MemoryBook};
use flow_runtime::run::{Runner, pick};
use flow_tests::mockllm::{MockLlm, Mode, Script};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{LONG, ask, plan, runner};

/// The flow of a load, how many of its runs go on at once, and how many steps one has.
#[derive(Clone, Copy)]
struct Load {
    flow: &'static str,
    runs: usize,
    steps: usize,
    /// How many requests are on their way at once.
    wide: usize,
}

const LOADS: [Load; 3] = [
    Load { flow: "long", runs: 1, steps: 10_000, wide: 1 },
    Load { flow: "wide", runs: 1, steps: 1_000, wide: 1_000 },
    Load { flow: "short", runs: 1_000, steps: 3, wide: 1_000 },
];

impl Load {
    fn all(self) -> usize {
        self.runs * self.steps
    }

    fn input(self) -> Value {
        let texts = || (0..self.steps).map(|number| format!("text {number}")).collect::<Vec<_>>();
        if self.flow == "short" { json!({ "t": "hello" }) } else { json!({ "ts": texts() }) }
    }
}

pub(super) fn measure() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mock = MockLlm::start(Script::always(Mode::Correct).answering("fine")).expect("a port");
    let (url, folder) = (mock.base_url(), tempfile::tempdir().expect("a folder"));
    let plan = Arc::new(plan(LONG, &url));
    runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        for load in LOADS {
            let floor = timed(bare(&client, &url, load)).await;
            say(load, "bare", &floor, &floor);
            let memory: Arc<dyn Book> = Arc::new(MemoryBook::default());
            let memory = timed(flow(Arc::new(runner(memory)), &plan, load)).await;
            say(load, "flow, ledger in memory", &memory, &floor);
            let home = folder.path().join(load.flow);
            std::fs::create_dir(&home).expect("a folder");
            let disk: Arc<dyn Book> = super::ledger_of(home.as_path());
            let disk = timed(flow(Arc::new(runner(disk)), &plan, load)).await;
            say(load, "flow, ledger on disk", &disk, &floor);
            let more = disk.time.saturating_sub(memory.time).as_secs_f64() * 1e6 / load.all() as f64;
            let name = "durability";
            writeln!(std::io::stdout(), "{:6} {name:24} {more:34.1} µs more a step", load.flow)
                .expect("standard output");
        }
    });
}

struct Taken {
    time: Duration,
    /// The most memory that the process had while it lasted, beyond what it had before, in KiB.
    memory: Option<u64>,
}

async fn timed(what: impl Future<Output = ()>) -> Taken {
    // What the most was is counted from here on.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let before = resident("VmRSS:");
    let start = Instant::now();
    what.await;
    let time = start.elapsed();
    let memory = resident("VmHWM:").zip(before).map(|(most, before)| most.saturating_sub(before));
    Taken { time, memory }
}

fn resident(field: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.split_whitespace().next()?.parse().ok()
}

async fn bare(client: &reqwest::Client, url: &str, load: Load) {
    let mut all = JoinSet::new();
    for _ in 0..load.all() {
        if all.len() >= load.wide {
            all.join_next().await.expect("a request").expect("an answer");
        }
        all.spawn(ask(client.clone(), url.to_owned()));
    }
    all.join_all().await;
}

async fn flow(runner: Arc<Runner>, plan: &Arc<Plan>, load: Load) {
    let mut all = JoinSet::new();
    for _ in 0..load.runs {
        let (runner, plan) = (Arc::clone(&runner), Arc::clone(plan));
        all.spawn(async move {
            let flow = pick(&plan, Some(load.flow)).expect("a flow");
            let report = runner.run(&plan, flow, &load.input(), &[]).await.expect("a report");
            assert_eq!((report.exit_code(), report.spent.calls), (0, load.steps as u64), "{:?}", report.reason);
        });
    }
    all.join_all().await;
}

fn say(load: Load, name: &str, taken: &Taken, floor: &Taken) {
    let (seconds, steps) = (taken.time.as_secs_f64(), load.all() as f64);
    let (more, ratio) =
        (taken.time.saturating_sub(floor.time).as_secs_f64() * 1e6 / steps, seconds / floor.time.as_secs_f64());
    let memory = taken.memory.map_or("unknown".to_owned(), |kib| format!("{:.1} MiB", kib as f64 / 1024.0));
    let line = format!(
        "{:6} {name:24} {seconds:8.2} s {:9.1} µs a step {more:9.1} µs more a step {ratio:6.2} × bare, memory {memory}",
        load.flow,
        seconds * 1e6 / steps,
    );
    writeln!(std::io::stdout(), "{line}").expect("standard output");
}
