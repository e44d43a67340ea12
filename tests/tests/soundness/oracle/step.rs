//! A step: rungs, models that stand in, turns with tools, retries, repairs and judgements, each as it happens.

use std::rc::Rc;

use flow_compiler::bound::{DENIED, NOTE, REPAIR_NOTE_TOKENS};
use flow_compiler::catalogue::ModelFacts;
use flow_compiler::cost::{Resources, longest_backoff_ms};
use flow_compiler::program::{Keep, Ladder, Part, Program, Step, StepId, Template, TierId, ToolId};
use flow_compiler::schema;
use flow_compiler::tokens::request::{sends_schema, tool_text};

use super::machine::{End, Machine, Scope};
use super::size::{answer, call, result, shown};
use super::value::{Shared, elements, open, truth};

/// What was said in a turn or a repair: tokens, and in how many messages.
#[derive(Clone, Copy)]
struct Said {
    tokens: u64,
    messages: u64,
}

/// A rung that is under way.
struct Rung<'p> {
    step: &'p Step,
    /// The prompt and the system message.
    base: Said,
    turns: Vec<Said>,
    repairs: Vec<Said>,
    /// What is left of every tool.
    left: Vec<u64>,
    /// The most turns.
    most: u64,
}

/// Runs a step on its arguments; says how it ended and when.
pub(super) fn run<'p>(machine: &mut Machine<'p>, id: StepId, args: Vec<Shared>, at: u64) -> (End, u64) {
    let step = &machine.plan.program.steps[id.index()];
    let mut scope: Scope = step.params.iter().map(|param| param.slot).zip(args).collect();
    let mut base = Said { tokens: template(machine, &step.prompt, step, &mut scope), messages: 1 };
    if let Some(system) = &step.system {
        base.tokens += template(machine, system, step, &mut scope);
        base.messages += 1;
    }
    let mut now = at;
    // Classifiers first, then a look for a request that is nearly the same; it finds none.
    if let Some(asks) = &step.asks {
        let (end, ends) = machine.body(&asks.body, &mut scope, now);
        now = ends;
        let End::Value(answers) = end else { return (end, now) };
        scope.extend(asks.into.iter().copied().zip(elements(&answers)));
    }
    if let Some(like) = step.cache.as_ref().and_then(|cache| cache.like.as_ref()) {
        now = machine.read(like.tier, base.tokens, &[], now).1;
    }
    // A ceiling over many runs may be reached at any time.
    let rungs = match machine.script.choose(step.over.len() + 1) {
        0 => ladder(machine, &step.ladder, &scope),
        over => &step.over[over - 1],
    };
    let (mut retries, mut repairs) = (step.retry, step.repair);
    let calls: u64 = step.tools.iter().map(|(_, calls)| calls).sum();
    for (index, tier) in rungs.iter().enumerate() {
        let left = step.tools.iter().map(|(_, calls)| *calls).collect();
        let most = step.turns.min(calls + 1).max(1);
        let rung = Rung { step, base, turns: Vec::new(), repairs: Vec::new(), left, most };
        let (end, ends) = rung.climb(machine, *tier, &mut retries, &mut repairs, now);
        now = ends;
        let End::Value(answered) = end else { return (end, now) };
        let Some(accept) = &step.accept else { return (End::Value(answered), now) };
        scope.insert(step.it, Rc::clone(&answered));
        let (end, ends) = machine.body(accept, &mut scope, now);
        now = ends;
        let End::Value(fine) = end else { return (end, now) };
        if truth(&fine, &mut machine.script) {
            return (End::Value(answered), now);
        }
        if index + 1 == rungs.len() {
            return (End::Fails, now);
        }
    }
    (End::Fails, now)
}

fn ladder<'p>(machine: &mut Machine<'p>, of: &'p Ladder, scope: &Scope) -> &'p [TierId] {
    match of {
        Ladder::Rungs(tiers) => tiers,
        Ladder::Choose(arms) => {
            let arm = arms.iter().find(|(when, _)| when.as_ref().is_none_or(|when| machine.truth(when, scope)));
            ladder(machine, &arm.expect("the last arm has no condition").1, scope)
        }
    }
}

/// A prompt in tokens.
fn template(machine: &mut Machine<'_>, parts: &Template, step: &Step, scope: &mut Scope) -> u64 {
    let mut sum = 0;
    for part in parts {
        sum += match part {
            Part::Text(text) => text.len() as u64,
            Part::Hole(value, ty) | Part::Data(value, ty) => {
                let value = machine.value(value, scope);
                shown(&value, ty, &machine.plan.program.types, &mut machine.script)
            }
            Part::Format => step.format.as_ref().map_or(0, |format| format.len() as u64),
            Part::Each { element, list, body, fit, .. } => {
                let mut inside = 0;
                for item in elements(&machine.value(list, scope)) {
                    scope.insert(*element, item);
                    inside += template(machine, body, step, scope);
                }
                fit.as_ref().map_or(inside, |fit| inside.min(fit.size.tokens))
            }
            Part::If { condition, then, otherwise } => {
                let part = if machine.truth(condition, scope) { then } else { otherwise };
                template(machine, part, step, scope)
            }
        };
    }
    sum
}

