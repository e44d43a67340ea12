//! A step: its caps, what one execution takes at most, and its prompt with what it counts for each model.

use super::html::{escaped, table};
use super::site::{Entry, Module, Site};
use super::{dimensions, failures, fields, item, prompt};
use crate::catalogue::ModelFacts;
use crate::plan::StepCeiling;
use crate::program::{Ladder, ModelId, Program, Step, StepId};
use crate::syntax::StepDecl;
use crate::tokens::Counter;

/// The section of a step below its documentation.
pub(super) fn section(site: &Site<'_>, module: &Module<'_>, entry: &Entry<'_>, decl: &StepDecl) -> String {
    let mut out = fields::params(site, module, &decl.params);
    let clauses = decl.clauses.iter().map(|clause| clause.span).filter(|span| !module.text(*span).contains("\"\"\""));
    out.push_str(&item::clauses(site, module, clauses));
    let plan = &module.root.plan;
    let file = module.source.name();
    let found = plan.program.steps.iter().position(|step| step.name == entry.name && step.place.file == file);
    let Some((index, step)) = found.and_then(|index| Some((index, plan.program.steps.get(index)?))) else { return out };
    if let Some(ceiling) = plan.ceilings.steps.get(index) {
        out.push_str("<h4>Ceiling of one execution</h4>\n");
        out.push_str(&dimensions::row(&ceiling.total));
        let id = StepId(u32::try_from(index).unwrap_or(u32::MAX));
        let reasons = failures::of_step(&plan.program, id);
        out.push_str(&format!("<p class=\"fact\">Can fail with {}</p>\n", failures::shown(&reasons)));
        out.push_str("<h4>Prompt</h4>\n");
        for system in decl.clauses.iter().filter(|clause| module.text(clause.span).contains("\"\"\"")) {
            out.push_str(&prompt::shown(module.text(system.span), "system"));
        }
        if let Some(template) = &decl.prompt {
            out.push_str(&prompt::shown(module.text(template.span), "user"));
        }
        if let Some(format) = &step.format {
            out.push_str(&prompt::format(format));
        }
        out.push_str(&tokens(&plan.program, step, ceiling));
    }
    out
}

/// For each model that can answer: what the fixed text counts, and what a request and an answer count at most.
fn tokens(program: &Program, step: &Step, ceiling: &StepCeiling) -> String {
    let rows: Vec<Vec<String>> = ceiling
        .models
        .iter()
        .filter_map(|of| {
            let model = program.models.get(of.model.index())?;
            let fixed = fixed_tokens(step, model);
            let first = of.turns.first().copied().unwrap_or_default();
            let price = model
                .price
                .ceiling(first, of.output)
                .map_or_else(dimensions::none, |price| escaped(&price.rounded_up()));
            Some(vec![
                format!(
                    "{}<small>{}</small>",
                    escaped(&tiers(program, step, of.model).join(", ")),
                    escaped(&model.name)
                ),
                escaped(&model.tokenizer.to_string()),
                count(fixed),
                count(first),
                count(of.output),
                price,
            ])
        })
        .collect();
    table(
        "tokens",
        &["tier", "counted", "fixed text", "request, at most", "answer, at most", "one attempt, at most"],
        &rows,
    )
}

fn count(tokens: u64) -> String {
    escaped(&crate::cost::show_count(tokens))
}

/// The tiers of a step that name a model.
fn tiers(program: &Program, step: &Step, model: ModelId) -> Vec<String> {
    let named = rungs(&step.ladder);
    let indexed = program.tiers.iter().enumerate();
    let used = indexed.filter(|(index, tier)| tier.models.contains(&model) && named.contains(index));
    used.map(|(_, tier)| tier.name.clone()).collect()
}

/// The tiers that a ladder can reach.
fn rungs(ladder: &Ladder) -> Vec<usize> {
    match ladder {
        Ladder::Rungs(tiers) => tiers.iter().map(|tier| tier.index()).collect(),
        Ladder::Choose(arms) => arms.iter().flat_map(|(_, ladder)| rungs(ladder)).collect(),
    }
}

fn fixed_tokens(step: &Step, model: &ModelFacts) -> u64 {
    let counter = Counter::of(&model.tokenizer);
    let templates = std::iter::once(&step.prompt).chain(step.system.as_ref());
    let texts = templates.flat_map(|template| prompt::fixed(template)).chain(step.format.as_deref());
    texts.map(|text| counter.count(text)).fold(0, u64::saturating_add)
}
