//! Values with which every condition goes as it should. In: symbols, and what is wished of them. Out: a value for everything that
//! is made outside, the longest where nothing is wished, and the wishes that could not be met.
//!
//! Wishes that look at the same values are met together: what is looked at is varied one value at a time, and a wish is held
//! against it as soon as all that it looks at has a value.

use std::collections::{BTreeMap, HashMap};

use flow_compiler::program::{Expr, Literal, Operator, Slot, Ty, Types};

use super::largest::{Hints, Largest};
use super::symbols::{Settled, Symbol, Symbols};
use crate::value::{Sizer, Value};

/// How often a group of wishes is held against values.
const MOST_TRIED: u32 = 60_000;

/// A condition, and how it should go.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    pub expr: Expr,
    pub truth: bool,
    /// The line of the construct that asks.
    pub line: u32,
}

/// On the way into a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Into {
    Field(String),
    Payload(String),
    At(usize),
}

/// A part of something that is made outside.
type Part = (Slot, Vec<Into>);

/// Finds values, and the lines of the wishes that no values were found for.
pub(super) fn solve(
    symbols: &Symbols,
    wishes: Vec<Wish>,
    types: &Types,
    sizer: &Sizer,
) -> (HashMap<Slot, Value>, Vec<u32>) {
    let largest = Largest { types, sizer };
    let made = |(slot, leaf): (Slot, &super::symbols::Leaf)| {
        (slot, if leaf.is_small { largest.least(&leaf.ty) } else { largest.value(&leaf.ty) })
    };
    let values: HashMap<Slot, Value> = symbols.leaves().map(made).collect();
    let mut solver = Solver { symbols, largest, values, tried: 0 };
    let mut unmet = Vec::new();
    for group in groups(symbols, apart(wishes)) {
        if !solver.group(&group) {
            unmet.extend(group.iter().filter(|asked| !solver.holds(&asked.wish)).map(|asked| asked.wish.line));
        }
    }
    unmet.sort_unstable();
    unmet.dedup();
    (solver.values, unmet)
}

/// A wish with what it looks at.
struct Asked {
    wish: Wish,
    parts: Vec<Part>,
}

/// What has to hold of both sides is wished of each.
#[expect(clippy::wildcard_enum_match_arm, reason = "everything else is made of its parts")]
fn apart(wishes: Vec<Wish>) -> Vec<Wish> {
    let mut open: Vec<Wish> = wishes.into_iter().rev().collect();
    let mut found = Vec::new();
    while let Some(Wish { expr, truth, line }) = open.pop() {
        match expr {
            Expr::Not(inner) => open.push(Wish { expr: *inner, truth: !truth, line }),
            Expr::Binary(operator, left, right)
                if (operator == Operator::And && truth) || (operator == Operator::Or && !truth) =>
            {
                open.extend([*right, *left].map(|expr| Wish { expr, truth, line }));
            }
            expr => found.push(Wish { expr, truth, line }),
        }
    }
    found
}

/// Wishes that look at the same things outside.
fn groups(symbols: &Symbols, wishes: Vec<Wish>) -> Vec<Vec<Asked>> {
    let mut of: HashMap<Slot, usize> = HashMap::new();
    let mut groups: BTreeMap<usize, Vec<Asked>> = BTreeMap::new();
    for (index, wish) in wishes.into_iter().enumerate() {
        let mut parts = Vec::new();
        looks_at(symbols, &wish.expr, &[], &mut parts);
        let mut joined = Vec::new();
        for (slot, _) in &parts {
            if let Some(known) = of.insert(*slot, index) {
                joined.extend(groups.remove(&known).into_iter().flatten());
            }
        }
        for (slot, _) in joined.iter().flat_map(|asked: &Asked| &asked.parts) {
            of.insert(*slot, index);
        }
        joined.push(Asked { wish, parts });
        groups.insert(index, joined);
    }
    groups.into_values().collect()
}

