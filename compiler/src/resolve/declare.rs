//! What each file declares and imports: the scopes. Says what is declared twice, imported in vain, or named like a builtin.

use std::collections::HashMap;

use super::load::{Import, Module};
use super::{ItemRef, Scope, VariantRef};
use crate::diagnostic::code::syntax as code;
use crate::diagnostic::{Diagnostic, nearest};
use crate::source::{Sources, Span};
use crate::syntax::{Field, Item, ItemKind, Name, Use};

/// The types that every file knows.
const BUILTIN_TYPES: &[&str] = &["Bool", "Date", "Score", "Int", "Usd", "Text", "Id", "Json"];

/// Calls that are part of the language: an item of the name could never be called.
const BUILTIN_CALLS: &[&str] = &["escalate", "classify", "embed"];

/// The scope of every module, in their order.
pub(super) fn scopes(modules: &[Module], sources: &Sources, diagnostics: &mut Vec<Diagnostic>) -> Vec<Scope> {
    let mut scopes: Vec<Scope> = (modules.iter().enumerate())
        .map(|(index, module)| Declarations { index, module, sources, places: HashMap::new(), diagnostics }.own())
        .collect();
    let own = scopes.clone();
    for (index, module) in modules.iter().enumerate() {
        for import in &module.imports {
            let Some(Item { kind: ItemKind::Use(item), .. }) = module.file.items.get(import.item) else { continue };
            Importing { index, modules, own: &own, import, scope: &mut scopes[index], diagnostics }.names(item);
        }
    }
    super::bind::tiers(modules, &mut scopes, diagnostics);
    for scope in &mut scopes {
        add_variants(scope, modules);
    }
    scopes
}

/// What one file declares itself.
struct Declarations<'a> {
    index: usize,
    module: &'a Module,
    sources: &'a Sources,
    places: HashMap<&'a str, Span>,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl<'a> Declarations<'a> {
    fn own(mut self) -> Scope {
        let mut scope = Scope::default();
        for (item, node) in self.module.file.items.iter().enumerate() {
            if let ItemKind::Error = node.kind {
                scope.silent.extend(name_of_broken(self.sources.slice(node.span)));
            }
            self.parts(&node.kind);
            let Some(name) = node.name() else { continue };
            self.not_builtin(name, &node.kind);
            if let Some(first) = self.places.get(name.text.as_str()) {
                self.diagnostics.push(twice(name, *first, "declared"));
                continue;
            }
            self.places.insert(&name.text, name.span);
            scope.items.insert(name.text.clone(), ItemRef { file: self.index, item });
        }
        scope
    }

    fn not_builtin(&mut self, name: &Name, kind: &ItemKind) {
        let text = name.text.as_str();
        let what = if BUILTIN_TYPES.contains(&text) {
            "a type"
        } else if BUILTIN_CALLS.contains(&text) && !matches!(kind, ItemKind::Tier(_)) {
            "a call"
        } else {
            return;
        };
        let problem = Diagnostic::error(code::E0304, name.span, format!("`{text}` is {what} of the language"));
        self.diagnostics.push(problem.label("already has a meaning").help("choose another name"));
    }

    /// The names inside of a declaration.
    fn parts(&mut self, kind: &'a ItemKind) {
        match kind {
            ItemKind::Type(decl) => self.distinct("field", &decl.fields),
            ItemKind::Enum(decl) => {
                self.distinct_names("variant", decl.variants.iter().map(|variant| &variant.name));
                for variant in &decl.variants {
                    self.distinct("field", &variant.fields);
                }
            }
            ItemKind::Route(decl) => self.distinct("parameter", &decl.params),
            ItemKind::Step(decl) => self.distinct("parameter", &decl.params),
            ItemKind::Tool(decl) => self.distinct("parameter", &decl.params),
            ItemKind::Flow(decl) => self.distinct("parameter", &decl.params),
            ItemKind::Use(_) | ItemKind::Alias(_) | ItemKind::Tier(_) | ItemKind::Error => {}
            ItemKind::Index(_) | ItemKind::Ceiling(_) => {}
            ItemKind::Const(_) | ItemKind::Test(_) | ItemKind::Eval(_) => {}
        }
    }

    fn distinct(&mut self, what: &str, fields: &[Field]) {
        self.distinct_names(what, fields.iter().map(|field| &field.name));
    }

    fn distinct_names<'n>(&mut self, what: &str, names: impl Iterator<Item = &'n Name>) {
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for name in names {
            match seen.get(name.text.as_str()) {
                Some(first) => self.diagnostics.push(twice(name, *first, &format!("a {what}"))),
                None => drop(seen.insert(&name.text, name.span)),
            }
        }
    }
}

