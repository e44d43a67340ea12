//! `--profile FILE`: what runs take beside what they can take.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use flow_compiler::cost::Dimension;
use flow_compiler::diagnostic::{Diagnostic, code, nearest};
use flow_compiler::plan::Plan;
use flow_compiler::profile::recorded::{self, Export, Run};
use flow_compiler::profile::target::Standing;
use flow_compiler::profile::usage::Usage;
use flow_compiler::profile::{Basis, Expectation, Numbers, Profile, expect};
use serde_json::{Map, Value, json};

use crate::cli::amounts;
use crate::cli::analysis::Analysis;
use crate::cli::disk::in_words;
use crate::cli::problem::Problem;
use crate::cli::table::Table;

/// A profile and the file that it stands in.
pub(crate) struct Source {
    shown: String,
    profile: Profile,
    /// What it names, and was found.
    found: BTreeSet<String>,
}

/// Reads a profile: a `flow-usage.toml`, or the runs that `flow report --export` wrote.
pub(crate) fn read(file: &Path) -> Result<Source, Problem> {
    let shown = file.display().to_string();
    let unread = |why: String| {
        Problem::usage(code::delivery::E1030, format!("`{shown}` cannot be read: {why}"))
            .help("a profile is a `flow-usage.toml`, or what `flow report --export FILE` wrote; docs/ci.md has both")
    };
    let text = std::fs::read_to_string(file).map_err(|error| unread(in_words(&error.to_string())))?;
    if text.trim().is_empty() {
        return Err(unread("it is empty".to_owned()));
    }
    let profile = if text.trim_start().starts_with('{') {
        let export: Export = serde_json::from_str(&text).map_err(|error| unread(error.to_string()))?;
        if export.schema != recorded::SCHEMA {
            return Err(unread(format!("it is of format `{}`, and this is `{}`", export.schema, recorded::SCHEMA)));
        }
        Profile::Recorded(export.runs)
    } else {
        let usage: Usage = toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(1, |span| text.get(..span.start).unwrap_or("").matches('\n').count() + 1);
            unread(format!("line {line}: {}", error.message().trim_end_matches('.')))
        })?;
        if let Some(why) = usage.impossible() {
            return Err(unread(why));
        }
        Profile::Written(Box::new(usage))
    };
    Ok(Source { shown, profile, found: BTreeSet::new() })
}

impl Source {
    /// Dollars a month of a flow of a plan, by its index; nothing where the profile cannot say.
    pub(crate) fn month(&self, plan: &Plan, index: usize) -> Option<f64> {
        expect(plan, index, &self.profile).ok().flatten()?.dollars_per_month()
    }

    /// What the flows of a file take, by their names; what is not kept joins the diagnostics.
    pub(super) fn of(&mut self, analysis: &mut Analysis) -> Result<Vec<(String, Expectation)>, Problem> {
        let Some(plan) = analysis.plan.as_ref() else { return Ok(Vec::new()) };
        let program = &plan.program;
        let names = program.flows.iter().map(|flow| &flow.name).chain(program.steps.iter().map(|step| &step.name));
        self.found.extend(names.cloned());
        let mut expected = Vec::new();
        let mut said = Vec::new();
        for report in &analysis.report.flows {
            let Some(index) = program.flows.iter().position(|flow| flow.name == report.name) else { continue };
            let found = expect(plan, index, &self.profile).map_err(|why| {
                Problem::usage(code::delivery::E1030, format!("`{}` says what cannot be: {why}", self.shown))
                    .help("correct the number, or leave it out: what is left out is taken at its ceiling")
            })?;
            said.extend(self.breaches(&report.name, report.place.span));
            let Some(found) = found else { continue };
            said.extend(found.targets.iter().filter(|(_, standing)| *standing == Standing::Fail).map(|(target, _)| {
                let message = format!("`{}` does not keep its promise `{}`", report.name, target.written());
                Diagnostic::error(code::delivery::E1032, report.place.span, message)
                    .label(format!("by {}", self.shown))
                    .help("change what it takes, or what it promises")
            }));
            expected.push((report.name.clone(), found));
        }
        analysis.diagnostics.extend(said);
        Ok(expected)
    }

    fn breaches(&self, flow: &str, span: flow_compiler::source::Span) -> Vec<Diagnostic> {
        let Profile::Recorded(runs) = &self.profile else { return Vec::new() };
        let broken = runs.iter().filter(|run| run.flow == flow && !run.breaches().is_empty());
        let said = broken.take(10).map(|run: &Run| {
            let over = run.breaches().into_iter().map(|dimension| {
                let took = run.spent.map_or(0, |spent| spent.get(dimension));
                format!(
                    "{} {} of {}",
                    dimension.name(),
                    dimension.show_limit(took),
                    dimension.show_limit(run.bound.get(dimension))
                )
            });
            let message = format!(
                "run {} of `{flow}` took more than its ceiling: {}",
                run.run,
                over.collect::<Vec<_>>().join(", ")
            );
            Diagnostic::error(code::delivery::E1031, span, message)
                .help("a ceiling holds always: this run must be looked into, whatever its cost was")
        });
        said.collect()
    }

