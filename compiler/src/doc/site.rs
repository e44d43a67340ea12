//! What there is to show. In: compiled roots. Out: each of their modules once, with the items in it and where each is shown.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::Root;
use crate::source::{Source, Span};
use crate::syntax::{File, Item};

/// A project.
pub(super) struct Site<'a> {
    pub(super) name: &'a str,
    pub(super) roots: &'a [Root],
    /// Sorted by name, those of the standard library last.
    pub(super) modules: Vec<Module<'a>>,
    by_source: HashMap<&'a str, usize>,
    /// For each declaration, the modules and names that mention it.
    mentions: BTreeMap<(usize, String), Vec<(usize, String)>>,
}

/// A file.
pub(super) struct Module<'a> {
    /// `shared.kb`, `std.text`
    pub(super) name: String,
    /// Below the folder of the documentation.
    pub(super) page: String,
    pub(super) source: &'a Source,
    pub(super) file: &'a File,
    /// The root it is shown as a part of.
    pub(super) root: &'a Root,
    /// Its index among the files of that root.
    pub(super) index: usize,
    pub(super) is_standard: bool,
}

/// A declaration with its kind.
pub(super) struct Entry<'a> {
    pub(super) item: &'a Item,
    /// Its first word: `step`, `flow`, …
    pub(super) kind: &'a str,
    pub(super) name: &'a str,
}

impl<'a> Site<'a> {
    pub(super) fn new(name: &'a str, roots: &'a [Root]) -> Site<'a> {
        let imported: HashSet<&str> = roots.iter().flat_map(|root| names(root).skip(1)).collect();
        let is_top = |root: &&Root| names(root).next().is_some_and(|name| !imported.contains(name));
        let ordered = roots.iter().filter(is_top).chain(roots.iter().filter(|root| !is_top(root)));
        let mut modules: Vec<Module<'a>> = Vec::new();
        let mut pages: HashSet<String> = HashSet::new();
        let mut page_of: BTreeMap<&str, String> = BTreeMap::new();
        for root in ordered {
            for (index, file) in root.resolved.files.iter().enumerate() {
                let Some(source) = root.sources.get(file.source) else { continue };
                let module = Module::new(root, index, file, source);
                page_of.insert(source.name(), module.page.clone());
                if pages.insert(module.page.clone()) {
                    modules.push(module);
                }
            }
        }
        modules.sort_by(|a, b| (a.is_standard, &a.name).cmp(&(b.is_standard, &b.name)));
        let index_of = |page: &String| modules.iter().position(|module| module.page == *page);
        let by_source = page_of.iter().filter_map(|(name, page)| Some((*name, index_of(page)?))).collect();
        let mut site = Site { name, roots, modules, by_source, mentions: BTreeMap::new() };
        site.mentions = super::code::mentions(&site);
        site
    }

    /// The module of that source.
    pub(super) fn module_of(&self, source: &str) -> Option<(usize, &Module<'a>)> {
        let index = *self.by_source.get(source)?;
        self.modules.get(index).map(|module| (index, module))
    }

    /// The declaration that a name means in a module: the module it stands in and its name.
    pub(super) fn lookup(&self, module: &Module<'a>, name: &str) -> Option<(usize, &'a str)> {
        let at = module.root.resolved.lookup(module.index, name)?;
        let file = module.root.resolved.files.get(at.file)?;
        let declared = file.items.get(at.item)?.name()?;
        let source = module.root.sources.get(file.source)?;
        Some((self.module_of(source.name())?.0, declared.text.as_str()))
    }

    /// What mentions a declaration.
    pub(super) fn mentions(&self, module: &Module<'a>, name: &str) -> &[(usize, String)] {
        let index = self.by_source.get(module.source.name()).copied().unwrap_or(usize::MAX);
        self.mentions.get(&(index, name.to_owned())).map_or(&[], Vec::as_slice)
    }
}

fn names(root: &Root) -> impl Iterator<Item = &str> {
    root.resolved.files.iter().filter_map(|file| root.sources.get(file.source)).map(Source::name)
}

impl<'a> Module<'a> {
    fn new(root: &'a Root, index: usize, file: &'a File, source: &'a Source) -> Module<'a> {
        let path = source.name();
        let is_standard = path.starts_with('<');
        // `<std/judge.flow with model = small>`: one module, however it is bound.
        let path = path.trim_start_matches('<').trim_end_matches('>');
        let path = path.split_once(" with ").map_or(path, |(path, _)| path);
        let path = path.strip_suffix(".flow").unwrap_or(path);
        // A file outside of the project's folder has no place below the folder of the documentation either.
        let inside = path.split('/').filter(|part| !matches!(*part, "" | "." | "..")).collect::<Vec<_>>();
        Module {
            name: inside.join("."),
            page: format!("modules/{}.html", inside.join("/")),
            source,
            file,
            root,
            index,
            is_standard,
        }
    }

    /// Its declarations in their order.
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry<'a>> + use<'a> {
        let source = self.source;
        self.file.items.iter().filter_map(move |item| {
            let mut words = source.text().get(item.span.range())?.split_whitespace().filter(|word| *word != "pub");
            Some(Entry { item, kind: words.next()?, name: &item.name()?.text })
        })
    }

    /// The text under a span of this file.
    pub(super) fn text(&self, span: Span) -> &'a str {
        self.source.text().get(span.range()).unwrap_or("")
    }

    /// The line of a span.
    pub(super) fn line(&self, span: Span) -> usize {
        self.source.line(span.start)
    }

    /// The way from its page to the folder of the documentation.
    pub(super) fn up(&self) -> String {
        "../".repeat(self.page.matches('/').count())
    }

    /// Where a declaration of this or another module is shown, from this page.
    pub(super) fn link(&self, site: &Site<'a>, module: usize, name: &str) -> String {
        match site.modules.get(module) {
            Some(other) if other.page != self.page => format!("{}{}#{name}", self.up(), other.page),
            Some(_) | None => format!("#{name}"),
        }
    }
}
