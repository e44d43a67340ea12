//! One root file, compiled: what every verb that takes a flow file starts from.

use flow_compiler::diagnostic::{Checked, Diagnostic, code};
use flow_compiler::parse;
use flow_compiler::source::{Source, Sources, World};

use super::disk::Project;

/// What is known of a root file.
pub(crate) struct Analysis {
    /// The texts, under the names that the user would write.
    pub(crate) sources: Sources,
    /// What was said about them.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// Compiles a file of a project, as far as it goes.
pub(crate) fn analyse(project: &Project, name: &str) -> Analysis {
    let mut sources = Sources::default();
    let said = |diagnostic| Analysis { sources: Sources::default(), diagnostics: vec![diagnostic] };
    let bytes = match project.read(name) {
        Ok(bytes) => bytes,
        Err(why) => {
            return said(Diagnostic::placeless(
                code::syntax::E0001,
                format!("`{}` cannot be read: {why}", project.shown(name)),
            ));
        }
    };
    let Ok(text) = String::from_utf8(bytes) else {
        return said(Diagnostic::placeless(code::syntax::E0002, format!("`{}` is not UTF-8", project.shown(name))));
    };
    let source = sources.add(Source::new(name, text));
    let Checked { value: _, diagnostics } = parse::parse(source, sources.get(source).map_or("", Source::text));
    Analysis { sources: project.shown_sources(&sources), diagnostics }
}
