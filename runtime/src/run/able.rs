//! What this version of the runtime can do. In: a plan and a flow. Out: an error for the first thing that the flow can reach
//! and that is not done yet, before anything is sent; and what is left out because it could only have saved something.

use std::collections::BTreeSet;

use flow_compiler::diagnostic::code::run as code;
use flow_compiler::plan::Plan;
use flow_compiler::program::{
    Body, CeilingId, Expr, FlowId, Ladder, NodeKind, Place, Program, Signal, Step, StepId, Tool, ToolId, ToolSource,
};

use crate::budget::window;
use crate::error::{Blame, RunError};
use crate::execution::Caller;

/// Whether a flow of a plan can be run.
///
/// # Errors
/// Names the first construct that changes what a run means and that this version does not do.
pub fn able(plan: &Plan, flow: FlowId) -> Result<(), RunError> {
    let reached = Reached::from(&plan.program, flow);
    match reached.missing.into_iter().next() {
        Some(missing) => Err(missing),
        None => Ok(()),
    }
}

/// Whether everything is known that the ceilings need which a flow can reach: facts about the caller, time zones.
///
/// # Errors
/// Names the first one that is missing.
pub fn known(plan: &Plan, flow: FlowId, caller: &Caller) -> Result<(), RunError> {
    let reached = Reached::from(&plan.program, flow);
    let ceilings = reached.ceilings.iter().filter_map(|id| plan.program.ceilings.get(*id as usize));
    for ceiling in ceilings {
        let facts = ceiling.limits.iter().filter_map(|limit| limit.by.as_ref());
        if let Some(fact) = facts.into_iter().find(|fact| !caller.contains_key(*fact)) {
            let message =
                format!("the ceiling `{}` holds for each `caller.{fact}` apart, and none is given", ceiling.name);
            return Err(RunError::new(code::E0911, Blame::Usage, message)
                .help(format!("say who calls: `flow run … --caller {fact}=…`")));
        }
        let mut zones = ceiling.limits.iter().filter_map(|limit| limit.zone.as_ref());
        if let Some(zone) = zones.find(|zone| window::known(zone).is_none()) {
            let message =
                format!("the ceiling `{}` is counted in `{zone}`, which this program does not know", ceiling.name);
            return Err(RunError::new(code::E0912, Blame::Usage, message)
                .help("a later version of flow made the plan: run it with that one"));
        }
    }
    Ok(())
}

/// The ceilings that a flow can come under or look at.
#[must_use]
pub(super) fn ceilings(plan: &Plan, flow: FlowId) -> Vec<CeilingId> {
    Reached::from(&plan.program, flow).ceilings.into_iter().map(CeilingId).collect()
}

/// What a flow can reach that could only have saved something, and is left out: one sentence for each.
#[must_use]
pub fn saves(plan: &Plan, flow: FlowId) -> Vec<String> {
    let reached = Reached::from(&plan.program, flow);
    let mut said = Vec::new();
    let steps = reached.steps.iter().filter_map(|id| plan.program.steps.get(*id as usize));
    for step in steps {
        if step.cache.is_some() {
            said.push(format!("`{}` has a `cache`, and this version asks every time", step.name));
        }
        if !step.class.is_interactive() {
            said.push(format!(
                "`{}` is of class `background`, and this version sends every request at once",
                step.name
            ));
        }
    }
    let tools = reached.tools.iter().filter_map(|id| plan.program.tools.get(*id as usize));
    let cached = tools.filter(|tool| tool.cache_ms.is_some());
    said.extend(cached.map(|tool| format!("`{}` has a `cache`, and this version calls every time", tool.name)));
    said
}

/// What a flow can reach.
#[derive(Default)]
struct Reached {
    flows: BTreeSet<u32>,
    steps: BTreeSet<u32>,
    tools: BTreeSet<u32>,
    /// The ceilings that it is under, and those that its routes look at.
    ceilings: BTreeSet<u32>,
    missing: Vec<RunError>,
}

