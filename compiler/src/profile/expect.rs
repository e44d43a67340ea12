//! A flow under a written profile. What the profile does not say is taken at its ceiling, and said to be.

use std::collections::BTreeSet;

use super::model::Model;
use super::usage::{FlowUsage, Quantiles, StepUsage, Usage};
use super::{Basis, Expectation, spread, target};
use crate::cost::{self, Money, Resources};
use crate::plan::{ModelCeiling, Plan, StepCeiling};
use crate::program::{Body, Flow, GateElse, Node, NodeKind, Slot, Step, TierId, Tool};
use crate::review::reach;

/// What runs of a flow take by a written profile.
pub(super) fn written(plan: &Plan, index: usize, flow: &Flow, usage: &Usage) -> Result<Option<Expectation>, String> {
    let known = usage.flows.get(&flow.name);
    let mut builder = Builder { plan, usage, at_ceiling: BTreeSet::new(), wrong: None };
    let model = builder.body(&flow.body, known);
    if let Some(wrong) = builder.wrong {
        return Err(wrong);
    }
    let is_told = known.is_some() || uses_a_step(plan, index, usage);
    if !is_told {
        return Ok(None);
    }
    let (basis, points) = match spread::exact(&model) {
        Some(points) => (Basis::Exact, points),
        None => (Basis::Drawn(spread::DRAWS), spread::drawn(&model)),
    };
    let mut expectation = Expectation {
        basis,
        numbers: spread::numbers(&points),
        runs_per_month: known.and_then(|known| known.runs_per_month).map(spread::float),
        success: known.and_then(|known| known.success),
        at_ceiling: builder.at_ceiling.into_iter().collect(),
        targets: Vec::new(),
    };
    let targets = target::of(flow).into_iter();
    expectation.targets = targets
        .map(|one| {
            let standing = target::expected(&one, &points, &expectation);
            (one, standing)
        })
        .collect();
    Ok(Some(expectation))
}

fn uses_a_step(plan: &Plan, index: usize, usage: &Usage) -> bool {
    let used = reach::Reach::of(&plan.program).flow(index);
    let steps = used.items.iter().filter(|(kind, _)| *kind == crate::review::Kind::Step);
    steps.filter_map(|(_, step)| plan.program.steps.get(*step)).any(|step| usage.steps.contains_key(&step.name))
}

struct Builder<'a> {
    plan: &'a Plan,
    usage: &'a Usage,
    at_ceiling: BTreeSet<String>,
    wrong: Option<String>,
}

