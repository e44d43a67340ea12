//! `flowc lock [--accept]`: writes down what was accepted, so that a check sees what grew.

use std::fmt::Write as _;
use std::path::Path;

use flow_compiler::bound::Verdict;
use flow_compiler::cost::Dimension;
use flow_compiler::diagnostic::{Diagnostic, code, render};
use flow_compiler::review::lock::Lock;
use flow_compiler::review::snapshot::Key;
use flow_compiler::source::{ReadError, Source, SourceId, Sources};

use super::disk::{Project, read_file, write_whole};
use super::exit;
use super::problem::Problem;
use super::snapshot::{Folder, Scope, Side, side};
use super::terminal::{self, Colours};

/// The file, beside `flow.toml`.
pub(crate) const LOCK_FILE: &str = "flow.lock";

const HELP: &str = "\
`flow.lock` keeps the ceilings of flows and steps, the digests of their prompts, and the facts of the models that they use. From then
on `flowc check` fails where a ceiling grew, until the growth is accepted in a reviewed change. Without --accept nothing that grew is
written.

Examples:
  flowc lock              begin, or take in what is new, smaller or gone
  flowc lock --accept     accept what grew
  flowc lock --check      only say whether the lock is up to date

Exit codes: 0 written or up to date, 1 something grew and nothing was written, 2 does not compile, 3 no finite bound";

/// Write down what was accepted: ceilings, prompts, facts of models
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Arguments {
    /// Accept ceilings that grew
    #[arg(long)]
    accept: bool,
    /// Write nothing: exit 1 where the lock is not what would be written
    #[arg(long, conflicts_with = "accept")]
    check: bool,
}

pub(crate) fn run(arguments: &Arguments, colours: Colours) -> Result<u8, Problem> {
    let project = Project::around(Path::new("."));
    let file = project.root().join(LOCK_FILE);
    let side = side(&Folder::new(project.root()), Scope::Own);
    if side.files.is_empty() {
        return Err(Problem::usage(code::command::E0005, "there is no `.flow` file in this project")
            .help("go to the folder of the project"));
    }
    if side.verdict() != Verdict::Ok {
        say_what_is_wrong(&side, &project, colours);
        return Ok(exit::of(side.verdict()));
    }
    let now = Lock::of(&side.snapshot);
    let mut sources = Sources::default();
    let before = match read(&project, &mut sources) {
        None => Lock::default(),
        Some(Ok(lock)) => lock,
        // What cannot be read accepted nothing; whoever accepts now says so of everything.
        Some(Err(wrong)) if arguments.accept => {
            terminal::say(&render::render(&[*wrong], &sources, colours.for_stderr()));
            Lock::default()
        }
        Some(Err(wrong)) => {
            terminal::say(&render::render(&[*wrong], &sources, colours.for_stderr()));
            return Ok(exit::OVER);
        }
    };
    let (said, grew) = differences(&before, &now);
    let text = now.to_text();
    let is_written = before.to_text() == text;
    if is_written {
        terminal::print("flow.lock is up to date\n");
        return Ok(exit::OK);
    }
    terminal::print(&said);
    if arguments.check {
        terminal::say("flow.lock is not up to date: run `flowc lock`\n");
        return Ok(exit::OVER);
    }
    if grew && !arguments.accept {
        terminal::say("nothing was written: lower what grew, or accept it with `flowc lock --accept`\n");
        return Ok(exit::OVER);
    }
    write_whole(&file, &text)?;
    terminal::say(&format!("wrote {}\n", project.shown(LOCK_FILE)));
    Ok(exit::OK)
}

/// The lock of a project, where it has one; its text joins the others.
pub(crate) fn read(project: &Project, sources: &mut Sources) -> Option<Result<Lock, Box<Diagnostic>>> {
    let unread = |why: &str| {
        let message = format!("`{}` {why}", project.shown(LOCK_FILE));
        Some(Err(Box::new(Diagnostic::placeless(code::delivery::E1002, message))))
    };
    match read_file(&project.root().join(LOCK_FILE)) {
        Err(ReadError::Missing) => None,
        Err(ReadError::Unreadable(why)) => unread(&format!("cannot be read: {why}")),
        Ok(bytes) => match String::from_utf8(bytes) {
            Err(_) => unread("is not UTF-8"),
            Ok(text) => {
                let id: SourceId = sources.add(Source::new(project.shown(LOCK_FILE), text.clone()));
                Some(Lock::read(id, &text))
            }
        },
    }
}

fn say_what_is_wrong(side: &Side, project: &Project, colours: Colours) {
    for built in &side.files {
        let mut sources = Sources::default();
        for (_, source) in built.sources.iter() {
            let name = if built.project.is_empty() {
                source.name().to_owned()
            } else {
                format!("{}/{}", built.project, source.name())
            };
            sources.add(Source::new(project.shown(&name), source.text()));
        }
        terminal::say(&render::render(&built.diagnostics, &sources, colours.for_stderr()));
    }
}

/// What is different, a line each, and whether a ceiling grew.
fn differences(before: &Lock, now: &Lock) -> (String, bool) {
    let mut out = String::new();
    let mut grew = false;
    for (key, item) in &now.items {
        let Some(accepted) = before.items.get(key) else {
            let _ = writeln!(out, "new      {}: at most {}", name(key), Dimension::Cost.show(item.bound.cost.nanos()));
            continue;
        };
        for dimension in Dimension::ALL {
            let (old, new) = (accepted.bound.get(dimension), item.bound.get(dimension));
            if old != new {
                let word = if new > old { "grew    " } else { "smaller " };
                grew |= new > old;
                let (old, new) = (dimension.show(old), dimension.show(new));
                let _ = writeln!(out, "{word} {}: {} {old} → {new}", name(key), dimension.name());
            }
        }
        if accepted.prompt != item.prompt {
            let _ = writeln!(out, "prompt   {}: other words", name(key));
        }
        if accepted.public != item.public {
            let _ = writeln!(out, "public   {}: {}", name(key), if item.public { "now" } else { "no longer" });
        }
    }
    for key in before.items.keys().filter(|key| !now.items.contains_key(*key)) {
        let _ = writeln!(out, "gone     {}", name(key));
    }
    for (model, facts) in &now.models {
        match before.models.get(model) {
            None => {
                let _ = writeln!(out, "new      model {model}: {}", facts.price);
            }
            Some(old) if old.digest != facts.digest => {
                let _ = writeln!(out, "facts    model {model}: {} → {}", old.price, facts.price);
            }
            Some(_) => {}
        }
    }
    for model in before.models.keys().filter(|model| !now.models.contains_key(*model)) {
        let _ = writeln!(out, "gone     model {model}");
    }
    if before.compiler != now.compiler && !before.compiler.is_empty() {
        let _ = writeln!(out, "compiler {} → {}", before.compiler, now.compiler);
    }
    (out, grew)
}

/// `flow desk (desk.flow)`
pub(crate) fn name((kind, file, name): &Key) -> String {
    format!("{} {name} ({file})", kind.name())
}
