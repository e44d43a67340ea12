//! Steps: every attempt in its order, what each of them comes to, and what is asked and judged between them.

use flow_compiler::bound::{AttemptMove, StepMove, ToolMove, largest_part};
use flow_compiler::catalogue::ModelFacts;
use flow_compiler::cost::Dimension;
use flow_compiler::program::{Expr, Ladder, Part, Program, Slot, Step, Template, ToolId, Ty};
use flow_compiler::tokens::Counter;

use super::{Act, Ended, Rehearsal, Scope, inside, params};
use crate::execution::{ASKS, JUDGE};
use crate::value::{Sizer, Value, to_json};
use crate::witness::largest::Largest;

/// What an attempt comes to.
enum Comes {
    /// The next model goes on.
    Over,
    /// Tools are called, in this turn.
    Turn(usize),
    /// The answer is no answer.
    Again,
    /// The rung ends.
    Ends,
}

impl Rehearsal<'_> {
    pub(super) fn step(&mut self, of: &StepMove, args: Vec<Slot>, at: &[u64]) -> Ended {
        let plan = self.plan;
        let (Some(step), Some(ceiling)) =
            (plan.program.steps.get(of.step.index()), plan.ceilings.steps.get(of.step.index()))
        else {
            return self.nothing();
        };
        let mut scope = params(&step.params, args);
        self.line = step.place.line;
        if let Some(model) = first_model(&plan.program, step, of) {
            step.system.iter().chain([&step.prompt]).for_each(|part| self.prompt(step, model, part, &scope));
        }
        if let Some(asks) = &step.asks {
            let answers = self.body(&asks.body, &of.asks, &mut scope, &inside(at, ASKS));
            if let Ended::Value(answers) = answers {
                for (index, slot) in (0u64..).zip(&asks.into) {
                    let answer = self.item(answers, index);
                    scope.insert(*slot, answer);
                }
            }
        }
        self.ladder(&step.ladder, of.arm, &scope);
        let turns = usize::try_from(ceiling.turns).unwrap_or(usize::MAX);
        let calls = self.schedule(step, turns);
        for (index, attempt) in of.attempts.iter().enumerate() {
            (0..attempt.again).for_each(|_| self.act(at, Act::FailsForNow, false));
            let next = of.attempts.get(index + 1);
            match comes(attempt, next, turns) {
                Comes::Over => self.act(at, Act::Fails, false),
                Comes::Again => self.act(at, Act::Misses, false),
                Comes::Turn(turn) => {
                    let calls = calls.get(turn).cloned().unwrap_or_default();
                    self.turn(step, of, &calls, at);
                }
                Comes::Ends => {
                    let ended = self.rung(step, of, next.is_none(), &mut scope, at);
                    if next.is_none() {
                        return ended;
                    }
                }
            }
        }
        self.nothing()
    }

    /// The end of a rung: its answer is judged, and the last one is accepted.
    fn rung(&mut self, step: &Step, of: &StepMove, is_last: bool, scope: &mut Scope, at: &[u64]) -> Ended {
        let fails = is_last && of.fails;
        let Some(accept) = &step.accept else {
            if fails {
                self.act(at, Act::Fails, true);
                return Ended::Failed;
            }
            let value = self.said.symbols.leaf(&step.result, false);
            self.act(at, Act::Gives(value), false);
            return Ended::Value(value);
        };
        let value = self.said.symbols.leaf(&step.result, false);
        self.act(at, Act::Gives(value), fails && accept.nodes.is_empty());
        scope.insert(step.it, value);
        let course = of.accept.clone().unwrap_or_default();
        if let Ended::Value(judged) = self.body(accept, &course, scope, &inside(at, JUDGE)) {
            self.line = step.place.line;
            let wish = super::Wish { expr: Expr::Slot(judged), truth: is_last && !fails, line: self.line };
            self.said.wishes.push(wish);
        }
        if fails { Ended::Failed } else { Ended::Value(value) }
    }

    /// A turn that asks for tools: all are called, and all give something.
    fn turn(&mut self, step: &Step, of: &StepMove, calls: &[ToolId], at: &[u64]) {
        let program = &self.plan.program;
        let least = self.plan.ceilings.steps.get(of.step.index());
        let room = least.into_iter().flat_map(|of| &of.models).map(|model| model.output).min().unwrap_or(0);
        let room = room.saturating_sub(step.think);
        let is_small = size(program, calls, |of, ty| of.value(ty)) > room;
        if is_small && size(program, calls, |of, ty| of.least(ty)) > room {
            self.said.missing.push(format!("an answer of `{}` has no room for its calls of tools", step.name));
            return self.act(at, Act::Calls(calls.iter().map(|id| (*id, None)).collect()), false);
        }
        let mut asked: Vec<(ToolId, Vec<Slot>)> = Vec::new();
        for id in calls {
            let params = program.tools.get(id.index()).map_or(&[][..], |tool| &tool.params);
            let args = params.iter().map(|param| self.said.symbols.leaf(&param.ty, is_small)).collect();
            asked.push((*id, args));
        }
        let calls = asked.iter().map(|(id, args)| (*id, Some(args.clone()))).collect();
        self.act(at, Act::Calls(calls), false);
        for (key, (id, args)) in (0u64..).zip(asked) {
            let gate = of.gates.iter().find(|(known, _)| *known == id).map(|(_, gate)| gate.clone());
            self.tool(id, args, &ToolMove { gate, fails: false }, &inside(at, key));
        }
        self.line = step.place.line;
    }

    /// The calls of every turn: as many as can be in the first one, the largest results first; or the longest calls apart, where
    /// time is what counts.
    fn schedule(&self, step: &Step, turns: usize) -> Vec<Vec<ToolId>> {
        let asking = turns.saturating_sub(1);
        let program = &self.plan.program;
        let sizer = Sizer::of(program);
        let largest = Largest { types: &program.types, sizer: &sizer };
        let is_time = self.script.dimension == Dimension::Time;
        let weight = |id: &ToolId| {
            program.tools.get(id.index()).map_or(0, |tool| {
                if is_time {
                    tool.time_ms
                } else {
                    crate::value::shown(&largest.value(&tool.result), &program.types).len() as u64
                }
            })
        };
        let count = |count: u64| usize::try_from(count).unwrap_or(0);
        let mut all: Vec<ToolId> = step.tools.iter().flat_map(|(id, calls)| vec![*id; count(*calls)]).collect();
        all.sort_by_key(|id| std::cmp::Reverse(weight(id)));
        if asking == 0 {
            return Vec::new();
        }
        let mut schedule = vec![Vec::new(); asking];
        let first = (all.len() + 1).saturating_sub(asking);
        for (index, id) in all.into_iter().enumerate() {
            let turn = match is_time {
                true if index < asking => index,
                true => 0,
                false => (index + 1).saturating_sub(first),
            };
            if let Some(calls) = schedule.get_mut(turn) {
                calls.push(id);
            }
        }
        schedule
    }

    /// Which way the conditions of a prompt go: to what is longer.
    fn prompt(&mut self, step: &Step, model: &ModelFacts, template: &Template, scope: &Scope) {
        let program = &self.plan.program;
        for part in template {
            match part {
                Part::Text(_) | Part::Hole(..) | Part::Data(..) | Part::Format => {}
                Part::If { condition, then, otherwise } => {
                    let size = |part| largest_part(program, step, model, part);
                    let longer = size(then) >= size(otherwise);
                    self.wish(condition, scope, longer);
                    self.prompt(step, model, if longer { then } else { otherwise }, scope);
                }
                Part::Each { element, list, most, body, .. } => {
                    let list = self.value(list, scope);
                    for index in 0..*most {
                        let item = self.item(list, index);
                        let mut scope = scope.clone();
                        scope.insert(*element, item);
                        self.prompt(step, model, body, &scope);
                    }
                }
            }
        }
    }

    /// How the conditions of a ladder go so that this arm of it is taken.
    fn ladder(&mut self, ladder: &Ladder, arm: usize, scope: &Scope) {
        let Ladder::Choose(arms) = ladder else { return };
        let mut first = 0;
        for (when, inner) in arms {
            let count = leaves(inner);
            let is_taken = arm < first + count;
            if let Some(when) = when {
                self.wish(when, scope, is_taken);
            }
            if is_taken {
                return self.ladder(inner, arm - first, scope);
            }
            first += count;
        }
    }
}

