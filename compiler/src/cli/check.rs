//! `flowc check [FILE…]`: types, gates, bounds and budgets.

mod accepted;
mod json;
mod junit;
mod markdown;
pub(crate) mod profiled;
mod strict;
mod text;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use flow_compiler::bound::{FlowReport, Verdict};
use flow_compiler::diagnostic::{Diagnostic, github, json as diagnostic_json, render, sarif};
use flow_compiler::profile::Expectation;
use flow_compiler::source::{Source, SourceId, Sources, Span};

use super::analysis::{Analysis, analyse_in};
use super::disk::{Project, flows_of, named_flows};
use super::git::{ChangedLines, Git};
use super::problem::Problem;
use super::terminal::Colours;
use super::{evals, exit, fix, terminal};

const HELP: &str = "\
Without files, every `.flow` file of the project is checked: of the nearest folder with a `flow.toml`, looking upwards.

Examples:
  flowc check
  flowc check desk.flow kb.flow
  flowc check examples --format json
  flowc check --fix
  flowc check --strict --format github --since origin/main    in a workflow of GitHub Actions
  flowc check --format sarif > flow.sarif                     for code scanning
  flowc check --profile flow-usage.toml                       what runs take beside what they can take

Exit codes: 0 holds, 1 over a budget or against a policy (a ceiling above `flow.lock`; with --strict a warning, a public flow
without an owner), 2 does not compile, 3 no finite bound";

/// Check types, gates, bounds and budgets
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Arguments {
    /// Flow files, or folders to look for them; without any, the whole project
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// How to say it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Repair what can be repaired without asking, then check what is left
    #[arg(long)]
    fix: bool,
    /// Let warnings fail the check, and public flows without an owner
    #[arg(long)]
    strict: bool,
    /// What runs take: a `flow-usage.toml`, or what `flow report --export` wrote
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// With annotations: those in lines that are new since this revision come first
    #[arg(long, value_name = "REVISION")]
    since: Option<String>,
}

/// `--format`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One object, for scripts: the schema flow.check.v1
    Json,
    /// For code scanning: SARIF 2.1.0
    Sarif,
    /// Annotations of GitHub Actions, ten at most
    Github,
    /// For test reports: a test for each file and each flow
    Junit,
    /// For the summary of a job
    Markdown,
}

/// One root file with what was found.
struct Found {
    /// As the user would write it.
    name: String,
    project: Project,
    analysis: Analysis,
    /// How its flows came out, before policies were asked.
    verdict: Verdict,
    /// What runs of its flows take, by a profile.
    expected: Vec<(String, Expectation)>,
}

impl Found {
    /// What runs of a flow take, where a profile says so.
    fn expectation(&self, flow: &str) -> Option<&Expectation> {
        self.expected.iter().find(|(name, _)| name == flow).map(|(_, expectation)| expectation)
    }
}

pub(crate) fn run(arguments: &Arguments, colours: Colours) -> Result<u8, Problem> {
    if arguments.fix {
        terminal::say(&fix::repair(&files(&arguments.files)?, |_| true)?);
    }
    let changed = changed(arguments)?;
    let mut found = Vec::new();
    let mut said = Said::default();
    let mut accepted = accepted::Locks::default();
    let mut profile = arguments.profile.as_deref().map(profiled::read).transpose()?;
    for file in files(&arguments.files)? {
        let (project, name) = Project::of_file(&file)?;
        let mut analysis = analyse_in(&project, &project, &name);
        said.retain_new(&mut analysis, &project);
        let verdict = analysis.verdict();
        if arguments.strict {
            strict::owners(&mut analysis);
        }
        accepted.compare(&project, &mut analysis);
        let expected = match &mut profile {
            Some(profile) => profile.of(&mut analysis)?,
            None => Vec::new(),
        };
        found.push(Found { name: project.shown(&name), project, analysis, verdict, expected });
    }
    // Where a file does not compile, what it has is not known.
    if let Some(profile) = profile.filter(|_| found.iter().all(|found| found.analysis.plan.is_some())) {
        profile.refuse_unknown()?;
    }
    let outcome = Outcome::of(&found, arguments.strict);
    let files: Vec<(&[Diagnostic], &Sources)> =
        found.iter().map(|found| (found.analysis.diagnostics.as_slice(), &found.analysis.sources)).collect();
    terminal::print(&match arguments.format {
        Format::Text => text(&found, colours),
        Format::Json => json(outcome, &found),
        Format::Sarif => sarif::log(&files),
        Format::Github => github::annotations(&files, &|file, line| changed.has(file, line)),
        Format::Junit => junit::document(&found, arguments.strict),
        Format::Markdown => markdown::document(&found, outcome.exit() != exit::OK),
    });
    Ok(outcome.exit())
}

/// How it all came out: one value decides about what is said and about the exit code.
#[derive(Clone, Copy, Debug)]
struct Outcome {
    /// The worst of all flows.
    verdict: Verdict,
    /// Whether something else that was promised is not kept: an owner, an accepted ceiling, or with `--strict` a warning.
    breaks_policy: bool,
}

