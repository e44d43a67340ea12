//! Steps: one model call, typed. In: the clauses as written. Out: the [`Step`] with its caps, its ladder and its prompt.

use super::Checker;
use super::caps::MOST_ATTEMPTS;
use super::items::{Decl, Declared};
use super::lower::{Lower, Typed, Within};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::check as code;
use crate::program::{self, Expr, Ladder, Part, Step, StepId, Template, ToolId, Ty};
use crate::schema;
use crate::source::Span;
use crate::syntax::{Cap, Keep, Name, StepClause, StepClauseKind, StepDecl};

impl<'a> Checker<'a> {
    /// Lowers every step.
    pub(super) fn check_steps(&mut self) {
        for (index, id) in (0..self.items.steps.len()).zip(0u32..) {
            let Declared { decl, file, .. } = self.items.steps[index];
            let step = self.step(StepId(id), decl, file);
            self.program.steps.push(step);
        }
    }

    fn step(&mut self, id: StepId, decl: &'a StepDecl, file: usize) -> Step {
        let result = self.items.step_signatures[id.index()].result.clone();
        let place = self.place(decl.name.span);
        let mut lower = Lower::new(self, file, Decl::Step(id), Within::Ladder);
        let params = lower.params(&decl.params);
        let it = lower.slot();
        let mut step = Step {
            name: decl.name.text.clone(),
            place,
            params,
            result,
            asks: None,
            ladder: Ladder::Rungs(Vec::new()),
            over: Vec::new(),
            accept: None,
            it,
            retry: 0,
            repair: 0,
            turns: 1,
            keep: program::Keep::All,
            tools: Vec::new(),
            system: None,
            prompt: Vec::new(),
            format: None,
            input: None,
            output: None,
            think: 0,
            time_ms: None,
            cache: None,
            class: program::Class::Interactive,
        };
        let mut seen = Seen::default();
        for clause in &decl.clauses {
            lower.step_clause(clause, &mut step, &mut seen);
        }
        lower.prompt(decl, &mut step, &seen);
        lower.check_clauses(decl, &step, &seen);
        lower.finish();
        step
    }
}

/// Which clauses there are, and where.
#[derive(Default)]
struct Seen {
    on: Option<Span>,
    turns: Option<Span>,
    tools: Option<Span>,
    no_format: Option<Span>,
    cache: Option<Span>,
    /// A clause that was not understood; what seems to be missing may be it.
    broken: bool,
}

