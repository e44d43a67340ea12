//! What comes back to itself: calls, and types. In: who calls whom, who holds what. Out: an error for each circle, with its path.

use std::collections::{BTreeMap, BTreeSet};

use super::Checker;
use super::items::Decl;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::check as code;
use crate::program::{EnumId, RecordId, Ty};
use crate::size::Measure;
use crate::source::Span;

/// The most fields that a type may have, those of its parts included, so that its schema stays small.
const MOST_FIELDS: u64 = 10_000;

/// Types are measured until so many fields have been looked at, so that checking stays fast whatever is declared.
const MOST_MEASURED: u64 = 200_000;

/// How deep calls may go, the blocks around each of them counted.
const DEEPEST_CALLS: u32 = 192;

/// How deep types may be nested.
const DEEPEST: u32 = 48;

/// One call.
#[derive(Clone, Copy)]
struct Call {
    caller: Decl,
    callee: Decl,
    span: Span,
    /// How many levels deeper what is called is than its caller.
    levels: u32,
}

/// Who calls whom, and where, in the order of the source.
#[derive(Default)]
pub(super) struct Calls {
    edges: Vec<Call>,
}

impl Calls {
    /// Notes a call with so many blocks around it.
    pub(super) fn add(&mut self, caller: Decl, callee: Decl, span: Span, blocks: usize) {
        let levels = u32::try_from(blocks).unwrap_or(u32::MAX).max(1);
        self.edges.push(Call { caller, callee, span, levels });
    }

    /// What a caller calls, through others or not, itself included. The calls are sorted.
    pub(super) fn reached(&self, from: Decl) -> BTreeSet<Decl> {
        let mut reached = BTreeSet::from([from]);
        let mut waiting = vec![from];
        while let Some(caller) = waiting.pop() {
            let callees = self.of(caller).iter().map(|call| call.callee);
            waiting.extend(callees.filter(|callee| reached.insert(*callee)));
        }
        reached
    }

    /// The calls of one caller.
    fn of(&self, caller: Decl) -> &[Call] {
        let start = self.edges.partition_point(|edge| edge.caller < caller);
        let end = self.edges.partition_point(|edge| edge.caller <= caller);
        self.edges.get(start..end).unwrap_or_default()
    }
}

/// One caller on the way down, which of its calls comes next, and how deep its calls so far go.
struct Step {
    at: Decl,
    next: usize,
    depth: u32,
}

/// A walk over all calls, with a stack of its own: a chain of calls may be as long as the program.
#[derive(Default)]
struct Walk {
    /// How deep the calls of those go that have been walked.
    depths: BTreeMap<Decl, u32>,
    open: BTreeSet<Decl>,
    circles: Vec<(Vec<Decl>, Span)>,
    too_deep: Vec<(Decl, Span)>,
}

impl Walk {
    fn from(&mut self, start: Decl, calls: &Calls) {
        if self.depths.contains_key(&start) {
            return;
        }
        let mut stack = vec![Step { at: start, next: 0, depth: 0 }];
        self.open.insert(start);
        while let Some(step) = stack.last_mut() {
            let Some(Call { callee, span, levels, .. }) = calls.of(step.at).get(step.next).copied() else {
                self.open.remove(&step.at);
                self.depths.insert(step.at, step.depth);
                stack.pop();
                continue;
            };
            if self.open.contains(&callee) {
                step.next += 1;
                let from = stack.iter().position(|step| step.at == callee).unwrap_or(0);
                self.circles.push((stack.iter().skip(from).map(|step| step.at).collect(), span));
            } else if let Some(depth) = self.depths.get(&callee) {
                step.next += 1;
                step.depth = step.depth.max(depth.saturating_add(levels));
                if step.depth > DEEPEST_CALLS {
                    // Said once a chain: what calls this one starts to count anew.
                    self.too_deep.push((step.at, span));
                    step.depth = 0;
                }
            } else {
                // It is walked first, then this call is looked at again.
                self.open.insert(callee);
                stack.push(Step { at: callee, next: 0, depth: 0 });
            }
        }
    }
}