impl Rung<'_> {
    fn climb(
        mut self,
        machine: &mut Machine<'_>,
        tier: TierId,
        retries: &mut u64,
        repairs: &mut u64,
        mut now: u64,
    ) -> (End, u64) {
        let program = &machine.plan.program;
        let models = &program.tiers[tier.index()].models;
        let mut lane = 0;
        loop {
            let model = &program.models[models[lane].index()];
            let offers = self.offers();
            now += self.attempt(machine, model, offers);
            // An answer, one that is no answer, a failure that may pass, one that does not, calls of tools.
            match machine.script.choose(if offers { 5 } else { 4 }) {
                0 => return (End::Value(open(&self.step.result)), now),
                1 => match repairs.checked_sub(1) {
                    Some(left) => {
                        *repairs = left;
                        self.repairs
                            .push(Said { tokens: self.again(machine, model) + REPAIR_NOTE_TOKENS, messages: 2 });
                    }
                    None => return (End::Fails, now),
                },
                2 if *retries > 0 => {
                    *retries -= 1;
                    now += longest_backoff_ms(self.step.retry - *retries);
                }
                4 => now = self.turn(machine, model, now),
                _ => {
                    lane += 1;
                    if lane == models.len() {
                        return (End::Fails, now);
                    }
                }
            }
        }
    }

    fn offers(&self) -> bool {
        self.turns.len() as u64 + 1 < self.most && self.repairs.is_empty() && self.left.iter().any(|left| *left > 0)
    }

    /// Sends what there is to send; says how long it takes.
    fn attempt(&self, machine: &mut Machine<'_>, model: &ModelFacts, offers: bool) -> u64 {
        let program = &machine.plan.program;
        let types = &program.types;
        let forgotten = match self.step.keep {
            Keep::All => 0,
            Keep::Last(turns) => self.turns.len().saturating_sub(usize::try_from(turns).expect("few turns")),
            Keep::Tokens(most) => {
                let sizes = self.turns.iter().rev().map(|said| said.tokens + said.messages * model.overhead.message);
                let sums = sizes.scan(0, |sum, size| {
                    *sum += size;
                    Some(*sum)
                });
                self.turns.len() - sums.take_while(|sum| *sum <= most).count()
            }
        };
        let said = self.turns.iter().skip(forgotten).chain(&self.repairs).chain([&self.base]);
        let (tokens, messages) = said.fold((0, 0), |sum, said| (sum.0 + said.tokens, sum.1 + said.messages));
        let mut input = tokens + messages * model.overhead.message + model.overhead.request;
        if offers {
            input += model.overhead.tools;
            for ((tool, _), left) in self.step.tools.iter().zip(&self.left) {
                let tool = &program.tools[tool.index()];
                let text = tool_text(&tool.name, &tool.docs, &schema::parameters(types, &tool.params));
                input += if *left > 0 { model.overhead.tool + text.len() as u64 } else { 0 };
            }
        }
        if sends_schema(model, &self.step.result) {
            let text = schema::json_schema(types, &self.step.result).to_string();
            input += model.overhead.format + text.len() as u64;
        }
        let think = if model.thinking { self.step.think } else { 0 };
        let output = (self.longest(program) + think).min(model.max_output);
        let cost = model.price.ceiling(input, output).expect("it fits");
        machine.pay(Resources { cost, calls: 1, turns: 1, input, output, tokens: input + output, ..Resources::ZERO });
        self.step.time_ms.unwrap_or(model.timeout_ms) + self.step.class.window_ms()
    }

    /// A turn that asks for tools: those that are left, or only others, and then it is told so.
    fn turn(&mut self, machine: &mut Machine<'_>, model: &ModelFacts, now: u64) -> u64 {
        let program = &machine.plan.program;
        let mut said = Said { tokens: self.again(machine, model), messages: 1 };
        let mut latest = now;
        let mut made = 0;
        for index in 0..self.left.len() {
            let count = machine.script.choose(usize::try_from(self.left[index]).expect("few calls") + 1);
            let tool: ToolId = self.step.tools[index].0;
            for _ in 0..count {
                self.left[index] -= 1;
                made += 1;
                let declared = &program.tools[tool.index()];
                // Arguments that are none: the call is counted and fails.
                let args = declared.params.iter().map(|param| open(&param.ty)).collect();
                let (end, ends) = machine.tool(tool, args, now);
                latest = latest.max(ends);
                let told = match end {
                    End::Value(_) => result(&declared.result, &program.types),
                    _ => DENIED.len() as u64,
                };
                said.tokens += told;
                said.messages += 1;
            }
        }
        if made == 0 {
            if let Some(left) = self.left.iter_mut().find(|left| **left > 0) {
                *left -= 1;
            }
            said.tokens += NOTE.len() as u64;
            said.messages += 1;
        }
        self.turns.push(said);
        latest
    }

    /// What of an answer is sent again, at most.
    fn again(&self, machine: &Machine<'_>, model: &ModelFacts) -> u64 {
        self.longest(&machine.plan.program).min(model.max_output)
    }

    /// What an answer has room for: the result, and where there is a turn for it the longest call of a tool.
    fn longest(&self, program: &Program) -> u64 {
        let result = answer(&self.step.result, &program.types);
        let calls = self.step.tools.iter().map(|(tool, _)| call(&program.tools[tool.index()], &program.types));
        let calls = if self.most > 1 { calls.max().unwrap_or(0) } else { 0 };
        self.step.output.unwrap_or(result.max(calls))
    }
}
