//! What there is to say about bounds: plain data, one [`FlowReport`] for each flow.

use serde::Serialize;

use super::EvalReport;
use crate::cost::{Dimension, Money, Resources};
use crate::program::{Flow, Limit, Place, Program};

/// All flows of a program, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// One for each flow.
    pub flows: Vec<FlowReport>,
    /// One for each evaluation of the root file.
    pub evals: Vec<EvalReport>,
}

/// How a flow, or all of them, came out; the worst last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It holds.
    #[default]
    Ok,
    /// A limit of its budget is below its bound.
    Over,
    /// It has no finite bound.
    Unbounded,
    /// It does not compile.
    Invalid,
}

/// What is proved of one flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowReport {
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub place: Place,
    /// Whether others may call it.
    pub public: bool,
    /// Who answers for it.
    pub owner: Option<String>,
    /// How it came out.
    pub verdict: Verdict,
    /// The most that one run can take; absent where it has no finite bound.
    pub bound: Option<Resources>,
    /// What it may take; absent where it has no budget.
    pub budget: Option<Vec<Limit>>,
    /// Why some run may not reach the bound, each once. Where this is empty the bound is exact: in each dimension some run
    /// reaches it.
    pub joined: Vec<String>,
    /// The dimension in which shares are told: cost; tokens where it costs nothing; time where it has no tokens.
    pub telling: Dimension,
    /// Where it goes: the constructs of the worst case in the telling dimension, the largest first.
    pub parts: Vec<Share>,
    /// For each dimension, a run that reaches the bound.
    pub witnesses: Vec<Witness>,
    /// The cheapest changes, the largest saving first; for a flow over its budget, those that bring it within first.
    pub advice: Vec<Advice>,
    /// What is taken to be true.
    pub assumes: Vec<Assumption>,
}

impl Report {
    /// The report of a program with errors: nothing is proved.
    #[must_use]
    pub fn invalid(program: &Program) -> Report {
        let flows = program.flows.iter().map(|flow| FlowReport::without_bound(flow, Verdict::Invalid));
        Report { flows: flows.collect(), evals: Vec::new() }
    }

    /// The worst verdict of all flows.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.flows.iter().map(|flow| flow.verdict).max().unwrap_or_default()
    }
}

impl FlowReport {
    /// The report of a flow of which nothing is proved.
    #[must_use]
    pub fn without_bound(flow: &Flow, verdict: Verdict) -> FlowReport {
        FlowReport {
            name: flow.name.clone(),
            place: flow.place.clone(),
            public: flow.public,
            owner: flow.owner.clone(),
            verdict,
            bound: None,
            budget: flow.budget.clone(),
            joined: Vec::new(),
            telling: Dimension::Cost,
            parts: Vec::new(),
            witnesses: Vec::new(),
            advice: Vec::new(),
            assumes: Vec::new(),
        }
    }

    /// Whether some run reaches the bound, in each dimension.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.joined.is_empty()
    }

    /// The run that reaches the bound in a dimension.
    #[must_use]
    pub fn witness(&self, dimension: Dimension) -> Option<&Witness> {
        self.witnesses.iter().find(|witness| witness.dimension == dimension)
    }

    /// The calls of steps, tools and embeddings in the worst case, each with its path from the flow (`desk/each/solve`), the
    /// largest first.
    #[must_use]
    pub fn lines(&self) -> Vec<(String, &Share)> {
        let mut lines = Vec::new();
        let mut open: Vec<(String, &Share)> = self.parts.iter().map(|part| (self.name.clone(), part)).collect();
        while let Some((path, share)) = open.pop() {
            let path = format!("{path}/{}", share.name);
            if share.is_call {
                lines.push((path, share));
            } else {
                open.extend(share.parts.iter().map(|part| (path.clone(), part)));
            }
        }
        let amount = |share: &Share| share.bound.get(self.telling);
        lines.sort_by(|a, b| amount(b.1).cmp(&amount(a.1)).then_with(|| a.0.cmp(&b.0)));
        lines
    }
}

/// A construct with its share of the worst case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// What it is called in a path: `solve`, `each`, `loop`, `else`, a tier, `accept`.
    pub name: String,
    /// The same as a person reads it: `each ×3`, `frontier, turns 1 to 4`.
    pub label: String,
    /// Where it stands; absent for parts of a step.
    pub place: Option<Place>,
    /// How often it happens in a run.
    pub count: u64,
    /// What it takes, all times together.
    pub bound: Resources,
    /// Whether it is a call of a step, a tool or an embedding.
    pub is_call: bool,
    /// What it is made of, the largest first.
    pub parts: Vec<Share>,
}

/// A run that reaches the bound in one dimension. Every text and list in it is as large as it may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Witness {
    /// The dimension.
    pub dimension: Dimension,
    /// The number that is reached: nano-dollars, counts, tokens or milliseconds.
    pub amount: u64,
    /// What happens, in order.
    pub choices: Vec<Choice>,
}

/// Something that could have gone otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// The path from the flow to the construct.
    pub path: String,
    /// Its line; 0 where it has none.
    pub line: u32,
    /// What happens there.
    pub happens: Happens,
}

impl Choice {
    /// `desk/each: 8 elements`
    #[must_use]
    pub fn said(&self) -> String {
        format!("{}: {}", self.path, self.happens.said())
    }
}

