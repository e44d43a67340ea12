//! The ceiling of one input. In: the arguments of a flow as JSON, of which it is known that they are of its types. Out: the bound
//! for texts and lists of these lengths, with the choices that the input decides decided.

use std::collections::HashMap;

use serde_json::Value;

use super::{Specialist, bound_of};
use crate::cost::{Money, Resources};
use crate::program::{
    EnumId, Expr, Field, Flow, FlowId, Literal, Node, NodeKind, Place, Program, RecordId, Slot, TextSize, Ty,
};
use crate::tokens::Counter;

/// The most that a run of a flow on this input can take: one value for each parameter, by its name. `None` where it has no bound.
#[must_use]
pub fn for_input(program: &Program, flow: FlowId, input: &serde_json::Map<String, Value>) -> Option<Resources> {
    let declared = program.flows.get(flow.index())?;
    let readers = program.readers.iter().filter_map(|id| program.models.get(id.index()));
    let readers: Vec<Counter> = readers.map(|model| Counter::of(&model.tokenizer)).collect();
    let mut specialist = Specialist { program: program.clone(), bases: HashMap::new(), steps: HashMap::new() };
    let mut flow = declared.clone();
    let mut next = highest(&flow);
    let (mut params, mut seen) = (Vec::new(), Vec::new());
    for param in &mut flow.params {
        let Some(value) = input.get(&param.name) else {
            params.push(param.ty.clone());
            continue;
        };
        let ty = specialist.seen(&param.ty, &[value], &readers);
        // The parameter gets another place, and what is known of it stands in its own.
        next += 1;
        let kind = NodeKind::Value(specialist.written(&param.ty, value, Expr::Slot(Slot(next))));
        let node = Node { slot: param.slot, name: None, needs: Vec::new(), place: Place::default(), kind };
        flow.body.nodes.insert(0, node);
        seen.push((param.slot, ty.clone()));
        param.slot = Slot(next);
        params.push(ty);
    }
    let special = specialist.written_out(flow, &params, seen);
    bound_of(&specialist.program, special)
}

impl Specialist {
    /// A type that holds these values and little else.
    fn seen(&mut self, ty: &Ty, values: &[&Value], readers: &[Counter]) -> Ty {
        let text = |size: &TextSize, texts: Vec<String>| {
            let sizes = texts.iter().map(|text| TextSize::of_text(text, readers));
            sizes.reduce(TextSize::or).map_or(*size, |seen| seen.and(*size))
        };
        match ty {
            Ty::Text(size) => {
                let texts = values.iter().filter_map(|value| value.as_str()).map(str::to_owned);
                Ty::Text(text(size, texts.collect()))
            }
            Ty::Int { low, high } => {
                let numbers = values.iter().filter_map(|value| value.as_i64());
                let least = numbers.clone().min().unwrap_or(*low).max(*low);
                Ty::Int { low: least, high: numbers.max().unwrap_or(*high).min(*high) }
            }
            Ty::List { element, low, high } => {
                let lists: Vec<&Vec<Value>> = values.iter().filter_map(|value| value.as_array()).collect();
                let length = |list: &&Vec<Value>| list.len() as u64;
                let most = lists.iter().map(length).max().unwrap_or(*high).min(*high);
                let least = lists.iter().map(length).min().unwrap_or(*low).min(most);
                let inside: Vec<&Value> = lists.into_iter().flatten().collect();
                let element =
                    if inside.is_empty() { (**element).clone() } else { self.seen(element, &inside, readers) };
                Ty::List { element: Box::new(element), low: least, high: most }
            }
            Ty::Optional(inside) => {
                let there: Vec<&Value> = values.iter().filter(|value| !value.is_null()).copied().collect();
                if there.is_empty() { ty.clone() } else { Ty::Optional(Box::new(self.seen(inside, &there, readers))) }
            }
            Ty::Record(id) => {
                let Some(record) = self.program.types.records.get(id.index()).cloned() else { return ty.clone() };
                let fields = record.fields.iter().map(|field| {
                    let inside: Vec<&Value> = values.iter().filter_map(|value| value.get(&field.name)).collect();
                    let ty = if inside.is_empty() { field.ty.clone() } else { self.seen(&field.ty, &inside, readers) };
                    Field { ty, ..field.clone() }
                });
                let fields = fields.collect();
                Ty::Record(self.narrower(*id, fields))
            }
            Ty::Never
            | Ty::Null
            | Ty::Bool
            | Ty::Usd { .. }
            | Ty::Score
            | Ty::Date
            | Ty::Id
            | Ty::Json(_)
            | Ty::Vector
            | Ty::Enum(_)
            | Ty::Unknown => ty.clone(),
        }
    }

