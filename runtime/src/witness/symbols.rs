//! Values that are not known yet. In: what models, tools and callers make, and what a flow makes of it. Out: expressions over
//! the former alone.

use std::cell::RefCell;
use std::collections::HashMap;

use flow_compiler::program::{Expr, Fit, Literal, Slot, Ty, Types};

use crate::eval::{Evaluator, Surroundings};
use crate::value::{Sizer, Value};

/// What a value is.
#[derive(Clone, Debug)]
pub(super) enum Symbol {
    /// Somebody outside makes it.
    Leaf(Leaf),
    /// It is made of others.
    Made(Expr),
    /// The element of a quantifier.
    Element,
}

/// A value that somebody outside makes.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    /// Its type.
    pub ty: Ty,
    /// Whether it has to be small, so that what carries it has room.
    pub is_small: bool,
}

/// The values of one flow, step or tool, by their slots.
pub(super) type Scope = HashMap<Slot, Slot>;

/// Every value of a run. A value is named by a slot of its own.
#[derive(Clone, Debug, Default)]
pub(super) struct Symbols(Vec<Symbol>);

impl Symbols {
    fn push(&mut self, symbol: Symbol) -> Slot {
        self.0.push(symbol);
        Slot(u32::try_from(self.0.len() - 1).unwrap_or(u32::MAX))
    }

    /// Something that is made outside.
    pub(super) fn leaf(&mut self, ty: &Ty, is_small: bool) -> Slot {
        self.push(Symbol::Leaf(Leaf { ty: ty.clone(), is_small }))
    }

    /// Something that is made of other values.
    pub(super) fn made(&mut self, expr: Expr) -> Slot {
        if let Expr::Slot(slot) = expr { slot } else { self.push(Symbol::Made(expr)) }
    }

    /// `null`, as of a construct without a value.
    pub(super) fn null(&mut self) -> Slot {
        self.made(Expr::Literal(Literal::Null))
    }

    /// What a slot stands for.
    pub(super) fn get(&self, slot: Slot) -> Option<&Symbol> {
        self.0.get(slot.index())
    }

    /// Everything that is made outside.
    pub(super) fn leaves(&self) -> impl Iterator<Item = (Slot, &Leaf)> {
        (0u32..).map(Slot).zip(&self.0).filter_map(|(slot, symbol)| match symbol {
            Symbol::Leaf(leaf) => Some((slot, leaf)),
            Symbol::Made(_) | Symbol::Element => None,
        })
    }

    /// An expression of a scope, over symbols.
    pub(super) fn of(&mut self, expr: &Expr, scope: &Scope) -> Expr {
        let mut of = |expr: &Expr| Box::new(self.of(expr, scope));
        match expr {
            Expr::Literal(_) | Expr::Signal(_) | Expr::Caller(_) | Expr::Env(_) => expr.clone(),
            Expr::Slot(slot) => scope.get(slot).map_or(Expr::Literal(Literal::Null), |slot| Expr::Slot(*slot)),
            Expr::Field(value, name) => Expr::Field(of(value), name.clone()),
            Expr::Pluck(value, name) => Expr::Pluck(of(value), name.clone()),
            Expr::Payload { value, field } => Expr::Payload { value: of(value), field: field.clone() },
            Expr::Index(value, at) => Expr::Index(of(value), of(at)),
            Expr::Slice { value, from, to } => Expr::Slice { value: of(value), from: *from, to: *to },
            Expr::Builtin(builtin, args) => Expr::Builtin(*builtin, self.all(args, scope)),
            Expr::Quantify { quantifier, list, element, test } => {
                let list = of(list);
                let inner = self.push(Symbol::Element);
                let mut scope = scope.clone();
                scope.insert(*element, inner);
                Expr::Quantify { quantifier: *quantifier, list, element: inner, test: Box::new(self.of(test, &scope)) }
            }
            Expr::Record(id, values) => Expr::Record(*id, self.all(values, scope)),
            Expr::Variant(id, index, values) => Expr::Variant(*id, *index, self.all(values, scope)),
            Expr::List(values) => Expr::List(self.all(values, scope)),
            Expr::Not(value) => Expr::Not(of(value)),
            Expr::Negate(value) => Expr::Negate(of(value)),
            Expr::Binary(operator, left, right) => Expr::Binary(*operator, of(left), of(right)),
            Expr::Is(value, test) => Expr::Is(of(value), test.clone()),
            Expr::In(value, list) => Expr::In(of(value), of(list)),
            Expr::Cut(value, size) => Expr::Cut(of(value), *size),
            Expr::Fit(value, fit) => Expr::Fit(of(value), Fit::clone(fit)),
            Expr::If(condition, then, otherwise) => Expr::If(of(condition), of(then), of(otherwise)),
            Expr::Seen(value) => Expr::Seen(of(value)),
        }
    }

    fn all(&mut self, exprs: &[Expr], scope: &Scope) -> Vec<Expr> {
        exprs.iter().map(|expr| self.of(expr, scope)).collect()
    }
}

/// Symbols with a value for everything that is made outside.
pub(super) struct Settled<'a> {
    pub(super) symbols: &'a Symbols,
    pub(super) values: &'a HashMap<Slot, Value>,
    pub(super) types: &'a Types,
    pub(super) sizer: &'a Sizer,
    known: RefCell<HashMap<Slot, Option<Value>>>,
}

impl<'a> Settled<'a> {
    pub(super) fn new(
        symbols: &'a Symbols,
        values: &'a HashMap<Slot, Value>,
        types: &'a Types,
        sizer: &'a Sizer,
    ) -> Settled<'a> {
        Settled { symbols, values, types, sizer, known: RefCell::default() }
    }

    /// The value of an expression; `None` where it has none.
    pub(super) fn value(&self, expr: &Expr) -> Option<Value> {
        Evaluator { types: self.types, sizer: self.sizer, surroundings: self }.value(expr).ok()
    }
}

impl Surroundings for Settled<'_> {
    fn slot(&self, slot: Slot) -> Option<Value> {
        if let Some(value) = self.values.get(&slot) {
            return Some(value.clone());
        }
        if let Some(known) = self.known.borrow().get(&slot) {
            return known.clone();
        }
        let Some(Symbol::Made(expr)) = self.symbols.get(slot) else { return None };
        let value = self.value(expr);
        self.known.borrow_mut().insert(slot, value.clone());
        value
    }
}
