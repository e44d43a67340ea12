//! `flow waiting`: what runs wait for, and how to answer.

use std::fmt::Write as _;

use flow_compiler::cost::show_millis;
use flow_runtime::clock::{Clock, SystemClock};
use flow_runtime::ledger::query::Reader;
use flow_runtime::ledger::{Awaited, Question};
use flow_runtime::legible::legible;
use flow_runtime::run::waits;
use serde_json::{Value, json};

use super::home::problem;
use super::problem::Problem;
use super::rows::moment;
use super::{exit, home, terminal};

const HELP: &str = "\
A run that waits costs nothing, and needs no process: it goes on when somebody answers, or when the time for it is over.

Examples:
  flow waiting
  flow approve 0199a3                    let the call go ahead that the run waits for
  flow approve 0199a3 --deny --note 'paid already'
  flow answer 0199a3 --value true";

/// What runs wait for
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Arguments {
    /// Print one JSON object: the schema flow.waiting.v1
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    which: home::Which,
}

pub(crate) fn run(arguments: &Arguments) -> Result<u8, Problem> {
    let ledger = home::ledger(&arguments.which)?;
    let all = all(&ledger)?;
    if arguments.json {
        let waiting: Vec<Value> = all.iter().map(|(awaited, flow)| object(awaited, flow)).collect();
        terminal::print(&format!("{:#}\n", json!({ "schema": "flow.waiting.v1", "waiting": waiting })));
    } else if all.is_empty() {
        terminal::print("nothing waits for a person\n");
    } else {
        let text: Vec<String> = all.iter().map(|(awaited, flow)| lines(awaited, flow)).collect();
        terminal::print(&legible(&text.join("\n")));
    }
    Ok(exit::OK)
}

/// What every run waits for, with the name of its flow.
fn all(ledger: &Reader) -> Result<Vec<(Awaited, String)>, Problem> {
    let mut all = Vec::new();
    for waited in ledger.waits(None).map_err(problem)? {
        let flow = ledger.run(&waited.asked.run).map_err(problem)?.map_or(String::new(), |run| run.flow);
        all.push((waited.asked, flow));
    }
    Ok(all)
}

fn object(awaited: &Awaited, flow: &str) -> Value {
    let mut object = waits(awaited);
    if let Value::Object(fields) = &mut object {
        fields.insert("flow".to_owned(), flow.into());
        fields.insert("expired".to_owned(), (SystemClock.now_ms() >= awaited.expires_ms).into());
    }
    object
}

/// What one run waits for, and the commands that answer.
pub(crate) fn lines(awaited: &Awaited, flow: &str) -> String {
    let Awaited { run, number, role, since_ms, expires_ms, question, .. } = awaited;
    let now = SystemClock.now_ms();
    let left = match expires_ms.checked_sub(now) {
        Some(left) if left > 0 => format!("{} left", show_millis(left)),
        Some(_) | None => "its time is over".to_owned(),
    };
    let (since, until) = (moment(*since_ms), moment(*expires_ms));
    let mut out = format!("{flow} waits for {role} since {since}, until {until} ({left})\n");
    let wait = format!("{run} --wait {number}");
    match question {
        Question::Approve { tool, args } => {
            let _ = writeln!(out, "  may `{tool}` be called with {args}?");
            if now < *expires_ms {
                let _ = writeln!(out, "  yes: flow approve {wait}");
                let _ = writeln!(out, "  no:  flow approve {wait} --deny");
            }
        }
        Question::Answer { question, ty, .. } => {
            for line in question.trim().lines() {
                let _ = writeln!(out, "  > {line}");
            }
            if now < *expires_ms {
                let _ = writeln!(out, "  answer with a {ty}: flow answer {wait} --value JSON");
            }
        }
    }
    if now >= *expires_ms {
        let _ = writeln!(out, "  go on without an answer: flow resume {run}");
    }
    out
}
