//! One scenario: the real `flow` on a ledger of its own, killed at the points that are named, and begun again until its runs have ended.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use flow_runtime::ledger::query::{Reader, RunRow};
use flow_runtime::ledger::{Location, Question};
use serde_json::{Value, json};

use super::subject::{HEAD, Subject};
use crate::flows::Chance;
use crate::mockllm::{Bill, Books, MockLlm, Mode, Script};

/// The most processes that a scenario may need: each death and each thing that is waited for needs one more.
const MOST_LIVES: usize = 24;

/// The longest that a process may live.
const LONGEST: Duration = Duration::from_secs(60);

/// What happens in a scenario.
#[derive(Clone, Debug)]
pub(super) struct Scenario {
    /// What is run.
    pub(super) subject: &'static Subject,
    /// What the models make of it.
    pub(super) seed: u64,
    /// The faults of each process in turn, as `FLOW_FAULT` has them; those behind the last have none.
    pub(super) faults: Vec<String>,
    /// The ledger on a server; without one it is a file.
    pub(super) server: Option<String>,
}

/// A process of a scenario.
#[derive(Clone, Debug, Default)]
pub(super) struct Life {
    /// How often it passed each point.
    pub(super) passed: BTreeMap<String, u64>,
    /// The point that it died at.
    pub(super) died: Option<String>,
    /// Its fault, as `FLOW_FAULT` had it.
    pub(super) fault: String,
    /// Whether it was asked to end.
    pub(super) stopped: bool,
}

/// What is left when all of it is over.
#[derive(Debug)]
pub(super) struct Left {
    /// Its processes.
    pub(super) lives: Vec<Life>,
    /// The provider's books.
    pub(super) books: Books,
    /// How many requests the provider had seen, and whose answers were in the journal, when each process had ended.
    pub(super) journaled: Vec<(usize, BTreeSet<String>)>,
    /// How often each tool did what it does.
    pub(super) done: BTreeMap<&'static str, usize>,
    /// What `flow audit` said, where it found something.
    pub(super) audit: Option<String>,
    /// Where the ledger is.
    pub(super) at: Location,
    /// What went wrong with the commands themselves.
    pub(super) wrong: Option<String>,
    _folder: tempfile::TempDir,
}

