//! Text to tokens. In: one source text. Out: tokens with their places, and what lies between them (comments, blank lines)
//! kept aside for the formatter. Never fails: what is not understood becomes an error token that has been reported.

use std::ops::Range;

use logos::Logos;

use crate::diagnostic::code::syntax as code;
use crate::diagnostic::{Checked, Diagnostic};
use crate::source::{Source, SourceId, Span};

/// The tokens of one text, closed by one of kind [`Kind::End`], with what lies between them.
#[derive(Clone, Debug, Default)]
pub struct Lexed {
    /// The tokens in order; the last one is [`Kind::End`].
    pub tokens: Vec<Token>,
    /// Comments and blank lines in order.
    pub trivia: Vec<Trivia>,
}

/// A token and its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Whether a line break lies between it and the token before it.
    pub first_on_line: bool,
    /// Its first byte.
    pub start: u32,
    /// The byte after its last.
    pub end: u32,
}

/// Something between two tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trivia {
    /// What it is.
    pub kind: TriviaKind,
    /// The index of the token that follows it.
    pub before: u32,
    /// Its first byte.
    pub start: u32,
    /// The byte after its last.
    pub end: u32,
}

/// What lies between tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TriviaKind {
    /// `// …`
    Comment,
    /// `/// …`, about what follows
    Docs,
    /// `//! …`, about the module
    ModuleDocs,
    /// A line with nothing on it.
    BlankLine,
}

/// The kinds of tokens. Words are told apart by the parser: which of them are special depends on the place.
#[derive(Logos, Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[logos(skip r"[ \t\r]+")]
pub enum Kind {
    /// A name or a word of the language.
    #[regex("[a-zA-Z_][a-zA-Z0-9_]*")]
    Word,
    /// `42`, `0.7`, `600tok`, `95%`; the parser reads it.
    #[regex(r"[0-9][0-9_]*(\.[0-9][0-9_]*)?([a-zA-Z_][a-zA-Z0-9_]*|%)?")]
    Number,
    /// `$0.02`
    #[regex(r"\$[0-9][0-9_]*(\.[0-9][0-9_]*)?")]
    Dollars,
    /// `"text"`
    #[regex(r#""([^"\\\n]|\\[^\n])*""#)]
    Text,
    /// `"""block text"""`
    #[token("\"\"\"", block)]
    Block,
    /// Text without closing quotes; reported.
    #[regex(r#""([^"\\\n]|\\[^\n])*\\?"#, priority = 1)]
    OpenText,
    /// Text in other quotes, as other languages and text processors have them.
    #[regex(r"'[^'\n]*'")]
    #[regex(r"`[^`\n]*`")]
    #[regex("[“„][^”“\"\n]*[”“]")]
    SingleQuoted,
    /// `{`
    #[token("{")]
    LeftBrace,
    /// `}`
    #[token("}")]
    RightBrace,
    /// `(`
    #[token("(")]
    LeftParen,
    /// `)`
    #[token(")")]
    RightParen,
    /// `[`
    #[token("[")]
    LeftBracket,
    /// `]`
    #[token("]")]
    RightBracket,
    /// `,`
    #[token(",")]
    Comma,
    /// `.`
    #[token(".")]
    Dot,
    /// `..`
    #[token("..")]
    DotDot,
    /// `:`
    #[token(":")]
    Colon,
    /// `=>`
    #[token("=>")]
    FatArrow,
    /// `->`
    #[token("->")]
    Arrow,
    /// `<=`
    #[token("<=")]
    LessEqual,
    /// `>=`
    #[token(">=")]
    GreaterEqual,
    /// `==`
    #[token("==")]
    EqualEqual,
    /// `!=`
    #[token("!=")]
    NotEqual,
    /// `<`
    #[token("<")]
    Less,
    /// `>`
    #[token(">")]
    Greater,
    /// `=`
    #[token("=")]
    Equal,
    /// `+`
    #[token("+")]
    Plus,
    /// `-`
    #[token("-")]
    Minus,
    /// `*`
    #[token("*")]
    Star,
    /// `/`, which the language does not have
    #[token("/")]
    Slash,
    /// `|`
    #[token("|")]
    Pipe,
    /// `?`
    #[token("?")]
    Question,
    /// `;`, which the language does not have
    #[token(";")]
    Semicolon,
    /// `&&`, which is `and`
    #[token("&&")]
    AndAnd,
    /// `||`, which is `or`
    #[token("||")]
    OrOr,
    /// `!`, which is `not`
    #[token("!")]
    Bang,
    /// `+=` and its like, which the language does not have
    #[regex(r"[-+*/]=")]
    OperatorEqual,
    /// Not understood; reported.
    Error,
    /// The end of the text.
    End,
    /// Only inside the lexer.
    #[doc(hidden)]
    #[token("\n")]
    LineBreak,
    /// Only inside the lexer.
    #[doc(hidden)]
    #[regex(r"//[^\n]*", allow_greedy = true)]
    LineComment,
    /// Only inside the lexer.
    #[doc(hidden)]
    #[token("/*", long_comment)]
    LongComment,
    /// Only inside the lexer.
    #[doc(hidden)]
    #[regex(r"#[^\n]*", allow_greedy = true)]
    HashComment,
}

