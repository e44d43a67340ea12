//! Where free text comes from. In: the checked program. Out: the same with marks around the data in its prompts, and what
//! reaches a place where no stranger may write: a system message, a tool that acts.
//!
//! Untrusted is the text of a flow's input, of a tool's result, of the answer of a model that has read some of it, and what is
//! made of those. Numbers, enums without fields, days and keys carry no text. What a program says itself is trusted.
//!
//! Every step, tool and flow starts as trusted; what reaches it makes it less so until nothing changes. Calls form no cycle, so
//! that is after as many rounds as calls go deep.

mod flows;
mod marks;

use std::collections::BTreeMap;

use super::Checker;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::values as code;
use crate::program::{Effect, Expr, GateElse, Literal, Program, Slot, Step, StepId, Template, Tool, Ty, Types};
use crate::source::Span;

/// Where the holes of a step's templates stand, in their order.
#[derive(Default)]
pub(super) struct Holes {
    /// Those of the system message.
    pub(super) system: BTreeMap<StepId, Vec<Span>>,
}

/// What is known to have come from outside.
#[derive(Default)]
struct Known {
    /// The parameters of each step.
    steps: Vec<Vec<bool>>,
    /// Whether the answer of a step is untrusted.
    answers: Vec<bool>,
    /// The results of each flow.
    results: Vec<bool>,
    /// What is in each slot of a flow.
    slots: Vec<Vec<bool>>,
    changed: bool,
}

impl Checker<'_> {
    /// Follows text from outside through a program without errors.
    pub(super) fn trust(&mut self) {
        if self.errors > 0 {
            return;
        }
        let known = known(&self.program);
        self.refuse_in_system(&known);
        self.refuse_in_tools(&known);
        let types = &self.program.types;
        for (step, params) in self.program.steps.iter_mut().zip(&known.steps) {
            let (own, prompt, system) = (&step.params, std::mem::take(&mut step.prompt), step.system.take());
            let read = |slot: Slot| is_untrusted(step_slots(own, params, slot));
            let marked = marks::marked(prompt, types, &read);
            step.system = system.map(|system| marks::marked(system, types, &read));
            step.prompt = marked;
        }
    }

    /// A system message is the author's: nothing else may speak in it.
    fn refuse_in_system(&mut self, known: &Known) {
        let mut said = Vec::new();
        for ((step, params), id) in self.program.steps.iter().zip(&known.steps).zip(0u32..) {
            let Some(system) = &step.system else { continue };
            let spans = self.holes.system.get(&StepId(id)).map_or(&[][..], Vec::as_slice);
            let read = |slot: Slot| is_untrusted(step_slots(&step.params, params, slot));
            let found = marks::untrusted_holes(system, &self.program.types, &read);
            for (_, span) in found.into_iter().zip(spans).filter(|(untrusted, _)| *untrusted) {
                said.push(*span);
            }
        }
        for span in said {
            let message = format!("`{}` is text from outside, and stands in a system message", self.text(span));
            let diagnostic =
                Diagnostic::error(code::E0430, span, message).label("whoever wrote it would give orders here");
            self.say(diagnostic.help("show it in the prompt; there it stands between marks, as data"));
        }
    }

    /// Text from outside reaches a tool that acts only past a gate that looks.
    fn refuse_in_tools(&mut self, known: &Known) {
        let idle: Vec<usize> = (0..self.program.tools.len())
            .filter(|index| self.program.tools.get(*index).is_some_and(|tool| acts(tool) && is_always_open(tool)))
            .collect();
        for index in idle {
            let Some(tool) = self.items.tools.get(index) else { continue };
            let (name, span) = (tool.decl.name.clone(), gate_place(tool.decl));
            let message = format!("the gate of `{}` is always open", name.text);
            let diagnostic = Diagnostic::error(code::E0431, name.span, message).label("this tool acts on the world");
            let diagnostic = span.into_iter().fold(diagnostic, |of, span| of.label_at(span, "nothing is decided here"));
            self.say(
                diagnostic
                    .help("ask something of its parameters, or write `gate false else approve(\"role\", within 4h)`"),
            );
        }
        for (tool, param, span, by_model) in flows::reached(&self.program, known) {
            self.say_reached(tool, param, span, by_model);
        }
    }

    fn say_reached(&mut self, tool: usize, param: usize, span: Span, by_model: bool) {
        let Some(declared) = self.items.tools.get(tool) else { return };
        let Some(field) = declared.decl.params.get(param) else { return };
        let (name, word, place) = (declared.decl.name.text.clone(), field.name.text.clone(), gate_place(declared.decl));
        let message = format!("text from outside reaches `{name}` as `{word}`, and its gate does not look at it");
        let label = if by_model { "a model that has read such text chooses it" } else { "it gets here" };
        let mut diagnostic = Diagnostic::error(code::E0432, span, message).label(label);
        if let Some(place) = place {
            diagnostic = diagnostic.label_at(place, format!("`{word}` is not read here"));
        }
        let help =
            format!("let the gate ask something of `{word}`, or end it with `else approve(\"role\", within 4h)`");
        self.say(diagnostic.help(help));
    }
}

/// Follows text until nothing changes.
fn known(program: &Program) -> Known {
    let mut known = Known {
        steps: program.steps.iter().map(|step| vec![false; step.params.len()]).collect(),
        answers: vec![false; program.steps.len()],
        results: vec![false; program.flows.len()],
        slots: vec![Vec::new(); program.flows.len()],
        changed: true,
    };
    flows::uncalled(program, &mut known);
    for index in 0..program.steps.len() {
        flows::answered(program, &mut known, index);
    }
    while std::mem::take(&mut known.changed) {
        flows::round(program, &mut known);
    }
    known
}