/// What a request asks for, in a word that its answer has too: the model and everything that it is told.
pub(super) fn digest(body: &Value) -> String {
    let mut hasher = DefaultHasher::new();
    (body["model"].as_str(), body["messages"].to_string()).hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// The price of a bill.
pub(super) fn nanos(bill: Bill) -> u64 {
    bill.fresh * 1_000 + bill.output * 10_000
}

impl Scenario {
    /// Begins processes until every run has ended.
    pub(super) fn carry_out(&self, program: &Path) -> Left {
        let folder = folder();
        let mock = self.provider();
        fs::write(folder.path().join("flow.toml"), config(&mock.base_url())).expect("a file");
        fs::write(folder.path().join("main.flow"), format!("{HEAD}{}", self.subject.flow)).expect("a file");
        let home = folder.path().join("home");
        let at = match &self.server {
            Some(address) => Location::server(address).expect("an address"),
            None => Location::from(home.as_path()),
        };
        let mut scene = Scene { program, folder: folder.path(), server: self.server.as_deref(), lives: Vec::new() };
        let (mut journaled, mut wrong) = (Vec::new(), None);
        while scene.lives.len() < MOST_LIVES {
            let Some(words) = self.next(&at) else { break };
            let fault = self.faults.get(scene.lives.len()).map_or("", String::as_str);
            if let Err(why) = scene.live(&words, fault) {
                wrong = Some(why);
                break;
            }
            journaled.push((mock.books().entries.len(), answered(&at)));
        }
        if wrong.is_none() && scene.lives.len() == MOST_LIVES {
            wrong = Some(format!("it does not end: the next would be {:?}", self.next(&at)));
        }
        // A program that a dead process started may still be about to do what it does.
        if self.subject.flow.contains("look(") || self.subject.flow.contains("pay") {
            wait(Duration::from_millis(15));
        }
        let audit = scene.say(&["audit"]).filter(|said| !said.0.success()).map(|said| said.1);
        let count = |name: &str| fs::read_to_string(folder.path().join(name)).map_or(0, |text| text.lines().count());
        let done = BTreeMap::from([("look", count("looked.txt")), ("pay", count("paid.txt"))]);
        Left { lives: scene.lives, books: mock.books(), journaled, done, audit, at, wrong, _folder: folder }
    }

    /// A provider whose answers follow from what it is asked, and from nothing else.
    fn provider(&self) -> MockLlm {
        let (subject, seed) = (self.subject, self.seed);
        let asked: Mutex<HashMap<String, u64>> = Mutex::default();
        let play = move |body: &Value, _: usize| {
            let digest = digest(body);
            let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
            let times = asked.entry(digest.clone()).or_default();
            *times += 1;
            let mut hasher = DefaultHasher::new();
            (&digest, seed).hash(&mut hasher);
            let mood = *Chance::new(hasher.finish()).one(subject.moods);
            let mood = if *times == 1 || subject.moods.len() == 1 { mood } else { Mode::Correct };
            let answer = format!("{} {digest}", body["model"].as_str().unwrap_or_default());
            let script = Script { delay: subject.delay, ..Script::always(mood) }.answering(answer);
            let told = body["messages"].as_array().into_iter().flatten().filter(|one| one["role"] == "tool").count();
            let well = matches!(mood, Mode::Correct | Mode::SlowDrip);
            match subject.calls.get(told).filter(|_| body["tools"].is_array()) {
                Some((name, arguments)) if well => Script { modes: vec![Mode::AsksForTools], ..script }
                    .calling(*name, arguments.replace("DIGEST", &digest)),
                // Where a turn goes wrong it does so without an answer, so that the conversation is the same afterwards.
                Some(_) => Script { modes: vec![Mode::Status500Charged], ..script },
                None => script,
            }
        };
        MockLlm::playing(play, 0).expect("a port")
    }

    /// The command that is next, by what the ledger says; none where every run has ended.
    fn next(&self, at: &Location) -> Option<Vec<String>> {
        let runs = runs(at);
        let ended = runs.iter().filter(|run| run.ended_at.is_some()).count();
        let words = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect());
        let Some(open) = runs.iter().find(|run| run.ended_at.is_none()) else {
            let input = json!({ "q": format!("word {ended}") }).to_string();
            return if ended < self.subject.runs {
                words(&["run", "main.flow", "--json", "--quiet", "--input", &input])
            } else {
                None
            };
        };
        let resume = words(&["resume", &open.id, "--json", "--quiet"]);
        let waits = Reader::untouched(at.clone()).and_then(|reader| reader.waits(Some(&open.id))).unwrap_or_default();
        let Some(wait) = waits.iter().find(|wait| wait.decided.is_none()).filter(|_| open.status == "waiting") else {
            return resume;
        };
        let number = wait.asked.number.to_string();
        let last = ["--wait", &number, "--by", "ada", "--json", "--quiet"];
        match &wait.asked.question {
            _ if !self.subject.answered => {
                let now = std::time::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_millis());
                self::wait(Duration::from_millis(wait.asked.expires_ms.saturating_sub(u64::try_from(now).ok()?)));
                resume
            }
            Question::Approve { .. } => words(&[&["approve", &open.id], &last[..]].concat()),
            Question::Answer { .. } => words(&[&["answer", &open.id, "--value", "\"it was me\""], &last[..]].concat()),
        }
    }
}

/// Where the processes of a scenario live.
struct Scene<'a> {
    program: &'a Path,
    folder: &'a Path,
    server: Option<&'a str>,
    lives: Vec<Life>,
}