impl Happens {
    fn said(&self) -> String {
        match self {
            Happens::Arm(index) => format!("arm {} is taken", index + 1),
            Happens::NoArm => "no arm is taken".to_owned(),
            Happens::Elements(1) => "1 element".to_owned(),
            Happens::Elements(count) => format!("{count} elements"),
            Happens::Rounds { rounds, breaks } => {
                let rounds = if *rounds == 1 { "1 round".to_owned() } else { format!("{rounds} rounds") };
                if *breaks { format!("{rounds}, the last one ends with a `break`") } else { rounds }
            }
            Happens::Fails => "it fails at its very end, and `else` is run".to_owned(),
            Happens::Step { attempts, .. } => {
                let said = attempts.iter().map(|of| {
                    let ends = match of.ends {
                        Ends::Fails => "then it fails",
                        Ends::NotAccepted => "not accepted",
                        Ends::Done => "answered",
                    };
                    let turns = if of.from == of.to {
                        format!("turn {}", of.from)
                    } else {
                        format!("turns {} to {}", of.from, of.to)
                    };
                    let again = match of.retries {
                        0 => String::new(),
                        1 => ", one of them sent again once".to_owned(),
                        times => format!(", one of them sent again {times} times"),
                    };
                    format!("`{}` {turns}{again}, {ends}", of.tier)
                });
                said.collect::<Vec<_>>().join("; ")
            }
        }
    }
}

/// What happens at a construct of a witness.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Happens {
    /// The arm with this index, from 0, is taken.
    Arm(usize),
    /// No arm is taken.
    NoArm,
    /// The list has this many elements.
    Elements(u64),
    /// This many rounds happen; the last one ends with a `break` where it says so.
    Rounds {
        /// How many.
        rounds: u64,
        /// Whether the last one is left early.
        breaks: bool,
    },
    /// It fails after all it can take, and the handler runs.
    Fails,
    /// The step goes this way.
    Step {
        /// The arm of its ladder.
        arm: usize,
        /// Its attempts in order.
        attempts: Vec<Attempts>,
    },
}

/// Attempts of a step at one model, one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Attempts {
    /// The tier.
    pub tier: String,
    /// The model.
    pub model: String,
    /// The first position, from 1: turns, then repairs.
    pub from: u64,
    /// The last.
    pub to: u64,
    /// How often one of them is sent again.
    pub retries: u64,
    /// How it ends: not accepted, failed over to the next model, or the step's answer.
    pub ends: Ends,
}

impl Attempts {
    /// `frontier, turns 1 to 4, 1 repair, sent again once`
    #[must_use]
    pub fn label(&self, turns: u64) -> String {
        let mut label = self.tier.clone();
        let last = self.to.min(turns);
        if self.from <= turns && turns > 1 {
            let said =
                if last == self.from { format!(", turn {last}") } else { format!(", turns {} to {last}", self.from) };
            label.push_str(&said);
        }
        match self.to.saturating_sub(self.from.max(turns + 1) - 1) {
            0 => {}
            1 => label.push_str(", 1 repair"),
            repairs => label.push_str(&format!(", {repairs} repairs")),
        }
        match self.retries {
            0 => {}
            1 => label.push_str(", sent again once"),
            retries => label.push_str(&format!(", sent again {retries} times")),
        }
        label
    }
}

/// How a model's attempts end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ends {
    /// The last attempt fails, and the next model goes on.
    Fails,
    /// The answer is not accepted, and the next rung begins.
    NotAccepted,
    /// The step ends.
    Done,
}

/// A change that lowers the bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// What to write: `turns <= 2`.
    pub change: String,
    /// On what: the step, or `loop`.
    pub on: String,
    /// Where it stands.
    pub place: Place,
    /// What the flow takes then.
    pub bound: Resources,
    /// What that saves.
    pub saves: Money,
    /// The dimension that it is about: the one over its budget, else the telling one.
    pub dimension: Dimension,
    /// What that saves in this dimension.
    pub saves_telling: u64,
    /// Whether the flow is within its budget then.
    pub fits: bool,
    /// The cap to change.
    pub cap: Cap,
}

/// A cap in a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cap {
    /// `turns <=`
    Turns,
    /// `retry <=`
    Retry,
    /// `repair <=`
    Repair,
    /// A tool of `tools`, by its place in the list.
    Tool(usize),
    /// The rungs of `on`.
    Rungs,
    /// `input <=`
    Input,
    /// `output <=`
    Output,
    /// `think <=`
    Think,
    /// `time <=`
    Time,
    /// `loop <=`
    Loop,
}

impl Cap {
    /// How much a lower cap takes away: attempts, then room for content, then a whole model.
    #[must_use]
    pub(super) fn harm(self) -> u8 {
        match self {
            Cap::Turns | Cap::Retry | Cap::Repair | Cap::Tool(_) | Cap::Time | Cap::Loop => 0,
            Cap::Input | Cap::Output | Cap::Think => 1,
            Cap::Rungs => 2,
        }
    }
}

/// Something that is taken to be true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assumption {
    /// What, in one sentence.
    pub text: String,
    /// Where it matters first.
    pub place: Option<Place>,
}
