//! The folder that the documentation is written to. It is written whole or not at all: beside its place first, then moved
//! there. What somebody else put into it is never touched.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use flow_compiler::diagnostic::code;
use flow_compiler::doc::Page;

use super::super::disk::in_words;
use super::super::problem::Problem;

/// The file that says what `flowc doc` wrote into a folder: one path a line.
const MARK: &str = ".flowc-doc";

/// A folder that may be written.
pub(super) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// A folder that is not there, is empty, or holds what `flowc doc` wrote and nothing else.
    ///
    /// # Errors
    /// Says what is in the way.
    pub(super) fn open(path: &Path) -> Result<Folder, Problem> {
        let folder = Folder { path: path.to_path_buf() };
        let about = match fs::symlink_metadata(path) {
            Ok(about) => about,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(folder),
            Err(error) => return Err(unwritable(path, &error)),
        };
        if !about.is_dir() {
            return Err(taken(path, "is not a folder"));
        }
        let mut found = BTreeSet::new();
        list(path, "", &mut found).map_err(|error| unwritable(path, &error))?;
        if found.is_empty() {
            return Ok(folder);
        }
        let Ok(mark) = fs::read_to_string(path.join(MARK)) else {
            return Err(taken(path, "holds files that `flowc doc` did not write"));
        };
        let written: BTreeSet<&str> = mark.lines().chain([MARK]).collect();
        match found.iter().find(|file| !written.contains(file.as_str())) {
            Some(foreign) => Err(taken(path, &format!("holds `{foreign}`, which `flowc doc` did not write"))),
            None => Ok(folder),
        }
    }

    /// Puts the pages there.
    ///
    /// # Errors
    /// Where the disk does not take them; then the folder is as it was.
    pub(super) fn write(&self, pages: &[Page]) -> Result<(), Problem> {
        let beside = beside(&self.path, "part");
        let written = fill(&beside, pages).and_then(|()| self.put(&beside));
        written.map_err(|error| {
            // What was written of it is of no use to anybody.
            let _ = fs::remove_dir_all(&beside);
            unwritable(&self.path, &error)
        })
    }

    fn put(&self, new: &Path) -> std::io::Result<()> {
        if !self.path.exists() {
            return fs::rename(new, &self.path);
        }
        let old = beside(&self.path, "old");
        fs::rename(&self.path, &old)?;
        if let Err(error) = fs::rename(new, &self.path) {
            fs::rename(&old, &self.path)?;
            return Err(error);
        }
        fs::remove_dir_all(&old)
    }
}

/// A folder of this process beside another one: `site` and `.site.part-4711`.
fn beside(path: &Path, what: &str) -> PathBuf {
    let name = path.file_name().map_or_else(|| "doc".to_owned(), |name| name.to_string_lossy().into_owned());
    path.with_file_name(format!(".{name}.{what}-{}", std::process::id()))
}

fn fill(folder: &Path, pages: &[Page]) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    for page in pages {
        let path = folder.join(&page.path);
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        fs::write(path, &page.text)?;
    }
    let mark: Vec<&str> = pages.iter().map(|page| page.path.as_str()).collect();
    fs::write(folder.join(MARK), format!("{}\n", mark.join("\n")))
}

/// The files below a folder, `/`-separated; what is no folder counts as a file.
fn list(folder: &Path, before: &str, found: &mut BTreeSet<String>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{before}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            list(&entry.path(), &format!("{name}/"), found)?;
        } else {
            found.insert(name);
        }
    }
    Ok(())
}

fn taken(path: &Path, why: &str) -> Problem {
    Problem::usage(code::command::E0981, format!("`{}` {why}", path.display()))
        .help("name a folder that does not exist yet, or one that only `flowc doc` wrote")
}

fn unwritable(path: &Path, error: &std::io::Error) -> Problem {
    let why = in_words(&error.to_string());
    Problem::usage(code::command::E0006, format!("`{}` cannot be written: {why}", path.display()))
        .help("name a folder in a place that you may write to")
}
