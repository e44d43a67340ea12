//! The flow texts of this repository: its files, and the blocks of its documentation.

use std::fs;
use std::path::{Path, PathBuf};

/// One text.
#[derive(Clone, Debug)]
pub struct Text {
    /// The file it stands in, from the root of the repository.
    pub file: PathBuf,
    /// What stands before it in its file.
    pub before: usize,
    /// The text itself.
    pub text: String,
}

/// The root of the repository.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every `.flow` file.
#[must_use]
pub fn files() -> Vec<Text> {
    under("", "flow").into_iter().map(|(file, text)| Text { file, before: 0, text }).collect()
}

/// Every block marked `flow` or `flow-prelude` of the documentation.
#[must_use]
pub fn blocks() -> Vec<Text> {
    let pages = under("docs", "md").into_iter().chain(under("README.md", "md"));
    pages.flat_map(|(file, page)| blocks_of(&file, &page)).collect()
}

fn blocks_of(file: &Path, page: &str) -> Vec<Text> {
    let mut blocks = Vec::new();
    let mut at = 0;
    let mut open: Option<Text> = None;
    for line in page.split_inclusive('\n') {
        at += line.len();
        match &mut open {
            Some(_) if line.trim_end() == "```" => blocks.extend(open.take()),
            Some(block) => block.text.push_str(line),
            None if matches!(line.trim_end(), "```flow" | "```flow-prelude") => {
                open = Some(Text { file: file.to_path_buf(), before: at, text: String::new() });
            }
            None => {}
        }
    }
    blocks
}

/// The files below a path of the repository whose names end so, sorted; what is built or hidden is left out.
fn under(path: &str, ending: &str) -> Vec<(PathBuf, String)> {
    let root = root();
    let mut found = Vec::new();
    let mut waiting = vec![root.join(path)];
    while let Some(path) = waiting.pop() {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            let hidden = name.starts_with('.') && name != "..";
            if !hidden && name != "target" {
                waiting.extend(fs::read_dir(&path).into_iter().flatten().flatten().map(|entry| entry.path()));
            }
        } else if path.extension().is_some_and(|extension| extension == ending)
            && let Ok(text) = fs::read_to_string(&path)
        {
            found.push((path.strip_prefix(&root).unwrap_or(&path).to_path_buf(), text));
        }
    }
    found.sort();
    found
}
