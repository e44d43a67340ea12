//! A text made ready for its layout. In: tokens and marks. Out: for every token what it is, what stands before it, and how wide
//! things are on one line.

use std::ops::Range;

use super::gaps::gap;
use crate::lex::{Kind, Trivia, TriviaKind};
use crate::parse::{Mark, Read};

/// What a token is to the layout: the marks it has, and what follows from them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Flags(u16);

impl Flags {
    /// A declaration, clause, statement or element begins.
    pub(super) const PART: Flags = Flags(1);
    /// The part is a clause.
    pub(super) const CLAUSE: Flags = Flags(1 << 1);
    pub(super) const LIST: Flags = Flags(1 << 2);
    pub(super) const BODY: Flags = Flags(1 << 3);
    pub(super) const BLOCK: Flags = Flags(1 << 4);
    pub(super) const PATTERN: Flags = Flags(1 << 5);
    pub(super) const GROUP: Flags = Flags(1 << 6);
    pub(super) const PREFIX: Flags = Flags(1 << 7);
    pub(super) const TIGHT: Flags = Flags(1 << 8);
    pub(super) const RUNG: Flags = Flags(1 << 9);
    /// A comma that the layout writes itself or leaves out.
    pub(super) const LOOSE: Flags = Flags(1 << 10);
    /// An element before which the comma is missing.
    pub(super) const UNPARTED: Flags = Flags(1 << 11);
    /// What it opens stands on lines of its own.
    pub(super) const OPEN: Flags = Flags(1 << 12);
    /// A text over several lines.
    pub(super) const TALL: Flags = Flags(1 << 13);
    /// Brackets that open without being braces.
    pub(super) const CAN_OPEN: Flags = Flags(Flags::LIST.0 | Flags::GROUP.0);

    /// Whether it is one of these.
    pub(super) fn has(self, other: Flags) -> bool {
        self.0 & other.0 != 0
    }

    fn add(&mut self, other: Flags) {
        self.0 |= other.0;
    }

    fn of(mark: Mark) -> Flags {
        match mark {
            Mark::Item | Mark::Statement | Mark::Element => Flags::PART,
            Mark::Clause => Flags(Flags::PART.0 | Flags::CLAUSE.0),
            Mark::List => Flags::LIST,
            Mark::Body => Flags::BODY,
            Mark::Block => Flags::BLOCK,
            Mark::Pattern => Flags::PATTERN,
            Mark::Group => Flags::GROUP,
            Mark::Prefix => Flags::PREFIX,
            Mark::Tight => Flags::TIGHT,
            Mark::Rung => Flags::RUNG,
        }
    }
}

/// A comment between two tokens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Comment<'t> {
    pub(super) text: &'t str,
    /// Whether it begins its line.
    pub(super) own_line: bool,
    /// Whether a blank line is before it.
    pub(super) blank: bool,
}

/// One token.
#[derive(Clone, Debug)]
pub(super) struct Prepared<'t> {
    pub(super) kind: Kind,
    pub(super) text: &'t str,
    pub(super) flags: Flags,
    /// The index of the bracket that closes this one.
    pub(super) close: usize,
    /// Spaces before it on one line.
    pub(super) gap: usize,
    /// Whether a blank line is directly before it.
    pub(super) blank: bool,
    /// What stands before it.
    pub(super) comments: Vec<Comment<'t>>,
    /// Whether something stood there, also after it was written.
    commented: bool,
    first_on_line: bool,
}

/// All tokens of a text, and sums over them.
pub(super) struct Tokens<'t> {
    pub(super) all: Vec<Prepared<'t>>,
    /// The width of all tokens before this one on one line.
    widths: Vec<usize>,
    /// How many things before this token keep a line from being one.
    rough: Vec<u32>,
    /// How many texts over several lines are before this token.
    tall: Vec<u32>,
}

