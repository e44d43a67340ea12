//! Passages that stand in several messages. In: the fixed texts of all prompts. Out: a warning for each run of lines that stands in
//! two of them, with the tokens that the second one costs.

use std::collections::BTreeMap;

use super::Linted;
use super::context::texts;
use super::flows::with_saving;
use crate::cost::show_count;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::lint::W1005;
use crate::fence::{CLOSE, OPEN};
use crate::program::{Part, Step};
use crate::size::Measure;
use crate::source::Span;
use crate::syntax::StepClauseKind;

/// A line that stands in more places than this is looked for in the first of them.
const MOST_PLACES: usize = 8;

/// The fixed lines of one message.
struct Message<'a> {
    step: usize,
    is_system: bool,
    lines: Vec<&'a str>,
}

pub(super) fn check(linted: &Linted<'_>, said: &mut Vec<Diagnostic>) {
    let mut messages: Vec<Message<'_>> = Vec::new();
    for (index, step) in linted.program.steps.iter().enumerate() {
        for (template, is_system) in [(step.system.as_ref(), true), (Some(&step.prompt), false)] {
            let Some(template) = template else { continue };
            let lines = texts(template).flat_map(str::lines).map(str::trim).filter(|line| !line.is_empty());
            // Marks around data stand in every prompt.
            let lines = lines.filter(|line| ![OPEN, CLOSE].contains(line));
            messages.push(Message { step: index, is_system, lines: lines.collect() });
        }
    }
    let mut places: BTreeMap<&str, Vec<(usize, usize)>> = BTreeMap::new();
    for (at, message) in messages.iter().enumerate() {
        let mut line = 0;
        while line < message.lines.len() {
            let known = places.get(message.lines[line]).map_or(&[][..], Vec::as_slice);
            let runs =
                known.iter().map(|(other, from)| (run(&messages[*other].lines, *from, &message.lines, line), *other));
            let longest = runs.max_by_key(|(length, _)| *length);
            match longest {
                Some((length, other)) if length > 0 => {
                    let (first, lines) = (&messages[other], &message.lines[line..line + length]);
                    said.extend(repeated(linted, first, message, lines));
                    line += length;
                }
                _ => line += 1,
            }
        }
        for (line, text) in message.lines.iter().enumerate() {
            let known = places.entry(text).or_default();
            if known.len() < MOST_PLACES {
                known.push((at, line));
            }
        }
    }
}

/// How many lines are the same from there on.
fn run(one: &[&str], from: usize, other: &[&str], at: usize) -> usize {
    let pairs = one.get(from..).unwrap_or(&[]).iter().zip(other.get(at..).unwrap_or(&[]));
    pairs.take_while(|(a, b)| a == b).count()
}

fn repeated(linted: &Linted<'_>, first: &Message<'_>, second: &Message<'_>, lines: &[&str]) -> Option<Diagnostic> {
    let (one, other) = (linted.program.steps.get(first.step)?, linted.program.steps.get(second.step)?);
    let model = *linted.models(other).first()?;
    let measure = Measure::of(model, &linted.program.types);
    let tokens = measure.tokens(measure.fixed(&lines.join("\n")));
    if tokens < linted.levels.passage.unwrap_or(40) {
        return None;
    }
    let span = place(linted, other, second, lines.first()?)?;
    let message =
        format!("a passage of {} tokens stands in `{}` and again in `{}`", show_count(tokens), one.name, other.name);
    let mut problem = Diagnostic::warning(W1005, span, message).label("sent again");
    if let Some(before) = place(linted, one, first, lines.first()?) {
        problem = problem.label_at(before, "stands here first");
    }
    let problem = problem.help(match first.step == second.step {
        true => "leave one of the two out: a model reads both messages",
        false => "keep it where it decides something, or let one step do the work of both",
    });
    let (step, is_system) = (second.step, second.is_system);
    Some(with_saving(problem, linted, |program| {
        let Some(step) = program.steps.get_mut(step) else { return };
        let template = if is_system { step.system.as_mut() } else { Some(&mut step.prompt) };
        let parts = template.into_iter().flatten();
        for part in parts {
            if let Part::Text(text) = part {
                *text = text.split_inclusive('\n').filter(|line| !lines.contains(&line.trim())).collect();
            }
        }
    }))
}

/// Where a line of a message is written.
fn place(linted: &Linted<'_>, step: &Step, message: &Message<'_>, line: &str) -> Option<Span> {
    let decl = linted.decl(step)?;
    let span = match message.is_system {
        true => decl.clauses.iter().find(|clause| matches!(clause.kind, StepClauseKind::System(_)))?.span,
        false => decl.prompt.as_ref()?.span,
    };
    let at = linted.text(span).find(line).unwrap_or(0);
    let start = span.start + u32::try_from(at).unwrap_or(0);
    Some(Span { start, end: start + u32::try_from(line.len().max(1)).unwrap_or(1), ..span })
}
