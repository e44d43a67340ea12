//! `classify` and `embed`: one request to each model of the tier until one answers. A call, but no turn and no output.

use super::Bounder;
use crate::cost::Resources;
use crate::diagnostic::{Diagnostic, code};
use crate::mutant::{Mutant, rule};
use crate::plan::EmbeddingCeiling;
use crate::program::{Embedding, EmbeddingId, EmbeddingInto, ModelId, Program};
use crate::size::Measure;

/// The ceiling of an embedding; `None` where no finite number fits.
pub(super) fn bound(bounder: &mut Bounder<'_>, id: EmbeddingId, embedding: &Embedding) -> Option<EmbeddingCeiling> {
    let program = bounder.program;
    let mut ceiling = EmbeddingCeiling { total: Resources::ZERO, models: Vec::new() };
    for model in program.tiers.get(embedding.tier.index()).map_or(&[][..], |tier| &tier.models) {
        let (input, attempt) = attempt(program, embedding, *model)?;
        ceiling.total = rule(Mutant::FirstReaderOnly, ceiling.total.then(&attempt)?, || {
            if ceiling.models.is_empty() { attempt } else { ceiling.total }
        });
        ceiling.models.push((*model, input, attempt.time_ms));
        let model = program.models.get(model.index())?;
        if input > model.context {
            let message = format!(
                "`{}` reads up to {input} tokens, more than the context of {} that `{}` has",
                embedding.name, model.context, model.name
            );
            let told = Diagnostic::error(code::bound::E0204, embedding.place.span, message);
            bounder.report(told.label("read here").help("make the text smaller with `cut`"));
            bounder.invalid_embeddings.insert(id);
        }
    }
    Some(ceiling)
}

/// The text, then the labels, in one request.
fn attempt(program: &Program, embedding: &Embedding, id: ModelId) -> Option<(u64, Resources)> {
    let model = program.models.get(id.index())?;
    let measure = Measure::of(model, &program.types);
    let framed = |tokens: u64| tokens.checked_add(model.overhead.message);
    let text = measure.tokens(measure.text(&embedding.text)?);
    let text = framed(rule(Mutant::TextNotRead, text, || 0))?;
    let mut input = model.overhead.request.checked_add(text)?;
    if let EmbeddingInto::Label { labels, .. } = &embedding.into {
        for label in labels {
            let label = framed(measure.tokens(measure.fixed(label)))?;
            input = input.checked_add(rule(Mutant::LabelsForgotten, label, || 0))?;
        }
    }
    let cost = model.price.ceiling(input, 0)?;
    let attempt = Resources { cost, calls: 1, input, tokens: input, time_ms: model.timeout_ms, ..Resources::ZERO };
    Some((input, attempt))
}
