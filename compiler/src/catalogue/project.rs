//! The project file. In: the text of `flow.toml`. Out: its name and its models; tables of others are known by name only.

use std::collections::BTreeMap;

use toml::de::DeTable;

use super::policy::Policy;
use super::read::Reader;
use super::schema::Entry;
use super::server::Server;
use crate::diagnostic::code::lint::{LINTS, Level, Levels};
use crate::diagnostic::{Checked, Diagnostic, code};
use crate::source::{SourceId, Span};

/// Tables of `flow.toml` that are read elsewhere.
const OTHERS: [&str; 1] = ["profile"];

/// What `flow.toml` says.
#[derive(Clone, Debug, Default)]
pub struct ProjectFile {
    /// `[project] name`.
    pub name: Option<String>,
    /// `[policy]`: what may grow without anybody being asked.
    pub policy: Policy,
    pub(super) models: BTreeMap<String, Entry>,
    /// `[lints]`: levels by name, and sizes.
    pub lints: Levels,
    pub(super) servers: BTreeMap<String, Server>,
}

impl ProjectFile {
    /// Reads the text of a `flow.toml`. What is wrong is said and left out, the rest is kept.
    #[must_use]
    pub fn read(source: SourceId, text: &str) -> Checked<ProjectFile> {
        let (root, errors) = DeTable::parse_recoverable(text);
        let mut diagnostics: Vec<Diagnostic> = errors.iter().map(|error| not_toml(source, error)).collect();
        let mut file = ProjectFile::default();
        let mut reader = Reader::new(source, "", root.get_ref(), &mut diagnostics);
        reader.table("project", |project| file.name = project.text("name"));
        reader.each_table("models", |name, model| {
            file.models.insert(name.to_owned(), model.entry());
        });
        reader.table("policy", |policy| file.policy = Policy::read(policy));
        reader.table("lints", |lints| {
            for lint in LINTS {
                let levels = [Level::Allow, Level::Warn, Level::Deny].map(Level::name);
                if let Some(level) = lints.word(lint.name, &levels, Level::from_name) {
                    file.lints.set.insert(lint.name, level);
                }
            }
            lints.table("sizes", |sizes| {
                file.lints.system = sizes.count("system");
                file.lints.context = sizes.count("context");
                file.lints.passage = sizes.count("passage");
            });
        });
        reader.each_table("mcp", |name, server| {
            if let Some(read) = server.server(name) {
                file.servers.insert(name.to_owned(), read);
            }
        });
        for other in OTHERS {
            reader.known(other);
        }
        reader.finish();
        diagnostics.sort_by_key(|diagnostic| diagnostic.span);
        Checked { value: file, diagnostics }
    }

    /// The names of the models it adds or overrides, sorted.
    pub fn models(&self) -> impl Iterator<Item = &str> {
        self.models.keys().map(String::as_str)
    }
}

fn not_toml(source: SourceId, error: &toml::de::Error) -> Diagnostic {
    let span = Span::new(source, error.span().unwrap_or(0..0));
    let message = error.message().lines().next().unwrap_or("not read").trim_end_matches('.');
    Diagnostic::error(code::catalogue::E0801, span, "not a TOML file").label(message.to_owned())
}
