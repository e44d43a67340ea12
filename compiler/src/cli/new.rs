//! `flowc new NAME`: a project that checks and runs without a key.

mod template;

use std::fs;
use std::io::Write as _;
use std::path::{Component, Path};

use flow_compiler::diagnostic::{code, nearest};

use super::disk::in_words;
use super::problem::Problem;
use super::{exit, terminal};
use template::{TEMPLATES, Template};

const HELP: &str = "\
Templates:
  hello         one step on the model of this machine (this one without `--template`)
  support-desk  tickets answered from a help centre, refunds behind a gate, a reviewer
  extraction    fields out of documents, checked by their sums, many at a time
  research      many sources read side by side and put together, with a judge
  guardrails    an agent with tools, and a cap on everything that it does
  rag           answers from retrieved pages, each sentence with its source

Each is a whole project with a README, an input, and answers to run it without a key.

Examples:
  flowc new hello && cd hello && flowc check
  flowc new desk --template support-desk";

/// Make a project that checks and runs without a key
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Arguments {
    /// The name of the project and of its folder: lower-case letters, digits, `-` and `_`
    name: String,
    /// What to begin with
    #[arg(short, long, value_name = "TEMPLATE", default_value = "hello")]
    template: String,
}

pub(crate) fn run(arguments: &Arguments) -> Result<u8, Problem> {
    let name = &arguments.name;
    if !is_name(name) {
        return Err(Problem::usage(code::command::E0007, format!("`{name}` is no name for a project"))
            .help("use lower-case letters, digits, `-` and `_`, beginning with a letter"));
    }
    let template = named(&arguments.template)?;
    let folder = Path::new(name);
    // Made and not looked for first: whoever makes it in between keeps what is theirs.
    fs::create_dir(folder).map_err(|error| {
        if error.kind() == std::io::ErrorKind::AlreadyExists {
            Problem::usage(code::command::E0007, format!("there is already a file or folder `{name}`"))
                .help("choose another name; nothing is ever overwritten")
        } else {
            unwritable(folder, &error)
        }
    })?;
    let files = template.project(name);
    if let Err(problem) = files.iter().try_for_each(|(file, text)| write(folder, file, text)) {
        // The folder is new, so all that is in it is ours, and half a project is none.
        let _ = fs::remove_dir_all(folder);
        return Err(problem);
    }
    let made: Vec<&str> = files.iter().map(|(file, _)| *file).collect();
    terminal::print(&format!(
        "made {name}/ with {}\n\nnext:\n  cd {name}\n  flowc check\n  {}\n",
        made.join(", "),
        template.run
    ));
    Ok(exit::OK)
}

fn named(name: &str) -> Result<&'static Template, Problem> {
    let names = || TEMPLATES.iter().map(|template| template.name);
    TEMPLATES.iter().find(|template| template.name == name).ok_or_else(|| {
        let problem = Problem::usage(code::command::E0982, format!("there is no template `{name}`"));
        let all = names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        match nearest(name, names()) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem.help(format!("there are {all}")),
        }
    })
}

fn write(folder: &Path, file: &str, text: &str) -> Result<(), Problem> {
    let path = folder.join(file);
    let inside = Path::new(file).components().all(|part| matches!(part, Component::Normal(_)));
    let made = path.parent().filter(|_| inside).map_or(Ok(()), fs::create_dir_all);
    let written = made.and_then(|()| fs::File::create_new(&path)).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| unwritable(&path, &error))
}

fn is_name(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_'))
}

fn unwritable(path: &Path, error: &std::io::Error) -> Problem {
    let why = in_words(&error.to_string());
    Problem::usage(code::command::E0006, format!("`{}` cannot be written: {why}", path.display()))
        .help("go to a folder that you may write to")
}
