//! What a step sends in its first turn. In: its templates, tools and result. Out: input tokens under each of its models.

use crate::catalogue::ModelFacts;
use crate::mutant::{Mutant, rule};
use crate::program::{Expr, Ladder, ModelId, Part, Program, Step, Template, TierId, Tool, ToolId, Ty};
use crate::schema;
use crate::size::{Measure, Units};
use crate::tokens::request::{sends_schema, tool_text};

/// How large a part of a step's prompt can be for a model, in tokens; `None` where no finite size fits.
#[must_use]
pub fn largest_part(program: &Program, step: &Step, model: &ModelFacts, part: &Template) -> Option<u64> {
    message(&Measure::of(model, &program.types), part, step.format.as_deref())
}

/// The rungs of every way that a ladder can be chosen, in the order of its arms.
#[must_use]
pub(super) fn arms(ladder: &Ladder) -> Vec<&[TierId]> {
    match ladder {
        Ladder::Rungs(tiers) => vec![tiers],
        Ladder::Choose(choices) => choices.iter().flat_map(|(_, ladder)| arms(ladder)).collect(),
    }
}

/// The rungs of every way in which a step can be answered: those of its ladder, then those of the ceilings it can be under.
#[must_use]
pub(super) fn ways(step: &Step) -> Vec<&[TierId]> {
    let over = rule(Mutant::OverForgotten, &step.over[..], || &[]).iter().map(Vec::as_slice);
    arms(&step.ladder).into_iter().chain(over).collect()
}

/// The models that can answer a step, each once, in the order in which they are first named.
#[must_use]
pub(super) fn models(program: &Program, step: &Step) -> Vec<ModelId> {
    let mut models: Vec<ModelId> = Vec::new();
    let tiers = ways(step).into_iter().flatten().filter_map(|tier| program.tiers.get(tier.index()));
    for model in tiers.flat_map(|tier| &tier.models) {
        if !models.contains(model) {
            models.push(*model);
        }
    }
    models
}

/// The largest request of a step before anything was said, overheads included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Base {
    /// In a turn that is offered tools.
    pub offered: u64,
    /// In the last turn, and in a repair: tools are withheld.
    pub withheld: u64,
}

/// The largest first request of a step to a model; `None` where no finite size fits.
#[must_use]
pub(super) fn base(program: &Program, step: &Step, model: &ModelFacts) -> Option<Base> {
    Some(Base { offered: request(program, step, model, &step.tools)?, withheld: request(program, step, model, &[])? })
}

fn request(program: &Program, step: &Step, model: &ModelFacts, offered: &[(ToolId, u64)]) -> Option<u64> {
    let measure = Measure::of(model, &program.types);
    let format = step.format.as_deref();
    let mut messages = 1;
    let mut sum = message(&measure, &step.prompt, format)?;
    if let Some(system) = &step.system {
        messages += 1;
        let system = message(&measure, system, format)?;
        sum = sum.checked_add(rule(Mutant::SystemForgotten, system, || 0))?;
    }
    for (tool, _) in offered {
        let text = tool_schema(program, program.tools.get(tool.index())?);
        let size = measure.tokens(measure.fixed(&text));
        sum = sum.checked_add(rule(Mutant::ToolSchemasForgotten, size, || 0))?;
    }
    let structured = sends_schema(model, &step.result);
    if structured {
        let text = schema::json_schema(&program.types, &step.result).to_string();
        let size = measure.tokens(measure.fixed(&text));
        sum = sum.checked_add(rule(Mutant::AnswerSchemaForgotten, size, || 0))?;
    }
    let overhead = model.overhead.of_request(messages, offered.len() as u64, structured)?;
    sum.checked_add(rule(Mutant::OverheadsForgotten, overhead, || 0))
}

/// What a model reads that compares requests: the system message and the prompt as one text.
pub(super) fn read_by(program: &Program, step: &Step, model: &ModelFacts) -> Option<u64> {
    let measure = Measure::of(model, &program.types);
    let format = step.format.as_deref();
    let mut sum = message(&measure, &step.prompt, format)?;
    if let Some(system) = &step.system {
        sum = sum.checked_add(message(&measure, system, format)?)?.checked_add(measure.seam())?;
    }
    sum.checked_add(model.overhead.request)?.checked_add(model.overhead.message)
}

/// A tool as a request carries it.
fn tool_schema(program: &Program, tool: &Tool) -> String {
    tool_text(&tool.name, &tool.docs, &schema::parameters(&program.types, &tool.params))
}

/// One message in tokens.
fn message(measure: &Measure<'_>, template: &Template, format: Option<&str>) -> Option<u64> {
    let (units, pieces) = pieces(measure, template, format)?;
    let seams = pieces.saturating_sub(1).checked_mul(measure.seam())?;
    Some(measure.tokens(units.checked_add(seams)?))
}

/// A value in a prompt. A list that was made to fit takes no more than that.
fn hole(measure: &Measure<'_>, expr: &Expr, ty: &Ty) -> Option<Units> {
    let whole = measure.hole(ty);
    let Expr::Fit(_, fit) = expr else { return whole };
    let most = measure.text(&fit.size)?;
    Some(whole.map_or(most, |whole| whole.min(most)))
}

/// What is repeated, where elements are left out until it fits: all of it, or as much as it may take, in one piece.
fn fitted(measure: &Measure<'_>, all: Option<(Units, u64)>, most: Units) -> Option<(Units, u64)> {
    let with_seams = |(units, count): (Units, u64)| units.checked_add(count.checked_mul(measure.seam())?);
    let cut = (rule(Mutant::FitCountsNothing, most, || 0), 1);
    match all {
        Some(all) if with_seams(all).zip(with_seams(cut)).is_some_and(|(all, cut)| all <= cut) => Some(all),
        _ => Some(cut),
    }
}

/// The pieces of a template at their largest, and how many of them meet.
fn pieces(measure: &Measure<'_>, template: &Template, format: Option<&str>) -> Option<(Units, u64)> {
    let mut sum = (0u64, 0u64);
    for part in template {
        let (units, count) = match part {
            Part::Text(text) => (measure.fixed(text), 1),
            Part::Hole(expr, ty) | Part::Data(expr, ty) => {
                (rule(Mutant::HolesForgotten, hole(measure, expr, ty)?, || 0), 1)
            }
            Part::Format => (rule(Mutant::FormatForgotten, format.map_or(0, |text| measure.fixed(text)), || 0), 1),
            Part::Each { most, body, fit, .. } => {
                let (units, count) = pieces(measure, body, format)?;
                let most = &rule(Mutant::EachPartOnce, *most, || 1);
                let all = units.checked_mul(*most).zip(count.checked_mul(*most));
                match fit {
                    Some(fit) => fitted(measure, all, measure.text(&fit.size)?)?,
                    None => all?,
                }
            }
            Part::If { then, otherwise, .. } => {
                let (then, otherwise) = (pieces(measure, then, format)?, pieces(measure, otherwise, format)?);
                rule(Mutant::IfPartIsThen, (then.0.max(otherwise.0), then.1.max(otherwise.1)), || then)
            }
        };
        sum = (sum.0.checked_add(units)?, sum.1.checked_add(count)?);
    }
    Some(sum)
}
