//! Bodies, control and tools, as a run does them: what is ready starts, and nothing new starts where something has failed.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use flow_compiler::cost::Resources;
use flow_compiler::plan::Plan;
use flow_compiler::program::{
    Body, EmbeddingId, EmbeddingInto, Expr, FlowId, GateElse, Leave, Literal, Node, NodeKind, Operator, Slot, StepId,
    Test, TierId, ToolId, ToolSource, Ty,
};

use super::Script;
use super::value::{Shared, Value, elements, field, open, shared, truth, variant};

/// The values of one flow, step or tool.
pub(super) type Scope = HashMap<Slot, Shared>;

/// How a construct ended.
#[derive(Clone, Debug)]
pub(super) enum End {
    Value(Shared),
    Fails,
    Break,
    Skip,
    Return(Shared),
    Escalate,
}

/// One run.
pub(super) struct Machine<'p> {
    pub(super) plan: &'p Plan,
    pub(super) script: Script,
    pub(super) spent: Resources,
    /// What is known about the caller; chosen where it is first asked.
    facts: BTreeMap<String, usize>,
}

/// What a fact about the caller may be; the first is not known, the last is nothing that a program names.
const FACTS: [&str; 4] = ["", "gold", "eu", "else"];

impl<'p> Machine<'p> {
    pub(super) fn new(plan: &'p Plan, script: Script) -> Machine<'p> {
        Machine { plan, script, spent: Resources::ZERO, facts: BTreeMap::new() }
    }

    /// Runs a flow on anything that it takes; says how long it took.
    pub(super) fn flow(&mut self, id: FlowId) -> u64 {
        let flow = &self.plan.program.flows[id.index()];
        let mut scope = flow.params.iter().map(|param| (param.slot, open(&param.ty))).collect();
        self.body(&flow.body, &mut scope, 0).1
    }

    pub(super) fn pay(&mut self, what: Resources) {
        self.spent = self.spent.then(&Resources { time_ms: 0, ..what }).expect("it fits");
    }

    /// Runs a body from a point in time; says how it ended and when.
    pub(super) fn body(&mut self, body: &'p Body, scope: &mut Scope, start: u64) -> (End, u64) {
        let mut waiting: Vec<&Node> = body.nodes.iter().collect();
        let mut finish: HashMap<Slot, u64> = HashMap::new();
        let mut latest = start;
        // The first to leave or fail, and when.
        let mut left: Option<(End, u64)> = None;
        loop {
            let ready = waiting.iter().enumerate().filter_map(|(index, node)| {
                let inside = node.needs.iter().filter(|need| body.nodes.iter().any(|other| other.slot == **need));
                let begins = inside.map(|need| finish.get(need).copied()).collect::<Option<Vec<u64>>>()?;
                Some((begins.into_iter().max().unwrap_or(start), index))
            });
            let Some((begins, index)) = ready.min() else { break };
            if left.as_ref().is_some_and(|(_, when)| begins > *when || (begins == *when && begins > start)) {
                break;
            }
            let node = waiting.remove(index);
            let (end, ends) = self.node(node, scope, begins);
            latest = latest.max(ends);
            match end {
                End::Value(value) => {
                    scope.insert(node.slot, value);
                    finish.insert(node.slot, ends);
                }
                other => {
                    if left.as_ref().is_none_or(|(_, when)| ends < *when) {
                        left = Some((other, ends));
                    }
                }
            }
        }
        match left {
            Some((end, _)) => (end, latest),
            None => {
                let value = self.value(&body.value, scope);
                (End::Value(value), latest)
            }
        }
    }

    fn node(&mut self, node: &'p Node, scope: &mut Scope, at: u64) -> (End, u64) {
        let nothing = || shared(Value::Open(Ty::Null));
        match &node.kind {
            NodeKind::Value(value) => (End::Value(self.value(value, scope)), at),
            NodeKind::Assign(slot, value) => {
                let value = self.value(value, scope);
                scope.insert(*slot, value);
                (End::Value(nothing()), at)
            }
            NodeKind::Step(id, args) => {
                let args = args.iter().map(|arg| self.value(arg, scope)).collect();
                self.step(*id, args, at)
            }
            NodeKind::Embedding(id, _) => self.embedding(*id, at),
            NodeKind::Ask(ask) => match self.script.choose(2) {
                0 => (End::Value(open(&ask.result)), at + ask.within_ms),
                _ => (End::Fails, at + ask.within_ms),
            },
            NodeKind::Tool(id, args) => {
                let args = args.iter().map(|arg| self.value(arg, scope)).collect();
                self.tool(*id, args, at)
            }
            NodeKind::Flow { flow, args, .. } => {
                let flow = &self.plan.program.flows[flow.index()];
                let values = args.iter().map(|arg| self.value(arg, scope));
                let mut inner: Scope = flow.params.iter().map(|param| param.slot).zip(values).collect();
                match self.body(&flow.body, &mut inner, at) {
                    (End::Return(value), ends) => (End::Value(value), ends),
                    ended => ended,
                }
            }
            NodeKind::Choose(arms) => {
                for arm in arms {
                    if arm.when.as_ref().is_none_or(|when| self.truth(when, scope)) {
                        for (slot, bound) in &arm.binds {
                            let value = self.value(bound, scope);
                            scope.insert(*slot, value);
                        }
                        return self.body(&arm.body, scope, at);
                    }
                }
                (End::Value(nothing()), at)
            }
            NodeKind::Each { list, element, parallel, body, .. } => {
                let list = self.value(list, scope);
                let items = self.items(&list, body);
                self.each(&items, *element, *parallel, body, scope, at)
            }
            NodeKind::Loop { most, body } => {
                let mut now = at;
                for _ in 0..*most {
                    let (end, ends) = self.body(body, scope, now);
                    now = ends;
                    match end {
                        End::Value(_) => {}
                        End::Break => break,
                        End::Fails | End::Skip | End::Return(_) | End::Escalate => return (end, now),
                    }
                }
                (End::Value(nothing()), now)
            }
            NodeKind::Attempt { body, handler } => match self.body(body, scope, at) {
                (End::Fails, ends) => self.body(handler, scope, ends),
                ended => ended,
            },
            NodeKind::Signal(leave) => (
                match leave {
                    Leave::Break => End::Break,
                    Leave::Skip => End::Skip,
                    Leave::Return(value) => End::Return(self.value(value, scope)),
                    Leave::Escalate { .. } => End::Escalate,
                },
                at,
            ),
        }
    }

    /// The elements that a body runs for: as many as there may be or, where it may leave the flow and so keep it from what comes
    /// behind, as few.
    fn items(&mut self, list: &Shared, body: &Body) -> Vec<Shared> {
        let fewest = match &*list.borrow() {
            Value::Open(Ty::List { element, low, high }) if low < high && leaves(body) => {
                Some((0..*low).map(|_| open(element)).collect())
            }
            _ => None,
        };
        if let Some(fewest) = fewest
            && self.script.choose(2) == 1
        {
            *list.borrow_mut() = Value::List(fewest);
        }
        elements(list)
    }

    fn each(
        &mut self,
        items: &[Shared],
        element: Slot,
        parallel: u64,
        body: &'p Body,
        scope: &mut Scope,
        at: u64,
    ) -> (End, u64) {
        let mut slots = vec![at; usize::try_from(parallel.max(1)).expect("few at once")];
        let (mut stop, mut latest): (Option<(u64, End)>, u64) = (None, at);
        let mut made = Vec::new();
        for item in items {
            let (slot, begins) = slots.iter().copied().enumerate().min_by_key(|(_, free)| *free).expect("a slot");
            // Nothing new starts once an element has left.
            if stop.as_ref().is_some_and(|(left, _)| *left <= begins) {
                break;
            }
            scope.insert(element, Rc::clone(item));
            let (end, ends) = self.body(body, scope, begins);
            slots[slot] = ends;
            latest = latest.max(ends);
            match end {
                End::Value(value) => made.push(value),
                End::Skip => {}
                End::Fails | End::Break | End::Return(_) | End::Escalate => {
                    if stop.as_ref().is_none_or(|(left, _)| ends < *left) {
                        stop = Some((ends, end));
                    }
                }
            }
        }
        match stop {
            Some((_, end)) => (end, latest),
            None => (End::Value(shared(Value::List(made))), latest),
        }
    }

    /// A tool: its gate, then the call.
    pub(super) fn tool(&mut self, id: ToolId, args: Vec<Shared>, at: u64) -> (End, u64) {
        let tool = &self.plan.program.tools[id.index()];
        let mut scope: Scope = tool.params.iter().map(|param| param.slot).zip(args).collect();
        let counted = Resources { tools: 1, ..Resources::ZERO };
        let mut now = at;
        if let Some(gate) = &tool.gate {
            let (end, ends) = self.body(&gate.open, &mut scope, now);
            now = ends;
            let End::Value(open) = end else { return (End::Fails, now) };
            if !truth(&open, &mut self.script) {
                self.pay(counted);
                return match &gate.otherwise {
                    GateElse::Value(value) => (End::Value(self.value(value, &scope)), now),
                    GateElse::Deny => (End::Fails, now),
                    // A person opens it after all, or nobody does in time.
                    GateElse::Approve { within_ms, .. } => (End::Fails, now + within_ms),
                };
            }
        }
        if let ToolSource::Index { query, .. } = &tool.source {
            let (read, ends) = self.embedding(*query, now);
            now = ends;
            if matches!(read, End::Fails) {
                self.pay(counted);
                return (End::Fails, now);
            }
        }
        self.pay(Resources { cost: tool.price, ..counted });
        now += tool.time_ms;
        if self.script.choose(2) == 0 { (End::Value(open(&tool.result)), now) } else { (End::Fails, now) }
    }

    /// A reader of a text, and of labels.
    fn embedding(&mut self, id: EmbeddingId, at: u64) -> (End, u64) {
        let embedding = &self.plan.program.embeddings[id.index()];
        let text = embedding.text.tokens.min(embedding.text.bytes);
        let (labels, result) = match &embedding.into {
            EmbeddingInto::Vector => (&[][..], Ty::Vector),
            EmbeddingInto::Label { labels_of, labels } => (&labels[..], Ty::Enum(*labels_of)),
        };
        match self.read(embedding.tier, text, labels, at) {
            (true, ends) => (End::Value(open(&result)), ends),
            (false, ends) => (End::Fails, ends),
        }
    }

    /// A text, and labels, read by each model of a tier until one answers; no more of it than the model holds.
    pub(super) fn read(&mut self, tier: TierId, text: u64, labels: &[String], at: u64) -> (bool, u64) {
        let mut now = at;
        for model in &self.plan.program.tiers[tier.index()].models {
            let model = &self.plan.program.models[model.index()];
            let mut input = model.overhead.request + text + model.overhead.message;
            input += labels.iter().map(|label| label.len() as u64 + model.overhead.message).sum::<u64>();
            let input = input.min(model.context);
            let cost = model.price.ceiling(input, 0).expect("it fits");
            self.pay(Resources { cost, calls: 1, input, tokens: input, ..Resources::ZERO });
            now += model.timeout_ms;
            if self.script.choose(2) == 0 {
                return (true, now);
            }
        }
        (false, now)
    }

    /// What a fact about the caller is: the number of one of [`FACTS`].
    fn fact(&mut self, name: &str) -> usize {
        if let Some(known) = self.facts.get(name) {
            return *known;
        }
        let fact = self.script.choose(FACTS.len());
        self.facts.insert(name.to_owned(), fact);
        fact
    }

    /// Whether a fact about the caller is one of these texts.
    fn fact_is(&mut self, name: &str, texts: &[Expr]) -> bool {
        let fact = FACTS[self.fact(name)];
        texts.iter().any(|text| matches!(text, Expr::Literal(Literal::Text(text)) if text == fact))
    }

    pub(super) fn step(&mut self, id: StepId, args: Vec<Shared>, at: u64) -> (End, u64) {
        super::step::run(self, id, args, at)
    }

    pub(super) fn truth(&mut self, when: &Expr, scope: &Scope) -> bool {
        let value = self.value(when, scope);
        truth(&value, &mut self.script)
    }

    /// A value. Only what small programs are made of is known.
    #[expect(clippy::wildcard_enum_match_arm, reason = "small programs have no others")]
    pub(super) fn value(&mut self, expr: &Expr, scope: &Scope) -> Shared {
        let types = &self.plan.program.types;
        let known = |truth| shared(Value::Bool(truth));
        match expr {
            Expr::Literal(Literal::Bool(truth)) => known(*truth),
            Expr::Literal(Literal::Text(text)) => shared(Value::Known(text.len() as u64)),
            Expr::Literal(Literal::Score(_)) => open(&Ty::Score),
            Expr::Literal(Literal::Int(number)) => open(&Ty::Int { low: *number, high: *number }),
            Expr::Literal(Literal::Usd(_)) => open(&Ty::Usd { most: flow_compiler::cost::Money::from_nanos(1) }),
            Expr::Literal(Literal::Null) => open(&Ty::Null),
            Expr::Slot(slot) => scope.get(slot).cloned().unwrap_or_else(|| panic!("{slot:?} has no value")),
            Expr::Field(value, name) => field(&self.value(value, scope), name, types),
            Expr::Cut(value, size) => {
                let value = self.value(value, scope);
                let bytes = if let Value::Known(bytes) = &*value.borrow() { Some(*bytes) } else { None };
                bytes.map_or_else(|| open(&Ty::Text(*size)), |bytes| shared(Value::Known(bytes.min(size.tokens))))
            }
            Expr::Slice { value, to, .. } => {
                let value = elements(&self.value(value, scope));
                let most = to.map_or(value.len(), |to| usize::try_from(to).expect("small"));
                shared(Value::List(value.into_iter().take(most).collect()))
            }
            Expr::Pluck(value, name) => {
                let all = elements(&self.value(value, scope));
                shared(Value::List(all.iter().map(|one| field(one, name, types)).collect()))
            }
            Expr::Record(id, values) => {
                let names = types.records[id.index()].fields.iter().map(|field| field.name.clone());
                let values: Vec<Shared> = values.iter().map(|value| self.value(value, scope)).collect();
                shared(Value::Record(names.zip(values).collect()))
            }
            Expr::List(values) => {
                let values = values.iter().map(|value| self.value(value, scope)).collect();
                shared(Value::List(values))
            }
            Expr::Variant(_, index, _) => shared(Value::Variant(*index)),
            Expr::Not(value) => known(!self.truth(value, scope)),
            Expr::Binary(Operator::And, left, right) => known(self.truth(left, scope) && self.truth(right, scope)),
            Expr::Binary(Operator::Or, left, right) => known(self.truth(left, scope) || self.truth(right, scope)),
            Expr::Is(value, Test::Variant(_, wanted)) => {
                let value = self.value(value, scope);
                known(variant(&value, types, &mut self.script) == *wanted)
            }
            Expr::Is(fact, Test::Literal(Literal::Null)) if matches!(**fact, Expr::Caller(_)) => {
                let Expr::Caller(name) = &**fact else { panic!("it is one") };
                known(self.fact(name) == 0)
            }
            Expr::Binary(Operator::Equal, left, right) if matches!(**left, Expr::Caller(_)) => {
                let Expr::Caller(name) = &**left else { panic!("it is one") };
                known(self.fact_is(name, std::slice::from_ref(right)))
            }
            Expr::Binary(Operator::NotEqual, left, right) if matches!(**left, Expr::Caller(_)) => {
                let Expr::Caller(name) = &**left else { panic!("it is one") };
                known(!self.fact_is(name, std::slice::from_ref(right)))
            }
            // How a tier or a ceiling does is anything, and something else the next time.
            Expr::Binary(_, left, _) if matches!(**left, Expr::Signal(_)) => known(self.script.choose(2) == 1),
            Expr::Is(value, Test::Literal(Literal::Bool(wanted))) => known(self.truth(value, scope) == *wanted),
            Expr::In(value, list) => {
                let Expr::List(items) = &**list else { panic!("{list:?} is no list of variants") };
                if let Expr::Caller(name) = &**value {
                    return known(self.fact_is(name, items));
                }
                let value = self.value(value, scope);
                let is = variant(&value, types, &mut self.script);
                known(items.iter().any(|item| matches!(item, Expr::Variant(_, index, _) if *index == is)))
            }
            Expr::If(condition, then, otherwise) => {
                if self.truth(condition, scope) {
                    self.value(then, scope)
                } else {
                    self.value(otherwise, scope)
                }
            }
            other => panic!("small programs have no {other:?}"),
        }
    }
}

/// Whether something in a body leaves it on its own account.
fn leaves(body: &Body) -> bool {
    body.nodes.iter().any(|node| matches!(node.kind, NodeKind::Signal(_)) || node.bodies().any(leaves))
}
