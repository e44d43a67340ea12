//! What steps and gates look at, what they send, and why a request of theirs may never be as large as it is counted.

use std::collections::BTreeSet;

use super::super::order::{Order, Unit};
use super::traced::{Path, Traced};
use crate::catalogue::TokenizerClass;
use crate::program::{
    Body, Expr, Gate, GateElse, Ladder, ModelId, NodeKind, Param, Part, Program, Slot, Step, StepId, Template, TierId,
    Tool, Ty,
};

/// A parameter by its index, and the fields into it.
type Asked = (usize, Vec<String>);

/// What a call of a step, or the gate of a tool, does with its arguments.
#[derive(Clone, Debug, Default)]
pub(super) struct StepFacts {
    /// The parameters that are sent or handed on.
    pub uses: BTreeSet<usize>,
    /// The parameters that a judgement or a gate goes by.
    pub decides: BTreeSet<usize>,
    /// What conditions look at.
    pub looked_at: BTreeSet<Asked>,
    /// What is sent.
    pub shown: BTreeSet<Asked>,
    /// What `accept` looks at in the answer.
    pub judged: Vec<Vec<String>>,
    /// Why a request may never be as large as it is counted.
    pub reasons: Vec<String>,
}

/// Gates, by the id of their tool.
pub(super) type Tools = Vec<StepFacts>;

/// The facts of every step and of every gate, by their ids. What a step does by its own rules is told by `loose`.
pub(super) fn facts(
    program: &Program,
    order: &Order,
    loose: &dyn Fn(StepId) -> Option<&'static str>,
) -> (Vec<StepFacts>, Tools) {
    let mut steps: Vec<StepFacts> = program.steps.iter().map(|step| of_step(program, step)).collect();
    let mut tools: Tools = program.tools.iter().map(|tool| of_tool(program, tool)).collect();
    for (unit, calls) in order.units.iter().zip(&order.calls) {
        let mut inside: Vec<String> = Vec::new();
        for callee in calls {
            let facts = match callee {
                Unit::Step(id) => steps.get(id.index()),
                Unit::Tool(id) => tools.get(id.index()),
                Unit::Flow(_) => None,
            };
            inside.extend(facts.into_iter().flat_map(|facts| facts.reasons.iter().cloned()));
        }
        let facts = match unit {
            Unit::Step(id) => {
                let name = program.steps.get(id.index()).map_or("", |step| step.name.as_str());
                inside.extend(loose(*id).map(|loose| format!("`{name}`: {loose}")));
                steps.get_mut(id.index())
            }
            Unit::Tool(id) => tools.get_mut(id.index()),
            Unit::Flow(_) => None,
        };
        if let Some(facts) = facts {
            facts.reasons.extend(inside);
            facts.reasons.sort_unstable();
            facts.reasons.dedup();
        }
    }
    (steps, tools)
}

/// What is looked at and sent, in one scope.
#[derive(Default)]
struct Looking<'a> {
    traced: Traced<'a>,
    looked_at: BTreeSet<Path<'a>>,
    shown: BTreeSet<Path<'a>>,
}

impl<'a> Looking<'a> {
    fn ladder(&mut self, ladder: &'a Ladder) {
        let Ladder::Choose(arms) = ladder else { return };
        for (when, ladder) in arms {
            self.looked_at.extend(when.iter().flat_map(|when| self.traced.of(when)));
            self.ladder(ladder);
        }
    }

    fn template(&mut self, template: &'a Template) {
        for part in template {
            match part {
                Part::Text(_) | Part::Format => {}
                Part::Hole(value, _) | Part::Data(value, _) => self.shown.extend(self.traced.of(value)),
                Part::Each { element, list, body, .. } => {
                    self.shown.extend(self.traced.of(list).into_iter().map(|path| path.field("len")));
                    self.traced.element(*element, list);
                    self.template(body);
                }
                Part::If { condition, then, otherwise } => {
                    self.looked_at.extend(self.traced.of(condition));
                    self.template(then);
                    self.template(otherwise);
                }
            }
        }
    }

