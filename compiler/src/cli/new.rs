//! `flowc new NAME`: a project that checks and runs without a key.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use flow_compiler::diagnostic::code;

use super::disk::in_words;
use super::problem::Problem;
use super::{exit, terminal};

/// The files of a new project; `NAME` in them is the project's name.
const FILES: [(&str, &str); 4] = [
    ("flow.toml", include_str!("new/flow.toml")),
    ("main.flow", include_str!("new/main.flow")),
    ("input.json", include_str!("new/input.json")),
    ("README.md", include_str!("new/README.md")),
];

/// Make a project that checks and runs without a key
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  flowc new support && cd support && flowc check")]
pub(crate) struct Arguments {
    /// The name of the project and of its folder: lower-case letters, digits, `-` and `_`
    name: String,
}

pub(crate) fn run(arguments: &Arguments) -> Result<u8, Problem> {
    let name = &arguments.name;
    if !is_name(name) {
        return Err(Problem::usage(code::command::E0007, format!("`{name}` is no name for a project"))
            .help("use lower-case letters, digits, `-` and `_`, beginning with a letter"));
    }
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
    for (file, text) in FILES {
        let path = folder.join(file);
        let written =
            fs::File::create_new(&path).and_then(|mut file| file.write_all(text.replace("NAME", name).as_bytes()));
        written.map_err(|error| unwritable(&path, &error))?;
    }
    terminal::print(&format!(
        "made {name}/ with {}\n\nnext:\n  cd {name}\n  flowc check\n  flow run main.flow --input @input.json\n",
        FILES.map(|(file, _)| file).join(", ")
    ));
    Ok(exit::OK)
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
