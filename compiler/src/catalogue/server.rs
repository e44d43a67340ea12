//! Servers of tools. In: a `[mcp.NAME]` table of `flow.toml`. Out: how the server is reached, and what it must be.

use serde::{Deserialize, Serialize};

use super::read::Reader;
use crate::diagnostic::code::catalogue as code;

/// A server of tools, as `flow.toml` names it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Its name.
    pub name: String,
    /// The program to start, where it runs on this machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// The arguments of the program.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    /// Its address, where it runs elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The digest of what its tools say of themselves; anything else is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<String>,
}

impl Reader<'_, '_> {
    /// The fields of `[mcp.NAME]`; `None` after saying what is wrong.
    pub(super) fn server(&mut self, name: &str) -> Option<Server> {
        let server = Server {
            name: name.to_owned(),
            command: self.text("command"),
            args: self.texts("args"),
            url: self.text("url"),
            pin: self.parsed("pin", "a digest like `\"blake3:…\"`, 64 hexadecimal digits", pin),
        };
        match (&server.command, &server.url) {
            (Some(_), Some(_)) => {
                self.say_at_table(code::E0804, "a server has a `command` or a `url`, not both");
                None
            }
            (None, None) if !self.has("command") && !self.has("url") && self.knows_all() => {
                self.say_at_table(code::E0804, "a server has a `command` or a `url`");
                None
            }
            (None, Some(_)) if !server.args.is_empty() => {
                self.say_at_table(code::E0804, "a server with a `url` has no `args`");
                None
            }
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => Some(server),
        }
    }
}

fn pin(text: &str) -> Option<String> {
    let digits = text.strip_prefix("blake3:")?;
    (digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| text.to_owned())
}