/// The parts of what is made outside that an expression, or something inside of its value, is made of.
#[expect(clippy::wildcard_enum_match_arm, reason = "everything else is made of its parts")]
fn looks_at(symbols: &Symbols, expr: &Expr, into: &[Into], found: &mut Vec<Part>) {
    let deeper = |first: Into| {
        let mut path = vec![first];
        path.extend_from_slice(into);
        path
    };
    match expr {
        Expr::Slot(slot) => match symbols.get(*slot) {
            Some(Symbol::Leaf(_)) => {
                let part = (*slot, into.to_vec());
                if !found.contains(&part) {
                    found.push(part);
                }
            }
            Some(Symbol::Made(expr)) => looks_at(symbols, expr, into, found),
            Some(Symbol::Element) | None => {}
        },
        Expr::Field(value, name) => looks_at(symbols, value, &deeper(Into::Field(name.clone())), found),
        Expr::Payload { value, field } => {
            // Which variant it is matters too.
            looks_at(symbols, value, &[], found);
            looks_at(symbols, value, &deeper(Into::Payload(field.clone())), found);
        }
        Expr::Index(value, at) => match &**at {
            Expr::Literal(Literal::Int(at)) => {
                let at = usize::try_from(*at).unwrap_or(usize::MAX);
                looks_at(symbols, value, &deeper(Into::At(at)), found);
            }
            at => {
                looks_at(symbols, value, &[], found);
                looks_at(symbols, at, &[], found);
            }
        },
        Expr::If(condition, then, otherwise) => {
            looks_at(symbols, condition, &[], found);
            looks_at(symbols, then, into, found);
            looks_at(symbols, otherwise, into, found);
        }
        Expr::List(values) => match into.split_first() {
            Some((Into::At(at), rest)) => {
                values.get(*at).into_iter().for_each(|value| looks_at(symbols, value, rest, found))
            }
            _ => values.iter().for_each(|value| looks_at(symbols, value, &[], found)),
        },
        _ => expr.parts(&mut |part| looks_at(symbols, part, &[], found)),
    }
}

struct Solver<'a> {
    symbols: &'a Symbols,
    largest: Largest<'a>,
    values: HashMap<Slot, Value>,
    tried: u32,
}

