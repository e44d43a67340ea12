//! `flowc fmt [FILE…]`: one layout for every file.

use std::fs;
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use flow_compiler::diagnostic::{Diagnostic, code, render};
use flow_compiler::format::format;
use flow_compiler::lex;
use flow_compiler::source::{ReadError, Source, Sources, World};

use super::check::{counted, files};
use super::disk::{Project, in_words};
use super::exit;
use super::problem::Problem;
use super::terminal::{self, Colours};

const HELP: &str = "\
There is one style and nothing to choose. Comments are kept; a file with syntax errors is left as it is, and its errors are
said. Without files, every `.flow` file of the project is laid out. A single `-` reads the standard input and prints the result.

Examples:
  flowc fmt
  flowc fmt desk.flow kb.flow
  flowc fmt --check                    in a pipeline: changes nothing, and fails where something would change
  flowc fmt - < desk.flow              in an editor

Exit codes: 0 laid out, 1 with --check: something would change, 2 has syntax errors";

/// How many lines of a file `--check` shows.
const SHOWN: usize = 3;

/// Lay flow files out in the one style
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Arguments {
    /// Flow files, or folders to look for them; without any, the whole project; `-` for the standard input
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Change nothing: list the files that would change, with the first lines of the change
    #[arg(long)]
    check: bool,
}

/// What became of a text.
enum Outcome {
    Same,
    Changed(String),
    Refused(Vec<Diagnostic>, Box<Sources>),
}

pub(crate) fn run(arguments: &Arguments, colours: Colours) -> Result<u8, Problem> {
    if arguments.files.iter().any(|file| file == Path::new("-")) {
        return standard_input(arguments, colours);
    }
    let (mut changed, mut same, mut refused) = (0, 0, 0);
    let files = files(&arguments.files)?;
    // Everything is read before anything is written: a name that is wrong changes nothing.
    let texts: Vec<_> = files.iter().map(|file| read(file)).collect::<Result<_, _>>()?;
    for (file, (name, text)) in files.iter().zip(texts) {
        let name = name.as_str();
        match text.map(|text| (lay_out(name, &text), text)) {
            Ok((Outcome::Same, _)) => same += 1,
            Ok((Outcome::Changed(made), text)) => {
                changed += 1;
                if arguments.check {
                    terminal::print(&difference(name, &text, &made));
                } else {
                    write(file, &made)?;
                    terminal::print(&format!("laid out {name}\n"));
                }
            }
            Ok((Outcome::Refused(said, sources), _)) => {
                refused += 1;
                terminal::say(&render::render(&said, &sources, colours.for_stderr()));
            }
            Err(said) => {
                refused += 1;
                terminal::say(&render::render(&[*said], &Sources::default(), colours.for_stderr()));
            }
        }
    }
    terminal::print(&summary(arguments.check, changed, same, refused));
    Ok(ending(arguments.check && changed > 0, refused > 0))
}

fn summary(check: bool, changed: usize, same: usize, refused: usize) -> String {
    let done = if check { "would change" } else { "laid out" };
    let left = if refused == 0 {
        String::new()
    } else {
        format!(", {} left as it is for its errors", counted(refused, "file"))
    };
    format!("{} {done}, {same} already in style{left}\n", counted(changed, "file"))
}

fn ending(differs: bool, refused: bool) -> u8 {
    match (refused, differs) {
        (true, _) => exit::INVALID,
        (false, true) => exit::OVER,
        (false, false) => exit::OK,
    }
}

