//! The files of a program. In: the path of the root. Out: a [`Module`] for each file that it needs, the root first.

use std::collections::HashMap;

use super::{bind, standard};
use crate::diagnostic::code::syntax as code;
use crate::diagnostic::{Checked, Diagnostic, nearest};
use crate::source::{ReadError, Source, Sources, Span, World};
use crate::syntax::{Binding, File, ItemKind, Name, Use};
use crate::{lex, parse};

/// A file and where its imports lead.
#[derive(Debug, Default)]
pub(super) struct Module {
    /// Its path as the user knows it.
    pub(super) path: String,
    pub(super) file: File,
    /// Beside its `use` items, in their order: the index of the module, where it could be read.
    pub(super) imports: Vec<Import>,
    /// What the import that made this instance puts in the place of its tiers.
    pub(super) bound: Vec<Bound>,
    /// The module that asked for it first, and what it asked for; the root has none.
    asked: Option<(usize, String)>,
}

/// A tier of a module that is another one for the import that made this instance.
#[derive(Clone, Debug)]
pub(super) struct Bound {
    /// Its name in the module.
    pub(super) name: String,
    /// The module that imports, and the name of the tier there.
    pub(super) to: (usize, Name),
}

/// Where a `use` leads.
#[derive(Debug)]
pub(super) struct Import {
    /// The index of the item.
    pub(super) item: usize,
    /// The place of its path.
    pub(super) span: Span,
    /// The module; `None` where it could not be read, which has been said.
    pub(super) module: Option<usize>,
}

/// Reads the root and everything it needs.
pub(super) fn load(world: &dyn World, root: &str, sources: &mut Sources) -> Checked<Vec<Module>> {
    let mut loader =
        Loader { world, sources, modules: Vec::new(), known: HashMap::new(), instances: 0, diagnostics: Vec::new() };
    if loader.open(root.strip_prefix("./").unwrap_or(root), None).is_none() {
        loader.modules.push(Module { path: root.to_owned(), ..Module::default() });
    }
    let mut next = 0;
    while next < loader.modules.len() {
        loader.follow(next);
        next += 1;
    }
    Checked { value: loader.modules, diagnostics: loader.diagnostics }
}

/// Modules that are read anew because an import binds their tiers or constants, in one compilation.
const MOST_INSTANCES: usize = 256;

/// Who imports, and with what.
#[derive(Clone, Copy)]
struct Asking<'a> {
    module: usize,
    path: &'a str,
    with: &'a [Binding],
}

struct Loader<'w> {
    world: &'w dyn World,
    sources: &'w mut Sources,
    modules: Vec<Module>,
    /// What became of each module that was asked for, by its key.
    known: HashMap<String, Option<usize>>,
    /// How many modules were read for an import `with` something.
    instances: usize,
    diagnostics: Vec<Diagnostic>,
}

