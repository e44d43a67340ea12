//! `x else y`: `x` fails after all it can take, and then comes `y`.

use std::rc::Rc;

use super::exits::{Exit, Exits};
use super::table::{Layout, Read, Table};
use super::tree::{Bounded, What};
use super::{Bounder, Scope, Unbounded};
use crate::cost::Resources;
use crate::mutant::{Mutant, rule};
use crate::program::{Body, Node};

/// The bound of an attempt with a handler.
pub(super) fn bound<'p>(
    bounder: &mut Bounder<'p>,
    scope: Scope,
    node: &'p Node,
    body: &'p Body,
    handler: &'p Body,
) -> Result<Bounded<'p>, Unbounded> {
    let (body, handler) = (bounder.body(scope, body)?, bounder.body(scope, handler)?);
    let found = match (&body.table, &handler.table) {
        (None, None) => exits(&body.exits, &handler.exits).map(|exits| (exits, None)),
        _ => by_case(bounder, scope, &body, &handler).map(|table| (table.most(), Some(Rc::new(table)))),
    };
    let Some((exits, table)) = found else {
        return Err(bounder.no_bound(&node.place, "this `else`"));
    };
    Ok(Bounded { exits, table, what: What::Attempt(Box::new(body), Box::new(handler)) })
}

/// The same for each case of what either looks at.
fn by_case(bounder: &mut Bounder<'_>, scope: Scope, body: &Bounded<'_>, handler: &Bounded<'_>) -> Option<Table> {
    let mut layout = Layout::default();
    for (value, cells) in [body, handler].into_iter().filter_map(|of| of.table.as_ref()).flat_map(|of| &of.layout.0) {
        if !layout.add(*value, *cells) {
            bounder.drop_value(scope, *value);
        }
    }
    let (body, handler) = (Read::of(&layout, body), Read::of(&layout, handler));
    let mut table = Table::new(layout);
    for entry in 0..table.entries.len() {
        let ends = exits(&body.exits(entry), &handler.exits(entry))?;
        table.entries[entry].exits = ends;
    }
    Some(table)
}

fn exits(body: &Exits, handler: &Exits) -> Option<Exits> {
    let mut exits = *body;
    for exit in Exit::ALL {
        if let Some(handled) = handler.get(exit) {
            let handled = rule(Mutant::HandlerIsFree, handled, || Resources::ZERO);
            let failed = rule(Mutant::FailureIsFree, body.any(), || Resources::ZERO);
            exits.add(exit, failed.then(&handled)?);
        }
    }
    Some(exits)
}
