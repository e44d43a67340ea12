//! The text as it grows: lines with their indentation, and comments at the ends of lines.

use super::WIDTH;

/// A text that is being written.
#[derive(Default)]
pub(super) struct Writer {
    out: String,
    line: usize,
    line_start: usize,
    indent: usize,
    remark: Option<String>,
    remarks: Vec<Remark>,
}

/// A comment at the end of a line.
struct Remark {
    line: usize,
    indent: usize,
    /// Where the line ends without it.
    at: usize,
    /// How wide the line is without it.
    width: usize,
    text: String,
}

impl Writer {
    pub(super) fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    pub(super) fn spaces(&mut self, count: usize) {
        self.out.extend(std::iter::repeat_n(' ', count));
    }

    /// How wide the line at hand is.
    pub(super) fn column(&self) -> usize {
        self.out.get(self.line_start..).map_or(0, |line| line.chars().count())
    }

    /// The indentation of the line at hand.
    pub(super) fn indent(&self) -> usize {
        self.indent
    }

    pub(super) fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    pub(super) fn is_at_line_start(&self) -> bool {
        // A text over several lines may end where its first line began.
        self.out.get(self.line_start..).is_some_and(|line| line.len() == self.indent && line.trim_start().is_empty())
    }

    /// Keeps a comment for the end of this line; false where it has one.
    pub(super) fn remark(&mut self, text: &str) -> bool {
        let free = self.remark.is_none();
        if free {
            self.remark = Some(text.to_owned());
        }
        free
    }

    pub(super) fn new_line(&mut self, indent: usize) {
        self.end_line();
        self.start_line();
        self.indent = indent;
        self.spaces(indent);
    }

    pub(super) fn blank_line(&mut self) {
        self.end_line();
        self.start_line();
        self.indent = 0;
    }

    fn end_line(&mut self) {
        if let Some(text) = self.remark.take() {
            let (line, indent, at, width) = (self.line, self.indent, self.out.len(), self.column());
            self.remarks.push(Remark { line, indent, at, width, text });
        }
    }

    fn start_line(&mut self) {
        self.out.push('\n');
        self.line += 1;
        self.line_start = self.out.len();
    }

    /// Goes on behind a text over several lines.
    pub(super) fn push_lines(&mut self, lines: &str) {
        for (index, line) in lines.split('\n').enumerate() {
            if index > 0 {
                self.start_line();
            }
            self.out.push_str(line);
        }
    }

    /// The whole text, with the comments at the ends of neighbouring lines below each other.
    pub(super) fn finish(mut self) -> String {
        if self.out.is_empty() {
            return self.out;
        }
        self.end_line();
        self.out.push('\n');
        let mut made = String::with_capacity(self.out.len() + 64);
        let mut from = 0;
        let neighbours = |one: &Remark, next: &Remark| next.line == one.line + 1 && next.indent == one.indent;
        for run in self.remarks.chunk_by(neighbours) {
            let widest = run.iter().map(|remark| remark.width).max().unwrap_or(0);
            let fits = run.iter().all(|remark| widest + 2 + remark.text.chars().count() <= WIDTH);
            for remark in run {
                made.push_str(self.out.get(from..remark.at).unwrap_or(""));
                let pad = if fits { widest - remark.width } else { 0 };
                made.extend(std::iter::repeat_n(' ', pad + if remark.width == 0 { 0 } else { 2 }));
                made.push_str(&remark.text);
                from = remark.at;
            }
        }
        made.push_str(self.out.get(from..).unwrap_or(""));
        made
    }
}