impl Solver<'_> {
    fn holds(&self, wish: &Wish) -> bool {
        let settled = Settled::new(self.symbols, &self.values, self.largest.types, self.largest.sizer);
        settled.value(&wish.expr) == Some(Value::Bool(wish.truth))
    }

    /// Meets the wishes of a group; what is made outside stays as it is where that cannot be done.
    fn group(&mut self, group: &[Asked]) -> bool {
        if group.iter().all(|asked| self.holds(&asked.wish)) {
            return true;
        }
        let mut parts: Vec<Part> = Vec::new();
        for part in group.iter().flat_map(|asked| &asked.parts) {
            if !parts.contains(part) {
                parts.push(part.clone());
            }
        }
        // What is around comes before what is inside of it.
        parts.sort_by_key(|(_, into)| into.len());
        let mut hints = Hints::default();
        group.iter().for_each(|asked| literals(self.symbols, &asked.wish.expr, &mut hints));
        // A wish can be held against values once the last part that it looks at has one.
        let last = |asked: &Asked| parts.iter().rposition(|part| asked.parts.contains(part));
        let due: Vec<Option<usize>> = group.iter().map(last).collect();
        let before = self.values.clone();
        self.tried = 0;
        let met = self.search(group, &due, &parts, &hints, 0);
        if !met {
            self.values = before;
        }
        met
    }

    fn search(&mut self, group: &[Asked], due: &[Option<usize>], parts: &[Part], hints: &Hints, at: usize) -> bool {
        let Some((slot, into)) = parts.get(at) else { return group.iter().all(|asked| self.holds(&asked.wish)) };
        let Some(whole) = self.values.get(slot).cloned() else { return false };
        let ty = match self.symbols.get(*slot) {
            Some(Symbol::Leaf(leaf)) => leaf.ty.clone(),
            _ => return false,
        };
        let candidates: Vec<Value> = match self.inside(&ty, &whole, into) {
            Some((ty, now)) => {
                let mut all = vec![now];
                for value in self.largest.all(&ty, hints) {
                    if !all.contains(&value) {
                        all.push(value);
                    }
                }
                all.into_iter().filter_map(|value| self.replaced(&whole, into, value)).collect()
            }
            // There is no such part in what is around it.
            None => vec![whole.clone()],
        };
        for candidate in candidates {
            self.tried += 1;
            if self.tried > MOST_TRIED {
                break;
            }
            self.values.insert(*slot, candidate);
            let fits =
                group.iter().zip(due).filter(|(_, due)| **due == Some(at)).all(|(asked, _)| self.holds(&asked.wish));
            if fits && self.search(group, due, parts, hints, at + 1) {
                return true;
            }
        }
        self.values.insert(*slot, whole);
        false
    }

    /// The type and the value of a part; `None` where there is none.
    fn inside(&self, ty: &Ty, value: &Value, into: &[Into]) -> Option<(Ty, Value)> {
        let types = self.largest.types;
        let Some((first, rest)) = into.split_first() else { return Some((ty.clone(), value.clone())) };
        match (first, ty, value) {
            (_, Ty::Optional(inner), _) => self.inside(inner, value, into),
            (Into::Field(name), Ty::Record(id), Value::Record(_, values)) => {
                let fields = &types.records.get(id.index())?.fields;
                let index = fields.iter().position(|field| field.name == *name)?;
                self.inside(&fields.get(index)?.ty, values.get(index)?, rest)
            }
            (Into::Payload(name), Ty::Enum(id), Value::Variant(_, variant, values)) => {
                let fields = &types.enums.get(id.index())?.variants.get(*variant as usize)?.fields;
                let index = fields.iter().position(|field| field.name == *name)?;
                self.inside(&fields.get(index)?.ty, values.get(index)?, rest)
            }
            (Into::At(at), Ty::List { element, .. }, Value::List(values)) => {
                self.inside(element, values.get(*at)?, rest)
            }
            _ => None,
        }
    }

    /// The same value with another part.
    fn replaced(&self, value: &Value, into: &[Into], part: Value) -> Option<Value> {
        let Some((first, rest)) = into.split_first() else { return Some(part) };
        let types = self.largest.types;
        let put = |values: &[Value], index: usize| {
            let mut values = values.to_vec();
            let inner = self.replaced(values.get(index)?, rest, part)?;
            *values.get_mut(index)? = inner;
            Some(values)
        };
        Some(match (first, value) {
            (Into::Field(name), Value::Record(id, values)) => {
                let fields = &types.records.get(id.index())?.fields;
                Value::Record(*id, put(values, fields.iter().position(|field| field.name == *name)?)?.into())
            }
            (Into::Payload(name), Value::Variant(id, variant, values)) => {
                let fields = &types.enums.get(id.index())?.variants.get(*variant as usize)?.fields;
                let index = fields.iter().position(|field| field.name == *name)?;
                Value::Variant(*id, *variant, put(values, index)?.into())
            }
            (Into::At(at), Value::List(values)) => Value::list(put(values, *at)?),
            _ => return None,
        })
    }
}

/// What an expression compares with.
#[expect(clippy::wildcard_enum_match_arm, reason = "everything else is made of its parts")]
fn literals(symbols: &Symbols, expr: &Expr, hints: &mut Hints) {
    match expr {
        Expr::Literal(literal) => hints.note(literal),
        Expr::Is(_, flow_compiler::program::Test::Literal(literal)) => hints.note(literal),
        Expr::Slot(slot) => {
            if let Some(Symbol::Made(made)) = symbols.get(*slot) {
                literals(symbols, made, hints);
            }
        }
        _ => {}
    }
    expr.parts(&mut |part| literals(symbols, part, hints));
}
