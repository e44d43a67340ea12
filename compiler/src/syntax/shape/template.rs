//! The shapes of prompts.

use super::Shape;
use crate::syntax::{Fit, TemplatePart};

impl Shape {
    pub(super) fn parts(&mut self, parts: &[TemplatePart]) {
        for part in parts {
            match part {
                TemplatePart::Text(text) => self.text(text),
                TemplatePart::Hole(value) => self.node("hole", |s| s.expr(value)),
                TemplatePart::Raw(value) => self.node("raw", |s| s.expr(value)),
                TemplatePart::Each { binder, list, fit, body } => self.node("each", |s| {
                    s.name(binder);
                    s.expr(list);
                    fit.iter().for_each(|fit| s.fit(fit));
                    s.parts(body);
                }),
                TemplatePart::If { condition, then, otherwise } => self.node("if", |s| {
                    s.expr(condition);
                    s.node("then", |s| s.parts(then));
                    s.node("else", |s| s.parts(otherwise));
                }),
                TemplatePart::Format(_) => self.node("format", |_| ()),
            }
        }
    }

    pub(super) fn fit(&mut self, fit: &Fit) {
        self.node("fit", |s| {
            s.literal(&fit.cap);
            s.name(&fit.by);
        });
    }
}
