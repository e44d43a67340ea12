//! What is given: answers of models, results of tools. In: a test. Out: a provider and a host that do this and nothing else, and
//! say afterwards what was asked of them in vain.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use flow_compiler::program::{Examination, GivenKind, Reason};
use futures_util::future::BoxFuture;
use serde_json::{Map, Value as Json};

use super::Making;
use crate::budget::Hold;
use crate::provider::scripted::{Played, Scripted};
use crate::provider::{Answer, EmbedRequest, Embedded, Fault, Progress, Provider, Request};
use crate::tool::{ToolCharge, ToolFault, ToolHost, ToolRequest};

/// Models that answer as it is given.
pub(super) struct Player {
    script: Scripted,
}

impl Player {
    pub(super) fn new(test: &Examination, making: &Making<'_>) -> Result<Player, String> {
        let mut answers = Vec::new();
        for given in test.givens.iter().filter(|given| !given.is_tool) {
            let mut played =
                Played { step: given.name.clone(), value: None, fail: None, calls: Vec::new(), times: given.times };
            match &given.what {
                GivenKind::Answers(value) => played.value = Some(making.json(value)?),
                GivenKind::Fails(reason) => played.fail = Some(*reason),
                GivenKind::Calls(calls) => {
                    for (tool, args) in calls {
                        let args = args.iter().map(|(name, value)| Ok((name.clone(), making.json(value)?)));
                        let args: Map<String, Json> = args.collect::<Result<_, String>>()?;
                        played.calls.push((tool.clone(), Json::Object(args)));
                    }
                }
            }
            answers.push(played);
        }
        Ok(Player { script: Scripted::of(answers) })
    }

    /// The steps that were asked more often than they answer.
    pub(super) fn missing(&self) -> Vec<String> {
        self.script.missing()
    }
}

impl Provider for Player {
    fn complete<'a>(
        &'a self,
        hold: &'a Hold,
        request: &'a Request,
        progress: &'a (dyn Fn(Progress) + Send + Sync),
    ) -> BoxFuture<'a, Result<Answer, Fault>> {
        self.script.complete(hold, request, progress)
    }

    fn embed<'a>(&'a self, hold: &'a Hold, request: &'a EmbedRequest) -> BoxFuture<'a, Result<Embedded, Fault>> {
        self.script.embed(hold, request)
    }
}

/// A result of a tool, and how often it is left; absent: always.
struct Returned {
    result: Result<Json, Reason>,
    left: Option<u64>,
}

/// Tools that return what is given.
pub(super) struct Tools {
    results: Mutex<BTreeMap<String, Vec<Returned>>>,
    missing: Mutex<BTreeSet<String>>,
}

impl Tools {
    pub(super) fn new(test: &Examination, making: &Making<'_>) -> Result<Tools, String> {
        let mut results: BTreeMap<String, Vec<Returned>> = BTreeMap::new();
        for given in test.givens.iter().filter(|given| given.is_tool) {
            let result = match &given.what {
                GivenKind::Answers(value) => Ok(making.json(value)?),
                GivenKind::Fails(reason) => Err(*reason),
                GivenKind::Calls(_) => continue,
            };
            results.entry(given.name.clone()).or_default().push(Returned { result, left: given.times });
        }
        Ok(Tools { results: Mutex::new(results), missing: Mutex::default() })
    }

    /// The tools that were called more often than they return.
    pub(super) fn missing(&self) -> Vec<String> {
        self.missing.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn next(&self, tool: &str) -> Result<Json, ToolFault> {
        let mut results = self.results.lock().unwrap_or_else(PoisonError::into_inner);
        let next = results.get_mut(tool).and_then(|all| all.iter_mut().find(|next| next.left != Some(0)));
        let Some(next) = next else {
            self.missing.lock().unwrap_or_else(PoisonError::into_inner).insert(tool.to_owned());
            let detail = format!("nothing is given for `{tool}`");
            return Err(ToolFault { detail, timed_out: false, charge: ToolCharge::Nothing });
        };
        next.left = next.left.map(|left| left - 1);
        next.result.clone().map_err(|reason| ToolFault {
            detail: format!("given: {}", reason.name()),
            timed_out: reason == Reason::Timeout,
            charge: ToolCharge::InDoubt,
        })
    }
}

impl ToolHost for Tools {
    fn call<'a>(&'a self, _: &'a Hold, call: &'a ToolRequest) -> BoxFuture<'a, Result<Json, ToolFault>> {
        let tool = Arc::clone(&call.tool);
        Box::pin(async move { self.next(&tool.name) })
    }
}
