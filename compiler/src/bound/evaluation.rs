//! Evaluations. In: a program with its evaluations. Out: what one case of each can take, by the rules that bound every flow.

use super::Bounder;
use crate::cost::Resources;
use crate::program::{Evaluation, Place, Program};

/// What is proved of one evaluation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvalReport {
    /// The flow that it runs.
    pub flow: String,
    /// Where it is declared.
    pub place: Place,
    /// Where its cases are.
    pub over: String,
    /// The most that one case can take: a run of the flow, and its judges. Absent where it has no finite bound.
    pub each: Option<Resources>,
    /// What must hold over all cases, as it is written.
    pub require: Vec<String>,
}

/// The reports of all evaluations, in order.
pub(super) fn reports(program: &Program) -> Vec<EvalReport> {
    if program.evals.is_empty() {
        return Vec::new();
    }
    // A case is a flow that calls one: the flows of all evaluations are bounded beside those of the program.
    let mut wider = program.clone();
    let first = wider.flows.len();
    wider.flows.extend(program.evals.iter().map(|eval| eval.whole.clone()));
    let mut bounder = Bounder::new(&wider);
    bounder.run();
    let of = |at: usize| bounder.flows.get(first + at)?.as_ref().map(|bounded| bounded.any());
    program.evals.iter().enumerate().map(|(at, eval)| report(program, eval, of(at))).collect()
}

fn report(program: &Program, eval: &Evaluation, each: Option<Resources>) -> EvalReport {
    EvalReport {
        flow: program.flows.get(eval.flow.index()).map_or_else(String::new, |flow| flow.name.clone()),
        place: eval.place.clone(),
        over: eval.over.clone(),
        each,
        require: eval.require.iter().map(|of| of.text.clone()).collect(),
    }
}
