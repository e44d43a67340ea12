//! `x else y`: `x` fails after all it can take, and then comes `y`.

use super::exits::{Exit, Exits};
use super::tree::{Bounded, What};
use super::{Bounder, Scope, Unbounded};
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
    let Some(exits) = exits(&body.exits, &handler.exits) else {
        return Err(bounder.no_bound(&node.place, "this `else`"));
    };
    Ok(Bounded { exits, what: What::Attempt(Box::new(body), Box::new(handler)) })
}

fn exits(body: &Exits, handler: &Exits) -> Option<Exits> {
    let mut exits = *body;
    for exit in Exit::ALL {
        if let Some(handled) = handler.get(exit) {
            exits.add(exit, body.any().then(&handled)?);
        }
    }
    Some(exits)
}
