//! Values of the language. In: JSON and a type. Out: a value that is of the type and has its size, or what is wrong with it.

mod cut;
mod read;
mod size;
mod write;

use std::sync::Arc;

use flow_compiler::cost::Money;
use flow_compiler::program::{EnumId, Literal, RecordId};

pub use read::{Misfit, Source, read};
pub use size::{Sizer, fits};
pub use write::{shown, to_json};

/// A value. Cheap to copy: what is large is shared.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// A `Bool`.
    Bool(bool),
    /// An `Int`.
    Int(i64),
    /// A `Usd`.
    Usd(Money),
    /// A `Score`, in hundredths.
    Score(u8),
    /// A `Text`, an `Id` or a `Date`.
    Text(Arc<str>),
    /// A `Json`.
    Json(Arc<serde_json::Value>),
    /// What an embedding model made of a text, of unit length.
    Vector(Arc<[f32]>),
    /// A list.
    List(Arc<[Value]>),
    /// A record, its fields in the order of their declaration.
    Record(RecordId, Arc<[Value]>),
    /// A variant by its index, its fields in the order of their declaration.
    Variant(EnumId, u32, Arc<[Value]>),
}

impl Value {
    /// A text.
    #[must_use]
    pub fn text(text: impl Into<Arc<str>>) -> Value {
        Value::Text(text.into())
    }

    /// A list.
    #[must_use]
    pub fn list(values: Vec<Value>) -> Value {
        Value::List(values.into())
    }

    /// The value of a literal.
    #[must_use]
    pub fn of(literal: &Literal) -> Value {
        match literal {
            Literal::Null => Value::Null,
            Literal::Bool(value) => Value::Bool(*value),
            Literal::Int(value) => Value::Int(*value),
            Literal::Usd(value) => Value::Usd(*value),
            Literal::Score(value) => Value::Score(*value),
            Literal::Text(value) => Value::text(value.as_str()),
        }
    }

    /// What kind of value it is, for messages: `a text`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "true or false",
            Value::Int(_) => "a whole number",
            Value::Usd(_) => "dollars",
            Value::Score(_) => "a score",
            Value::Text(_) => "a text",
            Value::Json(_) => "JSON",
            Value::Vector(_) => "a vector",
            Value::List(_) => "a list",
            Value::Record(..) => "a record",
            Value::Variant(..) => "a variant",
        }
    }
}

#[cfg(test)]
mod tests;