impl<'t> Tokens<'t> {
    pub(super) fn new(text: &'t str, read: &Read) -> Tokens<'t> {
        let mut all = tokens(text, read);
        for (token, mark) in read.marks.iter() {
            if let Some(prepared) = all.get_mut(token) {
                prepared.flags.add(Flags::of(mark));
            }
        }
        comments(&mut all, text, read);
        pair_brackets(&mut all);
        let mut tokens = Tokens { all, widths: Vec::new(), rough: Vec::new(), tall: Vec::new() };
        tokens.loosen_commas();
        tokens.open_braces();
        tokens.set_gaps();
        tokens.stand_in_columns();
        tokens.sum();
        tokens
    }

    pub(super) fn get(&self, at: usize) -> &Prepared<'t> {
        // The last token is the end of the text, and stands for whatever is asked behind it.
        &self.all[at.min(self.all.len() - 1)]
    }

    pub(super) fn is_word(&self, at: usize, word: &str) -> bool {
        let token = self.get(at);
        token.kind == Kind::Word && token.text == word
    }

    /// The width on one line, without what is before its first token.
    pub(super) fn width(&self, range: &Range<usize>) -> usize {
        if range.is_empty() {
            return 0;
        }
        let first = self.get(range.start);
        let lead = first.gap + usize::from(first.flags.has(Flags::UNPARTED));
        (self.widths[range.end] - self.widths[range.start]).saturating_sub(lead)
    }

    /// Whether something in it keeps it from being one line: a comment, or a brace that stands open.
    pub(super) fn is_rough(&self, range: &Range<usize>) -> bool {
        !range.is_empty() && {
            let own = u32::from(self.get(range.start).commented);
            self.rough[range.end] - self.rough[range.start] > own
        }
    }

    pub(super) fn is_tall(&self, range: &Range<usize>) -> bool {
        !range.is_empty() && self.tall[range.end] > self.tall[range.start]
    }

    /// The token behind this one; behind the bracket that closes it, where it opens one.
    pub(super) fn next(&self, at: usize) -> usize {
        self.get(at).close.max(at) + 1
    }

    /// The parts that begin directly in a range, each to the next, without the commas between them.
    pub(super) fn parts(&self, range: Range<usize>) -> Vec<Range<usize>> {
        let mut parts: Vec<Range<usize>> = Vec::new();
        let mut at = range.start;
        while at < range.end {
            if self.get(at).flags.has(Flags::PART) {
                parts.push(at..range.end);
                if let [.., before, _] = parts.as_mut_slice() {
                    before.end = at;
                }
            }
            at = self.next(at);
        }
        for part in &mut parts {
            while part.end > part.start + 1 && self.get(part.end - 1).flags.has(Flags::LOOSE) {
                part.end -= 1;
            }
        }
        parts
    }

    /// Marks the commas between the elements of lists, and the elements that lack one. Comments before such a comma go behind.
    fn loosen_commas(&mut self) {
        for open in 0..self.all.len() {
            if !self.get(open).flags.has(Flags::LIST) {
                continue;
            }
            let close = self.get(open).close;
            let mut at = open + 1;
            while at < close {
                if self.get(at).kind == Kind::Comma {
                    self.all[at].flags.add(Flags::LOOSE);
                    let mut moved = std::mem::take(&mut self.all[at].comments);
                    moved.append(&mut self.all[at + 1].comments);
                    self.all[at + 1].comments = moved;
                } else if at > open + 1 && self.get(at).flags.has(Flags::PART) && self.get(at - 1).kind != Kind::Comma {
                    self.all[at].flags.add(Flags::UNPARTED);
                }
                at = self.next(at);
            }
        }
    }

    /// Decides which braces stand open: bodies always, others where their writer broke the line behind the brace.
    fn open_braces(&mut self) {
        for open in 0..self.all.len() {
            let token = self.get(open);
            let holds = token.close > open + 1;
            if token.kind != Kind::LeftBrace || !holds || token.flags.has(Flags::PATTERN) {
                continue;
            }
            let broken = self.get(open + 1).first_on_line;
            let several = || token.flags.has(Flags::BLOCK) && self.parts(open + 1..token.close).len() > 1;
            if token.flags.has(Flags::BODY) || broken || several() {
                self.all[open].flags.add(Flags::OPEN);
            }
        }
    }