fn twice(name: &Name, first: Span, what: &str) -> Diagnostic {
    let message = match what {
        "declared" | "imported" => format!("`{}` is {what} twice", name.text),
        part => format!("`{}` is the name of {part} already", name.text),
    };
    Diagnostic::error(code::E0302, name.span, message).label("again").label_at(first, "first here")
}

/// The name that a declaration would have had that could not be read.
fn name_of_broken(text: &str) -> Option<String> {
    let mut words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|word| !word.is_empty());
    let first = words.next()?;
    let word = if first == "pub" { words.next()? } else { first };
    let name = words.next()?;
    (word != "use").then(|| name.to_owned())
}

/// The imports of one `use`.
struct Importing<'a> {
    index: usize,
    modules: &'a [Module],
    own: &'a [Scope],
    import: &'a Import,
    scope: &'a mut Scope,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Importing<'_> {
    fn names(&mut self, item: &Use) {
        for name in &item.names {
            match self.import.module {
                Some(module) if module == self.index => {} // it imports itself and has been told so
                Some(module) => self.name(module, name),
                None => drop(self.scope.silent.insert(name.text.clone())),
            }
        }
    }

    fn name(&mut self, module: usize, name: &Name) {
        let (modules, own) = (self.modules, self.own);
        let (Some(from), Some(known)) = (modules.get(module), own.get(module)) else { return };
        let Some(target) = known.items.get(&name.text) else {
            if !known.silent.contains(&name.text) {
                let problem = unknown(from, name);
                self.diagnostics.push(problem);
            }
            self.scope.silent.insert(name.text.clone());
            return;
        };
        let node = from.file.items.get(target.item);
        if let Some(node) = node.filter(|node| node.public.is_none()) {
            self.diagnostics.push(private(from, name, node));
        }
        match self.scope.items.get(&name.text) {
            Some(taken) => {
                let first = (modules.get(taken.file))
                    .and_then(|module| module.file.items.get(taken.item))
                    .and_then(Item::name)
                    .map_or(name.span, |first| first.span);
                let what = if taken == target { "imported" } else { "declared" };
                self.diagnostics.push(twice(name, first, what));
            }
            None => drop(self.scope.items.insert(name.text.clone(), *target)),
        }
    }
}

fn unknown(from: &Module, name: &Name) -> Diagnostic {
    let message = format!("unknown name `{}`", name.text);
    let problem = Diagnostic::error(code::E0301, name.span, message).label(format!("not declared in `{}`", from.path));
    let public = from.file.items.iter().filter(|item| item.public.is_some()).filter_map(Item::name);
    match nearest(&name.text, public.map(|name| name.text.as_str())) {
        // An edit of the import alone would leave the other places with a name that nothing has.
        Some(near) => problem.help(format!("did you mean `{near}`? it is called so wherever it stands")),
        None => {
            let public = from.file.items.iter().filter(|item| item.public.is_some()).filter_map(Item::name);
            let known: Vec<String> = public.map(|name| format!("`{}`", name.text)).collect();
            if known.is_empty() {
                return problem.help("nothing in it is `pub`: put `pub` in front of what others may take");
            }
            problem.help(format!("it has {}", known.join(", ")))
        }
    }
}

fn private(from: &Module, name: &Name, node: &Item) -> Diagnostic {
    let message = format!("`{}` is private to `{}`", name.text, from.path);
    let declared = node.name().map_or(node.span, |declared| declared.span);
    let before = Span { end: node.span.start, ..node.span };
    let problem =
        Diagnostic::error(code::E0305, name.span, message).label("not `pub`").label_at(declared, "declared here");
    problem.help("put `pub` in front of the declaration").fix("make it public", before, "pub ")
}

fn add_variants(scope: &mut Scope, modules: &[Module]) {
    for target in scope.items.values() {
        let node = modules.get(target.file).and_then(|module| module.file.items.get(target.item));
        if let Some(Item { kind: ItemKind::Enum(decl), .. }) = node {
            for (variant, node) in decl.variants.iter().enumerate() {
                scope.variants.entry(node.name.text.clone()).or_default().push(VariantRef { owner: *target, variant });
            }
        }
    }
}