impl Loader<'_> {
    /// Opens what one module imports.
    fn follow(&mut self, index: usize) {
        let Some(module) = self.modules.get(index) else { return };
        let from = module.path.clone();
        let uses: Vec<(usize, Use)> = (module.file.items.iter().enumerate())
            .filter_map(
                |(item, node)| {
                    if let ItemKind::Use(import) = &node.kind { Some((item, import.clone())) } else { None }
                },
            )
            .collect();
        for (item, import) in uses {
            let span = import.path.iter().map(|name| name.span).reduce(Span::to).unwrap_or_default();
            let module = self.import(Asking { module: index, path: &from, with: &import.with }, &import.path, span);
            if let Some(importing) = self.modules.get_mut(index) {
                importing.imports.push(Import { item, span, module });
            }
        }
    }

    fn import(&mut self, asking: Asking<'_>, path: &[Name], span: Span) -> Option<usize> {
        let words: Vec<&str> = path.iter().map(|name| name.text.as_str()).collect();
        match words.as_slice() {
            ["std", rest @ ..] if !rest.is_empty() => self.open_standard(&rest.join("/"), span, asking),
            [beside] => {
                let folder = asking.path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
                self.open(&format!("{folder}{beside}.flow"), Some((span, beside, asking)))
            }
            words => self.open(&format!("{}.flow", words.join("/")), Some((span, &words.join("."), asking))),
        }
    }

    /// Opens a file, once for each way in which it is bound; `None` where it cannot be read, which is said for every place that
    /// asks for it.
    fn open(&mut self, path: &str, asked: Option<(Span, &str, Asking<'_>)>) -> Option<usize> {
        let key = self.key(path, asked.map(|(_, _, asking)| asking));
        if let Some(module) = self.opened(&key, path, asked.map(|(span, _, asking)| (span, asking))) {
            return module;
        }
        let text = match self.world.read(path) {
            Ok(bytes) => lex::decode(path, bytes).map_err(|problem| match asked {
                Some((span, _, _)) => Diagnostic { span: Some(span), ..*problem }.label("imported here"),
                None => *problem,
            }),
            Err(why) => Err(unreadable(path, &why, asked.map(|(span, name, _)| (span, name)))),
        };
        match text {
            Ok(text) => Some(self.read(key, path, path.to_owned(), text, asked.map(|(_, _, asking)| asking))),
            Err(problem) => {
                self.diagnostics.push(problem);
                self.known.insert(key, None);
                None
            }
        }
    }

    fn open_standard(&mut self, name: &str, span: Span, asking: Asking<'_>) -> Option<usize> {
        let path = format!("std/{name}.flow");
        let key = self.key(&path, Some(asking));
        if let Some(module) = self.opened(&key, &path, Some((span, asking))) {
            return module;
        }
        let Some(text) = standard::module(name) else {
            self.diagnostics.push(unknown_standard(name, span));
            return None;
        };
        let with = asking.with.iter().map(|binding| self.written(binding));
        let with =
            with.reduce(|all, one| format!("{all}, {one}")).map_or_else(String::new, |all| format!(" with {all}"));
        Some(self.read(key, &path, format!("<{path}{with}>"), text.to_owned(), Some(asking)))
    }

    /// A module that is known by its key, or one that would have to hold itself: `Some(None)` where it could not be read or
    /// there are too many.
    fn opened(&mut self, key: &str, path: &str, asked: Option<(Span, Asking<'_>)>) -> Option<Option<usize>> {
        if let Some(Some(module)) = self.known.get(key) {
            return Some(Some(*module));
        }
        let (span, asking) = asked?;
        // INVARIANT: no module is an instance of the file of one that asked for it, so that instances end. The way back is a
        // circle and is reported as one.
        let mut at = Some(asking.module);
        while let Some((index, module)) = at.and_then(|index| Some((index, self.modules.get(index)?))) {
            let asked = module.asked.as_ref();
            if asked.map_or(module.path.as_str(), |(_, file)| file.as_str()) == path {
                return Some(Some(index));
            }
            at = asked.map(|(by, _)| *by);
        }
        if asking.with.is_empty() || self.instances < MOST_INSTANCES {
            self.instances += usize::from(!asking.with.is_empty());
            return None;
        }
        if self.instances == MOST_INSTANCES {
            self.instances += 1;
            let message = format!("more than {MOST_INSTANCES} imports `with` something");
            let problem = Diagnostic::error(code::E0310, span, message).label("this one is not read");
            self.diagnostics
                .push(problem.help(
                    "modules that import each other `with` something multiply: bind once and import that module",
                ));
        }
        Some(None)
    }

    /// What a module is known by: its file, and for an import `with` something who imports it with what.
    fn key(&self, path: &str, asking: Option<Asking<'_>>) -> String {
        let Some(asking) = asking.filter(|asking| !asking.with.is_empty()) else { return path.to_owned() };
        let with: Vec<String> = asking.with.iter().map(|binding| self.written(binding)).collect();
        format!("{path} {} {}", asking.module, with.join(","))
    }

    /// `model = small`
    fn written(&self, binding: &Binding) -> String {
        format!("{} = {}", binding.name.text, self.sources.slice(binding.value.span))
    }

    fn read(&mut self, key: String, path: &str, name: String, text: String, asking: Option<Asking<'_>>) -> usize {
        let id = self.sources.add(Source::new(name.clone(), text));
        let text = self.sources.get(id).map_or("", Source::text);
        let mut parsed = parse::parse(id, text);
        self.diagnostics.append(&mut parsed.diagnostics);
        let index = self.modules.len();
        self.known.insert(key, Some(index));
        let mut module = Module { path: name, file: parsed.value, ..Module::default() };
        if let Some(asking) = asking {
            module.asked = Some((asking.module, path.to_owned()));
            bind::bind(&mut module, asking.module, asking.with, &mut self.diagnostics);
        }
        self.modules.push(module);
        index
    }
}

fn unreadable(path: &str, why: &ReadError, asked: Option<(Span, &str)>) -> Diagnostic {
    match (asked, why) {
        (None, _) => Diagnostic::placeless(code::E0001, format!("cannot read `{path}`: {why}")),
        (Some((span, asked)), ReadError::Missing) => {
            let problem = Diagnostic::error(code::E0306, span, format!("unknown module `{asked}`"));
            let help = "`use kb` reads the file beside this one, `use shared.kb` reads `shared/kb.flow` from the project's root";
            problem.label(format!("there is no file `{path}`")).help(help)
        }
        (Some((span, _)), ReadError::Unreadable(_)) => {
            let problem = Diagnostic::error(code::E0001, span, format!("cannot read `{path}`"));
            problem.label(why.to_string())
        }
    }
}

fn unknown_standard(name: &str, span: Span) -> Diagnostic {
    let name = name.replace('/', ".");
    let problem = Diagnostic::error(code::E0306, span, format!("the standard library has no module `{name}`"));
    let problem = problem.label("not a standard module");
    let all: Vec<String> = standard::names().map(|module| format!("`std.{module}`")).collect();
    match nearest(&name, standard::names()) {
        Some(near) => problem.help(format!("did you mean `std.{near}`?")),
        None if all.is_empty() => problem.help("this version of the standard library has no modules yet"),
        None => problem.help(format!("there are {}", all.join(", "))),
    }
}