impl Scene<'_> {
    fn command(&self, words: &[impl AsRef<str>]) -> Command {
        let mut command = Command::new(self.program);
        command.args(words.iter().map(AsRef::as_ref)).current_dir(self.folder).stdin(Stdio::null());
        command.env("NO_COLOR", "1").env("UNIT_API_KEY", "sk-none").env("FLOW_HOME", self.folder.join("home"));
        command
            .env("XDG_STATE_HOME", self.folder.join("state"))
            .env_remove("FLOW_FAULT")
            .env_remove(Location::VARIABLE);
        if let Some(address) = self.server {
            command.env(Location::VARIABLE, address);
        }
        command
    }

    /// Has a process live until its end, and takes down how it ended.
    fn live(&mut self, words: &[String], fault: &str) -> Result<(), String> {
        let list = self.folder.join("passed");
        let _ = fs::remove_file(&list);
        let said = self.folder.join("said");
        let errors = fs::File::create(&said).expect("a file");
        let mut command = self.command(words);
        command.env("FLOW_FAULT", fault).env("FLOW_FAULT_PASSED", &list).stdout(Stdio::null()).stderr(errors);
        let status = ended(&mut command)?;
        let mut life = Life { fault: fault.to_owned(), stopped: fault.contains(":stop"), ..Life::default() };
        for point in fs::read_to_string(list).unwrap_or_default().lines() {
            *life.passed.entry(point.to_owned()).or_default() += 1;
        }
        if is_killed(status) {
            life.died =
                Some(fault.rsplit(',').next().unwrap_or_default().split(':').next().unwrap_or_default().to_owned());
        }
        let code = status.code().unwrap_or(-1);
        self.lives.push(life);
        if is_killed(status) || [0, 3, 4, 5, 6].contains(&code) {
            return Ok(());
        }
        let said = fs::read_to_string(said).unwrap_or_default();
        // A server takes a moment to notice that a connection ended: until then its owner lives, and the run is refused.
        if self.server.is_some() && said.contains("E0971") {
            wait(Duration::from_millis(50));
            return Ok(());
        }
        Err(format!("{words:?} ended with {status}: {said}"))
    }

    fn say(&self, words: &[&str]) -> Option<(ExitStatus, String)> {
        let output = self.command(words).output().ok()?;
        Some((
            output.status,
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)),
        ))
    }
}

fn ended(command: &mut Command) -> Result<ExitStatus, String> {
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let start = Instant::now();
    let mut pause = Duration::from_micros(500);
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) if start.elapsed() < LONGEST => wait(pause),
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("{command:?} does not end"));
            }
        }
        pause = (pause * 2).min(Duration::from_millis(4));
    }
}

#[cfg(unix)]
fn is_killed(status: ExitStatus) -> bool {
    // 15: it was asked to end before it could be asked.
    matches!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9 | 15))
}

#[cfg(not(unix))]
fn is_killed(status: ExitStatus) -> bool {
    status.code().is_none_or(|code| code > 128)
}

fn wait(time: Duration) {
    std::thread::sleep(time);
}

/// The runs of a ledger, the first first.
pub(super) fn runs(at: &Location) -> Vec<RunRow> {
    let mut runs = Reader::untouched(at.clone()).and_then(|reader| reader.runs(u32::MAX)).unwrap_or_default();
    runs.reverse();
    runs
}

/// The digests of the answers that are in the journal.
fn answered(at: &Location) -> BTreeSet<String> {
    let Ok(reader) = Reader::untouched(at.clone()) else { return BTreeSet::new() };
    let events = runs(at).into_iter().flat_map(|run| reader.events(&run.id).unwrap_or_default());
    events.filter(|(_, event)| event["event"] == "answered").filter_map(|(_, event)| told(&event)).collect()
}

/// The digest in an answer.
pub(super) fn told(event: &Value) -> Option<String> {
    let text = event["answer"].to_string();
    let mut words = text.split(|c: char| !c.is_ascii_hexdigit()).filter(|word| word.len() == 16);
    words.next_back().map(str::to_owned)
}

/// A folder in memory where there is one: a process that is killed does not need a disk to lose what it did not write.
fn folder() -> tempfile::TempDir {
    let memory = PathBuf::from("/dev/shm");
    tempfile::tempdir_in(&memory).or_else(|_| tempfile::tempdir()).expect("a temporary folder")
}

fn config(url: &str) -> String {
    let mut config = "[project]\nname = \"kills\"\n".to_owned();
    for name in ["unit", "spare"] {
        config += &format!(
            r#"
[models.{name}]
max_output   = 1_000
output_field = "max_completion_tokens"
provider     = "openai"
id           = "{name}-1"
base_url     = "{url}"
key_env      = "UNIT_API_KEY"
tokenizer    = {{ class = "ceiling", bytes_per_token = 1 }}
context      = 100_000
price        = {{ input = "1.00", output = "10.00" }}
overhead     = {{ request = 0, message = 0, tool = 0, format = 0 }}
timeout      = "400ms"
as_of        = "2026-11-23"
source       = "the books of the test"
"#
        );
    }
    config
}