impl<'a> Lower<'_, 'a> {
    fn step_clause(&mut self, clause: &'a StepClause, step: &mut Step, seen: &mut Seen) {
        match &clause.kind {
            StepClauseKind::On(ladder) => {
                seen.on = Some(clause.span);
                step.ladder = self.ladder(ladder);
                step.asks = self.take_asks();
            }
            StepClauseKind::Accept(expr) => {
                let it = Typed::new(Expr::Slot(step.it), step.result.clone());
                self.bound.insert(step.it, (step.result.clone(), false));
                self.it.push(it);
                step.accept = Some(self.question(Within::Accept, expr));
                self.it.pop();
            }
            StepClauseKind::Retry(cap) => step.retry = self.checker.count(cap, 0..=MOST_ATTEMPTS).unwrap_or(0),
            StepClauseKind::Repair(cap) => step.repair = self.checker.count(cap, 0..=MOST_ATTEMPTS).unwrap_or(0),
            StepClauseKind::Input(cap) => step.input = self.checker.tokens(cap, 1),
            StepClauseKind::Output(cap) => step.output = self.checker.tokens(cap, 1),
            StepClauseKind::Think(cap) => step.think = self.checker.tokens(cap, 0).unwrap_or(0),
            StepClauseKind::Time(cap) => step.time_ms = self.checker.millis(cap),
            StepClauseKind::Turns { cap, keep } => {
                seen.turns = Some(clause.span);
                step.turns = self.checker.count(cap, 1..=MOST_ATTEMPTS).unwrap_or(1);
                step.keep = self.keep(keep.as_ref());
            }
            StepClauseKind::Tools(tools) => {
                seen.tools = Some(clause.span);
                step.tools = self.tools(tools);
            }
            StepClauseKind::System(template) => {
                let lowered = self.template(template);
                if let Some(span) = lowered.formats.first() {
                    let message = "`{format}` in the system message";
                    self.checker.error(code::E0608, *span, message, "the instructions stand in the prompt");
                }
                step.system = Some(without_format(lowered.parts));
                if let Decl::Step(id) = self.decl {
                    let places = std::mem::take(&mut self.hole_places);
                    self.checker.holes.system.insert(id, places);
                }
            }
            StepClauseKind::Cache(cache) => {
                seen.cache = Some(clause.span);
                step.cache = self.checker.cache(cache, self.file);
            }
            StepClauseKind::Class(class) => step.class = self.checker.class(class),
            StepClauseKind::FormatNone => seen.no_format = Some(clause.span),
            StepClauseKind::Error => seen.broken = true,
        }
    }

    fn keep(&mut self, keep: Option<&Keep>) -> program::Keep {
        match keep {
            None | Some(Keep::All) => program::Keep::All,
            Some(Keep::Last(cap)) => {
                self.checker.count(cap, 1..=MOST_ATTEMPTS).map_or(program::Keep::All, program::Keep::Last)
            }
            Some(Keep::Tokens(cap)) => self.checker.tokens(cap, 1).map_or(program::Keep::All, program::Keep::Tokens),
        }
    }

    fn tools(&mut self, tools: &[(Name, Cap)]) -> Vec<(ToolId, u64)> {
        let mut known: Vec<(ToolId, u64)> = Vec::new();
        for (name, cap) in tools {
            let most = self.checker.count(cap, 1..=MOST_ATTEMPTS);
            let id = match self.decl(name, &[]) {
                Some(Decl::Tool(id)) => id,
                Some(other) => {
                    self.checker.wrong_kind(name, other, "a tool");
                    continue;
                }
                None => continue,
            };
            if known.iter().any(|(before, _)| *before == id) {
                let message = format!("tool `{}` is given twice", name.text);
                self.checker.error(code::E0603, name.span, message, "its cap stands once");
                continue;
            }
            self.note_call(Decl::Tool(id), name.span);
            known.extend(most.map(|most| (id, most)));
        }
        known
    }

    /// The prompt with the instructions for the output format in their place.
    fn prompt(&mut self, decl: &StepDecl, step: &mut Step, seen: &Seen) {
        let Some(template) = &decl.prompt else { return };
        let lowered = self.template(template);
        let plain = matches!(step.result, Ty::Text(_));
        if let [_, second, ..] = lowered.formats.as_slice() {
            self.checker.error(code::E0608, *second, "`{format}` stands twice", "the instructions are sent once");
        }
        if let (Some(first), true) = (lowered.formats.first(), plain || seen.no_format.is_some()) {
            let why = if plain { "a step that answers with a text has none" } else { "`format none` leaves them out" };
            self.checker.error(code::E0608, *first, "there are no instructions for the output format", why);
        }
        if plain || seen.no_format.is_some() || step.result == Ty::Unknown {
            step.prompt = without_format(lowered.parts);
            return;
        }
        if step.result == Ty::Vector {
            return;
        }
        step.format = Some(schema::instructions(&self.checker.program.types, &step.result));
        step.prompt = lowered.parts;
        if lowered.formats.is_empty() {
            if !step.prompt.is_empty() {
                step.prompt.push(Part::Text("\n\n".to_owned()));
            }
            step.prompt.push(Part::Format);
        }
    }

    /// Clauses that are missing or that mean nothing together.
    fn check_clauses(&mut self, decl: &StepDecl, step: &Step, seen: &Seen) {
        let bare = seen.on.is_none() && decl.prompt.is_none() && !seen.broken;
        if bare {
            let message = format!("step `{}` has no `on` and no prompt", decl.name.text);
            let diagnostic = Diagnostic::error(code::E0602, decl.name.span, message)
                .label("nobody is asked anything")
                .help("write `on small` with a tier of yours, and the prompt between `\"\"\"` below it");
            self.checker.say(diagnostic);
        }
        if seen.on.is_none() && !seen.broken && !bare {
            let diagnostic =
                Diagnostic::error(code::E0602, decl.name.span, format!("step `{}` has no `on`", decl.name.text))
                    .label("nobody answers it")
                    .help("write `on small` with a tier of yours");
            self.checker.say(diagnostic);
        }
        if decl.prompt.is_none() && !seen.broken && !bare {
            let diagnostic =
                Diagnostic::error(code::E0602, decl.name.span, format!("step `{}` has no prompt", decl.name.text))
                    .label("nothing is asked")
                    .help("write it between `\"\"\"` as the last part of the step");
            self.checker.say(diagnostic);
        }
        if let (Some(turns), None, true) = (seen.turns, seen.tools, step.turns > 1) {
            let diagnostic = Diagnostic::warning(code::W0611, turns, "more than one turn, and no tools")
                .label("a turn without a tool call is the last one")
                .help("give the step `tools`, or leave `turns` out");
            self.checker.say(diagnostic);
        }
        let acting = step.tools.iter().filter_map(|(id, _)| self.checker.program.tools.get(id.index()));
        let acting = acting.filter(|tool| tool.effect != program::Effect::Read).map(|tool| tool.name.clone()).next();
        if let (Some(cache), Some(tool)) = (seen.cache, acting) {
            let message = format!("`{tool}` acts on the world, and an answer that is given again calls no tool");
            let diagnostic = Diagnostic::warning(code::W0629, cache, message).label("kept here");
            self.checker.say(diagnostic.help("leave `cache` out, or let the flow call the tool"));
        }
        if let (Some(tools), 1, false) = (seen.tools, step.turns, step.tools.is_empty()) {
            let diagnostic = Diagnostic::warning(code::W0611, tools, "tools, and only one turn")
                .label("the only turn is sent without tools")
                .help("write `turns <= 2` or more");
            self.checker.say(diagnostic);
        }
    }
}

/// A template without the place of the instructions.
fn without_format(parts: Template) -> Template {
    let kept = parts.into_iter().filter(|part| *part != Part::Format);
    let inner = |part| match part {
        Part::Each { element, list, most, fit, body } => {
            Part::Each { element, list, most, fit, body: without_format(body) }
        }
        Part::If { condition, then, otherwise } => {
            Part::If { condition, then: without_format(then), otherwise: without_format(otherwise) }
        }
        part @ (Part::Text(_) | Part::Hole(..) | Part::Data(..) | Part::Format) => part,
    };
    kept.map(inner).collect()
}
