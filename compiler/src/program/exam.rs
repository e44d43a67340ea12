//! Tests, checked. They are no part of a plan.

use super::{Expr, FlowId, Place, Reason, Slot, Ty};
use crate::cost::Dimension;

/// A test: what is given, what is run, what must be true then.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    /// What it shows.
    pub name: String,
    /// Where it is declared.
    pub place: Place,
    /// What steps and tools do, in order.
    pub givens: Vec<Given>,
    /// The flow that is run.
    pub flow: FlowId,
    /// Its arguments, in the order of its parameters.
    pub args: Vec<Value>,
    /// What the conditions read, and where it is for them.
    pub observed: Vec<(Slot, Observed)>,
    /// What must be true.
    pub then: Vec<Condition>,
}

/// What a step, a classification or a tool does.
#[derive(Clone, Debug, PartialEq)]
pub struct Given {
    /// Its name as a run knows it: `solve`, `classify Topic`.
    pub name: String,
    /// Whether it is a tool.
    pub is_tool: bool,
    /// What it does.
    pub what: GivenKind,
    /// How often; absent: from then on always.
    pub times: Option<u64>,
    /// Where it is written.
    pub place: Place,
}

/// What a given does.
#[derive(Clone, Debug, PartialEq)]
pub enum GivenKind {
    /// It answers.
    Answers(Value),
    /// A model asks for tools, with their arguments by parameter.
    Calls(Vec<(String, Vec<(String, Value)>)>),
    /// It fails.
    Fails(Reason),
}

/// A value of a test.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// Where it comes from.
    pub input: TestInput,
    /// Its type.
    pub ty: Ty,
}

/// Where a value of a test comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum TestInput {
    /// An expression that reads nothing.
    Expr(Expr),
    /// A JSON file, relative to the project's root.
    Load(String),
}

/// What of a run a condition reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observed {
    /// Its result.
    Result,
    /// How it ended, in the word for it.
    Status,
    /// Its reason; empty where there is none.
    Reason,
    /// What it took: nano-dollars as `Usd`, counts, tokens, milliseconds.
    Spent(Dimension),
    /// How often a step or a tool was called.
    Calls(String),
    /// Whether a step or a tool was called.
    IsCalled(String),
    /// Whether a gate was closed before a call of the tool.
    IsDenied(String),
    /// Whether a call of the tool waits for a person.
    IsWaiting(String),
}

/// What must be true after a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// As it is written.
    pub text: String,
    /// Where.
    pub place: Place,
    /// A `Bool` over what is observed.
    pub holds: Expr,
}
