//! Imports that nothing uses. In: files without mistakes in their imports. Out: a warning for each such name.

use super::load::Module;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::syntax::W0308;
use crate::source::{Sources, Span};
use crate::syntax::{Item, ItemKind, Name, Use};

/// Warns of the imports of every module that holds more than imports.
pub(super) fn check(modules: &[Module], sources: &Sources, diagnostics: &mut Vec<Diagnostic>) {
    for module in modules {
        let holds_more = module.file.items.iter().any(|item| !matches!(item.kind, ItemKind::Use(_)));
        let Some(text) = sources.get(module.file.source).map(crate::source::Source::text).filter(|_| holds_more) else {
            continue;
        };
        for import in &module.imports {
            let Some(Item { kind: ItemKind::Use(item), span, .. }) = module.file.items.get(import.item) else {
                continue;
            };
            let from = import.module.and_then(|from| modules.get(from));
            let unused = item.names.iter().filter(|name| !is_used(name, from, text, *span));
            diagnostics.extend(unused.map(|name| warning(name, item, *span)));
        }
    }
}

/// Whether the name, or a variant of the enum that it names, stands anywhere else in the file.
fn is_used(name: &Name, from: Option<&Module>, text: &str, import: Span) -> bool {
    let declared =
        from.and_then(|from| from.file.items.iter().find(|item| item.name().is_some_and(|of| of.text == name.text)));
    let variants = match declared.map(|item| &item.kind) {
        Some(ItemKind::Enum(of)) => of.variants.iter().map(|variant| variant.name.text.as_str()).collect(),
        _ => Vec::new(),
    };
    let (before, behind) = (text.get(..import.start as usize), text.get(import.end as usize..));
    let stands = |word: &str| [before, behind].into_iter().flatten().any(|part| holds_word(part, word));
    stands(&name.text) || variants.into_iter().any(stands)
}

fn holds_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, found)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let behind = text.get(at + found.len()..).and_then(|behind| behind.chars().next());
        !before.is_some_and(is_part) && !behind.is_some_and(is_part)
    })
}

fn warning(name: &Name, item: &Use, import: Span) -> Diagnostic {
    let problem = Diagnostic::warning(W0308, name.span, format!("nothing uses `{}`", name.text)).label("imported here");
    let at = item.names.iter().position(|other| other.span == name.span).unwrap_or(0);
    let span = match (at.checked_sub(1).and_then(|before| item.names.get(before)), item.names.get(at + 1)) {
        (Some(before), _) => Span { start: before.span.end, ..name.span },
        (None, Some(next)) => Span { end: next.span.start, ..name.span },
        (None, None) => import,
    };
    problem.fix("leave it out", span, "")
}
