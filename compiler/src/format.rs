//! One layout for every text. In: a source text without syntax errors. Out: the same program with the same comments, laid out in
//! the one style, or why it is refused. Laying out twice changes nothing.
//!
//! The parser has noted where declarations, clauses, statements and elements begin ([`Marks`](crate::parse::Marks)); the
//! formatter has no grammar of its own. It decides the space between two tokens and where lines break, and touches no token but
//! the commas around elements and the indentation of block texts. What it has made is read again before it is given out.

mod align;
mod blocks;
mod gaps;
mod layout;
mod prepared;
mod split;
mod verify;
mod writer;

use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::command as code;
use crate::parse;
use crate::source::SourceId;

/// A line is at most this wide, unless something in it cannot be broken.
pub const WIDTH: usize = 120;

/// How often a text is laid out at most. A brace that opened because its line was too long stands open from then on, and what is
/// around it may have room again: mostly the second time changes nothing, and the third time has not been seen to.
const ROUNDS: usize = 6;

/// Lays a text out.
///
/// # Errors
/// The messages of the parser where the text has syntax errors; a message of the formatter where what it made is not the same
/// program with the same comments (that is a fault of the formatter, and the text stays as it was).
pub fn format(source: SourceId, text: &str) -> Result<String, Vec<Diagnostic>> {
    let read = parse::read(source, text);
    let errors: Vec<Diagnostic> = read.diagnostics.into_iter().filter(Diagnostic::is_error).collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut made = layout::lay_out(text, &read.value);
    for _ in 0..ROUNDS {
        if made == text {
            return Ok(made);
        }
        let again = parse::read(source, &made);
        match verify::differs((text, &read.value), (&made, &again)) {
            None => {}
            Some(verify::Difference::Tree) => {
                return Err(vec![fault(code::E0990, "laying the text out would change what it means")]);
            }
            Some(verify::Difference::Comments) => {
                return Err(vec![fault(code::E0991, "laying the text out would lose a comment")]);
            }
        }
        let next = layout::lay_out(&made, &again.value);
        if next == made {
            break;
        }
        made = next;
    }
    Ok(made)
}

fn fault(code: crate::diagnostic::Code, message: &str) -> Diagnostic {
    Diagnostic::placeless(code, message).help("this is a fault of the formatter; the file stays as it was")
}
