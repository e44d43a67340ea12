//! `flow test`: a test on the real executor. In: a plan and a test. Out: what came of it. Models and tools do what is given and
//! nothing else, so that nothing outside of the test is asked; the environment is empty.

mod given;

use std::sync::Arc;

use flow_compiler::catalogue::ModelFacts;
use flow_compiler::cost::Dimension;
use flow_compiler::plan::Plan;
use flow_compiler::program::{Condition, Examination, Expr, Observed, Slot, TestInput, Value as Written};
use serde_json::Value as Json;

use crate::error::RunError;
use crate::eval::{Evaluator, Surroundings};
use crate::failure::Failure;
use crate::ledger::{Entry, Held, Kind, MemoryBook, Question};
use crate::provider::{Fault, Provider};
use crate::run::{RunReport, Runner};
use crate::value::{Sizer, Source, Value, read, to_json};
use given::{Player, Tools};

/// Reads a file that a test loads, by its path from the project's root.
pub type Files<'f> = dyn Fn(&str) -> Result<String, String> + Sync + 'f;

/// What came of a test.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Its name.
    pub name: String,
    /// Where it is declared: file and line.
    pub place: (String, u32),
    /// What is wrong; nothing where it passed.
    pub wrong: Vec<Wrong>,
    /// What the run came to, where there was one.
    pub report: Option<RunReport>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

/// Something wrong with a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// What.
    pub what: String,
    /// Where: file and line.
    pub place: (String, u32),
}

/// Carries out one test.
///
/// # Errors
/// Where something around the test fails, not the test.
pub async fn examine(plan: &Plan, test: &Examination, files: &Files<'_>) -> Result<Outcome, RunError> {
    let began = std::time::Instant::now();
    let place = (test.place.file.clone(), test.place.line);
    let mut outcome =
        Outcome { name: test.name.clone(), place: place.clone(), wrong: Vec::new(), report: None, took_ms: 0 };
    match carried_out(plan, test, files).await {
        Ok((report, wrong)) => {
            outcome.report = Some(report);
            outcome.wrong = wrong;
        }
        Err(Trouble::Given(what)) => outcome.wrong.push(Wrong { what, place }),
        Err(Trouble::Run(error)) => outcome.wrong.push(Wrong { what: error.to_string(), place }),
    }
    outcome.took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(outcome)
}

/// Why a test could not be carried out.
enum Trouble {
    /// What it gives is no value.
    Given(String),
    /// The run did not begin, or could not go on.
    Run(RunError),
}

async fn carried_out(plan: &Plan, test: &Examination, files: &Files<'_>) -> Result<(RunReport, Vec<Wrong>), Trouble> {
    let making = Making { plan, files, sizer: Sizer::of(&plan.program) };
    let player = Arc::new(Player::new(test, &making).map_err(Trouble::Given)?);
    let tools = Arc::new(Tools::new(test, &making).map_err(Trouble::Given)?);
    let input = making.input(test).map_err(Trouble::Given)?;
    let book = Arc::new(MemoryBook::default());
    let told = Arc::clone(&player);
    let providers = move |_: &ModelFacts| -> Result<Arc<dyn Provider>, Fault> { Ok(Arc::clone(&told) as _) };
    let runner = Runner {
        tools: Arc::clone(&tools) as _,
        environment: Arc::new(|_| Some(String::new())),
        scripted: true,
        ..Runner::new(Arc::clone(&book) as _, Arc::new(providers))
    };
    let report = runner.run(plan, test.flow, &input, &[]).await.map_err(Trouble::Run)?;
    let here = || (test.place.file.clone(), test.place.line);
    let missing = player.missing().into_iter().chain(tools.missing());
    let mut wrong: Vec<Wrong> = missing
        .map(|name| Wrong {
            what: format!("`{name}` was reached, and nothing is given for it any more"),
            place: here(),
        })
        .collect();
    // What was not given explains everything that follows from it.
    if wrong.is_empty() {
        let entries = book.entries();
        let seen = Seen { test, plan, report: &report, entries: &entries };
        wrong.extend(test.then.iter().filter_map(|condition| seen.wrong(condition, &making)));
    }
    Ok((report, wrong))
}

/// Makes the values that a test writes.
struct Making<'m> {
    plan: &'m Plan,
    files: &'m Files<'m>,
    sizer: Sizer,
}

struct Nothing;

impl Surroundings for Nothing {
    fn slot(&self, _: Slot) -> Option<Value> {
        None
    }
}

impl Making<'_> {
    fn evaluated(&self, expr: &Expr, on: &dyn Surroundings) -> Result<Value, Failure> {
        let types = &self.plan.program.types;
        Evaluator { types, sizer: &self.sizer, surroundings: on }.value(expr)
    }

    /// A value as JSON.
    fn json(&self, written: &Written) -> Result<Json, String> {
        match &written.input {
            TestInput::Expr(expr) => {
                let value = self.evaluated(expr, &Nothing).map_err(|failure| failure.detail)?;
                Ok(to_json(&value, &self.plan.program.types))
            }
            TestInput::Load(path) => {
                let text = (self.files)(path).map_err(|why| format!("cannot read `{path}`: {why}"))?;
                serde_json::from_str(&text).map_err(|error| format!("`{path}` is not JSON: {error}"))
            }
        }
    }

    /// The input of the run, by parameter.
    fn input(&self, test: &Examination) -> Result<Json, String> {
        let flow = self.plan.program.flows.get(test.flow.index()).ok_or("the plan has no such flow")?;
        let pairs = flow.params.iter().zip(&test.args);
        let made = pairs.map(|(param, value)| Ok((param.name.clone(), self.json(value)?)));
        Ok(Json::Object(made.collect::<Result<_, String>>()?))
    }
}

