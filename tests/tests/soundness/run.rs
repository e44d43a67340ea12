//! One run on the real executor and virtual time, held to what is always true.

use std::sync::Arc;

use flow_compiler::catalogue::{ModelFacts, TokenizerClass};
use flow_compiler::cost::{Dimension, Resources};
use flow_compiler::plan::Plan;
use flow_compiler::program::FlowId;
use flow_runtime::clock::CountingClock;
use flow_runtime::execution::{Caller, Event};
use flow_runtime::journal;
use flow_runtime::ledger::{Entry, MemoryBook};
use flow_runtime::provider::{Fault, Provider};
use flow_runtime::run::{Backoff, RunReport, Runner, able, read};
use flow_tests::flows::Chance;
use serde_json::Value as Json;

use super::adversary::{Adversary, Mood};
use super::stingy::Stingy;
use super::values::{Fill, Values};

/// The flow that is run.
pub(super) fn main_flow(plan: &Plan) -> FlowId {
    let index = plan.program.flows.iter().position(|flow| flow.name == "main").expect("there is a `main`");
    FlowId(u32::try_from(index).expect("few flows"))
}

/// What was seen of a run.
pub(super) struct Seen {
    pub(super) report: RunReport,
    /// What it was given.
    pub(super) input: Json,
    /// Attempts and calls.
    pub(super) met: u64,
}

/// Whether this version of the runtime takes `main`.
pub(super) fn is_able(plan: &Plan) -> bool {
    able(plan, main_flow(plan)).is_ok()
}

/// A flow with something that this version does not do is refused before anything happens: nothing is asked, held or written
/// down. What is wrong with that, if something is.
pub(super) async fn refused(plan: &Arc<Plan>, mood: Mood, seed: u64) -> Result<(), String> {
    let (adversary, book) = (Arc::new(Adversary::new(plan, mood, seed)), Arc::new(MemoryBook::default()));
    let input = Values::new(plan).input(plan, &mut Chance::new(!seed), Fill::Any);
    let told = runner(plan, &adversary, &book, mood, seed).run(plan, main_flow(plan), &input, &[]).await;
    let Err(told) = told else { return Err("what cannot be done was run".to_owned()) };
    if !("E0960"..="E0964").contains(&told.code.as_str()) {
        return Err(format!("refused with {}: {told}", told.code));
    }
    let met = *adversary.met.lock().map_err(|error| error.to_string())?;
    match (met, book.entries().len()) {
        (0, 0) => Ok(()),
        (met, written) => Err(format!("refused after {met} attempts and {written} entries of the ledger")),
    }
}

pub(super) fn runner(plan: &Plan, adversary: &Arc<Adversary>, book: &Arc<MemoryBook>, mood: Mood, seed: u64) -> Runner {
    let asked = Arc::clone(adversary);
    let providers =
        move |_: &ModelFacts| -> Result<Arc<dyn Provider>, Fault> { Ok(Arc::clone(&asked) as Arc<dyn Provider>) };
    let mut chance = Chance::new(seed.rotate_left(7));
    let mut caller = Caller::new();
    for name in ["tier", "region", "tenant"] {
        // A ceiling for each tenant wants to know which one it is.
        if chance.once_in(2) || (name == "tenant" && !plan.program.ceilings.is_empty()) {
            caller.insert(name.to_owned(), (*chance.one(&["gold", "eu", "else"])).to_owned());
        }
    }
    let address = chance.below(3) > 0;
    Runner {
        tools: Arc::clone(adversary) as _,
        people: Arc::clone(adversary) as _,
        clock: Arc::new(CountingClock::default()),
        backoff: if mood == Mood::Random { Backoff::Jittered } else { Backoff::Longest },
        environment: Arc::new(move |_| address.then(|| "http://127.0.0.1:9".to_owned())),
        caller,
        ..Runner::new(Arc::new(Stingy::new(book, !seed)), Arc::new(providers))
    }
}

/// Runs `main` against an adversary. What is wrong with the run, if something is.
pub(super) async fn against(plan: &Arc<Plan>, mood: Mood, seed: u64) -> Result<Seen, String> {
    let adversary = Arc::new(Adversary::new(plan, mood, seed));
    let mut chance = Chance::new(!seed);
    let fill = if mood == Mood::Greedy || chance.once_in(2) { Fill::Full } else { Fill::Any };
    let input = Values::new(plan).input(plan, &mut chance, fill);
    let book = Arc::new(MemoryBook::default());
    let runner = runner(plan, &adversary, &book, mood, seed);
    let flow = main_flow(plan);
    let report = runner.run(plan, flow, &input, &[]).await.map_err(|error| format!("no report: {error}\n{input}"))?;
    let entries = book.entries();
    holds(plan, &input, &report, &runner.caller, &entries, mood)
        .map_err(|wrong| format!("{wrong}\ninput: {input}\n{report:?}"))?;
    let met = *adversary.met.lock().expect("nobody panicked");
    Ok(Seen { report, input, met })
}

