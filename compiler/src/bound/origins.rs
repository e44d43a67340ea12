//! Where values come from. In: the body of a flow or a judge. Out: for every expression the values that it is made of.
//!
//! What a value is made of is kept as a graph: a set of paths is made of other sets, with the fields taken out of them. A path
//! is written out only where it is asked for, so a long chain of values that are made of each other stays small.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::program::{Body, Expr, NodeKind, Slot};

/// More fields than any type is deep. A longer path is not that of a value, and is cut; so it meets more than it has to.
const LONGEST: u32 = 96;

/// How much of the paths of one flow is compared. What is left after that is taken to meet, which only says less.
const MOST_WALKED: u64 = 1_000_000;

/// The name of a field; `[]` is an element, `len` a length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Field(u32);

/// Fields on the way into a value, the outermost first. Equal ones have one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Fields(u32);

impl Fields {
    const NONE: Fields = Fields(0);
}

/// A set of paths in the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Set(u32);

/// What an expression is made of: sets and what is taken out of them, in order and each once.
pub(super) type Parts = Vec<(Set, Fields)>;

/// A value that something looks at: a slot, and the fields on the way into it.
pub(super) type Path = (Slot, Fields);

struct Made {
    /// The value itself, where it is one of its own.
    own: Option<Slot>,
    from: Parts,
    is_empty: bool,
}

/// Where values come from.
#[derive(Default)]
pub(super) struct Origins {
    known: HashMap<Slot, Set>,
    /// Values of which nothing is known are made of themselves.
    alone: HashMap<Slot, Set>,
    sets: Vec<Made>,
    lists: Lists,
    /// How much was written out.
    pub(super) walked: u64,
}

impl Origins {
    /// Notes where the values of a body come from. Needs come before what needs them, so one pass is enough; a `var` is a value
    /// of its own, and so is everything that a model, a tool or a person makes.
    pub(super) fn body(&mut self, body: &Body) {
        for node in &body.nodes {
            match &node.kind {
                NodeKind::Value(expr) => {
                    let from = self.of(expr);
                    self.know(node.slot, Some(node.slot), from);
                }
                NodeKind::Choose(arms) => {
                    let mut from = Vec::new();
                    for arm in arms {
                        arm.when.iter().for_each(|when| self.collect(when, &mut from));
                        for (slot, expr) in &arm.binds {
                            let bound = self.of(expr);
                            self.know(*slot, None, bound);
                        }
                        self.body(&arm.body);
                        self.collect(&arm.body.value, &mut from);
                    }
                    self.know(node.slot, Some(node.slot), from);
                }
                NodeKind::Each { list, element, body, .. } => {
                    let from = self.of(list);
                    let elements = self.extended(&from, &["[]"]);
                    self.know(*element, None, elements);
                    self.body(body);
                    self.know(node.slot, Some(node.slot), from);
                }
                NodeKind::Loop { body, .. } => self.body(body),
                NodeKind::Attempt { body, handler } => {
                    self.body(body);
                    self.body(handler);
                    let mut from = self.of(&body.value);
                    self.collect(&handler.value, &mut from);
                    self.know(node.slot, Some(node.slot), from);
                }
                NodeKind::Assign(slot, expr) => {
                    // What read the `var` before keeps what it was then.
                    let mut from = self.of(expr);
                    from.extend(self.known.get(slot).map(|before| (*before, Fields::NONE)));
                    self.know(*slot, None, from);
                }
                NodeKind::Step(..)
                | NodeKind::Embedding(..)
                | NodeKind::Tool(..)
                | NodeKind::Flow { .. }
                | NodeKind::Ask(_)
                | NodeKind::Signal(_) => {}
            }
        }
    }

    /// What an expression is made of.
    pub(super) fn of(&mut self, expr: &Expr) -> Parts {
        let mut parts = Vec::new();
        self.collect(expr, &mut parts);
        tidy(parts)
    }

    /// What all of them are made of.
    pub(super) fn of_all<'e>(&mut self, exprs: impl Iterator<Item = &'e Expr>) -> Parts {
        let mut parts = Vec::new();
        exprs.for_each(|expr| self.collect(expr, &mut parts));
        tidy(parts)
    }

    fn collect(&mut self, expr: &Expr, parts: &mut Parts) {
        match path(expr) {
            Some((slot, fields)) => {
                let set = match self.known.get(&slot) {
                    Some(set) => *set,
                    None => self.alone(slot),
                };
                let fields = self.lists.prepend(&fields, Fields::NONE);
                parts.push((set, fields));
            }
            None => expr.parts(&mut |child| self.collect(child, parts)),
        }
    }

    /// A value by itself, whatever it was made of.
    pub(super) fn itself(&mut self, slot: Slot) -> Parts {
        vec![(self.alone(slot), Fields::NONE)]
    }

    fn alone(&mut self, slot: Slot) -> Set {
        if let Some(set) = self.alone.get(&slot) {
            return *set;
        }
        let set = self.make(Some(slot), Vec::new());
        self.alone.insert(slot, set);
        set
    }

    fn know(&mut self, slot: Slot, own: Option<Slot>, from: Parts) {
        let set = self.make(own, tidy(from));
        self.known.insert(slot, set);
    }

    fn make(&mut self, own: Option<Slot>, from: Parts) -> Set {
        let is_empty = own.is_none() && self.are_empty(&from);
        let set = Set(u32::try_from(self.sets.len()).unwrap_or(u32::MAX));
        self.sets.push(Made { own, from, is_empty });
        set
    }

    /// Whether they are made of no value at all.
    pub(super) fn are_empty(&self, parts: &Parts) -> bool {
        parts.iter().all(|(set, _)| self.set(*set).is_none_or(|made| made.is_empty))
    }

    fn set(&self, set: Set) -> Option<&Made> {
        self.sets.get(usize::try_from(set.0).unwrap_or(usize::MAX))
    }

    /// The same with fields taken out.
    pub(super) fn extended(&mut self, parts: &Parts, fields: &[impl AsRef<str>]) -> Parts {
        let fields: Vec<&str> = fields.iter().map(AsRef::as_ref).collect();
        let tail = self.lists.prepend(&fields, Fields::NONE);
        tidy(parts.iter().map(|(set, taken)| (*set, self.lists.joined(*taken, tail))).collect())
    }

    /// Writes out paths until one is refused. Gives back whether none was; where more was written out in all than makes sense,
    /// the rest counts as refused.
    pub(super) fn some_paths(&mut self, parts: &Parts, accept: &mut dyn FnMut(&Lists, Path) -> bool) -> bool {
        let mut seen: HashSet<(Set, Fields)> = HashSet::new();
        let mut open: Vec<(Set, Fields)> = parts.iter().filter(|part| seen.insert(**part)).copied().collect();
        while let Some((set, fields)) = open.pop() {
            let Some(made) = self.sets.get(usize::try_from(set.0).unwrap_or(usize::MAX)) else { continue };
            self.walked = self.walked.saturating_add(1 + made.from.len() as u64);
            if self.walked > MOST_WALKED {
                return false;
            }
            if made.own.is_some_and(|slot| !accept(&self.lists, (slot, fields))) {
                return false;
            }
            for (from, taken) in &made.from {
                let part = (*from, self.lists.joined(*taken, fields));
                if seen.insert(part) {
                    open.push(part);
                }
            }
        }
        true
    }
}

