//! A script walked through without doing anything. In: a script. Out: what everybody outside does, call by call, in terms of
//! values that are not known yet; and how the conditions on the way have to go.
//!
//! It goes through a flow as an execution does, so that every call has the address that it has there.

mod steps;

use std::collections::{HashMap, VecDeque};

use flow_compiler::bound::{Course, Does, Move, Script, ToolMove};
use flow_compiler::plan::Plan;
use flow_compiler::program::{
    Arm, Body, Builtin, EmbeddingId, EmbeddingInto, Expr, FlowId, Leave, Literal, Node, NodeKind, Operator, Param,
    Slot, ToolId, Ty,
};

use super::solve::Wish;
use super::symbols::{Scope, Symbols};

/// What somebody outside does when asked.
#[derive(Clone, Debug)]
pub(super) enum Act {
    /// Gives this value.
    Gives(Slot),
    /// Answers with something that is no answer.
    Misses,
    /// Asks for tools, each with its arguments; without them where an answer has no room for any.
    Calls(Vec<(ToolId, Option<Vec<Slot>>)>),
    /// Fails after all it can take.
    Fails,
    /// The same, and may be asked again.
    FailsForNow,
}

/// An act, and whether everything else comes before its end.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    pub act: Act,
    pub is_last: bool,
}

/// Where something is asked, by its keys.
pub(super) type Address = Vec<u64>;

/// A script in terms of values that are not known yet.
#[derive(Debug, Default)]
pub(super) struct Rehearsed {
    pub symbols: Symbols,
    /// The parameters of the flow.
    pub input: Vec<Slot>,
    pub acts: HashMap<Address, VecDeque<Planned>>,
    pub wishes: Vec<Wish>,
    /// What cannot be played, and why.
    pub missing: Vec<String>,
}

/// How a construct ended.
enum Ended {
    Value(Slot),
    Failed,
    Left(Exit, Slot),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Exit {
    Breaks,
    Skips,
    Returns,
    Escalates,
}

/// Walks through a script.
pub(super) fn rehearse(plan: &Plan, script: &Script) -> Rehearsed {
    let mut rehearsal = Rehearsal { plan, script, said: Rehearsed::default(), line: 0 };
    if let Some(flow) = plan.program.flows.get(script.flow.index()) {
        let input: Vec<Slot> = flow.params.iter().map(|param| rehearsal.said.symbols.leaf(&param.ty, false)).collect();
        let mut scope = flow.params.iter().map(|param| param.slot).zip(input.iter().copied()).collect();
        rehearsal.said.input = input;
        rehearsal.body(&flow.body, &script.course, &mut scope, &[0]);
    }
    rehearsal.said
}

struct Rehearsal<'a> {
    plan: &'a Plan,
    script: &'a Script,
    said: Rehearsed,
    /// The line of the node at hand.
    line: u32,
}

fn inside(at: &[u64], key: u64) -> Address {
    at.iter().copied().chain([key]).collect()
}

