//! Lowering: expressions to values, effects to nodes. In: the bodies of flows, steps and tools. Out: [`Body`]s whose order
//! comes from what each node reads.
//!
//! An effect becomes a node of the innermost open body and stands as its slot from then on. What may not happen always (a
//! branch, the right side of `and`, a handler) is lowered into a body of its own; where no node came of it, it was pure.

use std::collections::HashMap;

use super::Checker;
use super::items::Decl;
use super::needs;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::check as code;
use crate::program::{Body, Expr, Literal, Node, NodeKind, Slot, Ty};
use crate::source::Span;

/// What is being lowered: it decides which words have a meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Within {
    /// The body of a flow.
    Flow,
    /// `accept` of a step.
    Accept,
    /// `gate` of a tool.
    Gate,
    /// `from` of a tool.
    Source,
    /// `on` of a step, or a route.
    Ladder,
    /// A prompt.
    Prompt,
    /// A test.
    Test,
    /// An evaluation.
    Eval,
}

impl Within {
    /// Whether calls may stand here.
    fn has_effects(self) -> bool {
        matches!(self, Within::Flow | Within::Accept | Within::Gate | Within::Eval)
    }

    fn name(self) -> &'static str {
        match self {
            Within::Flow => "a flow",
            Within::Accept => "`accept`",
            Within::Gate => "a gate",
            Within::Source => "`from`",
            Within::Ladder => "`on`",
            Within::Prompt => "a prompt",
            Within::Test => "a test",
            Within::Eval => "an evaluation",
        }
    }
}

/// An expression with its type.
#[derive(Clone, Debug)]
pub(super) struct Typed {
    pub(super) expr: Expr,
    pub(super) ty: Ty,
}

impl Typed {
    pub(super) fn new(expr: Expr, ty: Ty) -> Self {
        Typed { expr, ty }
    }

    /// What stands for a value after an error.
    pub(super) fn unknown() -> Self {
        Typed::null(Ty::Unknown)
    }

    /// No value.
    pub(super) fn null(ty: Ty) -> Self {
        Typed { expr: Expr::Literal(Literal::Null), ty }
    }
}

/// What the place of an expression wants from it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Want<'t> {
    /// That it is done; its value is dropped.
    Nothing,
    /// A value of any type.
    Any,
    /// A value that is probably of this type: what a bare variant or a literal is read as. Not enforced.
    Like(&'t Ty),
}

/// A name of a flow, step or tool.
pub(super) struct Local {
    pub(super) name: String,
    pub(super) span: Span,
    pub(super) value: Typed,
    pub(super) kind: LocalKind,
    pub(super) used: bool,
    /// How many `each` are around it.
    pub(super) eaches: usize,
}

/// Where a name comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LocalKind {
    /// A parameter, the element of an `each`, a field that a pattern took out.
    Given,
    /// `let`
    Let,
    /// `var`
    Var,
}

/// A body that is being filled.
#[derive(Default)]
struct Open {
    nodes: Vec<Node>,
    /// Whether what follows cannot happen any more.
    left: bool,
}

/// One flow, step or tool while it is lowered.
pub(super) struct Lower<'c, 'a> {
    pub(super) checker: &'c mut Checker<'a>,
    /// The module that names are looked up in.
    pub(super) file: usize,
    /// What is being lowered, for the graph of calls.
    pub(super) decl: Decl,
    pub(super) within: Within,
    /// What `return` gives.
    pub(super) result: Ty,
    /// What `it` is, the innermost last.
    pub(super) it: Vec<Typed>,
    locals: Vec<Local>,
    /// Where each name stands in `locals`, the innermost last.
    named: HashMap<String, Vec<usize>>,
    /// The type of what is bound to a slot, and whether it is a `var`.
    pub(super) bound: HashMap<Slot, (Ty, bool)>,
    /// What is known to be more than its type says: values that are not `null`.
    pub(super) known: Vec<Typed>,
    /// `each` around this place.
    pub(super) eaches: usize,
    /// Whether a `break` here leaves a loop.
    pub(super) in_loop: bool,
    /// Why no effect may stand here although the place as a whole allows it.
    pub(super) pure: Option<&'static str>,
    /// How many branches are around this place.
    pub(super) branches: usize,
    /// Where the holes of the last template stand, in their order.
    pub(super) hole_places: Vec<Span>,
    /// Whether a time is a value here.
    pub(super) times: bool,
    /// What the ladder at hand asks before it is chosen.
    pub(super) asks: Vec<Node>,
    /// What the flow as a whole has bound: what a run shows as made.
    pub(super) made: Vec<(String, Ty)>,
    next_slot: u32,
    open: Vec<Open>,
    unused: Vec<Diagnostic>,
    /// How many errors there were before this.
    errors: usize,
}

