//! What a bound takes to be true. In: the models that a flow reaches. Out: one sentence for each of them, with its place.

use super::report::Assumption;
use crate::catalogue::{ModelFacts, TokenizerClass};
use crate::cost::show_count;
use crate::program::{ModelId, Place, Program};

/// What is assumed of the models that a flow reaches: all of a model together, with where it is first called.
pub(super) fn assumptions(program: &Program, reached: &[(ModelId, Place)]) -> Vec<Assumption> {
    let mut assumptions = Vec::new();
    for (id, place) in reached {
        let Some(model) = program.models.get(id.index()) else { continue };
        let said = [prices(model), imputed(model), overheads(model), bytes_per_token(model), counting(model)];
        let said: Vec<String> = said.into_iter().flatten().collect();
        if !said.is_empty() {
            let text = format!("`{}`: {}", model.name, said.join("; "));
            assumptions.push(Assumption { text, place: Some(place.clone()) });
        }
    }
    assumptions
}

fn overheads(model: &ModelFacts) -> Option<String> {
    let TokenizerClass::Counted { vocabulary } = model.tokenizer else { return None };
    let overhead = &model.overhead;
    Some(format!(
        "at most {} tokens a request, {} a message, {} a tool and {} a format beside what is counted with {}",
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
            Some(format!("a token has at least {bytes_per_token} bytes on average"))
        }
        TokenizerClass::Ceiling { .. } | TokenizerClass::Exact { .. } | TokenizerClass::Counted { .. } => None,
    }
}

fn prices(model: &ModelFacts) -> Option<String> {
    let date = model.as_of.as_ref()?;
    let source = model.source.as_ref().map(|source| format!(" ({source})")).unwrap_or_default();
    Some(format!("prices and limits are those of {date}{source}"))
}

fn imputed(model: &ModelFacts) -> Option<String> {
    let imputed = model.imputed.as_ref()?;
    let per_second = show_count(imputed.tokens_per_second);
    Some(format!(
        "{} an hour buy {per_second} tokens a second, and a token costs its share",
        imputed.gpu_hour.written()
    ))
}

fn counting(model: &ModelFacts) -> Option<String> {
    model.counting.as_ref()?;
    Some("its counting endpoint is not asked by this version: what is sent is counted here".to_owned())
}