/// Reads the tokens of `range` of a text.
#[must_use]
pub fn lex(source: SourceId, text: &str, range: Range<usize>) -> Checked<Lexed> {
    let mut lexer =
        Lexer { source, base: range.start, lexed: Lexed::default(), breaks: 0, in_a_row: 0, diagnostics: Vec::new() };
    let part = text.get(range.clone()).unwrap_or("");
    if range.start == 0 && part.starts_with(BYTE_ORDER_MARK) {
        lexer.base = BYTE_ORDER_MARK.len_utf8();
        lexer.run(&part[lexer.base..]);
    } else {
        lexer.run(part);
    }
    Checked { value: lexer.lexed, diagnostics: lexer.diagnostics }
}

/// The text in the bytes of a file.
///
/// # Errors
/// Where the file is too large, and where its bytes are not UTF-8: then the message names the first bad byte.
pub fn decode(name: &str, bytes: Vec<u8>) -> Result<String, Box<Diagnostic>> {
    if bytes.len() > Source::LARGEST {
        let message = format!("`{name}` has {} bytes; a source file has at most {}", bytes.len(), Source::LARGEST);
        return Err(Box::new(Diagnostic::placeless(code::E0003, message).help("split it into modules")));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        let line = bytes[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
        let byte = bytes.get(at).copied().unwrap_or_default();
        let message = format!("`{name}` is not UTF-8: byte 0x{byte:02X} at offset {at}, in line {line}");
        Box::new(Diagnostic::placeless(code::E0002, message).help("save the file as UTF-8"))
    })
}

const BYTE_ORDER_MARK: char = '\u{feff}';

/// A text with more mistakes than this is not read by a person: the rest is not said.
pub(crate) const MOST_MESSAGES: usize = 200;

struct Lexer {
    source: SourceId,
    base: usize,
    lexed: Lexed,
    /// Line breaks since the last token.
    breaks: u32,
    /// Line breaks since the last token or comment.
    in_a_row: u32,
    diagnostics: Vec<Diagnostic>,
}

impl Lexer {
    fn run(&mut self, part: &str) {
        let mut tokens = Kind::lexer(part);
        let mut bad_until = None;
        while let Some(kind) = tokens.next() {
            let range = tokens.span();
            let slice = tokens.slice();
            match kind {
                Ok(Kind::LineBreak) => self.line_break(range),
                Ok(Kind::LineComment) => self.comment(slice, range),
                Ok(Kind::LongComment) => self.long_comment(slice, range),
                Ok(Kind::HashComment) => self.hash_comment(range),
                Ok(Kind::OpenText) => self.open_text(slice, range),
                Ok(Kind::Block) if slice.len() < 6 || !slice.ends_with("\"\"\"") => self.open_block(range),
                Ok(kind) => self.push(kind, range),
                Err(()) => {
                    // One message for a run of characters that stand together.
                    if bad_until != Some(range.start) {
                        self.bad_character(slice, range.clone());
                        self.push(Kind::Error, range.clone());
                    }
                    bad_until = Some(range.end);
                }
            }
        }
        self.push(Kind::End, part.len()..part.len());
    }

    fn push(&mut self, kind: Kind, range: Range<usize>) {
        let span = self.span(range);
        let first_on_line = self.breaks > 0 || self.lexed.tokens.is_empty();
        self.lexed.tokens.push(Token { kind, first_on_line, start: span.start, end: span.end });
        self.breaks = 0;
        self.in_a_row = 0;
    }

    fn trivia(&mut self, kind: TriviaKind, range: Range<usize>) {
        let span = self.span(range);
        let before = u32::try_from(self.lexed.tokens.len()).unwrap_or(u32::MAX);
        self.lexed.trivia.push(Trivia { kind, before, start: span.start, end: span.end });
    }

    fn line_break(&mut self, range: Range<usize>) {
        self.breaks += 1;
        self.in_a_row += 1;
        if self.in_a_row == 2 {
            self.trivia(TriviaKind::BlankLine, range);
        }
    }

    fn comment(&mut self, slice: &str, range: Range<usize>) {
        let kind = match slice.as_bytes().get(2..4) {
            Some(b"//") => TriviaKind::Comment,
            Some([b'/', _]) => TriviaKind::Docs,
            Some([b'!', _]) => TriviaKind::ModuleDocs,
            _ if slice == "///" => TriviaKind::Docs,
            _ if slice == "//!" => TriviaKind::ModuleDocs,
            _ => TriviaKind::Comment,
        };
        self.trivia(kind, range);
        self.in_a_row = 0;
    }

