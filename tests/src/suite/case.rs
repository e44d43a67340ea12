//! Cases of a file of the suite, and the file made of them again.

use std::fmt::Write as _;

use super::notes;

/// What a case claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What is said is what stands there.
    Case,
    /// One slip: one message, under the slip, with what to type instead.
    Slip,
    /// A flow that keeps a rule of the reference: nothing is said.
    Keeps,
    /// A flow that breaks it: one error.
    Breaks,
}

/// A command to run in the folder of the case, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// As one types it: `flowc explain E0201`.
    pub line: String,
    /// The exit code and the lines that it says, as they stand in the file.
    pub said: Vec<String>,
}

/// A small project and what is expected to be said about it.
#[derive(Clone, Debug)]
pub struct Case {
    /// What it claims.
    pub kind: Kind,
    /// The heading of the reference that it is about.
    pub rule: Option<String>,
    /// What it shows.
    pub name: String,
    /// Its `//===` line as written; empty where the file is one case.
    pub heading: String,
    /// The line of the file on which it begins.
    pub line: usize,
    /// Its files with their expectations: path and text, the first is `main.flow`.
    pub files: Vec<(String, String)>,
    /// Its commands.
    pub commands: Vec<Command>,
}

/// What stands before the first case of a file, and the cases.
#[must_use]
pub fn cases(stem: &str, text: &str) -> (String, Vec<Case>) {
    let mut head = String::new();
    let mut cases: Vec<(usize, String, String)> = Vec::new();
    for (at, line) in text.split_inclusive('\n').enumerate() {
        match (line.strip_prefix("//=== "), cases.last_mut()) {
            (Some(heading), _) => cases.push((at + 1, heading.trim_end().to_owned(), String::new())),
            (None, Some((.., body))) => body.push_str(line),
            (None, None) => head.push_str(line),
        }
    }
    if cases.is_empty() {
        let case = case(1, String::new(), stem, &head);
        return (String::new(), vec![case]);
    }
    let cases = cases.into_iter().map(|(line, heading, body)| {
        let name = heading.clone();
        case(line, heading, &name, &body)
    });
    (head, cases.collect())
}

fn case(line: usize, heading: String, name: &str, body: &str) -> Case {
    let (kind, rest) = match name.split_once([':', ' ']).map_or("", |(word, _)| word) {
        "slip" => (Kind::Slip, name.strip_prefix("slip")),
        "keeps" => (Kind::Keeps, name.strip_prefix("keeps")),
        "breaks" => (Kind::Breaks, name.strip_prefix("breaks")),
        _ => (Kind::Case, None),
    };
    let rest = rest.unwrap_or(name).trim();
    let (rule, rest) = match rest.strip_prefix('(').and_then(|rest| rest.split_once("):")) {
        Some((rule, rest)) => (Some(rule.to_owned()), rest),
        None => (None, rest),
    };
    let name = rest.trim_start_matches(':').trim().to_owned();
    let mut files = vec![("main.flow".to_owned(), String::new())];
    let mut commands: Vec<Command> = Vec::new();
    for line in body.split_inclusive('\n') {
        if let Some(path) = line.strip_prefix("//--- ") {
            files.push((path.trim().to_owned(), String::new()));
        } else if let Some(command) = line.strip_prefix("//$ ") {
            commands.push(Command { line: command.trim_end().to_owned(), said: Vec::new() });
        } else if let (Some(said), Some(command)) = (line.strip_prefix("//|"), commands.last_mut()) {
            command.said.push(said.trim_end().to_owned());
        } else if line.trim().is_empty() && !commands.is_empty() {
            // What parts a case from the next one is layout.
        } else if let Some((_, text)) = files.last_mut() {
            text.push_str(line);
        }
    }
    Case { kind, rule, name, heading, line, files, commands }
}

impl Case {
    /// Its files without expectations.
    #[must_use]
    pub fn bare(&self) -> Vec<(String, String)> {
        self.files.iter().map(|(path, text)| (path.clone(), notes::strip(text))).collect()
    }

    /// The case as it is written in its file.
    #[must_use]
    pub fn written(&self) -> String {
        let mut out = String::new();
        if !self.heading.is_empty() {
            let _ = writeln!(out, "//=== {}", self.heading);
        }
        for (at, (path, text)) in self.files.iter().enumerate() {
            if at > 0 {
                let _ = writeln!(out, "//--- {path}");
            }
            let is_last = at + 1 == self.files.len() && !self.commands.is_empty();
            out.push_str(if is_last { text.trim_end() } else { text });
            if is_last {
                out.push_str(if text.trim().is_empty() { "\n" } else { "\n\n" });
            }
        }
        for command in &self.commands {
            let _ = writeln!(out, "//$ {}", command.line);
            for said in &command.said {
                let _ = writeln!(out, "//|{said}");
            }
        }
        if !self.commands.is_empty() {
            out.push('\n');
        }
        out
    }
}
