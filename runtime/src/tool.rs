//! Tools: the work behind a call. In: a call whose worst case is held and whose gate is open. Out: its result, or a fault
//! that says whether the world may have changed.
//!
//! Gates, caps, prices and sizes are decided before a host is asked; a host carries out one call, once.

pub mod exec;
pub mod http;
mod result;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use flow_compiler::program::Tool;
use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::budget::Hold;

/// A way to carry out tool calls.
pub trait ToolHost: Send + Sync {
    /// Carries out one call and waits for its result as JSON of the tool's result type: for a `Text` a JSON string.
    ///
    /// The caller drops the future to cancel, and does so after [`ToolRequest::timeout`]; a host keeps nothing running after
    /// that. A host never calls twice.
    fn call<'a>(&'a self, hold: &'a Hold, call: &'a ToolRequest) -> BoxFuture<'a, Result<Json, ToolFault>>;
}

/// One call of a tool.
#[derive(Clone, Debug)]
pub struct ToolRequest {
    /// The tool, with its types.
    pub tool: Arc<Tool>,
    /// What does the work, everything in it evaluated.
    pub target: ToolTarget,
    /// The arguments by parameter, in the order of the declaration.
    pub args: Map<String, Json>,
    /// The longest it may take. The caller holds to it too.
    pub timeout: Duration,
    /// The most bytes of a result that are read. A longer text is cut there at a whole character, longer JSON is a fault.
    pub max_bytes: u64,
    /// The keys of providers: no program gets these variables, and no message shows their values.
    pub keys: Vec<Key>,
}

/// A variable of the environment that holds a key of a provider.
#[derive(Clone, Debug)]
pub struct Key {
    /// Its name.
    pub variable: String,
    /// What it is, where it is set.
    pub value: Option<SecretString>,
}

impl ToolRequest {
    /// A text of somebody else without the keys of providers.
    fn without_keys(&self, text: String) -> String {
        let values = self.keys.iter().filter_map(|key| key.value.as_ref()).map(ExposeSecret::expose_secret);
        values.filter(|value| !value.is_empty()).fold(text, |text, value| text.replace(value, "…"))
    }
}

/// What does the work of a call, with variables of the environment put in. Its `Debug` shows no address and no argument,
/// since they may hold secrets.
#[derive(Clone, PartialEq, Eq)]
pub enum ToolTarget {
    /// A request with the arguments as a JSON object (`GET`: as a query).
    Http {
        /// `GET`, `POST`, …
        method: String,
        /// The address.
        url: String,
    },
    /// A program with the arguments as a JSON object on its input.
    Exec {
        /// The program and its arguments; never empty, no shell.
        command: Vec<String>,
    },
}

impl fmt::Debug for ToolTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ToolTarget::Http { method, .. } => write!(f, "Http({method} …)"),
            ToolTarget::Exec { command } => write!(f, "Exec({} words)", command.len()),
        }
    }
}

/// A call that gave no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{detail}")]
pub struct ToolFault {
    /// What happened, in a user's words; never a secret.
    pub detail: String,
    /// Whether it ran out of time rather than failed.
    pub timed_out: bool,
    /// What it may have cost, and whether the world may have changed.
    pub charge: ToolCharge,
}

/// What a failed call may have cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToolCharge {
    /// Provably nothing: no connection, no such program.
    Nothing,
    /// Nobody can say; its whole price is presumed.
    InDoubt,
}

/// A host for flows whose tools cannot be reached: every call fails and costs nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoTools;

impl ToolHost for NoTools {
    fn call<'a>(&'a self, _: &'a Hold, call: &'a ToolRequest) -> BoxFuture<'a, Result<Json, ToolFault>> {
        let detail = format!("`{}` cannot be called here", call.tool.name);
        Box::pin(async move { Err(ToolFault { detail, timed_out: false, charge: ToolCharge::Nothing }) })
    }
}

/// The host for tools outside of this process: HTTP services and programs.
#[derive(Clone, Debug)]
pub struct Outside {
    http: http::Http,
    exec: exec::Exec,
}

impl Outside {
    /// A host whose programs run in the folder `root`; a program with a relative path is found there.
    ///
    /// # Errors
    /// Where no TLS can be set up on this machine.
    pub fn new(root: impl Into<PathBuf>) -> Result<Outside, reqwest::Error> {
        Ok(Outside { http: http::Http::new()?, exec: exec::Exec::new(root) })
    }
}

impl ToolHost for Outside {
    fn call<'a>(&'a self, _: &'a Hold, call: &'a ToolRequest) -> BoxFuture<'a, Result<Json, ToolFault>> {
        match &call.target {
            ToolTarget::Http { method, url } => Box::pin(self.http.call(call, method, url)),
            ToolTarget::Exec { command } => Box::pin(self.exec.call(call, command)),
        }
    }
}

impl ToolFault {
    /// The world was not touched.
    fn nothing(detail: String) -> ToolFault {
        ToolFault { detail, timed_out: false, charge: ToolCharge::Nothing }
    }

    /// The world may have changed.
    fn in_doubt(detail: String) -> ToolFault {
        ToolFault { detail, timed_out: false, charge: ToolCharge::InDoubt }
    }

    /// The call ran out of time.
    fn late(call: &ToolRequest) -> ToolFault {
        let detail = format!("`{}` did not answer within {} ms", call.tool.name, call.timeout.as_millis());
        ToolFault { detail, timed_out: true, charge: ToolCharge::InDoubt }
    }
}

#[cfg(test)]
mod tests;
