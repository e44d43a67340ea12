//! Where a cap is written. In: the syntax, and a change to make. Out: the text to replace and what to put there.

use super::report::{Advice, Cap};
use crate::source::{Sources, Span};
use crate::syntax::{File, ItemKind, StepClauseKind, StepDecl};

/// The texts that a program was made from; empty where there are none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Texts<'a> {
    pub files: &'a [File],
    pub sources: &'a Sources,
}

impl Texts<'_> {
    /// The edit that makes a change, where one is enough.
    pub(super) fn edit(&self, advice: &Advice) -> Option<(Span, String)> {
        let value = || advice.change.rsplit_once("<= ").map(|(_, value)| value.to_owned());
        if advice.cap == Cap::Loop {
            return Some((self.loop_cap(advice.place.span)?, value()?));
        }
        let step = self.step(advice.place.span)?;
        let word = advice.change.split_once(' ').map(|(word, _)| word)?;
        step.clauses.iter().find_map(|clause| match (&clause.kind, advice.cap) {
            (StepClauseKind::On(_), Cap::Rungs) => Some((clause.span, advice.change.clone())),
            (StepClauseKind::Retry(cap), Cap::Retry)
            | (StepClauseKind::Repair(cap), Cap::Repair)
            | (StepClauseKind::Input(cap), Cap::Input)
            | (StepClauseKind::Output(cap), Cap::Output)
            | (StepClauseKind::Think(cap), Cap::Think)
            | (StepClauseKind::Time(cap), Cap::Time)
            | (StepClauseKind::Turns { cap, .. }, Cap::Turns) => Some((cap.span, value()?)),
            (StepClauseKind::Tools(tools), Cap::Tool(_)) => {
                let (_, cap) = tools.iter().find(|(name, _)| name.text == word)?;
                Some((cap.span, value()?))
            }
            _ => None,
        })
    }

    fn step(&self, name: Span) -> Option<&StepDecl> {
        let items = self.files.iter().flat_map(|file| &file.items);
        items
            .filter_map(|item| if let ItemKind::Step(step) = &item.kind { Some(step) } else { None })
            .find(|step| step.name.span == name)
    }

    /// The number in `loop <= 2 { … }`.
    fn loop_cap(&self, whole: Span) -> Option<Span> {
        let text = self.sources.slice(whole).strip_prefix("loop")?;
        let after = text.trim_start().strip_prefix("<=")?.trim_start();
        let start = self.sources.slice(whole).len() - after.len();
        let length = after.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(after.len());
        let from = whole.range().start + start;
        (length > 0).then(|| Span::new(whole.source, from..from + length))
    }
}
