//! Pure expressions. In: an expression and what it can see. Out: its value, or a failure with its reason. It always ends,
//! never panics, and all arithmetic is checked.

mod builtin;
pub(crate) mod fit;
mod operator;

use std::sync::Arc;

use flow_compiler::program::{Expr, Quantifier, Reason, Signal, Slot, Test, Types};

use crate::failure::Failure;
use crate::value::{Sizer, Value};

/// What an expression can see.
pub trait Surroundings {
    /// A value made before.
    fn slot(&self, slot: Slot) -> Option<Value>;

    /// Whether this run has called the tool at hand with a value before. `parameter` is the one that was asked about by name.
    fn seen(&self, _value: &Value, _parameter: Option<Slot>) -> bool {
        false
    }

    /// What is known about the request at hand.
    fn signal(&self, _signal: Signal) -> Option<u64> {
        None
    }

    /// A fact about the caller, where it is known.
    fn caller(&self, _fact: &str) -> Option<String> {
        None
    }

    /// A variable of the environment.
    fn variable(&self, _name: &str) -> Option<String> {
        None
    }
}

/// Evaluates expressions of one program.
#[derive(Clone, Copy)]
pub struct Evaluator<'a> {
    /// The program's types.
    pub types: &'a Types,
    /// How its texts are measured.
    pub sizer: &'a Sizer,
    /// What there is to see.
    pub surroundings: &'a dyn Surroundings,
}

impl Evaluator<'_> {
    /// The value of an expression.
    ///
    /// # Errors
    /// Where arithmetic overflows, a variable is not set, or the program is not as its checker promised.
    pub fn value(&self, expr: &Expr) -> Result<Value, Failure> {
        match expr {
            Expr::Literal(literal) => Ok(Value::of(literal)),
            Expr::Slot(slot) => {
                self.surroundings.slot(*slot).ok_or_else(|| Failure::broken(format!("value {} is not there", slot.0)))
            }
            Expr::Field(of, name) => self.field(&self.value(of)?, name),
            Expr::Pluck(of, name) => {
                let list = self.list(of)?;
                Ok(Value::list(list.iter().map(|item| self.field(item, name)).collect::<Result<_, _>>()?))
            }
            Expr::Payload { value, field } => self.payload(&self.value(value)?, field),
            Expr::Index(of, at) => self.index(of, at),
            Expr::Slice { value, from, to } => slice(&self.value(value)?, *from, *to),
            Expr::Builtin(builtin, args) => {
                let args = args.iter().map(|arg| self.value(arg)).collect::<Result<Vec<_>, _>>()?;
                builtin::call(*builtin, &args, self.types)
            }
            Expr::Quantify { quantifier, list, element, test } => self.quantify(*quantifier, list, *element, test),
            Expr::Record(id, fields) => Ok(Value::Record(*id, self.values(fields)?.into())),
            Expr::Variant(id, variant, fields) => Ok(Value::Variant(*id, *variant, self.values(fields)?.into())),
            Expr::List(items) => Ok(Value::list(self.values(items)?)),
            Expr::Not(of) => Ok(Value::Bool(!self.truth(of)?)),
            Expr::Negate(of) => operator::negate(&self.value(of)?),
            Expr::Binary(op, left, right) => operator::binary(self, *op, left, right),
            Expr::Is(of, test) => Ok(Value::Bool(is(&self.value(of)?, test))),
            Expr::In(of, list) => {
                let value = self.value(of)?;
                Ok(Value::Bool(self.list(list)?.iter().any(|item| operator::equal(item, &value))))
            }
            Expr::Cut(of, size) => {
                let value = self.value(of)?;
                Ok(if let Value::Text(text) = &value { Value::text(self.sizer.cut(text, size)) } else { value })
            }
            Expr::Fit(of, how) => Ok(fit::list(&self.list(of)?, how, self)?.0),
            Expr::If(condition, then, otherwise) => self.value(if self.truth(condition)? { then } else { otherwise }),
            Expr::Seen(of) => {
                let parameter = if let Expr::Slot(slot) = of.as_ref() { Some(*slot) } else { None };
                Ok(Value::Bool(self.surroundings.seen(&self.value(of)?, parameter)))
            }
            Expr::Signal(signal) => {
                let known = self.surroundings.signal(*signal);
                let value = match signal {
                    Signal::Context | Signal::Output | Signal::Latency(_) => {
                        known.and_then(|known| i64::try_from(known).ok()).map(Value::Int)
                    }
                    Signal::Failing(_) | Signal::Spent(_) | Signal::Left(_) => {
                        known.and_then(|known| u8::try_from(known).ok()).map(Value::Score)
                    }
                };
                value.ok_or_else(|| Failure::broken("a signal was asked for that is not known here"))
            }
            Expr::Caller(fact) => Ok(self.surroundings.caller(fact).map_or(Value::Null, Value::text)),
            Expr::Env(name) => self
                .surroundings
                .variable(name)
                .map(Value::text)
                .ok_or_else(|| Failure::new(Reason::ToolFailed, format!("the variable `{name}` is not set"))),
        }
    }

    /// The value of a condition.
    ///
    /// # Errors
    /// As [`Evaluator::value`], and where the value is neither `true` nor `false`.
    pub fn truth(&self, expr: &Expr) -> Result<bool, Failure> {
        let value = self.value(expr)?;
        let Value::Bool(truth) = value else {
            return Err(Failure::broken(format!("a condition is {}", value.kind())));
        };
        Ok(truth)
    }

    fn values(&self, exprs: &[Expr]) -> Result<Vec<Value>, Failure> {
        exprs.iter().map(|expr| self.value(expr)).collect()
    }

    /// The elements of a list; `null` has none.
    ///
    /// # Errors
    /// As [`Evaluator::value`], and where the value is no list.
    pub fn list(&self, expr: &Expr) -> Result<Arc<[Value]>, Failure> {
        let value = self.value(expr)?;
        match (&value, value == Value::Null) {
            (Value::List(items), _) => Ok(Arc::clone(items)),
            (_, true) => Ok([].into()),
            (_, false) => Err(Failure::broken(format!("a list was expected and {} was there", value.kind()))),
        }
    }

    fn field(&self, value: &Value, name: &str) -> Result<Value, Failure> {
        let Value::Record(id, values) = value else {
            return Err(Failure::broken(format!("{} has no field `{name}`", value.kind())));
        };
        let record = self.types.records.get(id.index());
        let index = record.and_then(|record| record.fields.iter().position(|field| field.name == name));
        let found = index.and_then(|index| values.get(index));
        found.cloned().ok_or_else(|| Failure::broken(format!("no field `{name}`")))
    }

    fn payload(&self, value: &Value, name: &str) -> Result<Value, Failure> {
        let Value::Variant(id, variant, values) = value else {
            return Err(Failure::broken(format!("{} has no field `{name}`", value.kind())));
        };
        let variant = self.types.enums.get(id.index()).and_then(|declared| declared.variants.get(*variant as usize));
        let index = variant.and_then(|variant| variant.fields.iter().position(|field| field.name == name));
        let found = index.and_then(|index| values.get(index));
        found.cloned().ok_or_else(|| Failure::broken(format!("no field `{name}`")))
    }

    fn index(&self, of: &Expr, at: &Expr) -> Result<Value, Failure> {
        let list = self.list(of)?;
        let Value::Int(at) = self.value(at)? else { return Err(Failure::broken("a position is no whole number")) };
        let found = usize::try_from(at).ok().and_then(|at| list.get(at));
        Ok(found.cloned().unwrap_or(Value::Null))
    }

    fn quantify(&self, quantifier: Quantifier, list: &Expr, element: Slot, test: &Expr) -> Result<Value, Failure> {
        let list = self.list(list)?;
        let mut count: i64 = 0;
        for item in list.iter() {
            let surroundings = With { element, item, rest: self.surroundings };
            if (Evaluator { surroundings: &surroundings, ..*self }).truth(test)? {
                count += 1;
            }
        }
        Ok(match quantifier {
            Quantifier::All => Value::Bool(usize::try_from(count) == Ok(list.len())),
            Quantifier::Any => Value::Bool(count > 0),
            Quantifier::Count => Value::Int(count),
        })
    }
}