    /// Refuses a profile that names what no file has: it may be misspelt, and would say nothing.
    pub(super) fn refuse_unknown(&self) -> Result<(), Problem> {
        let Profile::Written(usage) = &self.profile else { return Ok(()) };
        let mut named = usage.flows.keys().chain(usage.steps.keys());
        let Some(unknown) = named.find(|name| !self.found.contains(*name)) else { return Ok(()) };
        let problem = Problem::usage(
            code::delivery::E1030,
            format!("`{}` names `{unknown}`, and no flow or step that was checked is called so", self.shown),
        );
        Err(match nearest(unknown, self.found.iter().map(String::as_str)) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem.help("take it out, or check the files that have it"),
        })
    }
}

/// What is known, in words.
fn basis(expectation: &Expectation) -> String {
    match expectation.basis {
        Basis::Seen(1) => "seen in 1 run".to_owned(),
        Basis::Seen(runs) => format!("seen in {runs} runs"),
        Basis::Exact => "expected by profile, every combination".to_owned(),
        Basis::Drawn(draws) => format!("expected by profile, {draws} draws of a fixed seed"),
    }
}

/// For people, below the summary of the flow.
pub(super) fn text(expectation: &Expectation) -> String {
    let mut table = Table::new(["", "mean", "p50", "p95", "p99"]);
    for (dimension, numbers) in &expectation.numbers {
        let Numbers { mean, p50, p95, p99 } = *numbers;
        let quantiles = [p50, p95, p99].map(|value| near(*dimension, value));
        let [p50, p95, p99] = quantiles;
        table.row([dimension.name().to_owned(), mean_of(*dimension, mean), p50, p95, p99]);
    }
    let mut out = format!("  {}:\n", basis(expectation));
    for line in table.right([1, 2, 3, 4]).to_string().lines() {
        let _ = writeln!(out, "    {line}");
    }
    if let Some(dollars) = expectation.dollars_per_month() {
        let _ = writeln!(out, "    a month: {}", dollars_of(dollars));
    }
    match (expectation.dollars_per_success(), expectation.success) {
        (Some(dollars), _) => {
            let _ = writeln!(out, "    a success: {}", dollars_of(dollars));
        }
        (None, Some(_)) => out.push_str("    a success: undefined (0 outcomes)\n"),
        (None, None) => {}
    }
    for (target, standing) in &expectation.targets {
        let _ = writeln!(out, "    {}: {}", target.written(), standing.name());
    }
    if !expectation.at_ceiling.is_empty() {
        let _ = writeln!(out, "    taken at the ceiling: {}", expectation.at_ceiling.join("; "));
    }
    out
}

/// What was measured or expected is rounded to the nearest, not up.
fn near(dimension: Dimension, value: u64) -> String {
    if dimension == Dimension::Cost {
        flow_compiler::cost::Money::from_nanos(value).rounded_near()
    } else {
        dimension.show(value)
    }
}

fn mean_of(dimension: Dimension, mean: f64) -> String {
    match dimension {
        Dimension::Cost => dollars_of(mean / 1e9),
        Dimension::Time => format!("{:.1}s", mean / 1e3),
        Dimension::Calls
        | Dimension::Turns
        | Dimension::Tools
        | Dimension::Input
        | Dimension::Output
        | Dimension::Tokens => format!("{mean:.1}"),
    }
}

/// Dollars that are a statistic: four digits that count.
pub(crate) fn dollars_of(dollars: f64) -> String {
    let decimals =
        if dollars >= 100.0 || dollars <= 0.0 { 2.0 } else { (3.0 - dollars.log10().floor()).clamp(2.0, 9.0) };
    let decimals = (2..=9).find(|count| f64::from(*count) >= decimals).unwrap_or(9);
    format!("${dollars:.*}", usize::try_from(decimals).unwrap_or(2))
}

/// For programs.
pub(super) fn object(expectation: &Expectation) -> Value {
    let (kind, count) = match expectation.basis {
        Basis::Seen(runs) => ("seen", Some(runs)),
        Basis::Exact => ("expected", None),
        Basis::Drawn(draws) => ("expected", Some(draws)),
    };
    let numbers = expectation.numbers.iter().map(|(dimension, numbers)| {
        let value = |amount| amounts::value(*dimension, amount);
        let mean = if *dimension == Dimension::Cost { numbers.mean / 1e9 } else { numbers.mean };
        let fields =
            json!({ "mean": mean, "p50": value(numbers.p50), "p95": value(numbers.p95), "p99": value(numbers.p99) });
        (amounts::key(*dimension).to_owned(), fields)
    });
    json!({
        "basis": kind,
        "samples": count,
        "numbers": Value::Object(numbers.collect::<Map<_, _>>()),
        "dollars_per_month": expectation.dollars_per_month(),
        "success": expectation.success,
        "dollars_per_success": expectation.dollars_per_success(),
        "slo": expectation.targets.iter().map(|(target, standing)| {
            json!({ "target": target.written(), "standing": standing.name() })
        }).collect::<Vec<_>>(),
        "at_ceiling": expectation.at_ceiling,
    })
}
