//! What an expression stands for. In: the definitions of a unit. Out: conditions over the values that nothing else stands for.
//!
//! A name that was given to a value stands for that value; a choice between two values is looked through; a field of a record
//! that is written out is the field. What is left is a path into a parameter or into something that a model, a tool or a
//! person made.

use std::collections::HashMap;
use std::rc::Rc;

use super::ask::{self, Ask, Number};
use super::condition::Condition;
use super::{Until, Value, ValueId};
use crate::program::{
    Arm, Body, Builtin, Expr, Literal, Node, NodeKind, Operator, Param, Program, Slot, Test, Ty, Types,
};

/// How much of one condition is looked through. What is left is not looked into.
const MOST_LOOKED_THROUGH: u32 = 400;

/// Where the value of a slot comes from.
#[derive(Clone, Copy)]
enum Source<'p> {
    /// It is the value of this expression.
    Is(&'p Expr),
    /// The value of the arm that is taken.
    Chosen(&'p [Arm]),
    /// Somebody makes it: anything of the type, where that is known.
    Made(Option<&'p Ty>),
    /// It is not the same every time.
    Changes,
}

/// What is known of a slot.
#[derive(Clone, Copy)]
struct Definition<'p> {
    source: Source<'p>,
    /// The loops and lists around it.
    home: usize,
    is_parameter: bool,
}

/// What an expression stands for.
enum Stands {
    /// Something that was made, or a part of it.
    Path(Expr),
    Literal(Literal),
    /// A variant, a record or a list that is written out.
    Written(Expr),
    /// A condition.
    Truth(Rc<Condition>),
    If(Rc<Condition>, Box<Stands>, Box<Stands>),
    Other,
}

/// Reads the conditions of one unit.
pub(super) struct Reader<'p> {
    program: &'p Program,
    definitions: HashMap<Slot, Definition<'p>>,
    names: HashMap<Slot, String>,
    /// The values by what they are.
    known: HashMap<String, ValueId>,
    pub values: Vec<Value>,
    /// The least lengths of lists that are gone through, where they are not 0.
    pub least: HashMap<Slot, u64>,
    types: Vec<Option<&'p Ty>>,
    /// Conditions that are not the same every time are told apart by a number.
    fresh: u64,
    left: u32,
}

impl<'p> Reader<'p> {
    pub(super) fn new(program: &'p Program) -> Self {
        Reader {
            program,
            definitions: HashMap::new(),
            names: HashMap::new(),
            known: HashMap::new(),
            values: Vec::new(),
            least: HashMap::new(),
            types: Vec::new(),
            fresh: 0,
            left: MOST_LOOKED_THROUGH,
        }
    }

    pub(super) fn params(&mut self, params: &'p [Param]) {
        for param in params {
            self.names.insert(param.slot, param.name.clone());
            let source = Source::Made(Some(&param.ty));
            self.definitions.insert(param.slot, Definition { source, home: 0, is_parameter: true });
        }
    }

    /// Something that is made here, with its type where it is known.
    pub(super) fn made(&mut self, slot: Slot, name: &str, ty: Option<&'p Ty>, home: usize) {
        self.names.insert(slot, name.to_owned());
        self.define(slot, Source::Made(ty), home);
    }

    fn define(&mut self, slot: Slot, source: Source<'p>, home: usize) {
        self.definitions.insert(slot, Definition { source, home, is_parameter: false });
    }

    /// Notes every definition of a body.
    pub(super) fn body(&mut self, body: &'p Body, home: usize) {
        for node in &body.nodes {
            self.node(node, home);
        }
    }

