//! `flow approve RUN` and `flow answer RUN`: what a person decides about a run, written down with who and when; then it goes on.

use flow_compiler::diagnostic::code;
use flow_runtime::clock::{Clock, SystemClock};
use flow_runtime::ledger::query::{Reader, RunRow};
use flow_runtime::ledger::{Awaited, Decided, Decision, Question, Waited};
use flow_runtime::value::{Sizer, Source, read};
use serde_json::Value;

use super::home::problem;
use super::problem::Problem;
use super::resume::{self, Going};
use super::run::{input, said};
use super::{exit, home, rows, terminal};

const APPROVE: &str = "\
The call is made with the arguments that `flow waiting` shows, and with no others. To deny it ends the wait too: the flow gets
`Denied`.

Examples:
  flow approve 0199a3
  flow approve 0199a3 --deny --by ada --note 'paid already'
  flow approve 0199a3 --no-resume          another process goes on: `flow resume`";

const ANSWER: &str = "\
The answer is one JSON value of the type that was asked for.

Examples:
  flow answer 0199a3 --value true
  flow answer 0199a3 --value '\"Restart it.\"' --by ada";

/// Let a tool call go ahead that a run waits for, or deny it
#[derive(Debug, clap::Args)]
#[command(after_help = APPROVE)]
pub(crate) struct Approve {
    /// Do not let it go ahead
    #[arg(long)]
    deny: bool,
    #[command(flatten)]
    who: Who,
}

/// Answer the question that a run waits with
#[derive(Debug, clap::Args)]
#[command(after_help = ANSWER)]
pub(crate) struct Answer {
    /// The answer: a JSON value, `@FILE` to read it from a file, `-` from the standard input
    #[arg(long, value_name = "JSON|@FILE|-", allow_hyphen_values = true)]
    value: String,
    #[command(flatten)]
    who: Who,
}

/// Whose decision it is, about what, and what follows.
#[derive(Debug, clap::Args)]
struct Who {
    /// The id of the run, or the beginning of it
    run: String,
    /// Which of several things that the run waits for; `flow waiting` shows the number
    #[arg(long, value_name = "N")]
    wait: Option<u64>,
    /// Who decides; without it, the user of this machine
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// A note that is kept with the decision
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Only write it down: whoever resumes the run goes on with it
    #[arg(long)]
    no_resume: bool,
    #[command(flatten)]
    going: Going,
    #[command(flatten)]
    which: home::Which,
}

pub(crate) fn approve(arguments: &Approve) -> Result<u8, Problem> {
    let reader = home::ledger(&arguments.who.which)?;
    let run = rows::find(&reader, Some(&arguments.who.run))?;
    let asked = asked(&reader, &run, &arguments.who, true)?;
    let decision = if arguments.deny { Decision::Denied } else { Decision::Approved };
    decide(&reader, &run, &asked, decision, &arguments.who)
}

pub(crate) fn answer(arguments: &Answer) -> Result<u8, Problem> {
    let reader = home::ledger(&arguments.who.which)?;
    let run = rows::find(&reader, Some(&arguments.who.run))?;
    let asked = asked(&reader, &run, &arguments.who, false)?;
    let value = input::read(Some(&arguments.value))?;
    fits(&reader, &run, &asked, &value)?;
    decide(&reader, &run, &asked, Decision::Answered(value), &arguments.who)
}

/// What is decided: the only thing that the run waits for, or the one that was named.
fn asked(reader: &Reader, run: &RunRow, who: &Who, approval: bool) -> Result<Awaited, Problem> {
    let waits = reader.waits(Some(&run.id)).map_err(problem)?;
    let is_meant = |waited: &&Waited| who.wait.is_none_or(|number| number == waited.asked.number);
    let of_kind = |waited: &&Waited| matches!(waited.asked.question, Question::Approve { .. }) == approval;
    let meant: Vec<&Waited> = waits.iter().filter(is_meant).filter(of_kind).collect();
    let open: Vec<&Waited> = meant.iter().copied().filter(|waited| waited.decided.is_none()).collect();
    match (open.as_slice(), meant.last()) {
        ([only], _) => Ok(only.asked.clone()),
        ([], Some(Waited { decided: Some(decided), .. })) => Err(decided_already(run, decided)),
        ([], _) => {
            let (what, other) = if approval { ("approval", "flow answer") } else { ("answer", "flow approve") };
            Err(Problem::usage(code::run::E0974, format!("run `{}` waits for no {what}", run.id))
                .help(format!("`flow waiting` lists what runs wait for; anything else takes `{other}`")))
        }
        (several, _) => {
            let numbers: Vec<String> = several.iter().map(|waited| waited.asked.number.to_string()).collect();
            let message = format!("run `{}` waits for {} things", run.id, several.len());
            Err(Problem::usage(code::run::E0975, message)
                .help(format!("name one with `--wait`: {}; `flow waiting` shows them", numbers.join(", "))))
        }
    }
}

