//! What a flow takes for inputs of certain sizes. In: a program, a flow, and the types of its parameters, narrower than they are
//! declared. Out: the bound by the same rules, over a program in which everything that is called is as narrow as what is passed.
//!
//! Nothing new is computed here: the flow and what it calls are written out once more with narrower types, and bounded. So a
//! bound for a size is never above the general one, and it is one as soon as the general one is.

mod form;
mod input;
mod narrow;
mod sizes;

use std::collections::HashMap;

use super::Bounder;
use crate::cost::Resources;
use crate::program::{Body, Expr, Flow, FlowId, NodeKind, Param, Part, Program, RecordId, Slot, StepId, Ty};
pub use form::{Form, forms};
pub use input::for_input;
use narrow::{Narrow, met};
pub use sizes::{Size, SizeError, sizes, with_sizes};

/// The bound of a flow whose parameters have these types; `None` where it has none.
#[must_use]
pub fn sized(program: &Program, flow: FlowId, params: &[Ty]) -> Option<Resources> {
    let mut specialist = Specialist { program: program.clone(), bases: HashMap::new(), steps: HashMap::new() };
    let special = specialist.flow(flow, params);
    bound_of(&specialist.program, special)
}

fn bound_of(program: &Program, flow: FlowId) -> Option<Resources> {
    let mut bounder = Bounder::new(program);
    bounder.run();
    bounder.flows.get(flow.index())?.as_ref().map(|bounded| bounded.any())
}

/// Writes steps and flows out with narrower types.
struct Specialist {
    program: Program,
    /// The record that a narrower one was made of.
    bases: HashMap<RecordId, RecordId>,
    /// Steps by what they are called with.
    steps: HashMap<(StepId, String), StepId>,
}

impl Specialist {
    /// A flow with narrower parameters.
    fn flow(&mut self, id: FlowId, params: &[Ty]) -> FlowId {
        match self.program.flows.get(id.index()).cloned() {
            Some(flow) => self.written_out(flow, params, Vec::new()),
            None => id,
        }
    }

    /// Adds a flow, with what is known of other values than its parameters.
    fn written_out(&mut self, mut flow: Flow, params: &[Ty], seen: Vec<(Slot, Ty)>) -> FlowId {
        let mut narrow = Narrow::default();
        narrow.assigned(&flow.body);
        narrow.params(&mut flow.params, params);
        seen.into_iter().for_each(|(slot, ty)| narrow.note(slot, Some(ty)));
        self.body(&mut flow.body, &mut narrow);
        self.program.flows.push(flow);
        FlowId(u32::try_from(self.program.flows.len() - 1).unwrap_or(u32::MAX))
    }

    fn body(&mut self, body: &mut Body, narrow: &mut Narrow) {
        for node in &mut body.nodes {
            let made = self.kind(&mut node.kind, narrow);
            narrow.note(node.slot, made);
        }
    }

    /// Narrows a node; gives back what it makes, where that is known.
    fn kind(&mut self, kind: &mut NodeKind, narrow: &mut Narrow) -> Option<Ty> {
        match kind {
            NodeKind::Value(expr) => narrow.ty(expr, &self.program),
            NodeKind::Step(id, args) => {
                let step = self.program.steps.get(id.index())?;
                let (params, result) = (step.params.clone(), step.result.clone());
                let params = self.arguments(&params, args, narrow);
                *id = self.step(*id, &params);
                Some(result)
            }
            NodeKind::Embedding(id, text) => {
                let mut embedding = self.program.embeddings.get(id.index())?.clone();
                if let Some(Ty::Text(size)) = narrow.ty(text, &self.program) {
                    embedding.text = embedding.text.and(size);
                    self.program.embeddings.push(embedding);
                    id.0 = u32::try_from(self.program.embeddings.len() - 1).unwrap_or(u32::MAX);
                }
                None
            }
            NodeKind::Ask(ask) => Some(ask.result.clone()),
            NodeKind::Tool(id, _) => self.program.tools.get(id.index()).map(|tool| tool.result.clone()),
            NodeKind::Flow { flow, args, .. } => {
                let callee = self.program.flows.get(flow.index())?;
                let (params, result) = (callee.params.clone(), callee.result.clone());
                let params = self.arguments(&params, args, narrow);
                *flow = self.flow(*flow, &params);
                Some(result)
            }
            NodeKind::Choose(arms) => {
                for arm in arms {
                    for (slot, expr) in &arm.binds {
                        let ty = narrow.ty(expr, &self.program);
                        narrow.note(*slot, ty);
                    }
                    self.body(&mut arm.body, narrow);
                }
                None
            }
            NodeKind::Each { list, element, most, body, .. } => {
                if let Some(Ty::List { element: ty, high, .. }) = narrow.ty(list, &self.program) {
                    *most = (*most).min(high);
                    narrow.note(*element, Some(*ty));
                }
                self.body(body, narrow);
                None
            }
            NodeKind::Loop { body, .. } => {
                self.body(body, narrow);
                None
            }
            NodeKind::Attempt { body, handler } => {
                self.body(body, narrow);
                self.body(handler, narrow);
                None
            }
            NodeKind::Assign(..) | NodeKind::Signal(_) => None,
        }
    }

    fn arguments(&mut self, params: &[Param], args: &[Expr], narrow: &Narrow) -> Vec<Ty> {
        let one = |(param, arg): (&Param, &Expr)| match narrow.ty(arg, &self.program) {
            Some(ty) => met(&param.ty, &ty, &self.bases),
            None => param.ty.clone(),
        };
        params.iter().zip(args).map(one).collect()
    }

    fn step(&mut self, id: StepId, params: &[Ty]) -> StepId {
        let key = (id, format!("{params:?}"));
        if let Some(known) = self.steps.get(&key) {
            return *known;
        }
        let Some(mut step) = self.program.steps.get(id.index()).cloned() else { return id };
        let mut narrow = Narrow::default();
        narrow.params(&mut step.params, params);
        self.template(&mut step.prompt, &mut narrow);
        step.system.iter_mut().for_each(|system| self.template(system, &mut narrow));
        if let Some(accept) = &mut step.accept {
            narrow.assigned(accept);
            self.body(accept, &mut narrow);
        }
        self.program.steps.push(step);
        let special = StepId(u32::try_from(self.program.steps.len() - 1).unwrap_or(u32::MAX));
        self.steps.insert(key, special);
        special
    }

    fn template(&mut self, template: &mut [Part], narrow: &mut Narrow) {
        for part in template {
            match part {
                Part::Hole(expr, ty) | Part::Data(expr, ty) => {
                    if let Some(narrower) = narrow.ty(expr, &self.program) {
                        *ty = met(ty, &narrower, &self.bases);
                    }
                }
                Part::Each { element, list, most, body, .. } => {
                    if let Some(Ty::List { element: ty, high, .. }) = narrow.ty(list, &self.program) {
                        *most = (*most).min(high);
                        narrow.note(*element, Some(*ty));
                    }
                    self.template(body, narrow);
                }
                Part::If { then, otherwise, .. } => {
                    self.template(then, narrow);
                    self.template(otherwise, narrow);
                }
                Part::Text(_) | Part::Format => {}
            }
        }
    }
}
