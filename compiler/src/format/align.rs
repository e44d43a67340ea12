//! What stands in columns: the words of clauses, the `=` of neighbouring tiers and bindings, the `=>` of neighbouring arms.

use std::ops::Range;

use super::WIDTH;
use super::prepared::{Flags, Tokens};
use crate::lex::Kind;

/// What a clause says stands in this column of its body.
const CLAUSES: usize = 8;

impl Tokens<'_> {
    /// Sets what clauses say apart from their words, where a body has several. The column does not depend on the words, so that
    /// a new clause moves no other line.
    pub(super) fn stand_in_columns(&mut self) {
        for open in 0..self.all.len() {
            if !self.get(open).flags.has(Flags::BODY) {
                continue;
            }
            let parts = self.parts(open + 1..self.get(open).close);
            let clauses: Vec<usize> = parts.into_iter().filter(|part| self.is_clause(part)).map(|part| part.start).collect();
            if clauses.len() < 2 {
                continue;
            }
            for word in clauses {
                self.all[word + 1].gap = CLAUSES.saturating_sub(self.get(word).text.len()).max(1);
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
        let mut run: Vec<(Range<usize>, usize)> = Vec::new();
        let mut sort = None;
        for part in parts {
            let sign = self.sign(part, indent);
            let next = sign.map(|(sort, _)| sort);
            // A comment behind the line before does not part it from this one.
            let first = self.get(part.start);
            let apart = first.blank || first.comments.iter().any(|comment| comment.own_line || comment.blank);
            if next != sort || apart {
                self.align_run(&run, indent);
                run.clear();
            }
            sort = next;
            if let Some((_, at)) = sign {
                run.push((part.clone(), at));
            }
        }
        self.align_run(&run, indent);
    }

    fn align_run(&mut self, run: &[(Range<usize>, usize)], indent: usize) {
        let width = |tokens: &Self, (part, sign): &(Range<usize>, usize)| tokens.width(&(part.start..*sign));
        let widest = run.iter().map(|line| width(self, line)).max().unwrap_or(0);
        let fits = run.iter().all(|line| indent + self.width(&line.0) + widest - width(self, line) <= WIDTH);
        if run.len() < 2 || !fits {
            return;
        }
        for line in run {
            self.all[line.1].gap = 1 + widest - width(self, line);
        }
    }

    /// The sign of a part that fits on a line, and its sort; parts of one sort stand in columns.
    fn sign(&self, part: &Range<usize>, indent: usize) -> Option<(&'static str, usize)> {
        if self.is_rough(part) || self.is_tall(part) || indent + self.width(part) > WIDTH {
            return None;
        }
        let first = part.start + usize::from(self.is_word(part.start, "pub"));
        let (sort, sign) = match self.get(first).text {
            "tier" => ("tier", Kind::Equal),
            "alias" => ("alias", Kind::Equal),
            "const" => ("const", Kind::Equal),
            "index" => ("index", Kind::Equal),
            "let" | "var" if self.get(first + 2).kind == Kind::Equal => ("let", Kind::Equal),
            _ => ("arm", Kind::FatArrow),
        };
        let mut at = part.start + 1;
        while at < part.end {
            if self.get(at).kind == sign {
                return Some((sort, at));
            }
            at = self.next(at);
        }
        None
    }
}