    fn node(&mut self, node: &'p Node, home: usize) {
        let program = self.program;
        if let Some(name) = &node.name {
            self.names.insert(node.slot, name.clone());
        }
        let source = match &node.kind {
            NodeKind::Value(expr) => Source::Is(expr),
            NodeKind::Step(id, _) => Source::Made(program.steps.get(id.index()).map(|step| &step.result)),
            NodeKind::Tool(id, _) => Source::Made(program.tools.get(id.index()).map(|tool| &tool.result)),
            NodeKind::Flow { flow, .. } => Source::Made(program.flows.get(flow.index()).map(|flow| &flow.result)),
            NodeKind::Choose(arms) => {
                for arm in arms {
                    for (slot, expr) in &arm.binds {
                        self.define(*slot, Source::Is(expr), home);
                    }
                    self.body(&arm.body, home);
                }
                Source::Chosen(arms)
            }
            NodeKind::Each { list, element, body, .. } => {
                let list = self.ty(list);
                let known =
                    if let Some(Ty::List { element, low, .. }) = list { Some((&**element, *low)) } else { None };
                if let Some((_, low)) = known.filter(|(_, low)| *low > 0) {
                    self.least.insert(node.slot, low);
                }
                self.define(*element, Source::Made(known.map(|(ty, _)| ty)), home + 1);
                self.body(body, home + 1);
                Source::Made(None)
            }
            NodeKind::Loop { body, .. } => {
                self.body(body, home + 1);
                Source::Made(None)
            }
            NodeKind::Attempt { body, handler } => {
                self.body(body, home);
                self.body(handler, home);
                Source::Made(None)
            }
            NodeKind::Assign(slot, _) => {
                self.define(*slot, Source::Changes, home);
                Source::Made(None)
            }
            NodeKind::Embedding(..) | NodeKind::Ask(_) | NodeKind::Signal(_) => Source::Made(None),
        };
        self.define(node.slot, source, home);
    }

