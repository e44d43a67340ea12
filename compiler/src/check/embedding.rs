//! `classify` and `embed`: what an embedding model reads.

use super::Checker;
use super::items::Decl;
use super::lower::{Lower, Typed, Want, Within};
use crate::catalogue::Kind;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::check as code;
use crate::program::{Embedding, EmbeddingId, EmbeddingInto, EnumId, NodeKind, TierId, Ty, Variant};
use crate::source::Span;
use crate::syntax::{self, Name};

impl Lower<'_, '_> {
    /// `classify(text, into: Topic) by minilm`
    pub(super) fn classify(&mut self, text: &syntax::Expr, into: &Name, by: &Name, span: Span) -> Typed {
        let labels = self.labels(into);
        let ty = labels.as_ref().map_or(Ty::Unknown, |(id, _)| Ty::Enum(*id));
        let made = self.read_by_model(text, by, span, |checker| {
            let (labels_of, labels) = labels?;
            let name = format!("classify {}", checker.show(&Ty::Enum(labels_of)));
            Some((name, EmbeddingInto::Label { labels_of, labels }))
        });
        Typed { ty, ..made.unwrap_or_else(Typed::unknown) }
    }

    /// `embed(text) by minilm`
    pub(super) fn embed(&mut self, text: &syntax::Expr, by: &Name, span: Span) -> Typed {
        let made = self.read_by_model(text, by, span, |_| Some(("embed".to_owned(), EmbeddingInto::Vector)));
        Typed { ty: Ty::Vector, ..made.unwrap_or_else(Typed::unknown) }
    }

    fn read_by_model(
        &mut self,
        text: &syntax::Expr,
        by: &Name,
        span: Span,
        into: impl FnOnce(&Checker<'_>) -> Option<(String, EmbeddingInto)>,
    ) -> Option<Typed> {
        let asked = self.within == Within::Ladder && self.pure.is_none();
        if !asked && !self.allows_effect(span) {
            return None;
        }
        let typed = self.expr(text, Want::Any);
        let tier = self.tier_named(by, Kind::Embed);
        let Ty::Text(size) = typed.ty else {
            self.not_a(&typed.ty, text.span, "a text");
            return None;
        };
        let (name, into) = into(self.checker)?;
        let embedding = Embedding { name, place: self.checker.place(span), tier: tier?, text: size, into };
        self.checker.program.embeddings.push(embedding);
        let id = u32::try_from(self.checker.program.embeddings.len().saturating_sub(1)).ok()?;
        let kind = NodeKind::Embedding(EmbeddingId(id), typed.expr);
        Some(if asked { self.asked(span, kind, Ty::Unknown) } else { self.node(span, kind, Ty::Unknown) })
    }

    /// The tier that a name means, used for models of a kind.
    pub(super) fn tier_named(&mut self, name: &Name, kind: Kind) -> Option<TierId> {
        match self.decl(name, &[])? {
            Decl::Tier(index) => self.checker.tier(index, name.span, kind),
            other => {
                self.checker.wrong_kind(name, other, "a tier");
                None
            }
        }
    }

    /// The enum that is classified into, and a label for each of its variants.
    fn labels(&mut self, into: &Name) -> Option<(EnumId, Vec<String>)> {
        let decl = self.decl(into, &[])?;
        let id = match decl {
            Decl::Enum(id) => id,
            Decl::Alias(index) => match self.checker.alias(index) {
                Ty::Enum(id) => id,
                Ty::Unknown => return None,
                _ => return self.no_labels(into, decl),
            },
            other => return self.no_labels(into, other),
        };
        let of = self.checker.program.types.enums.get(id.index())?;
        if let Some(variant) = of.variants.iter().find(|variant| !variant.fields.is_empty()) {
            let message = format!("`{}` has a variant with fields", of.name);
            let diagnostic = Diagnostic::error(code::E0412, into.span, message)
                .label(format!("`{}` cannot be a label", variant.name))
                .help("classify into an enum without fields");
            self.checker.say(diagnostic);
            return None;
        }
        Some((id, of.variants.iter().map(label).collect()))
    }

    fn no_labels(&mut self, into: &Name, decl: Decl) -> Option<(EnumId, Vec<String>)> {
        self.checker.wrong_kind(into, decl, "an enum");
        None
    }
}

/// What a variant is compared as: its name in words, and its documentation.
fn label(variant: &Variant) -> String {
    let mut words = String::new();
    for letter in variant.name.chars() {
        if letter.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    let docs = variant.docs.split_whitespace().collect::<Vec<_>>().join(" ");
    if docs.is_empty() { words } else { format!("{words}: {docs}") }
}
