//! What the compiler says about a case.

use std::collections::BTreeMap;

use flow_compiler::catalogue::{Catalogue, ProjectFile};
use flow_compiler::compile_and_lint;
use flow_compiler::diagnostic::Diagnostic;
use flow_compiler::source::{ReadError, Source, SourceId, Sources, World};

use super::notes;
use super::prelude::needed;

/// What is said about a small project.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Everything that was said.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts that it is about.
    pub sources: Sources,
    files: Vec<(String, String)>,
}

/// Files in memory.
struct Memory(BTreeMap<String, String>);

impl World for Memory {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        self.0.get(path).map(|text| text.clone().into_bytes()).ok_or(ReadError::Missing)
    }
}

/// Compiles files without expectations; the first is the root.
#[must_use]
pub fn answer(files: &[(String, String)], prelude: &str) -> Answer {
    let mut world: BTreeMap<String, String> = files.iter().cloned().collect();
    if let Some((path, text)) = files.first() {
        world.insert(path.clone(), format!("{text}{}", needed(prelude, text)));
    }
    let project = world.get("flow.toml").cloned();
    let read = project.as_ref().map(|text| ProjectFile::read(SourceId::default(), text).value);
    let read = read.unwrap_or_default();
    let catalogue = Catalogue::standard().clone().with(&read);
    let mut compiled = compile_and_lint(&Memory(world), "main.flow", &catalogue, &read.lints);
    let mut diagnostics = Vec::new();
    if let Some(text) = project {
        let id = compiled.sources.add(Source::new("flow.toml", text.clone()));
        diagnostics = ProjectFile::read(id, &text).diagnostics;
    }
    diagnostics.append(&mut compiled.diagnostics);
    Answer { diagnostics, sources: compiled.sources, files: files.to_vec() }
}

impl Answer {
    /// The files with what is said under their lines.
    #[must_use]
    pub fn annotated(&self) -> Vec<(String, String)> {
        let id = |path: &str| self.sources.iter().find(|(_, source)| source.name() == path).map(|(id, _)| id);
        let files = self.files.iter().enumerate();
        let annotated = files.map(|(at, (path, text))| {
            (path.clone(), notes::annotate(path, text, id(path), &self.diagnostics, at == 0))
        });
        annotated.collect()
    }

    /// The files after the edit that a diagnostic offers; `None` where it offers none.
    #[must_use]
    pub fn repaired(&self, problem: &Diagnostic) -> Option<Vec<(String, String)>> {
        let fix = problem.fix.as_ref()?;
        let name = self.sources.get(fix.span.source)?.name();
        let mut files = self.files.clone();
        let (_, text) = files.iter_mut().find(|(path, _)| path == name)?;
        let end = (fix.span.end as usize).min(text.len());
        text.replace_range((fix.span.start as usize).min(end)..end, &fix.replacement);
        Some(files)
    }
}