    /// A record with narrower fields.
    pub(super) fn narrower(&mut self, id: RecordId, fields: Vec<Field>) -> RecordId {
        let Some(mut record) = self.program.types.records.get(id.index()).cloned() else { return id };
        record.fields = fields;
        self.program.types.records.push(record);
        let narrower = RecordId(u32::try_from(self.program.types.records.len() - 1).unwrap_or(u32::MAX));
        self.bases.insert(narrower, self.bases.get(&id).copied().unwrap_or(id));
        narrower
    }

    /// A value as an expression, as far as choices may be decided by it; the rest is the value in `place`.
    fn written(&self, ty: &Ty, value: &Value, place: Expr) -> Expr {
        let literal = |literal: Option<Literal>| literal.map(Expr::Literal);
        let found = match ty {
            Ty::Bool => literal(value.as_bool().map(Literal::Bool)),
            Ty::Int { .. } => literal(value.as_i64().map(Literal::Int)),
            Ty::Usd { .. } => literal(value.to_string().parse::<Money>().ok().map(Literal::Usd)),
            Ty::Text(_) => literal(value.as_str().map(|text| Literal::Text(text.to_owned()))),
            Ty::Optional(_) if value.is_null() => literal(Some(Literal::Null)),
            Ty::Optional(inside) => return self.written(inside, value, place),
            Ty::Enum(id) => self.variant(*id, value),
            Ty::List { .. } => value.as_array().filter(|of| of.is_empty()).map(|_| Expr::List(Vec::new())),
            Ty::Record(id) => self.program.types.records.get(id.index()).map(|record| {
                let fields = record.fields.iter().map(|field| {
                    let place = Expr::Field(Box::new(place.clone()), field.name.clone());
                    match value.get(&field.name) {
                        Some(value) => self.written(&field.ty, value, place),
                        None => place,
                    }
                });
                Expr::Record(*id, fields.collect())
            }),
            Ty::Never | Ty::Null | Ty::Score | Ty::Date | Ty::Id | Ty::Json(_) | Ty::Vector | Ty::Unknown => None,
        };
        found.unwrap_or(place)
    }

    fn variant(&self, id: EnumId, value: &Value) -> Option<Expr> {
        let variants = &self.program.types.enums.get(id.index())?.variants;
        let name = value.as_str()?;
        let index = variants.iter().position(|variant| variant.name == name && variant.fields.is_empty())?;
        Some(Expr::Variant(id, u32::try_from(index).ok()?, Vec::new()))
    }
}

/// The greatest slot of a flow.
fn highest(flow: &Flow) -> u32 {
    let mut most = flow.params.iter().map(|param| param.slot.0).max().unwrap_or(0);
    let mut open = vec![&flow.body];
    while let Some(body) = open.pop() {
        for node in &body.nodes {
            most = most.max(node.slot.0);
            if let NodeKind::Each { element, .. } = &node.kind {
                most = most.max(element.0);
            }
            if let NodeKind::Choose(arms) = &node.kind {
                most = arms.iter().flat_map(|arm| &arm.binds).map(|(slot, _)| slot.0).fold(most, u32::max);
            }
            open.extend(node.bodies());
        }
    }
    most
}
