//! The books test: many attempts at once, by two processes, against a provider that keeps its own books and answers as it likes, under
//! limits at four scopes. Afterwards the provider's bill, the ledger's rows and its counters are compared.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use flow_compiler::catalogue::{Catalogue, ModelFacts};
use flow_compiler::cost::{Money, Usage};
use flow_compiler::plan::Plan;
use flow_compiler::program::Reason;
use flow_compiler::source::{ReadError, SourceId, World};
use flow_runtime::budget::Hold;
use flow_runtime::ledger::query::Reader;
use flow_runtime::ledger::{Ledger, Location};
use flow_runtime::provider::{
    Answer, Charge, EmbedRequest, Embedded, Fault, Finish, Progress, Provider, Remedy, Request,
};
use flow_runtime::run::{Runner, pick};
use futures_util::future::BoxFuture;
use serde_json::json;
use tokio::task::JoinSet;

use crate::command::Project;
use crate::flows::Chance;

/// How many runs of a process go on at once, each with as many attempts.
const AT_ONCE: u64 = 8;

/// How many attempts a run wants.
const WIDTH: u64 = 16;

const MODELS: &str = r#"
[models.unit]
provider   = "scripted"
tokenizer  = { class = "ceiling", bytes_per_token = 1 }
context    = 100_000
max_output = 100
price      = { input = "1.00", output = "10.00" }
timeout    = "30s"
"#;

/// A run may take a tenth of a cent, a tenant and everybody what is said, and everybody so many tokens.
const FLOW: &str = r#"
tier unit = model("unit")

ceiling tenants { cost <= $TENANT per 30d by caller.tenant }

ceiling everybody { cost <= $ALL per 30d, calls <= CALLS per 30d }

step answer(q: Text<=8tok) -> Text<=20tok {
  on     unit
  retry  <= 1
  output <= 20tok
  time   <= 20s

  "Say {raw q}"
}

pub flow ask(qs: Text<=8tok[<=16]) -> Text<=20tok[<=16] {
  budget cost <= $0.01
  under  tenants, everybody

  return each q in qs, parallel <= 8 { answer(q) else "nothing" }
}
"#;

/// The one file of the flow.
struct OneFile(String);

impl World for OneFile {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        if path == "main.flow" { Ok(self.0.clone().into()) } else { Err(ReadError::Missing) }
    }
}

/// A provider that writes down what it charges before it answers, where a killed process cannot take it back.
struct Clerk {
    books: Mutex<File>,
    asked: AtomicU64,
    seed: u64,
}

impl Clerk {
    fn charge(&self, request: &Request, usage: &Usage, is_told: bool) {
        let cost = request.model.price.settle(usage).map_or(u64::MAX, Money::nanos);
        let mut line = cost.to_le_bytes().to_vec();
        line.extend(u64::from(is_told).to_le_bytes());
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        books.write_all(&line).expect("the books can be written");
    }
}

impl Provider for Clerk {
    fn complete<'a>(
        &'a self,
        _: &'a Hold,
        request: &'a Request,
        _: &'a (dyn Fn(Progress) + Send + Sync),
    ) -> BoxFuture<'a, Result<Answer, Fault>> {
        let mut chance = Chance::new(self.seed ^ self.asked.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9));
        let most = Usage { input_fresh: request.input_tokens(), output_text: request.max_output, ..Usage::default() };
        let part = Usage { input_fresh: most.input_fresh / 2, output_text: chance.below(most.output_text + 1), ..most };
        Box::pin(async move {
            tokio::time::sleep(Duration::from_micros(chance.below(2_000))).await;
            let answer =
                |usage| Ok(Answer { text: "fine".into(), calls: Vec::new(), finish: Finish::Stop, usage, model: None });
            let fault = |charge, remedy| {
                let detail = "as it likes".to_owned();
                Err(Fault { reason: Reason::Unavailable, detail, charge, remedy })
            };
            match chance.below(12) {
                0 => {
                    self.charge(request, &part, false);
                    answer(None)
                }
                1 => answer(Some(Usage::default())),
                2 => fault(Charge::Nothing, Remedy::Retry { after: None }),
                3 => {
                    self.charge(request, &most, false);
                    fault(Charge::InDoubt, Remedy::Retry { after: None })
                }
                4 => {
                    self.charge(request, &part, true);
                    fault(Charge::Reported(part), Remedy::Stop)
                }
                5 => {
                    self.charge(request, &most, false);
                    // Whoever stops the run finds it here; the others wait for their timeouts no longer than this.
                    tokio::time::sleep(Duration::from_millis(40)).await;
                    fault(Charge::InDoubt, Remedy::Stop)
                }
                _ => {
                    let usage = if chance.once_in(4) { most } else { part };
                    self.charge(request, &usage, true);
                    answer(Some(usage))
                }
            }
        })
    }

    fn embed<'a>(&'a self, _: &'a Hold, _: &'a EmbedRequest) -> BoxFuture<'a, Result<Embedded, Fault>> {
        let detail = "nothing is embedded here".to_owned();
        let (charge, remedy) = (Charge::Nothing, Remedy::Stop);
        Box::pin(async move { Err(Fault { reason: Reason::Unavailable, detail, charge, remedy }) })
    }
}