impl Checker<'_> {
    /// Says where steps, flows, routes and tools call themselves, once for each circle, and where they call each other through
    /// so many others that later phases, which follow calls, would run out of stack.
    pub(super) fn refuse_cycles(&mut self) {
        // A stable sort: the calls of one caller stay in their order.
        self.calls.edges.sort_by_key(|edge| edge.caller);
        let callers: BTreeSet<Decl> = self.calls.edges.iter().map(|edge| edge.caller).collect();
        let mut walk = Walk::default();
        for start in callers {
            walk.from(start, &self.calls);
        }
        if !walk.circles.is_empty() {
            return walk.circles.into_iter().for_each(|(path, span)| self.say_circle(&path, span));
        }
        for (callee, span) in walk.too_deep {
            let message = format!("the calls of `{}` go more than {DEEPEST_CALLS} levels deep", self.name_of(callee));
            self.error(code::E0505, span, message, "too long a way to follow");
        }
    }

    fn say_circle(&mut self, path: &[Decl], span: Span) {
        let Some(first) = path.first().copied() else { return };
        let name = self.name_of(first);
        let shown: Vec<String> = path.iter().chain([&first]).map(|decl| self.name_of(*decl)).collect();
        let diagnostic = Diagnostic::error(code::E0701, span, format!("`{name}` calls itself"))
            .label("the circle closes here")
            .help(format!("path: {}", shown.join(" > ")))
            .help("what repeats is a `loop <= n` or an `each` over a list of known length");
        self.say(diagnostic);
    }

    /// The name of a declaration.
    pub(super) fn name_of(&self, decl: Decl) -> String {
        let name = match decl {
            Decl::Step(id) => self.items.steps.get(id.index()).map(|of| &of.decl.name.text),
            Decl::Tool(id) => self.items.tools.get(id.index()).map(|of| &of.decl.name.text),
            Decl::Flow(id) => self.items.flows.get(id.index()).map(|of| &of.decl.name.text),
            Decl::Route(index) => self.items.routes.get(index).map(|of| &of.decl.name.text),
            Decl::Alias(index) => self.items.aliases.get(index).map(|of| &of.decl.name.text),
            Decl::Record(id) => self.program.types.records.get(id.index()).map(|of| &of.name),
            Decl::Enum(id) => self.program.types.enums.get(id.index()).map(|of| &of.name),
            Decl::Index(id) => self.items.indexes.get(id.index()).map(|of| &of.decl.name.text),
            Decl::Ceiling(id) => self.items.ceilings.get(id.index()).map(|of| &of.decl.name.text),
            Decl::Tier(_) | Decl::Constant(_) => None,
        };
        name.cloned().unwrap_or_default()
    }

    /// Says where a type contains itself or has too many fields. Such a type is emptied, so that every later walk ends soon.
    pub(super) fn refuse_endless_types(&mut self) {
        let (records, enums) = (self.program.types.records.len(), self.program.types.enums.len());
        let mut sizes = Sizes { records: vec![Size::New; records], enums: vec![Size::New; enums], measured: 0 };
        let mut endless: Vec<Holder> = Vec::new();
        for index in 0..records {
            self.fields_in(Holder::Record(index), &mut sizes, &mut endless, 0);
        }
        for index in 0..enums {
            self.fields_in(Holder::Enum(index), &mut sizes, &mut endless, 0);
        }
        for holder in endless {
            self.empty(holder);
        }
    }

    fn empty(&mut self, holder: Holder) {
        match holder {
            Holder::Record(index) => {
                if let Some(record) = self.program.types.records.get_mut(index) {
                    record.fields.clear();
                }
            }
            Holder::Enum(index) => {
                if let Some(of) = self.program.types.enums.get_mut(index) {
                    of.variants.iter_mut().for_each(|variant| variant.fields.clear());
                }
            }
        }
    }

    /// How many fields a type has, those of its parts included.
    fn fields_in(&mut self, holder: Holder, sizes: &mut Sizes, endless: &mut Vec<Holder>, depth: u32) -> u64 {
        match sizes.at(holder) {
            Some(Size::Known(count)) => return *count,
            Some(Size::Open) => {
                if !endless.contains(&holder) {
                    endless.push(holder);
                    let (name, span) = self.declared(holder);
                    self.error(code::E0411, span, format!("`{name}` contains itself"), "its values would have no size");
                }
                return 0;
            }
            Some(_) if depth > DEEPEST => {
                let (name, span) = self.declared(holder);
                let message = format!("`{name}` is nested more than {DEEPEST} types deep");
                self.error(code::E0505, span, message, "its schema would be too large for a model");
                endless.push(holder);
                return 0;
            }
            Some(size @ Size::New) => *size = Size::Open,
            None => return 0,
        }
        let mut total = 0u64;
        for ty in self.parts(holder) {
            let inner = inner_holder(&ty).map_or(0, |inner| self.fields_in(inner, sizes, endless, depth + 1));
            total = total.saturating_add(1).saturating_add(inner);
        }
        if total > MOST_FIELDS {
            let (name, span) = self.declared(holder);
            let message = format!("`{name}` has more than {MOST_FIELDS} fields, those of its parts included");
            self.error(code::E0505, span, message, "its schema would be too large for a model");
            endless.push(holder);
            total = 0;
        }
        if let Some(size) = sizes.at(holder) {
            *size = Size::Known(total);
        }
        sizes.measured = sizes.measured.saturating_add(total);
        // A type that holds itself has no end, and is emptied later.
        if endless.is_empty() && sizes.measured <= MOST_MEASURED && self.overflows(holder) {
            let (name, span) = self.declared(holder);
            let message = format!("a value of `{name}` can become too large to be counted");
            let problem = Diagnostic::error(code::E0505, span, message).label("its longest value has no size");
            self.say(
                problem.help(
                    "write smaller sizes for its texts and lists: a list counts as many times its longest element",
                ),
            );
            self.empty(holder);
        }
        total
    }

    /// Whether the longest value of a type is beyond every number; its parts have been asked before.
    fn overflows(&self, holder: Holder) -> bool {
        let id = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
        let ty = match holder {
            Holder::Record(index) => Ty::Record(RecordId(id(index))),
            Holder::Enum(index) => Ty::Enum(EnumId(id(index))),
        };
        Measure::longest(&self.program.types, &ty).is_none()
    }

    fn parts(&self, holder: Holder) -> Vec<Ty> {
        let types = &self.program.types;
        match holder {
            Holder::Record(index) => {
                types.records.get(index).map_or(Vec::new(), |of| of.fields.iter().map(|f| f.ty.clone()).collect())
            }
            Holder::Enum(index) => types.enums.get(index).map_or(Vec::new(), |of| {
                of.variants.iter().flat_map(|variant| variant.fields.iter().map(|f| f.ty.clone())).collect()
            }),
        }
    }

    fn declared(&self, holder: Holder) -> (String, Span) {
        let name = match holder {
            Holder::Record(index) => self.items.records.get(index).map(|of| &of.decl.name),
            Holder::Enum(index) => self.items.enums.get(index).map(|of| &of.decl.name),
        };
        name.map_or_else(Default::default, |name| (name.text.clone(), name.span))
    }
}

