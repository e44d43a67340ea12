//! Walks over pure expressions: which slots one reads, and the same with other values in their place.

use crate::program::{Expr, Slot};

/// Every slot that an expression reads.
pub(super) fn read(expr: &Expr, found: &mut dyn FnMut(Slot)) {
    let mut waiting = vec![expr];
    while let Some(expr) = waiting.pop() {
        if let Expr::Slot(slot) = expr {
            found(*slot);
        }
        expr.parts(&mut |part| waiting.push(part));
    }
}

/// How many parts an expression has, itself included.
pub(super) fn size(expr: &Expr) -> usize {
    let mut count = 0;
    let mut waiting = vec![expr];
    while let Some(expr) = waiting.pop() {
        count += 1;
        expr.parts(&mut |part| waiting.push(part));
    }
    count
}

/// Puts other values in the place of slots, wherever `value` has one. The slots of elements are asked for too, so that they
/// can be renamed with a slot.
pub(super) fn substitute(expr: &mut Expr, value: &mut impl FnMut(Slot) -> Option<Expr>) {
    let value: &mut dyn FnMut(Slot) -> Option<Expr> = value;
    replace(expr, value);
}

fn replace(expr: &mut Expr, value: &mut dyn FnMut(Slot) -> Option<Expr>) {
    match expr {
        Expr::Slot(slot) => {
            if let Some(other) = value(*slot) {
                *expr = other;
            }
        }
        Expr::Literal(_) | Expr::Signal(_) | Expr::Caller(_) | Expr::Env(_) => {}
        Expr::Field(inner, _)
        | Expr::Pluck(inner, _)
        | Expr::Payload { value: inner, .. }
        | Expr::Slice { value: inner, .. }
        | Expr::Not(inner)
        | Expr::Negate(inner)
        | Expr::Is(inner, _)
        | Expr::Cut(inner, _)
        | Expr::Fit(inner, _)
        | Expr::Seen(inner) => replace(inner, value),
        Expr::Index(left, right) | Expr::Binary(_, left, right) | Expr::In(left, right) => {
            replace(left, value);
            replace(right, value);
        }
        Expr::Builtin(_, all) | Expr::Record(_, all) | Expr::Variant(_, _, all) | Expr::List(all) => {
            all.iter_mut().for_each(|part| replace(part, value));
        }
        Expr::Quantify { list, element, test, .. } => {
            replace(list, value);
            if let Some(Expr::Slot(other)) = value(*element) {
                *element = other;
            }
            replace(test, value);
        }
        Expr::If(condition, then, otherwise) => {
            replace(condition, value);
            replace(then, value);
            replace(otherwise, value);
        }
    }
}
