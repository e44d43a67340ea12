//! Numbers of dimensions, for programs and for people.

use flow_compiler::cost::{Dimension, Money, Resources};
use flow_compiler::diagnostic::{code, nearest};
use serde_json::{Map, Value, json};

use super::problem::Problem;

/// Every dimension as an object; money as a decimal string of dollars with nine digits.
pub(crate) fn object(resources: &Resources) -> Value {
    limits(Dimension::ALL.map(|dimension| (dimension, resources.get(dimension))))
}

/// Some dimensions as an object.
pub(crate) fn limits(limits: impl IntoIterator<Item = (Dimension, u64)>) -> Value {
    let fields = limits.into_iter().map(|(dimension, amount)| (key(dimension).to_owned(), value(dimension, amount)));
    Value::Object(fields.collect::<Map<String, Value>>())
}

/// The name of a dimension in objects.
pub(crate) fn key(dimension: Dimension) -> &'static str {
    if dimension == Dimension::Time { "time_ms" } else { dimension.name() }
}

/// One number of a dimension.
pub(crate) fn value(dimension: Dimension, amount: u64) -> Value {
    if dimension == Dimension::Cost { json!(Money::from_nanos(amount).exact()) } else { json!(amount) }
}

/// A dimension by its name.
pub(crate) fn dimension(name: &str) -> Result<Dimension, Problem> {
    let known = || Dimension::ALL.into_iter().map(Dimension::name);
    Dimension::ALL.into_iter().find(|dimension| dimension.name() == name).ok_or_else(|| {
        let problem = Problem::usage(code::command::E0043, format!("`{name}` is no dimension"));
        match nearest(name, known()) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem.help(format!("there are {}", known().collect::<Vec<_>>().join(", "))),
        }
    })
}

/// One number of a dimension with its unit where the dimension does not show it: `$0.02`, `3m`, `1,200 tokens`.
pub(crate) fn said(dimension: Dimension, amount: u64) -> String {
    let shown = dimension.show(amount);
    let what = match dimension {
        Dimension::Cost | Dimension::Time => return shown,
        Dimension::Calls => "call",
        Dimension::Turns => "turn",
        Dimension::Tools => "tool call",
        Dimension::Input => "input token",
        Dimension::Output => "output token",
        Dimension::Tokens => "token",
    };
    format!("{shown} {what}{}", if amount == 1 { "" } else { "s" })
}
