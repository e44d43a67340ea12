//! The disk as the compiler sees it: which project a file belongs to, and that project as a [`World`]. `flowc` and `flow` both
//! stand on it; the library has no door of its own.

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Component, Path, PathBuf};

use flow_compiler::diagnostic::code;
use flow_compiler::source::{ReadError, Source, Sources, World};

use super::problem::Problem;

/// The file that makes a folder a project.
pub(crate) const PROJECT_FILE: &str = "flow.toml";

/// A project: the nearest folder with a `flow.toml` above a file, or else the file's own folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Project {
    root: PathBuf,
    /// How the user reaches the root from the current folder; empty where it is the current folder.
    shown: String,
}

impl Project {
    /// The project of a folder: it or the nearest one above it that has a `flow.toml`; without one, the folder itself.
    pub(crate) fn around(folder: &Path) -> Project {
        let absolute = absolute(folder);
        let root = absolute.ancestors().find(|folder| folder.join(PROJECT_FILE).is_file()).unwrap_or(&absolute);
        Project { root: root.to_path_buf(), shown: relative(root, &absolute_here()) }
    }

    /// The project of a flow file, and the file's path from its root, `/`-separated.
    ///
    /// # Errors
    /// Says what is wrong where this is no file that can be read.
    pub(crate) fn of_file(file: &Path) -> Result<(Project, String), Problem> {
        let shown = file.display();
        let about = fs::metadata(file).map_err(|error| {
            if error.kind() == ErrorKind::NotFound && is_standard(&shown.to_string()) {
                Problem::usage(code::syntax::E0001, format!("`{shown}` is no file: the standard library comes with the compiler"))
                    .help("import from it, `use std.judge { judge }`, and the documentation of your file shows it; its text stands in `stdlib/`")
            } else if error.kind() == ErrorKind::NotFound {
                Problem::usage(code::syntax::E0001, format!("there is no file `{shown}`"))
                    .help("check the path; it is taken from the current folder")
            } else {
                unreadable(file, &error.to_string())
            }
        })?;
        if about.is_dir() {
            return Err(Problem::usage(code::command::E0004, format!("`{shown}` is a folder, not a flow file"))
                .help("name a `.flow` file in it"));
        }
        if !about.is_file() {
            return Err(unreadable(file, "not a regular file"));
        }
        fs::File::open(file).map_err(|error| unreadable(file, &error.to_string()))?;
        let absolute = absolute(file);
        let project = Project::around(absolute.parent().unwrap_or(&absolute));
        let name = slashed(absolute.strip_prefix(&project.root).unwrap_or(&absolute));
        Ok((project, name))
    }

    /// Its folder, absolute.
    #[allow(dead_code, reason = "`flow` runs programs there, `flowc` runs none")]
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// What its folder is called.
    #[allow(dead_code, reason = "`flowc doc` shows it, `flow` does not")]
    pub(crate) fn folder_name(&self) -> String {
        self.root.file_name().map_or_else(|| "project".to_owned(), |name| name.to_string_lossy().into_owned())
    }

    /// Its folder as the user would write it in the current folder.
    pub(crate) fn shown_root(&self) -> PathBuf {
        PathBuf::from(if self.shown.is_empty() { "." } else { &self.shown })
    }

    /// Whether it has a `flow.toml`.
    #[allow(dead_code, reason = "`flow` keeps its data there, `flowc` has none")]
    pub(crate) fn is_declared(&self) -> bool {
        self.root.join(PROJECT_FILE).is_file()
    }

    /// A path of this project as the user would write it in the current folder.
    pub(crate) fn shown(&self, name: &str) -> String {
        // What is not a file of the project (the standard library) keeps its name.
        if self.shown.is_empty() || !self.root.join(name).exists() {
            return name.to_owned();
        }
        let joined = format!("{}/{name}", self.shown);
        // From inside a folder of the project, `../flows/a.flow` is `a.flow` for whoever stands in `flows`.
        relative(&normal(&absolute_here().join(joined)), &absolute_here())
    }

    /// The texts of a compilation under the names that the user would write.
    pub(crate) fn shown_sources(&self, sources: &Sources) -> Sources {
        let mut shown = Sources::default();
        for (_, source) in sources.iter() {
            shown.add(Source::new(self.shown(source.name()), source.text()));
        }
        shown
    }
}

