//! `flowc prompt FILE [STEP]`: the prompt of a step as it is sent, white space visible, and what each model counts of it.

mod given;
mod json;
mod text;

use std::path::PathBuf;

use clap::ValueEnum;
use flow_compiler::diagnostic::{code, nearest, render};
use flow_compiler::preview;
use flow_compiler::program::{Program, Step, StepId};

use super::analysis;
use super::disk::Project;
use super::exit;
use super::problem::Problem;
use super::terminal::{self, Colours};

const HELP: &str = "\
Values stand at their declared sizes, between `‹` and `›`, and so do tags that nothing decides; with --input or --set they are shown as
they are sent. `¶` is a line break, `→` a tab, and `·` a space where it is easily missed: at the ends of a line, or beside another one.
What is counted is the request of the first turn.

Examples:
  flowc prompt desk.flow                           the only step, or the list of them
  flowc prompt desk.flow solve
  flowc prompt desk.flow solve --input '{\"q\": {\"topic\": \"Bug\", \"ask\": \"Why?\"}}'
  flowc prompt desk.flow solve --set q.topic=Bug   the rest at its size
  flowc prompt desk.flow solve --format json";

/// Show the prompt of a step as it is sent, and what each model counts of it
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Arguments {
    /// The flow file
    file: PathBuf,
    /// The step; without it, the only one
    step: Option<String>,
    /// Values for parameters of the step: JSON, @FILE, or - for the standard input
    #[arg(long, value_name = "JSON|@FILE|-")]
    input: Option<String>,
    /// One value, as often as there are values to set: JSON, or a word
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One object: the schema flow.prompt.v1
    Json,
}

pub(crate) fn run(arguments: &Arguments, colours: Colours) -> Result<u8, Problem> {
    let (project, name) = Project::of_file(&arguments.file)?;
    let (analysis, root) = analysis::analyse_root(&project, &name);
    terminal::say(&render::render(&analysis.diagnostics, &analysis.sources, colours.for_stderr()));
    let Some(root) = root else { return Ok(exit::of(analysis.verdict())) };
    let program = &root.plan.program;
    let id = pick(program, &name, arguments.step.as_deref())?;
    let Some(step) = program.steps.get(id.index()) else { return Ok(exit::OK) };
    let values = given::values(program, step, arguments.input.as_deref(), &arguments.set)?;
    let Some(preview) = preview::of_step(&root, id, &values) else { return Ok(exit::OK) };
    terminal::print(&match arguments.format {
        Format::Text => text::shown(&preview, &project.shown(&preview.place.file), colours.on_stdout()),
        Format::Json => format!("{:#}\n", json::object(&preview)),
    });
    Ok(exit::OK)
}

/// The step that is meant: of its name in the file itself, else the only one of its name in what it imports.
fn pick(program: &Program, file: &str, named: Option<&str>) -> Result<StepId, Problem> {
    let all = || (0u32..).map(StepId).zip(&program.steps);
    let own: Vec<(StepId, &Step)> = all().filter(|(_, step)| step.place.file == file).collect();
    let shown = if own.is_empty() { all().collect() } else { own };
    let Some(name) = named else {
        return match shown.as_slice() {
            [(only, _)] => Ok(*only),
            [] => Err(Problem::usage(code::command::E0041, "the file has no step")
                .help("name a file that declares a `step`, or imports one")),
            several => Err(Problem::usage(code::command::E0041, "the file has several steps")
                .help(format!("name one of {}", names(several.iter().map(|(_, step)| *step))))),
        };
    };
    if let Some((id, _)) = shown.iter().find(|(_, step)| step.name == name) {
        return Ok(*id);
    }
    let found: Vec<(StepId, &Step)> = all().filter(|(_, step)| step.name == name).collect();
    match found.as_slice() {
        [(only, _)] => Ok(*only),
        [] => {
            let problem = Problem::usage(code::command::E0041, format!("there is no step `{name}` in the file"));
            Err(match nearest(name, program.steps.iter().map(|step| step.name.as_str())) {
                Some(near) => problem.help(format!("did you mean `{near}`?")),
                None if program.steps.is_empty() => problem.help("it declares none, and imports none"),
                None => problem.help(format!("name one of {}", names(program.steps.iter()))),
            })
        }
        several => {
            let files: Vec<String> = several.iter().map(|(_, step)| format!("`{}`", step.place.file)).collect();
            Err(Problem::usage(code::command::E0041, format!("there are {} steps `{name}`", several.len()))
                .help(format!("they are declared in {}", files.join(" and "))))
        }
    }
}

fn names<'p>(steps: impl Iterator<Item = &'p Step>) -> String {
    let mut names: Vec<String> = steps.map(|step| format!("`{}`", step.name)).collect();
    names.dedup();
    names.join(", ")
}