impl<'c, 'a> Lower<'c, 'a> {
    pub(super) fn new(checker: &'c mut Checker<'a>, file: usize, decl: Decl, within: Within) -> Self {
        let errors = checker.errors;
        Lower {
            checker,
            file,
            decl,
            within,
            result: Ty::Never,
            it: Vec::new(),
            locals: Vec::new(),
            named: HashMap::new(),
            bound: HashMap::new(),
            known: Vec::new(),
            eaches: 0,
            in_loop: false,
            pure: None,
            branches: 0,
            hole_places: Vec::new(),
            times: false,
            asks: Vec::new(),
            made: Vec::new(),
            next_slot: 0,
            open: Vec::new(),
            unused: Vec::new(),
            errors,
        }
    }

    /// A slot that nothing else has.
    pub(super) fn slot(&mut self) -> Slot {
        let slot = Slot(self.next_slot);
        self.next_slot = self.next_slot.saturating_add(1);
        slot
    }

    /// Makes a name known until the innermost scope ends.
    pub(super) fn bind(&mut self, name: &str, span: Span, value: Typed, kind: LocalKind) {
        let eaches = self.eaches;
        if kind != LocalKind::Given && self.within == Within::Flow && self.open.len() == 1 {
            self.made.push((name.to_owned(), value.ty.clone()));
        }
        if let Expr::Slot(slot) = value.expr {
            self.bound.insert(slot, (value.ty.clone(), kind == LocalKind::Var));
        }
        self.named.entry(name.to_owned()).or_default().push(self.locals.len());
        self.locals.push(Local { name: name.to_owned(), span, value, kind, used: false, eaches });
    }

    /// What a name is bound to.
    pub(super) fn find_local(&mut self, name: &str) -> Option<&mut Local> {
        let index = *self.named.get(name)?.last()?;
        self.locals.get_mut(index)
    }

    /// The names that are bound here.
    pub(super) fn bound_names(&self) -> impl Iterator<Item = &str> {
        self.locals.iter().map(|local| local.name.as_str())
    }

    /// Names that were bound within `inner` are gone after it; a `let` that nothing read is a warning.
    pub(super) fn scope<T>(&mut self, inner: impl FnOnce(&mut Self) -> T) -> T {
        let (locals, known) = (self.locals.len(), self.known.len());
        let value = inner(self);
        self.known.truncate(known);
        for local in self.locals.split_off(locals.min(self.locals.len())) {
            if let Some(places) = self.named.get_mut(&local.name) {
                places.pop();
            }
            self.say_unused(&local);
        }
        value
    }

    fn say_unused(&mut self, local: &Local) {
        let bound = matches!(local.kind, LocalKind::Let | LocalKind::Var);
        if bound && !local.used && !local.name.starts_with('_') {
            let diagnostic = Diagnostic::warning(code::W0714, local.span, format!("nothing reads `{}`", local.name))
                .label("its value is made for nothing")
                .help(format!(
                    "leave it out, read `{}`, or call it `_{0}` where its effect is what is wanted",
                    local.name
                ))
                .fix("say that this is meant", local.span, format!("_{}", local.name));
            self.unused.push(diagnostic);
        }
    }

    /// Says what nothing reads, unless something else is wrong: a misspelt name is not read for that reason.
    pub(super) fn finish(self) {
        if self.checker.errors == self.errors {
            self.checker.said.extend(self.unused);
        }
    }