/// What a run came to, for the conditions of its test.
struct Seen<'s> {
    test: &'s Examination,
    plan: &'s Plan,
    report: &'s RunReport,
    entries: &'s [Entry],
}

impl Surroundings for Seen<'_> {
    fn slot(&self, slot: Slot) -> Option<Value> {
        let (_, what) = self.test.observed.iter().find(|(known, _)| *known == slot)?;
        self.observed(what)
    }
}

impl Seen<'_> {
    fn wrong(&self, condition: &Condition, making: &Making<'_>) -> Option<Wrong> {
        let place = (condition.place.file.clone(), condition.place.line);
        match making.evaluated(&condition.holds, self) {
            Ok(Value::Bool(true)) => None,
            Ok(_) => {
                let is = self.values(&condition.holds, making);
                Some(Wrong { what: format!("`{}` does not hold{is}", condition.text), place })
            }
            Err(_) if self.report.result.is_none() => {
                let state = self.report.status.name();
                Some(Wrong { what: format!("`{}` reads a result, and the run is {state}", condition.text), place })
            }
            Err(failure) => Some(Wrong { what: format!("`{}`: {}", condition.text, failure.detail), place }),
        }
    }

    /// What a condition read.
    fn values(&self, condition: &Expr, making: &Making<'_>) -> String {
        let mut read = Vec::new();
        collect(condition, &mut read);
        let types = &making.plan.program.types;
        let shown = read.iter().filter_map(|slot| {
            let (_, what) = self.test.observed.iter().find(|(known, _)| known == slot)?;
            let value = to_json(&self.observed(what)?, types).to_string();
            let (short, more) = match value.char_indices().nth(120) {
                Some((end, _)) => (value.get(..end).unwrap_or(""), "…"),
                None => (value.as_str(), ""),
            };
            Some(format!("{} is {short}{more}", name_of(what)))
        });
        let shown: Vec<String> = shown.collect();
        if shown.is_empty() { String::new() } else { format!(": {}", shown.join(", ")) }
    }

    fn observed(&self, what: &Observed) -> Option<Value> {
        Some(match what {
            Observed::Result => {
                let ty = &self.plan.program.flows.get(self.test.flow.index())?.result;
                let sizer = Sizer::of(&self.plan.program);
                read(self.report.result.as_ref()?, ty, "result", &self.plan.program.types, &sizer, Source::Input)
                    .ok()?
            }
            Observed::Status => Value::text(if self.waits() { "waiting" } else { self.report.status.name() }),
            Observed::Reason => Value::text(self.report.reason.clone().unwrap_or_default()),
            Observed::Spent(Dimension::Cost) => Value::Usd(self.report.spent.cost),
            Observed::Spent(dimension) => {
                Value::Int(i64::try_from(self.report.spent.get(*dimension)).unwrap_or(i64::MAX))
            }
            Observed::Calls(name) => Value::Int(i64::try_from(self.calls(name).count()).unwrap_or(i64::MAX)),
            Observed::IsCalled(name) => Value::Bool(self.calls(name).next().is_some()),
            Observed::IsDenied(name) => Value::Bool(self.gated(name, &["denied", "value"])),
            Observed::IsWaiting(name) => Value::Bool(self.awaited(name)),
        })
    }

    /// Whether the run waits for a person.
    fn waits(&self) -> bool {
        self.report.status == crate::execution::Status::Waiting
    }

    fn calls(&self, name: &str) -> impl Iterator<Item = &Held> {
        self.held(name).filter(|held| {
            let open =
                held.tool.as_ref().is_none_or(|tool| matches!(tool.gate, "open" | "none" | "approved" | "repeated"));
            held.kind != Kind::Tool || open
        })
    }

    fn gated(&self, name: &str, gates: &[&str]) -> bool {
        self.held(name).any(|held| held.tool.as_ref().is_some_and(|tool| gates.contains(&tool.gate)))
    }

    /// Whether a person is asked for the approval of a tool's call.
    fn awaited(&self, name: &str) -> bool {
        self.report
            .waiting
            .iter()
            .any(|awaited| matches!(&awaited.question, Question::Approve { tool, .. } if tool == name))
    }

    /// What was sent for a step or a tool, and what its gate held back.
    fn held(&self, name: &str) -> impl Iterator<Item = &Held> {
        let name = name.to_owned();
        let held =
            self.entries.iter().filter_map(|entry| if let Entry::Hold(held) = entry { Some(held) } else { None });
        held.map(Box::as_ref).filter(move |held| held.step == name)
    }
}

fn collect(expr: &Expr, found: &mut Vec<Slot>) {
    if let Expr::Slot(slot) = expr
        && !found.contains(slot)
    {
        found.push(*slot);
    }
    expr.parts(&mut |part| collect(part, found));
}

fn name_of(what: &Observed) -> String {
    match what {
        Observed::Result => "`result`".to_owned(),
        Observed::Status => "`status`".to_owned(),
        Observed::Reason => "`reason`".to_owned(),
        Observed::Spent(dimension) => format!("`spent.{}`", dimension.name()),
        Observed::Calls(name) => format!("`{name}.calls`"),
        Observed::IsCalled(name) => format!("`{name} is called`"),
        Observed::IsDenied(name) => format!("`{name} is denied`"),
        Observed::IsWaiting(name) => format!("`{name} is waiting`"),
    }
}
