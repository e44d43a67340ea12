//! What the bound promises, held against random flows and people who do not play fair.
//!
//! Each property is short here. The long runs are one command each, told in `docs/soundness.md`:
//! `FLOW_PAIRS=1000000 cargo test --release -p flow-tests --no-default-features soundness::no_run -- --nocapture`

mod adversary;
mod dry;
mod kinds;
#[cfg(feature = "mutants")]
mod mutants;
mod oracle;
mod resumed;
mod run;
mod stingy;
mod tightness;
mod values;

use std::sync::Arc;
use std::time::Instant;

use adversary::Mood;
use flow_compiler::catalogue::Catalogue;
use flow_compiler::cost::{Dimension, Resources};
use flow_compiler::plan::Plan;
use flow_compiler::source::{ReadError, SourceId, World};
use flow_compiler::{Compiled, compile};
use flow_tests::flows::{Case, Shape, shrink, text_of};

struct OneFile(String);

impl World for OneFile {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        if path == "main.flow" { Ok(self.0.clone().into_bytes()) } else { Err(ReadError::Missing) }
    }
}

/// What the real compiler makes of a text, with these models.
fn compiled(models: &str, text: &str) -> Compiled {
    let catalogue = Catalogue::read(SourceId::default(), models);
    assert!(!catalogue.has_errors(), "{:?}\n{models}", catalogue.diagnostics);
    compile(&OneFile(text.to_owned()), "main.flow", &catalogue.value)
}

/// The plan of a text, where it compiles and has a `main`. Every flow of it has a bound.
fn plan(models: &str, text: &str) -> Option<Arc<Plan>> {
    let compiled = compiled(models, text);
    let plan = compiled.plan?;
    assert_eq!(plan.ceilings.flows.len(), plan.program.flows.len(), "{text}");
    assert!(compiled.report.flows.iter().all(|flow| flow.bound.is_some()), "{text}");
    plan.program.flows.iter().any(|flow| flow.name == "main").then(|| Arc::new(plan))
}

/// A number of the environment, or what the short run takes.
fn number(variable: &str, short: u64) -> u64 {
    std::env::var(variable).ok().and_then(|value| value.replace('_', "").parse().ok()).unwrap_or(short)
}

#[test]
fn generated_flows_compile() {
    let mut wrong = Vec::new();
    for seed in 0..200 {
        let case = Case::new(seed, Shape::Wild);
        let compiled = compiled(&case.models, &case.text());
        let told = compiled.diagnostics.iter().find(|of| of.is_error());
        wrong.extend(told.map(|told| format!("{seed}: {} {}", told.code, told.message)));
    }
    assert!(wrong.len() <= 4, "{wrong:#?}");
}

#[test]
fn every_construct_is_generated() {
    let mut left: std::collections::BTreeSet<&str> = kinds::ALL.iter().copied().collect();
    for seed in 0..400 {
        let case = Case::new(seed, Shape::Wild);
        let text = case.text();
        let Some(plan) = plan(&case.models, &text) else { continue };
        for kind in kinds::kinds(&plan, &text) {
            left.remove(kind);
        }
        if left.is_empty() {
            return;
        }
    }
    panic!("400 flows have none of {left:?}");
}

/// What went wrong, without the numbers in it.
fn kind(wrong: &str) -> String {
    wrong.lines().next().unwrap_or("").chars().filter(|c| !c.is_ascii_digit()).collect()
}

/// The moods of the runs of one flow.
const MOODS: [Mood; 5] = [Mood::Random, Mood::Greedy, Mood::Random, Mood::Greedy, Mood::Lying];

/// How often each flow is run.
const RUNS: u64 = 10;

