//! Whether a bound that is said to be exact is one: its witness is played on the real executor, and reaches it.

use std::sync::Arc;
use std::time::Instant;

use flow_compiler::Compiled;
use flow_compiler::cost::Dimension;
use flow_compiler::plan::Plan;
use flow_runtime::execution::Caller;
use flow_runtime::ledger::{Entry, Held};
use flow_runtime::run::able;
use flow_runtime::witness::{Played, play};
use flow_tests::flows::{Case, Shape, shrink, text_of};

use super::adversary::Mood;
use super::run::{holds, main_flow};
use super::{compiled, kind, number};

/// What playing the witnesses of a flow came to.
struct Seen {
    /// Whether its bound is said to be exact.
    is_exact: bool,
    played: Vec<Played>,
}

impl Seen {
    fn reaches(&self, played: &Played) -> bool {
        played.reached() == played.bound()
    }

    /// What is wrong: an exact bound that is not reached, or a run that is no run.
    fn wrong(&self, plan: &Plan) -> Option<String> {
        for played in &self.played {
            let name = played.dimension.name();
            if let Err(wrong) =
                holds(plan, &played.input, &played.report, &Caller::new(), &played.entries, Mood::Greedy)
            {
                return Some(format!("{name}: {wrong}\n{}\n{:?}\n{}", played.input, played.report, told(played)));
            }
            if self.is_exact && !self.reaches(played) {
                let (reached, bound) = (played.reached(), played.bound());
                let differences = played.differences.join("; ");
                return Some(format!(
                    "{name} of {reached} is reached, the exact bound is {bound}: {differences}\n{}\n{:?}\n{}",
                    played.input,
                    played.report,
                    told(played)
                ));
            }
        }
        None
    }
}

/// Plays the witnesses of `main`; `None` where there is no such flow, or this version cannot run it.
fn seen(runtime: &tokio::runtime::Runtime, compiled: Compiled) -> Option<(Arc<Plan>, Seen)> {
    let plan = Arc::new(compiled.plan?);
    if !plan.program.flows.iter().any(|flow| flow.name == "main") {
        return None;
    }
    let flow = main_flow(&plan);
    able(&plan, flow).ok()?;
    let told = &compiled.report.flows[flow.index()];
    let played = runtime.block_on(play(&plan, flow, &Dimension::ALL)).expect("it runs").expect("it has a bound");
    let seen = Seen { is_exact: told.is_exact(), played };
    Some((plan, seen))
}

/// What was sent, a line each.
fn told(played: &Played) -> String {
    let held = played.entries.iter().filter_map(|entry| if let Entry::Hold(held) = entry { Some(held) } else { None });
    let line = |held: &Held| {
        let (path, model) = (&held.path, held.model.as_deref().unwrap_or("tool"));
        format!("{path} {model} rung {:?} turn {:?}: {:?}", held.rung, held.turn, held.reserved)
    };
    held.map(|held| line(held)).collect::<Vec<_>>().join("\n")
}

/// Counts what witnesses come to.
#[derive(Default)]
struct Tally {
    flows: u64,
    exact: u64,
    /// Flows whose witnesses reach the bound in every dimension.
    whole: u64,
    /// Witnesses, and those that reach their bound, of flows that are not exact.
    played: u64,
    reached: u64,
}

#[test]
fn an_exact_bound_is_reached_by_its_witness() {
    let (flows, first) = (number("FLOW_FLOWS", 60), number("FLOW_SEED", 1));
    let began = Instant::now();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime");
    for shape in [Shape::Small, Shape::Wild] {
        let (mut tally, mut seed) = (Tally::default(), first);
        while tally.flows < flows {
            seed += 1;
            let case = Case::new(seed, shape);
            let Some((plan, of)) = seen(&runtime, compiled(&case.models, &case.text())) else { continue };
            tally.flows += 1;
            tally.exact += u64::from(of.is_exact);
            let reached = of.played.iter().filter(|played| of.reaches(played)).count() as u64;
            tally.whole += u64::from(reached == of.played.len() as u64);
            if !of.is_exact {
                tally.played += of.played.len() as u64;
                tally.reached += reached;
            }
            if let Some(wrong) = of.wrong(&plan) {
                let small = shrink(&case.pieces, &mut |pieces| {
                    let again = seen(&runtime, compiled(&case.models, &text_of(pieces)));
                    again.and_then(|(plan, of)| of.wrong(&plan)).is_some_and(|again| kind(&again) == kind(&wrong))
                });
                let text = text_of(&small);
                let again = seen(&runtime, compiled(&case.models, &text)).and_then(|(plan, of)| of.wrong(&plan));
                panic!("{shape:?} seed {seed}: {}\n{}\n{text}", again.unwrap_or(wrong), case.models);
            }
        }
        println!(
            "{shape:?}: {} flows (seeds {} to {seed}), {} said to be exact and reached in every dimension; {} of the others are \
             joined, and {} of their {} witnesses reach the bound; {} flows are reached in every dimension, {:.0?}",
            tally.flows,
            first + 1,
            tally.exact,
            tally.flows - tally.exact,
            tally.reached,
            tally.played,
            tally.whole,
            began.elapsed()
        );
    }
}