/// What a process is told: where the ledger is, where its books are, how many attempts, whether runs are stopped, the seed.
///
/// # Panics
/// Where anything but the provider's moods goes wrong.
pub fn work(arguments: &[String]) {
    let [plan, at, books, attempts, stops, seed] = arguments else { panic!("six arguments: {arguments:?}") };
    let number = |text: &String| text.parse::<u64>().expect("a number");
    let (attempts, stops, seed) = (number(attempts), number(stops) == 1, number(seed));
    let plan = Plan::read(&std::fs::read_to_string(plan).expect("a plan")).expect("a plan");
    let books = OpenOptions::new().create(true).append(true).open(books).expect("its books");
    let clerk: Arc<Clerk> = Arc::new(Clerk { books: Mutex::new(books), asked: AtomicU64::new(0), seed });
    let ledger = Arc::new(Ledger::open(location(at)).expect("a ledger"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let (mut runs, mut left) = (JoinSet::new(), attempts.div_ceil(WIDTH));
        let plan = Arc::new(plan);
        while left > 0 || !runs.is_empty() {
            while left > 0 && (runs.len() as u64) < AT_ONCE {
                left -= 1;
                runs.spawn(one(Arc::clone(&plan), Arc::clone(&ledger), Arc::clone(&clerk), stops, seed ^ left));
            }
            runs.join_next().await.expect("a run is under way").expect("nobody panics");
        }
    });
}

async fn one(plan: Arc<Plan>, ledger: Arc<Ledger>, clerk: Arc<Clerk>, stops: bool, seed: u64) {
    let mut chance = Chance::new(seed);
    let reach =
        move |_: &ModelFacts| -> Result<Arc<dyn Provider>, Fault> { Ok(Arc::clone(&clerk) as Arc<dyn Provider>) };
    let mut runner = Runner::new(ledger, Arc::new(reach));
    runner.caller.insert("tenant".into(), format!("t{}", chance.below(5)));
    let (stop, wait) = (runner.stop.clone(), Duration::from_micros(chance.below(20_000)));
    let stopped = stops && chance.once_in(8);
    let questions: Vec<&str> = (0..WIDTH).map(|_| "why").collect();
    let flow = pick(&plan, None).expect("one flow");
    let input = json!({ "qs": questions });
    let run = runner.run(&plan, flow, &input, &[]);
    tokio::pin!(run);
    let report = if stopped {
        tokio::select! {
            report = &mut run => report,
            () = tokio::time::sleep(wait) => { stop.cancel(); run.await }
        }
    } else {
        run.await
    };
    report.expect("the ledger can be written");
}

fn location(at: &str) -> Location {
    if at.starts_with("postgres") { Location::server(at).expect("an address") } else { Location::from(Path::new(at)) }
}

/// What two processes came to.
#[derive(Debug)]
pub struct Compared {
    attempts: u64,
    bill: u64,
    told: u64,
    ledger: u64,
    presumed: u64,
    held: u64,
    most: u64,
    windows: Vec<(String, u64, u64)>,
    differences: Vec<String>,
    took: Duration,
    killed: u64,
}

