//! What uses what. In: a program. Out: for each flow and step the items and models that it can reach.

use std::collections::BTreeSet;

use super::snapshot::{Key, Kind};
use crate::catalogue::ModelFacts;
use crate::program::{Body, Expr, GateElse, Ladder, Node, NodeKind, Program, Step, TierId};

/// An item by its index.
pub(crate) type Used = (Kind, usize);

/// What can be reached from somewhere.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    pub(crate) items: BTreeSet<Used>,
    pub(crate) models: BTreeSet<String>,
}

/// What each flow and step of a program reaches.
pub(crate) struct Reach<'p> {
    program: &'p Program,
}

impl<'p> Reach<'p> {
    pub(crate) fn of(program: &'p Program) -> Reach<'p> {
        Reach { program }
    }

    /// From a step, by its index.
    pub(super) fn step(&self, index: usize) -> Found {
        let mut found = Found::default();
        self.visit_step(index, &mut found);
        found
    }

    /// From a flow, by its index.
    pub(crate) fn flow(&self, index: usize) -> Found {
        let mut found = Found::default();
        if let Some(flow) = self.program.flows.get(index) {
            self.visit(&flow.body, &mut found);
        }
        found
    }

    fn visit(&self, body: &Body, found: &mut Found) {
        for Node { kind, .. } in &body.nodes {
            if let NodeKind::Step(id, _) = kind
                && found.items.insert((Kind::Step, id.index()))
            {
                self.visit_step(id.index(), found);
            }
            if let NodeKind::Tool(id, _) = kind {
                self.visit_tool(id.index(), found);
            }
            if let NodeKind::Flow { flow, .. } = kind
                && found.items.insert((Kind::Flow, flow.index()))
                && let Some(callee) = self.program.flows.get(flow.index())
            {
                self.visit(&callee.body, found);
            }
            if let NodeKind::Embedding(id, _) = kind
                && let Some(embedding) = self.program.embeddings.get(id.index())
            {
                found.models.extend(
                    models_of(self.program, &Ladder::Rungs(vec![embedding.tier])).iter().map(|m| m.name.clone()),
                );
            }
            bodies(kind).into_iter().for_each(|body| self.visit(body, found));
        }
    }

    fn visit_step(&self, index: usize, found: &mut Found) {
        let Some(step): Option<&Step> = self.program.steps.get(index) else { return };
        found.models.extend(models_of(self.program, &step.ladder).iter().map(|model| model.name.clone()));
        step.tools.iter().for_each(|(tool, _)| self.visit_tool(tool.index(), found));
        step.accept.iter().for_each(|accept| self.visit(accept, found));
    }

    fn visit_tool(&self, index: usize, found: &mut Found) {
        if found.items.insert((Kind::Tool, index))
            && let Some(gate) = self.program.tools.get(index).and_then(|tool| tool.gate.as_ref())
        {
            self.visit(&gate.open, found);
        }
    }
}

/// The key of an item.
pub(super) fn key(program: &Program, (kind, index): Used, named: &dyn Fn(&str) -> String) -> Option<Key> {
    let (file, name) = match kind {
        Kind::Flow => program.flows.get(index).map(|flow| (&flow.place.file, &flow.name))?,
        Kind::Step => program.steps.get(index).map(|step| (&step.place.file, &step.name))?,
        Kind::Tool => program.tools.get(index).map(|tool| (&tool.place.file, &tool.name))?,
    };
    Some((kind, named(file), name.clone()))
}

/// The bodies directly inside of a node.
pub(crate) fn bodies(kind: &NodeKind) -> Vec<&Body> {
    if let NodeKind::Choose(arms) = kind {
        return arms.iter().map(|arm| &arm.body).collect();
    }
    if let NodeKind::Each { body, .. } | NodeKind::Loop { body, .. } = kind {
        return vec![body];
    }
    if let NodeKind::Attempt { body, handler } = kind {
        return vec![body, handler];
    }
    Vec::new()
}

/// The rungs of every way that a ladder can be chosen.
pub(crate) fn arms(ladder: &Ladder) -> Vec<&[TierId]> {
    match ladder {
        Ladder::Rungs(tiers) => vec![tiers],
        Ladder::Choose(choices) => choices.iter().flat_map(|(_, ladder)| arms(ladder)).collect(),
    }
}

/// The conditions of a ladder, in their order.
pub(super) fn conditions(ladder: &Ladder) -> Vec<&Expr> {
    match ladder {
        Ladder::Rungs(_) => Vec::new(),
        Ladder::Choose(choices) => {
            choices.iter().flat_map(|(when, ladder)| when.iter().chain(conditions(ladder))).collect()
        }
    }
}

/// `unit -> large | spare`, by the names of the models.
pub(super) fn rungs(program: &Program, tiers: &[TierId]) -> String {
    let tier = |id: &TierId| {
        let models = program.tiers.get(id.index()).map(|tier| tier.models.as_slice()).unwrap_or_default();
        let names =
            models.iter().filter_map(|model| program.models.get(model.index())).map(|model| model.name.as_str());
        names.collect::<Vec<_>>().join(" | ")
    };
    tiers.iter().map(tier).collect::<Vec<_>>().join(" -> ")
}

/// The models that a ladder can reach, each once.
pub(super) fn models_of<'p>(program: &'p Program, ladder: &Ladder) -> Vec<&'p ModelFacts> {
    let mut models: Vec<&ModelFacts> = Vec::new();
    let tiers = arms(ladder).into_iter().flatten().filter_map(|tier| program.tiers.get(tier.index()));
    for model in tiers.flat_map(|tier| &tier.models).filter_map(|id| program.models.get(id.index())) {
        if !models.iter().any(|known| known.name == model.name) {
            models.push(model);
        }
    }
    models
}

/// How much a closed gate still lets through: a person may open it, it gives a value, it denies.
pub(super) fn openness(otherwise: &GateElse) -> u8 {
    match otherwise {
        GateElse::Deny | GateElse::Value(_) => 0,
        GateElse::Approve { .. } => 1,
    }
}
