//! `--fix`: edits that are offered are made. In: files and which messages to look at. Out: the files, repaired, and what was done.
//!
//! Only edits that guess nothing are made. Each round is tried on a copy in memory: what was said must be gone, and nothing worse may be
//! said instead; otherwise its edits are tried one by one, and those that do not help are left out. A file is replaced as a whole.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use flow_compiler::diagnostic::{Diagnostic, Fix, code};
use flow_compiler::source::{ReadError, World};

use super::analysis::{Analysis, analyse_in};
use super::check::counted;
use super::disk::{Project, in_words};
use super::problem::Problem;

/// After so many rounds what is left is left to the author.
const MOST_ROUNDS: usize = 10;

/// Repairs the files, and says what was done.
pub(crate) fn repair(files: &[PathBuf], wanted: impl Fn(&Diagnostic) -> bool) -> Result<String, Problem> {
    let (mut repaired, mut changed) = (0, BTreeSet::new());
    for file in files {
        let (project, name) = Project::of_file(file)?;
        let mut world = Overlay { project: &project, texts: BTreeMap::new() };
        repaired += repair_one(&mut world, &name, &wanted);
        for (path, text) in &world.texts {
            replace(&project.root().join(path), text)?;
            changed.insert(project.root().join(path));
        }
    }
    Ok(format!("repaired {} in {}\n", counted(repaired, "problem"), counted(changed.len(), "file")))
}

/// A project with other texts for some of its files.
struct Overlay<'p> {
    project: &'p Project,
    texts: BTreeMap<String, String>,
}

impl World for Overlay<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        match self.texts.get(path) {
            Some(text) => Ok(text.clone().into_bytes()),
            None => self.project.read(path),
        }
    }
}

/// One edit in one file.
#[derive(Clone)]
struct Edit {
    path: String,
    fix: Fix,
    said: String,
}

fn repair_one(world: &mut Overlay<'_>, root: &str, wanted: &impl Fn(&Diagnostic) -> bool) -> usize {
    let mut repaired = 0;
    let mut given_up: BTreeSet<String> = BTreeSet::new();
    for _ in 0..MOST_ROUNDS {
        let before = analyse_in(world, world.project, root);
        let edits: Vec<Edit> =
            edits(&before, world, wanted).into_iter().filter(|edit| !given_up.contains(&edit.said)).collect();
        if edits.is_empty() {
            break;
        }
        let together = apart(edits);
        let done = if together.len() > 1 && try_edits(world, root, &before, &together) {
            together.len()
        } else {
            let alone = together.iter().find(|edit| try_edits(world, root, &before, std::slice::from_ref(*edit)));
            if alone.is_none() {
                given_up.extend(together.iter().map(|edit| edit.said.clone()));
            }
            usize::from(alone.is_some())
        };
        repaired += done;
    }
    repaired
}

/// The edits that may be made without asking, in files of the project.
fn edits(analysis: &Analysis, world: &Overlay<'_>, wanted: &impl Fn(&Diagnostic) -> bool) -> Vec<Edit> {
    let offered = analysis.diagnostics.iter().filter(|problem| wanted(problem));
    let edits = offered.filter_map(|problem| {
        let fix = problem.sure_fix()?.clone();
        let path = analysis.names.get(fix.span.source.0 as usize)?.clone();
        let is_ours = path.ends_with(".flow") && world.project.root().join(&path).is_file();
        let said = format!("{path} {} {}", problem.code, problem.message);
        is_ours.then_some(Edit { path, fix, said })
    });
    edits.collect()
}

/// Those that do not touch each other, the last place of each file first.
fn apart(mut edits: Vec<Edit>) -> Vec<Edit> {
    edits.sort_by(|a, b| (&b.path, b.fix.span.start, b.fix.span.end).cmp(&(&a.path, a.fix.span.start, a.fix.span.end)));
    let mut kept: Vec<Edit> = Vec::new();
    for edit in edits {
        let touches =
            kept.last().is_some_and(|last| last.path == edit.path && edit.fix.span.end >= last.fix.span.start);
        if !touches {
            kept.push(edit);
        }
    }
    kept
}

/// Makes the edits and keeps them where all that they are about is gone and nothing worse is said.
fn try_edits(world: &mut Overlay<'_>, root: &str, before: &Analysis, edits: &[Edit]) -> bool {
    let kept = world.texts.clone();
    for edit in edits {
        let Some(mut text) = world.read(&edit.path).ok().and_then(|bytes| String::from_utf8(bytes).ok()) else {
            return false;
        };
        let range = edit.fix.span.range();
        if text.get(range.clone()).is_none() {
            world.texts = kept;
            return false;
        }
        text.replace_range(range, &edit.fix.replacement);
        world.texts.insert(edit.path.clone(), text);
    }
    let after = analyse_in(world, world.project, root);
    let better = weight(&after) + edits.len() <= weight(before) && unread(&after) <= unread(before);
    if !better {
        world.texts = kept;
    }
    better
}

fn weight(analysis: &Analysis) -> usize {
    analysis.diagnostics.len()
}

/// How much could not be read.
fn unread(analysis: &Analysis) -> usize {
    let is_syntax = |problem: &&Diagnostic| problem.is_error() && problem.code.as_str() < code::bound::E0201.as_str();
    analysis.diagnostics.iter().filter(is_syntax).count()
}

/// Replaces a file as a whole: whoever reads it sees the old text or the new one.
fn replace(path: &Path, text: &str) -> Result<(), Problem> {
    let unwritten = |error: std::io::Error| {
        let message = format!("`{}` cannot be written: {}", path.display(), in_words(&error.to_string()));
        Problem::usage(code::command::E0006, message).help("nothing in it was changed")
    };
    let beside = path.with_extension("flow.tmp");
    fs::write(&beside, text).map_err(unwritten)?;
    if let Ok(about) = fs::metadata(path) {
        fs::set_permissions(&beside, about.permissions()).map_err(unwritten)?;
    }
    fs::rename(&beside, path).map_err(unwritten)
}
