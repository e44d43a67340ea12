//! A whole tree of flows, compiled: what `lock` and `diff` look at. A tree is a folder or what a commit holds of it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use flow_compiler::bound::{Report, Verdict};
use flow_compiler::catalogue::{Catalogue, Policy, ProjectFile};
use flow_compiler::diagnostic::Diagnostic;
use flow_compiler::plan::Plan;
use flow_compiler::review::Snapshot;
use flow_compiler::review::snapshot::{Key, Kind};
use flow_compiler::source::{ReadError, Source, SourceId, Sources, World};
use flow_compiler::{Compiled, compile};

use super::check::profiled;
use super::disk::{PROJECT_FILE, flows_under, slashed};
use super::git::{Blob, Commit, Git};
use super::problem::Problem;

/// Files by their path from the root of the tree, `/`-separated.
pub(crate) trait Tree {
    /// The paths of all `.flow` files, sorted.
    fn flows(&self) -> Vec<String>;
    /// Whether there is such a file.
    fn has(&self, path: &str) -> bool;
    /// The bytes of a file.
    fn bytes(&self, path: &str) -> Result<Vec<u8>, ReadError>;
}

/// A folder on the disk.
pub(crate) struct Folder {
    root: PathBuf,
}

impl Folder {
    /// A folder.
    pub(crate) fn new(root: &Path) -> Folder {
        Folder { root: root.to_path_buf() }
    }
}

impl Tree for Folder {
    fn flows(&self) -> Vec<String> {
        let found = flows_under(&self.root);
        found.iter().filter_map(|path| path.strip_prefix(&self.root).ok()).map(slashed).collect()
    }

    fn has(&self, path: &str) -> bool {
        self.root.join(path).is_file()
    }

    fn bytes(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        super::disk::read_file(&self.root.join(path))
    }
}

/// What a commit holds below a folder.
pub(crate) struct Committed {
    git: Git,
    files: HashMap<String, Blob>,
}

impl Committed {
    /// The files of a commit.
    pub(crate) fn new(git: &Git, commit: &Commit) -> Result<Committed, Problem> {
        Ok(Committed { git: git.clone(), files: git.files(commit)? })
    }
}

impl Tree for Committed {
    fn flows(&self) -> Vec<String> {
        let hidden = |path: &str| {
            path.split('/').any(|part| part.starts_with('.') || part == "target" || part == "node_modules")
        };
        let mut flows: Vec<String> =
            self.files.keys().filter(|path| path.ends_with(".flow") && !hidden(path)).cloned().collect();
        flows.sort();
        flows
    }

    fn has(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    fn bytes(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        let blob = self.files.get(path).ok_or(ReadError::Missing)?;
        if blob.size > Source::LARGEST as u64 {
            return Err(ReadError::Unreadable("larger than a flow file may be".to_owned()));
        }
        self.git.read(blob).map_err(|problem| ReadError::Unreadable(problem.to_string()))
    }
}

/// A tree, compiled.
pub(crate) struct Side {
    /// Everything that a review is about.
    pub(crate) snapshot: Snapshot,
    /// Each file that was compiled.
    pub(crate) files: Vec<Built>,
    /// What its own `flow.toml` lets through.
    pub(crate) policy: Policy,
    /// What the project calls itself.
    pub(crate) name: Option<String>,
}

/// A file that was compiled.
pub(crate) struct Built {
    pub(crate) sources: Sources,
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) report: Report,
    pub(crate) plan: Option<Plan>,
    /// The folder of its project within the tree; empty for the tree itself.
    pub(crate) project: String,
}

impl Side {
    /// The worst of all files.
    pub(crate) fn verdict(&self) -> Verdict {
        self.files.iter().map(Built::verdict).max().unwrap_or_default()
    }
}

impl Side {
    /// Dollars a month of every flow, by a profile.
    pub(crate) fn months(&self, profile: &profiled::Source) -> Vec<(Key, Option<f64>)> {
        let plans = self.files.iter().filter_map(|built| Some((built, built.plan.as_ref()?)));
        let flows = plans.flat_map(|(built, plan)| {
            plan.program.flows.iter().enumerate().map(move |(index, flow)| {
                let key = (Kind::Flow, join(&built.project, &flow.place.file), flow.name.clone());
                (key, profile.month(plan, index))
            })
        });
        flows.collect()
    }
}

impl Built {
    fn verdict(&self) -> Verdict {
        let worst = self.report.verdict();
        let has_errors = self.diagnostics.iter().any(Diagnostic::is_error);
        if worst == Verdict::Ok && has_errors { Verdict::Invalid } else { worst }
    }
}

/// Which projects of a tree are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The one at its root.
    Own,
    /// All of them.
    Nested,
}

/// Compiles every flow file of a tree, each in its project: the nearest folder above it with a `flow.toml`, or else its own.
pub(crate) fn side(tree: &dyn Tree, scope: Scope) -> Side {
    let root = ProjectOf { tree, folder: String::new() };
    let own = root.read(PROJECT_FILE).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let own = own.map(|text| ProjectFile::read(SourceId::default(), &text).value).unwrap_or_default();
    let mut side = Side { snapshot: Snapshot::default(), files: Vec::new(), policy: own.policy, name: own.name };
    for path in tree.flows() {
        if scope == Scope::Own && is_nested(tree, &path) {
            continue;
        }
        let built = build(tree, &path);
        side.snapshot.add(built.plan.as_ref(), &built.report, &built.sources, &|file| join(&built.project, file));
        side.files.push(built);
    }
    side
}

fn build(tree: &dyn Tree, path: &str) -> Built {
    let folder = folder_of(tree, path);
    let name = path.get(folder.len()..).unwrap_or(path).trim_start_matches('/').to_owned();
    let world = ProjectOf { tree, folder: folder.clone() };
    let standard = Catalogue::standard().clone();
    let text = world.read(PROJECT_FILE).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let catalogue = match &text {
        Some(text) => standard.with(&ProjectFile::read(SourceId::default(), text).value),
        None => standard,
    };
    let Compiled { mut sources, mut diagnostics, plan, report, resolved: _ } = compile(&world, &name, &catalogue);
    if let Some(text) = text {
        let id = sources.add(Source::new(PROJECT_FILE, text));
        diagnostics.extend(ProjectFile::read(id, sources.get(id).map_or("", Source::text)).diagnostics);
    }
    let plan = plan.filter(|_| !diagnostics.iter().any(Diagnostic::is_error));
    Built { sources, diagnostics, report, plan, project: folder }
}

/// Whether a file belongs to a project below the root of the tree.
fn is_nested(tree: &dyn Tree, path: &str) -> bool {
    let folder = folder_of(tree, path);
    !folder.is_empty() && tree.has(&join(&folder, PROJECT_FILE))
}

/// The folder of the project that a file belongs to.
fn folder_of(tree: &dyn Tree, path: &str) -> String {
    let own = path.rfind('/').map_or("", |at| path.get(..at).unwrap_or_default());
    let mut folder = own;
    loop {
        if tree.has(&join(folder, PROJECT_FILE)) {
            return folder.to_owned();
        }
        if folder.is_empty() {
            return own.to_owned();
        }
        folder = folder.rfind('/').map_or("", |at| folder.get(..at).unwrap_or_default());
    }
}

/// A path below a folder of the tree.
fn join(folder: &str, path: &str) -> String {
    if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") }
}

/// A project of a tree as the compiler sees it.
struct ProjectOf<'t> {
    tree: &'t dyn Tree,
    folder: String,
}

impl World for ProjectOf<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        self.tree.bytes(&join(&self.folder, path))
    }
}
