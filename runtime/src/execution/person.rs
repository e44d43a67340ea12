//! A question to a person: it costs nothing but its time, and nobody answering is a `Timeout`.

use flow_compiler::cost::show_millis;
use flow_compiler::program::{Ask, Reason};
use serde_json::Value as Json;

use super::action::Asked;
use super::core::{Core, Seeing};
use super::event::Event;
use super::frame::{At, Next, Outcome};
use super::variables::VariablesId;
use crate::failure::Failure;
use crate::render::render;
use crate::value::{Source, read};

/// A question that is asked.
pub(super) struct PersonJob<'p> {
    ask: &'p Ask,
    around: VariablesId,
}

impl<'p> PersonJob<'p> {
    pub(super) fn new(ask: &'p Ask, around: VariablesId) -> PersonJob<'p> {
        PersonJob { ask, around }
    }

    pub(super) fn start(&mut self, at: &At, core: &mut Core<'p>) -> Next {
        let seeing = Seeing { core, variables: self.around, request: None };
        let text = match core.evaluating(&seeing, |on| render(&self.ask.question, None, on)) {
            Ok(rendered) => rendered.segments.concat(),
            Err(failure) => return Next::failed(failure),
        };
        let asked = Asked::Question { text, ty: self.ask.result.clone() };
        core.ask_person(at, &self.ask.role, self.ask.within_ms, asked);
        Next::Waiting
    }

    pub(super) fn event(&mut self, core: &Core<'p>, event: &Event) -> Next {
        match event {
            Event::Told { value, .. } => self.told(core, value),
            Event::Expired { .. } => {
                let within = show_millis(self.ask.within_ms);
                let detail = format!("nobody of `{}` answered within {within}", self.ask.role);
                Next::failed(Failure::new(Reason::Timeout, detail))
            }
            Event::Refused { scope, detail, .. } => Next::failed(Failure::refused(*scope == 0, detail)),
            Event::Started
            | Event::Answered { .. }
            | Event::Embedded { .. }
            | Event::Faulted { .. }
            | Event::Returned { .. }
            | Event::Broken { .. }
            | Event::Looked { .. }
            | Event::Counted { .. }
            | Event::Over { .. }
            | Event::Approved { .. }
            | Event::Denied { .. }
            | Event::Lost { .. }
            | Event::Unsent { .. }
            | Event::Resumed
            | Event::Elapsed { .. }
            | Event::Halted { .. } => Next::Waiting,
        }
    }

    /// It was checked when it was given; whatever else is in a journal does not become a value.
    fn told(&self, core: &Core<'p>, value: &Json) -> Next {
        match read(value, &self.ask.result, "", &core.types, &core.sizer, Source::Input) {
            Ok(value) => Next::Done(Outcome::Value(value)),
            Err(misfit) => {
                let detail = format!("the answer of `{}` is not of its type: {misfit}", self.ask.role);
                Next::failed(Failure::new(Reason::Invalid, detail))
            }
        }
    }
}
