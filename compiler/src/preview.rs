//! The prompt of a step as it is sent. In: a compiled root, a step of it, and what is known of its parameters. Out: its messages in
//! pieces (fixed text, values, tags), what else a request carries, and what each of its models counts of it.
//!
//! A value that is not known stands at its declared size; a tag that nothing decides stands where it is written, with all it holds.

mod counts;
mod labels;
mod values;

pub use counts::Reader;
pub use values::{Misfit, Values};

use crate::doc::Root;
use crate::fence::defused;
use crate::plan::StepCeiling;
use crate::program::{Part, Place, Program, Slot, Step, StepId, Template, Ty};
use crate::schema;
use crate::tokens::request::tool_text;
use crate::types;
use labels::Label;
use values::Known;

/// What is sent in the first turn of a step.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The step.
    pub step: String,
    /// Where it is declared.
    pub place: Place,
    /// The messages: the system message where there is one, then the prompt.
    pub messages: Vec<Message>,
    /// The tools that are offered, in the order of the step.
    pub tools: Vec<Offer>,
    /// The schema of the answer, where a model of the step takes one.
    pub answer_schema: Option<String>,
    /// What each model counts, in the order in which the step can ask them.
    pub readers: Vec<Reader>,
}

/// A message.
#[derive(Clone, Debug)]
pub struct Message {
    /// `system` or `user`.
    pub role: &'static str,
    /// Its pieces in order.
    pub pieces: Vec<Piece>,
}

/// A piece of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text of the prompt, the marks around data included.
    Text(String),
    /// A value that is not known.
    Hole {
        /// As it is written.
        written: String,
        /// Its type, with its size.
        ty: String,
        /// Whether it stands between the marks of data.
        is_data: bool,
    },
    /// A value that is known, as it is shown.
    Value {
        /// As its hole is written.
        written: String,
        /// What stands there.
        text: String,
        /// Whether it stands between the marks of data.
        is_data: bool,
    },
    /// Begins what a tag holds that nothing decides.
    Open(String),
    /// What stands behind it where the condition does not hold.
    Else,
    /// Ends it.
    End,
    /// The instructions for the output format.
    Format(String),
}

/// A tool that a model may call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Its name.
    pub name: String,
    /// How often it may be called.
    pub calls: u64,
    /// What a request carries of it.
    pub text: String,
}

/// The preview of a step; `None` where the root has no such step.
#[must_use]
pub fn of_step(root: &Root, id: StepId, values: &Values) -> Option<Preview> {
    let program = &root.plan.program;
    let step = program.steps.get(id.index())?;
    let ceiling = root.plan.ceilings.steps.get(id.index())?;
    let written = labels::of_step(root, step);
    let mut drawing =
        Drawing { program, format: step.format.as_deref(), known: values.of(program, step), is_whole: true };
    let mut messages = Vec::new();
    for (role, template, labels) in
        [("system", step.system.as_ref(), &written.system), ("user", Some(&step.prompt), &written.prompt)]
    {
        let Some(template) = template else { continue };
        let mut pieces = Vec::new();
        drawing.parts(template, labels, &mut pieces);
        messages.push(Message { role, pieces });
    }
    let tools = offered(program, step, ceiling);
    let is_whole = drawing.is_whole;
    let readers = counts::of_step(program, step, ceiling, &tools, is_whole.then_some(&messages));
    let takes_schema = readers.iter().any(|reader| reader.answer_schema > 0);
    let answer_schema = takes_schema.then(|| schema::json_schema(&program.types, &step.result).to_string());
    Some(Preview { step: step.name.clone(), place: step.place.clone(), messages, tools, answer_schema, readers })
}

/// The tools of the first turn: none where it is the last.
fn offered(program: &Program, step: &Step, ceiling: &StepCeiling) -> Vec<Offer> {
    if ceiling.turns < 2 {
        return Vec::new();
    }
    let tools = step.tools.iter().filter_map(|(id, calls)| Some((program.tools.get(id.index())?, *calls)));
    tools
        .map(|(tool, calls)| {
            let text = tool_text(&tool.name, &tool.docs, &schema::parameters(&program.types, &tool.params));
            Offer { name: tool.name.clone(), calls, text }
        })
        .collect()
}

/// Templates to pieces.
struct Drawing<'p> {
    program: &'p Program,
    format: Option<&'p str>,
    known: Known<'p>,
    /// Whether everything so far was known.
    is_whole: bool,
}

impl Drawing<'_> {
    fn parts(&mut self, template: &Template, labels: &[Label], pieces: &mut Vec<Piece>) {
        let mut labels = labels.iter();
        for part in template {
            match part {
                // Texts that meet stay apart: a request is counted in the pieces it is rendered in.
                Part::Text(text) => pieces.push(Piece::Text(text.clone())),
                Part::Format => pieces.extend(self.format.map(|text| Piece::Format(text.to_owned()))),
                Part::Hole(expr, ty) => {
                    let value = self.known.shown(expr, ty);
                    self.value(value, ty, labels.next(), false, pieces);
                }
                Part::Data(expr, ty) => {
                    let value = self.known.shown(expr, ty).map(|text| self.known.held(&defused(&text), ty));
                    self.value(value, ty, labels.next(), true, pieces);
                }
                Part::Each { element, list, most, fit, body } => {
                    let label = labels.next();
                    let inside = label.map_or(&[][..], |label| label.then.as_slice());
                    let known = self.known.list(list).filter(|_| fit.is_none());
                    match known {
                        Some(items) => self.repeated(*element, items, body, inside, pieces),
                        None => {
                            let written = label.map_or("each", |label| label.written.as_str());
                            pieces.push(Piece::Open(format!("{written}, {most} times at most")));
                            self.is_whole = false;
                            self.known.without(*element);
                            self.parts(body, inside, pieces);
                            pieces.push(Piece::End);
                        }
                    }
                }
                Part::If { condition, then, otherwise } => {
                    let label = labels.next();
                    let (holds, fails) = label.map_or((&[][..], &[][..]), |of| (&of.then[..], &of.otherwise[..]));
                    match self.known.truth(condition) {
                        Some(true) => self.parts(then, holds, pieces),
                        Some(false) => self.parts(otherwise, fails, pieces),
                        None => {
                            self.is_whole = false;
                            pieces.push(Piece::Open(label.map_or("if", |label| label.written.as_str()).to_owned()));
                            self.parts(then, holds, pieces);
                            if !otherwise.is_empty() {
                                pieces.push(Piece::Else);
                                self.parts(otherwise, fails, pieces);
                            }
                            pieces.push(Piece::End);
                        }
                    }
                }
            }
        }
    }

    fn repeated(
        &mut self,
        element: Slot,
        items: Vec<serde_json::Value>,
        body: &Template,
        labels: &[Label],
        pieces: &mut Vec<Piece>,
    ) {
        for item in items {
            self.known.bind(element, item);
            self.parts(body, labels, pieces);
        }
        self.known.without(element);
    }

    fn value(&mut self, text: Option<String>, ty: &Ty, label: Option<&Label>, is_data: bool, pieces: &mut Vec<Piece>) {
        let written = label.map_or_else(String::new, |label| label.written.clone());
        match text {
            Some(text) => pieces.push(Piece::Value { written, text, is_data }),
            None => {
                self.is_whole = false;
                pieces.push(Piece::Hole { written, ty: types::show(ty, &self.program.types), is_data });
            }
        }
    }
}