    /// The type of a path, where it is known.
    #[expect(clippy::wildcard_enum_match_arm, reason = "nothing else is a path")]
    fn ty(&self, expr: &Expr) -> Option<&'p Ty> {
        match expr {
            Expr::Slot(slot) => match self.definitions.get(slot)?.source {
                Source::Is(expr) => self.ty(expr),
                Source::Made(ty) => ty,
                Source::Chosen(_) | Source::Changes => None,
            },
            Expr::Field(value, name) => {
                let ty = present(self.ty(value)?);
                let Ty::Record(id) = ty else { return None };
                field(&self.program.types, *id, name)
            }
            Expr::Payload { value, field } => {
                let ty = present(self.ty(value)?);
                let Ty::Enum(id) = ty else { return None };
                let variants = &self.program.types.enums.get(id.index())?.variants;
                let mut found = variants.iter().flat_map(|of| &of.fields).filter(|of| of.name == *field);
                let first = found.next()?;
                found.next().is_none().then_some(&first.ty)
            }
            _ => None,
        }
    }

    /// A condition, over values.
    pub(super) fn condition(&mut self, expr: &Expr) -> Rc<Condition> {
        self.left = MOST_LOOKED_THROUGH;
        self.read(expr)
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "any other condition is not looked into")]
    fn read(&mut self, expr: &Expr) -> Rc<Condition> {
        let found = match expr {
            Expr::Literal(Literal::Bool(truth)) => Some(Rc::new(Condition::Always(*truth))),
            Expr::Not(inner) => Some(Condition::not(&self.read(inner))),
            Expr::Binary(Operator::And, left, right) => Some(Condition::and(&self.read(left), &self.read(right))),
            Expr::Binary(Operator::Or, left, right) => Some(Condition::or(&self.read(left), &self.read(right))),
            Expr::Binary(operator, left, right) => self.comparison(*operator, left, right),
            Expr::If(condition, then, otherwise) => {
                let condition = self.read(condition);
                let (then, otherwise) = (self.read(then), self.read(otherwise));
                Some(either(&condition, &then, &otherwise))
            }
            Expr::Is(value, Test::Variant(id, index)) => self.ask(value, &Ask::Variant(*id, *index)),
            Expr::Is(value, Test::Literal(literal)) => self.is(value, literal),
            Expr::Is(value, Test::Empty) => self.ask(value, &Ask::Empty),
            Expr::Builtin(Builtin::Empty, of) => of.first().and_then(|value| self.ask(value, &Ask::Empty)),
            Expr::In(value, list) => self.listed(value, list),
            Expr::Slot(_) | Expr::Field(..) | Expr::Payload { .. } => self.ask(expr, &Ask::Yes),
            _ => None,
        };
        found.unwrap_or_else(|| self.opaque(expr))
    }

    /// A comparison with something that is written out.
    fn comparison(&mut self, operator: Operator, left: &Expr, right: &Expr) -> Option<Rc<Condition>> {
        let (value, constant, operator) = match (self.constant(left), self.constant(right)) {
            (_, Some(right)) => (left, right, operator),
            (Some(left), None) => (right, left, mirrored(operator)),
            (None, None) => return None,
        };
        let below = |reader: &mut Self, number: Option<Number>| match number {
            Some(number) => reader.ask(value, &Ask::Below(number)),
            None => Some(Rc::new(Condition::Always(true))),
        };
        let number = if let Constant::Literal(literal) = &constant { Number::of(literal) } else { None };
        match operator {
            Operator::Equal => self.equal(value, &constant),
            Operator::NotEqual => self.equal(value, &constant).map(|equal| Condition::not(&equal)),
            Operator::Less => below(self, Some(number?)),
            Operator::LessEqual => below(self, number?.next()),
            Operator::Greater => below(self, number?.next()).map(|below| Condition::not(&below)),
            Operator::GreaterEqual => below(self, Some(number?)).map(|below| Condition::not(&below)),
            Operator::Or | Operator::And | Operator::Add | Operator::Subtract | Operator::Multiply => None,
        }
    }

    /// What is written out in an expression.
    fn constant(&mut self, expr: &Expr) -> Option<Constant> {
        match self.stands(expr) {
            Stands::Literal(literal) => Some(Constant::Literal(literal)),
            Stands::Written(Expr::Variant(id, index, fields)) if fields.is_empty() => {
                Some(Constant::Variant(id, index))
            }
            Stands::Path(_) | Stands::Written(_) | Stands::Truth(_) | Stands::If(..) | Stands::Other => None,
        }
    }

    fn equal(&mut self, value: &Expr, constant: &Constant) -> Option<Rc<Condition>> {
        match constant {
            Constant::Variant(id, index) => self.ask(value, &Ask::Variant(*id, *index)),
            Constant::Literal(literal) => self.is(value, literal),
        }
    }

    /// Whether a value is what this literal says.
    fn is(&mut self, value: &Expr, literal: &Literal) -> Option<Rc<Condition>> {
        match literal {
            Literal::Null => self.ask(value, &Ask::Null),
            Literal::Bool(truth) => {
                let found = self.ask(value, &Ask::Yes)?;
                Some(if *truth { found } else { Condition::not(&found) })
            }
            Literal::Text(text) => self.ask(value, &Ask::Same(text.clone())),
            Literal::Int(_) | Literal::Score(_) | Literal::Usd(_) => {
                let number = Number::of(literal)?;
                let least = Condition::not(&self.ask(value, &Ask::Below(number))?);
                match number.next() {
                    Some(next) => Some(Condition::and(&least, &self.ask(value, &Ask::Below(next))?)),
                    None => Some(least),
                }
            }
        }
    }

    fn listed(&mut self, value: &Expr, list: &Expr) -> Option<Rc<Condition>> {
        let Expr::List(items) = list else { return None };
        let mut found = Rc::new(Condition::Always(false));
        for item in items {
            let constant = self.constant(item)?;
            found = Condition::or(&found, &self.equal(value, &constant)?);
        }
        Some(found)
    }

    /// A question about an expression; `None` where it is not known what it stands for.
    fn ask(&mut self, expr: &Expr, ask: &Ask) -> Option<Rc<Condition>> {
        let stands = self.stands(expr);
        self.answer(&stands, ask)
    }

    fn answer(&mut self, stands: &Stands, ask: &Ask) -> Option<Rc<Condition>> {
        match stands {
            Stands::Path(path) => self.value(path, ask),
            Stands::Literal(literal) => Some(Rc::new(Condition::Always(ask.of_literal(literal)))),
            Stands::Written(expr) => ask.of_written(expr).map(|truth| Rc::new(Condition::Always(truth))),
            Stands::Truth(condition) if *ask == Ask::Yes => Some(Rc::clone(condition)),
            Stands::If(condition, then, otherwise) => {
                let (then, otherwise) = (self.answer(then, ask)?, self.answer(otherwise, ask)?);
                Some(either(condition, &then, &otherwise))
            }
            Stands::Truth(_) | Stands::Other => None,
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "any other expression stands for itself")]
    fn stands(&mut self, expr: &Expr) -> Stands {
        let Some(left) = self.left.checked_sub(1) else { return Stands::Other };
        self.left = left;
        match expr {
            Expr::Slot(slot) => match self.definitions.get(slot).map(|of| of.source) {
                Some(Source::Is(of)) => self.stands(of),
                Some(Source::Chosen(arms)) => self.chosen(arms),
                Some(Source::Made(_) | Source::Changes) | None => Stands::Path(expr.clone()),
            },
            Expr::Field(value, name) | Expr::Payload { value, field: name } => {
                let is_field = matches!(expr, Expr::Field(..));
                let value = self.stands(value);
                self.part(value, name, is_field)
            }
            Expr::Literal(literal) => Stands::Literal(literal.clone()),
            Expr::Variant(..) | Expr::Record(..) | Expr::List(_) => Stands::Written(expr.clone()),
            Expr::If(condition, then, otherwise) => {
                let condition = self.read(condition);
                Stands::If(condition, Box::new(self.stands(then)), Box::new(self.stands(otherwise)))
            }
            Expr::Not(_) | Expr::Is(..) | Expr::In(..) | Expr::Builtin(Builtin::Empty | Builtin::Contains, _) => {
                Stands::Truth(self.read(expr))
            }
            Expr::Binary(Operator::Add | Operator::Subtract | Operator::Multiply, ..) => Stands::Other,
            Expr::Binary(..) => Stands::Truth(self.read(expr)),
            _ => Stands::Other,
        }
    }

    fn chosen(&mut self, arms: &'p [Arm]) -> Stands {
        let mut stands = Stands::Literal(Literal::Null);
        for arm in arms.iter().rev() {
            let value = self.stands(&arm.body.value);
            stands = match &arm.when {
                Some(when) => Stands::If(self.read(when), Box::new(value), Box::new(stands)),
                None => value,
            };
        }
        stands
    }

    /// A field, or a field of the variant that is there.
    fn part(&mut self, value: Stands, name: &str, is_field: bool) -> Stands {
        match value {
            Stands::Path(path) if is_field => Stands::Path(Expr::Field(Box::new(path), name.to_owned())),
            Stands::Path(path) => Stands::Path(Expr::Payload { value: Box::new(path), field: name.to_owned() }),
            Stands::If(condition, then, otherwise) => Stands::If(
                condition,
                Box::new(self.part(*then, name, is_field)),
                Box::new(self.part(*otherwise, name, is_field)),
            ),
            Stands::Written(Expr::Record(id, all)) if is_field => {
                let fields = self.program.types.records.get(id.index()).map_or(&[][..], |of| &of.fields);
                let at = fields.iter().position(|field| field.name == name);
                at.and_then(|at| all.get(at)).map_or(Stands::Other, |expr| self.stands(expr))
            }
            Stands::Written(Expr::Variant(id, index, all)) if !is_field => {
                let variants = self.program.types.enums.get(id.index()).map_or(&[][..], |of| &of.variants);
                let fields = variants.get(index as usize).map_or(&[][..], |of| &of.fields);
                let at = fields.iter().position(|field| field.name == name);
                at.and_then(|at| all.get(at)).map_or(Stands::Other, |expr| self.stands(expr))
            }
            Stands::Literal(_) | Stands::Written(_) | Stands::Truth(_) | Stands::Other => Stands::Other,
        }
    }

    /// A question about a path.
    fn value(&mut self, path: &Expr, ask: &Ask) -> Option<Rc<Condition>> {
        let roots = self.roots(path)?;
        let id = self.intern(format!("{path:?}"), path, roots, true);
        Some(self.question(id, ask, path))
    }

    /// A condition that is not looked into: the same one is the same every time, unless something in it changes.
    fn opaque(&mut self, expr: &Expr) -> Rc<Condition> {
        let plain = self.plain(expr).and_then(|plain| Some((self.roots(&plain)?, plain)));
        let (key, roots, subject) = match plain {
            Some((roots, plain)) => (format!("?{plain:?}"), roots, plain),
            None => {
                self.fresh += 1;
                (format!("#{}", self.fresh), Roots { home: usize::MAX, is_argument: false }, expr.clone())
            }
        };
        let id = self.intern(key, &subject, roots, false);
        self.question(id, &Ask::Yes, &subject)
    }

    fn intern(&mut self, key: String, subject: &Expr, roots: Roots, is_whole: bool) -> ValueId {
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let id = ValueId(u32::try_from(self.values.len()).unwrap_or(u32::MAX));
        self.values.push(Value {
            label: self.label(subject),
            asks: Vec::new(),
            kinds: Vec::new(),
            cells: Vec::new(),
            until: Until::Unit,
            is_whole,
            is_argument: roots.is_argument,
            home: roots.home,
            lines: Vec::new(),
            sites: 0,
            is_free: true,
        });
        self.types.push(if is_whole { self.ty(subject) } else { None });
        self.known.insert(key, id);
        id
    }

    fn question(&mut self, id: ValueId, ask: &Ask, subject: &Expr) -> Rc<Condition> {
        let Some(value) = self.values.get_mut(id.index()) else { return Rc::new(Condition::Always(true)) };
        let at = value.kinds.iter().position(|known| known == ask).unwrap_or_else(|| {
            value.kinds.push(ask.clone());
            value.asks.push(ask.of(subject.clone()));
            value.kinds.len() - 1
        });
        Rc::new(Condition::Ask(id, u32::try_from(at).unwrap_or(u32::MAX)))
    }

    /// What a path or a plain expression is made of; `None` where it is not the same every time.
    fn roots(&self, expr: &Expr) -> Option<Roots> {
        let mut roots = Roots { home: 0, is_argument: true };
        let mut open = vec![expr];
        while let Some(expr) = open.pop() {
            if let Expr::Slot(slot) = expr
                && let Some(of) = self.definitions.get(slot)
            {
                if matches!(of.source, Source::Changes) {
                    return None;
                }
                roots.home = roots.home.max(of.home);
                roots.is_argument = roots.is_argument && of.is_parameter;
            }
            expr.parts(&mut |part| open.push(part));
        }
        Some(roots)
    }

    /// An expression over what was made; `None` where it is not the same every time, or too long.
    fn plain(&mut self, expr: &Expr) -> Option<Expr> {
        let mut left = MOST_LOOKED_THROUGH;
        rewritten(expr, &mut |part| {
            left = left.checked_sub(1)?;
            if !matches!(part, Expr::Slot(_) | Expr::Field(..) | Expr::Payload { .. }) {
                return Some(None);
            }
            Some(match self.stands(part) {
                Stands::Path(path) => Some(path),
                Stands::Literal(literal) => Some(Expr::Literal(literal)),
                Stands::Written(_) | Stands::Truth(_) | Stands::If(..) | Stands::Other => None,
            })
        })
    }

    /// A path as the author would write it.
    #[expect(clippy::wildcard_enum_match_arm, reason = "anything else has no name")]
    fn label(&self, expr: &Expr) -> String {
        match expr {
            Expr::Slot(slot) => self.names.get(slot).cloned().unwrap_or_else(|| "a value without a name".to_owned()),
            Expr::Field(value, field) | Expr::Payload { value, field } => format!("{}.{field}", self.label(value)),
            _ => {
                let mut inside = Vec::new();
                expr.parts(&mut |part| inside.push(part));
                inside.first().map_or_else(|| "a condition".to_owned(), |first| self.label(first))
            }
        }
    }

    /// The parts of conditions that are not looked into and that are parameters, where the rest is something else.
    pub(super) fn strays(&self) -> Vec<Expr> {
        let mut found = Vec::new();
        for value in self.values.iter().filter(|value| !value.is_whole && !value.is_argument) {
            let mut open: Vec<&Expr> = value.asks.iter().collect();
            while let Some(expr) = open.pop() {
                let is_path = matches!(expr, Expr::Slot(_) | Expr::Field(..) | Expr::Payload { .. });
                if is_path && self.roots(expr).is_some_and(|roots| roots.is_argument) {
                    found.push(expr.clone());
                } else {
                    expr.parts(&mut |part| open.push(part));
                }
            }
        }
        found
    }

    /// The values with their cases.
    pub(super) fn finished(mut self) -> Vec<Value> {
        for (value, ty) in self.values.iter_mut().zip(&self.types) {
            value.cells = ask::cells(self.program, &value.kinds, *ty);
            let needs_type = |ask: &Ask| matches!(ask, Ask::Below(Number::Int(_) | Number::Usd(_)));
            value.is_free = ty.is_some() || !value.kinds.iter().any(needs_type);
        }
        self.values
    }
}

