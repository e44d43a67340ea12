//! How narrow a value is. In: an expression, and what is known of the values in it. Out: its type, as narrow as can be told.

use std::collections::{HashMap, HashSet};

use crate::program::{Body, Expr, NodeKind, Param, Program, RecordId, Slot, Ty};

/// What is known of the values of one unit.
#[derive(Default)]
pub(super) struct Narrow {
    types: HashMap<Slot, Ty>,
    /// Values that change are as large as they may be.
    changing: HashSet<Slot>,
}

impl Narrow {
    /// Notes what changes.
    pub(super) fn assigned(&mut self, body: &Body) {
        for node in &body.nodes {
            if let NodeKind::Assign(slot, _) = &node.kind {
                self.changing.insert(*slot);
            }
            node.bodies().for_each(|body| self.assigned(body));
        }
    }

    /// Narrows parameters.
    pub(super) fn params(&mut self, params: &mut [Param], types: &[Ty]) {
        for (param, ty) in params.iter_mut().zip(types) {
            param.ty = ty.clone();
            self.types.insert(param.slot, ty.clone());
        }
    }

    /// Notes what a value is.
    pub(super) fn note(&mut self, slot: Slot, ty: Option<Ty>) {
        if let Some(ty) = ty.filter(|_| !self.changing.contains(&slot)) {
            self.types.insert(slot, ty);
        }
    }

    /// The type of an expression; `None` where it is not told.
    #[expect(clippy::wildcard_enum_match_arm, reason = "anything else is as large as it is declared")]
    pub(super) fn ty(&self, expr: &Expr, program: &Program) -> Option<Ty> {
        match expr {
            Expr::Slot(slot) => self.types.get(slot).cloned(),
            Expr::Field(value, name) => {
                let Ty::Record(id) = present(self.ty(value, program)?) else { return None };
                let fields = &program.types.records.get(id.index())?.fields;
                fields.iter().find(|field| field.name == *name).map(|field| field.ty.clone())
            }
            Expr::Cut(value, size) => {
                let Ty::Text(known) = self.ty(value, program)? else { return None };
                Some(Ty::Text(known.and(*size)))
            }
            Expr::Slice { value, from, to } => {
                let Ty::List { element, low, high } = self.ty(value, program)? else { return None };
                let most = to.map_or(high, |to| to.min(high)).saturating_sub(*from);
                Some(Ty::List { element, low: low.min(most), high: most })
            }
            _ => None,
        }
    }
}

fn present(ty: Ty) -> Ty {
    if let Ty::Optional(inside) = ty { *inside } else { ty }
}

/// A declared type, made as narrow as what is passed: never wider than either.
pub(super) fn met(declared: &Ty, passed: &Ty, bases: &HashMap<RecordId, RecordId>) -> Ty {
    match (declared, passed) {
        (Ty::Optional(declared), Ty::Optional(passed)) => Ty::Optional(Box::new(met(declared, passed, bases))),
        (Ty::Optional(declared), passed) => Ty::Optional(Box::new(met(declared, passed, bases))),
        (Ty::Text(declared), Ty::Text(passed)) => Ty::Text(declared.and(*passed)),
        (Ty::Json(declared), Ty::Json(passed)) => Ty::Json(declared.and(*passed)),
        (Ty::List { element, low, high }, Ty::List { element: of, high: most, .. }) => {
            let high = *(high.min(most));
            Ty::List { element: Box::new(met(element, of, bases)), low: (*low).min(high), high }
        }
        (Ty::Record(declared), Ty::Record(passed)) if bases.get(passed) == Some(declared) => Ty::Record(*passed),
        (Ty::Int { low, high }, Ty::Int { low: from, high: to }) if low <= from && to <= high => passed.clone(),
        _ => declared.clone(),
    }
}
