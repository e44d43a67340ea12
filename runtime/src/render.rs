//! Prompts. In: a template and what it can see. Out: the segments of a message: fixed text and holes, apart.

use flow_compiler::program::{Part, Template};

use crate::eval::{Evaluator, With};
use crate::failure::Failure;
use crate::value::shown;

/// Renders a template. Segments are kept apart as they stand in the program: models in this process encode them so, and
/// then counts add.
///
/// # Errors
/// Where an expression of a hole fails.
pub fn render(template: &Template, format: Option<&str>, on: &Evaluator<'_>) -> Result<Vec<String>, Failure> {
    let mut segments = Vec::new();
    parts(template, format, on, &mut segments)?;
    Ok(segments)
}

fn parts(
    template: &Template,
    format: Option<&str>,
    on: &Evaluator<'_>,
    segments: &mut Vec<String>,
) -> Result<(), Failure> {
    for part in template {
        match part {
            Part::Text(text) => segments.push(text.clone()),
            Part::Hole(expr, _) => segments.push(shown(&on.value(expr)?, on.types)),
            Part::Each { element, list, most, body } => {
                let list = on.list(list)?;
                if list.len() as u64 > *most {
                    return Err(Failure::broken(format!("a list of at most {most} has {} elements", list.len())));
                }
                for item in list.iter() {
                    let surroundings = With { element: *element, item, rest: on.surroundings };
                    parts(body, format, &Evaluator { surroundings: &surroundings, ..*on }, segments)?;
                }
            }
            Part::If { condition, then, otherwise } => {
                let chosen = if on.truth(condition)? { then } else { otherwise };
                parts(chosen, format, on, segments)?;
            }
            Part::Format => segments.extend(format.map(str::to_owned)),
        }
    }
    Ok(())
}
