//! `flowc doc [FILE…] -o DIR`: a project as HTML.

mod folder;

use std::path::{Path, PathBuf};

use flow_compiler::bound::Verdict;
use flow_compiler::diagnostic::{code, render};
use flow_compiler::doc::pages;

use super::analysis::{Models, analyse_root};
use super::disk::{Project, flows_under};
use super::exit;
use super::problem::Problem;
use super::terminal::{self, Colours};
use folder::Folder;

const HELP: &str = "\
Without files, the whole project is documented: every `.flow` file of the nearest folder with a `flow.toml`, looking upwards. The pages need
no network and no script. A folder that `flowc doc` wrote before is written anew; any other folder that holds something is left as
it is.

Examples:
  flowc doc -o site
  flowc doc desk.flow -o /tmp/desk && xdg-open /tmp/desk/index.html";

/// Write the documentation of a project as HTML
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Arguments {
    /// Flow files of one project; without any, the whole project
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The folder to write
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
}

pub(crate) fn run(arguments: &Arguments, colours: Colours) -> Result<u8, Problem> {
    // Looked at first: whoever named the wrong folder does not wait for a compilation.
    let folder = Folder::open(&arguments.output)?;
    let (project, names) = files(&arguments.files)?;
    let mut roots = Vec::new();
    let mut worst = Verdict::Ok;
    for name in &names {
        let (analysis, root) = analyse_root(&project, name);
        worst = worst.max(analysis.verdict());
        if analysis.is_broken() {
            terminal::say(&render::render(&analysis.diagnostics, &analysis.sources, colours.for_stderr()));
        }
        roots.extend(root);
    }
    if roots.len() < names.len() {
        terminal::say("nothing was written: what does not hold has no documentation\n");
        return Ok(exit::of(worst));
    }
    let title = Models::of(&project).name.unwrap_or_else(|| project.folder_name());
    let pages = pages(&title, &roots);
    folder.write(&pages)?;
    let index = arguments.output.join("index.html");
    terminal::say(&format!("wrote {} files; open {}\n", pages.len(), index.display()));
    Ok(exit::OK)
}

/// The project that is meant, and its files by their path from its root.
fn files(named: &[PathBuf]) -> Result<(Project, Vec<String>), Problem> {
    if named.is_empty() {
        let project = Project::around(Path::new("."));
        let found = flows_under(&project.shown_root());
        let of = found.iter().filter_map(|file| Project::of_file(file).ok()).filter(|(of, _)| *of == project);
        let names: Vec<String> = of.map(|(_, name)| name).collect();
        if names.is_empty() {
            return Err(Problem::usage(code::command::E0005, "there is no `.flow` file in this project")
                .help("name a flow file, or make a project with `flowc new NAME`"));
        }
        return Ok((project, names));
    }
    let mut found: Option<Project> = None;
    let mut names = Vec::new();
    for file in named {
        let (project, name) = Project::of_file(file)?;
        if found.as_ref().is_some_and(|first| *first != project) {
            let message = format!("`{}` is of another project than the file before it", file.display());
            return Err(Problem::usage(code::command::E0980, message)
                .help("write the documentation of each project on its own"));
        }
        found = Some(project);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    found.map(|project| (project, names)).ok_or_else(|| Problem::usage(code::command::E0005, "no file was named"))
}