impl Outcome {
    fn of(found: &[Found], strict: bool) -> Outcome {
        let verdict = found.iter().map(|found| found.verdict).max().unwrap_or(Verdict::Ok);
        let mut all = found.iter().flat_map(|found| &found.analysis.diagnostics);
        Outcome { verdict, breaks_policy: all.any(|diagnostic| diagnostic.is_error() || strict) }
    }

    fn exit(self) -> u8 {
        if self.verdict == Verdict::Ok && self.breaks_policy { exit::OVER } else { exit::of(self.verdict) }
    }
}

/// The lines that are new, where they are asked for.
fn changed(arguments: &Arguments) -> Result<ChangedLines, Problem> {
    let Some(revision) = &arguments.since else { return Ok(ChangedLines::default()) };
    let git = Git::around(Path::new("."))?;
    git.changed_lines(&git.commit(revision)?)
}

/// A diagnostic in one line: `desk.flow:3:5: error[E0301]: unknown name`.
pub(crate) fn line(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let kind = if diagnostic.is_error() { "error" } else { "warning" };
    let said = format!("{kind}[{}]: {}", diagnostic.code, diagnostic.message);
    match diagnostic.span.and_then(|span| Some((sources.get(span.source)?, span))) {
        Some((source, span)) => {
            let (line, column) = source.position(span.start);
            format!("{}:{line}:{column}: {said}", source.name())
        }
        None => said,
    }
}

/// What was said of files before: a module that several files import is spoken of once.
#[derive(Default)]
struct Said {
    diagnostics: HashSet<(String, Span, &'static str, String)>,
    flows: HashSet<(String, u32, String)>,
}

impl Said {
    fn retain_new(&mut self, analysis: &mut Analysis, project: &Project) {
        let sources = &analysis.sources;
        analysis.diagnostics.retain(|diagnostic| {
            let Some(span) = diagnostic.span else { return true };
            let file = sources.get(span.source).map_or("", Source::name).to_owned();
            // The number of a text differs from compilation to compilation; its name does not.
            let place = Span { source: SourceId::default(), ..span };
            self.diagnostics.insert((file, place, diagnostic.code.as_str(), diagnostic.message.clone()))
        });
        analysis.report.flows.retain(|flow| {
            let place = &flow.place;
            self.flows.insert((project.shown(&place.file), place.line, flow.name.clone()))
        });
    }
}

/// The files to check: those that were named, those under named folders, or those of the project.
pub(super) fn files(named: &[PathBuf]) -> Result<Vec<PathBuf>, Problem> {
    if named.is_empty() {
        let project = Project::around(Path::new("."));
        return flows_of(&project.shown_root(), "this project");
    }
    named_flows(named)
}

fn text(found: &[Found], colours: Colours) -> String {
    let mut out = String::new();
    for one in found {
        let Found { project, analysis, .. } = one;
        out.push_str(&render::render(&analysis.diagnostics, &analysis.sources, colours.for_stdout()));
        for flow in &analysis.report.flows {
            out.push_str(&text::summary(flow, project));
            if let Some(expectation) = one.expectation(&flow.name) {
                out.push_str(&profiled::text(expectation));
            }
            out.push('\n');
        }
        for eval in &analysis.report.evals {
            out.push_str(&evals::summary(eval, project));
            out.push('\n');
        }
    }
    let (errors, warnings) = counts(found);
    let flows = found.iter().map(|found| found.analysis.report.flows.len()).sum::<usize>();
    out.push_str(&format!(
        "{} in {}, {} and {}\n",
        counted(flows, "flow"),
        counted(found.len(), "file"),
        counted(errors, "error"),
        counted(warnings, "warning"),
    ));
    out
}

fn counts(found: &[Found]) -> (usize, usize) {
    let all = found.iter().flat_map(|found| &found.analysis.diagnostics);
    let errors = all.clone().filter(|diagnostic| diagnostic.is_error()).count();
    (errors, all.count() - errors)
}

pub(super) fn counted(count: usize, what: &str) -> String {
    match count {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

fn json(outcome: Outcome, found: &[Found]) -> String {
    let objects = found.iter().flat_map(|f| diagnostic_json::objects(&f.analysis.diagnostics, &f.analysis.sources));
    let flows = found.iter().flat_map(|one| {
        let flow =
            |flow: &FlowReport| json::flow(flow, one.analysis.plan.as_ref(), &one.project, one.expectation(&flow.name));
        one.analysis.report.flows.iter().map(flow).collect::<Vec<_>>()
    });
    let evals = found.iter().flat_map(|one| {
        let eval = |eval| evals::object(eval, &one.project);
        one.analysis.report.evals.iter().map(eval).collect::<Vec<_>>()
    });
    json::document(outcome, flows.collect(), evals.collect(), &objects.collect::<Vec<_>>())
}
