//! What a bound takes to be true. In: the models that a flow reaches. Out: one sentence for each assumption, with its place.

use super::report::Assumption;
use crate::catalogue::{ModelFacts, TokenizerClass};
use crate::program::{ModelId, Place, Program};

/// What is assumed of the models that a flow reaches, each with where it is first called.
pub(super) fn assumptions(program: &Program, reached: &[(ModelId, Place)]) -> Vec<Assumption> {
    let mut assumptions = Vec::new();
    for (id, place) in reached {
        let Some(model) = program.models.get(id.index()) else { continue };
        let said = [overheads(model), bytes_per_token(model), prices(model)].into_iter().flatten();
        assumptions.extend(said.map(|text| Assumption { text, place: Some(place.clone()) }));
    }
    assumptions
}

fn overheads(model: &ModelFacts) -> Option<String> {
    let TokenizerClass::Counted { vocabulary } = model.tokenizer else { return None };
    let overhead = &model.overhead;
    Some(format!(
        "`{}` adds at most {} tokens a request, {} a message, {} a tool and {} a format to what is counted with {}",
        model.name,
        overhead.request,
        overhead.message,
        overhead.tool,
        overhead.format,
        vocabulary.name()
    ))
}

fn bytes_per_token(model: &ModelFacts) -> Option<String> {
    match model.tokenizer {
        TokenizerClass::Ceiling { bytes_per_token } if bytes_per_token > 1 => {
            Some(format!("a token of `{}` has at least {bytes_per_token} bytes on average", model.name))
        }
        TokenizerClass::Ceiling { .. } | TokenizerClass::Exact { .. } | TokenizerClass::Counted { .. } => None,
    }
}

fn prices(model: &ModelFacts) -> Option<String> {
    let date = model.as_of.as_ref()?;
    let source = model.source.as_ref().map(|source| format!(" ({source})")).unwrap_or_default();
    Some(format!("the prices and limits of `{}` are those of {date}{source}", model.name))
}
