//! What a bound is made of: one node for each construct, with what it takes and what it is put together from.
//!
//! The numbers in it are final. The report, the witness and the advice are walks over it.

use std::rc::Rc;

use super::cases::ValueId;
use super::exits::{Exit, Exits};
use super::step::StepBound;
use super::table::Table;
use crate::cost::{Dimension, Resources};
use crate::program::{EmbeddingId, FlowId, Node, StepId, ToolId};

/// A construct and what it takes.
#[derive(Clone, Debug)]
pub(super) struct Bounded<'p> {
    /// What it takes, by the way in which it ends.
    pub exits: Exits,
    /// The same by the cases of the values that something else looks at too, and what led to it; absent where nothing does.
    pub table: Option<Rc<Table>>,
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
    /// A question to a person in this role.
    Ask(&'p str),
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
    /// The same by the cases of what a flow calls it with.
    pub table: Option<Rc<Table>>,
}

impl<'p> Bounded<'p> {
    /// Something that takes nothing and goes on.
    #[must_use]
    pub(super) fn nothing() -> Self {
        Bounded { exits: Exits::falls(Resources::ZERO), table: None, what: What::Nothing }
    }

    /// Something that goes on after this much.
    #[must_use]
    pub(super) fn falls(total: Resources, what: What<'p>) -> Self {
        Bounded { exits: Exits::falls(total), table: None, what }
    }

    /// Something that takes this much, by the cases of values.
    #[must_use]
    pub(super) fn of_table(table: Table, what: What<'p>) -> Self {
        Bounded { exits: table.most(), table: Some(Rc::new(table)), what }
    }

    /// The same with a table in place of the one number.
    #[must_use]
    pub(super) fn with(self, table: Option<Table>) -> Self {
        match table {
            Some(table) => Bounded::of_table(table, self.what),
            None => self,
        }
    }

    /// The same with values folded that nothing else looks at.
    #[must_use]
    pub(super) fn folded(mut self, is_folded: impl Fn(ValueId) -> bool) -> Self {
        if let Some(table) = &self.table
            && table.layout.0.iter().any(|(value, _)| is_folded(*value))
        {
            self.table = Some(Rc::new(table.folded(is_folded)));
        }
        self
    }

    /// What something around it takes, in every case by itself.
    pub(super) fn each_way(&self, ends: impl Fn(&Exits) -> Option<Exits>) -> Option<(Exits, Option<Rc<Table>>)> {
        match &self.table {
            None => ends(&self.exits).map(|exits| (exits, None)),
            Some(table) => table.map(ends).map(|table| (table.most(), Some(Rc::new(table)))),
        }
    }

    /// The most that it takes, however it ends.
    #[must_use]
    pub(super) fn any(&self) -> Resources {
        self.exits.any()
    }
}