/// Whether a value of this type can carry text that somebody wrote.
fn carries_text(ty: &Ty, types: &Types, depth: u32) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return true };
    let any = |fields: &[crate::program::Field]| fields.iter().any(|field| carries_text(&field.ty, types, depth));
    match ty {
        Ty::Text(_) | Ty::Json(_) | Ty::Unknown => true,
        Ty::List { element, .. } => carries_text(element, types, depth),
        Ty::Optional(inner) => carries_text(inner, types, depth),
        Ty::Record(id) => types.records.get(id.index()).is_none_or(|record| any(&record.fields)),
        Ty::Enum(id) => types.enums.get(id.index()).is_none_or(|of| of.variants.iter().any(|it| any(&it.fields))),
        Ty::Never
        | Ty::Null
        | Ty::Bool
        | Ty::Int { .. }
        | Ty::Usd { .. }
        | Ty::Score
        | Ty::Date
        | Ty::Id
        | Ty::Vector => false,
    }
}

/// Types are at most this deep; the checker refuses deeper ones.
const DEEPEST: u32 = 64;

/// What a step's slot holds: a parameter, or nothing known, as the element of an `each` in its prompt.
fn step_slots(params: &[crate::program::Param], untrusted: &[bool], slot: Slot) -> Option<bool> {
    let index = params.iter().position(|param| param.slot == slot)?;
    untrusted.get(index).copied()
}

fn is_untrusted(known: Option<bool>) -> bool {
    known.unwrap_or(true)
}

/// Whether the value of an expression may be, or contain, text of a slot for which `read` holds. What an expression only asks
/// about a text (its length, whether it is empty, which branch is taken) carries nothing of it.
fn takes(expr: &Expr, read: &dyn Fn(Slot) -> bool) -> bool {
    match expr {
        Expr::Literal(_) | Expr::Signal(_) | Expr::Env(_) | Expr::Seen(_) => false,
        Expr::Quantify { .. } | Expr::Not(_) | Expr::Is(..) | Expr::In(..) => false,
        Expr::Caller(_) => true,
        Expr::Slot(slot) => read(*slot),
        Expr::Field(of, _) | Expr::Pluck(of, _) | Expr::Payload { value: of, .. } | Expr::Slice { value: of, .. } => {
            takes(of, read)
        }
        Expr::Cut(of, _) | Expr::Fit(of, _) | Expr::Negate(of) | Expr::Index(of, _) => takes(of, read),
        Expr::Builtin(builtin, args) => builtin_gives_text(*builtin) && args.iter().any(|arg| takes(arg, read)),
        Expr::Record(_, all) | Expr::Variant(_, _, all) | Expr::List(all) => all.iter().any(|part| takes(part, read)),
        Expr::Binary(_, left, right) => takes(left, read) || takes(right, read),
        Expr::If(_, then, otherwise) => takes(then, read) || takes(otherwise, read),
    }
}

fn builtin_gives_text(builtin: crate::program::Builtin) -> bool {
    use crate::program::Builtin::{
        Contains, Empty, First, Join, Last, Len, Lower, Max, Min, Similarity, Sum, Text, Trim, Upper,
    };
    match builtin {
        Join | Lower | Upper | Trim | First | Last | Text | Min | Max => true,
        Len | Empty | Contains | Sum | Similarity => false,
    }
}

/// Whether a tool does something that cannot be taken back.
fn acts(tool: &Tool) -> bool {
    matches!(tool.effect, Effect::Write | Effect::Money | Effect::Send)
}

/// Whether the gate lets every call through, whatever it is called with.
fn is_always_open(tool: &Tool) -> bool {
    tool.gate.as_ref().is_some_and(|gate| gate.open.nodes.is_empty() && constant(&gate.open.value) == Some(true))
}

/// What a condition is, where it reads nothing.
fn constant(expr: &Expr) -> Option<bool> {
    match expr {
        Expr::Literal(Literal::Bool(value)) => Some(*value),
        Expr::Not(inner) => constant(inner).map(|value| !value),
        Expr::If(condition, then, otherwise) => match constant(condition)? {
            true => constant(then),
            false => constant(otherwise),
        },
        Expr::Binary(crate::program::Operator::And, left, right) => match (constant(left), constant(right)) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        },
        Expr::Binary(crate::program::Operator::Or, left, right) => match (constant(left), constant(right)) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a gate decides about a parameter: its condition reads it, or a person is asked where it does not hold.
fn decides(tool: &Tool, param: Slot) -> bool {
    // Without a gate an error has been said.
    let Some(gate) = &tool.gate else { return true };
    if matches!(gate.otherwise, GateElse::Approve { .. } | GateElse::Deny) && !is_always_open(tool) {
        return true;
    }
    let mut found = false;
    flows::read_by(&gate.open, &mut |slot| found |= slot == param);
    found
}

fn gate_place(decl: &crate::syntax::ToolDecl) -> Option<Span> {
    let is_gate =
        |clause: &&crate::syntax::ToolClause| matches!(clause.kind, crate::syntax::ToolClauseKind::Gate { .. });
    decl.clauses.iter().find(is_gate).map(|clause| clause.span)
}

/// Whether a step's prompt shows anything for which `read` holds.
fn shows(step: &Step, types: &Types, read: &dyn Fn(Slot) -> bool) -> bool {
    let of = |template: &Template| marks::untrusted_holes(template, types, read).contains(&true);
    of(&step.prompt) || step.system.as_ref().is_some_and(of)
}
