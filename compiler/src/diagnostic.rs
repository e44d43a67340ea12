//! What the compiler has to say: plain data. [`render`] draws it, the writers beside it serialise it.

pub mod code;
pub mod github;
pub mod json;
pub mod remedy;
pub mod render;
pub mod report;
pub mod sarif;

pub use code::Code;

use crate::source::Span;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth a look; nothing is withheld.
    Warning,
    /// The plan is withheld.
    Error,
}

/// One thing to say about the program: what, where, and what now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its code, which has a page.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence in lower case without a full stop, the user's text in backticks.
    pub message: String,
    /// The place it is about; `None` where it is about no text, as a missing file.
    pub span: Option<Span>,
    /// What to write under the places: the first is the place it is about.
    pub labels: Vec<Label>,
    /// What to do now, the best first.
    pub help: Vec<String>,
    /// An edit that repairs it.
    pub fix: Option<Fix>,
}

/// A note under a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What to write under it.
    pub text: String,
}

/// An edit that can be applied as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as an imperative: `write the size`.
    pub title: String,
    /// The text to replace; empty to insert.
    pub span: Span,
    /// What to put there.
    pub replacement: String,
}

impl Diagnostic {
    /// An error at a place.
    #[must_use]
    pub fn error(code: Code, span: Span, message: impl Into<String>) -> Self {
        Diagnostic {
            code,
            severity: Severity::Error,
            message: message.into(),
            span: Some(span),
            labels: Vec::new(),
            help: Vec::new(),
            fix: None,
        }
    }

    /// A warning at a place.
    #[must_use]
    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Self {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, span, message) }
    }

    /// An error about no place in a text.
    #[must_use]
    pub fn placeless(code: Code, message: impl Into<String>) -> Self {
        Diagnostic { span: None, ..Diagnostic::error(code, Span::default(), message) }
    }

    /// Writes `text` under the place it is about.
    #[must_use]
    pub fn label(self, text: impl Into<String>) -> Self {
        match self.span {
            Some(span) => self.label_at(span, text),
            None => self,
        }
    }

    /// Writes `text` under another place.
    #[must_use]
    pub fn label_at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Says what to do now.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// Offers an edit that repairs it.
    #[must_use]
    pub fn fix(mut self, title: impl Into<String>, span: Span, replacement: impl Into<String>) -> Self {
        self.fix = Some(Fix { title: title.into(), span, replacement: replacement.into() });
        self
    }

    /// What to do now, for people: its help or, where it has none, what its edit does.
    #[must_use]
    pub fn advice(&self) -> Vec<&str> {
        if self.help.is_empty() {
            return self.fix.iter().map(|fix| fix.title.as_str()).collect();
        }
        self.help.iter().map(String::as_str).collect()
    }

    /// The edit that a program may make without asking: it repairs the slip and guesses nothing. Edits that choose a size, a unit or
    /// a budget, cut a value or publish a declaration are shown and left to the author.
    #[must_use]
    pub fn sure_fix(&self) -> Option<&Fix> {
        let asks = ["E0201", "E0305", "E0405", "E0501", "E0502", "E0503", "E0104", "W0714"];
        let names_a_size = |fix: &Fix| self.code.as_str() == "E0301" && fix.replacement.contains([' ', '<']);
        if asks.contains(&self.code.as_str()) {
            return None;
        }
        self.fix.as_ref().filter(|fix| !names_a_size(fix))
    }

    /// Whether it withholds the plan.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// A value and what was found wrong on the way to it. Every phase returns one; none of them stops.
#[derive(Clone, Debug, Default)]
pub struct Checked<T> {
    /// The value, whole as far as it could be made.
    pub value: T,
    /// What to say about it.
    pub diagnostics: Vec<Diagnostic>,
}

impl<T> Checked<T> {
    /// Goes on with the value and keeps what was said.
    pub fn and_then<U>(mut self, phase: impl FnOnce(T) -> Checked<U>) -> Checked<U> {
        let mut next = phase(self.value);
        self.diagnostics.append(&mut next.diagnostics);
        Checked { value: next.value, diagnostics: self.diagnostics }
    }

    /// Whether something withholds the plan.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// The candidate nearest to what was typed, if one is near enough to have been meant: by its letters, else as the only one that
/// begins with four letters or more that were typed.
pub fn nearest<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = typed.to_lowercase();
    let length = folded.chars().count();
    let limit = (length / 3).max(1);
    let mut best: Option<(usize, &str)> = None;
    let mut longer = None;
    let mut longer_count = 0_usize;
    for candidate in candidates.into_iter().filter(|candidate| *candidate != typed) {
        if length >= 4 && candidate.get(..typed.len()).is_some_and(|head| head.eq_ignore_ascii_case(typed)) {
            longer = Some(candidate);
            longer_count += 1;
        }
        // A distance is never below the difference of lengths, so most candidates need no comparison.
        if candidate.chars().count().abs_diff(length) > limit {
            continue;
        }
        let is_folded = candidate.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
        let distance = if is_folded {
            strsim::damerau_levenshtein(&folded, candidate)
        } else {
            strsim::damerau_levenshtein(&folded, &candidate.to_lowercase())
        };
        // A name of one letter is not like another one of one letter.
        if distance <= limit && distance < length && best.is_none_or(|best| (distance, candidate) < best) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, name)| name).or(longer.filter(|_| longer_count == 1))
}

#[cfg(test)]
pub(crate) mod tests;