/// What is true of every run: within the bound in every dimension, the ledger says what the report says, nothing is left held,
/// and a replay of its journal is the run.
pub(super) fn holds(
    plan: &Plan,
    input: &Json,
    report: &RunReport,
    caller: &Caller,
    entries: &[Entry],
    mood: Mood,
) -> Result<(), String> {
    let flow = main_flow(plan);
    let (mut held, mut settled, mut incidents) = (0u64, 0u64, 0u64);
    let (mut sum, mut events) = (Resources::ZERO, Vec::new());
    for entry in entries {
        match entry {
            Entry::Hold(_) => held += 1,
            Entry::Settle(settlement) => {
                settled += 1;
                sum = sum.then(&settlement.spent).unwrap_or(sum);
            }
            Entry::Record(record) => events.push(journal::event(&record.event)?),
            Entry::Incident(_) => incidents += 1,
            Entry::Open(_)
            | Entry::End(_)
            | Entry::Wait(_)
            | Entry::Decide(_)
            | Entry::Rest(_)
            | Entry::Look(_)
            | Entry::Together(_) => {}
        }
    }
    if mood != Mood::Lying {
        if let Some(dimension) = report.spent.beyond(&report.bound).next() {
            let (spent, bound) = (report.spent.get(dimension), report.bound.get(dimension));
            return Err(format!("{} of {spent} is over the bound of {bound}", dimension.name()));
        }
        meets_no_guard(plan, report, &events)?;
        if incidents > 0 {
            return Err("an incident, and nobody lied".to_owned());
        }
    } else if report.spent.beyond(&report.bound).next().is_some() && incidents == 0 {
        return Err("a lie took the run over its bound, and nobody noticed".to_owned());
    }
    if plan.ceilings.flows[flow.index()] != report.bound {
        return Err("the bound of the report is not the bound of the plan".to_owned());
    }
    if held != settled {
        return Err(format!("{held} holds and {settled} settlements"));
    }
    let unlike = Dimension::ALL.into_iter().filter(|dimension| *dimension != Dimension::Time);
    let mut unlike = unlike.filter(|dimension| sum.get(*dimension) != report.spent.get(*dimension));
    if let (Some(dimension), true) = (unlike.next(), mood != Mood::Lying) {
        let (books, spent) = (sum.get(dimension), report.spent.get(dimension));
        return Err(format!("the ledger has {books} of {}, the report {spent}", dimension.name()));
    }
    let values = read(plan, flow, input).map_err(|error| error.to_string())?;
    let end = journal::replay(plan, flow, values, caller.clone(), events).ok_or("the replay has no end")?;
    if (end.status, &end.result, &end.reason, &end.partial)
        != (report.status, &report.result, &report.reason, &report.partial)
    {
        return Err("the replay is not the run".to_owned());
    }
    Ok(())
}

/// A run within its bound is never stopped by it. Limits that a caller set may stop a flow, and a text of many pieces may be counted
/// with more tokens than its parts where a vocabulary counts.
fn meets_no_guard(plan: &Plan, report: &RunReport, events: &[Event]) -> Result<(), String> {
    let detail = report.detail.as_deref().unwrap_or("");
    if detail.contains("more turns than its plan") {
        return Err("a step has more turns than were counted".to_owned());
    }
    let counted = plan.program.models.iter().any(|model| !matches!(model.tokenizer, TokenizerClass::Ceiling { .. }));
    // A model that thinks may make calls as long as its answer and its thoughts together, and they are sent again as an answer.
    let named = |name: &str| detail.contains(&format!("`{name}`"));
    let thinks = plan.program.steps.iter().any(|step| !step.tools.is_empty() && step.think > 0 && named(&step.name));
    if !counted && !thinks && detail.contains("a request of") && report.reason.as_deref() == Some("TooLong") {
        return Err("a request is above its ceiling".to_owned());
    }
    if events.iter().any(|event| matches!(event, Event::Refused { scope: 0, .. })) {
        return Err("a run was stopped by its own bound".to_owned());
    }
    Ok(())
}
