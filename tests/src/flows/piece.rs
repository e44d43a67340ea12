//! Parts of a text that can be left out, so that a program which shows something can be made smaller.

/// A line, or lines with parts inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// One or more lines that stand and fall together.
    Lines(String),
    /// A first line, parts, a last line.
    Block {
        /// What stands before the parts.
        open: String,
        /// The parts.
        parts: Vec<Piece>,
        /// What stands behind them.
        close: String,
    },
}

impl Piece {
    /// Lines that stand and fall together.
    #[must_use]
    pub fn lines(text: &str) -> Piece {
        Piece::Lines(text.to_owned())
    }

    /// Parts between a first and a last line.
    #[must_use]
    pub fn block(open: impl Into<String>, parts: Vec<Piece>, close: impl Into<String>) -> Piece {
        Piece::Block { open: open.into(), parts, close: close.into() }
    }
}

/// The text of pieces, indented.
#[must_use]
pub fn text(pieces: &[Piece]) -> String {
    let mut out = String::new();
    write(pieces, 0, &mut out);
    out
}

fn write(pieces: &[Piece], depth: usize, out: &mut String) {
    let line = |text: &str, out: &mut String| {
        for line in text.lines() {
            out.push_str(&"  ".repeat(depth));
            out.push_str(line);
            out.push('\n');
        }
    };
    for piece in pieces {
        match piece {
            Piece::Lines(text) => line(text, out),
            Piece::Block { open, parts, close } => {
                line(open, out);
                write(parts, depth + 1, out);
                line(close, out);
            }
        }
    }
}

/// The smallest pieces found that still show something: parts are left out, and blocks are replaced by their parts, as long as
/// `shows` says that it is still there.
#[must_use]
pub fn shrink(pieces: &[Piece], shows: &mut dyn FnMut(&[Piece]) -> bool) -> Vec<Piece> {
    let mut best = pieces.to_vec();
    loop {
        let mut smaller = Vec::new();
        candidates(&best, &mut |candidate| smaller.push(candidate));
        let Some(found) = smaller.into_iter().find(|candidate| shows(candidate)) else { return best };
        best = found;
    }
}

/// Every list of pieces with one part less.
fn candidates(pieces: &[Piece], found: &mut dyn FnMut(Vec<Piece>)) {
    for index in 0..pieces.len() {
        let mut without = pieces.to_vec();
        without.remove(index);
        found(without);
    }
    for (index, piece) in pieces.iter().enumerate() {
        let Piece::Block { open, parts, close } = piece else { continue };
        let with = |instead: Vec<Piece>| {
            let mut all = pieces.to_vec();
            all.splice(index..=index, instead);
            all
        };
        found(with(parts.clone()));
        candidates(parts, &mut |parts| found(with(vec![Piece::block(open.clone(), parts, close.clone())])));
    }
}
