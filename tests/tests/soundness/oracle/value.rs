//! Values of which no more is known than was asked.

use std::cell::RefCell;
use std::rc::Rc;

use flow_compiler::program::{Ty, Types};

use super::Script;

/// A value that others may hold too: what is found out about it is the same for all of them.
pub(super) type Shared = Rc<RefCell<Value>>;

/// What is known of a value.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// Anything of its type, as long as it may be.
    Open(Ty),
    /// A text of the program: its bytes.
    Known(u64),
    Bool(bool),
    /// Which variant.
    Variant(u32),
    Record(Vec<(String, Shared)>),
    List(Vec<Shared>),
}

pub(super) fn open(ty: &Ty) -> Shared {
    shared(Value::Open(ty.clone()))
}

pub(super) fn shared(value: Value) -> Shared {
    Rc::new(RefCell::new(value))
}

/// Whether it is true; chosen where nobody has asked before.
pub(super) fn truth(value: &Shared, script: &mut Script) -> bool {
    if let Value::Bool(truth) = *value.borrow() {
        return truth;
    }
    let truth = script.choose(2) == 1;
    *value.borrow_mut() = Value::Bool(truth);
    truth
}

/// Which variant it is; chosen where nobody has asked before.
pub(super) fn variant(value: &Shared, types: &Types, script: &mut Script) -> u32 {
    let declared = match &*value.borrow() {
        Value::Variant(index) => return *index,
        Value::Open(Ty::Enum(id)) => types.enums[id.index()].variants.len(),
        other => panic!("{other:?} is no variant"),
    };
    let index = u32::try_from(script.choose(declared)).expect("few variants");
    *value.borrow_mut() = Value::Variant(index);
    index
}

/// The elements of a list, as many as there may be.
pub(super) fn elements(value: &Shared) -> Vec<Shared> {
    let made: Vec<Shared> = match &*value.borrow() {
        Value::List(elements) => return elements.clone(),
        Value::Open(Ty::List { element, high, .. }) => (0..*high).map(|_| open(element)).collect(),
        other => panic!("{other:?} is no list"),
    };
    *value.borrow_mut() = Value::List(made.clone());
    made
}

/// A field of a record.
pub(super) fn field(value: &Shared, name: &str, types: &Types) -> Shared {
    let made: Vec<(String, Shared)> = match &*value.borrow() {
        Value::Record(fields) => return find(fields, name),
        Value::Open(Ty::Record(id)) => {
            types.records[id.index()].fields.iter().map(|field| (field.name.clone(), open(&field.ty))).collect()
        }
        other => panic!("{other:?} is no record"),
    };
    let found = find(&made, name);
    *value.borrow_mut() = Value::Record(made);
    found
}

fn find(fields: &[(String, Shared)], name: &str) -> Shared {
    let found = fields.iter().find(|(known, _)| known == name);
    Rc::clone(&found.expect("the checker knows the field").1)
}