/// What a path starts at.
struct Roots {
    home: usize,
    is_argument: bool,
}

enum Constant {
    Literal(Literal),
    Variant(crate::program::EnumId, u32),
}

fn present(ty: &Ty) -> &Ty {
    if let Ty::Optional(inside) = ty { inside } else { ty }
}

fn field<'p>(types: &'p Types, id: crate::program::RecordId, name: &str) -> Option<&'p Ty> {
    types.records.get(id.index())?.fields.iter().find(|field| field.name == name).map(|field| &field.ty)
}

fn either(condition: &Rc<Condition>, then: &Rc<Condition>, otherwise: &Rc<Condition>) -> Rc<Condition> {
    let then = Condition::and(condition, then);
    let otherwise = Condition::and(&Condition::not(condition), otherwise);
    Condition::or(&then, &otherwise)
}

fn mirrored(operator: Operator) -> Operator {
    match operator {
        Operator::Less => Operator::Greater,
        Operator::LessEqual => Operator::GreaterEqual,
        Operator::Greater => Operator::Less,
        Operator::GreaterEqual => Operator::LessEqual,
        Operator::Or
        | Operator::And
        | Operator::Equal
        | Operator::NotEqual
        | Operator::Add
        | Operator::Subtract
        | Operator::Multiply => operator,
    }
}

