//! The sizes of a flow's inputs by name. In: `xs.len` and `t.body.tok`, each with a number. Out: the bound for inputs of these
//! sizes.

use std::collections::HashMap;

use super::{Specialist, bound_of};
use crate::cost::Resources;
use crate::program::{Field, FlowId, Program, TextSize, Ty};

/// A size that can be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Size {
    /// The way to the value and the unit: `t.body.tok`, `xs.len`.
    pub name: String,
    /// The most that the type allows.
    pub most: u64,
}

/// Why a size was not set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SizeError {
    /// There is no such size.
    Unknown,
    /// It is more than the type allows, which is this.
    TooLarge(u64),
}

/// The sizes of the inputs of a flow: the lengths of its lists and the tokens of its texts.
#[must_use]
pub fn sizes(program: &Program, flow: FlowId) -> Vec<Size> {
    let mut found = Vec::new();
    for param in program.flows.get(flow.index()).map_or(&[][..], |flow| &flow.params) {
        collect(program, &param.name, &param.ty, &mut found);
    }
    found
}

fn collect(program: &Program, path: &str, ty: &Ty, found: &mut Vec<Size>) {
    match ty {
        Ty::Text(size) | Ty::Json(size) => found.push(Size { name: format!("{path}.tok"), most: size.tokens }),
        Ty::List { element, high, .. } => {
            found.push(Size { name: format!("{path}.len"), most: *high });
            collect(program, path, element, found);
        }
        Ty::Optional(inside) => collect(program, path, inside, found),
        Ty::Record(id) => {
            for field in program.types.records.get(id.index()).map_or(&[][..], |record| &record.fields) {
                collect(program, &format!("{path}.{}", field.name), &field.ty, found);
            }
        }
        Ty::Never
        | Ty::Null
        | Ty::Bool
        | Ty::Int { .. }
        | Ty::Usd { .. }
        | Ty::Score
        | Ty::Date
        | Ty::Id
        | Ty::Vector
        | Ty::Enum(_)
        | Ty::Unknown => {}
    }
}

/// The bound of a flow for inputs of these sizes; `None` in it where it has none.
///
/// # Errors
/// Where a size is not one of the flow, or more than its type allows; with its place in the list.
pub fn with_sizes(
    program: &Program,
    flow: FlowId,
    set: &[(String, u64)],
) -> Result<Option<Resources>, (usize, SizeError)> {
    let known = sizes(program, flow);
    for (index, (name, value)) in set.iter().enumerate() {
        let size = known.iter().find(|size| size.name == *name).ok_or((index, SizeError::Unknown))?;
        if *value > size.most {
            return Err((index, SizeError::TooLarge(size.most)));
        }
    }
    let mut specialist = Specialist { program: program.clone(), bases: HashMap::new(), steps: HashMap::new() };
    let declared = program.flows.get(flow.index()).map_or(&[][..], |flow| &flow.params);
    let params: Vec<Ty> = declared.iter().map(|param| specialist.set(&param.name, &param.ty, set)).collect();
    let special = specialist.flow(flow, &params);
    Ok(bound_of(&specialist.program, special))
}

impl Specialist {
    /// A type with its sizes set.
    fn set(&mut self, path: &str, ty: &Ty, set: &[(String, u64)]) -> Ty {
        let value = |unit: &str| {
            let name = format!("{path}.{unit}");
            set.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| *value)
        };
        match ty {
            Ty::Text(size) => Ty::Text(of_tokens(*size, value("tok"))),
            Ty::Json(size) => Ty::Json(of_tokens(*size, value("tok"))),
            Ty::List { element, low, high } => {
                let high = value("len").unwrap_or(*high).min(*high);
                Ty::List { element: Box::new(self.set(path, element, set)), low: (*low).min(high), high }
            }
            Ty::Optional(inside) => Ty::Optional(Box::new(self.set(path, inside, set))),
            Ty::Record(id) => {
                let Some(record) = self.program.types.records.get(id.index()).cloned() else { return ty.clone() };
                let mut fields: Vec<Field> = record.fields.clone();
                for field in &mut fields {
                    field.ty = self.set(&format!("{path}.{}", field.name), &field.ty, set);
                }
                if fields == record.fields { ty.clone() } else { Ty::Record(self.narrower(*id, fields)) }
            }
            Ty::Never
            | Ty::Null
            | Ty::Bool
            | Ty::Int { .. }
            | Ty::Usd { .. }
            | Ty::Score
            | Ty::Date
            | Ty::Id
            | Ty::Vector
            | Ty::Enum(_)
            | Ty::Unknown => ty.clone(),
        }
    }
}

fn of_tokens(size: TextSize, tokens: Option<u64>) -> TextSize {
    let set = tokens.and_then(TextSize::of_tokens);
    set.map_or(size, |set| size.and(set))
}
