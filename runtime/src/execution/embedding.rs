//! An embedding: one request, and the next model of the tier where it failed.

use std::sync::Arc;
use std::time::Duration;

use flow_compiler::cost::{Resources, show_count};
use flow_compiler::plan::EmbeddingCeiling;
use flow_compiler::program::{Embedding, EmbeddingId, EmbeddingInto, Reason};
use flow_compiler::tokens::request::count_embedding;

use super::action::{Action, Sending};
use super::core::Core;
use super::event::Event;
use super::frame::{At, Next, Outcome};
use crate::failure::{Ending, Failure};
use crate::ledger::{Cause, Kind};
use crate::provider::{EmbedRequest, Fault, Remedy};
use crate::value::Value;

/// An embedding that runs.
pub(super) struct EmbeddingJob<'p> {
    embedding: &'p Embedding,
    ceiling: &'p EmbeddingCeiling,
    text: String,
    lane: usize,
}

impl<'p> EmbeddingJob<'p> {
    /// The embedding of a text. `None` where the plan has no such place.
    pub(super) fn new(core: &Core<'p>, id: EmbeddingId, text: String) -> Option<EmbeddingJob<'p>> {
        let embedding = core.program().embeddings.get(id.index())?;
        let ceiling = core.plan.ceilings.embeddings.get(id.index())?;
        Some(EmbeddingJob { embedding, ceiling, text, lane: 0 })
    }

    pub(super) fn start(&mut self, at: &At, core: &mut Core<'p>) -> Next {
        self.ask(at, core, if at.judging { Cause::Judge } else { Cause::First })
    }

    pub(super) fn event(&mut self, at: &At, core: &mut Core<'p>, event: &Event) -> Next {
        match event {
            Event::Embedded { vectors, .. } => match self.value(vectors) {
                Ok(value) => Next::Done(Outcome::Value(value)),
                Err(failure) => Next::failed(failure),
            },
            Event::Faulted { fault, .. } => self.faulted(at, core, fault),
            Event::Lost { .. } => self.faulted(at, core, &Fault::lost()),
            Event::Unsent { .. } if self.lane > 0 => self.ask(at, core, Cause::Fallback),
            Event::Unsent { .. } => self.start(at, core),
            Event::Over { ceiling, detail, .. } => Next::Done(core.over(*ceiling, detail)),
            Event::Refused { scope, detail, .. } => Next::failed(Failure::refused(*scope == 0, detail)),
            Event::Started
            | Event::Answered { .. }
            | Event::Returned { .. }
            | Event::Broken { .. }
            | Event::Looked { .. }
            | Event::Counted { .. }
            | Event::Approved { .. }
            | Event::Denied { .. }
            | Event::Told { .. }
            | Event::Expired { .. }
            | Event::Resumed
            | Event::Elapsed { .. }
            | Event::Halted { .. } => Next::Waiting,
        }
    }

    fn faulted(&mut self, at: &At, core: &mut Core<'p>, fault: &Fault) -> Next {
        self.lane += 1;
        if self.lane < self.ceiling.models.len() && !matches!(fault.remedy, Remedy::Stop) {
            return self.ask(at, core, Cause::Fallback);
        }
        let ending = if fault.is_missing_key() { Ending::Escalated } else { Ending::Failed };
        Next::failed(Failure { reason: fault.reason, detail: fault.detail.clone(), ending })
    }

    fn ask(&mut self, at: &At, core: &mut Core<'p>, cause: Cause) -> Next {
        match self.request(core) {
            Ok((request, reserve)) => {
                let tier = core.program().tiers.get(self.embedding.tier.index());
                let sending = Sending {
                    attempt: 0,
                    scope: at.scope,
                    kind: Kind::Embedding,
                    step: self.embedding.name.clone(),
                    path: Arc::clone(&at.path),
                    address: at.address.clone(),
                    model: self.ceiling.models.get(self.lane).map(|(model, _, _)| *model),
                    tier: tier.map(|tier| tier.name.clone()),
                    rung: None,
                    left_out: 0,
                    turn: None,
                    cause,
                    reserve,
                    under: Arc::clone(&at.under),
                };
                let sending = Sending { attempt: core.attempt(at), ..sending };
                core.act(|sending| Action::Embed(sending, Box::new(request)), sending);
                Next::Waiting
            }
            Err(failure) => Next::failed(failure),
        }
    }

    fn request(&self, core: &Core<'p>) -> Result<(EmbedRequest, Resources), Failure> {
        let name = &self.embedding.name;
        let missing = || Failure::broken(format!("`{name}` has no model to ask"));
        let (model, most, time_ms) = *self.ceiling.models.get(self.lane).ok_or_else(missing)?;
        let model = core.models.get(model.index()).ok_or_else(missing)?;
        if let Some(problem) = core.sizer.excess(&self.text, &self.embedding.text) {
            return Err(Failure::new(Reason::TooLong, format!("the text of `{name}` {problem}")));
        }
        let (labels, ends) = self.labels(core);
        let texts: Vec<String> = std::iter::once(self.text.clone()).chain(ends).collect();
        let counted: Vec<&str> = texts.iter().map(String::as_str).collect();
        // INVARIANT I-3: what is sent was counted whole, and more than the proved ceiling is not sent.
        let input = count_embedding(model, &counted);
        if input > most {
            let (is, allowed) = (show_count(input), show_count(most));
            let detail = format!("a request of `{name}` is {is} tokens, at most {allowed} are allowed");
            return Err(Failure::new(Reason::TooLong, detail));
        }
        let too_large = || Failure::new(Reason::Exhausted, "the price of a request is too large to be counted");
        let cost = model.price.ceiling(input, 0).ok_or_else(too_large)?;
        let reserve = Resources { cost, calls: 1, input, tokens: input, time_ms, ..Resources::ZERO };
        let timeout = Duration::from_millis(time_ms);
        Ok((EmbedRequest { model: Arc::clone(model), step: name.clone(), texts, labels, timeout }, reserve))
    }

    /// The names of the variants and the labels that are read for them; none where a vector is wanted.
    fn labels(&self, core: &Core<'p>) -> (Vec<String>, Vec<String>) {
        match &self.embedding.into {
            EmbeddingInto::Vector => (Vec::new(), Vec::new()),
            EmbeddingInto::Label { labels_of, labels } => {
                let declared = core.types.enums.get(labels_of.index());
                let names = declared.map_or(Vec::new(), |declared| {
                    declared.variants.iter().map(|variant| variant.name.clone()).collect()
                });
                (names, labels.clone())
            }
        }
    }

    fn value(&self, vectors: &[Vec<f32>]) -> Result<Value, Failure> {
        let invalid = || Failure::new(Reason::Invalid, format!("`{}` got no vectors", self.embedding.name));
        let (text, labels) = vectors.split_first().ok_or_else(invalid)?;
        match &self.embedding.into {
            EmbeddingInto::Vector => Ok(Value::Vector(text.as_slice().into())),
            EmbeddingInto::Label { labels_of, labels: wanted } => {
                if labels.len() != wanted.len() {
                    return Err(invalid());
                }
                let nearest = (0u32..).zip(labels).map(|(variant, label)| (variant, cosine(text, label)));
                // The first of equals.
                let nearest = nearest.reduce(|best, next| if next.1 > best.1 { next } else { best });
                let (variant, _) = nearest.ok_or_else(invalid)?;
                Ok(Value::Variant(*labels_of, variant, [].into()))
            }
        }
    }
}

/// The cosine of two vectors of unit length.
fn cosine(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}
