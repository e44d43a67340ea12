//! `flowc diff BASE..HEAD` or `flowc diff OLD NEW`: what a change does to what flows can take.

mod json;
mod markdown;
mod text;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use flow_compiler::bound::Verdict;
use flow_compiler::catalogue::Policy;
use flow_compiler::diagnostic::code;
use flow_compiler::review::compare::{Comparison, Decision, Finding};
use flow_compiler::review::snapshot::Key;

use super::check::profiled;
use super::disk::{Project, write_whole};
use super::git::Git;
use super::problem::Problem;
use super::snapshot::{Committed, Folder, Scope, Side, side};
use super::{exit, terminal};

const HELP: &str = "\
Both sides are compiled as they are: a revision is read through git, and the checkout is not touched. The policy is that of the first
side, so that a change cannot loosen what it is judged by. Nothing is printed where nothing changed.

A widened budget or gate fails until a commit of the change approves it with a trailer of its message:
  Flow-Approved: Ada Lovelace <ada@example.com>

Examples:
  flowc diff main..HEAD
  flowc diff main...HEAD --format markdown --comment-file comment.md
  flowc diff before after --format json

Exit codes: 0 PASS or WARN, 1 FAIL (also: over a budget), 2 the new side does not compile, 3 it has no finite bound";

/// Compare two revisions or two folders: ceilings, caps, prompts, models, gates, budgets
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Arguments {
    /// Two revisions, `BASE..HEAD`; `BASE...HEAD` compares with what they have in common; or two folders
    #[arg(value_name = "BASE..HEAD | OLD NEW", required = true, num_args = 1..=2)]
    sides: Vec<String>,
    /// How to say it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Write the comment for a pull request to this file; not written where nothing changed
    #[arg(long, value_name = "FILE")]
    comment_file: Option<PathBuf>,
    /// Names the comment, so that the next one takes its place
    #[arg(long, value_name = "ID", value_parser = comment_id)]
    id: Option<String>,
    /// What runs take, for dollars a month: a `flow-usage.toml`, or what `flow report --export` wrote
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// Who approves what is widened, where folders are compared
    #[arg(long, value_name = "NAME")]
    approved_by: Option<String>,
}

/// `--format`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One object, for scripts: the schema flow.diff.v1
    Json,
    /// The comment for a pull request
    Markdown,
}

/// Everything that is said.
struct Review {
    comparison: Comparison,
    /// What the two sides are called.
    names: (String, String),
    decision: Decision,
    /// Who approved what is widened.
    approved: Option<String>,
    /// The name of the comment.
    id: String,
    /// What keeps the second side from compiling, a line each.
    broken: Vec<String>,
    /// Dollars a month on both sides, by the profile; absent where that is unknown.
    months: BTreeMap<Key, (Option<f64>, Option<f64>)>,
    verdict: Verdict,
}

