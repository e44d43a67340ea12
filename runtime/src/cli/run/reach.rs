//! How the models of a plan are reached: over HTTP, in this process, or played from a file.

use std::path::Path;
use std::sync::Arc;

use flow_compiler::catalogue::{ModelFacts, Wire};
use flow_compiler::diagnostic::code;
use flow_compiler::plan::Plan;
use flow_compiler::program::Reason;
use flow_runtime::provider::remote::Remote;
use flow_runtime::provider::scripted::Scripted;
use flow_runtime::provider::{Charge, Fault, Provider, Remedy};
use flow_runtime::run::Providers;
use flow_runtime::weights;

use crate::cli::disk::in_words;
use crate::cli::problem::Problem;
use crate::cli::{fetch, home};

/// The answers of a file.
pub(super) fn answers(file: &Path) -> Result<Arc<Scripted>, Problem> {
    let shown = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|error| {
        let why = in_words(&error.to_string());
        Problem::usage(code::run::E0908, format!("the answers in `{shown}` cannot be read: {why}"))
            .help("the path is taken from the current folder")
    })?;
    Scripted::read(&shown, &text).map(Arc::new).map_err(home::problem)
}

/// Answers that are played for every model.
pub(super) fn played(scripted: Arc<Scripted>) -> Arc<dyn Providers> {
    Arc::new(move |_: &ModelFacts| Ok(Arc::clone(&scripted) as Arc<dyn Provider>))
}

/// The models of a plan, each by its own protocol.
pub(super) fn models(plan: &Plan) -> Result<Arc<dyn Providers>, Problem> {
    let remote: Arc<dyn Provider> = Arc::new(Remote::new().map_err(|error| unprepared(&error))?);
    let local = local(plan)?;
    Ok(Arc::new(move |model: &ModelFacts| match model.wire {
        Wire::Openai | Wire::Anthropic => match missing_key(model) {
            Some(variable) => Err(Fault::missing_key(variable)),
            None => Ok(remote.clone()),
        },
        Wire::Local => local.clone().ok_or_else(|| unreachable("this `flow` was built without models of its own")),
        Wire::Scripted => Err(unreachable(&format!("`{}` plays answers: give them with --answers", model.name))),
    }))
}

/// Fetches the weights of the plan's local models that are not here yet.
pub(super) fn fetch_weights(plan: &Plan, voice: fetch::Voice) -> Result<(), Problem> {
    let local = plan.program.models.iter().filter(|model| model.wire == Wire::Local && cfg!(feature = "local"));
    for weights in local.filter_map(|model| weights::find(&model.id)) {
        let folder = fetch::folder()?;
        if !weights.is_in(&folder) {
            fetch::pull(weights, &folder, voice)?;
        }
    }
    Ok(())
}

#[cfg(feature = "local")]
fn local(plan: &Plan) -> Result<Option<Arc<dyn Provider>>, Problem> {
    use flow_compiler::tokens::Counter;
    use flow_runtime::local::Local;

    if !plan.program.models.iter().any(|model| model.wire == Wire::Local) {
        return Ok(None);
    }
    let readers = plan.program.readers.iter().filter_map(|reader| plan.program.models.get(reader.index()));
    let counters = readers.map(|model| Counter::of(&model.tokenizer)).collect();
    Ok(Some(Arc::new(Local::new(fetch::folder()?, counters))))
}

#[cfg(not(feature = "local"))]
fn local(_: &Plan) -> Result<Option<Arc<dyn Provider>>, Problem> {
    Ok(None)
}

fn missing_key(model: &ModelFacts) -> Option<&str> {
    let variable = model.key_env.as_deref()?;
    let is_set = std::env::var(variable).is_ok_and(|key| !key.trim().is_empty());
    (!is_set).then_some(variable)
}

/// Nothing was sent; another model of the tier may do.
fn unreachable(detail: &str) -> Fault {
    Fault { reason: Reason::Unavailable, detail: detail.to_owned(), charge: Charge::Nothing, remedy: Remedy::Fallback }
}

/// This machine cannot make encrypted connections.
pub(super) fn unprepared(error: &dyn std::fmt::Display) -> Problem {
    Problem::usage(code::command::E0955, format!("no connections can be made from here: {error}"))
        .help("check the certificates of this machine")
}