    /// Lowers into a body of its own.
    pub(super) fn body(&mut self, inner: impl FnOnce(&mut Self) -> Typed) -> (Body, Ty) {
        self.open.push(Open::default());
        let Typed { expr, ty } = self.scope(inner);
        let Open { mut nodes, left } = self.open.pop().unwrap_or_default();
        needs::order(&mut nodes);
        let ty = if left { Ty::Never } else { ty };
        (Body { nodes, value: expr }, ty)
    }

    /// A body that happens only sometimes.
    pub(super) fn branch(&mut self, inner: impl FnOnce(&mut Self) -> Typed) -> (Body, Ty) {
        self.branches += 1;
        let body = self.body(inner);
        self.branches -= 1;
        body
    }

    /// Whether an effect may stand at this place; where not, says so.
    pub(super) fn allows_effect(&mut self, span: Span) -> bool {
        let why = match self.pure {
            Some(why) => why,
            None if self.within.has_effects() && !self.open.is_empty() => return true,
            None => self.within.name(),
        };
        let message = format!("{why} cannot wait for this");
        let diagnostic = Diagnostic::error(code::E0708, span, message)
            .label("only values that are there already can stand here")
            .help("bind it with `let` before");
        self.checker.say(diagnostic);
        false
    }

    /// Adds a node to the innermost body; its slot is the value.
    pub(super) fn node(&mut self, span: Span, kind: NodeKind, ty: Ty) -> Typed {
        let slot = self.slot();
        self.node_at(slot, span, kind);
        Typed::new(Expr::Slot(slot), ty)
    }

    /// Adds a node whose slot is known already.
    pub(super) fn node_at(&mut self, slot: Slot, span: Span, kind: NodeKind) {
        let place = self.checker.place(span);
        if let Some(open) = self.open.last_mut() {
            open.nodes.push(Node { slot, name: None, needs: Vec::new(), place, kind });
        }
    }

    /// What follows in this body cannot happen any more.
    pub(super) fn leave(&mut self) -> Typed {
        if let Some(open) = self.open.last_mut() {
            open.left = true;
        }
        Typed::null(Ty::Never)
    }

    /// Whether this place cannot be reached.
    pub(super) fn has_left(&self) -> bool {
        self.open.last().is_some_and(|open| open.left)
    }

    /// How many bodies are around this place.
    pub(super) fn blocks(&self) -> usize {
        self.open.len()
    }

    /// How many slots there are: those made from here on have this number or more.
    pub(super) fn mark(&self) -> u32 {
        self.next_slot
    }

    /// Calls the value of a node made since `mark` by the name of its `let`, where the flow as a whole shows it. Gives back
    /// whether the expression is such a node's value.
    pub(super) fn adopt(&mut self, expr: &Expr, mark: u32, name: &str) -> bool {
        let Expr::Slot(slot) = expr else { return false };
        let shown = self.within == Within::Flow && self.open.len() == 1;
        let Some(open) = self.open.last_mut() else { return false };
        // The slots of a body's nodes rise, so only the newest are looked at.
        let made = open.nodes.iter_mut().rev().take_while(|node| node.slot.0 >= mark).find(|node| node.slot == *slot);
        match made {
            Some(node) if node.name.is_none() => {
                node.name = shown.then(|| name.to_owned());
                true
            }
            _ => false,
        }
    }

    /// A value under a slot of its own, made now: for what is read more than once, or must not change later.
    pub(super) fn value_node(&mut self, span: Span, name: Option<&str>, expr: Expr) -> Slot {
        let slot = self.slot();
        self.node_at(slot, span, NodeKind::Value(expr));
        let shown = self.within == Within::Flow && self.open.len() == 1;
        if let (Some(name), true, Some(open)) = (name, shown, self.open.last_mut())
            && let Some(node) = open.nodes.last_mut()
        {
            node.name = Some(name.to_owned());
        }
        slot
    }

    /// Whether nodes of plain values may be made here.
    pub(super) fn can_hold_values(&self) -> bool {
        self.pure.is_none() && self.within.has_effects() && !self.open.is_empty()
    }
}
