//! `use … with`: the tiers and constants of a module that are others for one import. In: a module as it was read, and the bindings.
//! Out: the module with these constants, and what its tiers are; what cannot be bound has been said.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "two kinds of declarations can be bound; every other one is the same mistake"
)]

use super::Scope;
use super::load::{Bound, Module};
use crate::diagnostic::code::syntax as code;
use crate::diagnostic::{Diagnostic, nearest};
use crate::syntax::{Binding, Computed, Item, ItemKind, Literal, LiteralKind, Name};

/// Binds what a fresh instance of a module takes. Constants get their value here; tiers are looked up when all scopes are known.
pub(super) fn bind(module: &mut Module, importer: usize, with: &[Binding], diagnostics: &mut Vec<Diagnostic>) {
    for (index, binding) in with.iter().enumerate() {
        if with.iter().take(index).any(|earlier| earlier.name.text == binding.name.text) {
            diagnostics.push(wrong(binding, format!("`{}` is bound twice", binding.name.text), "again"));
            continue;
        }
        if let Err(problem) = one(module, importer, binding) {
            diagnostics.push(*problem);
        }
    }
}

fn one(module: &mut Module, importer: usize, binding: &Binding) -> Result<(), Box<Diagnostic>> {
    let position = module.file.items.iter().position(|item| is_open(item) && named(item) == Some(&binding.name.text));
    let Some(item) = position.and_then(|index| module.file.items.get_mut(index)) else {
        return Err(Box::new(unknown(module, binding)));
    };
    match &mut item.kind {
        ItemKind::Const(decl) => {
            if !same_kind(&decl.value, &binding.value) {
                let message = format!("`{}` is another kind of amount", binding.name.text);
                let problem =
                    Diagnostic::error(code::E0309, binding.value.span, message).label("not of the kind of its default");
                let problem = problem.label_at(decl.value.span, "the default");
                // What is made of it is not to be blamed.
                decl.value.kind = LiteralKind::Error;
                return Err(Box::new(problem));
            }
            decl.value = binding.value.clone();
        }
        _ => {
            let Some(to) = name_of(&binding.value) else {
                let problem = wrong(binding, format!("`{}` is a tier", binding.name.text), "bound to something else");
                return Err(Box::new(problem.help("write the name of a tier of this file")));
            };
            module.bound.push(Bound { name: binding.name.text.clone(), to: (importer, to.clone()) });
            // Its own models are asked by nobody then.
            if let Some(index) = position {
                module.file.items.remove(index);
            }
        }
    }
    Ok(())
}

/// Puts the tiers of the importing modules where they were bound. Importers stand before what they import.
pub(super) fn tiers(modules: &[Module], scopes: &mut [Scope], diagnostics: &mut Vec<Diagnostic>) {
    for (index, module) in modules.iter().enumerate() {
        for Bound { name, to: (importer, to) } in &module.bound {
            let found = scopes.get(*importer).and_then(|scope| scope.items.get(&to.text)).copied();
            let item = found.and_then(|at| modules.get(at.file)?.file.items.get(at.item));
            let is_silent = scopes.get(*importer).is_some_and(|scope| scope.silent.contains(&to.text));
            let Some(scope) = scopes.get_mut(index) else { continue };
            match (found, item.map(|item| &item.kind)) {
                (Some(at), Some(ItemKind::Tier(_))) => {
                    scope.items.insert(name.clone(), at);
                    scope.bound.insert(name.clone(), to.span);
                }
                _ => {
                    scope.silent.insert(name.clone());
                    if !is_silent {
                        diagnostics.push(no_tier(to, found.is_some()));
                    }
                }
            }
        }
    }
}

fn no_tier(name: &Name, is_declared: bool) -> Diagnostic {
    if is_declared {
        return Diagnostic::error(code::E0309, name.span, format!("`{}` is no tier", name.text))
            .label("a tier stands here");
    }
    Diagnostic::error(code::E0301, name.span, format!("unknown name `{}`", name.text))
        .label("nothing in this file has this name")
}

/// What may be bound: tiers and constants that are `pub`.
fn is_open(item: &Item) -> bool {
    item.public.is_some() && matches!(item.kind, ItemKind::Tier(_) | ItemKind::Const(_))
}

fn named(item: &Item) -> Option<&String> {
    item.name().map(|name| &name.text)
}

fn unknown(module: &Module, binding: &Binding) -> Diagnostic {
    let name = &binding.name.text;
    let open: Vec<&str> =
        module.file.items.iter().filter(|item| is_open(item)).filter_map(named).map(String::as_str).collect();
    let problem =
        wrong(binding, format!("`{}` has no public tier or constant `{name}`", shown(&module.path)), "nothing to bind");
    match nearest(name, open.iter().copied()) {
        Some(near) => {
            problem.help(format!("did you mean `{near}`?")).fix(format!("write `{near}`"), binding.name.span, near)
        }
        None if open.is_empty() => problem.help("nothing of this module can be bound: leave `with` out"),
        None => problem
            .help(format!("it has {}", open.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "))),
    }
}

/// A module as an import names it: `std.judge`.
fn shown(path: &str) -> String {
    let inside = path.trim_start_matches('<').split(" with ").next().unwrap_or(path);
    inside.trim_end_matches('>').trim_end_matches(".flow").replace('/', ".")
}

fn wrong(binding: &Binding, message: String, label: &str) -> Diagnostic {
    Diagnostic::error(code::E0309, binding.name.span, message).label(label)
}

fn name_of(value: &Literal) -> Option<&Name> {
    match &value.kind {
        LiteralKind::Computed(computed) => match computed.as_ref() {
            Computed::Constant(name) => Some(name),
            Computed::Literal(_) | Computed::Operation(..) => None,
        },
        _ => None,
    }
}

/// Whether two literals are of one kind and unit; what has to be computed first is compared where it is used.
fn same_kind(default: &Literal, value: &Literal) -> bool {
    match (&default.kind, &value.kind) {
        (LiteralKind::Computed(_) | LiteralKind::Error, _) | (_, LiteralKind::Computed(_) | LiteralKind::Error) => true,
        (LiteralKind::Quantity(_, a), LiteralKind::Quantity(_, b)) => a == b,
        (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b),
    }
}
