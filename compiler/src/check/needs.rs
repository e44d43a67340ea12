//! The order of nodes. In: the nodes of a body as they were made. Out: for each, which others must have finished.
//!
//! A node needs the nodes whose values it reads, at any depth inside it. A node with control inside that can leave it (`return`,
//! `break`, `skip`, `escalate`, an assignment to a `var` of a body around it) is a barrier: it comes after all before it and
//! before all after it. Barriers are chained, so that the number of needs stays linear.

use std::collections::BTreeSet;

use super::values::read;
use crate::program::{Arm, Body, Expr, Leave, Node, NodeKind, Part, Slot};

/// Fills in what each node needs.
pub(super) fn order(nodes: &mut [Node]) {
    let mut made: BTreeSet<Slot> = BTreeSet::new();
    let mut barrier: Option<Slot> = None;
    let mut since: Vec<Slot> = Vec::new();
    for node in nodes {
        let mut needs: BTreeSet<Slot> = barrier.into_iter().collect();
        read_by(&node.kind, &mut |slot| {
            if made.contains(&slot) {
                needs.insert(slot);
            }
        });
        if leaves(&node.kind).any() {
            needs.extend(since.drain(..));
            barrier = Some(node.slot);
        } else {
            since.push(node.slot);
        }
        node.needs = needs.into_iter().collect();
        made.insert(node.slot);
    }
}

/// Every slot that a node reads, its inner bodies included.
fn read_by(kind: &NodeKind, found: &mut dyn FnMut(Slot)) {
    match kind {
        NodeKind::Value(expr) | NodeKind::Embedding(_, expr) => read(expr, found),
        NodeKind::Step(_, args) | NodeKind::Tool(_, args) | NodeKind::Flow { args, .. } => read_all(args, found),
        NodeKind::Choose(arms) => arms.iter().for_each(|arm| read_by_arm(arm, found)),
        NodeKind::Each { list, body, .. } => {
            read(list, found);
            read_by_body(body, found);
        }
        NodeKind::Loop { body, .. } => read_by_body(body, found),
        NodeKind::Attempt { body, handler } => {
            read_by_body(body, found);
            read_by_body(handler, found);
        }
        NodeKind::Assign(slot, expr) => {
            found(*slot);
            read(expr, found);
        }
        NodeKind::Signal(Leave::Return(expr) | Leave::Escalate { reason: expr, .. }) => read(expr, found),
        NodeKind::Ask(ask) => read_template(&ask.question, found),
        NodeKind::Signal(Leave::Break | Leave::Skip) => {}
    }
}

fn read_template(template: &[Part], found: &mut dyn FnMut(Slot)) {
    for part in template {
        match part {
            Part::Text(_) | Part::Format => {}
            Part::Hole(expr, _) | Part::Data(expr, _) => read(expr, found),
            Part::Each { list, body, .. } => {
                read(list, found);
                read_template(body, found);
            }
            Part::If { condition, then, otherwise } => {
                read(condition, found);
                read_template(then, found);
                read_template(otherwise, found);
            }
        }
    }
}

fn read_all(args: &[Expr], found: &mut dyn FnMut(Slot)) {
    args.iter().for_each(|arg| read(arg, found));
}

fn read_by_arm(arm: &Arm, found: &mut dyn FnMut(Slot)) {
    arm.when.iter().for_each(|when| read(when, found));
    arm.binds.iter().for_each(|(_, expr)| read(expr, found));
    read_by_body(&arm.body, found);
}

pub(super) fn read_by_body(body: &Body, found: &mut dyn FnMut(Slot)) {
    body.nodes.iter().for_each(|node| read_by(&node.kind, found));
    read(&body.value, found);
}

/// How control can leave a node.
#[derive(Clone, Debug, Default)]
pub(super) struct Leaves {
    pub(super) breaks: bool,
    pub(super) skips: bool,
    /// `return` or `escalate`.
    pub(super) ends: bool,
    /// `var`s that it changes.
    pub(super) assigns: BTreeSet<Slot>,
}

impl Leaves {
    fn any(&self) -> bool {
        self.breaks || self.skips || self.ends || !self.assigns.is_empty()
    }

    fn add(&mut self, other: Leaves) {
        self.breaks |= other.breaks;
        self.skips |= other.skips;
        self.ends |= other.ends;
        self.assigns.extend(other.assigns);
    }
}

/// How control can leave a node.
pub(super) fn leaves(kind: &NodeKind) -> Leaves {
    match kind {
        NodeKind::Value(_)
        | NodeKind::Step(..)
        | NodeKind::Embedding(..)
        | NodeKind::Tool(..)
        | NodeKind::Flow { .. }
        | NodeKind::Ask(_) => Leaves::default(),
        NodeKind::Choose(arms) => all(arms.iter().map(|arm| &arm.body)),
        NodeKind::Each { body, .. } => Leaves { skips: false, ..leaves_body(body) },
        NodeKind::Loop { body, .. } => Leaves { breaks: false, ..leaves_body(body) },
        NodeKind::Attempt { body, handler } => all([body, handler].into_iter()),
        NodeKind::Assign(slot, _) => Leaves { assigns: BTreeSet::from([*slot]), ..Leaves::default() },
        NodeKind::Signal(Leave::Break) => Leaves { breaks: true, ..Leaves::default() },
        NodeKind::Signal(Leave::Skip) => Leaves { skips: true, ..Leaves::default() },
        NodeKind::Signal(Leave::Return(_) | Leave::Escalate { .. }) => Leaves { ends: true, ..Leaves::default() },
    }
}

fn all<'b>(bodies: impl Iterator<Item = &'b Body>) -> Leaves {
    let mut all = Leaves::default();
    bodies.for_each(|body| all.add(leaves_body(body)));
    all
}

/// How control can leave a body; its own `var`s are its own affair.
pub(super) fn leaves_body(body: &Body) -> Leaves {
    let mut all = Leaves::default();
    body.nodes.iter().for_each(|node| all.add(leaves(&node.kind)));
    body.nodes.iter().for_each(|node| {
        all.assigns.remove(&node.slot);
    });
    all
}