fn decided_already(run: &RunRow, decided: &Decided) -> Problem {
    match decided.decision {
        Decision::Expired => expired(run),
        Decision::Approved | Decision::Denied | Decision::Answered(_) => {
            let (what, by, at) = (decided.decision.name(), &decided.by, rows::moment(decided.at_ms));
            Problem::usage(code::run::E0978, format!("run `{}`: it was {what} by {by} at {at}", run.id))
                .help("the first decision counts; `flow trace` shows what came of it")
        }
    }
}

fn expired(run: &RunRow) -> Problem {
    Problem::usage(code::run::E0977, format!("run `{}`: the time for an answer is over", run.id))
        .help(format!("`flow resume {}` goes on without one", run.id))
}

/// Holds an answer against the type that was asked for.
fn fits(reader: &Reader, run: &RunRow, asked: &Awaited, value: &Value) -> Result<(), Problem> {
    let Question::Answer { ty, of, .. } = &asked.question else { return Ok(()) };
    let plan = resume::plan(run, reader.origin(&run.id).map_err(problem)?.plan.as_deref())?;
    let sizer = Sizer::of(&plan.program);
    match read(value, of, "", &plan.program.types, &sizer, Source::Input) {
        Ok(_) => Ok(()),
        Err(misfit) => {
            let help = misfit.help.clone().unwrap_or_else(|| format!("it takes a {ty}; the run still waits"));
            Err(Problem::usage(code::run::E0976, format!("the answer is not of its type: {misfit}")).help(help))
        }
    }
}

fn decide(reader: &Reader, run: &RunRow, asked: &Awaited, decision: Decision, who: &Who) -> Result<u8, Problem> {
    let at_ms = SystemClock.now_ms();
    if !matches!(run.status.as_str(), "waiting" | "running" | "interrupted") {
        let message = format!("run `{}` is {}, and waits for nothing", run.id, run.status);
        return Err(Problem::usage(code::run::E0974, message).help("`flow waiting` lists what runs wait for"));
    }
    if at_ms >= asked.expires_ms {
        return Err(expired(run));
    }
    let by = who.by.clone().unwrap_or_else(user);
    let decided = Decided { run: run.id.clone(), number: asked.number, decision, by, note: who.note.clone(), at_ms };
    if !reader.decide(&decided).map_err(problem)? {
        let waits = reader.waits(Some(&run.id)).map_err(problem)?;
        let first = waits.into_iter().find(|waited| waited.asked.number == asked.number);
        return Err(decided_already(run, &first.and_then(|waited| waited.decided).unwrap_or(decided)));
    }
    terminal::say(&format!("{} by {}\n", decided.decision.name(), decided.by));
    if who.no_resume {
        terminal::say(&format!("`flow resume {}` goes on\n", run.id));
        return Ok(exit::OK);
    }
    // What the run has come to meanwhile decides who goes on with it.
    let now = reader.run(&run.id).map_err(problem)?.filter(|now| now.status != "running");
    let report = now.map(|now| resume::go_on(reader, &now, &who.going)).transpose()?.flatten();
    match report {
        Some(report) => {
            said::told(&report, "flow bom", who.going.json);
            Ok(report.exit_code())
        }
        None => {
            terminal::say("the run is under way in another process, which goes on with it\n");
            Ok(exit::OK)
        }
    }
}

/// The user of this machine.
pub(super) fn user() -> String {
    let named = |name: &str| std::env::var(name).ok().filter(|user| !user.trim().is_empty());
    named("USER").or_else(|| named("LOGNAME")).or_else(|| named("USERNAME")).unwrap_or_else(|| "somebody".to_owned())
}