#[test]
fn no_run_passes_its_bound() {
    let (pairs, first) = (number("FLOW_PAIRS", 600), number("FLOW_SEED", 1));
    let began = Instant::now();
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime().expect("a runtime");
    let (mut run, mut flows, mut refused, mut beyond, mut met, mut done) = (0u64, 0u64, 0u64, 0u64, 0u64, 0u64);
    let mut seed = first;
    while run < pairs {
        seed += 1;
        let case = Case::new(seed, Shape::Wild);
        let Some(plan) = plan(&case.models, &case.text()) else {
            refused += 1;
            continue;
        };
        flows += 1;
        // What this version does not do is one pair: a flow that is refused, and nothing spent.
        if !run::is_able(&plan) {
            let told = runtime.block_on(run::refused(&plan, Mood::Greedy, seed));
            assert!(told.is_ok(), "seed {seed}: {told:?}\n{}\n{}", case.models, case.text());
            (run, beyond) = (run + 1, beyond + 1);
            continue;
        }
        for number in 0..RUNS {
            let mood = MOODS[usize::try_from(number).expect("small") % MOODS.len()];
            let played = seed.wrapping_mul(1_000_003).wrapping_add(number);
            match runtime.block_on(run::against(&plan, mood, played)) {
                Ok(seen) => {
                    met += seen.met;
                    done += u64::from(seen.report.result.is_some());
                }
                Err(wrong) => {
                    let mut shows = |pieces: &[_]| {
                        let Some(plan) = self::plan(&case.models, &text_of(pieces)) else { return false };
                        (0..20).any(|more| {
                            let again = runtime.block_on(run::against(&plan, mood, played + more));
                            again.is_err_and(|again| kind(&again) == kind(&wrong))
                        })
                    };
                    let small = shrink(&case.pieces, &mut shows);
                    panic!("seed {seed}, {mood:?} run {number}: {wrong}\n{}\n{}", case.models, text_of(&small));
                }
            }
            run += 1;
        }
        if run % 50_000 == 0 {
            println!("{run} pairs, {:.0?}", began.elapsed());
        }
    }
    println!(
        "{run} pairs of {flows} flows (seeds {} to {seed}, {refused} did not compile): {met} attempts and calls, {done} runs \
         with a result, {beyond} refused before anything was sent, no violation, {:.0?}",
        first + 1,
        began.elapsed()
    );
    assert!(done * 20 > run, "{done} of {run} runs have a result, so little was tried");
    assert!(refused * 20 <= flows, "{refused} of {flows} flows did not compile");
    assert!(beyond > 0, "none of {flows} flows has anything that this version does not do");
}

