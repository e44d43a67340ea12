//! One root file, compiled: what every verb that takes a flow file starts from.

use std::path::Path;

use flow_compiler::bound::{Report, Verdict};
use flow_compiler::catalogue::{Catalogue, Policy, ProjectFile};
use flow_compiler::diagnostic::code::lint::Levels;
use flow_compiler::diagnostic::{Diagnostic, code, render};
use flow_compiler::doc::Root;
use flow_compiler::plan::Plan;
use flow_compiler::source::{ReadError, Source, SourceId, Sources, World};
use flow_compiler::{Compiled, compile, compile_and_lint, lint};

use super::disk::{PROJECT_FILE, Project};
use super::problem::Problem;
use super::terminal::{self, Colours};

/// What is known of a root file.
pub(crate) struct Analysis {
    /// The texts, under the names that the user would write.
    pub(crate) sources: Sources,
    /// Beside them, their names from the project's root.
    #[allow(dead_code, reason = "of `flowc --fix`; `flow` changes no flow")]
    pub(crate) names: Vec<String>,
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
    let compiled = compile(project, name, &models.catalogue);
    analysed(project, models, compiled)
}

/// Compiles a file of a project for its documentation, which needs the texts under the names they have in the project.
pub(crate) fn analyse_root(project: &Project, name: &str) -> (Analysis, Option<Root>) {
    let models = Models::of(project);
    let compiled = compile(project, name, &models.catalogue);
    let root = compiled.plan.clone().map(|plan| Root {
        resolved: compiled.resolved.clone(),
        sources: compiled.sources.clone(),
        plan,
        report: compiled.report.clone(),
    });
    let analysis = analysed(project, models, compiled);
    let root = root.filter(|_| analysis.plan.is_some());
    (analysis, root)
}

/// The same, with lints, of a project some of whose texts may be other ones than those on the disk.
#[allow(dead_code, reason = "of `flowc`; a run is not held up by habits")]
pub(crate) fn analyse_in(world: &dyn World, project: &Project, name: &str) -> Analysis {
    let models = Models::of(project);
    let compiled = compile_and_lint(world, name, &models.catalogue, &models.levels);
    analysed(project, models, compiled)
}

fn analysed(project: &Project, models: Models, compiled: Compiled) -> Analysis {
    let Compiled { mut sources, resolved: _, mut diagnostics, plan, report } = compiled;
    let mut said = models.say(&mut sources);
    said.append(&mut diagnostics);
    let names = sources.iter().map(|(_, source)| source.name().to_owned()).collect();
    let sources = project.shown_sources(&sources);
    let mut analysis = Analysis { sources, names, diagnostics: said, report, plan };
    if analysis.is_broken() {
        analysis.plan = None;
    }
    analysis
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
    /// What `flow.toml` calls the project.
    #[allow(dead_code, reason = "`flowc doc` shows it, `flow` does not")]
    pub(crate) name: Option<String>,
    /// What the project says about lints.
    pub(crate) levels: Levels,
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
        Models { catalogue, name: read.name, levels: read.lints, policy: read.policy, file }
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
    /// Whether something withholds the plan: an error that is no denied lint.
    pub(crate) fn is_broken(&self) -> bool {
        self.diagnostics.iter().any(|problem| problem.is_error() && !lint::is_denied(problem))
    }

    /// Whether it does what the project denies.
    #[allow(dead_code, reason = "of `flowc`; a run is not held up by habits")]
    pub(crate) fn has_denied(&self) -> bool {
        self.diagnostics.iter().any(lint::is_denied)
    }

    /// The worst of a file: what does not compile, or the worst of its flows.
    pub(crate) fn verdict(&self) -> Verdict {
        let worst = self.report.verdict();
        if worst == Verdict::Ok && self.is_broken() { Verdict::Invalid } else { worst }
    }
}