/// Has two processes make about so many attempts on a ledger, kills them now and then where that is wanted, and compares the books.
///
/// # Panics
/// Where a process does not start.
#[must_use]
pub fn compare(program: &Path, at: Option<&str>, attempts: u64, kill: bool, seed: u64) -> Compared {
    // An attempt holds $0.000311 at most and is charged about half of that: limits that are reached before the end.
    let all = attempts * 100_000;
    let money = |nanos: u64| Money::from_nanos(nanos).exact();
    let flow = FLOW
        .replace("$TENANT", &format!("${}", money(all / 4)))
        .replace("$ALL", &format!("${}", money(all)))
        .replace("CALLS", &attempts.to_string());
    let catalogue = Catalogue::read(SourceId::default(), MODELS).value;
    let compiled = flow_compiler::compile(&OneFile(flow), "main.flow", &catalogue);
    let plan = compiled.plan.unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics));
    let project = Project::new(&[("plan.json", &plan.to_json())]);
    let home = project.path().join("ledger");
    std::fs::create_dir_all(&home).expect("a folder");
    let at = at.map_or_else(|| home.display().to_string(), str::to_owned);
    let start = Instant::now();
    let (mut books, mut killed) = (Vec::new(), 0);
    let mut chance = Chance::new(seed);
    let begin = |books: &mut Vec<PathBuf>, attempts: u64, seed: u64| {
        let path = project.path().join(format!("books{}", books.len()));
        books.push(path.clone());
        let mut command = Command::new(program);
        command.arg("work").arg(project.path().join("plan.json")).arg(&at).arg(path);
        command.args([attempts.to_string(), u64::from(kill).to_string(), seed.to_string()]).stdout(Stdio::null());
        command.spawn().expect("it starts")
    };
    let rounds = if kill { 6 } else { 1 };
    for round in 0..rounds {
        let share = attempts / 2 / rounds;
        let mut two: Vec<_> =
            (0..2).map(|process| begin(&mut books, share.max(WIDTH), seed ^ (round * 2 + process) << 32)).collect();
        if kill && round + 1 < rounds {
            std::thread::sleep(Duration::from_millis(60 + chance.below(500)));
            // One of them dies; the other goes on, and settles nothing of it.
            two[0].kill().expect("it can be killed");
            killed += 1;
        }
        for (index, mut process) in two.into_iter().enumerate() {
            let status = process.wait().expect("it ends");
            assert!(status.success() || (kill && index == 0), "{status}");
        }
    }
    let took = start.elapsed();
    let (mut bill, mut told) = (0, 0);
    for path in books {
        let mut bytes = Vec::new();
        File::open(path).and_then(|mut file| file.read_to_end(&mut bytes)).expect("its books");
        for line in bytes.chunks_exact(16) {
            let number = |at: usize| line[at..at + 8].iter().rev().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
            bill += number(0);
            told += if number(8) == 1 { number(0) } else { 0 };
        }
    }
    let reader = Reader::open(location(&at)).expect("the ledger");
    let sums = reader.sums(None).expect("sums");
    let now = u64::try_from(std::time::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_millis())).unwrap_or(u64::MAX);
    let windows = reader.windows(now).expect("windows");
    let audit = reader.audit().expect("an audit");
    Compared {
        attempts: sums.attempts,
        bill,
        told,
        ledger: sums.cost.nanos(),
        presumed: sums.presumed.nanos(),
        held: sums.held.nanos(),
        most: all,
        windows: windows
            .into_iter()
            .map(|row| (row.ceiling + "/" + &row.dimension, row.settled + row.held, row.limit))
            .collect(),
        differences: audit
            .differences
            .into_iter()
            .map(|one| format!("{} {}: {}", one.kind, one.at, one.what))
            .collect(),
        took,
        killed,
    }
}

impl Compared {
    /// The first thing that does not hold, if one does not.
    #[must_use]
    pub fn wrong(&self) -> Option<String> {
        let settled = self.ledger - self.presumed;
        let over = self.windows.iter().find(|(_, used, limit)| used > limit);
        let checks = [
            (self.bill > self.ledger, "the bill is above the ledger".to_owned()),
            (self.ledger > self.most, "the ledger is above the limit of everybody".to_owned()),
            (over.is_some(), format!("a window is above its limit: {over:?}")),
            (self.held > 0, "something is still held".to_owned()),
            (!self.differences.is_empty(), "the audit finds differences".to_owned()),
            // Where a process was killed or a run stopped, an answer that was charged may have come too late to be settled by its usage.
            (settled > self.told, "more is settled by usage than was charged".to_owned()),
            (self.killed == 0 && settled != self.told, "what was told is not what is settled".to_owned()),
            (self.attempts == 0, "there is no attempt".to_owned()),
        ];
        checks.into_iter().find(|(is_wrong, _)| *is_wrong).map(|(_, what)| format!("{what}\n{self:#?}"))
    }
}

impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dollars = |nanos: u64| Money::from_nanos(nanos).exact();
        let over: u64 = self.windows.iter().map(|(_, used, limit)| used.saturating_sub(*limit)).sum();
        write!(
            f,
            "{} attempts by two processes, {} killed, in {:.0} s: billed ${}, ledger ${} of which ${} presumed, limit ${}; \
             held at rest ${}, overshoot ${}, {} differences",
            self.attempts,
            self.killed,
            self.took.as_secs_f64(),
            dollars(self.bill),
            dollars(self.ledger),
            dollars(self.presumed),
            dollars(self.most),
            dollars(self.held),
            dollars(over + self.bill.saturating_sub(self.ledger)),
            self.differences.len()
        )
    }
}