fn leaves(ladder: &Ladder) -> usize {
    match ladder {
        Ladder::Rungs(_) => 1,
        Ladder::Choose(arms) => arms.iter().map(|(_, ladder)| leaves(ladder)).sum(),
    }
}

fn comes(attempt: &AttemptMove, next: Option<&AttemptMove>, turns: usize) -> Comes {
    match next {
        Some(next) if next.rung == attempt.rung && next.position == attempt.position => Comes::Over,
        Some(next) if next.rung == attempt.rung && next.position < turns => Comes::Turn(attempt.position),
        Some(next) if next.rung == attempt.rung => Comes::Again,
        Some(_) | None => Comes::Ends,
    }
}

/// The model of the first attempt.
fn first_model<'p>(program: &'p Program, step: &'p Step, of: &StepMove) -> Option<&'p ModelFacts> {
    fn arms(ladder: &Ladder) -> Vec<&[flow_compiler::program::TierId]> {
        match ladder {
            Ladder::Rungs(tiers) => vec![tiers],
            Ladder::Choose(choices) => choices.iter().flat_map(|(_, ladder)| arms(ladder)).collect(),
        }
    }
    let tiers = arms(&step.ladder).get(of.arm).copied()?;
    let tier = program.tiers.get(tiers.first()?.index())?;
    program.models.get(tier.models.first()?.index())
}

/// How large the calls of a turn are with such arguments.
fn size(program: &Program, calls: &[ToolId], make: fn(&Largest<'_>, &Ty) -> Value) -> u64 {
    let sizer = Sizer::of(program);
    let largest = Largest { types: &program.types, sizer: &sizer };
    let tools = calls.iter().filter_map(|id| program.tools.get(id.index()));
    let counters = program.models.iter().map(|model| Counter::of(&model.tokenizer)).collect::<Vec<_>>();
    let sizes = tools.map(|tool| {
        let args =
            tool.params.iter().map(|param| (param.name.clone(), to_json(&make(&largest, &param.ty), &program.types)));
        let args = serde_json::Value::Object(args.collect()).to_string();
        let count = |counter: &Counter| counter.count(&tool.name).saturating_add(counter.count(&args));
        counters.iter().map(count).max().unwrap_or(0)
    });
    sizes.fold(0, u64::saturating_add)
}
