//! The ceiling of one input, as `flow run --dry` prints it: no more than the bound of the flow, and no less than any run on that
//! input takes.

use flow_compiler::bound::for_input;
use flow_compiler::cost::Dimension;
use flow_tests::flows::{Case, Shape};

use super::adversary::Mood;
use super::run::{against, is_able, main_flow};
use super::{number, plan};

#[test]
fn no_run_passes_the_ceiling_of_its_input() {
    let (pairs, first) = (number("FLOW_DRY", 120), number("FLOW_SEED", 1));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime");
    let (mut run, mut lower, mut seed) = (0u64, 0u64, first);
    while run < pairs {
        seed += 1;
        let case = Case::new(seed, if seed.is_multiple_of(2) { Shape::Small } else { Shape::Wild });
        let Some(plan) = plan(&case.models, &case.text()).filter(|plan| is_able(plan)) else { continue };
        let flow = main_flow(&plan);
        let general = plan.ceilings.flows[flow.index()];
        for (played, mood) in (0u64..).zip([Mood::Greedy, Mood::Random, Mood::Greedy]) {
            let seen = runtime.block_on(against(&plan, mood, seed.wrapping_mul(31).wrapping_add(played)));
            let seen = seen.unwrap_or_else(|wrong| panic!("seed {seed}: {wrong}\n{}\n{}", case.models, case.text()));
            let input = seen.input.as_object().expect("parameters by name");
            let ceiling = for_input(&plan.program, flow, input).expect("it has a bound").least(&general);
            run += 1;
            lower += u64::from(general.beyond(&ceiling).next().is_some());
            let spent = seen.report.spent;
            let over = Dimension::ALL.into_iter().find(|of| spent.get(*of) > ceiling.get(*of));
            assert!(
                over.is_none(),
                "seed {seed}: {over:?}: {spent:?} is over the ceiling of its input, {ceiling:?}\n{}\n{}\n{}",
                seen.input,
                case.models,
                case.text()
            );
        }
    }
    println!(
        "{run} runs (seeds {} to {seed}), none above the ceiling of its input; {lower} ceilings are below the flow's",
        first + 1
    );
    assert!(lower > 0, "no input lowers any ceiling");
}
