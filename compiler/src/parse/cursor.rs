//! Where the parser stands, what it has opened, and how it finds its way after a mistake.

use std::collections::BTreeSet;

use super::marks::{Mark, Marks};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::syntax as code;
use crate::lex::{Kind, Lexed, Token, Trivia, TriviaKind};
use crate::source::{SourceId, Span};

/// The parser: a place in the tokens of one text.
pub(super) struct Parser<'t> {
    pub(super) source: SourceId,
    pub(super) text: &'t str,
    pub(super) tokens: &'t [Token],
    trivia: &'t [Trivia],
    /// The index of the next token.
    pub(super) at: usize,
    /// The brackets open before the next token.
    pub(super) open: Vec<Kind>,
    /// How many of `open` are of each kind: `{`, `(`, `[`.
    pub(super) counts: [usize; 3],
    /// How deep the node being read lies in the tree.
    pub(super) depth: u32,
    /// The deepest node read so far in the expression at hand.
    pub(super) deepest: u32,
    /// Whether `Name {` begins a record; not in front of the block of an `if`.
    pub(super) records: bool,
    /// The token at which the statement, clause or element at hand begins.
    pub(super) begins: usize,
    /// What the last token is called.
    pub(super) end: &'static str,
    /// The token at which the last message was said: one mistake, one message.
    pub(super) reported: Option<usize>,
    was_too_deep: bool,
    /// The tokens whose documentation has been taken.
    documented: BTreeSet<usize>,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) marks: Marks,
}

/// It could not be read, and that has been said.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reported;

pub(super) type Parsed<T> = Result<T, Reported>;

/// Trees deeper than this are refused, so that every phase may recurse over them.
pub(super) const DEEPEST: u32 = 128;

/// Whether a comma ends what is skipped after a mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Commas {
    Stop,
    Skip,
}

const END: Token = Token { kind: Kind::End, first_on_line: true, start: 0, end: 0 };

/// Words that begin a declaration, also those of later versions.
pub(super) const ITEM_WORDS: &[&str] = &[
    "use", "const", "type", "enum", "alias", "tier", "route", "step", "tool", "flow", "index", "ceiling", "test",
    "eval",
];

/// Words that only a statement begins with.
pub(crate) const STATEMENT_WORDS: &[&str] = &["let", "var", "return", "loop", "check", "break"];

impl<'t> Parser<'t> {
    pub(super) fn new(source: SourceId, text: &'t str, lexed: &'t Lexed) -> Self {
        Parser {
            source,
            text,
            tokens: &lexed.tokens,
            trivia: &lexed.trivia,
            at: 0,
            open: Vec::new(),
            counts: [0; 3],
            depth: 0,
            deepest: 0,
            records: true,
            begins: 0,
            end: "the end of the file",
            reported: None,
            was_too_deep: false,
            documented: BTreeSet::new(),
            diagnostics: Vec::new(),
            marks: Marks::default(),
        }
    }

    // --- looking ---

    pub(super) fn token(&self) -> Token {
        self.peek(0)
    }

    pub(super) fn peek(&self, ahead: usize) -> Token {
        self.tokens.get(self.at + ahead).or(self.tokens.last()).copied().unwrap_or(END)
    }

    pub(super) fn kind(&self) -> Kind {
        self.token().kind
    }

    pub(super) fn is(&self, kind: Kind) -> bool {
        self.kind() == kind
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        self.is(Kind::Word) && self.text_of(self.token()) == word
    }

