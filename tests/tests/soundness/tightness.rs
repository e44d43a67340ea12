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
    /// What is wrong: an exact bound that is not reached, or a run that is no run.
    fn wrong(&self, plan: &Plan) -> Option<String> {
        for played in &self.played {
            let name = played.dimension.name();
            if let Err(wrong) =
                holds(plan, &played.input, &played.report, &Caller::new(), &played.entries, Mood::Greedy)
            {
                return Some(format!("{name}: {wrong}\n{}\n{:?}\n{}", played.input, played.report, told(played)));
            }
            if self.is_exact && !reaches(played) {
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

fn reaches(played: &Played) -> bool {
    played.reached() == played.bound()
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

impl Tally {
    fn count(&mut self, of: &Seen) {
        let (all, reached) = (of.played.len() as u64, of.played.iter().filter(|played| reaches(played)).count() as u64);
        self.flows += 1;
        self.exact += u64::from(of.is_exact);
        self.whole += u64::from(reached == all);
        if !of.is_exact {
            self.played += all;
            self.reached += reached;
        }
    }

    fn said(&self) -> String {
        let Tally { flows, exact, whole, played, reached } = self;
        format!(
            "{flows} flows, {exact} said to be exact, {} joined; of the {played} witnesses of those {reached} reach the bound; \
             {whole} flows reach theirs in every dimension",
            flows - exact
        )
    }
}

/// A flow that is not as it is said to be.
struct Wrong {
    case: Case,
    what: String,
}

#[test]
fn an_exact_bound_is_reached_by_its_witness() {
    let (flows, first) = (number("FLOW_FLOWS", 60), number("FLOW_SEED", 1));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime");
    // Flows of everything take longer to compile, and fewer of them are exact.
    for (shape, flows) in [(Shape::Small, flows), (Shape::Wild, flows / 3)] {
        let began = Instant::now();
        let (mut tally, mut seed, mut wrong) = (Tally::default(), first, Vec::new());
        while tally.flows < flows {
            seed += 1;
            let case = Case::new(seed, shape);
            let Some((plan, of)) = seen(&runtime, compiled(&case.models, &case.text())) else { continue };
            tally.count(&of);
            wrong.extend(of.wrong(&plan).map(|what| Wrong { case, what }));
        }
        println!("{shape:?}, seeds {} to {seed}: {}, {:.0?}", first + 1, tally.said(), began.elapsed());
        none(&runtime, wrong);
    }
}

/// Shows the first of what is wrong, made small, and the first line of all the others.
fn none(runtime: &tokio::runtime::Runtime, wrong: Vec<Wrong>) {
    let Some(Wrong { case, what }) = wrong.first() else { return };
    let again = |pieces: &[_]| {
        let (plan, of) = seen(runtime, compiled(&case.models, &text_of(pieces)))?;
        of.wrong(&plan)
    };
    let small = shrink(&case.pieces, &mut |pieces| again(pieces).is_some_and(|again| kind(&again) == kind(what)));
    let all =
        wrong.iter().map(|wrong| format!("seed {}: {}", wrong.case.seed, wrong.what.lines().next().unwrap_or("")));
    panic!(
        "{}\n\nthe first of them, made small: {}\n{}\n{}",
        all.collect::<Vec<_>>().join("\n"),
        again(&small).as_ref().unwrap_or(what),
        case.models,
        text_of(&small)
    );
}
