//! Lines. In: a prepared text. Out: the text laid out: parts on lines of their own, blank lines and comments where they were.

use std::ops::Range;

use super::WIDTH;
use super::blocks::moved;
use super::prepared::{Flags, Tokens};
use super::writer::Writer;
use crate::lex::Kind;
use crate::parse::{Read, STATEMENT_WORDS};

/// What stands in a bracket is indented by this.
pub(super) const STEP: usize = 2;
/// What goes on with a line is indented by this.
const HANGING: usize = 4;

/// The same text in the one style.
pub(super) fn lay_out(text: &str, read: &Read) -> String {
    let tokens = Tokens::new(text, read);
    let mut layout = Layout { tokens, out: Writer::default(), hanging: HANGING };
    layout.file();
    layout.out.finish()
}

/// A text that is being laid out.
pub(super) struct Layout<'t> {
    pub(super) tokens: Tokens<'t>,
    pub(super) out: Writer,
    /// Where the line at hand goes on.
    pub(super) hanging: usize,
}

/// Blank lines before a part.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Blank {
    /// None.
    Never,
    /// Where there was one.
    Kept,
    /// One.
    Always,
}

impl Layout<'_> {
    fn file(&mut self) {
        let end = self.tokens.all.len() - 1;
        let items = self.tokens.parts(0..end);
        self.tokens.align(&items, 0);
        let mut tall_before = false;
        for (index, item) in items.iter().enumerate() {
            let tall = self.is_tall_item(item);
            let blank = match index {
                0 => Blank::Kept,
                _ if tall || tall_before => Blank::Always,
                _ => Blank::Kept,
            };
            self.begin(item.start, 0, 0, blank);
            self.line(item.clone(), 0);
            tall_before = tall;
        }
        self.comments(end, 0, Blank::Kept);
    }

    fn is_tall_item(&self, item: &Range<usize>) -> bool {
        self.tokens.is_rough(item) || self.tokens.is_tall(item) || self.tokens.width(item) > WIDTH
    }

    /// Parts on lines of their own.
    pub(super) fn lines(&mut self, parts: &[Range<usize>], indent: usize) {
        self.tokens.align(parts, indent);
        for (index, part) in parts.iter().enumerate() {
            let blank = if index == 0 { Blank::Never } else { Blank::Kept };
            self.begin(part.start, indent, indent, blank);
            self.line(part.clone(), indent);
            let next = parts.get(index + 1);
            if next.is_some_and(|next| self.keeps_comma(part, next)) {
                self.out.push(",");
            }
        }
    }

    /// Whether the next element would be read as going on with the one before it, or this one as a statement without its comma.
    fn keeps_comma(&self, part: &Range<usize>, next: &Range<usize>) -> bool {
        let comma = self.tokens.get(part.end).flags.has(Flags::LOOSE);
        let unparted = self.tokens.get(next.start).flags.has(Flags::UNPARTED);
        let (word, begins) = (self.tokens.get(next.start), self.tokens.get(part.start));
        let goes_on = matches!(word.text, "else" | "and" | "or" | "is" | "in" | "when" | "within");
        comma && goes_on || (comma || unparted) && part.len() == 1 && STATEMENT_WORDS.contains(&begins.text)
    }

    /// Begins a new line for a token, with the comments before it.
    pub(super) fn begin(&mut self, at: usize, comments: usize, indent: usize, blank: Blank) {
        let had_comments = !self.tokens.get(at).comments.is_empty();
        let had_blank = self.comments(at, comments, blank);
        let blank_here = match blank {
            Blank::Never => had_comments && self.tokens.get(at).blank && self.tokens.get(at).kind != Kind::RightBrace,
            Blank::Kept => self.tokens.get(at).blank,
            Blank::Always => self.tokens.get(at).blank || !had_blank && !had_comments,
        };
        if self.out.is_empty() {
            return;
        }
        if blank_here {
            self.out.blank_line();
        }
        self.out.new_line(indent);
    }

    /// Writes the comments before a token; whether there was a blank line.
    fn comments(&mut self, at: usize, indent: usize, blank: Blank) -> bool {
        let comments = std::mem::take(&mut self.tokens.all[at].comments);
        let mut had_blank = self.tokens.get(at).blank || comments.iter().any(|comment| comment.blank);
        let mut first = true;
        for comment in comments {
            if !comment.own_line && first && !self.out.is_empty() && self.out.remark(comment.text) {
                continue;
            }
            let wanted = blank == Blank::Always && !had_blank || comment.blank && !(blank == Blank::Never && first);
            if !self.out.is_empty() {
                if wanted {
                    self.out.blank_line();
                    had_blank = true;
                }
                self.out.new_line(indent);
            }
            self.out.push(comment.text);
            first = false;
        }
        had_blank
    }

    /// One part, from where the text stands.
    pub(super) fn line(&mut self, range: Range<usize>, indent: usize) {
        let hanging = indent + self.tokens.column(&range).unwrap_or(HANGING);
        let outer = std::mem::replace(&mut self.hanging, hanging);
        self.split(range, 0);
        self.hanging = outer;
    }

    /// Tokens one after the other.
    pub(super) fn flat(&mut self, range: Range<usize>) {
        for at in range {
            if !self.tokens.is_left_out(at) {
                self.emit(at);
            }
        }
    }

    /// One token with the space before it.
    pub(super) fn emit(&mut self, at: usize) {
        let token = self.tokens.get(at);
        if token.flags.has(Flags::UNPARTED) && !self.out.is_at_line_start() {
            self.out.push(",");
        }
        if !token.comments.is_empty() && !self.out.is_empty() {
            let hanging = self.hanging;
            self.begin(at, hanging, hanging, Blank::Never);
        }
        let token = self.tokens.get(at);
        if !self.out.is_at_line_start() {
            self.out.spaces(token.gap);
        }
        if token.flags.has(Flags::TALL) {
            let lines = moved(token.text, self.out.indent());
            self.out.push_lines(&lines);
        } else {
            self.out.push(token.text);
        }
    }
}