#[test]
fn the_bound_is_the_largest_of_all_runs() {
    let (flows, first, most) = (number("FLOW_FLOWS", 40), number("FLOW_SEED", 1), number("FLOW_RUNS", 1_000));
    // How many that are wrong are made small and told together.
    let collect = number("FLOW_COLLECT", 1);
    let began = Instant::now();
    let (mut tried, mut exact, mut equal, mut large, mut runs) = (0u64, 0u64, 0u64, 0u64, 0u64);
    let mut found: Vec<String> = Vec::new();
    let mut seed = first;
    while tried < flows && (found.len() as u64) < collect {
        seed += 1;
        let case = Case::new(seed, Shape::Small);
        let compiled = compiled(&case.models, &case.text());
        let Some(plan) = compiled.plan else { continue };
        let Some((largest, count)) = oracle::largest(&plan, most) else {
            large += 1;
            continue;
        };
        tried += 1;
        runs += count;
        let index = run::main_flow(&plan).index();
        let bound = &plan.ceilings.flows[index];
        exact += u64::from(compiled.report.flows[index].is_exact());
        equal += u64::from(Dimension::ALL.iter().zip(largest).all(|(of, largest)| bound.get(*of) == largest));
        let is_exact = compiled.report.flows[index].is_exact();
        if let Some(wrong) = wrong(bound, is_exact, &largest) {
            found.push(format!("seed {seed}: {}", smallest(&case, wrong, most)));
            println!("{}", found.last().expect("one was found"));
        }
        if tried % 10_000 == 0 {
            println!("{tried} flows, {:.0?}", began.elapsed());
        }
    }
    println!(
        "{tried} flows (seeds {} to {seed}; {large} more have over {most} runs), {runs} runs: {} are wrong; \
         {exact} are said to be exact, {equal} are, {:.0?}",
        first + 1,
        found.len(),
        began.elapsed()
    );
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// A dimension in which a bound is below the largest of all runs, or above it and said to be exact.
fn wrong(bound: &Resources, is_exact: bool, largest: &[u64; 8]) -> Option<(Dimension, bool)> {
    Dimension::ALL.into_iter().zip(largest).find_map(|(dimension, largest)| {
        let is_over = *largest > bound.get(dimension);
        (is_over || (is_exact && *largest < bound.get(dimension))).then_some((dimension, is_over))
    })
}

/// The least of a flow that is wrong in the same way, and how.
fn smallest(case: &Case, (dimension, is_over): (Dimension, bool), most: u64) -> String {
    let seen = |text: &str| {
        let compiled = compiled(&case.models, text);
        let has_main = |plan: &Plan| plan.program.flows.iter().any(|flow| flow.name == "main");
        let plan = compiled.plan.filter(has_main)?;
        let (largest, _) = oracle::largest(&plan, most)?;
        let index = run::main_flow(&plan).index();
        let (largest, bound) = (largest[dimension as usize], plan.ceilings.flows[index].get(dimension));
        let is_exact = compiled.report.flows[index].is_exact();
        (if is_over { largest > bound } else { is_exact && largest < bound }).then_some((largest, bound))
    };
    let small = text_of(&shrink(&case.pieces, &mut |pieces| seen(&text_of(pieces)).is_some()));
    let (largest, bound) = seen(&small).unwrap_or_default();
    format!("{} of {largest} is reached, the bound is {bound}\n{}\n{small}", dimension.name(), case.models)
}

/// Why bounds are not said to be exact, over many flows: how often each reason is told, and how often it is the only one.
#[test]
fn reasons_are_told() {
    use std::collections::{BTreeMap, BTreeSet};
    let (flows, first) = (number("FLOW_FLOWS", 60), number("FLOW_SEED", 1));
    for shape in [Shape::Small, Shape::Wild] {
        let (mut tried, mut exact) = (0u64, 0u64);
        let mut told: BTreeMap<String, [u64; 2]> = BTreeMap::new();
        let mut seed = first;
        while tried < flows {
            seed += 1;
            let case = Case::new(seed, shape);
            let compiled = compiled(&case.models, &case.text());
            let Some(plan) = compiled.plan else { continue };
            tried += 1;
            let flow = &compiled.report.flows[run::main_flow(&plan).index()];
            exact += u64::from(flow.is_exact());
            let reasons: BTreeSet<String> = flow.joined.iter().map(|reason| nameless(reason)).collect();
            assert!(reasons.iter().all(|reason| !reason.trim().is_empty()), "seed {seed}: a reason says nothing");
            let is_only = u64::from(reasons.len() == 1);
            for reason in reasons {
                let counts = told.entry(reason).or_default();
                *counts = [counts[0] + 1, counts[1] + is_only];
            }
        }
        let mut told: Vec<(String, [u64; 2])> = told.into_iter().collect();
        told.sort_by_key(|(_, counts)| std::cmp::Reverse(*counts));
        println!("{shape:?}: {exact} of {tried} flows are said to be exact");
        assert!(exact > 0 || shape == Shape::Wild, "nothing of {tried} flows is exact");
        for (reason, [all, only]) in told {
            println!("{all:7} {only:7}  {reason}");
        }
    }
}

/// A reason without the names and numbers in it.
fn nameless(reason: &str) -> String {
    let plain = reason.split('`').enumerate().map(|(index, part)| if index % 2 == 1 { "_" } else { part });
    plain
        .collect::<String>()
        .split(' ')
        .filter(|word| !word.contains(|c: char| c.is_ascii_digit()))
        .collect::<Vec<_>>()
        .join(" ")
}

/// Raises every number behind a cap by one, one at a time.
fn raised(text: &str) -> Vec<String> {
    const CAPS: [&str; 18] = [
        "retry <= ",
        "repair <= ",
        "turns <= ",
        "loop <= ",
        "output <= ",
        "think <= ",
        "time <= ",
        "tool0 <= ",
        "tool1 <= ",
        "Text<=",
        "keep last ",
        "keep <= ",
        "input <= ",
        "window <= ",
        "within ",
        " fit ",
        "const note = ",
        "const rounds = ",
    ];
    let mut found = Vec::new();
    for cap in CAPS {
        for (at, _) in text.match_indices(cap) {
            let start = at + cap.len();
            let digits = text[start..].chars().take_while(char::is_ascii_digit).count();
            let Ok(number) = text[start..start + digits].parse::<u64>() else { continue };
            // A size is written at several places, and a larger one does not fit a smaller one: only where it is declared alone.
            found.push(format!("{}{}{}", &text[..start], number + 1, &text[start + digits..]));
        }
    }
    found
}

#[test]
fn a_larger_cap_is_never_cheaper() {
    let (mut compared, mut seed) = (0u64, number("FLOW_SEED", 1));
    while compared < number("FLOW_CAPS", 300) {
        seed += 1;
        let case = Case::new(seed, Shape::Wild);
        let text = case.text();
        let Some(before) = plan(&case.models, &text) else { continue };
        let bound = |plan: &Plan| plan.ceilings.flows[run::main_flow(plan).index()];
        for larger in raised(&text) {
            let Some(after) = plan(&case.models, &larger) else { continue };
            compared += 1;
            let lower = bound(&before).beyond(&bound(&after)).next();
            assert!(lower.is_none(), "seed {seed}: {lower:?} is lower with a larger cap\n{}\n{larger}", case.models);
        }
    }
}