fn tidy(mut parts: Parts) -> Parts {
    parts.sort_unstable();
    parts.dedup();
    parts
}

/// Lists of fields. One is its first field and the list after it; the empty one is 0.
#[derive(Default)]
pub(super) struct Lists {
    names: Vec<Rc<str>>,
    fields: HashMap<Rc<str>, Field>,
    cells: Vec<(Field, Fields, u32)>,
    made: HashMap<(Field, Fields), Fields>,
}

impl Lists {
    fn cell(&self, list: Fields) -> Option<(Field, Fields, u32)> {
        let index = list.0.checked_sub(1)?;
        self.cells.get(usize::try_from(index).ok()?).copied()
    }

    /// Its fields, the outermost first.
    pub(super) fn iter(&self, list: Fields) -> impl Iterator<Item = Field> + use<'_> {
        let mut rest = list;
        std::iter::from_fn(move || {
            let (field, tail, _) = self.cell(rest)?;
            rest = tail;
            Some(field)
        })
    }

    fn field(&mut self, name: &str) -> Field {
        if let Some(field) = self.fields.get(name) {
            return *field;
        }
        let field = Field(u32::try_from(self.names.len()).unwrap_or(u32::MAX));
        let name: Rc<str> = Rc::from(name);
        self.names.push(Rc::clone(&name));
        self.fields.insert(name, field);
        field
    }

    fn prepend(&mut self, fields: &[&str], tail: Fields) -> Fields {
        let fields: Vec<Field> = fields.iter().map(|name| self.field(name)).collect();
        self.linked(&fields, tail)
    }

    /// The one, then the other.
    fn joined(&mut self, list: Fields, tail: Fields) -> Fields {
        if list == Fields::NONE {
            return tail;
        }
        let fields: Vec<Field> = self.iter(list).collect();
        self.linked(&fields, tail)
    }

    fn linked(&mut self, fields: &[Field], tail: Fields) -> Fields {
        let length = self.cell(tail).map_or(0, |cell| cell.2);
        let most = usize::try_from(LONGEST).unwrap_or(usize::MAX);
        if fields.len() + usize::try_from(length).unwrap_or(most) > most {
            let cut: Vec<Field> = fields.iter().copied().chain(self.iter(tail)).take(most).collect();
            return self.linked(&cut, Fields::NONE);
        }
        fields.iter().rev().fold(tail, |tail, field| self.link(*field, tail))
    }

    fn link(&mut self, field: Field, tail: Fields) -> Fields {
        if let Some(list) = self.made.get(&(field, tail)) {
            return *list;
        }
        let length = self.cell(tail).map_or(0, |cell| cell.2) + 1;
        self.cells.push((field, tail, length));
        let list = Fields(u32::try_from(self.cells.len()).unwrap_or(u32::MAX));
        self.made.insert((field, tail), list);
        list
    }
}

/// A slot and the fields into it, where an expression is nothing but that.
fn path(expr: &Expr) -> Option<(Slot, Vec<&str>)> {
    let step = |value, field| {
        let (slot, mut fields) = path(value)?;
        fields.push(field);
        Some((slot, fields))
    };
    match expr {
        Expr::Slot(slot) => Some((*slot, Vec::new())),
        Expr::Field(value, field) | Expr::Payload { value, field } => step(value, field),
        Expr::Pluck(value, field) => {
            let (slot, mut fields) = step(value, "[]")?;
            fields.push(field);
            Some((slot, fields))
        }
        Expr::Index(value, _) => step(value, "[]"),
        Expr::Literal(_)
        | Expr::Slice { .. }
        | Expr::Builtin(..)
        | Expr::Quantify { .. }
        | Expr::Record(..)
        | Expr::Variant(..)
        | Expr::List(_)
        | Expr::Not(_)
        | Expr::Negate(_)
        | Expr::Binary(..)
        | Expr::Is(..)
        | Expr::In(..)
        | Expr::Cut(..)
        | Expr::Fit(..)
        | Expr::If(..)
        | Expr::Seen(_)
        | Expr::Signal(_)
        | Expr::Caller(_)
        | Expr::Env(_) => None,
    }
}