/// An expression with parts of it replaced; `None` where it is not the same every time, or `replace` gives up.
#[expect(clippy::wildcard_enum_match_arm, reason = "anything else may be another value the next time")]
pub(super) fn rewritten(expr: &Expr, replace: &mut dyn FnMut(&Expr) -> Option<Option<Expr>>) -> Option<Expr> {
    if let Some(replaced) = replace(expr)? {
        return Some(replaced);
    }
    let mut one = |expr: &Expr| rewritten(expr, replace).map(Box::new);
    Some(match expr {
        Expr::Literal(_) | Expr::Slot(_) => expr.clone(),
        Expr::Field(value, name) => Expr::Field(one(value)?, name.clone()),
        Expr::Pluck(value, name) => Expr::Pluck(one(value)?, name.clone()),
        Expr::Payload { value, field } => Expr::Payload { value: one(value)?, field: field.clone() },
        Expr::Index(value, at) => Expr::Index(one(value)?, one(at)?),
        Expr::Slice { value, from, to } => Expr::Slice { value: one(value)?, from: *from, to: *to },
        Expr::Quantify { quantifier, list, element, test } => {
            Expr::Quantify { quantifier: *quantifier, list: one(list)?, element: *element, test: one(test)? }
        }
        Expr::Not(value) => Expr::Not(one(value)?),
        Expr::Negate(value) => Expr::Negate(one(value)?),
        Expr::Binary(operator, left, right) => Expr::Binary(*operator, one(left)?, one(right)?),
        Expr::Is(value, test) => Expr::Is(one(value)?, test.clone()),
        Expr::In(value, list) => Expr::In(one(value)?, one(list)?),
        Expr::Cut(value, size) => Expr::Cut(one(value)?, *size),
        Expr::If(condition, then, otherwise) => Expr::If(one(condition)?, one(then)?, one(otherwise)?),
        Expr::Builtin(builtin, all) => Expr::Builtin(*builtin, every(all, replace)?),
        Expr::Record(id, all) => Expr::Record(*id, every(all, replace)?),
        Expr::Variant(id, index, all) => Expr::Variant(*id, *index, every(all, replace)?),
        Expr::List(all) => Expr::List(every(all, replace)?),
        _ => return None,
    })
}

fn every(all: &[Expr], replace: &mut dyn FnMut(&Expr) -> Option<Option<Expr>>) -> Option<Vec<Expr>> {
    all.iter().map(|expr| rewritten(expr, replace)).collect()
}