    /// The next token where it is a word, else "".
    pub(super) fn word(&self) -> &'t str {
        self.word_ahead(0)
    }

    pub(super) fn word_ahead(&self, ahead: usize) -> &'t str {
        let token = self.peek(ahead);
        if token.kind == Kind::Word { self.text_of(token) } else { "" }
    }

    pub(super) fn text_of(&self, token: Token) -> &'t str {
        self.text.get(token.start as usize..token.end as usize).unwrap_or("")
    }

    pub(super) fn span_of(&self, token: Token) -> Span {
        Span { source: self.source, start: token.start, end: token.end }
    }

    pub(super) fn span(&self) -> Span {
        self.span_of(self.token())
    }

    /// The place just after the last token read.
    pub(super) fn after(&self) -> Span {
        self.last_span().after()
    }

    pub(super) fn last_span(&self) -> Span {
        match self.at.checked_sub(1).and_then(|last| self.tokens.get(last)) {
            Some(token) => self.span_of(*token),
            None => Span { end: self.token().start, start: self.token().start, source: self.source },
        }
    }

    /// The token before the next one.
    pub(super) fn before(&self) -> Token {
        self.at.checked_sub(1).and_then(|last| self.tokens.get(last)).copied().unwrap_or(END)
    }

    pub(super) fn kind_before(&self) -> Kind {
        self.at.checked_sub(1).and_then(|last| self.tokens.get(last)).map_or(Kind::End, |token| token.kind)
    }

    /// From `start` to the last token read.
    pub(super) fn since(&self, start: Span) -> Span {
        let last = self.last_span();
        if last.end > start.start { start.to(last) } else { start }
    }

    /// Whether a new line begins here and line breaks mean something: not inside `(` and `[`.
    pub(super) fn new_line(&self) -> bool {
        self.token().first_on_line && !matches!(self.open.last(), Some(Kind::LeftParen | Kind::LeftBracket))
    }

    /// Whether a statement or a clause may end here.
    pub(super) fn line_ends(&self) -> bool {
        self.new_line() || matches!(self.kind(), Kind::RightBrace | Kind::End)
    }

    /// Whether a declaration begins here, beyond doubt: its word stands first on a line, without indentation.
    pub(super) fn at_margin_item(&self) -> bool {
        self.is(Kind::Word) && self.at_margin() && self.at_item()
    }

    /// Whether the next token stands in the first column.
    pub(super) fn at_margin(&self) -> bool {
        let start = self.token().start as usize;
        matches!(start.checked_sub(1).and_then(|at| self.text.as_bytes().get(at)), None | Some(b'\n'))
    }

    /// Whether a declaration may begin here.
    pub(super) fn at_item(&self) -> bool {
        let word = self.word();
        let next = self.peek(1);
        match word {
            "pub" => next.kind == Kind::Word,
            "eval" | "test" => matches!(next.kind, Kind::Word | Kind::Text),
            _ => ITEM_WORDS.contains(&word) && next.kind == Kind::Word && !next.first_on_line,
        }
    }

    /// The documentation that stands directly before the next token, or before the comma that it stands behind.
    pub(super) fn docs(&mut self) -> String {
        let first = if self.kind_before() == Kind::Comma { self.at - 1 } else { self.at };
        self.documented.extend(first..=self.at);
        let docs = (first..=self.at).map(|token| self.comments_before(token, TriviaKind::Docs));
        docs.filter(|docs| !docs.is_empty()).collect::<Vec<_>>().join("\n")
    }

    /// Warns of documentation that stands before nothing that can be documented, where all else was understood.
    pub(super) fn say_undocumented(&mut self) {
        if !self.diagnostics.is_empty() {
            return;
        }
        let docs: Vec<Trivia> = self.trivia.iter().filter(|trivia| trivia.kind == TriviaKind::Docs).copied().collect();
        for group in docs.chunk_by(|one, next| one.before == next.before) {
            let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
            if self.documented.contains(&(first.before as usize)) {
                continue;
            }
            let span = Span { source: self.source, start: first.start, end: first.end };
            let whole = Span { end: last.end, ..span };
            let remark = self.text.get(whole.range()).unwrap_or("").replace("///", "//");
            let problem = Diagnostic::warning(code::W0117, span, "documentation of nothing")
                .label("no declaration, field, variant or parameter follows")
                .help("a remark begins with two slashes");
            self.diagnostics.push(problem.fix("make it a remark", whole, remark));
        }
    }

    /// All `//!` lines.
    pub(super) fn module_docs(&self) -> String {
        self.joined(self.trivia.iter().filter(|trivia| trivia.kind == TriviaKind::ModuleDocs))
    }

    fn comments_before(&self, token: usize, kind: TriviaKind) -> String {
        let index = |trivia: &Trivia| trivia.before as usize;
        let first = self.trivia.partition_point(|trivia| index(trivia) < token);
        let here = self.trivia[first..].iter().take_while(|trivia| index(trivia) == token);
        self.joined(here.filter(|trivia| trivia.kind == kind))
    }

    fn joined<'a>(&self, comments: impl Iterator<Item = &'a Trivia>) -> String {
        let lines: Vec<&str> = comments
            .map(|trivia| self.text.get(trivia.start as usize + 3..trivia.end as usize).unwrap_or("").trim_end())
            .map(|line| line.strip_prefix(' ').unwrap_or(line))
            .collect();
        lines.join("\n")
    }

    // --- noting ---

    /// Notes what the next token is to the layout.
    pub(super) fn mark(&mut self, mark: Mark) {
        self.marks.push(self.at, mark);
    }

    /// Notes that a part begins with the next token.
    pub(super) fn begin(&mut self, mark: Mark) {
        self.begins = self.at;
        self.mark(mark);
    }

    // --- going on ---

    /// Reads the next token, whatever it is.
    pub(super) fn bump(&mut self) -> Span {
        let token = self.token();
        match token.kind {
            Kind::End => return self.span_of(token),
            Kind::LeftBrace | Kind::LeftParen | Kind::LeftBracket => self.push_open(token.kind),
            closing @ (Kind::RightBrace | Kind::RightParen | Kind::RightBracket) => self.close(closing),
            _ => {}
        }
        self.at += 1;
        self.span_of(token)
    }

    pub(super) fn eat(&mut self, kind: Kind) -> Option<Span> {
        self.is(kind).then(|| self.bump())
    }

    pub(super) fn eat_word(&mut self, word: &str) -> Option<Span> {
        self.is_word(word).then(|| self.bump())
    }

    /// Reads `kind` or says that it is missing.
    pub(super) fn expect(&mut self, kind: Kind, what: &str) -> Parsed<Span> {
        match self.eat(kind) {
            Some(span) => Ok(span),
            None => Err(self.expected(what)),
        }
    }

    pub(super) fn expect_word(&mut self, word: &str) -> Parsed<Span> {
        match self.eat_word(word) {
            Some(span) => Ok(span),
            None => Err(self.expected(&format!("`{word}`"))),
        }
    }

    /// Reads `word`, or says that it is missing and what to write.
    pub(super) fn expect_word_with(&mut self, word: &str, help: &str) -> Parsed<Span> {
        match self.eat_word(word) {
            Some(span) => Ok(span),
            None => Err(self.expected_with(code::E0101, &format!("`{word}`"), help)),
        }
    }

    /// Reads `kind`, or says that it is missing and what to write.
    pub(super) fn expect_with(&mut self, kind: Kind, what: &str, help: &str) -> Parsed<Span> {
        match self.eat(kind) {
            Some(span) => Ok(span),
            None => Err(self.expected_with(code::E0101, what, help)),
        }
    }

    fn push_open(&mut self, kind: Kind) {
        self.open.push(kind);
        self.counts[slot(kind)] += 1;
    }

    fn close(&mut self, closing: Kind) {
        let opening = opening_of(closing);
        if self.counts[slot(opening)] == 0 {
            return; // nothing of the kind is open
        }
        while let Some(open) = self.pop_open() {
            if open == opening {
                break;
            }
        }
    }

    fn pop_open(&mut self) -> Option<Kind> {
        let open = self.open.pop()?;
        self.counts[slot(open)] -= 1;
        Some(open)
    }

    /// How many brackets are open.
    pub(super) fn level(&self) -> usize {
        self.open.len()
    }

    /// Forgets the brackets opened above a level, as after a mistake in one of them.
    pub(super) fn drop_to(&mut self, level: usize) {
        while self.open.len() > level {
            self.pop_open();
        }
    }

    /// Treats all that follows as inside of `(`: line breaks mean nothing.
    pub(super) fn ignore_lines(&mut self) {
        self.push_open(Kind::LeftParen);
    }

    // --- depth ---

    /// Reads something one level deeper in the tree.
    pub(super) fn nest<T>(&mut self, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.depth += 1;
        self.deepest = self.deepest.max(self.depth);
        let result = if self.depth > DEEPEST { Err(self.too_deep()) } else { inner(self) };
        self.depth -= 1;
        result
    }

    /// Notes that what was read last becomes a child of a new node, as the left side of `a + b` does.
    pub(super) fn wrap(&mut self) -> Parsed<()> {
        self.deepest += 1;
        if self.deepest > DEEPEST { Err(self.too_deep()) } else { Ok(()) }
    }

    /// Says so once for a file: what is left of one deep nest looks like others.
    fn too_deep(&mut self) -> Reported {
        if std::mem::replace(&mut self.was_too_deep, true) {
            self.reported = Some(self.tokens.len().saturating_sub(1));
            return Reported;
        }
        let problem = Diagnostic::error(code::E0108, self.span(), "nested too deeply");
        let limit = format!("this is level {DEEPEST}, the last");
        let reported = self.say(problem.label(limit).help("bind parts of it to names with `let`, or make them flows"));
        // Brackets that are still open at the end of the text belong to the same mistake.
        self.reported = Some(self.tokens.len().saturating_sub(1));
        reported
    }

    // --- saying and finding the way again ---
}

pub(super) fn slot(kind: Kind) -> usize {
    match kind {
        Kind::LeftParen | Kind::RightParen => 1,
        Kind::LeftBracket | Kind::RightBracket => 2,
        _ => 0,
    }
}

pub(super) fn opening_of(closing: Kind) -> Kind {
    match closing {
        Kind::RightParen => Kind::LeftParen,
        Kind::RightBracket => Kind::LeftBracket,
        _ => Kind::LeftBrace,
    }
}
