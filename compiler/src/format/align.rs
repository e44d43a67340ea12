//! What stands in columns: the words of clauses, the `=` of neighbouring tiers and bindings, the `=>` of neighbouring arms.

use std::ops::Range;

use super::WIDTH;
use super::prepared::{Flags, Tokens};
use crate::lex::Kind;

/// What a clause says stands in this column of its body.
const CLAUSES: usize = 8;
/// What the clauses of a test say stands in this one: their words are `given`, `run` and `then`.
const EXAM: usize = 6;

impl Tokens<'_> {
    /// Sets what clauses say apart from their words, where a body has several. The column does not depend on the words, so that
    /// a new clause moves no other line.
    pub(super) fn stand_in_columns(&mut self) {
        for open in 0..self.all.len() {
            if !self.get(open).flags.has(Flags::BODY) {
                continue;
            }
            let parts = self.parts(open + 1..self.get(open).close);
            let clauses: Vec<usize> =
                parts.into_iter().filter(|part| self.is_clause(part)).map(|part| part.start).collect();
            if clauses.len() < 2 {
                continue;
            }
            let column =
                if self.is_word(clauses[0], "given") || self.is_word(clauses[0], "run") { EXAM } else { CLAUSES };
            for word in clauses {
                self.all[word + 1].gap = column.saturating_sub(self.get(word).text.len()).max(1);
            }
        }
    }

    /// Whether this is a word and what it says.
    fn is_clause(&self, part: &Range<usize>) -> bool {
        let (word, said) = (self.get(part.start), self.get(part.start + 1));
        word.flags.has(Flags::CLAUSE) && word.kind == Kind::Word && part.len() > 1 && !said.flags.has(Flags::TALL)
    }

    /// The column of what a clause says, where it stands in one.
    pub(super) fn column(&self, part: &Range<usize>) -> Option<usize> {
        let word = self.get(part.start);
        let padded = self.is_clause(part) && self.get(part.start + 1).gap > 1;
        padded.then(|| word.text.len() + self.get(part.start + 1).gap)
    }

    /// Moves the signs of neighbouring parts below each other. The parts stand at this indentation.
    pub(super) fn align(&mut self, parts: &[Range<usize>], indent: usize) {
        let mut run: Vec<Signed> = Vec::new();
        for part in parts {
            let signed = self.signed(part, indent);
            // A comment behind the line before does not part it from this one.
            let first = self.get(part.start);
            let apart = first.blank || first.comments.iter().any(|comment| comment.own_line || comment.blank);
            let goes_on = |last: &Signed| signed.as_ref().is_some_and(|next| next.sort == last.sort) && last.is_line;
            if apart || !run.last().is_some_and(goes_on) {
                self.align_run(&run, indent);
                run.clear();
            }
            run.extend(signed);
        }
        self.align_run(&run, indent);
    }

    fn align_run(&mut self, run: &[Signed], indent: usize) {
        let widest = run.iter().map(|line| line.head).max().unwrap_or(0);
        let fits = run.iter().all(|line| !line.is_line || indent + line.width + widest - line.head <= WIDTH);
        if run.len() < 2 || !fits {
            return;
        }
        for line in run {
            self.all[line.sign].gap = 1 + widest - line.head;
        }
    }

    /// A part with the sign that stands in a column.
    fn signed(&self, part: &Range<usize>, indent: usize) -> Option<Signed> {
        let first = part.start + usize::from(self.is_word(part.start, "pub"));
        let (sort, kind) = match self.get(first).text {
            "tier" => ("tier", Kind::Equal),
            "alias" => ("alias", Kind::Equal),
            "const" => ("const", Kind::Equal),
            "index" => ("index", Kind::Equal),
            "let" | "var" if self.get(first + 2).kind == Kind::Equal => ("let", Kind::Equal),
            _ => ("arm", Kind::FatArrow),
        };
        let mut sign = part.start + 1;
        while self.get(sign).kind != kind {
            sign = self.next(sign);
            if sign >= part.end {
                return None;
            }
        }
        let head = part.start..sign;
        let is_line = !self.is_rough(part) && !self.is_tall(part) && indent + self.width(part) <= WIDTH;
        // A binding may go on below its line; arms of several lines stand for themselves.
        if self.is_rough(&head) || !is_line && sort != "let" {
            return None;
        }
        Some(Signed { sort, sign, head: self.width(&head), width: self.width(part), is_line })
    }
}

/// A part with a sign that may stand in a column.
struct Signed {
    /// Parts of one sort stand in columns.
    sort: &'static str,
    /// The token of the sign.
    sign: usize,
    /// How wide it is before the sign.
    head: usize,
    /// How wide it is.
    width: usize,
    /// Whether it is one line.
    is_line: bool,
}