impl Rehearsal<'_> {
    fn value(&mut self, expr: &Expr, scope: &Scope) -> Slot {
        let expr = self.said.symbols.of(expr, scope);
        self.said.symbols.made(expr)
    }

    fn wish(&mut self, expr: &Expr, scope: &Scope, truth: bool) {
        let expr = self.said.symbols.of(expr, scope);
        self.said.wishes.push(Wish { expr, truth, line: self.line });
    }

    fn act(&mut self, at: &[u64], act: Act, is_last: bool) {
        self.said.acts.entry(at.to_vec()).or_default().push_back(Planned { act, is_last });
    }

    fn nothing(&mut self) -> Ended {
        Ended::Value(self.said.symbols.null())
    }

    fn body(&mut self, body: &Body, course: &Course, scope: &mut Scope, at: &[u64]) -> Ended {
        let mut fails = false;
        for (index, node) in body.nodes.iter().enumerate() {
            let Some(known) = course.moves.iter().find(|known| known.slot == node.slot) else {
                if !fails {
                    self.quiet(node, scope);
                }
                continue;
            };
            self.line = known.line;
            match self.node(node, known, scope, &inside(at, index as u64)) {
                Ended::Value(value) => {
                    scope.insert(node.slot, value);
                }
                Ended::Failed => fails = true,
                left @ Ended::Left(..) => return left,
            }
        }
        if fails { Ended::Failed } else { Ended::Value(self.value(&body.value, scope)) }
    }

    fn node(&mut self, node: &Node, known: &Move, scope: &mut Scope, at: &[u64]) -> Ended {
        match (&node.kind, &known.does) {
            (NodeKind::Step(_, args), Does::Step(step)) => {
                let args = args.iter().map(|arg| self.value(arg, scope)).collect();
                self.step(step, args, at)
            }
            (NodeKind::Embedding(id, _), Does::Embedding { fails }) => self.embedding(*id, *fails, at),
            (NodeKind::Tool(id, args), Does::Tool(of)) => {
                let args = args.iter().map(|arg| self.value(arg, scope)).collect();
                self.tool(*id, args, of, at)
            }
            (NodeKind::Flow { flow, args, .. }, Does::Flow(course)) => {
                let args = args.iter().map(|arg| self.value(arg, scope)).collect();
                self.flow(*flow, args, course, at)
            }
            (NodeKind::Choose(arms), Does::Choose(arm, course)) => self.choose(arms, *arm, course, scope, at),
            (NodeKind::Each { list, element, body, .. }, Does::Each(groups)) => {
                let list = self.value(list, scope);
                self.each(list, *element, body, groups, scope, at)
            }
            (NodeKind::Loop { most, body }, Does::Loop(groups)) => {
                let mut left = *most;
                for (count, course) in groups {
                    for _ in 0..*count {
                        left = left.saturating_sub(1);
                        match self.body(body, course, scope, &inside(at, left)) {
                            Ended::Value(_) => {}
                            Ended::Left(Exit::Breaks, _) => return self.nothing(),
                            other @ (Ended::Failed | Ended::Left(..)) => return other,
                        }
                    }
                }
                self.nothing()
            }
            (NodeKind::Attempt { body, handler }, Does::Attempt(course, handled)) => {
                match (self.body(body, course, scope, &inside(at, 0)), handled) {
                    (Ended::Failed, Some(course)) => self.body(handler, course, scope, &inside(at, 1)),
                    (ended, _) => ended,
                }
            }
            (NodeKind::Signal(leave), _) => self.leave(leave, scope),
            (NodeKind::Ask(ask), _) => {
                let value = self.said.symbols.leaf(&ask.result, false);
                self.act(at, Act::Gives(value), false);
                Ended::Value(value)
            }
            (NodeKind::Value(_) | NodeKind::Assign(..), _) => {
                self.quiet(node, scope);
                Ended::Value(scope.get(&node.slot).copied().unwrap_or_else(|| self.said.symbols.null()))
            }
            (
                NodeKind::Step(..)
                | NodeKind::Embedding(..)
                | NodeKind::Tool(..)
                | NodeKind::Flow { .. }
                | NodeKind::Choose(_)
                | NodeKind::Each { .. }
                | NodeKind::Loop { .. }
                | NodeKind::Attempt { .. },
                _,
            ) => {
                self.said.missing.push(format!("the script does not fit the flow in line {}", known.line));
                self.nothing()
            }
        }
    }

    fn leave(&mut self, leave: &Leave, scope: &Scope) -> Ended {
        match leave {
            Leave::Break => Ended::Left(Exit::Breaks, self.said.symbols.null()),
            Leave::Skip => Ended::Left(Exit::Skips, self.said.symbols.null()),
            Leave::Return(value) => Ended::Left(Exit::Returns, self.value(value, scope)),
            Leave::Escalate { .. } => Ended::Left(Exit::Escalates, self.said.symbols.null()),
        }
    }

    fn choose(&mut self, arms: &[Arm], taken: Option<usize>, course: &Course, scope: &mut Scope, at: &[u64]) -> Ended {
        for when in arms.iter().take(taken.unwrap_or(arms.len())).filter_map(|arm| arm.when.as_ref()) {
            self.wish(when, scope, false);
        }
        let Some(arm) = taken.and_then(|taken| arms.get(taken)) else { return self.nothing() };
        if let Some(when) = &arm.when {
            self.wish(when, scope, true);
        }
        self.bind(arm, scope);
        self.body(&arm.body, course, scope, at)
    }

    fn bind(&mut self, arm: &Arm, scope: &mut Scope) {
        for (slot, value) in &arm.binds {
            let value = self.value(value, scope);
            scope.insert(*slot, value);
        }
    }

    fn each(
        &mut self,
        list: Slot,
        element: Slot,
        body: &Body,
        groups: &[(u64, Course)],
        scope: &mut Scope,
        at: &[u64],
    ) -> Ended {
        let count: u64 = groups.iter().map(|(count, _)| count).sum();
        let length = Expr::Builtin(Builtin::Len, vec![Expr::Slot(list)]);
        let whole = Expr::Literal(Literal::Int(i64::try_from(count).unwrap_or(i64::MAX)));
        let expr = Expr::Binary(Operator::Equal, Box::new(length), Box::new(whole));
        self.said.wishes.push(Wish { expr, truth: true, line: self.line });
        let (mut made, mut left, mut index) = (Vec::new(), None, 0u64);
        for course in groups.iter().flat_map(|(count, course)| (0..*count).map(move |_| course)) {
            let item = self.item(list, index);
            scope.insert(element, item);
            match self.body(body, course, scope, &inside(at, index)) {
                Ended::Value(value) => made.push(Expr::Slot(value)),
                Ended::Left(Exit::Skips, _) => {}
                other @ (Ended::Failed | Ended::Left(..)) => left = left.or(Some(other)),
            }
            index += 1;
        }
        left.unwrap_or_else(|| Ended::Value(self.said.symbols.made(Expr::List(made))))
    }

    fn item(&mut self, list: Slot, index: u64) -> Slot {
        let at = Expr::Literal(Literal::Int(i64::try_from(index).unwrap_or(i64::MAX)));
        self.said.symbols.made(Expr::Index(Box::new(Expr::Slot(list)), Box::new(at)))
    }

    /// Every model that stands in is asked, and only the last one answers.
    fn embedding(&mut self, id: EmbeddingId, fails: bool, at: &[u64]) -> Ended {
        let program = &self.plan.program;
        let Some(embedding) = program.embeddings.get(id.index()) else { return self.nothing() };
        let models = program.tiers.get(embedding.tier.index()).map_or(1, |tier| tier.models.len());
        (1..models).for_each(|_| self.act(at, Act::Fails, false));
        if fails {
            self.act(at, Act::Fails, true);
            return Ended::Failed;
        }
        let ty = match &embedding.into {
            EmbeddingInto::Vector => Ty::Vector,
            EmbeddingInto::Label { labels_of, .. } => Ty::Enum(*labels_of),
        };
        let value = self.said.symbols.leaf(&ty, false);
        self.act(at, Act::Gives(value), false);
        Ended::Value(value)
    }

    fn flow(&mut self, id: FlowId, args: Vec<Slot>, course: &Course, at: &[u64]) -> Ended {
        let Some(flow) = self.plan.program.flows.get(id.index()) else { return self.nothing() };
        let mut scope = flow.params.iter().map(|param| param.slot).zip(args).collect();
        match self.body(&flow.body, course, &mut scope, &inside(at, 0)) {
            Ended::Left(Exit::Returns, value) => Ended::Value(value),
            ended @ (Ended::Value(_) | Ended::Failed | Ended::Left(..)) => ended,
        }
    }

    /// A tool: its gate opens, and it is called.
    fn tool(&mut self, id: ToolId, args: Vec<Slot>, of: &ToolMove, at: &[u64]) -> Ended {
        let Some(tool) = self.plan.program.tools.get(id.index()) else { return self.nothing() };
        if let Some(gate) = &tool.gate {
            let mut scope: Scope = params(&tool.params, args);
            let none = Course::default();
            let course = of.gate.as_ref().unwrap_or(&none);
            if let Ended::Value(open) = self.body(&gate.open, course, &mut scope, &inside(at, 0)) {
                self.said.wishes.push(Wish { expr: Expr::Slot(open), truth: true, line: tool.place.line });
            }
        }
        if of.fails {
            self.act(at, Act::Fails, true);
            return Ended::Failed;
        }
        let value = self.said.symbols.leaf(&tool.result, false);
        self.act(at, Act::Gives(value), false);
        Ended::Value(value)
    }

    /// A node that takes nothing: only what it makes matters.
    fn quiet(&mut self, node: &Node, scope: &mut Scope) {
        let made = match &node.kind {
            NodeKind::Value(value) => self.value(value, scope),
            NodeKind::Assign(slot, value) => {
                let value = self.value(value, scope);
                scope.insert(*slot, value);
                self.said.symbols.null()
            }
            NodeKind::Choose(arms) => self.either(arms, scope),
            NodeKind::Each { list, element, most, body, .. } => {
                let list = self.value(list, scope);
                let made = (0..*most).map(|index| {
                    let item = self.item(list, index);
                    scope.insert(*element, item);
                    Expr::Slot(self.silent(body, scope))
                });
                let made = made.collect();
                self.said.symbols.made(Expr::List(made))
            }
            NodeKind::Loop { most, body } => {
                (0..*most).for_each(|_| {
                    self.silent(body, scope);
                });
                self.said.symbols.null()
            }
            NodeKind::Attempt { body, .. } => self.silent(body, scope),
            NodeKind::Step(..)
            | NodeKind::Embedding(..)
            | NodeKind::Tool(..)
            | NodeKind::Flow { .. }
            | NodeKind::Ask(_)
            | NodeKind::Signal(_) => self.said.symbols.null(),
        };
        scope.insert(node.slot, made);
    }

    fn silent(&mut self, body: &Body, scope: &mut Scope) -> Slot {
        body.nodes.iter().for_each(|node| self.quiet(node, scope));
        self.value(&body.value, scope)
    }

    /// A choice that takes nothing either way: what it makes is one or the other.
    fn either(&mut self, arms: &[Arm], scope: &mut Scope) -> Slot {
        let mut ends: Vec<(Option<Expr>, Scope, Slot)> = Vec::new();
        for arm in arms {
            let when = arm.when.as_ref().map(|when| self.said.symbols.of(when, scope));
            let mut inner = scope.clone();
            self.bind(arm, &mut inner);
            let value = self.silent(&arm.body, &mut inner);
            ends.push((when, inner, value));
        }
        let null = self.said.symbols.null();
        let before = scope.clone();
        let merged = |of: &dyn Fn(&Scope, Slot) -> Slot, otherwise: Slot| {
            ends.iter().rev().fold(Expr::Slot(otherwise), |rest, (when, scope, value)| {
                let this = Expr::Slot(of(scope, *value));
                match when {
                    Some(_) if this == rest => rest,
                    Some(when) => Expr::If(Box::new(when.clone()), Box::new(this), Box::new(rest)),
                    None => this,
                }
            })
        };
        let value = merged(&|_, value| value, null);
        let vars = before
            .iter()
            .map(|(slot, old)| (*slot, merged(&|scope, _| scope.get(slot).copied().unwrap_or(*old), *old)));
        for (slot, expr) in vars.collect::<Vec<_>>() {
            let made = self.said.symbols.made(expr);
            scope.insert(slot, made);
        }
        self.said.symbols.made(value)
    }
}

fn params(params: &[Param], args: Vec<Slot>) -> Scope {
    params.iter().map(|param| param.slot).zip(args).collect()
}
