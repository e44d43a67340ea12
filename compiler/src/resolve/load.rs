//! The files of a program. In: the path of the root. Out: a [`Module`] for each file that it needs, the root first.

use std::collections::HashMap;

use super::standard;
use crate::diagnostic::code::syntax as code;
use crate::diagnostic::{Checked, Diagnostic, nearest};
use crate::source::{ReadError, Source, Sources, Span, World};
use crate::syntax::{File, ItemKind, Name};
use crate::{lex, parse};

/// A file and where its imports lead.
#[derive(Debug, Default)]
pub(super) struct Module {
    /// Its path as the user knows it.
    pub(super) path: String,
    pub(super) file: File,
    /// Beside its `use` items, in their order: the index of the module, where it could be read.
    pub(super) imports: Vec<Import>,
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
    let mut loader = Loader { world, sources, modules: Vec::new(), known: HashMap::new(), diagnostics: Vec::new() };
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

struct Loader<'w> {
    world: &'w dyn World,
    sources: &'w mut Sources,
    modules: Vec<Module>,
    /// What became of each path that was asked for.
    known: HashMap<String, Option<usize>>,
    diagnostics: Vec<Diagnostic>,
}

impl Loader<'_> {
    /// Opens what one module imports.
    fn follow(&mut self, index: usize) {
        let Some(module) = self.modules.get(index) else { return };
        let from = module.path.clone();
        let uses: Vec<(usize, Vec<Name>)> =
            (module.file.items.iter().enumerate())
                .filter_map(|(item, node)| {
                    if let ItemKind::Use(import) = &node.kind { Some((item, import.path.clone())) } else { None }
                })
                .collect();
        for (item, path) in uses {
            let span = path.iter().map(|name| name.span).reduce(Span::to).unwrap_or_default();
            let module = self.import(&from, &path, span);
            if let Some(importing) = self.modules.get_mut(index) {
                importing.imports.push(Import { item, span, module });
            }
        }
    }

    fn import(&mut self, from: &str, path: &[Name], span: Span) -> Option<usize> {
        let words: Vec<&str> = path.iter().map(|name| name.text.as_str()).collect();
        match words.as_slice() {
            ["std", rest @ ..] if !rest.is_empty() => self.open_standard(&rest.join("/"), span),
            [beside] => {
                let folder = from.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
                self.open(&format!("{folder}{beside}.flow"), Some((span, beside)))
            }
            words => self.open(&format!("{}.flow", words.join("/")), Some((span, &words.join(".")))),
        }
    }

    /// Opens a file, once; `None` where it cannot be read, which is said once for every place that asks for it.
    fn open(&mut self, path: &str, asked: Option<(Span, &str)>) -> Option<usize> {
        if let Some(Some(module)) = self.known.get(path) {
            return Some(*module);
        }
        let text = match self.world.read(path) {
            Ok(bytes) => lex::decode(path, bytes).map_err(|problem| match asked {
                Some((span, _)) => Diagnostic { span: Some(span), ..*problem }.label("imported here"),
                None => *problem,
            }),
            Err(why) => Err(unreadable(path, &why, asked)),
        };
        match text {
            Ok(text) => Some(self.read(path, path.to_owned(), text)),
            Err(problem) => {
                self.diagnostics.push(problem);
                self.known.insert(path.to_owned(), None);
                None
            }
        }
    }

    fn open_standard(&mut self, name: &str, span: Span) -> Option<usize> {
        let key = format!("std/{name}.flow");
        if let Some(Some(module)) = self.known.get(&key) {
            return Some(*module);
        }
        let Some(text) = standard::module(name) else {
            self.diagnostics.push(unknown_standard(name, span));
            return None;
        };
        Some(self.read(&key, format!("<{key}>"), text.to_owned()))
    }

    fn read(&mut self, key: &str, name: String, text: String) -> usize {
        let id = self.sources.add(Source::new(name.clone(), text));
        let text = self.sources.get(id).map_or("", Source::text);
        let mut parsed = parse::parse(id, text);
        self.diagnostics.append(&mut parsed.diagnostics);
        let index = self.modules.len();
        self.known.insert(key.to_owned(), Some(index));
        self.modules.push(Module { path: name, file: parsed.value, imports: Vec::new() });
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
