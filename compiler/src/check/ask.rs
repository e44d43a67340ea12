//! `ask person`: a question to a person, and the answer as a value. In: the question as written. Out: a node that waits.

use super::lower::{Lower, Typed, Within};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::check as code;
use crate::program::{self, NodeKind, Ty};
use crate::source::Span;
use crate::syntax;

impl Lower<'_, '_> {
    /// `ask person("support-lead", within 4h) -> Bool "Is it urgent? {t.body}"`
    pub(super) fn ask_person(&mut self, ask: &syntax::Ask, span: Span) -> Typed {
        let role = self.checker.quoted(&ask.role, "a role", "who is asked");
        let within_ms = self.checker.millis(&ask.within);
        let result = self.checker.ty(&ask.result, self.file);
        let question = match &ask.question {
            Some(template) => Some(self.question_text(template)),
            None => {
                let diagnostic = Diagnostic::error(code::E0602, span, "nothing is asked").label("no question");
                self.checker.say(
                    diagnostic
                        .help("write the question behind the type, in quotes: `-> Bool \"Is it urgent? {t.body}\"`"),
                );
                None
            }
        };
        if self.within != Within::Flow {
            self.checker.error(code::E0708, span, "only flows ask people", "nobody can be waited for here");
            return Typed::unknown();
        }
        if !self.allows_effect(span) {
            return Typed::unknown();
        }
        let (Some(role), Some(within_ms), Some(question)) = (role, within_ms, question) else {
            return Typed::null(if result == Ty::Unknown { Ty::Unknown } else { result });
        };
        let made = program::Ask { role, within_ms, question, result: result.clone() };
        self.node(span, NodeKind::Ask(Box::new(made)), result)
    }

    fn question_text(&mut self, template: &syntax::Template) -> program::Template {
        let lowered = self.template(template);
        if let Some(at) = lowered.formats.first() {
            self.checker.error(code::E0608, *at, "`{format}` in a question to a person", "a person is shown a form");
        }
        lowered.parts
    }
}
