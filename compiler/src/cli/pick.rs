//! Which flow of a file is meant: the one that is named, the only one, or the only public one.

use flow_compiler::diagnostic::{code, nearest};

use super::problem::Problem;

/// The index of the flow that is meant. `about` tells the name of a flow and whether it is public.
pub(crate) fn flow<T>(flows: &[T], named: Option<&str>, about: impl Fn(&T) -> (&str, bool)) -> Result<usize, Problem> {
    let names = || flows.iter().map(|flow| about(flow).0);
    let Some(name) = named else {
        let public: Vec<usize> = (0..flows.len()).filter(|index| about(&flows[*index]).1).collect();
        return match (flows.len(), public.as_slice()) {
            (1, _) => Ok(0),
            (_, [only]) => Ok(*only),
            (0, _) => Err(no_flow()),
            _ => Err(Problem::usage(code::command::E0008, "the file has several flows").help(choices(names()))),
        };
    };
    names().position(|known| known == name).ok_or_else(|| {
        let problem = Problem::usage(code::command::E0008, format!("there is no flow `{name}` in the file"));
        match nearest(name, names()) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem.help(choices(names())),
        }
    })
}

/// A file without flows where one is wanted.
pub(crate) fn no_flow() -> Problem {
    Problem::usage(code::command::E0008, "the file has no flow").help("name a file that declares a `flow`")
}

fn choices<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.map(|name| format!("`--flow {name}`")).collect();
    format!("choose one: {}", names.join(", "))
}
