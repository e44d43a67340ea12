//! Tiers to models. In: tiers as declared and the catalogue. Out: the facts of every model that is used; a tier that is not used
//! may name a model whose price is unknown.

use std::collections::BTreeMap;

use super::Checker;
use crate::catalogue::{Kind, ModelFacts};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::catalogue::E0807;
use crate::diagnostic::code::check as code;
use crate::program::{ModelId, Program, Tier, TierId};
use crate::source::Span;
use crate::syntax::TierDecl;
use crate::tokens::Counter;

/// A declared tier.
pub(super) struct TierState {
    decl: TierParts,
    /// Its id once it is used, and what its models do; `None` inside where it cannot be used, which has been said.
    used: Option<Option<(TierId, Kind)>>,
}

/// What is needed of a declaration.
struct TierParts {
    name: String,
    models: Vec<((String, Span), (String, Span))>,
}

impl TierState {
    pub(super) fn new(decl: &TierDecl) -> Self {
        let models = decl.models.iter().map(|of| {
            let provider = (of.provider.text.clone(), of.provider.span);
            (provider, (of.model.text.clone(), of.model.span))
        });
        TierState { decl: TierParts { name: decl.name.text.clone(), models: models.collect() }, used: None }
    }
}

/// The tiers of a compilation.
#[derive(Default)]
pub(super) struct Tiers {
    pub(super) all: Vec<TierState>,
    /// Models that are part of the program, by name.
    models: BTreeMap<String, ModelId>,
    /// How the models of all tiers count, whether they are used or not: what a literal text counts under.
    counters: Option<Vec<Counter>>,
}

impl Tiers {
    /// The models of the program that read texts: all of them, since only used tiers bring models along.
    pub(super) fn readers(&self, program: &Program) -> Vec<ModelId> {
        (0..program.models.len()).filter_map(|index| u32::try_from(index).ok().map(ModelId)).collect()
    }
}

impl Checker<'_> {
    /// How the models of this compilation count.
    pub(super) fn counters(&mut self) -> &[Counter] {
        if self.tiers.counters.is_none() {
            let mut counters = Vec::new();
            for tier in &self.tiers.all {
                for ((provider, at), (id, id_at)) in &tier.decl.models {
                    let facts = self.catalogue.facts((provider, *at), (id, *id_at));
                    let counter = facts.ok().map(|facts| Counter::of(&facts.tokenizer));
                    counters.extend(counter.filter(|counter| !counters.contains(counter)));
                }
            }
            self.tiers.counters = Some(counters);
        }
        self.tiers.counters.as_deref().unwrap_or_default()
    }

    /// The id of a tier of either kind, used at a place.
    pub(super) fn any_tier(&mut self, index: usize, used: Span) -> Option<TierId> {
        Some(self.used_tier(index, used)?.0)
    }

    /// The id of a tier that is used at a place by something that wants models of this kind.
    pub(super) fn tier(&mut self, index: usize, used: Span, kind: Kind) -> Option<TierId> {
        let (id, is) = self.used_tier(index, used)?;
        if is != kind {
            self.other_kind(index, used, is, kind);
            return None;
        }
        Some(id)
    }

    /// Says that a tier is of the other kind: where it is named, which may be the import that has bound it, and there once.
    fn other_kind(&mut self, index: usize, used: Span, is: Kind, wanted: Kind) {
        let name = self.tiers.all.get(index).map_or("", |tier| tier.decl.name.as_str());
        let stand_here = format!("{} stand here", plural(wanted));
        let Some(bound) = self.names.bound_at(used.source, self.text(used), name) else {
            let message = format!("`{}` is a tier of {}", self.text(used), plural(is));
            return self.error(code::E0604, used, message, stand_here);
        };
        if self.said.iter().any(|said| said.code == code::E0604 && said.span == Some(bound)) {
            return;
        }
        let message = format!("`{name}` is a tier of {}", plural(is));
        let problem = Diagnostic::error(code::E0604, bound, message).label("bound here");
        self.say(problem.label_at(used, stand_here));
    }

    fn used_tier(&mut self, index: usize, used: Span) -> Option<(TierId, Kind)> {
        match self.tiers.all.get(index)?.used {
            Some(known) => known,
            None => {
                let made = self.make_tier(index, used);
                if let Some(tier) = self.tiers.all.get_mut(index) {
                    tier.used = Some(made);
                }
                made
            }
        }
    }

    fn make_tier(&mut self, index: usize, used: Span) -> Option<(TierId, Kind)> {
        let tier = self.tiers.all.get(index)?;
        let mut facts: Vec<(ModelFacts, Span)> = Vec::new();
        let mut wrong: Vec<Diagnostic> = Vec::new();
        for ((provider, at), (id, id_at)) in &tier.decl.models {
            match self.catalogue.facts((provider, *at), (id, *id_at)) {
                Ok(of) => facts.push((of, *id_at)),
                Err(diagnostic) if diagnostic.code == E0807 => wrong.push(diagnostic.label_at(used, "used here")),
                Err(diagnostic) => wrong.push(*diagnostic),
            }
        }
        let name = tier.decl.name.clone();
        let failed = !wrong.is_empty();
        wrong.into_iter().for_each(|diagnostic| self.say(diagnostic));
        let kind = facts.first()?.0.kind;
        for (of, span) in &facts {
            if of.kind != kind {
                let message = format!("`{name}` mixes {} and {}", plural(kind), plural(of.kind));
                self.error(code::E0604, *span, message, "of the other kind");
                return None;
            }
        }
        if failed {
            return None;
        }
        let models = facts.into_iter().map(|(facts, _)| self.model(facts)).collect();
        self.program.tiers.push(Tier { name, models });
        Some((TierId(u32::try_from(self.program.tiers.len() - 1).ok()?), kind))
    }

    fn model(&mut self, facts: ModelFacts) -> ModelId {
        if let Some(id) = self.tiers.models.get(&facts.name) {
            return *id;
        }
        let id = ModelId(u32::try_from(self.program.models.len()).unwrap_or(u32::MAX));
        self.tiers.models.insert(facts.name.clone(), id);
        self.program.models.push(facts);
        id
    }

    /// Says what is unknown in tiers that nothing uses; what their models lack does not matter.
    pub(super) fn check_unused_tiers(&mut self) {
        let mut wrong: Vec<Diagnostic> = Vec::new();
        for tier in self.tiers.all.iter().filter(|tier| tier.used.is_none()) {
            for ((provider, at), (id, id_at)) in &tier.decl.models {
                let facts = self.catalogue.facts((provider, *at), (id, *id_at));
                wrong.extend(facts.err().filter(|of| of.code != E0807).map(|diagnostic| *diagnostic));
            }
        }
        self.said.append(&mut wrong);
    }
}

fn plural(kind: Kind) -> &'static str {
    match kind {
        Kind::Chat => "models that write text",
        Kind::Embed => "embedding models",
    }
}
