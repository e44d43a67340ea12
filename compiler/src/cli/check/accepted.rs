//! What `flow.lock` accepted beside what is proved now.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use flow_compiler::catalogue::ModelFacts;
use flow_compiler::cost::Resources;
use flow_compiler::diagnostic::{Diagnostic, Severity, code};
use flow_compiler::program::Place;
use flow_compiler::review::lock::{Growth, Lock};
use flow_compiler::review::snapshot::{Key, Kind, digest_of};
use flow_compiler::source::Sources;

use crate::cli::analysis::{Analysis, Models};
use crate::cli::disk::Project;
use crate::cli::{calendar, lock};

/// The locks of the projects that are checked, each read once, and what was said of them.
#[derive(Default)]
pub(super) struct Locks {
    read: HashMap<PathBuf, Option<Lock>>,
    said: HashSet<(PathBuf, String)>,
}

impl Locks {
    /// Says where a file's ceilings or models are not what was accepted.
    pub(super) fn compare(&mut self, project: &Project, analysis: &mut Analysis) {
        let root = project.root().to_path_buf();
        let mut said = Vec::new();
        if !self.read.contains_key(&root) {
            let lock = self.open(project, &mut analysis.sources, &mut said);
            self.read.insert(root.clone(), lock);
        }
        if let Some(Some(lock)) = self.read.get(&root) {
            said.extend(ceilings(lock, analysis));
            said.extend(facts(lock, analysis));
        }
        said.extend(ages(project, analysis));
        for diagnostic in said {
            let once = diagnostic.span.is_some() || self.said.insert((root.clone(), diagnostic.message.clone()));
            if once {
                analysis.diagnostics.push(diagnostic);
            }
        }
    }

    fn open(&self, project: &Project, sources: &mut Sources, said: &mut Vec<Diagnostic>) -> Option<Lock> {
        match lock::read(project, sources)? {
            Ok(lock) => Some(lock),
            Err(wrong) => {
                said.push(*wrong);
                None
            }
        }
    }
}

fn ceilings(lock: &Lock, analysis: &Analysis) -> Vec<Diagnostic> {
    let flows = analysis.report.flows.iter().filter_map(|flow| {
        let key = (Kind::Flow, flow.place.file.clone(), flow.name.clone());
        Some((key, &flow.place, flow.bound?, flow.public))
    });
    let program = analysis.plan.iter().map(|plan| (&plan.program, &plan.ceilings));
    let steps = program.flat_map(|(program, ceilings)| {
        program.steps.iter().zip(&ceilings.steps).map(|(step, ceiling)| {
            let key = (Kind::Step, step.place.file.clone(), step.name.clone());
            (key, &step.place, ceiling.total, false)
        })
    });
    flows.chain(steps).filter_map(|(key, place, bound, public)| ceiling(lock, &key, place, &bound, public)).collect()
}

fn ceiling(lock: &Lock, key: &Key, place: &Place, bound: &Resources, public: bool) -> Option<Diagnostic> {
    let (kind, name) = (key.0.name(), &key.2);
    if !lock.items.contains_key(key) {
        let message = format!("the {kind} `{name}` is not in `flow.lock`");
        let new = Diagnostic::warning(code::delivery::W1053, place.span, message)
            .label("nobody has accepted its ceiling")
            .help("`flowc lock` takes in what is new");
        return public.then_some(new);
    }
    let grown = lock.growth(key, bound);
    let first = grown.first()?;
    let others = grown.iter().map(|growth| format!("{} {}", growth.dimension.name(), shown(growth)));
    let message = format!(
        "the ceiling of {kind} `{name}` grew over the accepted one: {} {}",
        first.dimension.name(),
        shown(first)
    );
    let diagnostic = Diagnostic::error(code::delivery::E1005, place.span, message)
        .label(others.collect::<Vec<_>>().join(", "))
        .help("lower it again, or accept it in this change: `flowc lock --accept`");
    Some(diagnostic)
}

/// `$0.01 → $0.02`
fn shown(growth: &Growth) -> String {
    let Growth { dimension, accepted, now } = *growth;
    // Two amounts that look the same after rounding are shown with every digit.
    let (before, after) = (dimension.show(accepted), dimension.show(now));
    if before == after {
        return format!("{} → {}", dimension.show_limit(accepted), dimension.show_limit(now));
    }
    format!("{before} → {after}")
}

fn facts(lock: &Lock, analysis: &Analysis) -> Vec<Diagnostic> {
    let models = analysis.plan.iter().flat_map(|plan| &plan.program.models);
    let changed = models.filter_map(|model| {
        let accepted = lock.models.get(&model.name)?;
        (accepted.digest != digest_of(model)).then(|| {
            let of = accepted.as_of.as_ref().map_or_else(String::new, |date| format!(" of {date}"));
            warning(
                code::delivery::W1051,
                format!("the facts of model `{}` are not those{of} that were accepted", model.name),
                "`flowc lock` shows what changed and takes it in where no ceiling grew",
            )
        })
    });
    changed.collect()
}

/// Facts that are older than the project's policy lets them be.
fn ages(project: &Project, analysis: &Analysis) -> Vec<Diagnostic> {
    let Some(days) = Models::of(project).policy.facts_days else { return Vec::new() };
    let today = calendar::today();
    let models = analysis.plan.iter().flat_map(|plan| &plan.program.models);
    let old = models.filter_map(|model: &ModelFacts| {
        let age = model.as_of.as_deref().and_then(calendar::days_of).map(|then| today.saturating_sub(then));
        let why = match age {
            None => format!("the facts of model `{}` have no date", model.name),
            Some(age) if age > i64::try_from(days).unwrap_or(i64::MAX) => {
                format!("the facts of model `{}` are {age} days old, and the policy allows {days}", model.name)
            }
            Some(_) => return None,
        };
        Some(warning(code::delivery::W1052, why, "look them up again, and write the new `as_of`"))
    });
    old.collect()
}

fn warning(code: flow_compiler::diagnostic::Code, message: String, help: &str) -> Diagnostic {
    Diagnostic { severity: Severity::Warning, ..Diagnostic::placeless(code, message).help(help) }
}