impl Builder<'_> {
    fn body(&mut self, body: &Body, flow: Option<&FlowUsage>) -> Model {
        let made: Vec<(Slot, &[Slot], Model)> =
            body.nodes.iter().map(|node| (node.slot, node.needs.as_slice(), self.node(node, flow))).collect();
        arranged(&made)
    }

    fn node(&mut self, node: &Node, flow: Option<&FlowUsage>) -> Model {
        let line = node.place.line;
        if let NodeKind::Step(id, _) = &node.kind {
            return self.step(id.index(), flow);
        }
        if let NodeKind::Embedding(id, _) = &node.kind {
            return self.plan.ceilings.embeddings.get(id.index()).map_or(Model::NONE, |one| Model::Point(one.total));
        }
        if let NodeKind::Tool(id, _) = &node.kind {
            let tool = self.plan.program.tools.get(id.index());
            return tool.map_or(Model::NONE, |tool| self.tool(tool, flow));
        }
        if let NodeKind::Flow { flow: id, .. } = &node.kind {
            let Some(callee) = self.plan.program.flows.get(id.index()) else { return Model::NONE };
            let usage = self.usage.flows.get(&callee.name);
            return self.body(&callee.body, usage);
        }
        if let NodeKind::Choose(arms) = &node.kind {
            let mut ways: Vec<Model> = arms.iter().map(|arm| self.body(&arm.body, flow)).collect();
            if arms.last().is_some_and(|arm| arm.when.is_some()) {
                ways.push(Model::NONE);
            }
            return self.one_of(ways, flow, line);
        }
        if let NodeKind::Attempt { body, handler } = &node.kind {
            let (body, handler) = (self.body(body, flow), self.body(handler, flow));
            let failed = Model::Then(vec![body.clone(), handler]);
            return self.one_of(vec![body, failed], flow, line);
        }
        if let NodeKind::Each { most, parallel, body, .. } = &node.kind {
            let body = self.body(body, flow);
            return self.rounds(*most, *parallel, body, flow, line);
        }
        if let NodeKind::Loop { most, body } = &node.kind {
            let body = self.body(body, flow);
            return self.rounds(*most, 1, body, flow, line);
        }
        Model::NONE
    }

    /// One of several ways, by the shares of the line, or the dearest.
    fn one_of(&mut self, ways: Vec<Model>, flow: Option<&FlowUsage>, line: u32) -> Model {
        if ways.iter().all(Model::is_nothing) {
            return Model::NONE;
        }
        match flow.and_then(|flow| flow.branches.get(&line.to_string())) {
            Some(shares) if shares.len() == ways.len() => Model::Mix(shares.iter().copied().zip(ways).collect()),
            Some(shares) => {
                self.wrong(format!(
                    "`branches.{line}` has {} shares, and line {line} goes {} ways",
                    shares.len(),
                    ways.len()
                ));
                Model::NONE
            }
            None => {
                self.at_ceiling.insert(format!("line {line}: the dearest way"));
                dearest(ways)
            }
        }
    }

    fn rounds(&mut self, most: u64, parallel: u64, body: Model, flow: Option<&FlowUsage>, line: u32) -> Model {
        if body.is_nothing() {
            return Model::NONE;
        }
        let counts = match flow.and_then(|flow| flow.counts.get(&line.to_string())) {
            Some(counts) => {
                let counts: Vec<(f64, u64)> =
                    counts.iter().filter_map(|(count, share)| Some((*share, count.parse().ok()?))).collect();
                if let Some((_, count)) = counts.iter().find(|(_, count)| *count > most) {
                    self.wrong(format!("`counts.{line}` has {count}, and line {line} goes up to {most}"));
                }
                counts
            }
            None => {
                self.at_ceiling.insert(format!("line {line}: {most} times"));
                vec![(1.0, most)]
            }
        };
        Model::Rounds { counts, parallel, body: Box::new(body) }
    }

    fn tool(&mut self, tool: &Tool, flow: Option<&FlowUsage>) -> Model {
        let mut time_ms = tool.time_ms;
        if let Some(GateElse::Approve { within_ms, .. }) = tool.gate.as_ref().map(|gate| &gate.otherwise) {
            time_ms = time_ms.saturating_add(*within_ms);
        }
        let call = Model::Point(Resources { cost: tool.price, tools: 1, time_ms, ..Resources::ZERO });
        match &tool.gate {
            Some(gate) => Model::Then(vec![self.body(&gate.open, flow), call]),
            None => call,
        }
    }

    fn step(&mut self, index: usize, flow: Option<&FlowUsage>) -> Model {
        let (plan, usage) = (self.plan, self.usage);
        let Some((step, ceiling)) = plan.program.steps.get(index).zip(plan.ceilings.steps.get(index)) else {
            return Model::NONE;
        };
        let Some(usage) = usage.steps.get(&step.name) else {
            self.at_ceiling.insert(format!("step `{}`", step.name));
            return Model::Point(ceiling.total);
        };
        let accept = step.accept.as_ref().map(|accept| self.body(accept, flow));
        let arms = reach::arms(&step.ladder);
        let ways: Vec<Model> =
            arms.iter().map(|rungs| self.rungs((step, usage, ceiling), rungs, accept.as_ref(), 0)).collect();
        let answered = match &usage.route {
            Some(shares) if shares.len() == ways.len() => Model::Mix(shares.iter().copied().zip(ways).collect()),
            Some(shares) => {
                self.wrong(format!(
                    "`steps.{}.route` has {} shares, and `on` has {} arms",
                    step.name,
                    shares.len(),
                    ways.len()
                ));
                Model::NONE
            }
            None if ways.len() > 1 => {
                self.at_ceiling.insert(format!("the route of `{}`", step.name));
                dearest(ways)
            }
            None => dearest(ways),
        };
        match usage.cache_hits {
            Some(hits) => Model::Mix(vec![(hits, Model::NONE), (1.0 - hits, answered)]),
            None => answered,
        }
    }

    fn rungs(&mut self, about: About<'_>, rungs: &[TierId], accept: Option<&Model>, at: usize) -> Model {
        let Some(tier) = rungs.get(at) else { return Model::NONE };
        let (step, usage, ceiling) = about;
        let model = self.plan.program.tiers.get(tier.index()).and_then(|tier| tier.models.first());
        let Some(limits) = model.and_then(|model| ceiling.models.iter().find(|limits| limits.model == *model)) else {
            return Model::NONE;
        };
        let answer = self.conversation(step, usage, ceiling, limits);
        let Some(accept) = accept else { return answer };
        let share = usage.accepted.as_ref().and_then(|accepted| accepted.get(at)).copied();
        if share.is_none() && at + 1 < rungs.len() {
            self.at_ceiling.insert(format!("how often rung {} of `{}` is accepted", at + 1, step.name));
        }
        let share = share.unwrap_or(0.0);
        let next = self.rungs(about, rungs, Some(accept), at + 1);
        Model::Then(vec![answer, accept.clone(), Model::Mix(vec![(share, Model::NONE), (1.0 - share, next)])])
    }

    /// All turns of a step at one model, what is sent again, and the repairs.
    fn conversation(&mut self, step: &Step, usage: &StepUsage, ceiling: &StepCeiling, limits: &ModelCeiling) -> Model {
        let shares = match &usage.turns {
            Some(shares) => shares.clone(),
            None => {
                if ceiling.turns > 1 {
                    self.at_ceiling.insert(format!("the turns of `{}`", step.name));
                }
                let turns = usize::try_from(ceiling.turns).unwrap_or(1).max(1);
                (1..=turns).map(|turn| if turn == turns { 1.0 } else { 0.0 }).collect()
            }
        };
        if shares.len() as u64 > ceiling.turns.max(1) {
            self.wrong(format!(
                "`steps.{}.turns` has {} shares, and it takes at most {} turns",
                step.name,
                shares.len(),
                ceiling.turns
            ));
            return Model::NONE;
        }
        let tool = self.dearest_tool(step);
        let mut ways = Vec::new();
        let mut sent = Vec::new();
        for (turn, share) in shares.iter().enumerate() {
            if turn > 0 {
                sent.push(tool.clone());
            }
            sent.push(self.attempt(step, usage, limits, limits.turns.get(turn).or(limits.turns.last()).copied()));
            if *share > 0.0 {
                ways.push((*share, Model::Then(sent.clone())));
            }
        }
        let mut all = vec![Model::Mix(ways)];
        if step.retry > 0 {
            all.push(self.extra(
                step,
                usage.failed,
                step.retry,
                "how often requests of",
                limits,
                limits.turns.iter().max(),
            ));
        }
        if step.repair > 0 {
            all.push(self.extra(
                step,
                usage.repaired,
                step.repair,
                "how often answers are repaired of",
                limits,
                limits.repairs.iter().max(),
            ));
        }
        Model::Then(all)
    }

    /// Up to so many attempts more, each with this share, and each at its ceiling: nobody knows what a failed request took.
    fn extra(
        &mut self,
        step: &Step,
        share: Option<f64>,
        most: u64,
        what: &str,
        limits: &ModelCeiling,
        input: Option<&u64>,
    ) -> Model {
        let share = share.unwrap_or_else(|| {
            let fail = if what.ends_with("requests of") { " fail" } else { "" };
            self.at_ceiling.insert(format!("{what} `{}`{fail}", step.name));
            1.0
        });
        let input = input.copied().unwrap_or(0);
        let mut model = Model::NONE;
        for number in (1..=most).rev() {
            let mut whole = self.taken(limits, input, limits.output, limits.time_ms);
            whole.time_ms = whole.time_ms.saturating_add(cost::longest_backoff_ms(number));
            model =
                Model::Mix(vec![(1.0 - share, Model::NONE), (share, Model::Then(vec![Model::Point(whole), model]))]);
        }
        model
    }

    fn attempt(&mut self, step: &Step, usage: &StepUsage, limits: &ModelCeiling, ceiling: Option<u64>) -> Model {
        let first = limits.turns.first().copied().unwrap_or(0);
        let ceiling = ceiling.unwrap_or(first);
        // What a turn has on top of the first one is there in full.
        let grown = ceiling.saturating_sub(first);
        let inputs = self.points(step, "input", usage.input, first);
        let outputs = self.points(step, "output", usage.output, limits.output);
        let times = self.points(step, "time_ms", usage.time_ms, limits.time_ms);
        let mut ways = Vec::new();
        for (input_share, input) in &inputs {
            for (output_share, output) in &outputs {
                for (time_share, time) in &times {
                    let taken = self.taken(limits, input.saturating_add(grown), *output, *time);
                    ways.push((input_share * output_share * time_share, Model::Point(taken)));
                }
            }
        }
        Model::Mix(ways)
    }

    fn points(&mut self, step: &Step, key: &str, quantiles: Option<Quantiles>, ceiling: u64) -> Vec<(f64, u64)> {
        let Some(quantiles) = quantiles else {
            self.at_ceiling.insert(format!("`{key}` of `{}`", step.name));
            return vec![(1.0, ceiling)];
        };
        let points = quantiles.points(ceiling);
        if let Some((_, above)) = points.iter().find(|(_, value)| *value > ceiling) {
            self.wrong(format!(
                "`steps.{}.{key}` has {above}, and the ceiling is {ceiling}: no run takes that",
                step.name
            ));
        }
        points
    }

    fn taken(&self, limits: &ModelCeiling, input: u64, output: u64, time_ms: u64) -> Resources {
        let model = self.plan.program.models.get(limits.model.index());
        let usage = cost::Usage { input_fresh: input, output_text: output, ..cost::Usage::default() };
        let cost = model.and_then(|model| model.price.settle(&usage)).unwrap_or(Money::MAX);
        let tokens = input.saturating_add(output);
        Resources { cost, calls: 1, turns: 1, tools: 0, input, output, tokens, time_ms }
    }

    fn dearest_tool(&self, step: &Step) -> Model {
        let tools = step.tools.iter().filter_map(|(tool, _)| self.plan.program.tools.get(tool.index()));
        let calls = tools.map(|tool| {
            Model::Point(Resources { cost: tool.price, tools: 1, time_ms: tool.time_ms, ..Resources::ZERO })
        });
        dearest(calls.collect())
    }

    fn wrong(&mut self, why: String) {
        self.wrong.get_or_insert(why);
    }
}