    /// A judgement or a gate: what it calls is sent its arguments, what it decides by is looked at.
    fn body(&mut self, body: &'a Body) {
        self.looked_at.extend(self.traced.of(&body.value));
        for node in &body.nodes {
            match &node.kind {
                NodeKind::Value(value) => self.traced.name(node.slot, value),
                NodeKind::Step(_, args) | NodeKind::Tool(_, args) | NodeKind::Flow { args, .. } => {
                    self.shown.extend(args.iter().flat_map(|arg| self.traced.of(arg)));
                }
                NodeKind::Embedding(_, text) => self.shown.extend(self.traced.of(text)),
                NodeKind::Choose(arms) => {
                    for arm in arms {
                        self.looked_at.extend(arm.when.iter().flat_map(|when| self.traced.of(when)));
                        self.body(&arm.body);
                    }
                }
                NodeKind::Each { body, .. } | NodeKind::Loop { body, .. } => self.body(body),
                NodeKind::Attempt { body, handler } => {
                    self.body(body);
                    self.body(handler);
                }
                NodeKind::Assign(slot, value) => self.traced.also(*slot, value),
                NodeKind::Ask(ask) => self.template(&ask.question),
                NodeKind::Signal(_) => {}
            }
        }
    }

    /// The parameters that the value of a body is made of.
    fn decides(&self, body: &'a Body, params: &[Param]) -> BTreeSet<usize> {
        let paths = self.traced.of(&body.value);
        let index = |path: &Path<'_>| params.iter().position(|param| param.slot == path.slot());
        paths.iter().filter_map(index).collect()
    }

    fn facts(self, params: &[Param]) -> StepFacts {
        let asked = |paths: &BTreeSet<Path<'_>>| {
            let found = paths.iter().filter_map(|path| {
                let index = params.iter().position(|param| param.slot == path.slot())?;
                Some((index, path.fields().map(str::to_owned).collect()))
            });
            found.collect::<BTreeSet<Asked>>()
        };
        let (looked_at, shown) = (asked(&self.looked_at), asked(&self.shown));
        let uses = shown.iter().map(|(index, _)| *index).collect();
        StepFacts { uses, looked_at, shown, ..StepFacts::default() }
    }
}

fn of_step(program: &Program, step: &Step) -> StepFacts {
    let mut looking = Looking::default();
    looking.ladder(&step.ladder);
    let templates = step.system.iter().chain([&step.prompt]);
    templates.for_each(|template| looking.template(template));
    step.asks.iter().for_each(|asks| looking.body(&asks.body));
    let asked_before = looking.looked_at.clone();
    let mut judging = Looking::default();
    step.accept.iter().for_each(|accept| judging.body(accept));
    let decides_twice = judging.looked_at.iter().any(|path| meets(path, &asked_before));
    step.accept.iter().for_each(|accept| looking.body(accept));
    let of_answer = |path: &&Path<'_>| path.slot() == step.it;
    let judged = looking.looked_at.iter().filter(of_answer).map(|path| path.fields().map(str::to_owned).collect());
    let judged: Vec<Vec<String>> = judged.collect();
    let asks_and_sends = looking
        .shown
        .iter()
        .filter(of_answer)
        .any(|shown| looking.looked_at.iter().any(|looked| shown.is_around(looked) || looked.is_around(shown)));
    let constant = constant_condition(&step.ladder, &step.prompt);
    let decides = step.accept.as_ref().map_or_else(BTreeSet::new, |accept| looking.decides(accept, &step.params));
    let mut facts = StepFacts { judged, decides, ..looking.facts(&step.params) };
    let mut say = |is_so: bool, reason: String| {
        if is_so {
            facts.reasons.push(reason);
        }
    };
    let name = &step.name;
    say(decides_twice, format!("what the judgement of `{name}` goes by also decides what it is sent, or where"));
    say(
        step.accept.as_ref().is_some_and(|accept| asks_the_judged(accept, program)),
        format!("the judgement of `{name}` goes by an answer that is judged itself"),
    );
    say(constant, format!("a condition of `{name}` always goes the same way"));
    say(asks_and_sends, format!("the judgement of `{name}` sends what it also looks at"));
    let params = step.params.iter().map(|param| (param.slot, &param.ty));
    let known: Vec<(Slot, &Ty)> = params.chain([(step.it, &step.result)]).collect();
    let judges = step.accept.as_ref().is_some_and(|accept| !accept.nodes.is_empty());
    say(
        judges && step.accept.as_ref().is_some_and(|accept| gives_less(accept, &known, program)),
        format!("the judgement of `{name}` is given less than it takes"),
    );
    let models = models(program, step);
    let counted = models.iter().any(|class| !matches!(class, TokenizerClass::Ceiling { .. }));
    say(
        counted && holes(&step.prompt) > 0,
        format!("a request of `{name}` is counted piece by piece, and the whole may have fewer tokens"),
    );
    say(
        holes(&step.prompt) > 0 && readers_differ(program),
        "texts are counted by several tokenizers, and none is the longest under all".to_owned(),
    );
    let coarse = models.iter().any(|class| !matches!(class, TokenizerClass::Ceiling { bytes_per_token: 1 }));
    say(
        leaves_out(&step.prompt),
        format!("elements that do not fit into the prompt of `{name}` are left out, and the rest may be smaller"),
    );
    say(step.repair > 0 && coarse, format!("the note of a repair of `{name}` may be shorter than it is counted"));
    let climbs = super::super::prompt::arms(&step.ladder).iter().any(|rungs| rungs.len() > 1);
    say(climbs && step.accept.is_none(), format!("`{name}` accepts every answer, so its ladder never climbs"));
    facts
}