    fn long_comment(&mut self, slice: &str, range: Range<usize>) {
        if slice.contains('\n') {
            self.breaks = self.breaks.max(1);
        }
        let span = self.span(range.start..range.start + 2);
        let problem = Diagnostic::error(code::E0107, span, "comments are written with `//`, to the end of the line");
        self.say(problem.label("not a comment here").help("begin each of its lines with `//`"));
        self.trivia(TriviaKind::Comment, range);
    }

    fn hash_comment(&mut self, range: Range<usize>) {
        let span = self.span(range.start..range.start + 1);
        let problem = Diagnostic::error(code::E0107, span, "comments are written with `//`");
        self.say(problem.label("not a comment here").fix("write `//`", span, "//"));
        self.trivia(TriviaKind::Comment, range);
    }

    fn open_text(&mut self, slice: &str, range: Range<usize>) {
        let end = range.start + slice.trim_end().len().max(1);
        let span = self.span(range.start..end);
        let problem = Diagnostic::error(code::E0011, span, "text is not closed on its line").label("no closing `\"`");
        self.say(problem.help("text over several lines stands between `\"\"\"` and `\"\"\"`"));
        self.push(Kind::OpenText, range);
    }

    fn open_block(&mut self, range: Range<usize>) {
        let span = self.span(range.start..range.start + 3);
        let problem = Diagnostic::error(code::E0011, span, "block text is not closed");
        self.say(problem.label("opened here").help("close it with `\"\"\"` on a line of its own"));
        self.push(Kind::OpenText, range);
    }

    fn bad_character(&mut self, slice: &str, range: Range<usize>) {
        let span = self.span(range);
        let first = slice.chars().next().unwrap_or_default();
        let (shown, help) = match first {
            '“' | '”' | '„' | '«' | '»' => {
                (first.to_string(), Some("text stands between straight quotes: `\"text\"`"))
            }
            '≤' => (first.to_string(), Some("a bound is written `<=`")),
            '→' => (first.to_string(), Some("an arrow is written `->`")),
            '$' => (first.to_string(), Some("an amount is written with the sign in front: `$0.02`")),
            '\'' => (first.to_string(), Some("text stands between double quotes: `\"text\"`")),
            '€' | '£' | '¥' => (first.to_string(), Some("amounts are in dollars, with the sign in front: `$0.02`")),
            '&' | '@' | '~' | '^' | '%' | '`' => {
                (first.to_string(), Some("leave it out: the language has no sign like this"))
            }
            letter if letter.is_alphabetic() => (letter.to_string(), Some("names are made of a to z, 0 to 9 and `_`")),
            other if other.is_control() || !other.is_ascii() => (other.escape_unicode().to_string(), None),
            other => (other.to_string(), None),
        };
        let problem = Diagnostic::error(code::E0010, span, format!("unexpected character `{shown}`"))
            .label("not part of the language");
        self.say(match help {
            Some(help) => problem.help(help),
            None => problem,
        });
    }

    fn say(&mut self, problem: Diagnostic) {
        if self.diagnostics.len() < MOST_MESSAGES {
            self.diagnostics.push(problem);
        }
    }

    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.source, self.base + range.start..self.base + range.end)
    }
}

/// Takes the rest of a block text: to its closing quotes or, where there are none, to the end.
fn block(lexer: &mut logos::Lexer<'_, Kind>) {
    let rest = lexer.remainder();
    let close = rest.find("\"\"\"");
    // Nothing behind the closing quotes is looked at, so that many texts in one file stay cheap.
    let length = match (close, left_behind(rest.get(..close.unwrap_or(rest.len())).unwrap_or(rest))) {
        (Some(close), Some(item)) if opens_another(rest, close) => item,
        (None, Some(item)) => item,
        (Some(close), _) => close + 3,
        (None, None) => rest.len(),
    };
    lexer.bump(length);
}

/// Where a line begins, at the margin, that no text over several lines holds by chance: a closing brace or a declaration.
fn left_behind(text: &str) -> Option<usize> {
    const ITEMS: [&str; 14] = [
        "type ", "enum ", "alias ", "tier ", "route ", "step ", "tool ", "flow ", "pub ", "use ", "const ", "index ",
        "test \"", "ceiling ",
    ];
    let begins = |line: &str| line.starts_with('}') || ITEMS.iter().any(|item| line.starts_with(item));
    text.match_indices('\n').map(|(at, _)| at).find(|at| text.get(at + 1..).is_some_and(begins))
}

/// Whether these quotes open a text rather than close one: they stand on a line of their own, indented, or behind `system`. A text
/// that they closed could hold no line at the margin.
fn opens_another(text: &str, quotes: usize) -> bool {
    let line = text.get(..quotes).and_then(|before| before.rsplit('\n').next()).unwrap_or("");
    !line.is_empty() && matches!(line.trim(), "" | "system")
}

fn long_comment(lexer: &mut logos::Lexer<'_, Kind>) {
    let rest = lexer.remainder();
    lexer.bump(rest.find("*/").map_or(rest.len(), |at| at + 2));
}
