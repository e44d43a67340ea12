use flow_compiler::cost::Money;
use flow_compiler::program::{Builtin, Expr, Literal, Operator, Quantifier, Slot, TextSize, Types};

use super::{Evaluator, Surroundings};
use crate::value::{Sizer, Value};

struct Nothing;

impl Surroundings for Nothing {
    fn slot(&self, _: Slot) -> Option<Value> {
        None
    }
}

fn value(expr: &Expr) -> Result<Value, String> {
    let (types, sizer) = (Types::default(), Sizer::default());
    let on = Evaluator { types: &types, sizer: &sizer, surroundings: &Nothing };
    on.value(expr).map_err(|failure| failure.detail)
}

fn int(value: i64) -> Expr {
    Expr::Literal(Literal::Int(value))
}

fn usd(nanos: u64) -> Expr {
    Expr::Literal(Literal::Usd(Money::from_nanos(nanos)))
}

fn text(text: &str) -> Expr {
    Expr::Literal(Literal::Text(text.into()))
}

fn binary(op: Operator, left: Expr, right: Expr) -> Expr {
    Expr::Binary(op, left.into(), right.into())
}

#[test]
fn arithmetic_is_checked() {
    let too_large = Err("a number became too large".to_owned());
    assert_eq!(value(&binary(Operator::Add, int(i64::MAX), int(1))), too_large);
    assert_eq!(value(&binary(Operator::Multiply, int(i64::MIN), int(-1))), too_large);
    assert_eq!(value(&Expr::Negate(int(i64::MIN).into())), too_large);
    assert_eq!(value(&binary(Operator::Add, usd(u64::MAX), usd(1))), too_large);
    assert_eq!(value(&binary(Operator::Subtract, usd(1), usd(2))), Err("dollars fell below zero".to_owned()));
    assert_eq!(value(&binary(Operator::Multiply, usd(3), int(2))), Ok(Value::Usd(Money::from_nanos(6))));
}

#[test]
fn what_decides_ends_a_condition() {
    let broken = || Expr::Slot(Slot(9));
    let truth = |value| Expr::Literal(Literal::Bool(value));
    assert_eq!(value(&binary(Operator::Or, truth(true), broken())), Ok(Value::Bool(true)));
    assert_eq!(value(&binary(Operator::And, truth(false), broken())), Ok(Value::Bool(false)));
    assert_eq!(value(&broken()), Err("value 9 is not there".to_owned()));
}

#[test]
fn numbers_compare_by_their_amount() {
    let score = Expr::Literal(Literal::Score(60));
    assert_eq!(value(&binary(Operator::Less, int(0), score.clone())), Ok(Value::Bool(true)));
    assert_eq!(value(&binary(Operator::GreaterEqual, score, int(1))), Ok(Value::Bool(false)));
    assert_eq!(value(&binary(Operator::Equal, int(2), usd(2_000_000_000))), Ok(Value::Bool(true)));
}

#[test]
fn lists_and_texts() {
    let list = || Expr::List(vec![int(1), int(2), int(3)]);
    let sliced = Expr::Slice { value: list().into(), from: 1, to: Some(9) };
    assert_eq!(value(&sliced), Ok(Value::list(vec![Value::Int(2), Value::Int(3)])));
    assert_eq!(value(&Expr::Index(list().into(), int(-1).into())), Ok(Value::Null));
    assert_eq!(value(&Expr::Index(list().into(), int(2).into())), Ok(Value::Int(3)));
    assert_eq!(value(&Expr::Builtin(Builtin::Sum, vec![list()])), Ok(Value::Int(6)));
    assert_eq!(value(&Expr::Builtin(Builtin::Empty, vec![text(" \n")])), Ok(Value::Bool(true)));
    assert_eq!(value(&Expr::Slice { value: text("né!").into(), from: 0, to: Some(2) }), Ok(Value::text("né")));
    let joined = Expr::Builtin(Builtin::Join, vec![Expr::List(vec![text("a"), text("b")]), text(", ")]);
    assert_eq!(value(&joined), Ok(Value::text("a, b")));
    let cut = Expr::Cut(text("héllo").into(), TextSize { tokens: 9, chars: 9, bytes: 2 });
    assert_eq!(value(&cut), Ok(Value::text("h")));
}

#[test]
fn quantifiers_see_each_element() {
    let above_one = |quantifier| Expr::Quantify {
        quantifier,
        list: Expr::List(vec![int(1), int(2), int(3)]).into(),
        element: Slot(0),
        test: binary(Operator::Greater, Expr::Slot(Slot(0)), int(1)).into(),
    };
    assert_eq!(value(&above_one(Quantifier::All)), Ok(Value::Bool(false)));
    assert_eq!(value(&above_one(Quantifier::Any)), Ok(Value::Bool(true)));
    assert_eq!(value(&above_one(Quantifier::Count)), Ok(Value::Int(2)));
}