/// A step with its usage and its ceiling.
type About<'a> = (&'a Step, &'a StepUsage, &'a StepCeiling);

fn dearest(ways: Vec<Model>) -> Model {
    ways.into_iter().max_by_key(|way| (way.most().cost, way.most().time_ms)).unwrap_or(Model::NONE)
}

/// The nodes of a body in the order of what needs what: a chain, side by side, or a graph.
fn arranged(made: &[(Slot, &[Slot], Model)]) -> Model {
    let position = |slot: &Slot| made.iter().position(|(own, _, _)| own == slot);
    // What each needs among those that take something, through those that take nothing.
    let mut through: Vec<BTreeSet<usize>> = Vec::new();
    for (index, (_, needs, _)) in made.iter().enumerate() {
        let mut all = BTreeSet::new();
        for need in needs.iter().filter_map(position).filter(|need| *need < index) {
            all.extend(through.get(need).into_iter().flatten().copied());
            all.insert(need);
        }
        through.push(all);
    }
    let kept: Vec<usize> =
        (0..made.len()).filter(|index| made.get(*index).is_some_and(|(_, _, model)| !model.is_nothing())).collect();
    let models = || kept.iter().filter_map(|index| made.get(*index)).map(|(_, _, model)| model.clone());
    let needs =
        |index: usize| through.get(index).into_iter().flatten().filter_map(|need| kept.iter().position(|k| k == need));
    let is_chain = kept.iter().enumerate().skip(1).all(|(at, index)| needs(*index).any(|need| need + 1 == at));
    let is_free = kept.iter().all(|index| needs(*index).next().is_none());
    match kept.len() {
        0 => Model::NONE,
        _ if is_chain => Model::Then(models().collect()),
        _ if is_free => Model::Beside(models().collect()),
        _ => Model::Dag(kept.iter().zip(models()).map(|(index, model)| (needs(*index).collect(), model)).collect()),
    }
}
