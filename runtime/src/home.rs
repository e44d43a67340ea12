//! Where data lives. In: the environment and the project's folder. Out: a folder that can be written.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::RunError;

/// The folder for data: `$FLOW_HOME`, else `.flow` beside `flow.toml`, else the user's data folder.
///
/// # Errors
/// Where there is none, or it cannot be made or written.
pub fn find(project: Option<&Path>, variable: impl Fn(&str) -> Option<String>) -> Result<PathBuf, RunError> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let beside = || project.map(|project| project.join(".flow"));
    let of_user = || {
        let data = set("XDG_DATA_HOME").or_else(|| Some(set("HOME")?.join(".local/share")));
        data.map(|data| data.join("flow"))
    };
    let home = set("FLOW_HOME").or_else(beside).or_else(of_user);
    let home = home.ok_or_else(|| RunError::home(Path::new("?"), &"there is no home folder"))?;
    usable(&home)?;
    Ok(home)
}

/// Notes that the last run wrote to this folder, so that a reader outside of every project finds it. Only a convenience: where
/// it cannot be noted, `false`.
pub fn remember(home: &Path, variable: impl Fn(&str) -> Option<String>) -> bool {
    let Some(note) = note(variable) else { return false };
    let Some(text) = home.to_str() else { return false };
    // A rename, so that nobody reads half of it.
    let fresh = note.with_extension(std::process::id().to_string());
    let folder = note.parent().unwrap_or(&note);
    let written =
        fs::create_dir_all(folder).and_then(|()| fs::write(&fresh, text)).and_then(|()| fs::rename(&fresh, &note));
    written.is_ok()
}

/// The folder that the last run wrote to, where that is noted and still there.
pub fn last(variable: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let text = fs::read_to_string(note(variable)?).ok()?;
    Some(PathBuf::from(text.trim_end_matches('\n'))).filter(|home| home.is_absolute() && home.is_dir())
}

/// Where the last run's folder is noted.
fn note(variable: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = set("XDG_STATE_HOME").or_else(|| set("XDG_DATA_HOME"));
    let folder = folder.or_else(|| Some(set("HOME")?.join(".local/share")));
    Some(folder?.join("flow/last-home"))
}

/// Makes a folder, and makes sure that it can be written.
fn usable(home: &Path) -> Result<(), RunError> {
    let made = make(home).and_then(|()| {
        let probe = home.join(format!(".probe-{}", std::process::id()));
        fs::write(&probe, b"").and_then(|()| fs::remove_file(&probe))
    });
    made.map_err(|error| RunError::home(home, &error))?;
    // What is in it belongs to this machine. A project's own `.gitignore` may say otherwise.
    let ignore = home.join(".gitignore");
    if home.ends_with(".flow") && !ignore.exists() {
        fs::write(&ignore, "*\n").map_err(|error| RunError::home(home, &error))?;
    }
    Ok(())
}

/// Makes a folder that only its owner may read: what was asked and answered is in it. One that is there stays as it is.
fn make(home: &Path) -> std::io::Result<()> {
    let mut folder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
    folder.recursive(true).create(home)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn what_is_made_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let home = find(Some(folder.path()), |_| None).unwrap();
        let ledger = crate::ledger::Ledger::open(&home).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&home), 0o700);
        for file in fs::read_dir(&home).unwrap().flatten() {
            let name = file.file_name().to_string_lossy().into_owned();
            assert!(!name.starts_with("ledger") || mode(&file.path()) == 0o600, "{name}");
        }
        drop(ledger);
    }

    #[test]
    fn the_variable_comes_first_then_the_project() {
        let folder = tempfile::tempdir().unwrap();
        let set = folder.path().join("set");
        let variable = |name: &str| (name == "FLOW_HOME").then(|| set.display().to_string());
        assert_eq!(find(Some(folder.path()), variable), Ok(set.clone()));
        assert_eq!(find(Some(folder.path()), |_| None), Ok(folder.path().join(".flow")));
        let variable = |name: &str| (name == "HOME").then(|| set.display().to_string());
        assert_eq!(find(None, variable), Ok(set.join(".local/share/flow")));
    }

    #[test]
    fn the_last_folder_is_noted_and_forgotten_when_it_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("project/.flow");
        fs::create_dir_all(&home).unwrap();
        let variable = |name: &str| (name == "HOME").then(|| folder.path().display().to_string());
        assert_eq!(last(variable), None);
        assert!(remember(&home, variable));
        assert_eq!(last(variable), Some(home.clone()));
        fs::remove_dir_all(&home).unwrap();
        assert_eq!(last(variable), None);
        assert!(!remember(&home, |_| None));
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let variable = |name: &str| (name == "FLOW_HOME").then(|| file.display().to_string());
        let error = find(None, variable).unwrap_err();
        assert_eq!((error.code.as_str(), error.exit_code()), ("E0904", 64));
        assert!(error.message.contains(&file.display().to_string()), "{}", error.message);
    }
}
