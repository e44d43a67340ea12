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

/// Makes a folder, and makes sure that it can be written.
fn usable(home: &Path) -> Result<(), RunError> {
    let made = fs::create_dir_all(home).and_then(|()| {
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

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_folder_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let variable = |name: &str| (name == "FLOW_HOME").then(|| file.display().to_string());
        let error = find(None, variable).unwrap_err();
        assert_eq!((error.code.as_str(), error.exit_code()), ("E0904", 70));
        assert!(error.message.contains(&file.display().to_string()), "{}", error.message);
    }
}
