//! Prompts. In: a template and what it can see. Out: the segments of a message: fixed text and holes, apart.

use std::borrow::Cow;

use flow_compiler::fence::defused;
use flow_compiler::program::{Expr, Fit, Part, Slot, Template, Ty};

use crate::eval::{Evaluator, With, fit};
use crate::failure::Failure;
use crate::value::{Sizer, Value, shown};

/// A message as it was rendered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    /// Its pieces: fixed text and holes, apart.
    pub segments: Vec<String>,
    /// How many elements of lists were left out so that the rest fits.
    pub left_out: u64,
}

/// Renders a template. Segments are kept apart as they stand in the program: models in this process encode them so, and
/// then counts add.
///
/// # Errors
/// Where an expression of a hole fails.
pub fn render(template: &Template, format: Option<&str>, on: &Evaluator<'_>) -> Result<Rendered, Failure> {
    let mut made = Rendered::default();
    parts(template, format, on, &mut made)?;
    Ok(made)
}

fn parts(template: &Template, format: Option<&str>, on: &Evaluator<'_>, made: &mut Rendered) -> Result<(), Failure> {
    for part in template {
        match part {
            Part::Text(text) => made.segments.push(text.clone()),
            Part::Hole(expr, _) => {
                let value = hole(expr, on, made)?;
                made.segments.push(shown(&value, on.types));
            }
            Part::Data(expr, ty) => {
                let value = hole(expr, on, made)?;
                made.segments.push(data(shown(&value, on.types), ty, on.sizer));
            }
            Part::Each { element, list, most, fit, body } => {
                let list = on.list(list)?;
                if list.len() as u64 > *most {
                    return Err(Failure::broken(format!("a list of at most {most} has {} elements", list.len())));
                }
                let items = each(&list, *element, body, format, on)?;
                match fit {
                    Some(fit) => fitting(&list, items, fit, on, made)?,
                    None => items.into_iter().for_each(|item| made.add(item)),
                }
            }
            Part::If { condition, then, otherwise } => {
                let chosen = if on.truth(condition)? { then } else { otherwise };
                parts(chosen, format, on, made)?;
            }
            Part::Format => made.segments.extend(format.map(str::to_owned)),
        }
    }
    Ok(())
}

impl Rendered {
    fn add(&mut self, part: Rendered) {
        self.segments.extend(part.segments);
        self.left_out += part.left_out;
    }
}

/// What is repeated, for each element apart.
fn each(
    list: &[Value],
    element: Slot,
    body: &Template,
    format: Option<&str>,
    on: &Evaluator<'_>,
) -> Result<Vec<Rendered>, Failure> {
    let one = |item: &Value| {
        let surroundings = With { element, item, rest: on.surroundings };
        render(body, format, &Evaluator { surroundings: &surroundings, ..*on })
    };
    list.iter().map(one).collect()
}

/// Whole elements are left out until the rest has its size under every reader.
fn fitting(
    list: &[Value],
    items: Vec<Rendered>,
    how: &Fit,
    on: &Evaluator<'_>,
    made: &mut Rendered,
) -> Result<(), Failure> {
    let fits = |stay: &[usize]| {
        let kept = stay.iter().filter_map(|at| items.get(*at)).flat_map(|item| item.segments.iter());
        on.sizer.pieces_fit(&kept.map(String::as_str).collect::<Vec<_>>(), &how.size)
    };
    let stay = fit::kept(list, how, on, &fits)?;
    made.left_out += (items.len() - stay.len()) as u64;
    for (at, item) in items.into_iter().enumerate() {
        if stay.binary_search(&at).is_ok() {
            made.add(item);
        }
    }
    Ok(())
}

/// The value of a hole. What a list lost so that it fits is counted.
fn hole(expr: &Expr, on: &Evaluator<'_>, made: &mut Rendered) -> Result<Value, Failure> {
    let Expr::Fit(list, how) = expr else { return on.value(expr) };
    let (value, left_out) = fit::list(&on.list(list)?, how, on)?;
    made.left_out += left_out;
    Ok(value)
}

/// Data as it stands between its marks. Where it had to be changed so that it cannot end them, it is held to its size again.
fn data(text: String, ty: &Ty, sizer: &Sizer) -> String {
    match (defused(&text), ty) {
        (Cow::Borrowed(_), _) => text,
        (Cow::Owned(text), Ty::Text(size)) => sizer.cut(&text, size).to_owned(),
        (Cow::Owned(text), _) => text,
    }
}