fn of_tool(program: &Program, tool: &Tool) -> StepFacts {
    let Some(Gate { open, otherwise }) = &tool.gate else {
        let reasons =
            (!tool.once_per.is_empty()).then(|| format!("a repeated call of `{}` is counted and not made", tool.name));
        return StepFacts { reasons: reasons.into_iter().collect(), ..StepFacts::default() };
    };
    let mut looking = Looking::default();
    looking.body(open);
    let decides = looking.decides(open, &tool.params);
    let mut facts = StepFacts { decides, ..looking.facts(&tool.params) };
    let name = &tool.name;
    if !tool.once_per.is_empty() || asks_before(open) {
        facts.reasons.push(format!("a repeated call of `{name}` is counted and not made"));
    }
    if asks_the_judged(open, program) {
        facts.reasons.push(format!("the gate of `{name}` goes by an answer that is judged itself"));
    }
    let known: Vec<(Slot, &Ty)> = tool.params.iter().map(|param| (param.slot, &param.ty)).collect();
    if gives_less(open, &known, program) {
        facts.reasons.push(format!("what the gate of `{name}` asks is given less than it takes"));
    }
    if matches!(otherwise, GateElse::Approve { .. }) {
        facts
            .reasons
            .push(format!("the wait for a person before `{name}` is counted, and not every call waits for one"));
    }
    facts
}

/// Whether one of these paths is this one, inside of it or around it.
fn meets(path: &Path<'_>, others: &BTreeSet<Path<'_>>) -> bool {
    others.iter().any(|other| path.is_around(other) || other.is_around(path))
}

/// Whether a step goes by its own answer, in a condition of its `accept`: then what it gives cannot be everything.
pub(in crate::bound) fn goes_by_its_answer(step: &Step) -> bool {
    let mut looking = Looking::default();
    step.accept.iter().for_each(|accept| looking.body(accept));
    looking.looked_at.iter().any(|path| path.slot() == step.it)
}

/// Whether a judgement or a gate calls a step that goes by its own answer.
fn asks_the_judged(body: &Body, program: &Program) -> bool {
    body.nodes.iter().any(|node| {
        let is_judged = match &node.kind {
            NodeKind::Step(id, _) => program.steps.get(id.index()).is_some_and(goes_by_its_answer),
            NodeKind::Value(_)
            | NodeKind::Embedding(..)
            | NodeKind::Tool(..)
            | NodeKind::Flow { .. }
            | NodeKind::Choose(_)
            | NodeKind::Each { .. }
            | NodeKind::Loop { .. }
            | NodeKind::Attempt { .. }
            | NodeKind::Assign(..)
            | NodeKind::Ask(_)
            | NodeKind::Signal(_) => false,
        };
        is_judged || node.bodies().any(|body| asks_the_judged(body, program))
    })
}

/// Whether a gate asks for what was called before.
fn asks_before(body: &Body) -> bool {
    fn asks(expr: &Expr) -> bool {
        let mut found = matches!(expr, Expr::Seen(_));
        expr.parts(&mut |part| found = found || asks(part));
        found
    }
    let node = |kind: &NodeKind| match kind {
        NodeKind::Value(value) => asks(value),
        NodeKind::Choose(arms) => arms.iter().any(|arm| arm.when.as_ref().is_some_and(asks) || asks_before(&arm.body)),
        NodeKind::Step(..)
        | NodeKind::Embedding(..)
        | NodeKind::Tool(..)
        | NodeKind::Flow { .. }
        | NodeKind::Each { .. }
        | NodeKind::Loop { .. }
        | NodeKind::Attempt { .. }
        | NodeKind::Assign(..)
        | NodeKind::Ask(_)
        | NodeKind::Signal(_) => false,
    };
    asks(&body.value) || body.nodes.iter().any(|of| node(&of.kind))
}

