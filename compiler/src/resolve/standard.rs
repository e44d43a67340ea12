//! The standard library, which is written in the language and bundled with the compiler.

/// The modules behind `use std.…`, by name.
const MODULES: &[(&str, &str)] = &[("text", include_str!("../../../stdlib/text.flow"))];

/// The text of a standard module.
pub(super) fn module(name: &str) -> Option<&'static str> {
    MODULES.iter().find(|(module, _)| *module == name).map(|(_, text)| *text)
}

/// The names of all standard modules.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    MODULES.iter().map(|(module, _)| *module)
}