    fn set_gaps(&mut self) {
        for at in 1..self.all.len() {
            let (before, token) = (self.get(at - 1), self.get(at));
            self.all[at].gap = gap((before.kind, before.flags), (token.kind, token.flags));
        }
    }

    fn sum(&mut self) {
        let (mut width, mut rough, mut tall) = (0, 0, 0);
        for at in 0..self.all.len() {
            self.widths.push(width);
            self.rough.push(rough);
            self.tall.push(tall);
            let token = self.get(at);
            rough += u32::from(!token.comments.is_empty()) + u32::from(token.flags.has(Flags::OPEN));
            tall += u32::from(token.flags.has(Flags::TALL));
            self.all[at].commented = !token.comments.is_empty();
            if !self.is_left_out(at) {
                let token = self.get(at);
                let written = if token.flags.has(Flags::TALL) { 3 } else { token.text.chars().count() };
                width += token.gap + usize::from(token.flags.has(Flags::UNPARTED)) + written;
            }
        }
        self.widths.push(width);
        self.rough.push(rough);
        self.tall.push(tall);
    }

    /// Whether this is a comma behind the last element of a list, which a line does not need.
    pub(super) fn is_left_out(&self, at: usize) -> bool {
        let closes = matches!(self.get(at + 1).kind, Kind::RightBrace | Kind::RightBracket | Kind::RightParen);
        self.get(at).flags.has(Flags::LOOSE) && closes
    }
}

fn tokens<'t>(text: &'t str, read: &Read) -> Vec<Prepared<'t>> {
    let prepare = |token: &crate::lex::Token| {
        let written = text.get(token.start as usize..token.end as usize).unwrap_or("");
        let tall = token.kind == Kind::Block && written.contains('\n');
        Prepared {
            kind: token.kind,
            text: written,
            flags: if tall { Flags::TALL } else { Flags::default() },
            close: 0,
            gap: 0,
            blank: false,
            comments: Vec::new(),
            commented: false,
            first_on_line: token.first_on_line,
        }
    };
    read.lexed.tokens.iter().map(prepare).collect()
}

fn comments<'t>(all: &mut [Prepared<'t>], text: &'t str, read: &Read) {
    let mut blank = false;
    let mut before = 0;
    let mut end = 0;
    for Trivia { kind, before: token, start, end: after } in &read.lexed.trivia {
        let token = *token as usize;
        if token != before {
            blank = false;
            before = token;
            end = token.checked_sub(1).and_then(|last| read.lexed.tokens.get(last)).map_or(0, |last| last.end as usize);
        }
        let Some(prepared) = all.get_mut(token) else { continue };
        if *kind == TriviaKind::BlankLine {
            blank = true;
            prepared.blank = true;
            continue;
        }
        let between = text.get(end..*start as usize).unwrap_or("");
        // What documents something stands above it.
        let own_line = *kind != TriviaKind::Comment || end == 0 || between.contains('\n');
        let written = text.get(*start as usize..*after as usize).unwrap_or("").trim_end();
        prepared.comments.push(Comment { text: written, own_line, blank });
        prepared.blank = false;
        blank = false;
        end = *after as usize;
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "only brackets have partners")]
fn pair_brackets(all: &mut [Prepared<'_>]) {
    let mut open = Vec::new();
    for at in 0..all.len() {
        match all[at].kind {
            Kind::LeftBrace | Kind::LeftBracket | Kind::LeftParen => open.push(at),
            Kind::RightBrace | Kind::RightBracket | Kind::RightParen => {
                if let Some(open) = open.pop() {
                    all[open].close = at;
                }
            }
            _ => {}
        }
    }
}