/// A type that has fields.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holder {
    Record(usize),
    Enum(usize),
}

#[derive(Clone, Copy)]
enum Size {
    New,
    Open,
    Known(u64),
}

struct Sizes {
    records: Vec<Size>,
    enums: Vec<Size>,
    /// How many fields have been measured, those of parts included.
    measured: u64,
}

impl Sizes {
    fn at(&mut self, holder: Holder) -> Option<&mut Size> {
        match holder {
            Holder::Record(index) => self.records.get_mut(index),
            Holder::Enum(index) => self.enums.get_mut(index),
        }
    }
}

fn inner_holder(ty: &Ty) -> Option<Holder> {
    match ty {
        Ty::Record(RecordId(id)) => Some(Holder::Record(*id as usize)),
        Ty::Enum(EnumId(id)) => Some(Holder::Enum(*id as usize)),
        Ty::List { element, .. } => inner_holder(element),
        Ty::Optional(inner) => inner_holder(inner),
        Ty::Never
        | Ty::Null
        | Ty::Bool
        | Ty::Int { .. }
        | Ty::Usd { .. }
        | Ty::Score
        | Ty::Date
        | Ty::Id
        | Ty::Text(_)
        | Ty::Json(_)
        | Ty::Vector
        | Ty::Unknown => None,
    }
}
