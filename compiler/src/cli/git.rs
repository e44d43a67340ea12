//! Git as it is installed: what a revision holds and which lines are new, without touching the checkout. Nothing of a
//! repository is run, and a revision is named by its hash once it is known.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use flow_compiler::diagnostic::code;

use super::problem::Problem;

/// A repository, seen from a folder in it.
#[derive(Clone, Debug)]
pub(crate) struct Git {
    folder: PathBuf,
}

/// A commit by its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Commit(String);

impl Commit {
    /// The first digits of its hash.
    pub(crate) fn short(&self) -> &str {
        self.0.get(..10).unwrap_or(&self.0)
    }
}

/// A file of a commit.
#[derive(Clone, Debug)]
pub(crate) struct Blob {
    hash: String,
    /// Its size in bytes.
    pub(crate) size: u64,
}

/// The lines of each file that are new, from 1, as ranges with both ends.
#[derive(Clone, Debug, Default)]
pub(crate) struct ChangedLines(HashMap<String, Vec<(usize, usize)>>);

impl ChangedLines {
    /// Whether a line of a file is new.
    pub(crate) fn has(&self, file: &str, line: usize) -> bool {
        self.0.get(file).is_some_and(|ranges| ranges.iter().any(|(first, last)| (*first..=*last).contains(&line)))
    }
}

impl Git {
    /// The repository around a folder.
    ///
    /// # Errors
    /// Where there is no git, or no repository.
    pub(crate) fn around(folder: &Path) -> Result<Git, Problem> {
        let git = Git { folder: folder.to_path_buf() };
        git.text(&["rev-parse", "--git-dir"])?;
        Ok(git)
    }

    /// The commit that a revision names.
    ///
    /// # Errors
    /// Where it names none.
    pub(crate) fn commit(&self, revision: &str) -> Result<Commit, Problem> {
        let wanted = format!("{revision}^{{commit}}");
        let found = self.text(&["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted]);
        found.map(|hash| Commit(hash.trim().to_owned())).map_err(|_| {
            Problem::usage(code::delivery::E1012, format!("git knows no revision `{revision}`"))
                .help("name a branch, a tag or a commit of this repository; a shallow clone holds only the newest commits: fetch the rest")
        })
    }

    /// The last commit that two have in common, which is what `A...B` compares with.
    pub(crate) fn merge_base(&self, a: &Commit, b: &Commit) -> Result<Commit, Problem> {
        let found = self.text(&["merge-base", &a.0, &b.0]);
        found.map(|hash| Commit(hash.trim().to_owned())).map_err(|_| {
            Problem::usage(code::delivery::E1012, "the two revisions have no commit in common")
                .help("a shallow clone holds only the newest commits: fetch the rest")
        })
    }

    /// The regular files of a commit below this folder, by their path from here, `/`-separated.
    pub(crate) fn files(&self, commit: &Commit) -> Result<HashMap<String, Blob>, Problem> {
        let listing = self.text(&["ls-tree", "-r", "-l", "-z", &commit.0])?;
        let files = listing.split('\0').filter_map(|line| {
            let (about, path) = line.split_once('\t')?;
            let mut words = about.split_whitespace();
            let (mode, kind, hash, size) = (words.next()?, words.next()?, words.next()?, words.next()?);
            // A link is a path and no text of a flow.
            let is_file = kind == "blob" && mode != "120000";
            is_file.then_some(())?;
            Some((path.to_owned(), Blob { hash: hash.to_owned(), size: size.parse().ok()? }))
        });
        Ok(files.collect())
    }

    /// The bytes of a file.
    pub(crate) fn read(&self, blob: &Blob) -> Result<Vec<u8>, Problem> {
        self.bytes(&["cat-file", "blob", &blob.hash])
    }

    /// The messages of the commits after `base` up to `head`, one text.
    pub(crate) fn messages(&self, base: &Commit, head: &Commit) -> Result<String, Problem> {
        self.text(&["log", "--format=%B", &format!("{}..{}", base.0, head.0)])
    }

    /// The lines under this folder that are new since a commit, in the work tree.
    pub(crate) fn changed_lines(&self, since: &Commit) -> Result<ChangedLines, Problem> {
        let arguments = [
            "diff",
            "--unified=0",
            "--no-color",
            "--no-ext-diff",
            "--no-textconv",
            "--relative",
            "--src-prefix=a/",
            "--dst-prefix=b/",
            &since.0,
            "--",
        ];
        let diff = self.text(&arguments)?;
        let mut lines = ChangedLines::default();
        let mut file = String::new();
        for line in diff.lines() {
            if let Some(path) = line.strip_prefix("+++ b/") {
                file = path.to_owned();
            } else if let Some((first, count)) = line.strip_prefix("@@ ").and_then(added) {
                // A place where lines were only taken away is the line before it.
                let range = (first.max(1), (first + count).saturating_sub(1).max(first));
                lines.0.entry(file.clone()).or_default().push(range);
            }
        }
        Ok(lines)
    }

    fn text(&self, arguments: &[&str]) -> Result<String, Problem> {
        Ok(String::from_utf8_lossy(&self.bytes(arguments)?).into_owned())
    }

    fn bytes(&self, arguments: &[&str]) -> Result<Vec<u8>, Problem> {
        let mut command = Command::new("git");
        command.arg("-C").arg(&self.folder).args(["-c", "core.quotepath=off"]).args(arguments);
        // Reading must not wait for anybody, take a lock or fetch what a partial clone left out.
        command.env("GIT_TERMINAL_PROMPT", "0").env("GIT_OPTIONAL_LOCKS", "0").env("GIT_NO_LAZY_FETCH", "1");
        command.stdin(Stdio::null());
        let output = command.output().map_err(|error| {
            Problem::usage(
                code::delivery::E1012,
                format!("git cannot be run: {}", super::disk::in_words(&error.to_string())),
            )
            .help("install git, or compare two folders: `flowc diff OLD NEW`")
        })?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let why = said.lines().next().unwrap_or("").trim_start_matches("fatal: ").to_owned();
        Err(Problem::usage(code::delivery::E1012, format!("git refused: {why}"))
            .help("run it inside of the repository, or compare two folders: `flowc diff OLD NEW`"))
    }
}

/// `-12,3 +14,2 @@ …` adds two lines from line 14.
fn added(hunk: &str) -> Option<(usize, usize)> {
    let added = hunk.split(' ').find_map(|word| word.strip_prefix('+'))?;
    let (first, count) = added.split_once(',').unwrap_or((added, "1"));
    Some((first.parse().ok()?, count.parse().ok()?))
}
