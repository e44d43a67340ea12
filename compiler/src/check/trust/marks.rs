//! Marks around data. In: a template where every hole of text that is not `raw` may be data. Out: the same with marks around
//! what is untrusted, on lines of their own where the hole stands alone on its line, and plain holes for the rest.

use super::{carries_text, takes};
use crate::fence::{CLOSE, OPEN};
use crate::program::{Expr, Part, Slot, Template, Ty, Types};

/// What the slots of a template hold.
struct Seen<'t> {
    types: &'t Types,
    read: &'t dyn Fn(Slot) -> bool,
    /// The elements of the lists around.
    elements: Vec<(Slot, bool)>,
}

impl Seen<'_> {
    fn takes(&self, expr: &Expr) -> bool {
        let read = |slot: Slot| match self.elements.iter().rev().find(|(element, _)| *element == slot) {
            Some((_, untrusted)) => *untrusted,
            None => (self.read)(slot),
        };
        takes(expr, &read)
    }

    fn is_untrusted(&self, expr: &Expr, ty: &Ty) -> bool {
        carries_text(ty, self.types, super::DEEPEST) && self.takes(expr)
    }
}

/// The template with its marks.
pub(super) fn marked(template: Template, types: &Types, read: &dyn Fn(Slot) -> bool) -> Template {
    let mut seen = Seen { types, read, elements: Vec::new() };
    seen.marked(template, Sides { begins: true, ends: true })
}

/// Whether a line begins before the first part of a template, and ends behind its last one.
#[derive(Clone, Copy)]
struct Sides {
    begins: bool,
    ends: bool,
}

impl Seen<'_> {
    fn marked(&mut self, template: Template, sides: Sides) -> Template {
        let mut made = Template::new();
        let mut parts = template.into_iter().peekable();
        let mut begins = sides.begins;
        while let Some(part) = parts.next() {
            let ends = parts.peek().map_or(sides.ends, starts_new_line);
            let next_begins = ends_line(&part);
            match part {
                Part::Text(text) => push_text(&mut made, &text),
                Part::Data(expr, ty) if self.is_untrusted(&expr, &ty) => {
                    let line = if begins && ends { "\n" } else { "" };
                    push_text(&mut made, &format!("{OPEN}{line}"));
                    made.push(Part::Data(expr, ty));
                    push_text(&mut made, &format!("{line}{CLOSE}"));
                }
                Part::Data(expr, ty) | Part::Hole(expr, ty) => made.push(Part::Hole(expr, ty)),
                Part::Each { element, list, most, fit, body } => {
                    self.elements.push((element, self.takes(&list)));
                    let begins = begins && body.last().is_some_and(ends_line);
                    let body = self.marked(body, Sides { begins, ends: false });
                    self.elements.pop();
                    made.push(Part::Each { element, list, most, fit, body });
                }
                Part::If { condition, then, otherwise } => {
                    let sides = Sides { begins, ends: false };
                    let then = self.marked(then, sides);
                    made.push(Part::If { condition, then, otherwise: self.marked(otherwise, sides) });
                }
                Part::Format => made.push(Part::Format),
            }
            begins = next_begins;
        }
        made
    }
}

/// Fixed texts that meet are one.
fn push_text(made: &mut Template, text: &str) {
    match made.last_mut() {
        Some(Part::Text(before)) => before.push_str(text),
        _ => made.push(Part::Text(text.to_owned())),
    }
}

fn starts_new_line(part: &Part) -> bool {
    matches!(part, Part::Text(text) if text.starts_with('\n'))
}

fn ends_line(part: &Part) -> bool {
    match part {
        Part::Text(text) => text.ends_with('\n'),
        Part::Each { body, .. } => body.last().is_some_and(ends_line),
        Part::If { then, otherwise, .. } => {
            then.last().is_some_and(ends_line) && otherwise.last().is_none_or(ends_line)
        }
        Part::Hole(..) | Part::Data(..) | Part::Format => false,
    }
}

/// For each hole of a template in its order, whether it shows text from outside.
pub(super) fn untrusted_holes(template: &Template, types: &Types, read: &dyn Fn(Slot) -> bool) -> Vec<bool> {
    let mut seen = Seen { types, read, elements: Vec::new() };
    let mut found = Vec::new();
    seen.holes(template, &mut found);
    found
}

impl Seen<'_> {
    fn holes(&mut self, template: &Template, found: &mut Vec<bool>) {
        for part in template {
            match part {
                Part::Hole(expr, ty) | Part::Data(expr, ty) => found.push(self.is_untrusted(expr, ty)),
                Part::Each { element, list, body, .. } => {
                    self.elements.push((*element, self.takes(list)));
                    self.holes(body, found);
                    self.elements.pop();
                }
                Part::If { then, otherwise, .. } => {
                    self.holes(then, found);
                    self.holes(otherwise, found);
                }
                Part::Text(_) | Part::Format => {}
            }
        }
    }
}
