//! Values by slot. Bodies nest, and each sees what stands around it; a step, a tool and a called flow see only their own.

use std::collections::{BTreeMap, HashMap};

use flow_compiler::program::{Slot, ToolId};

use crate::value::Value;

/// Names the variables of one body.
pub(super) type VariablesId = u64;

/// The variables of every body that runs.
#[derive(Debug, Default)]
pub(super) struct Variables {
    all: BTreeMap<VariablesId, Level>,
    next: VariablesId,
}

#[derive(Debug)]
struct Level {
    around: Option<VariablesId>,
    /// The tool whose parameters these are.
    tool: Option<ToolId>,
    values: HashMap<Slot, Value>,
}

impl Variables {
    /// Makes a level inside another one, or one that sees nothing else.
    pub(super) fn open(
        &mut self,
        around: Option<VariablesId>,
        values: impl IntoIterator<Item = (Slot, Value)>,
    ) -> VariablesId {
        let id = self.next;
        self.next += 1;
        self.all.insert(id, Level { around, tool: None, values: values.into_iter().collect() });
        id
    }

    /// Says that a level has the parameters of a tool.
    pub(super) fn are_of(&mut self, id: VariablesId, tool: ToolId) {
        if let Some(level) = self.all.get_mut(&id) {
            level.tool = Some(tool);
        }
    }

    /// The tool whose parameters are seen from here.
    pub(super) fn tool(&self, id: VariablesId) -> Option<ToolId> {
        let mut at = Some(id);
        while let Some(level) = at.and_then(|id| self.all.get(&id)) {
            if level.tool.is_some() {
                return level.tool;
            }
            at = level.around;
        }
        None
    }

    /// Forgets a level.
    pub(super) fn close(&mut self, id: VariablesId) {
        self.all.remove(&id);
    }

    /// The value of a slot, here or around here.
    pub(super) fn get(&self, id: VariablesId, slot: Slot) -> Option<&Value> {
        let mut at = Some(id);
        while let Some(level) = at.and_then(|id| self.all.get(&id)) {
            if let Some(value) = level.values.get(&slot) {
                return Some(value);
            }
            at = level.around;
        }
        None
    }

    /// Gives a slot of this level its value.
    pub(super) fn set(&mut self, id: VariablesId, slot: Slot, value: Value) {
        if let Some(level) = self.all.get_mut(&id) {
            level.values.insert(slot, value);
        }
    }

    /// Gives a slot its next value where it has one, here or around here. Says whether it has one.
    pub(super) fn assign(&mut self, id: VariablesId, slot: Slot, value: Value) -> bool {
        let mut at = Some(id);
        while let Some(level) = at.and_then(|id| self.all.get_mut(&id)) {
            if let Some(old) = level.values.get_mut(&slot) {
                *old = value;
                return true;
            }
            at = level.around;
        }
        false
    }
}
