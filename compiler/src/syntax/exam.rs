//! Tests and evaluations.

use super::{Expr, Literal, Name};
use crate::source::Span;

/// `test "a large refund waits for a person" { … }`
#[derive(Clone, Debug)]
pub struct TestDecl {
    /// What it shows: a text.
    pub title: Literal,
    /// Its clauses in order.
    pub clauses: Vec<TestClause>,
}

/// A clause of a test and its place.
#[derive(Clone, Debug)]
pub struct TestClause {
    /// The whole clause.
    pub span: Span,
    /// What it says.
    pub kind: TestClauseKind,
}

/// The clauses of a test.
#[derive(Clone, Debug)]
pub enum TestClauseKind {
    /// `given solve answers Claim { … }`
    Given(Given),
    /// `run desk(load "tickets/a.json")`
    Run {
        /// The flow.
        flow: Name,
        /// Its arguments.
        args: Vec<Expr>,
    },
    /// `then refund is waiting, spent.calls <= 6`
    Then(Vec<Expr>),
    /// Not understood.
    Error,
}

/// What a step or a tool does in a test.
#[derive(Clone, Debug)]
pub struct Given {
    /// The step or the tool.
    pub name: Name,
    /// What it does.
    pub what: GivenKind,
    /// How often.
    pub times: Times,
}

/// What a given does.
#[derive(Clone, Debug)]
pub enum GivenKind {
    /// `answers Claim { … }`
    Answers(Expr),
    /// `calls refund("A1", $35), search("b")`: a turn of a model that asks for tools.
    Calls(Vec<(Name, Vec<Expr>)>),
    /// `fails Timeout`
    Fails(Name),
}

/// How often a given holds.
#[derive(Clone, Debug)]
pub enum Times {
    /// Nothing is written: once.
    Once,
    /// `, times 3`
    Times(Literal),
    /// `, always`
    Always,
}

/// `eval desk over "cases/*.json" { … }`
#[derive(Clone, Debug)]
pub struct EvalDecl {
    /// The flow.
    pub flow: Name,
    /// Where its cases are: a text.
    pub over: Literal,
    /// Its clauses in order.
    pub clauses: Vec<EvalClause>,
}

/// A clause of an evaluation and its place.
#[derive(Clone, Debug)]
pub struct EvalClause {
    /// The whole clause.
    pub span: Span,
    /// What it says.
    pub kind: EvalClauseKind,
}

/// The clauses of an evaluation.
#[derive(Clone, Debug)]
pub enum EvalClauseKind {
    /// `score cited = all(answers, .cites is not empty)`
    Score {
        /// Its name.
        name: Name,
        /// What is measured of each case.
        value: Expr,
    },
    /// `success .topic is case.topic`
    Success(Expr),
    /// `require mean(cited) >= 0.95, p95(cost) <= $0.05`
    Require(Vec<Expr>),
    /// Not understood.
    Error,
}
