//! Tools that are programs. In: a call with its command. Out: what the program printed, as a value.
//!
//! No shell. The arguments are a JSON object on the standard input; the standard output is JSON, or plain text for a `Text`,
//! without its last line break. What does not end in time, or is no longer waited for, is killed with all its children.
//! Words of the command may hold secrets of the environment: a message shows the program and none of its words. A program gets
//! the environment without the keys of providers.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use serde_json::Value as Json;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};

use super::{ToolFault, ToolRequest, result};
use crate::fault::{self, Point};
use crate::ledger::Location;
use crate::legible::legible;

/// How much of the end of the standard error is kept for the message.
const MOST_ERRORS: usize = 500;
/// What is read before that, so that no end of a secret is left where its beginning is cut off.
const LONGEST_SECRET: usize = 16 << 10;
/// Words of a command that are shorter are not hidden in messages: no secret is that short, and `-v` is everywhere.
const SHORT_WORD: usize = 8;

/// Runs tools that are programs.
#[derive(Clone, Debug)]
pub struct Exec {
    root: PathBuf,
}

impl Exec {
    /// Programs run in the folder `root`; one with a relative path is found there, one without a path on `PATH`.
    pub fn new(root: impl Into<PathBuf>) -> Exec {
        Exec { root: root.into() }
    }

    /// Carries out one call.
    ///
    /// # Errors
    /// Where the program cannot be started, fails, does not end in time, or prints something else than its type.
    pub async fn call(&self, call: &ToolRequest, command: &[String]) -> Result<Json, ToolFault> {
        tokio::time::timeout(call.timeout, self.run(call, command)).await.unwrap_or_else(|_| Err(ToolFault::late(call)))
    }

    async fn run(&self, call: &ToolRequest, command: &[String]) -> Result<Json, ToolFault> {
        let name = &call.tool.name;
        let (program, words) =
            command.split_first().ok_or_else(|| ToolFault::nothing(format!("`{name}` names no program")))?;
        let mut family = self.start(call, program, words).map_err(|error| unstarted(name, program, &error))?;
        let args = Json::Object(call.args.clone()).to_string();
        fault::at(Point::ToolStarted);
        let (stdin, stdout, stderr) =
            (family.child.stdin.take(), family.child.stdout.take(), family.child.stderr.take());
        let ((), output, errors) = tokio::join!(
            feed(stdin, args),
            head(stdout, result::most_read(call)),
            tail(stderr, MOST_ERRORS + LONGEST_SECRET)
        );
        // INVARIANT: the child is waited for last, so its process group still has its number if it must be killed before.
        let status = family.wait().await;
        fault::at(Point::ToolEnded);
        let status = status.map_err(|_| ToolFault::in_doubt(format!("`{name}` was lost sight of")))?;
        if !status.success() {
            return Err(ToolFault::in_doubt(failed(name, status, &hidden(call, &errors, words))));
        }
        result::read(call, without_line_break(output)).map_err(ToolFault::in_doubt)
    }

    fn start(&self, call: &ToolRequest, program: &str, words: &[String]) -> std::io::Result<Family> {
        let mut command = Command::new(self.find(program));
        command.args(words).current_dir(&self.root).kill_on_drop(true);
        // A key of a provider is for that provider. A tool that needs one names it in its command.
        call.keys.iter().for_each(|key| _ = command.env_remove(&key.variable));
        // The ledger is for this program: whoever has its address may write what was spent.
        command.env_remove(Location::VARIABLE);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        #[cfg(unix)]
        command.process_group(0);
        command.spawn().map(|child| Family { child, ended: false })
    }

    /// A relative path is relative to the project, whatever folder the run was started in.
    fn find(&self, program: &str) -> OsString {
        let path = Path::new(program);
        let bare = path.components().count() == 1 && !program.starts_with('.');
        if bare || path.is_absolute() { program.into() } else { self.root.join(path).into() }
    }
}

/// A program and its children: a process group of their own. Dropped before it ended, it is killed.
struct Family {
    child: Child,
    ended: bool,
}

impl Family {
    async fn wait(&mut self) -> std::io::Result<ExitStatus> {
        let status = self.child.wait().await;
        self.ended = true;
        status
    }
}

impl Drop for Family {
    fn drop(&mut self) {
        if !self.ended {
            // The direct child dies with `kill_on_drop` in any case; this takes its children too.
            #[cfg(unix)]
            if let Some(group) =
                self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw)
            {
                let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
            }
        }
    }
}

/// Writes the arguments; a program need not read them.
async fn feed(stdin: Option<ChildStdin>, args: String) {
    if let Some(mut stdin) = stdin {
        let _ = stdin.write_all(args.as_bytes()).await;
    }
}

/// The first bytes of an output, one more than `most` where there is more. The rest is read and dropped, so that a program is
/// not stopped in the middle of its work.
async fn head(output: Option<impl AsyncRead + Unpin>, most: usize) -> Vec<u8> {
    let mut kept = Vec::new();
    drain(output, |bytes| {
        let room = most.saturating_add(1).saturating_sub(kept.len());
        kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
    })
    .await;
    kept
}

/// The last bytes of an output.
async fn tail(output: Option<impl AsyncRead + Unpin>, most: usize) -> Vec<u8> {
    let mut kept: Vec<u8> = Vec::new();
    drain(output, |bytes| {
        kept.extend_from_slice(bytes);
        kept.drain(..kept.len().saturating_sub(most));
    })
    .await;
    kept
}

async fn drain(output: Option<impl AsyncRead + Unpin>, mut each: impl FnMut(&[u8])) {
    let Some(mut output) = output else { return };
    let mut buffer = vec![0; 16 << 10];
    while let Ok(read @ 1..) = output.read(&mut buffer).await {
        each(&buffer[..read]);
    }
}

fn without_line_break(mut output: Vec<u8>) -> Vec<u8> {
    if output.last() == Some(&b'\n') {
        output.pop();
        if output.last() == Some(&b'\r') {
            output.pop();
        }
    }
    output
}

fn unstarted(name: &str, program: &str, error: &std::io::Error) -> ToolFault {
    if error.kind() == std::io::ErrorKind::NotFound {
        return ToolFault::nothing(format!("`{name}` needs the program `{program}`, which is not here"));
    }
    ToolFault::nothing(format!("`{name}` cannot start `{program}`: {error}"))
}

fn failed(name: &str, status: ExitStatus, errors: &str) -> String {
    let ended = status.code().map_or_else(|| "was killed".to_owned(), |code| format!("ended with {code}"));
    if errors.is_empty() { format!("`{name}` {ended}") } else { format!("`{name}` {ended}: {errors}") }
}

/// The end of the standard error on one line, without the words of the command and the keys of providers.
fn hidden(call: &ToolRequest, errors: &[u8], words: &[String]) -> String {
    let text = call.without_keys(String::from_utf8_lossy(errors).into_owned());
    let secrets = words.iter().filter(|word| word.len() >= SHORT_WORD);
    let text = secrets.fold(text, |text, word| text.replace(word.as_str(), "…"));
    let end = &text[text.ceil_char_boundary(text.len().saturating_sub(MOST_ERRORS))..];
    legible(&end.split_whitespace().collect::<Vec<_>>().join(" ")).into_owned()
}