impl Reached {
    fn from(program: &Program, flow: FlowId) -> Reached {
        let mut reached = Reached::default();
        reached.flow(program, flow);
        reached
    }

    fn miss(&mut self, code: flow_compiler::diagnostic::Code, place: &Place, what: String, help: &str) {
        let message = format!("{what} ({}:{})", place.file, place.line);
        self.missing.push(RunError::new(code, Blame::Usage, message).help(help));
    }

    fn flow(&mut self, program: &Program, id: FlowId) {
        let Some(flow) = program.flows.get(id.index()).filter(|_| self.flows.insert(id.0)) else { return };
        self.ceilings.extend(flow.under.iter().map(|id| id.0));
        self.body(program, &flow.body);
    }

    fn body(&mut self, program: &Program, body: &Body) {
        for node in &body.nodes {
            match &node.kind {
                NodeKind::Step(id, _) => self.step(program, *id),
                NodeKind::Tool(id, _) => self.tool(program, *id),
                NodeKind::Flow { flow, .. } => self.flow(program, *flow),
                NodeKind::Choose(arms) => arms.iter().for_each(|arm| self.body(program, &arm.body)),
                NodeKind::Each { body, .. } | NodeKind::Loop { body, .. } => self.body(program, body),
                NodeKind::Attempt { body, handler } => {
                    self.body(program, body);
                    self.body(program, handler);
                }
                NodeKind::Ask(_)
                | NodeKind::Value(_)
                | NodeKind::Embedding(..)
                | NodeKind::Assign(..)
                | NodeKind::Signal(_) => {}
            }
        }
    }

    fn step(&mut self, program: &Program, id: StepId) {
        let Some(step) = program.steps.get(id.index()).filter(|_| self.steps.insert(id.0)) else { return };
        self.ladder(step, &step.ladder);
        let inner = step.accept.iter().chain(step.asks.as_ref().map(|asks| &asks.body));
        inner.for_each(|body| self.body(program, body));
        step.tools.iter().for_each(|(tool, _)| self.tool(program, *tool));
    }

    fn ladder(&mut self, step: &Step, ladder: &Ladder) {
        let Ladder::Choose(arms) = ladder else { return };
        for (when, ladder) in arms {
            if let Some(when) = when {
                self.condition(step, when);
            }
            self.ladder(step, ladder);
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "anything else is looked into")]
    fn condition(&mut self, step: &Step, when: &Expr) {
        match when {
            Expr::Signal(Signal::Failing(_) | Signal::Latency(_)) => {
                let what = format!("`{}` looks at how a tier does, and this version does not measure tiers", step.name);
                self.miss(
                    code::E0964,
                    &step.place,
                    what,
                    "choose by the flow's parameters, or let a tier fail over with `|`",
                );
            }
            Expr::Signal(Signal::Spent(id) | Signal::Left(id)) => drop(self.ceilings.insert(id.0)),
            _ => when.parts(&mut |part| self.condition(step, part)),
        }
    }

    fn tool(&mut self, program: &Program, id: ToolId) {
        let Some(tool) = program.tools.get(id.index()).filter(|_| self.tools.insert(id.0)) else { return };
        self.source(program, tool);
        if let Some(gate) = &tool.gate {
            self.body(program, &gate.open);
        }
    }

    fn source(&mut self, program: &Program, tool: &Tool) {
        let instead = "get its result with `http(…)` or `exec(…)`";
        match &tool.source {
            ToolSource::Mcp { server, .. } => {
                let server = program.servers.get(server.index()).map_or("", |server| &server.name);
                let what = format!("`{}` is of the server `{server}`, and this version asks no servers", tool.name);
                self.miss(code::E0960, &tool.place, what, instead);
            }
            ToolSource::Index { index, .. } => {
                let index = program.indexes.get(index.index()).map_or("", |index| &index.name);
                let what = format!("`{}` looks into the index `{index}`, and this version has no indexes", tool.name);
                self.miss(code::E0961, &tool.place, what, instead);
            }
            ToolSource::Http { .. } | ToolSource::Exec { .. } => {}
        }
    }
}