impl Review {
    fn exit(&self) -> u8 {
        match (self.verdict, self.decision) {
            (Verdict::Ok, Decision::Fail) => exit::OVER,
            (Verdict::Ok, Decision::Pass | Decision::Warn) => exit::OK,
            (verdict, _) => exit::of(verdict),
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<u8, Problem> {
    let Sides { before, after, names, messages } = sides(arguments)?;
    if before.files.is_empty() && after.files.is_empty() {
        return Err(Problem::usage(code::delivery::E1013, "there is no `.flow` file on either side")
            .help("go to the folder of the project, or name two folders with flows"));
    }
    let mut comparison = Comparison::of(&before.snapshot, &after.snapshot, &before.policy);
    let profile = arguments.profile.as_deref().map(profiled::read).transpose()?;
    let months = profile.map(|profile| months(&before, &after, &profile)).unwrap_or_default();
    comparison.findings.extend(grown_months(&months, &comparison, &before.policy));
    let approved = approval(&messages, arguments.approved_by.as_deref(), &before.policy);
    let verdict = after.verdict();
    let failed = if verdict == Verdict::Ok { Decision::Pass } else { Decision::Fail };
    let review = Review {
        decision: comparison.decision(approved.is_some()).max(failed),
        comparison,
        names,
        approved,
        id: arguments.id.clone().or(after.name.clone()).or(before.name.clone()).unwrap_or_else(|| "flow".to_owned()),
        broken: broken(&after),
        months,
        verdict,
    };
    let is_quiet = review.comparison.is_empty() && review.broken.is_empty();
    if let Some(file) = arguments.comment_file.as_ref().filter(|_| !is_quiet) {
        write_whole(file, &markdown::comment(&review))?;
    }
    match arguments.format {
        Format::Json => terminal::print(&json::document(&review)),
        Format::Text | Format::Markdown if is_quiet => terminal::say("nothing changed that a ceiling depends on\n"),
        Format::Text => terminal::print(&text::document(&review)),
        Format::Markdown => terminal::print(&markdown::comment(&review)),
    }
    Ok(review.exit())
}

/// Dollars a month of each flow on both sides. What a profile cannot say of a side is unknown there.
fn months(before: &Side, after: &Side, profile: &profiled::Source) -> BTreeMap<Key, (Option<f64>, Option<f64>)> {
    let mut months: BTreeMap<Key, (Option<f64>, Option<f64>)> = BTreeMap::new();
    for (key, dollars) in before.months(profile) {
        months.entry(key).or_default().0 = dollars;
    }
    for (key, dollars) in after.months(profile) {
        months.entry(key).or_default().1 = dollars;
    }
    months
}

/// The flows whose month grows by more than the policy allows.
fn grown_months(
    months: &BTreeMap<Key, (Option<f64>, Option<f64>)>,
    comparison: &Comparison,
    policy: &Policy,
) -> Vec<Finding> {
    let Some(allowed) = policy.monthly_growth else { return Vec::new() };
    let most: f64 = allowed.exact().parse().unwrap_or(0.0);
    let grown = comparison.flows.iter().filter_map(|flow| {
        let (before, after) = months.get(&flow.key)?;
        let (before, after) = ((*before)?, (*after)?);
        (after - before > most).then(|| Finding {
            decision: Decision::Fail,
            message: format!(
                "a month of `{}` grew by profile from {} to {}, and the policy allows {} more",
                flow.key.2,
                profiled::dollars_of(before),
                profiled::dollars_of(after),
                allowed.written()
            ),
            file: flow.key.1.clone(),
            line: flow.line,
            can_be_approved: false,
        })
    });
    grown.collect()
}

/// Both sides, compiled.
struct Sides {
    before: Side,
    after: Side,
    names: (String, String),
    /// The messages of the commits between them.
    messages: String,
}

fn sides(arguments: &Arguments) -> Result<Sides, Problem> {
    match arguments.sides.as_slice() {
        [range] => revisions(range),
        [old, new] => {
            let folder = |path: &String| {
                let path = Path::new(path);
                if path.is_dir() { Ok(side(&Folder::new(path), Scope::Nested)) } else { Err(no_folder(path)) }
            };
            Ok(Sides {
                before: folder(old)?,
                after: folder(new)?,
                names: (old.clone(), new.clone()),
                messages: String::new(),
            })
        }
        _ => Err(Problem::usage(code::delivery::E1013, "one range or two folders are compared")),
    }
}

fn no_folder(path: &Path) -> Problem {
    let shown = path.display();
    Problem::usage(code::delivery::E1013, format!("there is no folder `{shown}`"))
        .help("name two folders, or one range of revisions: `flowc diff main..HEAD`")
}

fn revisions(range: &str) -> Result<Sides, Problem> {
    let (from, to, is_symmetric) = match (range.split_once("..."), range.split_once("..")) {
        (Some((from, to)), _) => (from, to, true),
        (None, Some((from, to))) => (from, to, false),
        (None, None) => {
            return Err(Problem::usage(code::delivery::E1013, format!("`{range}` is no range of revisions"))
                .help(format!("write both ends, `{range}..HEAD`, or name two folders")));
        }
    };
    let or_head = |revision: &str| if revision.is_empty() { "HEAD".to_owned() } else { revision.to_owned() };
    let project = Project::around(Path::new("."));
    let git = Git::around(project.root())?;
    let (from, to) = (or_head(from), or_head(to));
    let (tip, head) = (git.commit(&from)?, git.commit(&to)?);
    let base = if is_symmetric { git.merge_base(&tip, &head)? } else { tip };
    let messages = git.messages(&base, &head)?;
    let name =
        |name: &str, short: &str| if name.starts_with(short) { short.to_owned() } else { format!("{name} ({short})") };
    Ok(Sides {
        before: side(&Committed::new(&git, &base)?, Scope::Nested),
        after: side(&Committed::new(&git, &head)?, Scope::Nested),
        names: (name(&from, base.short()), name(&to, head.short())),
        messages,
    })
}

/// Who approved: the last `Flow-Approved:` trailer of the commits between the sides, if the policy lets them.
fn approval(messages: &str, named: Option<&str>, policy: &Policy) -> Option<String> {
    let trailers = messages.lines().filter_map(|line| line.strip_prefix("Flow-Approved:"));
    let mut names = trailers.chain(named).map(str::trim).filter(|name| !name.is_empty());
    let may = |name: &&str| policy.approvers.is_empty() || policy.approvers.iter().any(|known| is_named(name, known));
    names.rfind(may).map(str::to_owned)
}

/// Whether a trailer names an approver: all of it, its address, or what stands before the address.
fn is_named(trailer: &str, known: &str) -> bool {
    let (name, address) = trailer.split_once('<').unwrap_or((trailer, ""));
    [trailer, name.trim(), address.trim_end_matches('>')].contains(&known)
}

/// The errors of a side, a line each.
fn broken(side: &Side) -> Vec<String> {
    let mut lines = Vec::new();
    for built in &side.files {
        for diagnostic in built.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()) {
            let line = super::check::line(diagnostic, &built.sources);
            let prefix = if built.project.is_empty() { String::new() } else { format!("{}/", built.project) };
            let line = format!("{prefix}{line}");
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    lines
}

/// The name of a comment stands in a marker that nobody sees; it may not end it.
fn comment_id(text: &str) -> Result<String, String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    if !text.is_empty() && text.len() <= 100 && text.chars().all(is_plain) && !text.contains("--") {
        return Ok(text.to_owned());
    }
    Err("use letters, digits, `-`, `_`, `.` and `/`".to_owned())
}
