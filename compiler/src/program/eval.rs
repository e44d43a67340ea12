//! Evaluations, checked. They are no part of a plan.

use super::{Expr, Flow, FlowId, Place, Ty};
use crate::cost::Dimension;

/// A flow over many cases.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// The flow.
    pub flow: FlowId,
    /// Where it is declared.
    pub place: Place,
    /// The files with the cases, one in each: a pattern, from the project's root.
    pub over: String,
    /// One case, as a flow: it takes the case and what the flow has bound, runs the flow and judges it.
    pub whole: Flow,
    /// What is measured of each case, in order; over the slots of `whole`.
    pub scores: Vec<EvalScore>,
    /// Whether a case is a success; over the slots of `whole`.
    pub success: Option<Expr>,
    /// What must hold over all cases.
    pub require: Vec<Requirement>,
}

/// What is measured of a case.
#[derive(Clone, Debug, PartialEq)]
pub struct EvalScore {
    /// Its name.
    pub name: String,
    /// `Bool`, `Score`, `Int` or `Usd`.
    pub ty: Ty,
    /// Its value.
    pub value: Expr,
}

/// What must hold over all cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// As it is written.
    pub text: String,
    /// Where.
    pub place: Place,
    /// What is measured.
    pub measure: EvalMeasure,
    /// Whether the amount is a floor; else it is a ceiling.
    pub at_least: bool,
    /// Nano-dollars, counts, tokens, milliseconds; hundredths for shares and scores.
    pub amount: u64,
}

/// What is measured over all cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvalMeasure {
    /// A statistic of a score, by its index.
    Score(Statistic, u32),
    /// A statistic of what runs took.
    Dimension(Statistic, Dimension),
    /// The share of cases that are a success.
    Success,
    /// Dollars for each success.
    CostPerSuccess,
}

/// One number of many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statistic {
    /// The mean.
    Mean,
    /// What so many of a hundred stay within.
    Percentile(u8),
}
