//! One root file, compiled: what every verb that takes a flow file starts from.

use std::path::Path;

use flow_compiler::bound::{Report, Verdict};
use flow_compiler::catalogue::{Catalogue, Policy, ProjectFile};
use flow_compiler::diagnostic::{Diagnostic, code, render};
use flow_compiler::plan::Plan;
use flow_compiler::source::{ReadError, Source, SourceId, Sources, World};
use flow_compiler::{Compiled, compile};

use super::disk::{PROJECT_FILE, Project};
use super::problem::Problem;
use super::terminal::{self, Colours};

/// What is known of a root file.
pub(crate) struct Analysis {
    /// The texts, under the names that the user would write.
    pub(crate) sources: Sources,
    /// What was said about them.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// What was proved of each flow.
    pub(crate) report: Report,
    /// Present where nothing is wrong.
    pub(crate) plan: Option<Plan>,
}

/// Compiles a file of a project, as far as it goes.
pub(crate) fn analyse(project: &Project, name: &str) -> Analysis {
    let models = Models::of(project);
    let Compiled { mut sources, mut diagnostics, plan, report } = compile(project, name, &models.catalogue);
    let mut said = models.say(&mut sources);
    said.append(&mut diagnostics);
    let is_sound = !said.iter().any(Diagnostic::is_error);
    Analysis { sources: project.shown_sources(&sources), diagnostics: said, report, plan: plan.filter(|_| is_sound) }
}

/// Compiles a file that is needed whole: says what is wrong on the standard error, and gives the plan where nothing is.
pub(crate) fn expect_plan(
    file: &Path,
    colours: Colours,
) -> Result<Result<(Project, Analysis, Plan), Analysis>, Problem> {
    let (project, name) = Project::of_file(file)?;
    let mut analysis = analyse(&project, &name);
    terminal::say(&render::render(&analysis.diagnostics, &analysis.sources, colours.for_stderr()));
    match analysis.plan.take() {
        Some(plan) => Ok(Ok((project, analysis, plan))),
        None => Ok(Err(analysis)),
    }
}

/// The models that a project can name: those that ship with the compiler, and those of its `flow.toml`.
pub(crate) struct Models {
    /// All of them.
    pub(crate) catalogue: Catalogue,
    /// What the project lets grow without anybody being asked.
    pub(crate) policy: Policy,
    /// The text of `flow.toml`, or why it was not read; `None` where there is none.
    file: Option<Result<String, Diagnostic>>,
}

impl Models {
    /// Reads the `flow.toml` of a project.
    pub(crate) fn of(project: &Project) -> Models {
        let unread = |code, why: &str| Diagnostic::placeless(code, format!("`{}` {why}", project.shown(PROJECT_FILE)));
        let file = match project.read(PROJECT_FILE) {
            Ok(bytes) => Some(String::from_utf8(bytes).map_err(|_| unread(code::syntax::E0002, "is not UTF-8"))),
            Err(ReadError::Missing) => None,
            Err(ReadError::Unreadable(why)) => {
                Some(Err(unread(code::syntax::E0001, &format!("cannot be read: {why}"))))
            }
        };
        let read = match &file {
            Some(Ok(text)) => ProjectFile::read(SourceId::default(), text).value,
            Some(Err(_)) | None => ProjectFile::default(),
        };
        let catalogue = Catalogue::standard().clone().with(&read);
        Models { catalogue, policy: read.policy, file }
    }

    /// What is wrong with `flow.toml`, whose text joins the others.
    pub(crate) fn say(self, sources: &mut Sources) -> Vec<Diagnostic> {
        match self.file {
            Some(Ok(text)) => {
                // Read again under its number among the texts, which is known only now.
                let id = sources.add(Source::new(PROJECT_FILE, text));
                ProjectFile::read(id, sources.get(id).map_or("", Source::text)).diagnostics
            }
            Some(Err(unread)) => vec![unread],
            None => Vec::new(),
        }
    }
}

impl Analysis {
    /// Whether it withholds the plan.
    pub(crate) fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// The worst of a file: what does not compile, or the worst of its flows.
    pub(crate) fn verdict(&self) -> Verdict {
        let worst = self.report.verdict();
        if worst == Verdict::Ok && self.has_errors() { Verdict::Invalid } else { worst }
    }
}
