//! Lines that are too long, or hold what needs lines of its own. First braces open, then the line breaks before its loosest
//! operators, then its last brackets open.

use std::ops::Range;

use super::WIDTH;
use super::layout::{Blank, Layout, STEP};
use super::prepared::Flags;
use crate::lex::Kind;

impl Layout<'_> {
    /// Writes a range where the text stands; `reserve` is how much more comes on its last line.
    pub(super) fn split(&mut self, range: Range<usize>, reserve: usize) {
        if self.fits(&range, reserve) {
            return self.flat(range);
        }
        let braces = self.braces_to_open(&range);
        if !braces.is_empty() {
            return self.open_all(range, &braces, reserve);
        }
        let points = self.break_points(&range);
        if !points.is_empty() {
            return self.break_at(range, &points, reserve);
        }
        match self.bracket_to_open(&range) {
            Some(open) => self.open_all(range, &[open], reserve),
            None => self.flat(range),
        }
    }

    fn fits(&self, range: &Range<usize>, reserve: usize) -> bool {
        let lead = if self.out.is_at_line_start() { 0 } else { self.tokens.get(range.start).gap };
        !self.tokens.is_rough(range)
            && !self.holds_tall(range)
            && self.out.column() + lead + self.tokens.width(range) + reserve <= WIDTH
    }

    /// Whether a text over several lines stands in a bracket of the range.
    fn holds_tall(&self, range: &Range<usize>) -> bool {
        self.tokens.is_tall(range)
            && self.brackets(range).any(|open| self.tokens.is_tall(&(open..self.tokens.get(open).close)))
    }

    /// The brackets that open directly in a range.
    fn brackets(&self, range: &Range<usize>) -> impl Iterator<Item = usize> {
        self.outer(range).filter(|at| self.tokens.get(*at).close > *at)
    }

    /// The tokens directly in a range.
    fn outer(&self, range: &Range<usize>) -> impl Iterator<Item = usize> {
        let end = range.end;
        std::iter::successors(Some(range.start), |at| Some(self.tokens.next(*at))).take_while(move |at| *at < end)
    }

    fn is_rough_inside(&self, open: usize) -> bool {
        let inside = open..self.tokens.get(open).close + 1;
        self.tokens.is_rough(&inside) || self.tokens.is_tall(&inside)
    }

    /// The braces that stand open: those that must, and with one block all blocks; where the line is only too long, all.
    fn braces_to_open(&self, range: &Range<usize>) -> Vec<usize> {
        let can_open = |at: &usize| {
            let token = self.tokens.get(*at);
            let pattern = token.flags.has(Flags::PATTERN) && !self.is_rough_inside(*at);
            token.kind == Kind::LeftBrace && token.close > at + 1 && !pattern
        };
        let is_block = |at: usize| self.tokens.get(at).flags.has(Flags::BLOCK);
        let all: Vec<usize> = self.brackets(range).filter(can_open).collect();
        let must: Vec<usize> = all.iter().copied().filter(|at| self.is_rough_inside(*at)).collect();
        if must.is_empty() {
            return if self.tokens.is_rough(range) { must } else { all };
        }
        let blocks = must.iter().any(|at| is_block(*at));
        all.into_iter().filter(|at| must.contains(at) || blocks && is_block(*at)).collect()
    }

    /// The tokens before which the line may break: those of the loosest operator in it.
    fn break_points(&self, range: &Range<usize>) -> Vec<usize> {
        let mut loosest = usize::MAX;
        let mut points = Vec::new();
        for at in self.outer(range).skip(1) {
            let Some(rank) = self.rank(at) else { continue };
            if rank < loosest {
                loosest = rank;
                points.clear();
            }
            if rank == loosest {
                points.push(at);
            }
        }
        points
    }

    /// How loosely the operator binds before which a line may break; smaller is looser.
    #[expect(clippy::wildcard_enum_match_arm, reason = "a line breaks before few tokens")]
    fn rank(&self, at: usize) -> Option<usize> {
        let (token, before) = (self.tokens.get(at), self.tokens.get(at - 1));
        if token.gap == 0 {
            return None;
        }
        match token.kind {
            _ if before.kind == Kind::Comma => Some(2),
            Kind::Word => match token.text {
                "else" if before.kind != Kind::RightBrace => Some(0),
                // Where a comment parts it from the word behind it, it would begin a line alone and go on with nothing.
                "when" | "within"
                    if self.tokens.get(at + 1).kind == Kind::Word && !self.tokens.is_rough(&(at..at + 2)) =>
                {
                    Some(1)
                }
                "or" => Some(3),
                "and" => Some(4),
                _ => None,
            },
            Kind::Pipe => Some(3),
            Kind::Arrow if token.flags.has(Flags::RUNG) => Some(3),
            Kind::Plus => Some(5),
            _ => None,
        }
    }

    fn break_at(&mut self, range: Range<usize>, points: &[usize], reserve: usize) {
        let hanging = self.hanging;
        let mut from = range.start;
        for point in points {
            self.split(from..*point, 0);
            self.begin(*point, hanging, hanging, Blank::Never);
            from = *point;
        }
        self.split(from..range.end, reserve);
    }

    /// The bracket to open: the last one that must, else the widest.
    fn bracket_to_open(&self, range: &Range<usize>) -> Option<usize> {
        let holds = |at: &usize| self.tokens.get(*at).close > at + 1;
        let all: Vec<usize> = self.brackets(range).filter(holds).collect();
        let must = all.iter().copied().rev().find(|at| self.is_rough_inside(*at));
        if must.is_none() && self.tokens.is_rough(range) {
            return None;
        }
        let can_open = all.into_iter().filter(|at| self.tokens.get(*at).flags.has(Flags::CAN_OPEN));
        must.or(can_open.max_by_key(|at| self.tokens.width(&(*at..self.tokens.get(*at).close))))
    }

    /// Writes a range in which these brackets stand open.
    fn open_all(&mut self, range: Range<usize>, opens: &[usize], reserve: usize) {
        let mut from = range.start;
        for open in opens {
            let head = from..*open;
            if !head.is_empty() {
                self.split(head, 1 + self.tokens.get(*open).gap);
            }
            self.open(*open);
            from = self.tokens.get(*open).close + 1;
        }
        if from < range.end {
            self.split(from..range.end, reserve);
        }
    }

    /// A bracket whose parts stand on lines of their own.
    fn open(&mut self, open: usize) {
        self.emit(open);
        let (kind, flags, close) =
            (self.tokens.get(open).kind, self.tokens.get(open).flags, self.tokens.get(open).close);
        let outer = self.out.indent();
        let indent = outer + STEP;
        if kind == Kind::LeftBrace {
            let parts = self.tokens.parts(open + 1..close);
            self.lines(&parts, indent);
        } else if flags.has(Flags::LIST) {
            for part in self.tokens.parts(open + 1..close) {
                self.begin(part.start, indent, indent, Blank::Never);
                self.line(part, indent);
                self.out.push(",");
            }
        } else {
            self.begin(open + 1, indent, indent, Blank::Never);
            self.line(open + 1..close, indent);
        }
        self.begin(close, indent, outer, Blank::Never);
        self.emit(close);
    }
}
