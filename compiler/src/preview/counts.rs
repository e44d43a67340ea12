//! What models count of a request. In: a step with its ceiling. Out: for each model that can answer it the parts of its largest
//! first request, which add up to the ceiling, and the count of this very request where all of it is known.

use super::{Message, Offer, Piece};
use crate::catalogue::ModelFacts;
use crate::plan::StepCeiling;
use crate::program::{Ladder, Part, Program, Step, Template, TierId};
use crate::schema;
use crate::size::Measure;
use crate::tokens::request::{RequestShape, count_request, sends_schema};

/// What one model of one tier counts, in tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reader {
    /// The tier.
    pub tier: String,
    /// The model.
    pub model: String,
    /// How it counts.
    pub tokenizer: String,
    /// The text that is always sent.
    pub fixed: u64,
    /// Values, and what stands in tags, at their largest; where pieces meet included.
    pub values: u64,
    /// The tools that are offered.
    pub tools: u64,
    /// The schema of the answer.
    pub answer_schema: u64,
    /// What the provider adds.
    pub overhead: u64,
    /// The largest first request: all of it together.
    pub request: u64,
    /// The largest answer, thinking included.
    pub answer: u64,
    /// This request, where all of it is known.
    pub this: Option<u64>,
}

/// Beside the readers of a step in the order of its ladder; `known` are its messages where nothing in them is unknown.
pub(super) fn of_step(
    program: &Program,
    step: &Step,
    ceiling: &StepCeiling,
    tools: &[Offer],
    known: Option<&Vec<Message>>,
) -> Vec<Reader> {
    let mut tiers: Vec<TierId> = Vec::new();
    rungs(&step.ladder, &mut tiers);
    tiers.extend(step.over.iter().flatten());
    let mut readers: Vec<Reader> = Vec::new();
    for tier in tiers.into_iter().filter_map(|id| program.tiers.get(id.index())) {
        for id in &tier.models {
            let Some(model) = program.models.get(id.index()) else { continue };
            let Some(of) = ceiling.models.iter().find(|of| of.model == *id) else { continue };
            if readers.iter().any(|reader| reader.tier == tier.name && reader.model == model.name) {
                continue;
            }
            let request = of.turns.first().copied().unwrap_or_default();
            let parts = Parts::of(program, step, model, tools);
            readers.push(Reader {
                tier: tier.name.clone(),
                model: model.name.clone(),
                tokenizer: model.tokenizer.to_string(),
                fixed: parts.fixed,
                values: request.saturating_sub(parts.sum()),
                tools: parts.tools,
                answer_schema: parts.answer_schema,
                overhead: parts.overhead,
                request,
                answer: of.output,
                this: known.map(|messages| this(program, step, model, tools, messages)),
            });
        }
    }
    readers
}

fn rungs(ladder: &Ladder, tiers: &mut Vec<TierId>) {
    match ladder {
        Ladder::Rungs(of) => tiers.extend(of.iter().copied()),
        Ladder::Choose(arms) => arms.iter().for_each(|(_, ladder)| rungs(ladder, tiers)),
    }
}

/// What is the same in every request of the first turn.
struct Parts {
    fixed: u64,
    tools: u64,
    answer_schema: u64,
    overhead: u64,
}

impl Parts {
    fn of(program: &Program, step: &Step, model: &ModelFacts, tools: &[Offer]) -> Parts {
        let measure = Measure::of(model, &program.types);
        let fixed = |template: &Template| {
            let texts = template.iter().filter_map(|part| match part {
                Part::Text(text) => Some(text.as_str()),
                Part::Format => step.format.as_deref(),
                Part::Hole(..) | Part::Data(..) | Part::Each { .. } | Part::If { .. } => None,
            });
            measure.tokens(texts.map(|text| measure.fixed(text)).fold(0, u64::saturating_add))
        };
        let counted = |text: &str| measure.tokens(measure.fixed(text));
        let structured = sends_schema(model, &step.result);
        let schema = || schema::json_schema(&program.types, &step.result).to_string();
        let messages = 1 + u64::from(step.system.is_some());
        Parts {
            fixed: fixed(&step.prompt).saturating_add(step.system.as_ref().map_or(0, fixed)),
            tools: tools.iter().map(|tool| counted(&tool.text)).fold(0, u64::saturating_add),
            answer_schema: if structured { counted(&schema()) } else { 0 },
            overhead: model.overhead.of_request(messages, tools.len() as u64, structured).unwrap_or_default(),
        }
    }

    fn sum(&self) -> u64 {
        [self.fixed, self.tools, self.answer_schema, self.overhead].into_iter().fold(0, u64::saturating_add)
    }
}

/// The count of a request that is known, made with the function that counts requests before they are sent.
fn this(program: &Program, step: &Step, model: &ModelFacts, tools: &[Offer], messages: &[Message]) -> u64 {
    let segments: Vec<Vec<&str>> = messages.iter().map(|message| message.pieces.iter().map(text).collect()).collect();
    let messages: Vec<&[&str]> = segments.iter().map(Vec::as_slice).collect();
    let tools: Vec<&str> = tools.iter().map(|tool| tool.text.as_str()).collect();
    let schema =
        sends_schema(model, &step.result).then(|| schema::json_schema(&program.types, &step.result).to_string());
    let shape = RequestShape { messages: &messages, tool_schemas: &tools, answer_schema: schema.as_deref() };
    count_request(model, &shape)
}

fn text(piece: &Piece) -> &str {
    match piece {
        Piece::Text(text) | Piece::Value { text, .. } | Piece::Format(text) => text,
        Piece::Hole { .. } | Piece::Open(_) | Piece::Else | Piece::End => "",
    }
}
