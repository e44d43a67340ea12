//! Every rule of the bound is broken once, and the properties have to notice: the bound is below a run that the oracle finds, or it
//! is said to be exact and is not, or a run on the real executor passes it or meets the guard.

use std::time::Instant;

use flow_compiler::cost::Dimension;
use flow_compiler::mutant::{Mutant, with};
use flow_tests::flows::{Case, Shape};

use super::adversary::Mood;
use super::{compiled, number, oracle, run};

/// How something was noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// A run of the oracle takes more.
    Oracle,
    /// No run of the oracle takes as much, and it is said that one does.
    Tightness,
    /// A run on the real executor takes more, or is stopped short of it.
    Soundness,
}

#[test]
fn every_broken_rule_is_noticed() {
    let most = number("FLOW_FLOWS", 4_000);
    let began = Instant::now();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime");
    let mut missed = Vec::new();
    // One of them, or a few, by their names.
    let only = std::env::var("FLOW_MUTANTS").unwrap_or_default();
    let named = |mutant: &&Mutant| only.is_empty() || only.split(',').any(|name| name == format!("{mutant:?}"));
    for mutant in Mutant::ALL.iter().filter(named) {
        let found = (1..=most).find_map(|seed| {
            let found = by_oracle(*mutant, seed);
            let found = found.or_else(|| by_run(*mutant, seed, &runtime));
            found.map(|found| (seed, found))
        });
        match found {
            Some((flows, found)) => println!("| `{mutant:?}` | {flows} | {found:?} |"),
            None => missed.push(*mutant),
        }
    }
    println!("{} rules, {} missed, {:.0?}", Mutant::ALL.len(), missed.len(), began.elapsed());
    assert!(missed.is_empty(), "nobody noticed {missed:?}");
}

fn by_oracle(mutant: Mutant, seed: u64) -> Option<Found> {
    let case = Case::new(seed, Shape::Small);
    let found = compare(Some(mutant), &case);
    // What is found without the mutant is no finding of it.
    found.filter(|_| compare(None, &case).is_none())
}

fn compare(mutant: Option<Mutant>, case: &Case) -> Option<Found> {
    let broken = with(mutant, || compiled(&case.models, &case.text()));
    let plan = broken.plan?;
    let (largest, _) = oracle::largest(&plan, 1_500)?;
    let index = run::main_flow(&plan).index();
    let is_exact = broken.report.flows[index].is_exact();
    let bounds = Dimension::ALL.map(|dimension| plan.ceilings.flows[index].get(dimension));
    if bounds.iter().zip(largest).any(|(bound, largest)| largest > *bound) {
        return Some(Found::Oracle);
    }
    let is_loose = is_exact && bounds.iter().zip(largest).any(|(bound, largest)| largest < *bound);
    is_loose.then_some(Found::Tightness)
}

fn by_run(mutant: Mutant, seed: u64, runtime: &tokio::runtime::Runtime) -> Option<Found> {
    let case = Case::new(seed, Shape::Wild);
    with(Some(mutant), || {
        let plan = super::plan(&case.models, &case.text()).filter(|plan| run::is_able(plan))?;
        let mut runs = 0..4u64;
        let found = runs.any(|number| {
            let mood = if number % 2 == 0 { Mood::Greedy } else { Mood::Random };
            runtime.block_on(run::against(&plan, mood, seed.wrapping_mul(31).wrapping_add(number))).is_err()
        });
        found.then_some(Found::Soundness)
    })
}
