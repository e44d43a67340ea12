//! The standard library, which is written in the language and bundled with the compiler.

/// The modules behind `use std.…`, by name.
const MODULES: &[(&str, &str)] = &[
    ("cite", include_str!("../../../stdlib/cite.flow")),
    ("classify", include_str!("../../../stdlib/classify.flow")),
    ("gate", include_str!("../../../stdlib/gate.flow")),
    ("judge", include_str!("../../../stdlib/judge.flow")),
    ("map_reduce", include_str!("../../../stdlib/map_reduce.flow")),
    ("moderate", include_str!("../../../stdlib/moderate.flow")),
    ("plan", include_str!("../../../stdlib/plan.flow")),
    ("redact", include_str!("../../../stdlib/redact.flow")),
    ("summarise", include_str!("../../../stdlib/summarise.flow")),
    ("text", include_str!("../../../stdlib/text.flow")),
    ("verify", include_str!("../../../stdlib/verify.flow")),
];

/// The text of a standard module.
pub(super) fn module(name: &str) -> Option<&'static str> {
    MODULES.iter().find(|(module, _)| *module == name).map(|(_, text)| *text)
}

/// The names of all standard modules.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    MODULES.iter().map(|(module, _)| *module)
}