fn standard_input(arguments: &Arguments, colours: Colours) -> Result<u8, Problem> {
    if arguments.files.len() > 1 {
        return Err(Problem::usage(code::command::E0004, "`-` stands alone")
            .help("lay files out in one call, and the standard input in another"));
    }
    let name = "standard input";
    let mut bytes = Vec::new();
    let most = Source::LARGEST as u64 + 1;
    std::io::stdin().lock().take(most).read_to_end(&mut bytes).map_err(|error| {
        Problem::usage(
            code::syntax::E0001,
            format!("the standard input cannot be read: {}", in_words(&error.to_string())),
        )
    })?;
    let outcome = lex::decode(name, bytes).map(|text| (lay_out(name, &text), text));
    let (said, sources) = match outcome {
        Ok((Outcome::Same, text)) => {
            if !arguments.check {
                terminal::print(&text);
            }
            return Ok(exit::OK);
        }
        Ok((Outcome::Changed(made), text)) => {
            terminal::print(&if arguments.check { difference(name, &text, &made) } else { made });
            return Ok(ending(arguments.check, false));
        }
        Ok((Outcome::Refused(said, sources), _)) => (said, *sources),
        Err(said) => (vec![*said], Sources::default()),
    };
    terminal::say(&render::render(&said, &sources, colours.for_stderr()));
    Ok(exit::INVALID)
}

fn lay_out(name: &str, text: &str) -> Outcome {
    let mut sources = Sources::default();
    let source = sources.add(Source::new(name, text));
    match format(source, text) {
        Ok(made) if made == text => Outcome::Same,
        Ok(made) => Outcome::Changed(made),
        Err(said) => Outcome::Refused(said, Box::new(sources)),
    }
}

/// A file's name for people, and its text or why it has none.
fn read(file: &Path) -> Result<(String, Result<String, Box<Diagnostic>>), Problem> {
    let (project, path) = Project::of_file(file)?;
    let name = project.shown(&path);
    let text = project.read(&path).map_err(|error| {
        let why = match error {
            ReadError::Missing => "there is no such file".to_owned(),
            ReadError::Unreadable(why) => why,
        };
        Box::new(Diagnostic::placeless(code::syntax::E0001, format!("`{name}` cannot be read: {why}")))
    });
    let text = text.and_then(|bytes| lex::decode(&name, bytes));
    Ok((name, text))
}

/// Puts a text in the place of a file: the file is the old one or the new one, whatever happens in between.
fn write(file: &Path, text: &str) -> Result<(), Problem> {
    let unwritable = |error: std::io::Error| {
        let why = in_words(&error.to_string());
        Problem::usage(code::command::E0006, format!("`{}` cannot be written: {why}", file.display()))
            .help("the file stays as it was; it and its folder must be yours to write to")
    };
    // A link stays a link: what it leads to is replaced.
    let file = fs::canonicalize(file).map_err(unwritable)?;
    let rights = fs::metadata(&file).map_err(unwritable)?.permissions();
    if rights.readonly() {
        return Err(unwritable(ErrorKind::PermissionDenied.into()));
    }
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let beside = file.with_file_name(format!(".{name}.{}.new", std::process::id()));
    let written = fs::File::create_new(&beside).and_then(|mut made| {
        made.write_all(text.as_bytes())?;
        made.set_permissions(rights)?;
        made.sync_all()?;
        fs::rename(&beside, &file)
    });
    written.map_err(|error| {
        let _ = fs::remove_file(&beside);
        unwritable(error)
    })
}

/// The first lines that differ.
fn difference(name: &str, text: &str, made: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (text.lines().collect(), made.lines().collect());
    let same = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let behind =
        old.iter().skip(same).rev().zip(new.iter().skip(same).rev()).take_while(|(old, new)| old == new).count();
    let mut out = format!("{name}:{}\n", same + 1);
    for (sign, lines) in [('-', &old), ('+', &new)] {
        let changed = lines.len().saturating_sub(behind + same);
        for line in lines.iter().skip(same).take(changed.min(SHOWN)) {
            out.push_str(&format!("  {sign} {line}\n"));
        }
        if changed > SHOWN {
            out.push_str(&format!("  {sign} … and {} more\n", counted(changed - SHOWN, "line")));
        }
    }
    if old == new {
        out.push_str("  the line breaks differ\n");
    }
    out
}
