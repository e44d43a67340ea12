//! One root file, compiled: what every verb that takes a flow file starts from.

use flow_compiler::bound::{Report, bound};
use flow_compiler::catalogue::{Catalogue, ProjectFile};
use flow_compiler::check::check;
use flow_compiler::diagnostic::{Diagnostic, code};
use flow_compiler::plan::Plan;
use flow_compiler::resolve::resolve;
use flow_compiler::source::{ReadError, Source, Sources, World};

use super::disk::{PROJECT_FILE, Project};

/// What is known of a root file.
pub(crate) struct Analysis {
    /// The texts, under the names that the user would write.
    pub(crate) sources: Sources,
    /// What was said about them.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// What was proved; without flows where the file does not compile.
    pub(crate) report: Report,
    /// Present where nothing is wrong.
    pub(crate) plan: Option<Plan>,
}

/// Compiles a file of a project, as far as it goes.
pub(crate) fn analyse(project: &Project, name: &str) -> Analysis {
    let mut sources = Sources::default();
    let mut diagnostics = Vec::new();
    let catalogue = catalogue(project, &mut sources, &mut diagnostics);
    let resolved = resolve(project, name, &mut sources);
    diagnostics.extend(resolved.diagnostics);
    let checked = check(&resolved.value, &catalogue, &sources);
    diagnostics.extend(checked.diagnostics);
    let mut analysis = Analysis { sources: Sources::default(), diagnostics, report: Report::default(), plan: None };
    if !analysis.has_errors() {
        let bounds = bound(&checked.value, &resolved.value.files, &sources);
        analysis.diagnostics.extend(bounds.diagnostics);
        analysis.report = bounds.value.report;
        let ceilings = bounds.value.ceilings.filter(|_| !analysis.has_errors());
        analysis.plan = ceilings.map(|ceilings| Plan::new(checked.value, ceilings, &sources));
    }
    analysis.sources = project.shown_sources(&sources);
    analysis
}

/// The models that a project can name: those that ship with the compiler, and those of its `flow.toml`.
pub(crate) fn catalogue(project: &Project, sources: &mut Sources, diagnostics: &mut Vec<Diagnostic>) -> Catalogue {
    let standard = Catalogue::standard().clone();
    let bytes = match project.read(PROJECT_FILE) {
        Ok(bytes) => bytes,
        Err(ReadError::Missing) => return standard,
        Err(ReadError::Unreadable(why)) => {
            diagnostics
                .push(Diagnostic::placeless(code::syntax::E0001, format!("`{PROJECT_FILE}` cannot be read: {why}")));
            return standard;
        }
    };
    let Ok(text) = String::from_utf8(bytes) else {
        diagnostics.push(Diagnostic::placeless(code::syntax::E0002, format!("`{PROJECT_FILE}` is not UTF-8")));
        return standard;
    };
    let id = sources.add(Source::new(PROJECT_FILE, text));
    let read = ProjectFile::read(id, sources.get(id).map_or("", Source::text));
    diagnostics.extend(read.diagnostics);
    standard.with(&read.value)
}

impl Analysis {
    /// Whether it withholds the plan.
    pub(crate) fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}