/// Whether a judgement or a gate, of which these values are known, calls a step with less than that takes.
#[expect(clippy::wildcard_enum_match_arm, reason = "of anything else it is not known")]
fn gives_less(body: &Body, known: &[(Slot, &Ty)], program: &Program) -> bool {
    let of = |slot: &Slot| known.iter().find(|(known, _)| known == slot).map(|(_, ty)| *ty);
    let ty = |arg: &Expr| -> Option<Ty> {
        match arg {
            Expr::Slot(slot) => of(slot).cloned(),
            Expr::Cut(inner, size) => match &**inner {
                Expr::Slot(slot) => match of(slot) {
                    Some(Ty::Text(whole)) if whole.tokens >= size.tokens && whole.bytes >= size.bytes => {
                        Some(Ty::Text(*size))
                    }
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        }
    };
    body.nodes.iter().any(|node| match &node.kind {
        NodeKind::Step(id, args) => {
            let params = program.steps.get(id.index()).map_or(&[][..], |step| &step.params);
            args.iter().zip(params).any(|(arg, param)| ty(arg).as_ref() != Some(&param.ty))
        }
        NodeKind::Value(_) => false,
        NodeKind::Embedding(..)
        | NodeKind::Tool(..)
        | NodeKind::Flow { .. }
        | NodeKind::Choose(_)
        | NodeKind::Each { .. }
        | NodeKind::Loop { .. }
        | NodeKind::Attempt { .. }
        | NodeKind::Assign(..)
        | NodeKind::Ask(_)
        | NodeKind::Signal(_) => true,
    })
}

/// Whether a condition looks at nothing.
fn constant_condition(ladder: &Ladder, prompt: &Template) -> bool {
    let looks = |when: &Expr| !Traced::default().of(when).is_empty() || asks_signal(when);
    let in_ladder = match ladder {
        Ladder::Rungs(_) => false,
        Ladder::Choose(arms) => arms.iter().any(|(when, _)| when.as_ref().is_some_and(|when| !looks(when))),
    };
    let in_prompt = prompt.iter().any(|part| matches!(part, Part::If { condition, .. } if !looks(condition)));
    in_ladder || in_prompt
}

fn asks_signal(when: &Expr) -> bool {
    let mut found = matches!(when, Expr::Signal(_) | Expr::Caller(_));
    when.parts(&mut |part| found = found || asks_signal(part));
    found
}

fn models<'p>(program: &'p Program, step: &Step) -> Vec<&'p TokenizerClass> {
    let class = |id: ModelId| program.models.get(id.index()).map(|model| &model.tokenizer);
    super::super::prompt::models(program, step).into_iter().filter_map(class).collect()
}

/// Whether a vocabulary counts what a tier reads.
pub(super) fn reads_pieces(program: &Program, tier: TierId) -> bool {
    let models = program.tiers.get(tier.index()).into_iter().flat_map(|tier| &tier.models);
    let mut classes = models.filter_map(|id| program.models.get(id.index())).map(|model| &model.tokenizer);
    classes.any(|class| !matches!(class, TokenizerClass::Ceiling { .. }))
}

/// Whether texts are counted by several tokenizers.
pub(super) fn readers_differ(program: &Program) -> bool {
    let mut classes =
        program.readers.iter().filter_map(|id| program.models.get(id.index())).map(|model| &model.tokenizer);
    let first = classes.next();
    classes.any(|class| Some(class) != first)
}

/// Whether elements of a list are left out so that the rest fits.
fn leaves_out(template: &Template) -> bool {
    fn fits(expr: &Expr) -> bool {
        let mut found = matches!(expr, Expr::Fit(..));
        expr.parts(&mut |part| found = found || fits(part));
        found
    }
    template.iter().any(|part| match part {
        Part::Text(_) | Part::Format => false,
        Part::Hole(value, _) | Part::Data(value, _) => fits(value),
        Part::Each { list, fit, body, .. } => fit.is_some() || fits(list) || leaves_out(body),
        Part::If { condition, then, otherwise } => fits(condition) || leaves_out(then) || leaves_out(otherwise),
    })
}

fn holes(template: &Template) -> usize {
    let count = |part: &Part| match part {
        Part::Text(_) | Part::Format => 0,
        Part::Hole(..) | Part::Data(..) => 1,
        Part::Each { body, .. } => holes(body),
        Part::If { then, otherwise, .. } => holes(then) + holes(otherwise),
    };
    template.iter().map(count).sum()
}
