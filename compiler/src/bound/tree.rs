//! What a bound is made of: one node for each construct, with what it takes and what it is put together from.
//!
//! The numbers in it are final. The report, the witness and the advice are walks over it.

use std::rc::Rc;

use super::exits::{Exit, Exits};
use super::step::StepBound;
use crate::cost::{Dimension, Resources};
use crate::program::{EmbeddingId, FlowId, Node, StepId, ToolId};

/// A construct and what it takes.
#[derive(Clone, Debug)]
pub(super) struct Bounded<'p> {
    /// What it takes, by the way in which it ends.
    pub exits: Exits,
    /// What it is.
    pub what: What<'p>,
}

/// What a construct is.
#[derive(Clone, Debug)]
pub(super) enum What<'p> {
    /// Something that takes nothing.
    Nothing,
    /// The nodes of a body that take something or can leave it.
    Body(Vec<Part<'p>>, Option<Box<Left>>),
    /// A call of a step.
    Step(StepId, Rc<StepBound<'p>>),
    /// A text read by an embedding model.
    Embedding(EmbeddingId),
    /// A call of a tool: what its gate takes, and what the tool takes.
    Tool(ToolId, Rc<ToolBound<'p>>),
    /// A call of a flow.
    Flow(FlowId, Rc<Bounded<'p>>),
    /// One of its arms; `true` where none of them may be taken.
    Choose(Vec<Bounded<'p>>, Skippable),
    /// So many elements, so many at once.
    Each {
        /// The greatest length.
        most: u64,
        /// How many at once.
        parallel: u64,
        /// What each takes.
        body: Box<Bounded<'p>>,
    },
    /// So many rounds.
    Loop {
        /// How many at most.
        most: u64,
        /// What each takes.
        body: Box<Bounded<'p>>,
    },
    /// What may fail, and what happens then.
    Attempt(Box<Bounded<'p>>, Box<Bounded<'p>>),
}

/// Whether a choice may take none of its arms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Skippable {
    /// One arm is always taken.
    No,
    /// No arm may be taken.
    Yes,
}

/// One node of a body.
#[derive(Clone, Debug)]
pub(super) struct Part<'p> {
    /// The node.
    pub node: &'p Node,
    /// What it takes.
    pub bounded: Bounded<'p>,
}

/// Where a body is left: for every way to leave and every dimension, the part at which it takes the most.
#[derive(Clone, Debug, Default)]
pub(super) struct Left([[usize; 8]; 5]);

impl Left {
    /// The part at which leaving so takes the most.
    #[must_use]
    pub(super) fn at(&self, exit: Exit, dimension: Dimension) -> usize {
        self.0[exit as usize][dimension as usize]
    }

    /// Notes a part at which the body can be left, with what was taken until then and what is known so far.
    pub(super) fn note(&mut self, exit: Exit, part: usize, cost: &Resources, known: Option<&Resources>) {
        for dimension in Dimension::ALL {
            if known.is_none_or(|known| cost.get(dimension) > known.get(dimension)) {
                self.0[exit as usize][dimension as usize] = part;
            }
        }
    }
}

/// A call of a tool.
#[derive(Clone, Debug)]
pub(super) struct ToolBound<'p> {
    /// What the decision of its gate takes.
    pub gate: Option<Bounded<'p>>,
    /// The gate, the call, and the wait for a person where the gate may ask one.
    pub total: Resources,
}

impl<'p> Bounded<'p> {
    /// Something that takes nothing and goes on.
    #[must_use]
    pub(super) fn nothing() -> Self {
        Bounded { exits: Exits::falls(Resources::ZERO), what: What::Nothing }
    }

    /// Something that goes on after this much.
    #[must_use]
    pub(super) fn falls(total: Resources, what: What<'p>) -> Self {
        Bounded { exits: Exits::falls(total), what }
    }

    /// The most that it takes, however it ends.
    #[must_use]
    pub(super) fn any(&self) -> Resources {
        self.exits.any()
    }
}