/// Surroundings with one more value.
pub(crate) struct With<'a> {
    pub(crate) element: Slot,
    pub(crate) item: &'a Value,
    pub(crate) rest: &'a dyn Surroundings,
}

impl Surroundings for With<'_> {
    fn slot(&self, slot: Slot) -> Option<Value> {
        if slot == self.element { Some(self.item.clone()) } else { self.rest.slot(slot) }
    }

    fn seen(&self, value: &Value, parameter: Option<Slot>) -> bool {
        self.rest.seen(value, parameter)
    }

    fn signal(&self, signal: Signal) -> Option<u64> {
        self.rest.signal(signal)
    }

    fn caller(&self, fact: &str) -> Option<String> {
        self.rest.caller(fact)
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.rest.variable(name)
    }
}

fn is(value: &Value, test: &Test) -> bool {
    match test {
        Test::Variant(id, variant) => matches!(value, Value::Variant(of, is, _) if of == id && is == variant),
        Test::Literal(literal) => operator::equal(value, &Value::of(literal)),
        Test::Empty => builtin::is_empty(value),
    }
}

fn slice(value: &Value, from: u64, to: Option<u64>) -> Result<Value, Failure> {
    let from = usize::try_from(from).unwrap_or(usize::MAX);
    let to = to.and_then(|to| usize::try_from(to).ok()).unwrap_or(usize::MAX);
    let count = to.saturating_sub(from);
    match value {
        Value::List(items) => Ok(Value::List(items.iter().skip(from).take(count).cloned().collect())),
        Value::Text(text) => Ok(Value::text(text.chars().skip(from).take(count).collect::<String>())),
        Value::Null => Ok(Value::Null),
        Value::Bool(_)
        | Value::Int(_)
        | Value::Usd(_)
        | Value::Score(_)
        | Value::Json(_)
        | Value::Vector(_)
        | Value::Record(..)
        | Value::Variant(..) => Err(Failure::broken(format!("{} cannot be sliced", value.kind()))),
    }
}

#[cfg(test)]
mod tests;