impl World for Project {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        read_file(&self.root.join(path))
    }
}

/// The bytes of a regular file, no more of them than the compiler takes.
pub(crate) fn read_file(file: &Path) -> Result<Vec<u8>, ReadError> {
    let unreadable = |error: std::io::Error| {
        let is_missing = matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory);
        if is_missing { ReadError::Missing } else { ReadError::Unreadable(in_words(&error.to_string())) }
    };
    if !fs::metadata(file).map_err(unreadable)?.is_file() {
        return Err(ReadError::Unreadable("not a regular file".to_owned()));
    }
    // One byte more than the compiler takes is enough to be refused by it; a huge file is never read whole.
    let most = Source::LARGEST as u64 + 1;
    let mut bytes = Vec::new();
    fs::File::open(file).map_err(unreadable)?.take(most).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

/// Every `.flow` file under a folder, sorted; hidden folders, `target` and `node_modules` are left out.
pub(crate) fn flows_under(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_path_buf()];
    while let Some(folder) = waiting.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            // The type of the entry, not of what a link leads to: a link to a folder above would never end.
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() && !name.starts_with('.') && name != "target" && name != "node_modules" {
                waiting.push(path);
            } else if name.ends_with(".flow") && path.is_file() {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Whether a module of the standard library is named: `std`, `std.judge`.
fn is_standard(name: &str) -> bool {
    name == "std" || name.starts_with("std.") || name.starts_with("std/")
}

/// The files that are named, and those below the folders that are named.
pub(crate) fn named_flows(named: &[PathBuf]) -> Result<Vec<PathBuf>, Problem> {
    let mut files = Vec::new();
    for path in named {
        if path.is_dir() {
            files.extend(flows_of(path, &format!("`{}`", path.display()))?);
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

/// Every `.flow` file under a folder; there is one.
pub(crate) fn flows_of(folder: &Path, shown: &str) -> Result<Vec<PathBuf>, Problem> {
    let files = flows_under(folder);
    if files.is_empty() {
        return Err(Problem::usage(code::command::E0005, format!("there is no `.flow` file in {shown}"))
            .help("name a flow file, or make a project with `flowc new NAME`"));
    }
    Ok(files)
}

fn unreadable(file: &Path, why: &str) -> Problem {
    Problem::usage(code::syntax::E0001, format!("`{}` cannot be read: {}", file.display(), in_words(why)))
        .help("the file must be a regular file that you may read")
}

/// The system's words without its number: `Permission denied (os error 13)` is `permission denied`.
pub(crate) fn in_words(error: &str) -> String {
    let words = error.split(" (os error").next().unwrap_or(error);
    let mut characters = words.chars();
    characters.next().map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}

fn absolute_here() -> PathBuf {
    std::env::current_dir().unwrap_or_default()
}

fn absolute(path: &Path) -> PathBuf {
    normal(&absolute_here().join(path))
}

/// Without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => out.push(part),
        }
    }
    out
}

/// The way from one absolute folder to another path, `/`-separated; empty where they are the same, and absolute where they
/// share nothing but the root of the disk.
fn relative(to: &Path, from: &Path) -> String {
    let shared = to.components().zip(from.components()).take_while(|(a, b)| a == b).count();
    if shared <= 1 {
        return to.to_string_lossy().into_owned();
    }
    let up = from.components().skip(shared).map(|_| "..".to_owned());
    let down = to.components().skip(shared).map(|part| part.as_os_str().to_string_lossy().into_owned());
    up.chain(down).collect::<Vec<_>>().join("/")
}

/// A path with `/` between its parts.
pub(crate) fn slashed(path: &Path) -> String {
    path.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect::<Vec<_>>().join("/")
}

/// Writes a file whole or not at all: beside its place first, then moved there.
pub(crate) fn write_whole(path: &Path, text: &str) -> Result<(), Problem> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    let written = fs::write(&beside, text).and_then(|()| fs::rename(&beside, path));
    written.map_err(|error| {
        // What was written of it is of no use to anybody.
        let _ = fs::remove_file(&beside);
        let why = in_words(&error.to_string());
        Problem::usage(code::command::E0006, format!("`{}` cannot be written: {why}", path.display()))
            .help("name a file in a folder that exists and that you may write to")
    })
}
